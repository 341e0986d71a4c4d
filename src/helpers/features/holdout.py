"""The past as it was known on an earlier day, beside what came after it: what a model is judged by."""

from __future__ import annotations

from datetime import date, timedelta

import ibis

from helpers.features import purchases, windows


def split(orders: ibis.Table, *, calibration_end: date, as_of: date) -> ibis.Table:
    """Histories up to a day, and what the same customers bought from the next day to the day of the report.

    Parameters
    ----------
    orders
        One row per order: customer_id, ordered_at, amount.
    calibration_end
        Last day that a model may see; before `as_of`.
    as_of
        The day the report speaks from, and the last day of the holdout.

    Returns
    -------
    ibis.Table
        One row per customer who bought by `calibration_end`, in no order: customer_id; frequency, recency_weeks,
        age_weeks at calibration_end, as `purchases.per_customer` gives them; last_on; holdout_purchase_count (days with
        a purchase after calibration_end, 0 or more); holdout_amount (what was paid on them).

    Raises
    ------
    ValueError
        There is no day between the two.
    """
    if calibration_end >= as_of:
        raise ValueError(f"calibration_end {calibration_end} must be before as_of {as_of}")
    known = purchases.per_customer(orders, as_of=calibration_end, unit="weeks")
    window = windows.Window(calibration_end + timedelta(days=1), as_of)
    days = purchases.purchase_days(windows.within(orders, window), as_of=as_of)
    after = days.group_by("customer_id").aggregate(bought=days.count(), paid=days.amount.sum())
    known = known.select("customer_id", "frequency", "recency_weeks", "age_weeks", "last_on")
    both = known.left_join(after, "customer_id")
    nothing = ibis.literal(0).cast(both.paid.type())
    return both.select(
        *known.columns,
        holdout_purchase_count=both.bought.fill_null(0),
        holdout_amount=both.paid.fill_null(nothing),
    )
