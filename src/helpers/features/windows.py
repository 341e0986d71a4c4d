"""Days, windows and months: the only date arithmetic of the package.

Everything takes the day it speaks from as an argument; nothing here reads the clock. A window holds both of its ends.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

import ibis

UNIT_DAYS: dict[str, float] = {"days": 1.0, "weeks": 7.0, "months": 30.436875}
"""Days in a unit of time; the month is a twelfth of the mean Gregorian year, 365.2425 days."""


@dataclass(frozen=True)
class Window:
    """The days from `start` to `end`, both included."""

    start: date
    end: date

    def __post_init__(self) -> None:
        if self.end < self.start:
            raise ValueError(f"a window must not end before it starts, found {self.start} to {self.end}")

    @property
    def day_count(self) -> int:
        return (self.end - self.start).days + 1


def unit_days(unit: str) -> float:
    """Days in one `unit` (days, weeks or months)."""
    if unit not in UNIT_DAYS:
        raise ValueError(f"unit must be one of {', '.join(UNIT_DAYS)}; found {unit!r}")
    return UNIT_DAYS[unit]


def latest(as_of: date, days: int) -> Window:
    """The `days` days that end with `as_of`."""
    if days < 1:
        raise ValueError(f"days must be 1 or more, found {days}")
    return Window(as_of - timedelta(days=days - 1), as_of)


def before(window: Window) -> Window:
    """The window of the same length that ends the day before `window` starts."""
    return latest(window.start - timedelta(days=1), window.day_count)


def watched_until(last: date, *, as_of: date, stale_days: int) -> date:
    """The day up to which customers were watched: as_of, or the last order where the data end so long before it.

    A customer who bought nothing in months of which no data were delivered has not stayed away.
    """
    return last if (as_of - last).days >= stale_days else as_of


def week_origin(first: date, *, end: date) -> date:
    """The first day of the week that holds `first`, where weeks are counted so that one of them ends with `end`."""
    return first - timedelta(days=(first - end - timedelta(days=1)).days % 7)


def reaches_back(first: date, *, as_of: date, days: int) -> bool:
    """Whether data that begin on `first` cover both the latest period and the whole of the one before it."""
    return first <= before(latest(as_of, days)).start


def visible(table: ibis.Table, *, as_of: date, column: str = "ordered_at") -> ibis.Table:
    """The rows up to the end of the day `as_of`: a row at 23:59 of it counts, one at midnight after it does not."""
    return table.filter(_until(table[column], as_of))


def within(table: ibis.Table, window: Window, *, column: str = "ordered_at") -> ibis.Table:
    """The rows whose day lies in `window`, both ends included."""
    return table.filter(is_within(table[column], window))


def is_within(moment: Any, window: Window) -> Any:
    """True where an instant or a day lies in `window`, both ends included."""
    return (moment >= _midnight(moment, window.start)) & _until(moment, window.end)


def _until(moment: Any, day: date) -> Any:
    # instants are compared as instants, so that Parquet row groups after the day are never read
    if moment.type().is_date():
        return moment <= ibis.literal(day)
    return moment < _midnight(moment, day + timedelta(days=1))


def _midnight(moment: Any, day: date) -> Any:
    return ibis.literal(day) if moment.type().is_date() else ibis.literal(datetime.combine(day, time()))


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


def months_from(first: date, last: date) -> int:
    """Calendar months from the month of `first` to the month of `last`."""
    return (last.year - first.year) * 12 + last.month - first.month


def month_start(day: date) -> date:
    """The first day of the month of `day`."""
    return day.replace(day=1)


def add_months(month: date, count: int) -> date:
    """The first day of the month `count` months after the month of `month`."""
    years, rest = divmod(month.month - 1 + count, 12)
    return date(month.year + years, rest + 1, 1)


def last_complete_month(as_of: date) -> date:
    """The first day of the latest month that is over at the end of `as_of`."""
    tomorrow = as_of + timedelta(days=1)
    return add_months(tomorrow, -1)
