"""Lifecycle stages on the page: who stands where, what is at stake, what a stage means, what came of it."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from helpers.display import language as say
from helpers.display import tables
from helpers.display.cards import Card, Cards
from helpers.display.figures import SHARE_AXIS, Drawing, canvas, empty
from helpers.display.findings import Finding, untold
from helpers.display.tables import Table
from helpers.display.theme import BLUE, FAINT, INK, themed
from helpers.display.wording import named, vocabulary, worded, worded_n
from helpers.models.segments.stages import GROUPS, Active

PROSPECT = "prospect"
(TITLE,) = vocabulary("Customers and revenue by lifecycle stage")
CARD_LABELS = dict(zip(GROUPS, vocabulary("Active customers", "Slipping customers", "Lapsed customers"), strict=True))


def summary(
    sizes: pd.DataFrame, active: Active, *, as_of: date, comeback_days: int, lapsed_share: float, level: float
) -> Finding:
    """How many customers have lapsed, are slipping, are active, and what is meant by lapsed.

    A row of `sizes` is a stage, as `models.segments.stages.sizes` gives it; of customers like the lapsed at most
    `lapsed_share` come back within `comeback_days`.
    """
    rows, n, key = _by_stage(sizes), active.customer_count, "lapsed_share"
    day = say.day(as_of)
    if not n:
        return Finding(key, worded("Nobody had ordered by {day}, so there are no stages yet.", day=day), n=0)
    if sizes["comeback_share"].isna().all() and sizes["customer_count"].notna().all():
        claim = worded("Who has lapsed is unknown: nobody had bought on two days by {day}.", day=day)
        return Finding(key, claim, n=n, evidence=_told([_all_of(n), *_prospects(rows)]))
    lapsed, slipping = rows["lapsed"], rows["slipping"]
    if say.is_missing(lapsed["customer_count"]):
        return untold(key, worded("How many customers have lapsed is"))
    claim = worded(
        "{count} of {customers} had lapsed by {day}, {share}.",
        count=say.number(lapsed["customer_count"]),
        customers=say.counted(n, "customer"),
        day=day,
        share=say.share(lapsed["customer_share"]),
    )
    like_them = worded(
        "at most {share} of customers like them come back within {days}",
        share=say.exact_share(lapsed_share),
        days=say.counted(comeback_days, "day"),
    )
    interval = say.interval(say.share(lapsed["low"]), say.share(lapsed["high"]), level=level, is_start=True)
    parts = [interval, like_them, *_once(lapsed)]
    if not say.is_missing(slipping["customer_count"]):
        others = worded(
            "{slipping} slipping ({slipping_share}), {active} active ({active_share})",
            slipping=say.number(slipping["customer_count"]),
            slipping_share=say.share(slipping["customer_share"]),
            active=say.number(active.active_count),
            active_share=say.share(active.active_share),
        )
        parts.append(others)
    bounds = (lapsed["customer_share"], lapsed["low"], lapsed["high"])
    return Finding(key, claim, *bounds, n, "share", _told([*parts, *_prospects(rows)]))


def at_stake(sizes: pd.DataFrame, *, days: int, slipping_share: float, currency: str, level: float) -> Finding:
    """What those who are slipping brought: the share of the latest `days` days' revenue that may be about to go."""
    row, key = _by_stage(sizes)["slipping"], "slipping_amount_share"
    count, period = row["customer_count"], {"days": say.counted(days, "day")}
    if say.is_missing(count):
        return untold(key, worded("What those who are slipping brought is"))
    if sizes["amount_share"].isna().all():
        none = worded("Nothing was earned in the latest {days}, so what is at stake is unknown.", **period)
        return Finding(key, none)
    if not count:
        nobody = worded(
            "Nobody is slipping, so none of the revenue of the latest {days} is at stake with them.", **period
        )
        return Finding(key, nobody, n=0)
    claim = worded_n(
        count,
        "The {count} customer who is slipping brought {share} of the revenue of the latest {days}.",
        "The {count} customers who are slipping brought {share} of the revenue of the latest {days}.",
        count=say.number(count),
        share=say.share(row["amount_share"]),
        **period,
    )
    evidence = worded(
        "{interval}; {amount}; slipping: the chance to come back has fallen to {share} of its highest or less.",
        interval=say.interval(say.share(row["amount_low"]), say.share(row["amount_high"]), level=level, is_start=True),
        amount=say.money(row["amount"], currency=currency),
        share=say.exact_share(slipping_share),
    )
    bounds = (row["amount_share"], row["amount_low"], row["amount_high"])
    return Finding(key, claim, *bounds, count, "share", evidence)


def kept_word(record: pd.DataFrame, *, comeback_days: int, lapsed_share: float, level: float) -> Finding:
    """Whether those who were called lapsed on earlier days stayed away, as the word claims.

    A row of `record` is a day, a group and its buyers, as `models.segments.stages.track_record` gives it. The number of
    the finding is that of the latest day on which anybody was called lapsed.
    """
    lapsed, key = record[(record["group"] == "lapsed") & (record["buyers"] == "all")], "lapsed_comeback_share"
    called = lapsed[lapsed["customer_count"] > 0]
    if lapsed.empty:
        claim = worded(
            "The data are too short to show what customers called lapsed did in the next {days} days; what lapsed "
            "means rests on the model alone.",
            days=comeback_days,
        )
        return Finding(key, claim)
    if lapsed["customer_count"].isna().any() and called.empty:
        return untold(key, worded("What those called lapsed did next is"))
    if called.empty:
        days = say.listed([worded("on {day}", day=say.day(on)) for on in lapsed["on"]])
        return Finding(key, worded("Nobody would have been called lapsed {days}.", days=days), n=0)
    parts = [_came_back(row, comeback_days, level) for row in _records(called)[::-1]]
    last = _records(called)[-1]
    bounds = (last["back_share"], last["low"], last["high"])
    allowed = worded("at most {share} may", share=say.exact_share(lapsed_share))
    claim = _verdict(called["is_kept"])
    return Finding(key, claim, *bounds, last["customer_count"], "share", _told([*parts, allowed]))


def cards(history: pd.DataFrame, sizes: pd.DataFrame, *, days: int, currency: str, level: float) -> Cards:
    """How many are active, slipping and lapsed, and on earlier days; and the latest `days` days' money of the slipping.

    A row of `history` is a group on a day, as `models.segments.stages.history` gives it, and one of `sizes` a stage.
    """
    made = [_card(name, of_group) for name in GROUPS if len(of_group := history[history["group"] == name])]
    money = _by_stage(sizes)["slipping"]
    if say.is_missing(money["amount_share"]):
        return Cards(tuple(made))
    bounds = say.interval(say.share(money["amount_low"]), say.share(money["amount_high"]), level=level)
    share = worded("{share} of all revenue ({interval})", share=say.share(money["amount_share"]), interval=bounds)
    amount = say.money(money["amount"], currency=currency)
    return Cards((*made, Card(worded("Brought by the slipping, {days} days", days=days), amount, share)))


def _card(group: str, days: pd.DataFrame) -> Card:
    """One group of stages: its customers on the last of these days, on the one before, and on all of them."""
    *earlier, now = _records(days)
    value = worded("{count} ({share})", count=say.number(now["customer_count"]), share=say.share(now["customer_share"]))
    if say.is_missing(now["customer_count"]):
        value = worded("not shown")
    was = ""
    if earlier and not say.is_missing(earlier[-1]["customer_count"]):
        then = earlier[-1]
        was = worded("{count} on {day}", count=say.number(then["customer_count"]), day=say.day(then["on"]))
    return Card(named(CARD_LABELS[group]), value, was, tuple(days["customer_count"].astype(float)))


@themed
def bars(sizes: pd.DataFrame, *, days: int, level: float) -> Drawing:
    """Each stage's share of customers, and of the latest `days` days' revenue; a row of `sizes` is a stage."""
    shown = sizes[sizes["stage"] != PROSPECT]
    n = int(shown["customer_count"].sum())
    if not n:
        return empty(named(TITLE), worded("There is nobody to show."))
    figure, (axes,) = canvas(height=4.0)
    place = np.arange(len(shown))[::-1]
    money = worded("revenue of the latest {days} days", days=days)
    _bar(axes, place + 0.2, shown, ("customer_share", "low", "high"), label=worded("customers"), color=FAINT)
    _bar(axes, place - 0.2, shown, ("amount_share", "amount_low", "amount_high"), label=money, color=BLUE)
    axes.set_yticks(
        place, [f"{named(row['stage'])}\nn = {say.number(row['customer_count'])}" for row in _records(shown)]
    )
    axes.set_title(worded("{title} (n = {n})", title=named(TITLE), n=say.number(n)))
    axes.set_xlabel(worded("share of all (line: {level} interval)", level=say.exact_share(level)))
    axes.set_xlim(0, _reach(shown))
    axes.xaxis.set_major_formatter(SHARE_AXIS)
    axes.grid(visible=False, axis="y")
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.14), ncols=2)
    parts = [
        worded(
            "{stage} {share} ({money_share})",
            stage=named(row["stage"]),
            share=say.share(row["customer_share"]),
            money_share=say.share(row["amount_share"]),
        )
        for row in _records(shown)
    ]
    alt = worded(
        "Share of {customers} (and of {money}) by stage: {parts}.",
        customers=say.counted(n, "customer"),
        money=money,
        parts=say.itemised(parts),
    )
    return Drawing(figure, alt)


def meanings(
    sizes: pd.DataFrame,
    *,
    comeback_days: int,
    slipping_share: float,
    lapsed_share: float,
    loyal_purchase_count: int,
    days: int,
    currency: str,
) -> Table:
    """What each stage means, its size and what it brought; prospects only where there are any."""
    words = _rules(
        horizon=say.counted(comeback_days, "day"),
        slipping=say.exact_share(slipping_share),
        lapsed=say.exact_share(lapsed_share),
        loyal_from=loyal_purchase_count,
    )
    there = sizes[(sizes["stage"] != PROSPECT) | (sizes["customer_count"] > 0)]
    shares = {worded("share"): there["customer_share"], worded("chance to come back"): there["comeback_share"]}
    numbers = {
        worded("revenue of the latest {days} days, {currency}", days=days, currency=named(currency)): there["amount"],
        worded("slipping after, days"): there["slipping_days"],
        worded("lapsed after, days"): there["limit_days"],
    }
    customers = worded("customers")
    columns = {
        worded("stage"): [named(stage) for stage in there["stage"]],
        worded("meaning"): [words[stage] for stage in there["stage"]],
        customers: there["customer_count"],
        **shares,
        **numbers,
    }
    formats: dict[str, tables.Format] = dict.fromkeys([customers, *numbers], say.number)
    caption = worded(
        "Lifecycle stages; a customer is in the lowest row that fits; days: of the median customer of the stage"
    )
    return tables.table(pd.DataFrame(columns), caption=caption, formats=formats | dict.fromkeys(shares, say.share))


def _rules(*, horizon: str, slipping: str, lapsed: str, loyal_from: int) -> dict[str, str]:
    """What each stage means."""
    on_two = worded("bought on 2 days")
    on_several = worded("bought on 2 to {most} days", most=loyal_from - 1)
    return {
        "new": worded("bought on one day"),
        "repeat": on_several if loyal_from > 3 else on_two,
        "loyal": worded("bought on {days} days or more", days=loyal_from),
        "returned": worded("back after a pause beyond their limit"),
        "slipping": worded(
            "chance to buy within {horizon} at most {share} of its highest", horizon=horizon, share=slipping
        ),
        "lapsed": worded("and at most {share}", share=lapsed),
        PROSPECT: worded("known, without an order"),
    }


def record_table(record: pd.DataFrame, *, level: float) -> Table:
    """What customers called active, slipping and lapsed on earlier days did next, beside what was expected."""
    rows = record[record["customer_count"] > 0]
    rows = rows[(rows["buyers"] == "all") | ((rows["group"] == "lapsed") & (rows["buyers"] == "once"))]
    shares = {
        worded("expected back"): rows["expected_share"],
        worded("came back"): rows["back_share"],
        worded("from"): rows["low"],
        worded("to"): rows["high"],
    }
    customers = worded("customers")
    columns = {
        worded("called on"): [say.day(on) for on in rows["on"]],
        worded("customers who were"): [_called(row) for row in _records(rows)],
        customers: rows["customer_count"],
        **shares,
    }
    formats: dict[str, tables.Format] = dict.fromkeys(shares, say.share)
    caption = worded(
        "What customers did within the horizon after an earlier day, by what they would have been called on it; from, "
        "to: {level} interval",
        level=say.exact_share(level),
    )
    return tables.table(pd.DataFrame(columns), caption=caption, formats=formats | {customers: say.number})


def _called(row: dict[str, Any]) -> str:
    """A group of the record, and of the lapsed those who had bought once."""
    group = named(row["group"])
    return group if row["buyers"] == "all" else worded("{group}, bought once", group=group)


def _told(parts: list[str]) -> str:
    """Parts of one sentence, the last with a stop."""
    return worded("{parts}.", parts=say.lined_up(parts))


def _by_stage(sizes: pd.DataFrame) -> dict[str, dict[str, Any]]:
    return {row["stage"]: row for row in _records(sizes)}


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]


def _all_of(n: int) -> str:
    return worded_n(
        n,
        "No rhythm is known; {customers} counts as new",
        "No rhythm is known; all {customers} count as new",
        customers=say.counted(n, "customer"),
    )


def _once(lapsed: dict[str, Any]) -> list[str]:
    once = lapsed["once_count"]
    if say.is_missing(once) or not once:
        return []
    return [worded("{count} of them had bought once", count=say.number(once))]


def _came_back(row: dict[str, Any], comeback_days: int, level: float) -> str:
    called = {"customers": say.counted(row["customer_count"], "customer"), "day": say.day(row["on"])}
    if say.is_missing(row["back_share"]):
        return worded(
            "{customers} called lapsed on {day}: few of them, or all but few, came back; how many is not shown, to "
            "protect people",
            **called,
        )
    return worded(
        "{customers} called lapsed on {day}: {share} came back within {days} ({interval})",
        **called,
        share=say.share(row["back_share"]),
        days=say.counted(comeback_days, "day"),
        interval=say.interval(say.share(row["low"]), say.share(row["high"]), level=level),
    )


def _verdict(is_kept: pd.Series) -> str:
    """In words whether those called lapsed stayed away on every day that can be judged."""
    judged = is_kept.dropna().astype(bool)
    if judged.empty:
        return worded("Too few were called lapsed earlier to judge whether the lapsed stay away.")
    if judged.all():
        return worded("Customers called lapsed earlier stayed away, as the word claims.")
    return worded("More of the customers called lapsed earlier came back than the word claims.")


def _prospects(rows: dict[str, dict[str, Any]]) -> list[str]:
    count = rows.get(PROSPECT, {"customer_count": 0})["customer_count"]
    if say.is_missing(count) or not count:
        return []
    return [
        worded_n(
            count,
            "{count} more is known without an order",
            "{count} more are known without an order",
            count=say.number(count),
        )
    ]


def _bar(
    axes: Axes, place: np.ndarray, shown: pd.DataFrame, columns: tuple[str, str, str], *, label: str, color: str
) -> None:
    share, low, high = (shown[name].to_numpy(dtype=float) for name in columns)
    axes.barh(place, np.nan_to_num(share), 0.38, color=color, label=label)
    axes.hlines(place, low, high, color=INK, linewidth=1.4)
    for at, value, top in zip(place, share, np.fmax(share, high), strict=True):
        axes.text(0.008 + (top if top == top else 0.0), at, say.share(value), va="center")


def _reach(shown: pd.DataFrame) -> float:
    """How far the axis must go for the longest bar or interval, and the number behind it."""
    values = shown[["customer_share", "high", "amount_share", "amount_high"]].to_numpy(dtype=float)
    return 1.12 * float(np.nanmax(values)) + 0.02
