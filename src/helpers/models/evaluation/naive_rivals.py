"""What somebody without a model would expect of each customer: the rivals that a model must beat."""

from __future__ import annotations

import numpy as np
import pandas as pd

from helpers.models.evaluation.holdout_days import Plan

PAST_RATE, YEAR_BEFORE, SEGMENT_MEAN = "past_rate", "year_before", "segment_mean"
NAIVE = (PAST_RATE, YEAR_BEFORE, SEGMENT_MEAN)
PAUSE_WEEKS = (4, 13, 26, 52)
"""Where the groups of the pause since the last purchase begin."""
SMALLEST_CELL = 10
"""Customers whose mean is used; with fewer, that of their group of frequency is."""


def naive(customers: pd.DataFrame, *, plan: Plan, earlier: pd.DataFrame | None = None) -> pd.DataFrame:
    """What somebody without a model would expect of each customer in the holdout.

    Parameters
    ----------
    customers, plan, earlier
        As `trials.trial` takes them.

    Returns
    -------
    pandas.DataFrame
        One row per customer, in order, and a column for each rival that the data allow:
        past_rate (repeat purchases per week so far, carried forward; an age below one week counts as one);
        year_before (repeat purchases in the same weeks a year before; where the data reach back so far);
        segment_mean (what customers of the same past frequency and last pause bought, on average, in the weeks after
        plan.earlier_end, scaled to the holdout's length; where anybody was a customer then).
    """
    rivals = {PAST_RATE: plan.weeks * customers["frequency"] / customers["age_weeks"].clip(lower=1.0)}
    if plan.has_year_before:
        rivals[YEAR_BEFORE] = customers["year_before_count"].astype(float)
    if earlier is not None and len(earlier):
        per_week = earlier["holdout_purchase_count"] / plan.earlier_weeks
        means = _segment_mean(_segments(earlier), per_week, wanted=_segments(customers))
        rivals[SEGMENT_MEAN] = plan.weeks * means
    return pd.DataFrame(rivals, index=customers.index)


def _segments(customers: pd.DataFrame) -> pd.DataFrame:
    """Frequency in five groups (none, and four of equal size among who came back), and the pause since the last."""
    came_back = customers["frequency"].where(customers["frequency"] > 0)
    pause = customers["age_weeks"] - customers["recency_weeks"]
    often = (4 * came_back.rank(pct=True)).fillna(0).map(np.ceil).astype(int)
    return pd.DataFrame({"often": often, "cell": 10 * often + np.searchsorted(PAUSE_WEEKS, pause, side="right")})


def _segment_mean(segments: pd.DataFrame, values: pd.Series, *, wanted: pd.DataFrame) -> pd.Series:
    """The mean of the cell where it holds enough customers, else of the nearest group of frequency."""
    cells = values.groupby(segments["cell"]).agg(["mean", "size"])
    means = cells.loc[cells["size"] >= SMALLEST_CELL, "mean"]
    by_frequency = values.groupby(segments["often"]).mean().reindex(range(5), method="nearest")
    own: pd.Series = wanted["cell"].map(means)
    return own.fillna(wanted["often"].map(by_frequency))
