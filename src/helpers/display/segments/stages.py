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
from helpers.models.segments.stages import GROUPS, Active

PROSPECT = "prospect"
TITLE = "Customers and revenue by lifecycle stage"


def summary(
    sizes: pd.DataFrame, active: Active, *, as_of: date, comeback_days: int, lapsed_share: float, level: float
) -> Finding:
    """How many customers have lapsed, are slipping, are active, and what is meant by lapsed.

    A row of `sizes` is a stage, as `models.segments.stages.sizes` gives it; of customers like the lapsed at most
    `lapsed_share` come back within `comeback_days`.
    """
    rows, n = _by_stage(sizes), active.customer_count
    if not n:
        return Finding("lapsed_share", f"Nobody had ordered by {say.day(as_of)}, so there are no stages yet.", n=0)
    if sizes["comeback_share"].isna().all() and sizes["customer_count"].notna().all():
        claim = f"Who has lapsed is unknown: nobody had bought on two days by {say.day(as_of)}."
        return Finding("lapsed_share", claim, n=n, evidence=f"No rhythm is known; {_all_of(n)} new{_prospects(rows)}.")
    lapsed, slipping = rows["lapsed"], rows["slipping"]
    if say.is_missing(lapsed["customer_count"]):
        return untold("lapsed_share", "How many customers have lapsed is")
    interval = say.interval(say.share(lapsed["low"]), say.share(lapsed["high"]), level=level, is_start=True)
    claim = (
        f"{say.number(lapsed['customer_count'])} of {say.counted(n, 'customer')} had lapsed by {say.day(as_of)}, "
        f"{say.share(lapsed['customer_share'])}."
    )
    evidence = (
        f"{interval}; at most {say.exact_share(lapsed_share)} of customers like them come back within "
        f"{say.counted(comeback_days, 'day')}{_once(lapsed)}"
    )
    if not say.is_missing(slipping["customer_count"]):
        evidence += (
            f"; {say.number(slipping['customer_count'])} slipping ({say.share(slipping['customer_share'])}), "
            f"{say.number(active.active_count)} active ({say.share(active.active_share)})"
        )
    evidence += f"{_prospects(rows)}."
    bounds = (lapsed["customer_share"], lapsed["low"], lapsed["high"])
    return Finding("lapsed_share", claim, *bounds, n, "share", evidence)


def at_stake(sizes: pd.DataFrame, *, days: int, slipping_share: float, currency: str, level: float) -> Finding:
    """What those who are slipping brought: the share of the latest `days` days' revenue that may be about to go."""
    rows = _by_stage(sizes)
    row, period = rows["slipping"], f"the latest {say.counted(days, 'day')}"
    count = row["customer_count"]
    if say.is_missing(count):
        return untold("slipping_amount_share", "What those who are slipping brought is")
    if sizes["amount_share"].isna().all():
        return Finding("slipping_amount_share", f"Nothing was earned in {period}, so what is at stake is unknown.")
    if not count:
        sentence = f"Nobody is slipping, so none of the revenue of {period} is at stake with them."
        return Finding("slipping_amount_share", sentence, n=0)
    interval = say.interval(say.share(row["amount_low"]), say.share(row["amount_high"]), level=level, is_start=True)
    who = "The 1 customer who is" if count == 1 else f"The {say.number(count)} customers who are"
    claim = f"{who} slipping brought {say.share(row['amount_share'])} of the revenue of {period}."
    evidence = (
        f"{interval}; {say.money(row['amount'], currency=currency)}; slipping: the chance to come back has fallen to "
        f"{say.exact_share(slipping_share)} of its highest or less."
    )
    bounds = (row["amount_share"], row["amount_low"], row["amount_high"])
    return Finding("slipping_amount_share", claim, *bounds, count, "share", evidence)


def kept_word(record: pd.DataFrame, *, comeback_days: int, lapsed_share: float, level: float) -> Finding:
    """Whether those who were called lapsed on earlier days stayed away, as the word claims.

    A row of `record` is a day, a group and its buyers, as `models.segments.stages.track_record` gives it. The number of
    the finding is that of the latest day on which anybody was called lapsed.
    """
    lapsed = record[(record["group"] == "lapsed") & (record["buyers"] == "all")]
    called = lapsed[lapsed["customer_count"] > 0]
    if lapsed.empty:
        sentence = (
            f"The data are too short to show what customers called lapsed did in the next {comeback_days} days; what "
            "lapsed means rests on the model alone."
        )
        return Finding("lapsed_comeback_share", sentence)
    if lapsed["customer_count"].isna().any() and called.empty:
        return untold("lapsed_comeback_share", "What those called lapsed did next is")
    if called.empty:
        days = say.listed([f"on {say.day(on)}" for on in lapsed["on"]])
        return Finding("lapsed_comeback_share", f"Nobody would have been called lapsed {days}.", n=0)
    parts = [_came_back(row, comeback_days, level) for row in _records(called)[::-1]]
    last = _records(called)[-1]
    bounds = (last["back_share"], last["low"], last["high"])
    evidence = f"{'; '.join(parts)}; at most {say.exact_share(lapsed_share)} may."
    claim = _verdict(called["is_kept"])
    return Finding("lapsed_comeback_share", claim, *bounds, last["customer_count"], "share", evidence)


def cards(history: pd.DataFrame, sizes: pd.DataFrame, *, days: int, currency: str, level: float) -> Cards:
    """How many are active, slipping and lapsed, and on earlier days; and the latest `days` days' money of the slipping.

    A row of `history` is a group on a day, as `models.segments.stages.history` gives it, and one of `sizes` a stage.
    """
    made = [_card(name, of_group) for name in GROUPS if len(of_group := history[history["group"] == name])]
    money = _by_stage(sizes)["slipping"]
    if say.is_missing(money["amount_share"]):
        return Cards(tuple(made))
    bounds = say.interval(say.share(money["amount_low"]), say.share(money["amount_high"]), level=level)
    share = f"{say.share(money['amount_share'])} of all revenue ({bounds})"
    amount = say.money(money["amount"], currency=currency)
    return Cards((*made, Card(f"Brought by the slipping, {days} days", amount, share)))


def _card(group: str, days: pd.DataFrame) -> Card:
    """One group of stages: its customers on the last of these days, on the one before, and on all of them."""
    *earlier, now = _records(days)
    value = f"{say.number(now['customer_count'])} ({say.share(now['customer_share'])})"
    if say.is_missing(now["customer_count"]):
        value = "not shown"
    told = [day for day in earlier[-1:] if not say.is_missing(day["customer_count"])]
    was = [f"{say.number(day['customer_count'])} on {say.day(day['on'])}" for day in told]
    return Card(f"{group.capitalize()} customers", value, "".join(was), tuple(days["customer_count"].astype(float)))


@themed
def bars(sizes: pd.DataFrame, *, days: int, level: float) -> Drawing:
    """Each stage's share of customers, and of the latest `days` days' revenue; a row of `sizes` is a stage."""
    shown = sizes[sizes["stage"] != PROSPECT]
    n = int(shown["customer_count"].sum())
    if not n:
        return empty(TITLE, "there is nobody to show")
    figure, (axes,) = canvas(height=4.0)
    place = np.arange(len(shown))[::-1]
    money = f"revenue of the latest {days} days"
    _bar(axes, place + 0.2, shown, ("customer_share", "low", "high"), label="customers", color=FAINT)
    _bar(axes, place - 0.2, shown, ("amount_share", "amount_low", "amount_high"), label=money, color=BLUE)
    axes.set_yticks(place, [f"{row['stage']}\nn = {say.number(row['customer_count'])}" for row in _records(shown)])
    axes.set(title=f"{TITLE} (n = {say.number(n)})", xlabel=f"share of all (line: {say.exact_share(level)} interval)")
    axes.set_xlim(0, _reach(shown))
    axes.xaxis.set_major_formatter(SHARE_AXIS)
    axes.grid(visible=False, axis="y")
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.14), ncols=2)
    parts = [
        f"{row['stage']} {say.share(row['customer_share'])} ({say.share(row['amount_share'])})"
        for row in _records(shown)
    ]
    return Drawing(figure, f"Share of {say.counted(n, 'customer')} (and of {money}) by stage: {', '.join(parts)}.")


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
    horizon = say.counted(comeback_days, "day")
    words = {
        "new": "bought on one day",
        "repeat": f"bought on 2 to {loyal_purchase_count - 1} days" if loyal_purchase_count > 3 else "bought on 2 days",
        "loyal": f"bought on {loyal_purchase_count} days or more",
        "returned": "back after a pause beyond their limit",
        "slipping": f"chance to buy within {horizon} at most {say.exact_share(slipping_share)} of its highest",
        "lapsed": f"and at most {say.exact_share(lapsed_share)}",
        PROSPECT: "known, without an order",
    }
    there = sizes[(sizes["stage"] != PROSPECT) | (sizes["customer_count"] > 0)]
    shown = pd.DataFrame(
        {
            "stage": there["stage"],
            "meaning": [words[stage] for stage in there["stage"]],
            "customers": there["customer_count"],
            "share": there["customer_share"],
            "chance to come back": there["comeback_share"],
            f"revenue of the latest {days} days, {currency}": there["amount"],
            "slipping after, days": there["slipping_days"],
            "lapsed after, days": there["limit_days"],
        }
    )
    formats: dict[str, tables.Format] = dict.fromkeys(shown.columns[5:], say.number)
    formats |= {"customers": say.number, "share": say.share, "chance to come back": say.share}
    caption = "Lifecycle stages; a customer is in the lowest row that fits; days: of the median customer of the stage"
    return tables.table(shown, caption=caption, formats=formats)


def record_table(record: pd.DataFrame, *, level: float) -> Table:
    """What customers called active, slipping and lapsed on earlier days did next, beside what was expected."""
    rows = record[record["customer_count"] > 0]
    rows = rows[(rows["buyers"] == "all") | ((rows["group"] == "lapsed") & (rows["buyers"] == "once"))]
    names = rows["group"].where(rows["buyers"] == "all", rows["group"] + ", bought once")
    shown = pd.DataFrame(
        {
            "called on": [say.day(on) for on in rows["on"]],
            "customers who were": names,
            "customers": rows["customer_count"],
            "expected back": rows["expected_share"],
            "came back": rows["back_share"],
            "from": rows["low"],
            "to": rows["high"],
        }
    )
    formats: dict[str, tables.Format] = dict.fromkeys(shown.columns[3:], say.share)
    caption = (
        "What customers did within the horizon after an earlier day, by what they would have been called on it; from, "
        f"to: {say.exact_share(level)} interval"
    )
    return tables.table(shown, caption=caption, formats=formats | {"customers": say.number})


def _by_stage(sizes: pd.DataFrame) -> dict[str, dict[str, Any]]:
    return {row["stage"]: row for row in _records(sizes)}


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]


def _all_of(n: int) -> str:
    return "the only customer counts as" if n == 1 else f"all {say.counted(n, 'customer')} count as"


def _once(lapsed: dict[str, Any]) -> str:
    once = lapsed["once_count"]
    return "" if say.is_missing(once) or not once else f"; {say.number(once)} of them had bought once"


def _came_back(row: dict[str, Any], comeback_days: int, level: float) -> str:
    called = f"Of {say.counted(row['customer_count'], 'customer')} called lapsed on {say.day(row['on'])}"
    if say.is_missing(row["back_share"]):
        return f"{called} few, or all but few, came back: how many is not shown, to protect people"
    interval = say.interval(say.share(row["low"]), say.share(row["high"]), level=level)
    return f"{called}, {say.share(row['back_share'])} came back within {say.counted(comeback_days, 'day')} ({interval})"


def _verdict(is_kept: pd.Series) -> str:
    """In words whether those called lapsed stayed away on every day that can be judged."""
    judged = is_kept.dropna().astype(bool)
    if judged.empty:
        return "Too few were called lapsed earlier to judge whether the lapsed stay away."
    if judged.all():
        return "Customers called lapsed earlier stayed away, as the word claims."
    return "More of the customers called lapsed earlier came back than the word claims."


def _prospects(rows: dict[str, dict[str, Any]]) -> str:
    count = rows.get(PROSPECT, {"customer_count": 0})["customer_count"]
    if say.is_missing(count) or not count:
        return ""
    return f"; {say.number(count)} more {'is' if count == 1 else 'are'} known without an order"


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
