"""Orders, customers and revenue month by month."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from helpers.display import language as say
from helpers.display.figures import AMOUNT_AXIS, Drawing, canvas
from helpers.display.findings import Finding, untold
from helpers.display.theme import BLUE, GREEN, ORANGE, themed
from helpers.models.customers.trend import Trend


def finding(trend: Trend | None, *, currency: str) -> Finding:
    """What the last whole month brought, beside the best one; amounts are in `currency`."""
    if trend is None:
        return Finding("last_month", "No calendar month is wholly covered yet, so months cannot be compared.")
    if say.is_missing(trend.amount):
        return untold("last_month", "What the last whole month brought is")
    returning = trend.returning_share
    of_it = "" if say.is_missing(returning) else f"{say.share(returning)} of it from returning customers; "
    best = say.money(trend.best_amount, currency=currency)
    record = f"the best whole month was {say.month(trend.best_month)} with {best}"
    if trend.best_month == trend.last_month:
        record = "no whole month has brought more" if trend.month_count > 1 else "it is the only whole month so far"
    brought = f"brought {say.money(trend.amount, currency=currency)}"
    claim = f"{say.month(trend.last_month)}, the last whole month, {brought}{_year_before(trend, currency)}."
    evidence = f"From {say.counted(trend.customer_count, 'customer')}; {of_it}{record}."
    if trend.empty_count:
        empty = say.counted(trend.empty_count, "whole month")
        evidence += f" Beware: {empty} had no order at all; were all data delivered?"
    return Finding("last_month", claim, trend.amount, n=trend.customer_count, unit=currency, evidence=evidence)


def _year_before(trend: Trend, currency: str) -> str:
    """The same month of the year before beside the last one, where it is known."""
    if say.is_missing(trend.year_before_amount):
        return ""
    return f", beside {say.money(trend.year_before_amount, currency=currency)} in the same month a year before"


@themed
def figure(frame: pd.DataFrame, *, currency: str) -> Drawing:
    """Revenue a month, of new and of returning customers, and orders and customers a month.

    A row of `frame` is a month, as `activity.by_month` gives it: month, is_complete, order_count, customer_count,
    amount, new_amount, returning_amount (in `currency`).
    """
    drawn, (revenue, orders) = canvas(columns=2)
    position = np.arange(len(frame))
    new, returning = (frame[name].astype(float) for name in ("new_amount", "returning_amount"))
    revenue.bar(position, returning, color=BLUE, label="returning customers")
    revenue.bar(position, new, bottom=returning, color=ORANGE, hatch="///", edgecolor="white", label="new customers")
    revenue.set(title="Revenue a month", ylabel=currency)
    revenue.yaxis.set_major_formatter(AMOUNT_AXIS)
    orders.plot(position, frame["order_count"].astype(float), color=BLUE, marker="o", markersize=3, label="orders")
    orders.plot(
        position, frame["customer_count"].astype(float), color=GREEN, marker="s", markersize=3, label="customers"
    )
    orders.set(title="Orders and customers a month", ylabel="count")
    orders.yaxis.set_major_formatter(AMOUNT_AXIS)
    for axes in (revenue, orders):
        _month_axis(axes, frame)
        axes.set_ylim(0, 1.2 * axes.get_ylim()[1])
        axes.legend(loc="upper left", ncols=2, fontsize=8)
    return Drawing(drawn, _alt(frame, currency))


def _month_axis(axes: Axes, frame: pd.DataFrame) -> None:
    step = -(-len(frame) // 8)
    position = list(range(0, len(frame), step))
    labels = [
        f"{say.month(row['month'])[:3]}\n{row['month'].year}{'' if row['is_complete'] else '*'}"
        for row in frame.to_dict("records")
    ]
    axes.set_xticks(position, [labels[at] for at in position], fontsize=8)
    axes.grid(visible=False, axis="x")
    if not frame["is_complete"].all():
        axes.set_xlabel("* month not wholly covered", fontsize=8)


def _alt(frame: pd.DataFrame, currency: str) -> str:
    best, last = frame.nlargest(1, "amount").to_dict("records")[0], frame.to_dict("records")[-1]
    return (
        f"Revenue and orders in {say.counted(len(frame), 'month')}: most revenue in {say.month(best['month'])} "
        f"({say.money(best['amount'], currency=currency)}), last {say.month(last['month'])} "
        f"({say.money(last['amount'], currency=currency)} from {say.counted(last['order_count'], 'order')})."
    )
