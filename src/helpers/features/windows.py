"""Instants, days and months as Ibis expressions: what is visible on a day, what lies in a window, what day it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

import ibis
import pyarrow as pa

from helpers.days import Window, unit_days


def visible(table: ibis.Table, *, as_of: date, column: str = "ordered_at") -> ibis.Table:
    """The rows up to the end of the day `as_of`: a row at 23:59 of it counts, one at midnight after it does not."""
    return table.filter(_until(table[column], as_of))


def visible_days(days: ibis.Table, *, as_of: date) -> ibis.Table:
    """The purchase days (`purchases.purchase_days`) up to `as_of`."""
    return visible(days, as_of=as_of, column="purchased_on")


def within(table: ibis.Table, window: Window, *, column: str = "ordered_at") -> ibis.Table:
    """The rows whose day lies in `window`, both ends included."""
    return table.filter(is_within(table[column], window))


def within_each(
    table: ibis.Table, spans: Sequence[Window], *, column: str, since: Mapping[str, Sequence[date]] | None = None
) -> ibis.Table:
    """The rows of each of several windows: a row that lies in two of them is there twice.

    Parameters
    ----------
    table
        Any rows with an instant or a day.
    spans
        The windows.
    column
        The instant or the day.
    since
        For each flag to add a day of each window: true on that day and later.

    Returns
    -------
    ibis.Table
        The columns of the table; place (of the window among the spans, from 0); the flags.
    """
    moment = table[column]
    edges = {"window_start": [each.start for each in spans], "window_stop": [_after(each.end) for each in spans]}
    kind = pa.date32() if moment.type().is_date() else pa.timestamp("us")
    days = edges | {name: list(days) for name, days in (since or {}).items()}
    values = {name: pa.array([_edge(moment, day) for day in own], kind) for name, own in days.items()}
    places = ibis.memtable(pa.table({"place": pa.array(range(len(spans)), pa.int64())} | values))
    # one window over all: row groups that lie in none are never read
    seen = within(table, Window(min(edges["window_start"]), max(each.end for each in spans)), column=column)
    both = seen.join(places, [seen[column] >= places.window_start, seen[column] < places.window_stop])
    return both.mutate(**{name: both[column] >= both[name] for name in since or {}}).drop(*edges)


def is_within(moment: Any, window: Window) -> Any:
    """True where an instant or a day lies in `window`, both ends included."""
    return (moment >= _midnight(moment, window.start)) & _until(moment, window.end)


def _until(moment: Any, day: date) -> Any:
    # instants are compared as instants, so that Parquet row groups after the day are never read
    if moment.type().is_date():
        return moment <= ibis.literal(day)
    return moment < _midnight(moment, _after(day))


def _midnight(moment: Any, day: date) -> Any:
    return ibis.literal(_edge(moment, day))


def _edge(moment: Any, day: date) -> date:
    return day if moment.type().is_date() else datetime.combine(day, time())


def _after(day: date) -> date:
    return day + timedelta(days=1)


def day_of(moment: Any) -> Any:
    """The day of an instant; a day stays as it is."""
    return moment if moment.type().is_date() else moment.date()


def days_between(first: Any, last: Any) -> Any:
    """Whole days from the day `first` to the day `last`."""
    return last.delta(first, unit="day")


def weekday_of(moment: Any) -> Any:
    """The day of the week: 1 is Monday, 7 Sunday."""
    return moment.day_of_week.index().cast("int64") + 1


def hour_of(moment: Any) -> Any:
    """The hour of the day, 0 to 23; of a day without a time 0."""
    return ibis.literal(0, type="int64") if moment.type().is_date() else moment.hour().cast("int64")


def in_unit(days: Any, unit: str) -> Any:
    """A number of days as a number of units (days, weeks or months)."""
    # Spark reads the literal 7.0 as a decimal, and a whole number over a decimal has six digits only
    return days.cast("float64") / ibis.literal(unit_days(unit))


def month_number(moment: Any) -> Any:
    """Months since the year 0, an integer: differences of it are whole calendar months."""
    return moment.year().cast("int64") * 12 + moment.month().cast("int64") - 1


def month_from_number(number: Any) -> Any:
    """The first day of the month with this number: the inverse of `month_number`."""
    # floor division of a positive integer by a constant: the same on every engine
    return ibis.date((number // 12).cast("int32"), (number % 12 + 1).cast("int32"), ibis.literal(1, type="int32"))
