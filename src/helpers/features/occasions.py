"""Histories by occasion: in which months, quarters or years customers bought, for models of discrete occasions."""

from __future__ import annotations

from datetime import date

import ibis

from helpers.days import last_complete_month
from helpers.features import windows


def histories(orders: ibis.Table, *, as_of: date, period_months: int) -> ibis.Table:
    """In how many periods after their first one customers bought, and which was the last.

    Use it where customers can buy on occasions only, such as a yearly appeal: where they can buy on any day, grouping
    by period throws away what is known.

    Parameters
    ----------
    orders
        One row per order: customer_id, ordered_at.
    as_of
        The day the report speaks from. Orders after the last period that is over by then are left out, and so are
        customers who first bought after it.
    period_months
        Calendar months in a period: 1, 3 or 12 make months, quarters and years of the calendar.

    Returns
    -------
    ibis.Table
        One row per customer, in no order: customer_id; frequency (periods with a purchase after the first one, 0 or
        more: the papers' x); recency_occasion (number of the last of them, counted from the first period, 0 where there
        was none: t_x); occasion_count (periods from the first one to the last that is over: n).
    """
    if period_months not in (1, 2, 3, 4, 6, 12):
        raise ValueError(f"period_months must divide a year, found {period_months}")
    last = last_complete_month(as_of)
    final = (last.year * 12 + last.month) // period_months - 1
    seen = windows.visible(orders, as_of=as_of)
    bought = seen.select("customer_id", period=windows.month_number(seen.ordered_at) // period_months).distinct()
    found = (
        bought.filter(bought.period <= final)
        .group_by("customer_id")
        .aggregate(
            period_count=lambda table: table.count(),
            first=lambda table: table.period.min(),
            latest=lambda table: table.period.max(),
        )
    )
    return found.select(
        "customer_id",
        frequency=found.period_count - 1,
        recency_occasion=found.latest - found.first,
        occasion_count=final - found.first,
    )
