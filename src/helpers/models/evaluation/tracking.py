"""Repeat purchases week by week, beside what each model expected when the customers first came."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from helpers.models.buying.rows import DAYS_PER_WEEK, Floats, Whole
from helpers.models.evaluation.trials import Trial


@dataclass(frozen=True)
class TrackingError:
    """How far the holdout ran away from what a model expected when customers came.

    Attributes
    ----------
    actual, expected
        Repeat purchases in the weeks held out.
    off_share
        Relative error of their total; NaN where nobody bought.
    weekly_off_share
        Mean absolute error of a whole week over the mean of a week: the weighted absolute percentage error; NaN where
        no whole week was held out, or nobody bought in one.
    """

    actual: int
    expected: float
    off_share: float
    weekly_off_share: float


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
    columns: dict[str, object] = {
        "week": np.arange(1, len(ends) + 1),
        "ends_on": pd.Timestamp(end) + pd.to_timedelta(ends - known_days, unit="D"),
        "is_holdout": ends > known_days,
        "is_complete": np.diff(ends, prepend=0) == DAYS_PER_WEEK,
        "actual": actual,
        "cumulative_actual": actual.cumsum(),
    }
    for fit in trial.fits:
        cumulative = _expected_by(ends, since, trial.models[fit.model].expected_new, fit.theta)
        columns |= {fit.model: np.diff(cumulative, prepend=0.0), f"cumulative_{fit.model}": cumulative}
    return pd.DataFrame(columns)


def tracking_error(weeks: pd.DataFrame, *, model: str) -> TrackingError:
    """The error of a model in the weeks held out, of all of them together and of a single one.

    Parameters
    ----------
    weeks
        One row per week, as `tracking` gives it.
    model
        The column of the model.

    References
    ----------
    Hyndman and Koehler (2006), Another look at measures of forecast accuracy, Int. J. Forecasting 22(4), 679-688.
    """
    after = weeks[weeks["is_holdout"]]
    whole = after[after["is_complete"]]
    actual, expected = int(after["actual"].sum()), float(after[model].sum())
    came, missed = float(whole["actual"].sum()), float((whole[model] - whole["actual"]).abs().sum())
    return TrackingError(
        actual, expected, expected / actual - 1 if actual else np.nan, missed / came if came else np.nan
    )


def _check_weekly(trial: Trial, weekly: pd.DataFrame, actual: NDArray[np.int64], known_weeks: int) -> None:
    expected = int(trial.customers["frequency"].sum()), int(trial.actual.sum())
    counted = int(actual[:known_weeks].sum()), int(weekly["repeat_count"].sum() - actual[:known_weeks].sum())
    if expected != counted:
        raise ValueError(
            f"weekly must hold the repeat purchases of the customers of the trial, {expected[0]:,} in the calibration "
            f"and {expected[1]:,} in the holdout; found {counted[0]:,} and {counted[1]:,}: make it with "
            "origin=days.week_origin(plan.first_on, end=plan.calibration_end), "
            "born_until=plan.calibration_end, as_of=plan.as_of"
        )


def _expected_by(ends: Whole, since: Floats, expected_new: Callable[[Floats, Floats], Floats], theta: Floats) -> Floats:
    """Expected repeat purchases by the evening of each of the days `ends`, of customers born on the days of `since`."""
    by_age = expected_new(theta, np.arange(1, len(since) + 1) / DAYS_PER_WEEK)
    return np.array([since[:end] @ by_age[:end][::-1] for end in ends])
