"""Orders, customers and revenue month by month."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from helpers.display import language as say
from helpers.display.charts import key_on_top, name_lines
from helpers.display.figures import AMOUNT_AXIS, Drawing, canvas
from helpers.display.findings import Finding, untold
from helpers.display.theme import BLUE, FAINT, GREEN, INK, ORANGE, PAPER, themed
from helpers.display.wording import named, sentences, worded
from helpers.models.customers.trend import Trend

LONG_WITHOUT_NEW = 3
"""Months without a new customer that are worth a word."""


def finding(trend: Trend | None, *, currency: str) -> Finding:
    """What the last whole month brought, beside the best one; amounts are in `currency`."""
    if trend is None:
        return Finding("last_month", worded("No calendar month is wholly covered yet, so months cannot be compared."))
    if say.is_missing(trend.amount):
        return untold("last_month", worded("What the last whole month brought is"))
    evidence = sentences(_whence(trend, currency), _empty(trend.empty_count))
    claim = _brought(trend, currency)
    return Finding("last_month", claim, trend.amount, n=trend.customer_count, unit=currency, evidence=evidence)


def _brought(trend: Trend, currency: str) -> str:
    """What the last whole month brought, beside the same month of the year before where that is known."""
    values = {"month": say.month(trend.last_month), "amount": say.money(trend.amount, currency=currency)}
    if say.is_missing(trend.year_before_amount):
        return worded("{month}, the last whole month, brought {amount}.", **values)
    return worded(
        "{month}, the last whole month, brought {amount}, beside {before} in the same month a year before.",
        before=say.money(trend.year_before_amount, currency=currency),
        **values,
    )


def _whence(trend: Trend, currency: str) -> str:
    customers, record = say.counted(trend.customer_count, "customer"), _record(trend, currency)
    if say.is_missing(trend.returning_share):
        return worded("From {customers}; {record}.", customers=customers, record=record)
    return worded(
        "From {customers}; {share} of it from returning customers; {record}.",
        customers=customers,
        share=say.share(trend.returning_share),
        record=record,
    )


def _record(trend: Trend, currency: str) -> str:
    if trend.best_month == trend.last_month:
        only, best = worded("it is the only whole month so far"), worded("no whole month has brought more")
        return best if trend.month_count > 1 else only
    return worded(
        "the best whole month was {month} with {amount}",
        month=say.month(trend.best_month),
        amount=say.money(trend.best_amount, currency=currency),
    )


def _empty(count: int) -> str:
    if not count:
        return ""
    empty = say.counted(count, "whole month")
    return worded("Beware: {months} had no order at all; were all data delivered?", months=empty)


@themed
def figure(frame: pd.DataFrame, *, currency: str) -> Drawing:
    """Revenue a month, of new and of returning customers, and orders and customers a month.

    A row of `frame` is a month, as `activity.by_month` gives it: month, is_complete, order_count, customer_count,
    amount, new_amount, returning_amount (in `currency`).
    """
    drawn, (revenue, orders) = canvas(columns=2)
    position = np.arange(len(frame))
    new, returning = (frame[name].astype(float) for name in ("new_amount", "returning_amount"))
    revenue.bar(position, returning, color=BLUE, label=worded("returning customers"))
    told = worded("new customers")
    revenue.bar(position, new, bottom=returning, color=ORANGE, hatch="///", edgecolor=PAPER, label=told)
    revenue.set(title=worded("Revenue a month"), ylabel=named(currency))
    _no_more_new(revenue, frame)
    revenue.yaxis.set_major_formatter(AMOUNT_AXIS)
    for name, label, color, marker in (
        ("order_count", worded("orders"), BLUE, "o"),
        ("customer_count", worded("customers"), GREEN, "s"),
    ):
        orders.plot(position, frame[name].astype(float), color=color, marker=marker, markersize=3, label=label)
    orders.set(title=worded("Orders and customers a month"), ylabel=worded("count"))
    orders.yaxis.set_major_formatter(AMOUNT_AXIS)
    for axes in (revenue, orders):
        _month_axis(axes, frame)
        axes.set_ylim(0, 1.1 * axes.get_ylim()[1])
    key_on_top(revenue)
    name_lines(orders)
    return Drawing(drawn, _alt(frame, currency))


def _no_more_new(axes: Axes, frame: pd.DataFrame) -> None:
    """Say since when nobody new has come, where that is so for long."""
    seen = np.flatnonzero((frame["new_amount"].astype(float) > 0).to_numpy())
    if not len(seen) or len(frame) - seen[-1] <= LONG_WITHOUT_NEW:
        return
    last = int(seen[-1])
    text = worded("no new customers\nafter {month}", month=say.month(frame["month"].iloc[last]))
    top = float(frame["amount"].astype(float).iloc[last + 1])
    axes.annotate(
        text, (last + 1, top), (last + 1.5, 2 * top), color=INK, va="bottom",
        arrowprops={"arrowstyle": "-", "color": FAINT, "shrinkB": 3},
    )  # fmt: skip


def _month_axis(axes: Axes, frame: pd.DataFrame) -> None:
    step = -(-len(frame) // 8)
    position = list(range(0, len(frame), step))
    labels = [
        f"{say.short_month(row['month'])}\n{row['month'].year}{'' if row['is_complete'] else '*'}"
        for row in frame.to_dict("records")
    ]
    axes.set_xticks(position, [labels[at] for at in position])
    axes.grid(visible=False, axis="x")
    if not frame["is_complete"].all():
        axes.set_xlabel(worded("* month not wholly covered"))


def _alt(frame: pd.DataFrame, currency: str) -> str:
    best, last = frame.nlargest(1, "amount").to_dict("records")[0], frame.to_dict("records")[-1]
    return worded(
        "Revenue and orders in {months}: most revenue in {best_month} ({best_amount}), last {last_month} "
        "({last_amount} from {orders}).",
        months=say.counted(len(frame), "month"),
        best_month=say.month(best["month"]),
        best_amount=say.money(best["amount"], currency=currency),
        last_month=say.month(last["month"]),
        last_amount=say.money(last["amount"], currency=currency),
        orders=say.counted(last["order_count"], "order"),
    )
