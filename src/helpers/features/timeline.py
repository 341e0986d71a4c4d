"""Repeat purchases and new customers week by week: what a tracking plot compares a model with."""

from __future__ import annotations

from datetime import date

import ibis

from helpers.features import windows


def by_week(days: ibis.Table, *, origin: date, as_of: date, born_until: date | None = None) -> ibis.Table:
    """First and repeat purchases in each week that is counted from a day.

    Parameters
    ----------
    days
        One row per customer and day with an order, as `purchases.purchase_days` gives them.
    origin
        First day of week 1; purchases before it are left out, but still make later ones repeat purchases.
        `days.week_origin` gives the day from which weeks end with a calibration.
    as_of
        The day the report speaks from; later days are invisible.
    born_until
        Customers who bought for the first time after this day are left out: give the end of the calibration to follow
        the customers that a model knew. All customers where not given.

    Returns
    -------
    ibis.Table
        One row per week in which anybody bought, ascending: week (1 or more; week k holds the days origin + 7(k - 1) to
        origin + 7k - 1, the last one perhaps cut off by `as_of`), new_customer_count, repeat_count (purchase days of
        customers after their first), amount.
    """
    seen = _with_birth(days, as_of=as_of)
    seen = seen.filter(seen.purchased_on >= ibis.literal(origin))
    if born_until is not None:
        seen = seen.filter(seen.first_on <= ibis.literal(born_until))
    week = windows.days_between(ibis.literal(origin), seen.purchased_on) // 7 + 1
    seen = seen.mutate(week=week.cast("int64"), is_first=seen.purchased_on == seen.first_on)
    weeks = seen.group_by("week").aggregate(
        new_customer_count=seen.is_first.ifelse(1, 0).cast("int64").sum(),
        repeat_count=seen.is_first.ifelse(0, 1).cast("int64").sum(),
        amount=seen.amount.sum(),
    )
    return weeks.order_by("week")


def births(days: ibis.Table, *, as_of: date) -> ibis.Table:
    """How many customers bought for the first time on each day.

    Parameters
    ----------
    days
        One row per customer and day with an order, as `purchases.purchase_days` gives them.
    as_of
        The day the report speaks from; later days are invisible.

    Returns
    -------
    ibis.Table
        One row per day on which anybody did, ascending: first_on, customer_count, amount (of that first day).
    """
    seen = _with_birth(days, as_of=as_of)
    firsts = seen.filter(seen.purchased_on == seen.first_on)
    return (
        firsts.group_by("first_on")
        .aggregate(customer_count=firsts.count(), amount=firsts.amount.sum())
        .order_by("first_on")
    )


def _with_birth(days: ibis.Table, *, as_of: date) -> ibis.Table:
    """The purchases, each with the day of its customer's first."""
    seen = windows.visible(days, as_of=as_of, column="purchased_on")
    return seen.mutate(first_on=seen.purchased_on.min().over(group_by=seen.customer_id))
