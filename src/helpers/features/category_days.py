"""What customers bought of which category, day by day up to a day: what a change of their mix is read from."""

from __future__ import annotations

from datetime import date

import ibis

from helpers.days import latest_days
from helpers.features import windows


def category_days(order_items: ibis.Table | None, *, as_of: date, weeks: int) -> ibis.Table | None:
    """How many order lines of each category customers bought on each day of the latest weeks.

    Parameters
    ----------
    order_items
        One row per order line: customer_id, ordered_at, category. Lines without a category are left out. None where no
        lines were delivered.
    as_of
        The last day of the last week; later lines are invisible.
    weeks
        How many weeks, 1 or more.

    Returns
    -------
    ibis.Table or None
        One row per customer, day and category, in their order: customer_id; day (0 is the first day of the first week);
        category; line_count. None where no lines with a category were delivered.
    """
    if order_items is None or "category" not in order_items.columns:
        return None
    seen = windows.within(order_items, latest_days(as_of, 7 * weeks))
    seen = seen.filter(seen.category.notnull())
    ago = windows.days_between(windows.day_of(seen.ordered_at), ibis.literal(as_of)).cast("int64")
    known = seen.select("customer_id", "category", day=ibis.literal(7 * weeks - 1, type="int64") - ago)
    counted = known.group_by("customer_id", "day", "category").aggregate(line_count=known.count())
    return counted.order_by("customer_id", "day", "category")
