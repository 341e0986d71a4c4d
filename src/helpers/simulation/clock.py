"""Two clocks: weeks since the company began, and purchasing time, which runs faster in season, by day and by hour.

A Poisson process whose rate follows the calendar is a steady one on the second clock. The rate is constant within an
hour, so that both ways between the clocks are linear between hours, and exact.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from helpers.simulation.settings import Company

Floats = NDArray[np.float64]
Factors = tuple[float, ...]
SECONDS_PER_WEEK = 604_800
HOURS_PER_WEEK = 168


@dataclass(frozen=True, eq=False)
class Clock:
    """The clocks of a company, from the first hour of `start` to the last of its end.

    `elapsed_weeks` are the hours' bounds in weeks since `start`, `season_weeks` what has passed there on the clock of
    purchasing: as much as in weeks of the calendar where every factor is 1.
    """

    start: date
    elapsed_weeks: Floats
    season_weeks: Floats

    @property
    def end_weeks(self) -> float:
        """The end of the last day, in weeks since the start."""
        return float(self.elapsed_weeks[-1])

    def to_season(self, elapsed_weeks: Floats) -> Floats:
        """Purchasing time passed after so many weeks of the calendar."""
        return np.interp(elapsed_weeks, self.elapsed_weeks, self.season_weeks)

    def to_elapsed(self, season_weeks: Floats) -> Floats:
        """Weeks of the calendar after which so much purchasing time has passed; infinite after the end."""
        return np.interp(season_weeks, self.season_weeks, self.elapsed_weeks, right=np.inf)

    def since_start(self, instants: NDArray[np.datetime64]) -> Floats:
        """Weeks of the calendar from the start to the instants; NaT becomes infinite: it did not happen by the end."""
        weeks = (instants - np.datetime64(self.start, "us")) / np.timedelta64(SECONDS_PER_WEEK, "s")
        return np.where(np.isnat(instants), np.inf, weeks)

    def instants(self, elapsed_weeks: Floats) -> NDArray[np.datetime64]:
        """The instants, to the second below, as datetime64[us]; NaT where the weeks are not finite."""
        passed = np.isfinite(elapsed_weeks)
        # whole seconds that were made weeks must come back as they were, so a hair is added before the floor
        seconds = np.floor(np.where(passed, elapsed_weeks, 0.0) * SECONDS_PER_WEEK + 1e-4).astype("timedelta64[s]")
        return np.where(passed, np.datetime64(self.start, "us") + seconds, np.datetime64("NaT", "us"))

    def days(self, elapsed_weeks: Floats) -> NDArray[np.datetime64]:
        """The days, as datetime64[D]; NaT where the weeks are not finite."""
        return self.instants(elapsed_weeks).astype("datetime64[D]")


def company_clock(company: Company) -> Clock:
    """The clocks of a company, with the season of its purchases."""
    given = company.purchases
    return clock(company.start, company.end, months=given.months, weekdays=given.weekdays, hours=given.hours)


@lru_cache(maxsize=4)
def clock(start: date, end: date, *, months: Factors, weekdays: Factors, hours: Factors) -> Clock:
    """The clocks from `start` to `end`, both days included.

    Parameters
    ----------
    start, end
        First and last day.
    months
        Factor on every rate, January to December, taken as it is.
    weekdays, hours
        Profiles, Monday to Sunday and midnight to 23 h; only their shape counts, the mean is made 1.
    """
    day_count = (end - start).days + 1
    days = [start + timedelta(days=day) for day in range(day_count)]
    week = np.asarray(weekdays, dtype=float) / np.mean(weekdays)
    by_day = np.array([months[day.month - 1] * week[day.weekday()] for day in days])
    by_hour = np.outer(by_day, np.asarray(hours, dtype=float) / np.mean(hours)).ravel()
    bounds = np.arange(day_count * 24 + 1) / HOURS_PER_WEEK
    return Clock(start, bounds, np.concatenate([[0.0], np.cumsum(by_hour)]) / HOURS_PER_WEEK)
