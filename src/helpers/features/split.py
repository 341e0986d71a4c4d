"""The past as it was known on an earlier day, beside what came after it: what a model is judged by."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import ibis
import pyarrow as pa

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


def at_origins(days: ibis.Table, *, made_on: Sequence[date], weeks: int) -> ibis.Table:
    """Histories and spend up to each of several days, and what the same customers bought in the weeks after it.

    Parameters
    ----------
    days
        One row per customer and day with an order, as `purchases.purchase_days` gives them.
    made_on
        The last days that a model may see: rolling origins.
    weeks
        Length of the future of each, 1 or more; the data must reach to its end.

    Returns
    -------
    ibis.Table
        One row per origin and customer who bought by it, in no order: made_on; customer_id; frequency, recency_weeks,
        age_weeks, as `purchases.per_customer` gives them on that day; repeat_count, first_amount, mean_amount, as
        `repeat_spend.repeat_spend` does; holdout_purchase_count, holdout_amount, holdout_first_on, as `split` does.
        The purchase days are read once for all; keep it in a table, and take the rows of one origin after another.
    """
    edges = {"made_on": list(made_on), "until_on": [day + timedelta(weeks=weeks) for day in made_on]}
    origins = ibis.memtable(pa.table({name: pa.array(each, pa.date32()) for name, each in edges.items()}))
    seen = days.join(origins, days.purchased_on <= origins.until_on)
    is_known, zero = seen.purchased_on <= seen.made_on, ibis.literal(0).cast(seen.amount.type())
    known_on = is_known.ifelse(seen.purchased_on, ibis.null("date"))
    each = seen.group_by("made_on", "customer_id").aggregate(
        frequency=_one(is_known).sum() - 1,
        first_on=known_on.min(),
        last_on=known_on.max(),
        known_amount=is_known.ifelse(seen.amount, zero).sum(),
        first_amount=seen.amount.argmin(seen.purchased_on),
        holdout_purchase_count=_one(~is_known).sum(),
        holdout_amount=is_known.ifelse(zero, seen.amount).sum(),
        holdout_first_on=is_known.ifelse(ibis.null("date"), seen.purchased_on).min(),
    )
    each = each.filter(each.frequency >= 0)  # others came later
    repeated = (each.known_amount - each.first_amount).cast("float64")
    return each.select(
        "made_on",
        "customer_id",
        "frequency",
        windows.in_unit(windows.days_between(each.first_on, each.last_on), "weeks").name("recency_weeks"),
        windows.in_unit(windows.days_between(each.first_on, each.made_on), "weeks").name("age_weeks"),
        each.frequency.name("repeat_count"),
        "first_amount",
        (repeated / each.frequency.nullif(0).cast("float64")).name("mean_amount"),
        "holdout_purchase_count",
        "holdout_amount",
        "holdout_first_on",
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
