"""What moves all customers together, read off the past that a model has seen: its latest ratio, and how ratios scatter.

A ratio is what came of repeat purchases over what the model expects of customers who came when they came. Where it has
fallen of late for everybody, the model, which knows one customer from another but no time, expects too much.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from helpers.models.buying.interface import BuyingModel
from helpers.models.buying.rows import Floats
from helpers.models.forecast import periods
from helpers.models.forecast.season_clock import YOUNG_WEEKS, SeasonClock

SHORT_WEEKS = 4
LATEST_WEEKS = 13
"""Weeks of the latest ratio, or half of the past where it is shorter."""
SMALLEST_EXPECTED = 20.0


@dataclass(frozen=True)
class Ratios:
    """What the ratios say today.

    Attributes
    ----------
    latest, scatter
        Logarithm of the latest ratio, and standard deviation of that of ratios of as many weeks as in a future tried.
    untold
        Squares of the scatter by which an error to come is larger than those of the days that the clock was learned
        from.
    lasting
        The scatter of ratios of eight weeks as a share of that of four: near 1 where what moves all customers lasts,
        the root of 1/2 where each four weeks have their own, less where one makes up for another. The largest of today
        and of days 13, 26 ... weeks ago, since one that once lasted may again. 1 where four weeks do not scatter, or
        the past is too short for eight.
    """

    latest: float = 0.0
    scatter: float = 0.0
    untold: float = 0.0
    lasting: float = 1.0


@dataclass(frozen=True, eq=False)
class CommonPast:
    """The past of all customers together.

    Attributes
    ----------
    weekly
        Of `periods.history`, in periods of one week.
    clock
        Of the season.
    """

    weekly: pd.DataFrame
    clock: SeasonClock

    def ratios(self, theta: Floats, *, model: BuyingModel, weeks: int) -> Ratios:
        """All of them as they are today; `weeks` are those of the futures that were tried."""
        today = self.weekly["ends_on"].iloc[-1].date()
        actual, due = self._weeks(theta, model=model, until=today)
        return Ratios(
            latest=_latest(actual, due),
            scatter=_scatter(actual, due, weeks=weeks),
            untold=self.clock.untold,
            lasting=_lasting(actual, due),
        )

    def latest(self, theta: Floats, *, model: BuyingModel, until: date) -> float:
        """Logarithm of the ratio of the latest weeks up to a day on which a week ends."""
        return _latest(*self._weeks(theta, model=model, until=until))

    def _weeks(self, theta: Floats, *, model: BuyingModel, until: date) -> tuple[Floats, Floats]:
        """What came and what was due in each week up to a day."""
        past = periods.known(self.weekly, as_of=until)
        calendar = np.arange(-len(past), 1.0)
        on_clock = self.clock.weeks_since(until, calendar)
        # who leaves on the calendar buys in each week as a steady customer does, times the season of the week
        ends, paces = (on_clock, 1.0) if model.seasonal is None else (calendar, np.diff(on_clock))
        due = periods.repeats_due(past, expected_new=lambda weeks: model.expected_new(theta, weeks), ends=ends)
        return past["repeat_count"].to_numpy(dtype=float), due * paces


def _latest(actual: Floats, due: Floats) -> float:
    """Logarithm of the ratio of the latest weeks."""
    weeks = min(LATEST_WEEKS, len(due) // 2)
    return float(np.log((actual[-weeks:].sum() + 0.5) / (due[-weeks:].sum() + 0.5))) if weeks else 0.0


def _scatter(actual: Floats, due: Floats, *, weeks: int) -> float:
    """How ratios of all stretches of so many weeks scatter beyond chance; 0 where the past is short.

    The first twelve weeks (a quarter of younger data) are left out. Each stretch is weighted by what was expected of
    it; with fewer than 20 expected purchases it says nothing.
    """
    if weeks < 1 or not _holds_two(due, weeks):
        return 0.0
    came, expected = (np.convolve(one[_young(due) :], np.ones(weeks), "valid") for one in (actual, due))
    is_known = (expected >= SMALLEST_EXPECTED) & (came > 0)
    if is_known.sum() < 2:
        return 0.0
    logs, weights = np.log(came[is_known] / expected[is_known]), expected[is_known]
    mean = float(np.average(logs, weights=weights))
    beyond = float(np.average((logs - mean) ** 2, weights=weights)) - 1 / float(weights.mean())
    return float(np.sqrt(max(beyond, 0.0)))


def _lasting(actual: Floats, due: Floats) -> float:
    """See `Ratios`."""
    known = []
    for end in range(len(due), 0, -LATEST_WEEKS):
        past = actual[:end], due[:end]
        short = _scatter(*past, weeks=SHORT_WEEKS)
        if short and _holds_two(past[1], 2 * SHORT_WEEKS):
            known.append(_scatter(*past, weeks=2 * SHORT_WEEKS) / short)
    return max(known, default=1.0)


def _holds_two(due: Floats, weeks: int) -> bool:
    """Whether two stretches of so many weeks fit one after another, the first weeks of all left out."""
    return len(due) - _young(due) >= 2 * weeks


def _young(due: Floats) -> int:
    """Weeks at the beginning that say nothing: twelve, or a quarter of younger data."""
    return min(YOUNG_WEEKS, len(due) // 4)
