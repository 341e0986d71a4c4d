"""Whether campaigns worked, on the page: which cannot be read, what the last one moved, and what had been promised."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

import pandas as pd

from helpers.display import language as say
from helpers.display import tables
from helpers.display.figures import SHARE_AXIS, Drawing, canvas, empty
from helpers.display.findings import Finding, untold
from helpers.display.tables import Table
from helpers.display.theme import BLUE, FAINT, INK, themed
from helpers.display.wording import sentences, worded
from helpers.models.campaigns.effects import ALL, CONTRIBUTION, CONVERSION, SPEND, VISITS
from helpers.models.campaigns.readings import Promise, Reading, last_sound
from helpers.models.campaigns.sample_ratio import CONTROL, COUNTS, KNOWN, MIXED, NO_CONTROL, SampleRatio
from helpers.models.statistics.intervals import Estimate

KEY = "churn_campaign"
NAMES = {CONVERSION: "took it up", VISITS: "visits", SPEND: "spent", CONTRIBUTION: "contributed"}
WHY = {
    NO_CONTROL: "nobody was left alone by chance",
    MIXED: "customers were in several arms",
    COUNTS: "its arms have sizes that chance does not give",
    KNOWN: "its arms differed before it began",
}
NONE_OVER = Finding(
    KEY,
    "Whether campaigns worked is unknown: of none is it known whom chance left alone.",
    evidence="Needed are campaigns that are over with an arm control, and campaign_assignments: who was in which arm.",
)
SPENT = ("before_each_amount", "during_each_amount", "other_before_each_amount", "other_during_each_amount")
Row = dict[Hashable, Any]


def summary(
    readings: Sequence[Reading],
    shown: pd.DataFrame,
    kept: Sequence[Promise],
    chosen: pd.DataFrame,
    *,
    currency: str,
    level: float,
) -> list[Finding]:
    """What the last campaign that can be read moved, in whom, what had been promised, and which cannot be read.

    A row of `shown` is a campaign, segment, arm and outcome, as `readings.table` gives them, empty where it is few; of
    `chosen` a campaign that went to chosen customers, as `chosen_customers.read` gives them.
    """
    refused = [_refused(one) for one in readings if not one.ratio.is_sound]
    last = last_sound(readings)
    if last is None:
        if not refused and len(chosen):
            return [_chosen(chosen, currency, level)]
        return refused or [NONE_OVER]
    rows = shown[(shown["campaign_id"] == last.campaign_id) & (shown["segment"] == ALL)]
    conversions = rows[(rows["outcome"] == CONVERSION) & (rows["arm"] != CONTROL)].dropna(subset=["effect"])
    if conversions.empty:
        return [untold(KEY, "What the last campaign moved is"), *refused]
    moved = _moved(last, rows, _strongest(conversions), currency=currency, level=level)
    promised = [_promise(one, level=level) for one in kept[:1]]
    return [moved, _segment(last, _by_stage(shown, last), level=level), *promised, *refused]


def _moved(last: Reading, rows: pd.DataFrame, row: Row, *, currency: str, level: float) -> Finding:
    arm, effect = row["arm"], row["effect"]
    claim = f"Whether the {arm} of {last.campaign_id} moved anybody is not clear."
    if row["adjusted_p_value"] < 1 - level:
        hundred = f"{say.number(100 * abs(effect), digits=1)} {'more' if effect > 0 else 'fewer'} of a hundred"
        claim = f"The {arm} of {last.campaign_id} moved {hundred} customers to take it up."
    counts = say.counted(int(row["customer_count"]), "customer"), say.number(int(row["control_count"]))
    parts = [
        f"{say.points(effect)}, {_points(row, level)}",
        f"{say.share(row['mean'])} of {counts[0]}, seen or not, beside {counts[1]} left alone by chance",
        f"{say.day(last.starts_on)} to {say.day(last.ends_on)}",
        f"adjusted p {_p(row['adjusted_p_value'])} over all outcomes",
    ]
    money = rows[(rows["arm"] == arm) & (rows["outcome"].isin([SPEND, CONTRIBUTION]))].dropna(subset=["low"])
    parts += [_in_money(one, currency) for one in money.to_dict("records")]
    n = int(row["customer_count"])
    return Finding(KEY, claim, effect, row["low"], row["high"], n, "share", f"{'; '.join(parts)}.")


def _in_money(row: Row, currency: str) -> str:
    value, low, high = (say.money(row[name], currency=currency) for name in ("effect", "low", "high"))
    return f"{NAMES[row['outcome']]} a customer, beyond control: {value} ({low} to {high})"


def _segment(last: Reading, own: pd.DataFrame, *, level: float) -> Finding:
    """Which customers the last campaign moved, by the stage that they were in before it began."""
    clear, tested = own[own["adjusted_p_value"] < 1 - level], int(own["low"].notna().sum())
    named = say.counted(tested, "stage and arm", "stages and arms")
    how = f"{named} tested; at most {say.exact_share(1 - level)} of what is called clear is false."
    if clear.empty:
        claim = f"In no stage alone is it clear that {last.campaign_id} moved customers."
        return Finding(f"{KEY}_segment", claim, n=len(last.people), evidence=how)
    row = _strongest(clear)
    effect = say.points(row["effect"])
    claim = f"{last.campaign_id} moved those who were {row['segment']}: {effect} more took it up."
    evidence = f"{_points(row, level, is_start=True)}; by the {row['arm']}; {how}"
    bounds = (row["effect"], row["low"], row["high"])
    return Finding(f"{KEY}_segment", claim, *bounds, int(row["customer_count"]), "share", evidence)


def _refused(one: Reading) -> Finding:
    claim = f"Campaign {one.campaign_id} shows no effect that can be believed: {WHY[one.ratio.why]}."
    n = int(one.ratio.table["customer_count"].sum())
    return Finding(f"{KEY}_refused", claim, n=n, evidence=_proof(one.ratio))


def _chosen(rows: pd.DataFrame, currency: str, level: float) -> Finding:
    """That campaigns to chosen customers tell no effect, and what goes with having got the latest of many."""
    claim = worded("What campaigns moved is unknown: whom they were sent to was chosen, not drawn by chance.")
    told = rows[~rows["is_hidden"]]
    if told.empty:
        return Finding(KEY, claim, evidence=worded("No campaign that is over went to enough customers to be told of."))
    row = told.iloc[-1]
    spent = [row[name] for name in SPENT]
    before, during, others_before, others_during = (say.money(one, currency=currency) for one in spent)
    parts = worded(
        "Not randomised, association only: who got campaign {campaign} ({first} to {last}) spent {during} a customer "
        "in its days and {before} in as many days before; the others {others_during} and {others_before}.",
        campaign=row["campaign_id"],
        first=say.day(row["starts_on"]),
        last=say.day(row["ends_on"]),
        during=during,
        before=before,
        others_during=others_during,
        others_before=others_before,
    )
    redeemed = ""
    if not say.is_missing(row["redeemed_share"]):
        low, high = (say.share(row[end]) for end in ("low", "high"))
        redeemed = worded(
            "{share} of {customers} redeemed a coupon of it, {interval}.",
            share=say.share(row["redeemed_share"]),
            customers=say.counted(int(row["sent_count"]), "customer"),
            interval=say.interval(low, high, level=level),
        )
    return Finding(KEY, claim, n=int(row["sent_count"]), evidence=sentences(parts, redeemed))


def chosen_table(rows: pd.DataFrame, *, currency: str, level: float) -> Table:
    """Campaigns to chosen customers: who redeemed, and what these and the others spent before and during."""
    told = rows[~rows["is_hidden"]]
    heads = (worded("spent before"), worded("in its days"), worded("others before"), worded("others in its days"))
    formats: dict[str, tables.Format] = dict.fromkeys(heads, lambda value: say.money(value, currency=currency))
    spent = {head: told[name] for head, name in zip(heads, SPENT, strict=True)}
    sent, redeemed, low, high = (worded("sent to"), worded("redeemed"), worded("from"), worded("to"))
    formats |= {sent: say.number} | dict.fromkeys((redeemed, low, high), say.share)
    cells = pd.DataFrame(
        {
            worded("campaign"): told["campaign_id"],
            worded("kind"): told["kind"],
            worded("first day"): told["starts_on"].map(say.day),
            worded("last day"): told["ends_on"].map(say.day),
            sent: told["sent_count"],
            redeemed: told["redeemed_share"],
            low: told["low"],
            high: told["high"],
            **spent,
        }
    )
    caption = worded(
        "Campaigns to chosen customers, not randomised: association only; redeemed: share who redeemed a coupon, with "
        "its {level} interval; spent: a customer with an order before, in the days of the campaign and as many before",
        level=say.exact_share(level),
    )
    return tables.table(cells, caption=caption, formats=formats, is_folded=True)


def _proof(ratio: SampleRatio) -> str:
    if ratio.why == MIXED:
        return f"{say.share(ratio.mixed_share)} of its customers were in more arms than one."
    if ratio.why == KNOWN:
        return f"Chance alone makes arms differ so with p {_p(ratio.known_p_value)}."
    if ratio.why == NO_CONTROL:
        return "Who was chosen, and who was not, may differ in what they would have done anyway."
    counts = [
        f"{say.number(row['customer_count'])} in {row['arm']}, planned {say.number(row['expected_count'])}"
        for row in ratio.table.to_dict("records")
    ]
    return f"{say.listed(counts)}: by chance so with p {_p(ratio.count_p_value)}."


def _promise(one: Promise, *, level: float) -> Finding:
    kept = "surpassed" if one.gap.low > 0 else "did not keep" if one.gap.high < 0 else "kept"
    promised, shown = (say.points(each.value) for each in (one.promised, one.shown))
    claim = f"The {one.arm} of {one.campaign_id} {kept} its promise of {promised}: {shown} came."
    named = {"Promised": one.promised, "shown by its hold-out": one.shown, "difference": one.gap}
    intervals = [f"{name}: {_estimate(each, level)}" for name, each in named.items()]
    how = f"the effect of {one.earlier_id}, stage by stage, in the stages of this one"
    evidence = f"{'; '.join(intervals)}; promised was {how}."
    return Finding(f"{KEY}_promise", claim, one.gap.value, one.gap.low, one.gap.high, one.gap.n, "share", evidence)


def table(shown: pd.DataFrame, *, level: float) -> Table:
    """What each arm of each campaign that can be read moved, all customers together."""
    rows = shown[shown["segment"] == ALL]
    cells = pd.DataFrame(
        {
            "campaign": rows["campaign_id"],
            "arm": rows["arm"],
            "outcome": rows["outcome"].map(NAMES),
            "customers": rows["customer_count"],
            "mean": rows["mean"],
            "beyond control": rows["effect"],
            "from": rows["low"],
            "to": rows["high"],
            "adjusted p": rows["adjusted_p_value"],
        }
    )
    formats: dict[str, tables.Format] = dict.fromkeys(["mean", "beyond control", "from", "to"], _three)
    formats |= {"customers": say.number, "adjusted p": _p}
    caption = (
        f"What campaigns moved, a customer; from, to: {say.exact_share(level)} interval; took it up: 1 who did, 0 who "
        "did not; contributed: margin less contact and response costs"
    )
    return tables.table(cells, caption=caption, formats=formats, is_folded=True)


def details(
    readings: Sequence[Reading], shown: pd.DataFrame, chosen: pd.DataFrame, *, currency: str, level: float
) -> list[Drawing | Table]:
    """The picture and the table of campaigns that can be read, and the table of those to chosen customers."""
    made: list[Drawing | Table] = [figure(readings, shown, level=level), table(shown, level=level)] if readings else []
    return [*made, chosen_table(chosen, currency=currency, level=level)] if len(chosen) else made


@themed
def figure(readings: Sequence[Reading], shown: pd.DataFrame, *, level: float) -> Drawing:
    """What the last campaign moved in each stage that customers were in before, with intervals."""
    last = last_sound(readings)
    rows = pd.DataFrame() if last is None else _by_stage(shown, last).dropna(subset=["low"])
    title = f"More took it up than of those left alone (line: {say.exact_share(level)} interval)"
    if rows.empty:
        return empty(title, "no stage has enough customers in a campaign that can be read")
    rows = rows.sort_values(["arm", "effect"], kind="stable")
    told = rows.to_dict("records")
    labels = [f"{row['segment']}, {row['arm']} ({say.number(row['customer_count'])})" for row in told]
    drawn, (axes,) = canvas(height=1.1 + 0.32 * len(rows))
    axes.axvline(0, color=FAINT, linewidth=1)
    axes.hlines(range(len(rows)), rows["low"], rows["high"], color=INK, linewidth=1.2)
    axes.scatter(rows["effect"], range(len(rows)), color=BLUE, zorder=3, s=22)
    axes.set_yticks(range(len(rows)), labels)
    axes.set(title=title, xlabel="difference of shares (in brackets: customers of the arm)")
    axes.xaxis.set_major_formatter(SHARE_AXIS)
    said = [
        f"{label}: {say.points(row['effect'])}, {_points(row, level)}" for label, row in zip(labels, told, strict=True)
    ]
    return Drawing(drawn, f"By stage and arm, with customers of the arm: {say.listed(said)}.")


def _by_stage(shown: pd.DataFrame, last: Reading) -> pd.DataFrame:
    is_own = (shown["campaign_id"] == last.campaign_id) & (shown["segment"] != ALL)
    return shown[is_own & (shown["outcome"] == CONVERSION) & (shown["arm"] != CONTROL)].dropna(subset=["effect"])


def _strongest(rows: pd.DataFrame) -> Row:
    return rows.sort_values("effect", ascending=False, kind="stable").to_dict("records")[0]


def _points(row: Row, level: float, *, is_start: bool = False) -> str:
    return say.interval(say.points(row["low"]), say.points(row["high"]), level=level, is_start=is_start)


def _estimate(one: Estimate, level: float) -> str:
    return f"{say.points(one.value)}, {say.interval(say.points(one.low), say.points(one.high), level=level)}"


def _three(value: float) -> str:
    return say.number(value, digits=3)


def _p(value: float) -> str:
    return "–" if say.is_missing(value) else "below 0.001" if value < 0.001 else say.number(value, digits=3)
