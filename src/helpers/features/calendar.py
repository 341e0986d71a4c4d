"""When customers buy: day of the week and hour of the day."""

from __future__ import annotations

from datetime import date

import ibis

from helpers.features import windows


def weekday_hour(orders: ibis.Table, *, as_of: date) -> ibis.Table:
    """Orders and money by weekday and hour.

    Orders that were delivered with a day and no time all stand at hour 0: where that is the only hour, there is no
    hour to speak of.

    Parameters
    ----------
    orders
        One row per order: ordered_at, amount.
    as_of
        The day the report speaks from; later orders are invisible.

    Returns
    -------
    ibis.Table
        One row per weekday and hour with an order, ascending: weekday (1 is Monday, 7 Sunday, as in ISO 8601), hour
        (0 to 23), order_count, amount.
    """
    seen = windows.visible(orders, as_of=as_of)
    cells = seen.group_by(weekday=windows.weekday_of(seen.ordered_at), hour=windows.hour_of(seen.ordered_at))
    return cells.aggregate(order_count=seen.count(), amount=seen.amount.sum()).order_by("weekday", "hour")


def weekday_orders(days: ibis.Table, *, as_of: date, weekday: int) -> ibis.Table:
    """Each customer's orders, and those on one weekday: what the interval of a weekday's share needs.

    Parameters
    ----------
    days
        One row per customer and day with an order, as `purchases.purchase_days` gives them: customer_id, purchased_on,
        order_count.
    as_of
        The day the report speaks from; later days are invisible.
    weekday
        1 is Monday, 7 Sunday.

    Returns
    -------
    ibis.Table
        One row per customer, in no order: customer_id, weekday_order_count, order_count.
    """
    seen = windows.visible_days(days, as_of=as_of)
    on_weekday = (windows.weekday_of(seen.purchased_on) == weekday).ifelse(seen.order_count, 0)
    return seen.group_by("customer_id").aggregate(
        weekday_order_count=on_weekday.sum(), order_count=seen.order_count.sum()
    )
