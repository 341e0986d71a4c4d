"""What the customers are worth, who holds it, and what would change it: the words and pictures of value."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import replace
from datetime import date
from math import isinf
from typing import Any

import numpy as np
import pandas as pd

from helpers.display import language as say
from helpers.display import tables
from helpers.display.buying.fit_notes import retold
from helpers.display.cards import Card, Cards, told
from helpers.display.charts import key_on_top
from helpers.display.figures import AMOUNT_AXIS, SHARE_AXIS, Drawing, canvas, empty
from helpers.display.findings import Finding, estimated, untold
from helpers.display.tables import Table
from helpers.display.theme import BLUE, FAINT, INK, ORANGE, SKY, SOFT, themed
from helpers.display.wording import named, recast, sentences, vocabulary, worded, worded_n
from helpers.models.value.tornado import COST, LIFETIME, RATE, SPEND
from helpers.models.value.value import Brought, Value

LEVERS = dict(
    zip(
        (RATE, LIFETIME, SPEND, COST),
        vocabulary("purchase rate", "time as a customer", "spend per order", "cost to serve"),
        strict=True,
    )
)
PEAK = 1.0005
"""Share of value from which on the whale curve is said to rise above the whole."""
TIERS = dict(zip(("high", "middle", "low"), vocabulary("high tier", "middle tier", "low tier"), strict=True))
NOTES = vocabulary(
    "Without a discount rate there is no residual value: money of all time to come has no sum.",
    "Serving {count} of {customers} customers costs more than the margin that their orders leave.",
    "Nobody has come back yet, so every order is taken to be worth the mean of all.",
    "The intervals of {model} hold the chance of the future alone: how sure its parameters are is not known.",
    "Every customer came on the last day: their future is that of any new customer.",
)


def untested(key: str, n: int) -> Finding:
    """That nothing is said of the value of `n` customers, since no model could be tested; `key` is the finding's."""
    why = worded("The data are too young to test any model of it.")
    claim = worded("What {customers} will bring is unknown.", customers=say.counted(n, "customer"))
    return Finding(key, claim, n=n, evidence=why)


def worth(value: Value, *, since: date, yearly_rate: float, has_margin: bool, currency: str) -> Finding:
    """What all customers are worth in the time after `since`."""
    total = value.total
    claim = worded_n(
        total.n,
        "{customers} is worth {amount} in {kind} over {months}.",
        "{customers} are worth {amount} in {kind} over {months}.",
        customers=say.counted(total.n, "customer"),
        amount=say.money(total.value, currency=currency),
        kind=say.value_in(has_margin),
        months=say.months(value.months),
    )
    low, high = (say.money(bound, currency=currency) for bound in (total.low, total.high))
    span = {
        "interval": say.interval(low, high, level=value.level, is_start=True),
        "months": say.months(value.months),
        "day": say.day(since),
    }
    parts = [worded("{interval}; in the {months} after {day}", **span)]
    if not has_margin:
        parts.append(worded("no margin is known"))
    later = [row for row in value.totals.to_dict("records") if row["months"] > value.months]
    known = [row for row in later if not say.is_missing(row["amount"])]
    if known:
        parts.append(say.listed([_horizon(row, currency, value.level) for row in known]))
    parts.append(worded("discounted at {share} a year", share=say.exact_share(yearly_rate)))
    rests_on = worded("{parts}.", parts=say.lined_up(parts))
    notes = [recast(note, NOTES) for note in value.notes]
    return estimated("clv_total", claim, total, currency, evidence=sentences(rests_on, _seen(value), retold(notes)))


def begun(day: date, *, as_of: date) -> tuple[Finding, ...]:
    """That times to come have begun before the day of the report, where data end long before it; else nothing.

    `day` is the last on which customers were watched, from which a page counts what is to come.
    """
    days = (as_of - day).days
    if days <= 0:
        return ()
    claim = worded(
        "What is to come is told from {day} on, where the data end: {days} of it had passed by {as_of}.",
        day=say.day(day),
        days=say.counted(days, "day"),
        as_of=say.day(as_of),
    )
    return (Finding("clv_begun", claim, days, unit="days"),)


def holders(
    table: pd.DataFrame, groups: pd.DataFrame, *, months: float, straddle_share: float, level: float
) -> Finding:
    """Who holds the value; `table` as `tiers` gives it, and `groups` of the same tiers with their intervals."""
    n = int(table["customer_count"].sum())
    if table["customer_count"].isna().any():
        return untold("clv_high_tier", worded("How few customers hold most of the value is"))
    if not table.set_index("tier").loc["high", "customer_count"]:
        nothing = worded("No customer is worth anything from here on, so there are no tiers.")
        return Finding("clv_high_tier", nothing, n=n)
    shares = groups.set_index(groups["label"].astype(str))
    parts = []
    for row in table[table["customer_count"] > 0].to_dict("records"):
        bounds = [say.share(shares.loc[row["tier"], name]) for name in ("share_low", "share_high")]
        part = worded_n(
            row["customer_count"],
            "{customers} in the {tier} ({share} of all) holds {value_share} of the value of {months} ({interval})",
            "{customers} in the {tier} ({share} of all) hold {value_share} of the value of {months} ({interval})",
            customers=say.counted(row["customer_count"], "customer"),
            tier=_tier(row["tier"]),
            share=say.share(row["customer_share"]),
            value_share=say.share(row["amount_share"]),
            months=say.months(months),
            interval=say.interval(*bounds, level=level),
        )
        parts.append(part)
    unsure = worded(
        "for {share} of customers the border between two tiers lies inside their own interval: a tier is right for "
        "many customers together, not for each",
        share=say.share(straddle_share),
    )
    top, low, high = (float(shares[name].loc["high"]) for name in ("amount_share", "share_low", "share_high"))
    (of_all,) = [say.share(share) for share in table.loc[table["tier"] == "high", "customer_share"]]
    claim = worded(
        "{share} of the customers hold {value_share} of the value to come.", share=of_all, value_share=say.share(top)
    )
    evidence = worded("{parts}.", parts=say.lined_up([*parts, unsure]))
    return Finding("clv_high_tier", claim, top, low, high, n, "share", evidence)


def cards(
    total: Finding,
    sales: Finding,
    table: pd.DataFrame,
    *,
    value: Value,
    past: Brought,
    has_margin: bool,
    weeks: int,
) -> Cards:
    """Value beside what as long a past brought, the forecast, and how few customers hold most of the value.

    Parameters
    ----------
    total, sales
        The findings of `worth` and `outlook.total`.
    table
        As `tiers` gives it.
    value
        What customers are worth, with its horizon and the coverage of the intervals.
    past
        What the customers of as long ago as the horizon have brought since.
    has_margin
        Whether the value is margin; else it is revenue.
    weeks
        Horizon of the forecast.
    """
    span = say.months(value.months)
    ahead = told(say.value_ahead(value.months, has_margin=has_margin), total, level=value.level)
    if not say.is_missing(past.amount):
        beside = worded(
            "{change}; the {months} before brought {amount} from the {customers} of then",
            change=ahead.change,
            months=span,
            amount=say.money(past.amount, currency=total.unit),
            customers=say.counted(past.customer_count, "customer"),
        )
        ahead = replace(ahead, change=beside)
    known = [ahead]
    if not say.is_missing(sales.value):
        label = worded("Revenue of the next {weeks}, new customers too", weeks=say.counted(weeks, "week"))
        known.append(told(label, sales, level=value.level))
    (high,) = table[table["tier"] == "high"].to_dict("records")
    few = Card(
        worded("Customers who hold {share} of that value", share=say.share(high["amount_share"], digits=0)),
        say.number(high["customer_count"]),
        worded("{share} of all", share=say.share(high["customer_share"])),
    )
    return Cards((*known, few))


def levers(frame: pd.DataFrame, *, months: float, lever_share: float, has_margin: bool, currency: str) -> Finding:
    """What a small change would be worth; one row of `frame` is a lever, the strongest first."""
    step, base = say.exact_share(lever_share), frame.iloc[0]
    if not base["amount"]:
        nothing = worded("Nothing is to be expected of these customers, so no lever moves anything.")
        return Finding("clv_lever", nothing, 0.0)
    claim = worded(
        "Of single changes of {step}, one of {lever} would add most to the value of {months}.",
        step=step,
        lever=named(LEVERS[base["lever"]]),
        months=_over(months),
    )
    evidence = worded(
        "{changes}, of {amount} in {kind}; at the estimated parameters, whether or not anybody can bring them about.",
        changes=say.listed([_change(row, step, currency) for row in frame.to_dict("records")]),
        amount=say.money(base["amount"], currency=currency),
        kind=say.value_in(has_margin),
    )
    most = float(max(base["up_amount"], base["down_amount"]))
    return Finding("clv_lever", claim, most, unit=currency, evidence=evidence)


def _change(row: Mapping[Hashable, Any], step: str, currency: str) -> str:
    """What a lever moved the better way would bring."""
    told = {
        "step": step,
        "lever": named(LEVERS[row["lever"]]),
        "amount": say.money(max(row["up_amount"], row["down_amount"]), currency=currency),
        "share": say.signed_share(max(row["up_share"], row["down_share"])),
    }
    is_up, is_time = row["up_amount"] >= row["down_amount"], row["lever"] == LIFETIME
    if is_time:
        longer = worded("{step} longer {lever} {amount} ({share})", **told)
        return longer if is_up else worded("{step} shorter {lever} {amount} ({share})", **told)
    higher = worded("{step} higher {lever} {amount} ({share})", **told)
    return higher if is_up else worded("{step} lower {lever} {amount} ({share})", **told)


@themed
def horizons(value: Value, *, has_margin: bool, currency: str) -> Drawing:
    """The value of all customers by horizon, with intervals."""
    totals = value.totals[value.totals["amount"].notna()]
    figure, (axes,) = canvas(height=2.8)
    place, amount = np.arange(len(totals)), totals["amount"].astype(float)
    axes.bar(place, amount, 0.5, color=[BLUE if not isinf(months) else SKY for months in totals["months"]])
    axes.vlines(place, totals["low"], totals["high"], color=INK, linewidth=2)
    axes.axhline(0, color=INK, linewidth=0.8)
    axes.set_xticks(place, [_over(months) for months in totals["months"]])
    customers = say.counted(value.total.n, "customer")
    axes.set_title(worded("Value of {customers} by horizon (line: interval)", customers=customers))
    axes.set_ylabel(_in_money(has_margin, currency))
    axes.yaxis.set_major_formatter(AMOUNT_AXIS)
    axes.grid(visible=False, axis="x")
    parts = [_horizon(row, currency, value.level) for row in totals.to_dict("records")]
    alt = worded(
        "Value in {kind} of {customers}: {parts}.",
        kind=say.value_in(has_margin),
        customers=customers,
        parts=say.listed(parts),
    )
    return Drawing(figure, alt)


@themed
def whale(curve: pd.DataFrame, table: pd.DataFrame, groups: pd.DataFrame) -> Drawing:
    """The whale curve of value, and the tiers; frames of `whale_curve`, `tiers` and `group_values`."""
    if not len(curve):
        nobody = worded("All customers together are worth nothing, so nobody holds a share of it.")
        return empty(worded("Who holds the value"), nobody)
    figure, (left, right) = canvas(columns=2)
    left.plot([0, 1], [0, 1], color=FAINT, linestyle="--")
    left.text(0.56, 0.5, worded("all customers equal"), color=SOFT, rotation=38, ha="center", va="top")
    left.plot(curve["customer_share"], curve["amount_share"], color=BLUE)
    top = float(curve["amount_share"].max())
    if top > 1:
        left.axhline(1, color=INK, linewidth=0.8)
    left.set(xlabel=worded("customers, the most valuable first"), ylabel=worded("share of value"))
    left.set(xlim=(0, 1), ylim=(0, 1.05 * top))
    left.set_title(worded("Whale curve (n = {n})", n=say.number(table["customer_count"].sum())))
    left.xaxis.set_major_formatter(SHARE_AXIS)
    left.yaxis.set_major_formatter(SHARE_AXIS)
    shares = groups.set_index(groups["label"].astype(str)).reindex(table["tier"])
    place = np.arange(len(table))
    right.bar(place - 0.2, table["customer_share"], 0.38, color=FAINT, label=worded("customers"))
    right.bar(place + 0.2, table["amount_share"].astype(float), 0.38, color=BLUE, label=worded("value"))
    right.vlines(place + 0.2, shares["share_low"], shares["share_high"], color=INK, linewidth=2)
    right.set_xticks(place, [_tier(tier) for tier in table["tier"]])
    right.set(title=worded("Tiers (line: interval)"), ylabel=worded("share"), ylim=(0, None))
    right.yaxis.set_major_formatter(SHARE_AXIS)
    right.grid(visible=False, axis="x")
    key_on_top(right)
    return Drawing(figure, _whale_alt(curve, table, top))


def _whale_alt(curve: pd.DataFrame, table: pd.DataFrame, top: float) -> str:
    at = curve.iloc[int(curve["customer_share"].searchsorted(0.2 - 1e-9))]
    parts = [
        worded(
            "{tier} {customers}, {share} of it",
            tier=_tier(row["tier"]),
            customers=say.counted(row["customer_count"], "customer"),
            share=say.share(row["amount_share"]),
        )
        for row in table.to_dict("records")
    ]
    told = {
        "customers": say.share(at["customer_share"], digits=0),
        "share": say.share(at["amount_share"]),
        "parts": say.itemised(parts),
    }
    if top > PEAK:
        return worded(
            "The best {customers} of customers hold {share} of the value, at most {top} before customers who cost more "
            "than they bring; {parts}.",
            top=say.share(top),
            **told,
        )
    return worded("The best {customers} of customers hold {share} of the value; {parts}.", **told)


@themed
def tornado(frame: pd.DataFrame, *, months: float, lever_share: float, has_margin: bool, currency: str) -> Drawing:
    """What each lever moves; one row of `frame` is a lever, the strongest first."""
    figure, (axes,) = canvas(height=1.2 + 0.36 * len(frame))
    place, step = np.arange(len(frame))[::-1], say.exact_share(lever_share)
    axes.barh(place, frame["up_amount"].astype(float), 0.6, color=BLUE, label=worded("{step} higher", step=step))
    axes.barh(
        place,
        frame["down_amount"].astype(float),
        0.6,
        color=ORANGE,
        hatch="///",
        edgecolor="white",
        label=worded("{step} lower", step=step),
    )
    axes.axvline(0, color=INK, linewidth=0.8)
    axes.set_yticks(place, [named(LEVERS[lever]) for lever in frame["lever"]])
    axes.set_title(worded("Change of the value of {months}", months=_over(months)))
    axes.set_xlabel(_in_money(has_margin, currency))
    axes.xaxis.set_major_formatter(AMOUNT_AXIS)
    axes.grid(visible=False, axis="y")
    key_on_top(axes)
    parts = [
        worded(
            "{lever} {low} to {high}",
            lever=named(LEVERS[row["lever"]]),
            low=say.signed_share(row["down_share"]),
            high=say.signed_share(row["up_share"]),
        )
        for row in frame.to_dict("records")
    ]
    alt = worded(
        "Change of the value of {months} by levers {step} lower or higher: {parts}.",
        months=_over(months),
        step=step,
        parts=say.itemised(parts),
    )
    return Drawing(figure, alt)


def tiers(table: pd.DataFrame, groups: pd.DataFrame, *, has_margin: bool, currency: str) -> Table:
    """The tiers: one row a tier, with the interval of its value and how many of its customers are unsure."""
    shares = groups.set_index(groups["label"].astype(str)).reindex(table["tier"]).reset_index(drop=True)
    value = worded("value in {kind}, {currency}", kind=say.value_in(has_margin), currency=named(currency))
    each = worded("from, {currency} each", currency=named(currency))
    numbers = {
        worded("customers"): table["customer_count"],
        value: table["amount"],
        worded("from"): shares["low"],
        worded("to"): shares["high"],
    }
    of_value, border = worded("share of value"), worded("interval holds a border")
    columns = {
        worded("tier"): [_tier(tier) for tier in table["tier"]],
        **numbers,
        of_value: table["amount_share"],
        each: table["least_amount"],
        border: table["straddle_share"],
    }
    formats: dict[str, tables.Format] = dict.fromkeys(numbers, say.number)
    formats |= {each: lambda amount: say.number(amount, digits=2), of_value: say.share, border: say.share}
    caption = worded("Tiers by share of value, the most valuable customers first")
    return tables.table(pd.DataFrame(columns), caption=caption, formats=formats)


def _tier(name: str) -> str:
    return named(TIERS[name])


def _in_money(has_margin: bool, currency: str) -> str:
    return worded("{kind}, {currency}", kind=say.value_in(has_margin), currency=named(currency))


def _over(months: float) -> str:
    return worded("all time to come") if isinf(months) else say.months(months)


def _horizon(row: Mapping[Hashable, Any], currency: str, level: float) -> str:
    bounds = [say.money(row[name], currency=currency) for name in ("low", "high")]
    return worded(
        "{amount} over {months} ({interval})",
        amount=say.money(row["amount"], currency=currency),
        months=_over(row["months"]),
        interval=say.interval(*bounds, level=level),
    )


def _seen(value: Value) -> str:
    """For how many customers the spend is a guess."""
    if value.unseen_count in {0, len(value.customers)}:
        return ""
    return worded(
        "Of {customers} ({share}) no repeat purchase was seen: their orders are taken to be worth the mean of all.",
        customers=say.counted(value.unseen_count, "customer"),
        share=say.share(value.unseen_share),
    )
