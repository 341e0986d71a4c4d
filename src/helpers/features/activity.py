"""What happened month by month, and what changed against an earlier period."""

from __future__ import annotations

from datetime import date
from typing import Any

import ibis

from helpers.days import Window, last_complete_month, latest_days, window_before
from helpers.features import cohorts, windows


def by_month(days: ibis.Table, *, as_of: date) -> ibis.Table:
    """Orders, customers and money of every month, split into new and returning customers.

    A customer is new in the month of their first order, with everything they ordered in it, and returning in every
    later month.

    Parameters
    ----------
    days
        One row per customer and day with an order, as `purchases.purchase_days` gives them: customer_id, purchased_on,
        order_count, amount.
    as_of
        The day the report speaks from; later days are invisible.

    Returns
    -------
    ibis.Table
        One row per month from the first order to `as_of`, ascending, zeros where nothing was bought: month (its first
        day); is_complete (it is over at the end of `as_of`, and the data do not begin within it); order_count;
        customer_count, new_customer_count,
        returning_customer_count; amount, new_amount, returning_amount.
    """
    months = cohorts.customer_months(days, as_of=as_of)
    is_new = months.month_number == months.cohort_number
    zero = ibis.literal(0).cast(months.amount.type())
    sums = months.group_by("month_number").aggregate(
        order_count=months.order_count.sum(),
        customer_count=months.count(),
        new_customer_count=is_new.ifelse(1, 0).sum(),
        amount=months.amount.sum(),
        new_amount=is_new.ifelse(months.amount, zero).sum(),
    )
    grid = _months(days, as_of=as_of)
    filled = grid.left_join(sums, grid.number == sums.month_number).mutate(
        **{name: sums[name].fill_null(_zero(sums[name])) for name in sums.columns if name != "month_number"}
    )
    complete = last_complete_month(as_of)
    return filled.select(
        month=windows.month_from_number(filled.number),
        is_complete=(filled.number <= complete.year * 12 + complete.month - 1) & (filled.number >= filled.first_whole),
        order_count=filled.order_count,
        customer_count=filled.customer_count,
        new_customer_count=filled.new_customer_count,
        returning_customer_count=filled.customer_count - filled.new_customer_count,
        amount=filled.amount,
        new_amount=filled.new_amount,
        returning_amount=filled.amount - filled.new_amount,
    ).order_by("month")


def _months(days: ibis.Table, *, as_of: date) -> ibis.Table:
    """The months as numbers, each with the first month that the data cover from its first day."""
    seen = windows.visible_days(days, as_of=as_of)
    begun = seen.aggregate(first_on=seen.purchased_on.min())
    begun = begun.select("first_on", number=windows.month_number(begun.first_on))
    last = as_of.year * 12 + as_of.month - 1
    return begun.select(
        first_whole=begun.number + (begun.first_on.day() > 1).ifelse(1, 0).cast("int64"),
        number=ibis.range(begun.number, last + 1).unnest(),
    )


CUSTOMER_COUNTS = ("customer_count", "previous_customer_count", "year_before_customer_count")
"""The columns of a breakdown that count the customers of each period."""


def comparison(bought: ibis.Table, *, as_of: date, days: int, earlier: Window | None = None) -> ibis.Table:
    """The latest `days` days against an earlier period, customer by customer.

    Where the orders begin after the first day of the earlier period, the comparison is unfair to that period and no
    number of it should be shown: `days.reaches_back` says whether they do.

    Parameters
    ----------
    bought
        One row per customer and day with an order, as `purchases.purchase_days` gives them: customer_id, purchased_on,
        order_count, amount. All of them, not those of the periods alone: `is_new` needs the whole past.
    as_of
        The last day of the latest period; later days are invisible.
    days
        Length of the latest period, in days.
    earlier
        The period to compare with, such as `days.comparable_year` gives it; none: as many days before the latest.

    Returns
    -------
    ibis.Table
        One row per customer who bought in either period, in no order: customer_id; order_count, amount (latest
        period); previous_order_count, previous_amount; is_new (the first order of all lies in the latest period).
    """
    seen, latest = windows.visible_days(bought, as_of=as_of), latest_days(as_of, days)
    periods = (latest, earlier or window_before(latest))
    now, then = (windows.is_within(seen.purchased_on, period) for period in periods)
    customers = seen.group_by("customer_id").aggregate(
        order_count=_sum(seen.order_count, now),
        amount=_sum(seen.amount, now),
        previous_order_count=_sum(seen.order_count, then),
        previous_amount=_sum(seen.amount, then),
        is_new=seen.purchased_on.min() >= ibis.literal(latest.start),
    )
    return customers.filter((customers.order_count > 0) | (customers.previous_order_count > 0))


def breakdown(table: ibis.Table, *, by: str, as_of: date, days: int, year_before: Window | None = None) -> ibis.Table:
    """The latest `days` days by the levels of a column, with the revenue of earlier periods.

    Parameters
    ----------
    table
        One row per order (customer_id, ordered_at, amount and the column), or one per line of an order: where there
        is a product_id, orders are counted by their order_id.
    by
        The column: channel, store, region, category ...
    as_of
        The last day of the latest period; later rows are invisible.
    days
        Length of the latest period, in days, and of the one before it.
    year_before
        The same days a year before, as `days.comparable_year` gives them; none where the data do not cover them.

    Returns
    -------
    ibis.Table
        One row per level that occurs in any of these periods, the largest amount first: level (text; missing for the
        rows without one, which stay a row of their own); order_count, customer_count, amount, amount_share (0 to 1, of
        all levels; missing where nothing was earned) of the latest period; previous_amount and
        previous_customer_count; year_before_amount (missing where there is no such period) and
        year_before_customer_count. Customers and, of lines, orders can count in more than one level: these columns
        do not sum to the total.
    """
    seen, latest = windows.visible(table, as_of=as_of), latest_days(as_of, days)
    now, then = (windows.is_within(seen.ordered_at, period) for period in (latest, window_before(latest)))
    season = windows.is_within(seen.ordered_at, year_before) if year_before else ibis.literal(False)
    seen = seen.filter(now | then | season)
    is_line = "product_id" in seen.columns
    levels = seen.group_by(level=seen[by].cast("string")).aggregate(
        order_count=seen.order_id.nunique(where=now) if is_line else now.ifelse(1, 0).cast("int64").sum(),
        customer_count=seen.customer_id.nunique(where=now),
        amount=_sum(seen.amount, now),
        previous_amount=_sum(seen.amount, then),
        previous_customer_count=seen.customer_id.nunique(where=then),
        year_before_amount=_sum(seen.amount, season) if year_before else ibis.null(seen.amount.type()),
        year_before_customer_count=seen.customer_id.nunique(where=season),
    )
    total = levels.amount.sum().over(ibis.window()).cast("float64")
    levels = levels.mutate(amount_share=levels.amount.cast("float64") / total.nullif(0.0))
    earlier = "previous_amount", "previous_customer_count", "year_before_amount", "year_before_customer_count"
    levels = levels.relocate(*earlier, after="amount_share")
    return levels.order_by(levels.amount.desc(), levels.level)


def _sum(column: Any, period: Any) -> Any:
    return period.ifelse(column, _zero(column)).sum()


def _zero(column: Any) -> Any:
    return ibis.literal(0).cast(column.type())
