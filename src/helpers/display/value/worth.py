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
from helpers.display.cards import Card, Cards, told
from helpers.display.charts import key_on_top
from helpers.display.figures import AMOUNT_AXIS, SHARE_AXIS, Drawing, canvas, empty
from helpers.display.findings import Finding, estimated, untold
from helpers.display.tables import Table
from helpers.display.theme import BLUE, FAINT, INK, ORANGE, SKY, SOFT, themed
from helpers.models.statistics.intervals import Estimate
from helpers.models.value.value import Value

RISING, FALLING = {"time as a customer": "longer"}, {"time as a customer": "shorter"}


def untested(key: str, n: int) -> Finding:
    """That nothing is said of the value of `n` customers, since no model could be tested; `key` is the finding's."""
    of = say.counted(n, "customer")
    why = "The data are too young to test any model of it."
    return Finding(key, f"What {of} will bring is unknown.", n=n, evidence=why)


def worth(value: Value, *, since: date, yearly_rate: float, has_margin: bool, currency: str) -> Finding:
    """What all customers are worth in the time after `since`."""
    total = value.total
    claim = (
        f"{say.counted(total.n, 'customer')} {_are(total.n)} worth {say.money(total.value, currency=currency)} in "
        f"{say.value_in(has_margin)} over {_months(value.months)}."
    )
    between = _between(total, currency, value.level)
    evidence = (
        f"{between[0].upper()}{between[1:]}; in the {_months(value.months)} after {say.day(since)}"
        f"{'' if has_margin else '; no margin is known'}"
    )
    later = [row for row in value.totals.to_dict("records") if row["months"] > value.months]
    known = [row for row in later if not say.is_missing(row["amount"])]
    if known:
        evidence += f"; {say.listed([_horizon(row, currency, value.level) for row in known])}"
    evidence += f"; discounted at {say.exact_share(yearly_rate)} a year."
    evidence = " ".join([evidence, _seen(value), *value.notes]).strip()
    return estimated("clv_total", claim, total, currency, evidence=evidence)


def holders(
    table: pd.DataFrame, groups: pd.DataFrame, *, months: float, straddle_share: float, level: float
) -> Finding:
    """Who holds the value; `table` as `tiers` gives it, and `groups` of the same tiers with their intervals."""
    n = int(table["customer_count"].sum())
    if table["customer_count"].isna().any():
        return untold("clv_high_tier", "How few customers hold most of the value is")
    if not table.set_index("tier").loc["high", "customer_count"]:
        return Finding("clv_high_tier", "No customer is worth anything from here on, so there are no tiers.", n=n)
    shares = groups.set_index(groups["label"].astype(str))
    parts = []
    for row in table[table["customer_count"] > 0].to_dict("records"):
        bounds = [say.share(shares.loc[row["tier"], name]) for name in ("share_low", "share_high")]
        parts.append(
            f"{say.counted(row['customer_count'], 'customer')} in the {row['tier']} tier "
            f"({say.share(row['customer_share'])} of all) {_hold(row['customer_count'])} "
            f"{say.share(row['amount_share'])} of the value of {_months(months)} ({say.interval(*bounds, level=level)})"
        )
    unsure = (
        f"of {say.share(straddle_share)} of customers the own interval holds a border between tiers: a tier is right "
        "for many customers together, not for each"
    )
    top, low, high = (float(shares[name].loc["high"]) for name in ("amount_share", "share_low", "share_high"))
    (of_all,) = [say.share(share) for share in table.loc[table["tier"] == "high", "customer_share"]]
    claim = f"{of_all} of the customers hold {say.share(top)} of the value to come."
    evidence = "; ".join([*parts, unsure])
    return Finding("clv_high_tier", claim, top, low, high, n, "share", f"{evidence}.")


def cards(
    total: Finding,
    sales: Finding,
    table: pd.DataFrame,
    *,
    year_before: float,
    months: int,
    weeks: int,
    level: float,
) -> Cards:
    """Value beside what the year before brought, the forecast, and how few customers hold most of the value.

    Parameters
    ----------
    total, sales
        The findings of `worth` and `outlook.total`.
    table
        As `tiers` gives it.
    year_before
        Revenue of the latest 52 weeks; NaN where the data hold fewer.
    months, weeks
        Horizons of the value and of the forecast.
    level
        Coverage of the intervals.
    """
    value = told(f"Worth in the next {_months(months)}", total, level=level)
    if not say.is_missing(year_before):
        year = say.money(year_before, currency=total.unit)
        value = replace(value, change=f"{value.change}; the 52 weeks before brought {year}")
    known = [value]
    if not say.is_missing(sales.value):
        known.append(told(f"Revenue of the next {say.counted(weeks, 'week')}, new customers too", sales, level=level))
    (high,) = table[table["tier"] == "high"].to_dict("records")
    few = Card(
        f"Customers who hold {say.share(high['amount_share'], digits=0)} of that value",
        say.number(high["customer_count"]),
        f"{say.share(high['customer_share'])} of all",
    )
    return Cards((*known, few))


def levers(frame: pd.DataFrame, *, months: float, lever_share: float, has_margin: bool, currency: str) -> Finding:
    """What a small change would be worth; one row of `frame` is a lever, the strongest first."""
    step, base = say.exact_share(lever_share), frame.iloc[0]
    if not base["amount"]:
        return Finding("clv_lever", "Nothing is to be expected of these customers, so no lever moves anything.", 0.0)
    parts = []
    for row in frame.to_dict("records"):
        name, better = row["lever"], max(row["up_amount"], row["down_amount"])
        way = RISING.get(name, "higher") if row["up_amount"] >= row["down_amount"] else FALLING.get(name, "lower")
        share = say.signed_share(max(row["up_share"], row["down_share"]))
        parts.append(f"{step} {way} {name} {say.money(better, currency=currency)} ({share})")
    amount = f"{say.money(base['amount'], currency=currency)} in {say.value_in(has_margin)}"
    claim = f"Of single changes of {step}, one of {base['lever']} would add most to the value of {_over(months)}."
    evidence = (
        f"{say.listed(parts)}, of {amount}; at the estimated parameters, whether or not anybody can bring them about."
    )
    most = float(max(base["up_amount"], base["down_amount"]))
    return Finding("clv_lever", claim, most, unit=currency, evidence=evidence)


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
    axes.set(title=f"Value of {say.counted(value.total.n, 'customer')} by horizon (line: interval)")
    axes.set_ylabel(f"{say.value_in(has_margin)}, {currency}")
    axes.yaxis.set_major_formatter(AMOUNT_AXIS)
    axes.grid(visible=False, axis="x")
    parts = [_horizon(row, currency, value.level) for row in totals.to_dict("records")]
    return Drawing(
        figure, f"Value in {say.value_in(has_margin)} of {say.counted(value.total.n, 'customer')}: {say.listed(parts)}."
    )


@themed
def whale(curve: pd.DataFrame, table: pd.DataFrame, groups: pd.DataFrame) -> Drawing:
    """The whale curve of value, and the tiers; frames of `whale_curve`, `tiers` and `group_values`."""
    if not len(curve):
        return empty("Who holds the value", "All customers together are worth nothing, so nobody holds a share of it.")
    figure, (left, right) = canvas(columns=2)
    left.plot([0, 1], [0, 1], color=FAINT, linestyle="--")
    left.text(0.56, 0.5, "all customers equal", color=SOFT, rotation=38, ha="center", va="top")
    left.plot(curve["customer_share"], curve["amount_share"], color=BLUE)
    top = float(curve["amount_share"].max())
    if top > 1:
        left.axhline(1, color=INK, linewidth=0.8)
    left.set(xlabel="customers, the most valuable first", ylabel="share of value", xlim=(0, 1), ylim=(0, 1.05 * top))
    left.set_title(f"Whale curve (n = {say.number(table['customer_count'].sum())})")
    left.xaxis.set_major_formatter(SHARE_AXIS)
    left.yaxis.set_major_formatter(SHARE_AXIS)
    shares = groups.set_index(groups["label"].astype(str)).reindex(table["tier"])
    place = np.arange(len(table))
    right.bar(place - 0.2, table["customer_share"], 0.38, color=FAINT, label="customers")
    right.bar(place + 0.2, table["amount_share"].astype(float), 0.38, color=BLUE, label="value")
    right.vlines(place + 0.2, shares["share_low"], shares["share_high"], color=INK, linewidth=2)
    right.set_xticks(place, [f"{tier} tier" for tier in table["tier"]])
    right.set(title="Tiers (line: interval)", ylabel="share", ylim=(0, None))
    right.yaxis.set_major_formatter(SHARE_AXIS)
    right.grid(visible=False, axis="x")
    key_on_top(right)
    at = curve.iloc[int(curve["customer_share"].searchsorted(0.2 - 1e-9))]
    parts = [
        f"{row['tier']} tier {say.counted(row['customer_count'], 'customer')}, {say.share(row['amount_share'])} of it"
        for row in table.to_dict("records")
    ]
    peak = f", at most {say.share(top)} before customers who cost more than they bring" if top > 1.0005 else ""
    return Drawing(
        figure,
        f"The best {say.share(at['customer_share'], digits=0)} of customers hold {say.share(at['amount_share'])} of "
        f"the value{peak}; {', '.join(parts)}.",
    )


@themed
def tornado(frame: pd.DataFrame, *, months: float, lever_share: float, has_margin: bool, currency: str) -> Drawing:
    """What each lever moves; one row of `frame` is a lever, the strongest first."""
    figure, (axes,) = canvas(height=1.2 + 0.36 * len(frame))
    place, step = np.arange(len(frame))[::-1], say.exact_share(lever_share)
    axes.barh(place, frame["up_amount"].astype(float), 0.6, color=BLUE, label=f"{step} higher")
    axes.barh(
        place,
        frame["down_amount"].astype(float),
        0.6,
        color=ORANGE,
        hatch="///",
        edgecolor="white",
        label=f"{step} lower",
    )
    axes.axvline(0, color=INK, linewidth=0.8)
    axes.set_yticks(place, frame["lever"])
    axes.set(title=f"Change of the value of {_over(months)}", xlabel=f"{say.value_in(has_margin)}, {currency}")
    axes.xaxis.set_major_formatter(AMOUNT_AXIS)
    axes.grid(visible=False, axis="y")
    axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2)
    parts = [
        f"{row['lever']} {say.signed_share(row['down_share'])} to {say.signed_share(row['up_share'])}"
        for row in frame.to_dict("records")
    ]
    return Drawing(
        figure, f"Change of the value of {_over(months)} by levers {step} lower or higher: {', '.join(parts)}."
    )


def tiers(table: pd.DataFrame, groups: pd.DataFrame, *, has_margin: bool, currency: str) -> Table:
    """The tiers: one row a tier, with the interval of its value and how many of its customers are unsure."""
    shares = groups.set_index(groups["label"].astype(str)).reindex(table["tier"]).reset_index(drop=True)
    value = f"value in {say.value_in(has_margin)}, {currency}"
    shown = pd.DataFrame(
        {
            "tier": table["tier"],
            "customers": table["customer_count"],
            value: table["amount"],
            "from": shares["low"],
            "to": shares["high"],
            "share of value": table["amount_share"],
            f"from, {currency} each": table["least_amount"],
            "interval holds a border": table["straddle_share"],
        }
    )
    formats: dict[str, tables.Format] = dict.fromkeys(["customers", value, "from", "to"], say.number)
    formats |= {f"from, {currency} each": lambda amount: say.number(amount, digits=2)}
    formats |= {"share of value": say.share, "interval holds a border": say.share}
    return tables.table(shown, caption="Tiers by share of value, the most valuable customers first", formats=formats)


def _hold(count: int) -> str:
    return "holds" if count == 1 else "hold"


def _are(count: int) -> str:
    return "is" if count == 1 else "are"


def _months(months: float) -> str:
    whole = int(months) if months == round(months) else None
    return say.counted(whole, "month") if whole else f"{say.number(months, digits=1)} months"


def _over(months: float) -> str:
    return "all time to come" if isinf(months) else _months(months)


def _between(total: Estimate, currency: str, level: float) -> str:
    low, high = (say.money(bound, currency=currency) for bound in (total.low, total.high))
    return say.interval(low, high, level=level)


def _horizon(row: Mapping[Hashable, Any], currency: str, level: float) -> str:
    bounds = [say.money(row[name], currency=currency) for name in ("low", "high")]
    amount = say.money(row["amount"], currency=currency)
    return f"{amount} over {_over(row['months'])} ({say.interval(*bounds, level=level)})"


def _seen(value: Value) -> str:
    """For how many customers the spend is a guess."""
    if value.unseen_count in {0, len(value.customers)}:
        return ""
    return (
        f"Of {say.counted(value.unseen_count, 'customer')} ({say.share(value.unseen_share)}) no repeat purchase was "
        "seen: their orders are taken to be worth the mean of all."
    )
