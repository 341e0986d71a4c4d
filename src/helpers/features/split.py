"""The past as it was known on an earlier day, beside what came after it: what a model is judged by."""

from __future__ import annotations

from datetime import date, timedelta

import ibis

from helpers.days import Window
from helpers.features import purchases, windows


def split(days: ibis.Table, *, calibration_end: date, as_of: date) -> ibis.Table:
    """Histories up to a day, and what the same customers bought from the next day to the day of the report.

    Parameters
    ----------
    days
        One row per customer and day with an order, as `purchases.purchase_days` gives them.
    calibration_end
        Last day that a model may see; before `as_of`.
    as_of
        The day the report speaks from, and the last day of the holdout.

    Returns
    -------
    ibis.Table
        One row per customer who bought by `calibration_end`, in no order: customer_id; frequency, recency_weeks,
        age_weeks at calibration_end, as `purchases.per_customer` gives them; first_on; last_on (by calibration_end);
        year_before_count (repeat purchases in `year_before`, the weeks of the holdout a year before it; 0 also where
        the data do not reach back so far); holdout_purchase_count (days with a purchase after calibration_end, 0 or
        more); holdout_amount (what was paid on them); holdout_first_on (the first of them, a day; missing where none).

    Raises
    ------
    ValueError
        There is no day between the two.
    """
    then, after = year_before(calibration_end, as_of=as_of), _after(calibration_end, as_of)
    known = purchases.per_customer(days, as_of=calibration_end, unit="weeks")
    known = known.select("customer_id", "frequency", "recency_weeks", "age_weeks", "first_on", "last_on")
    seen = windows.within(days, Window(then.start, as_of), column="purchased_on")
    is_after, zero = windows.is_within(seen.purchased_on, after), ibis.literal(0).cast(seen.amount.type())
    bought = seen.group_by("customer_id").aggregate(
        then_count=_one(windows.is_within(seen.purchased_on, then)).sum(),
        after_count=_one(is_after).sum(),
        after_amount=is_after.ifelse(seen.amount, zero).sum(),
        after_first_on=is_after.ifelse(seen.purchased_on, ibis.null("date")).min(),
    )
    both = known.left_join(bought, "customer_id")
    return both.select(
        *known.columns,
        year_before_count=both.then_count.fill_null(0) - _one(windows.is_within(both.first_on, then)),
        holdout_purchase_count=both.after_count.fill_null(0),
        holdout_amount=both.after_amount.fill_null(zero.cast(both.after_amount.type())),
        holdout_first_on=both.after_first_on,
    )


def year_before(calibration_end: date, *, as_of: date) -> Window:
    """The days of the holdout 52 weeks before, so that weekdays match; 104 or more where it is longer than 52."""
    after = _after(calibration_end, as_of)
    back = timedelta(weeks=52 * -(-after.day_count // 364))
    return Window(after.start - back, after.end - back)


def _after(calibration_end: date, as_of: date) -> Window:
    if calibration_end >= as_of:
        raise ValueError(f"calibration_end {calibration_end} must be before as_of {as_of}")
    return Window(calibration_end + timedelta(days=1), as_of)


def _one(is_so: ibis.expr.types.BooleanValue) -> ibis.expr.types.IntegerValue:
    return is_so.ifelse(1, 0).cast("int64")
