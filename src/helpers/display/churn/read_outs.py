"""Whether campaigns worked, on the page: which cannot be read, what the last one moved, and what had been promised."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

import pandas as pd

from helpers.display import language as say
from helpers.display import tables
from helpers.display.churn.churn_words import p_value_of
from helpers.display.figures import SHARE_AXIS, Drawing, canvas, empty
from helpers.display.findings import Finding, Lacking, untold
from helpers.display.tables import Table
from helpers.display.theme import BLUE, FAINT, INK, themed
from helpers.display.wording import named, sentences, vocabulary, worded
from helpers.models.campaigns.effects import ALL, CONTRIBUTION, CONVERSION, SPEND, VISITS
from helpers.models.campaigns.readings import Promise, Reading, last_sound
from helpers.models.campaigns.sample_ratio import CONTROL, COUNTS, KNOWN, MIXED, NO_CONTROL, SampleRatio
from helpers.models.statistics.intervals import Estimate

KEY = "churn_campaign"
NAMES = dict(
    zip(
        (CONVERSION, VISITS, SPEND, CONTRIBUTION),
        vocabulary("took it up", "visits", "spent", "contributed"),
        strict=True,
    )
)
SPENT = ("before_each_amount", "during_each_amount", "other_before_each_amount", "other_during_each_amount")
WHY = dict(
    zip(
        (NO_CONTROL, MIXED, COUNTS, KNOWN),
        vocabulary(
            "Campaign {campaign} shows no effect that can be believed: nobody was left alone by chance.",
            "Campaign {campaign} shows no effect that can be believed: customers were in several arms.",
            "Campaign {campaign} shows no effect that can be believed: its arms have sizes that chance does not give.",
            "Campaign {campaign} shows no effect that can be believed: its arms differed before it began.",
        ),
        strict=True,
    )
)
ARMS = vocabulary("control", "treatment", "offer", "reminder", "voucher")
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
        return refused or [_none_over()]
    rows = shown[(shown["campaign_id"] == last.campaign_id) & (shown["segment"] == ALL)]
    conversions = rows[(rows["outcome"] == CONVERSION) & (rows["arm"] != CONTROL)].dropna(subset=["effect"])
    if conversions.empty:
        return [untold(KEY, worded("What the last campaign moved is")), *refused]
    moved = _moved(last, rows, _strongest(conversions), currency=currency, level=level)
    promised = [_promise(one, level=level) for one in kept[:1]]
    return [moved, _segment(last, _by_stage(shown, last), level=level), *promised, *refused]


def _none_over() -> Finding:
    shown = worded(
        "Campaigns that are over, with a table of who was assigned to which arm by chance, would show "
        "what an offer moves."
    )
    return Lacking(KEY, shown)


def _moved(last: Reading, rows: pd.DataFrame, row: Row, *, currency: str, level: float) -> Finding:
    arm, effect = row["arm"], row["effect"]
    told = {"arm": named(arm), "campaign": last.campaign_id, "count": say.number(100 * abs(effect), digits=1)}
    claim = worded("Whether the {arm} of {campaign} moved anybody is not clear.", **told)
    if row["adjusted_p_value"] < 1 - level and effect > 0:
        claim = worded("The {arm} of {campaign} moved {count} more of a hundred customers to take it up.", **told)
    elif row["adjusted_p_value"] < 1 - level:
        claim = worded("Under the {arm} of {campaign} {count} fewer of a hundred customers took it up.", **told)
    parts = [
        worded("{effect}, {interval}", effect=say.points(effect), interval=_points(row, level)),
        worded(
            "{share} of {customers}, seen or not, beside {count} left alone by chance",
            share=say.share(row["mean"]),
            customers=say.counted(int(row["customer_count"]), "customer"),
            count=say.number(int(row["control_count"])),
        ),
        worded("{first} to {last}", first=say.day(last.starts_on), last=say.day(last.ends_on)),
        worded("adjusted p {p} over all outcomes", p=p_value_of(row["adjusted_p_value"])),
    ]
    money = rows[(rows["arm"] == arm) & (rows["outcome"].isin([SPEND, CONTRIBUTION]))].dropna(subset=["low"])
    parts += [_in_money(one, currency) for one in money.to_dict("records")]
    n = int(row["customer_count"])
    return Finding(
        KEY, claim, effect, row["low"], row["high"], n, "share", worded("{parts}.", parts=say.lined_up(parts))
    )


def _in_money(row: Row, currency: str) -> str:
    value, low, high = (say.money(row[name], currency=currency) for name in ("effect", "low", "high"))
    return worded(
        "{outcome} a customer, beyond control: {value} ({low} to {high})",
        outcome=named(NAMES[row["outcome"]]),
        value=value,
        low=low,
        high=high,
    )


def _segment(last: Reading, own: pd.DataFrame, *, level: float) -> Finding:
    """Which customers the last campaign moved, by the stage that they were in before it began."""
    clear, tested = own[own["adjusted_p_value"] < 1 - level], int(own["low"].notna().sum())
    how = worded(
        "{groups} tested; at most {share} of what is called clear is false.",
        groups=say.counted(tested, "stage and arm", "stages and arms"),
        share=say.exact_share(1 - level),
    )
    if clear.empty:
        claim = worded("In no stage alone is it clear that {campaign} moved customers.", campaign=last.campaign_id)
        return Finding(f"{KEY}_segment", claim, n=len(last.people), evidence=how)
    row = _strongest(clear)
    told = {
        "campaign": last.campaign_id,
        "stage": named(row["segment"]),
        "effect": say.points(abs(row["effect"])),
    }
    claim = worded("{campaign} moved those who were {stage}: {effect} fewer took it up.", **told)
    if row["effect"] > 0:
        claim = worded("{campaign} moved those who were {stage}: {effect} more took it up.", **told)
    evidence = worded(
        "{interval}; by the {arm}; {how}",
        interval=_points(row, level, is_start=True),
        arm=named(row["arm"]),
        how=how,
    )
    bounds = (row["effect"], row["low"], row["high"])
    return Finding(f"{KEY}_segment", claim, *bounds, int(row["customer_count"]), "share", evidence)


def _refused(one: Reading) -> Finding:
    claim = worded(WHY[one.ratio.why], campaign=one.campaign_id)
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
        return worded("{share} of its customers were in more arms than one.", share=say.share(ratio.mixed_share))
    if ratio.why == KNOWN:
        return worded("Chance alone makes arms differ so with p {p}.", p=p_value_of(ratio.known_p_value))
    if ratio.why == NO_CONTROL:
        return worded("Who was chosen, and who was not, may differ in what they would have done anyway.")
    counts = [
        worded(
            "{count} in {arm}, planned {expected}",
            count=say.number(row["customer_count"]),
            arm=named(row["arm"]),
            expected=say.number(row["expected_count"]),
        )
        for row in ratio.table.to_dict("records")
    ]
    return worded("{counts}: by chance so with p {p}.", counts=say.listed(counts), p=p_value_of(ratio.count_p_value))


def _promise(one: Promise, *, level: float) -> Finding:
    promised, shown = (say.points(each.value) for each in (one.promised, one.shown))
    told = {"arm": named(one.arm), "campaign": one.campaign_id, "promised": promised, "shown": shown}
    claim = worded("The {arm} of {campaign} kept its promise of {promised}: {shown} came.", **told)
    if one.gap.low > 0:
        claim = worded("The {arm} of {campaign} surpassed its promise of {promised}: {shown} came.", **told)
    elif one.gap.high < 0:
        claim = worded("The {arm} of {campaign} did not keep its promise of {promised}: {shown} came.", **told)
    evidence = worded(
        "Promised: {promised}; shown by its hold-out: {shown}; difference: {gap}; promised was the effect of "
        "{earlier}, stage by stage, in the stages of this one.",
        promised=_estimate(one.promised, level),
        shown=_estimate(one.shown, level),
        gap=_estimate(one.gap, level),
        earlier=one.earlier_id,
    )
    return Finding(f"{KEY}_promise", claim, one.gap.value, one.gap.low, one.gap.high, one.gap.n, "share", evidence)


def table(shown: pd.DataFrame, *, level: float) -> Table:
    """What each arm of each campaign that can be read moved, all customers together."""
    rows, numbers = (
        shown[shown["segment"] == ALL],
        [worded("mean"), worded("beyond control"), worded("from"), worded("to")],
    )
    cells = pd.DataFrame(
        {
            worded("campaign"): rows["campaign_id"],
            worded("arm"): [named(arm) for arm in rows["arm"]],
            worded("outcome"): [named(NAMES[outcome]) for outcome in rows["outcome"]],
            worded("customers"): rows["customer_count"],
            numbers[0]: rows["mean"],
            numbers[1]: rows["effect"],
            numbers[2]: rows["low"],
            numbers[3]: rows["high"],
            worded("adjusted p"): rows["adjusted_p_value"],
        }
    )
    formats: dict[str, tables.Format] = dict.fromkeys(numbers, _three)
    formats |= {worded("customers"): say.number, worded("adjusted p"): p_value_of}
    caption = worded(
        "What campaigns moved, a customer; from, to: {level} interval; took it up: 1 who did, 0 who did not; "
        "contributed: margin less contact and response costs",
        level=say.exact_share(level),
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
    title = worded("More took it up than of those left alone (line: {level} interval)", level=say.exact_share(level))
    if rows.empty:
        return empty(title, worded("no stage has enough customers in a campaign that can be read"))
    rows = rows.sort_values(["arm", "effect"], kind="stable")
    told = rows.to_dict("records")
    labels = [
        worded(
            "{stage}, {arm} ({count})",
            stage=named(row["segment"]),
            arm=named(row["arm"]),
            count=say.number(row["customer_count"]),
        )
        for row in told
    ]
    drawn, (axes,) = canvas(height=1.1 + 0.32 * len(rows))
    axes.axvline(0, color=FAINT, linewidth=1)
    axes.hlines(range(len(rows)), rows["low"], rows["high"], color=INK, linewidth=1.2)
    axes.scatter(rows["effect"], range(len(rows)), color=BLUE, zorder=3, s=22)
    axes.set_yticks(range(len(rows)), labels)
    axes.set(title=title, xlabel=worded("difference of shares (in brackets: customers of the arm)"))
    axes.xaxis.set_major_formatter(SHARE_AXIS)
    said = [
        worded(
            "{label}: {effect}, {interval}",
            label=label,
            effect=say.points(row["effect"]),
            interval=_points(row, level),
        )
        for label, row in zip(labels, told, strict=True)
    ]
    return Drawing(drawn, worded("By stage and arm, with customers of the arm: {rows}.", rows=say.lined_up(said)))


def _by_stage(shown: pd.DataFrame, last: Reading) -> pd.DataFrame:
    is_own = (shown["campaign_id"] == last.campaign_id) & (shown["segment"] != ALL)
    return shown[is_own & (shown["outcome"] == CONVERSION) & (shown["arm"] != CONTROL)].dropna(subset=["effect"])


def _strongest(rows: pd.DataFrame) -> Row:
    return rows.sort_values("effect", ascending=False, kind="stable").to_dict("records")[0]


def _points(row: Row, level: float, *, is_start: bool = False) -> str:
    return say.interval(say.points(row["low"]), say.points(row["high"]), level=level, is_start=is_start)


def _estimate(one: Estimate, level: float) -> str:
    interval = say.interval(say.points(one.low), say.points(one.high), level=level)
    return worded("{effect}, {interval}", effect=say.points(one.value), interval=interval)


def _three(value: float) -> str:
    return say.number(value, digits=3)
