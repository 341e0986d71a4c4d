"""Days, weeks, months and units of time: the only date arithmetic outside Ibis.

Everything takes the day it speaks from as an argument; nothing here reads the clock. A window holds both of its ends.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

UNIT_DAYS: dict[str, float] = {"days": 1.0, "weeks": 7.0, "months": 30.436875}
"""Days in a unit of time; the month is a twelfth of the mean Gregorian year, 365.2425 days."""


YEAR_DAYS = 364
"""Days from a window to the same one a year later: 52 whole weeks."""


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


def latest_days(as_of: date, days: int) -> Window:
    """The `days` days that end with `as_of`."""
    if days < 1:
        raise ValueError(f"days must be 1 or more, found {days}")
    return Window(as_of - timedelta(days=days - 1), as_of)


def window_before(window: Window) -> Window:
    """The window of the same length that ends the day before `window` starts."""
    return latest_days(window.start - timedelta(days=1), window.day_count)


def window_a_year_before(window: Window) -> Window | None:
    """The window of the same length 52 weeks earlier; None where the window is longer than that and would meet itself.

    52 weeks and not a calendar year: then both hold each weekday equally often, which moves a week of trade more than
    the one or two days by which the dates differ.
    """
    if window.day_count > YEAR_DAYS:
        return None
    return Window(window.start - timedelta(days=YEAR_DAYS), window.end - timedelta(days=YEAR_DAYS))


def holds_whole_years(days: int) -> bool:
    """Whether so many days hold every season equally often, to within a week."""
    return days >= YEAR_DAYS and min(days % YEAR_DAYS, -days % YEAR_DAYS) <= 7


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
    return first <= window_before(latest_days(as_of, days)).start


def comparable_year(first: date, *, as_of: date, days: int) -> Window | None:
    """The same days a year before the latest period; None where data that begin on `first` do not cover all of them."""
    window = window_a_year_before(latest_days(as_of, days))
    return window if window and first <= window.start else None


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


def as_day(moment: date | datetime) -> date:
    """The day of an instant; a day stays as it is."""
    return moment.date() if isinstance(moment, datetime) else moment


def days_before(day: date, count: int) -> date:
    """The day `count` days before another."""
    return day - timedelta(days=count)


DAY_WORDS = ("today", "yesterday", "last-month-end")
"""What may stand for a day where a report is to speak from another one each time it runs."""


def named_day(word: str, *, today: date) -> date:
    """The day that one of `DAY_WORDS` names, seen from today."""
    match word:
        case "today":
            return today
        case "yesterday":
            return today - timedelta(days=1)
        case "last-month-end":
            return month_start(today) - timedelta(days=1)
    raise ValueError(f"must be one of {', '.join(DAY_WORDS)}; found {word!r}")


def period_ends(first: date, last: date, *, every: Literal["month", "week"]) -> list[date]:
    """The last days of the calendar months, or of the weeks from Monday to Sunday, that lie from `first` to `last`."""
    days = [first + timedelta(days=count) for count in range((last - first).days + 1)]
    if every == "week":
        return [day for day in days if day.isoweekday() == 7]
    return [day for day in days if (day + timedelta(days=1)).day == 1]
