"""Retention over all cohorts together, with intervals: the curve behind the triangle."""

from __future__ import annotations

import pandas as pd

from helpers.models.statistics.intervals import Estimate, wilson


def repeat_rate(customers: pd.DataFrame, *, level: float) -> Estimate:
    """The share of customers who bought on more than one day, with Wilson's interval.

    Parameters
    ----------
    customers
        One row per customer: purchase_count, the number of days on which they bought.
    level
        Coverage, between 0 and 1.
    """
    return wilson(int((customers["purchase_count"] > 1).sum()), len(customers), level=level)


def pooled(activity: pd.DataFrame, reach: pd.DataFrame, *, level: float) -> pd.DataFrame:
    """The share of customers who bought at an age (N-period), and at that age or later (unbounded retention).

    Parameters
    ----------
    activity, reach
        The grids that `cohorts.retention` makes of `cohort_activity` and of `cohort_reach`.
    level
        Coverage of the intervals (Wilson: every customer counts once at every age).

    Returns
    -------
    pandas.DataFrame
        One row per age of one month or more at which a cohort could be observed: age_months, n (customers of those
        cohorts), share, low, high, reach_share, reach_low, reach_high. Each age pools the cohorts old enough for it, so
        that neighbouring ages need not be the same customers.
    """
    columns = ["share", "low", "high", "reach_share", "reach_low", "reach_high"]
    rows = []
    for age, n, active, reached in _by_age(activity, reach).itertuples():
        now, ever = wilson(int(active), int(n), level=level), wilson(int(reached), int(n), level=level)
        rows.append((age, int(n), now.value, now.low, now.high, ever.value, ever.low, ever.high))
    return pd.DataFrame(rows, columns=["age_months", "n", *columns])


def _by_age(activity: pd.DataFrame, reach: pd.DataFrame) -> pd.DataFrame:
    keys = ["cohort", "age_months"]
    both = activity.merge(reach[[*keys, "customer_count"]], on=keys, suffixes=("", "_reached"))
    seen = both[both["is_observed"] & (both["age_months"] > 0)]
    return seen.groupby("age_months")[["cohort_size", "customer_count", "customer_count_reached"]].sum()
