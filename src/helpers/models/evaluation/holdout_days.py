"""Which days are held out of the data that a model may see."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

from helpers.models.buying.rows import DAYS_PER_WEEK
from helpers.watching import Readable

SHORTEST_HOLDOUT_DAYS = 28


@dataclass(frozen=True)
class Plan(Readable):
    """Which days are held out.

    Attributes
    ----------
    first_on, as_of
        First day of the data, and last day of the holdout.
    asked_weeks
        The holdout that was asked for; `weeks` is what the data allow.
    calibration_end
        Last day that a model may see; None where no holdout is possible.
    earlier_end
        A day before it, for the rival that asks what each kind of customer did next: as long before calibration_end as
        the holdout lasts, or half way back to the first day.
    """

    first_on: date
    as_of: date
    asked_weeks: float
    calibration_end: date | None
    earlier_end: date | None

    @property
    def weeks(self) -> float:
        """Length of the holdout, 0 where there is none."""
        return (self.as_of - self.calibration_end).days / DAYS_PER_WEEK if self.calibration_end else 0.0

    @property
    def earlier_weeks(self) -> float:
        """Weeks from earlier_end to calibration_end, 0 where there is no holdout."""
        if self.calibration_end is None or self.earlier_end is None:
            return 0.0
        return (self.calibration_end - self.earlier_end).days / DAYS_PER_WEEK

    @property
    def has_year_before(self) -> bool:
        """Whether the data reach back through the same weeks a year before the holdout; see `split.year_before`."""
        held = round(self.weeks * DAYS_PER_WEEK)
        back = timedelta(weeks=52 * -(-held // 364))
        return self.as_of - timedelta(days=held - 1) - back >= self.first_on


def plan(first_on: date, *, as_of: date, weeks: float) -> Plan:
    """The days to hold out: the last `weeks`, fewer where the data are too young for them.

    Parameters
    ----------
    first_on
        First day of the data, or of the customers in question.
    as_of
        Last day of the holdout, which the data must reach: `Tables.observed.watched_until`.
    weeks
        Length asked for, above 0.

    Returns
    -------
    Plan
        A model that is to look ahead must have seen as many weeks: with less than twice the weeks asked for, half of
        the data are held out, in whole weeks; with less than eight weeks of data, nothing is, and calibration_end is
        None.
    """
    if not (np.isfinite(weeks) and weeks > 0):
        raise ValueError(f"weeks must be above 0, found {weeks}")
    first, last = pd.Timestamp(first_on).date(), pd.Timestamp(as_of).date()
    day_count, asked = (last - first).days + 1, max(round(weeks * DAYS_PER_WEEK), 1)
    is_young = 2 * asked > day_count
    held = day_count // (2 * DAYS_PER_WEEK) * DAYS_PER_WEEK if is_young else asked
    if is_young and held < SHORTEST_HOLDOUT_DAYS:
        return Plan(first, last, weeks, None, None)
    end = last - timedelta(days=held)
    back = min(held, max(((end - first).days + 1) // 2, 1))
    return Plan(first, last, weeks, end, end - timedelta(days=back))
