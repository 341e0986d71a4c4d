"""Repeat purchases week by week, beside what each model expected when the customers first came."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from helpers.models.buying.rows import DAYS_PER_WEEK, Floats, Whole
from helpers.models.evaluation.trials import Trial


def tracking(trial: Trial, weekly: pd.DataFrame) -> pd.DataFrame:
    """Repeat purchases week by week through calibration and holdout, beside what each model expected from the start.

    Parameters
    ----------
    trial
        Of `trial`.
    weekly
        `features.timeline.by_week` of the same orders, with origin `days.week_origin(plan.first_on,
        end=plan.calibration_end)`, born_until plan.calibration_end and as_of plan.as_of.

    Returns
    -------
    pandas.DataFrame
        One row per week: week, ends_on (day), is_holdout, is_complete (whether it has seven days), actual,
        cumulative_actual, and of each model two columns, its name and cumulative_ and its name: purchases expected of
        all customers from the days of their first purchases alone, none of the later ones being used.

    Raises
    ------
    ValueError
        The weeks do not hold the purchases of these customers.

    Notes
    -----
    The sum over customers of E[X(t - t0)], t0 being the morning of the first purchase and t the evening that ends the
    week: Fader, Hardie and Lee (2005), "Counting your customers" the easy way, section 5.
    """
    first, last, end = trial.plan.first_on, trial.plan.as_of, trial.plan.calibration_end
    ages = np.rint(trial.rows.age * DAYS_PER_WEEK).astype(np.int64)
    if end is None:
        raise ValueError("there is no holdout to track")
    known_weeks = -(-((end - first).days + 1) // DAYS_PER_WEEK)
    known_days, day_count = known_weeks * DAYS_PER_WEEK, known_weeks * DAYS_PER_WEEK + (last - end).days
    ends = np.minimum(np.arange(DAYS_PER_WEEK, day_count + DAYS_PER_WEEK, DAYS_PER_WEEK), day_count)
    actual = weekly.set_index("week")["repeat_count"].reindex(range(1, len(ends) + 1), fill_value=0).to_numpy()
    _check_weekly(trial, weekly, actual, known_weeks)
    since = np.bincount(known_days - 1 - ages, trial.rows.weight, minlength=day_count).astype(float)
    found: dict[str, object] = {
        "week": np.arange(1, len(ends) + 1),
        "ends_on": pd.Timestamp(end) + pd.to_timedelta(ends - known_days, unit="D"),
        "is_holdout": ends > known_days,
        "is_complete": np.diff(ends, prepend=0) == DAYS_PER_WEEK,
        "actual": actual,
        "cumulative_actual": actual.cumsum(),
    }
    for fit in trial.fits:
        cumulative = _expected_by(ends, since, trial.models[fit.model].expected_new, fit.theta)
        found |= {fit.model: np.diff(cumulative, prepend=0.0), f"cumulative_{fit.model}": cumulative}
    return pd.DataFrame(found)


def _check_weekly(trial: Trial, weekly: pd.DataFrame, actual: NDArray[np.int64], known_weeks: int) -> None:
    expected = int(trial.customers["frequency"].sum()), int(trial.actual.sum())
    found = int(actual[:known_weeks].sum()), int(weekly["repeat_count"].sum() - actual[:known_weeks].sum())
    if expected != found:
        raise ValueError(
            f"weekly must hold the repeat purchases of the customers of the trial, {expected[0]:,} in the calibration "
            f"and {expected[1]:,} in the holdout; found {found[0]:,} and {found[1]:,}: make it with "
            "origin=days.week_origin(plan.first_on, end=plan.calibration_end), "
            "born_until=plan.calibration_end, as_of=plan.as_of"
        )


def _expected_by(ends: Whole, since: Floats, expected_new: Callable[[Floats, Floats], Floats], theta: Floats) -> Floats:
    """Expected repeat purchases by the evening of each of the days `ends`, of customers born on the days of `since`."""
    by_age = expected_new(theta, np.arange(1, len(since) + 1) / DAYS_PER_WEEK)
    return np.array([since[:end] @ by_age[:end][::-1] for end in ends])
