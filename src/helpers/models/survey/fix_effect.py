"""Whether a fix made content those who had the trouble: before and after it, beside those who never had the trouble."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from helpers.models.survey.design import Design

GROUPS = ("had the trouble", "had it not")
PERIODS = ("before", "after")


@dataclass(frozen=True, eq=False)
class FixEffect:
    """What a fix goes with.

    Attributes
    ----------
    value, low, high
        The change of the mean mark of those who had the trouble, less that of those who had it not, in points.
    n
        Answers behind it.
    cells
        A row per group and period: group, period, mean, low, high, n, customer_count.
    """

    value: float
    low: float
    high: float
    n: int
    cells: pd.DataFrame


def marks(
    interviews: pd.DataFrame, answers: pd.Series, troubles: pd.DataFrame, *, design: Design, fixed_on: date, days: int
) -> pd.DataFrame:
    """The marks that were given in the days before a fix and after it, by who had the trouble.

    Parameters
    ----------
    interviews
        A row per interview: customer_id, answered_on.
    answers
        The mark of each, missing where none was given.
    troubles
        Who had the trouble before the fix: customer_id, first_on.
    design
        The design of the interviews: weights, and the sampled units whose answers are not independent.
    fixed_on
        The first day on which it was fixed.
    days
        How many days before it and from it on count.

    Returns
    -------
    pandas.DataFrame
        A row per mark: customer_id, mark, had_trouble, is_after, weight, unit. Who answered before the trouble, and
        had it later, is of neither group then, and left out.
    """
    first_on = interviews["customer_id"].map(troubles.set_index("customer_id")["first_on"])
    said_on, fixed = pd.to_datetime(interviews["answered_on"]), pd.Timestamp(fixed_on)
    frame = pd.DataFrame(
        {
            "customer_id": interviews["customer_id"],
            "mark": answers.to_numpy(dtype=float),
            "had_trouble": first_on.notna(),
            "is_after": said_on >= fixed,
            "weight": design.weights,
            "unit": design.stages[0].unit,
        }
    )
    is_near = (said_on >= fixed - timedelta(days=days)) & (said_on < fixed + timedelta(days=days))
    is_met = first_on.isna() | (pd.to_datetime(first_on) < said_on)
    is_known = frame["mark"].notna() & frame["customer_id"].notna() & (frame["weight"] > 0)
    return frame[is_near & is_met & is_known].reset_index(drop=True)


def effect(given: pd.DataFrame, *, level: float, smallest_base: int) -> FixEffect | None:
    """The difference of differences; a row of `given` as `marks` gives it.

    Returns None where a group had fewer than `smallest_base` marks before the fix or after it.

    Notes
    -----
    Weighted least squares of the mark on trouble, period and their product, by statsmodels; errors clustered by sampled
    unit, t with as many degrees of freedom as there are units less one (Bertrand, Duflo and Mullainathan (2004), How
    much should we trust differences-in-differences estimates?, QJE 119(1), 249-275). It is an effect of the fix only if
    both groups would have moved alike without it.
    """
    import statsmodels.api as sm

    counts = given.groupby(["had_trouble", "is_after"]).size()
    if (
        len(counts) < len(GROUPS) * len(PERIODS)
        or counts.min() < smallest_base
        or given["unit"].nunique() < len(counts)
    ):
        return None
    had, after = given["had_trouble"].to_numpy(dtype=float), given["is_after"].to_numpy(dtype=float)
    columns = np.column_stack([np.ones(len(given)), had, after, had * after])
    units = np.unique(given["unit"], return_inverse=True)[1]
    model = sm.WLS(given["mark"].to_numpy(dtype=float), columns, weights=given["weight"].to_numpy(dtype=float))
    fitted = model.fit(cov_type="cluster", cov_kwds={"groups": units})
    t = float(stdtrit(units.max(), (1 + level) / 2))
    beta, covariance = np.asarray(fitted.params), np.asarray(fitted.cov_params())
    rows = []
    for group, is_had in zip(GROUPS, (True, False), strict=True):
        for period, is_after in zip(PERIODS, (False, True), strict=True):
            at = np.array([1.0, is_had, is_after, is_had and is_after])
            mean, error = float(at @ beta), float(np.sqrt(at @ covariance @ at))
            own = given[(given["had_trouble"] == is_had) & (given["is_after"] == is_after)]
            ends = (mean - t * error, mean + t * error)
            rows.append((group, period, mean, *ends, len(own), own["customer_id"].nunique()))
    cells = pd.DataFrame(rows, columns=["group", "period", "mean", "low", "high", "n", "customer_count"])
    value, half = float(beta[3]), t * float(np.sqrt(covariance[3, 3]))
    return FixEffect(value, value - half, value + half, len(given), cells)


def with_effect(desk: pd.DataFrame, found: FixEffect | None) -> pd.DataFrame:
    """The rows of the desk, and under them those of a fix: fix_mean_points by group, and fix_effect_points."""
    if found is None:
        return desk
    means = found.cells.assign(
        measure="fix_mean_points", group_by="trouble", group=found.cells["group"] + ", " + found.cells["period"]
    ).rename(columns={"mean": "estimate"})
    whole: dict[str, object] = {
        "measure": "fix_effect_points",
        "group_by": "trouble",
        "group": "difference of differences",
    }
    whole |= {"estimate": found.value, "low": found.low, "high": found.high, "n": found.n}
    whole["customer_count"] = int(found.cells["customer_count"].sum())
    added = pd.concat([means.drop(columns="period"), pd.DataFrame([whole])], ignore_index=True)
    rows = pd.concat([desk, added.assign(open_count=0, is_hidden=False)], ignore_index=True)
    return rows[desk.columns]
