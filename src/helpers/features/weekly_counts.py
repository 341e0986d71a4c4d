"""How often customers did something, week by week up to a day: what an early warning watches."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import ibis

from helpers.days import latest_days
from helpers.features import windows


def weekly_counts(table: ibis.Table, *, as_of: date, weeks: int, moment: str, kinds: Sequence[str] = ()) -> ibis.Table:
    """How often each customer did something in each of the latest weeks.

    Parameters
    ----------
    table
        One row per thing done: customer_id, the day or instant `moment` and, where `kinds` are named, kind.
    as_of
        The last day of the last week; later rows are invisible.
    weeks
        How many weeks, 1 or more.
    moment
        The column that tells when.
    kinds
        The kinds that count, such as visit; all where none is named.

    Returns
    -------
    ibis.Table
        One row per customer and week in which they did it, in no order: customer_id; week (0 is the first);
        event_count.
    """
    seen = windows.within(table, latest_days(as_of, 7 * weeks), column=moment)
    if kinds:
        seen = seen.filter(seen.kind.isin(list(kinds)))
    days = windows.days_between(windows.day_of(seen[moment]), ibis.literal(as_of)).cast("int64")
    known = seen.select("customer_id", week=ibis.literal(weeks - 1, type="int64") - days // 7)
    return known.group_by("customer_id", known.week.cast("int64").name("week")).aggregate(event_count=known.count())
