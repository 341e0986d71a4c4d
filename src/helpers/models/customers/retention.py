"""Retention over all cohorts together, with intervals: the curve behind the triangle."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pandas as pd

from helpers.models.statistics import small_groups
from helpers.models.statistics.intervals import Estimate, wilson

RATES = ["share", "low", "high", "reach_share", "reach_low", "reach_high"]
"""What `pooled` tells of each age."""


@dataclass(frozen=True)
class CohortValue:
    """What a cohort has brought per customer: in its first month, and in the `later_count` whole months after it."""

    cohort: date
    customer_count: int
    first_amount: float
    later_amount: float
    later_count: int

    @property
    def amount(self) -> float:
        """Revenue per customer of all whole months."""
        return self.first_amount + self.later_amount


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
    rows = []
    for age, n, active, reached in _by_age(activity, reach).itertuples():
        now, ever = wilson(int(active), int(n), level=level), wilson(int(reached), int(n), level=level)
        rows.append((age, int(n), now.value, now.low, now.high, ever.value, ever.low, ever.high))
    return pd.DataFrame(rows, columns=["age_months", "n", *RATES])


def curve_without_few(pooled: pd.DataFrame, *, smallest_cell: int) -> pd.DataFrame:
    """The curve as `pooled` gives it, with nothing told of ages of few customers, or at which few bought."""
    large = small_groups.hide(pooled, counts=["n"], names=["age_months"], has_total=False, smallest_cell=smallest_cell)
    of_all = {"share": "n", "reach_share": "n"}
    return small_groups.hide_within(large, parts=of_all, values=RATES, has_total=False, smallest_cell=smallest_cell)


def without_few(cells: pd.DataFrame, *, smallest_cell: int) -> pd.DataFrame:
    """The cells of cohorts with nothing told of few customers, nor of those who would give them away.

    Parameters
    ----------
    cells
        One row per cohort and age, as `cohorts.cohort_activity` gives it. Those of one calendar month sum up to the
        month, which is known.
    smallest_cell
        Fewest customers of a cell that is told of.

    Returns
    -------
    pandas.DataFrame
        The same rows, with is_hidden; see `small_groups.hide`.
    """
    first = pd.to_datetime(cells["cohort"])
    month_number = 12 * first.dt.year + first.dt.month + cells["age_months"]
    by_month = cells.assign(month_number=month_number)
    hidden = small_groups.hide(by_month, by=["month_number"], names=["age_months"], smallest_cell=smallest_cell)
    return hidden.drop(columns="month_number")


def shown(grid: pd.DataFrame, cells: pd.DataFrame, *, smallest_cell: int) -> pd.DataFrame:
    """The grid of `cohorts.retention` as it may be shown: cohorts of enough customers, hidden cells missing.

    `cells` as `without_few` gives them.
    """
    large = grid[grid["cohort_size"] >= smallest_cell]
    keyed = cells.assign(cohort=pd.to_datetime(cells["cohort"]))
    return small_groups.hide_alike(large, keyed, on=["cohort", "age_months"], values=["share"])


def oldest_cohort(earned: pd.DataFrame) -> CohortValue | None:
    """What the oldest cohort has brought per customer; None where no month of any cohort is over.

    Parameters
    ----------
    earned
        One row per cohort and age, ascending, as `cohorts.revenue_per_customer` gives it: cohort, age_months,
        cohort_size, share (revenue of the month per customer of the cohort), is_observed.
    """
    seen = earned[earned["is_observed"]]
    if not len(seen):
        return None
    oldest = seen[seen["cohort"] == seen["cohort"].min()]
    each = oldest["share"].astype(float)
    size, cohort = int(oldest["cohort_size"].iloc[0]), oldest["cohort"].iloc[0].date()
    return CohortValue(cohort, size, float(each.iloc[0]), float(each.iloc[1:].sum()), len(each) - 1)


def _by_age(activity: pd.DataFrame, reach: pd.DataFrame) -> pd.DataFrame:
    keys = ["cohort", "age_months"]
    both = activity.merge(reach[[*keys, "customer_count"]], on=keys, suffixes=("", "_reached"))
    seen = both[both["is_observed"] & (both["age_months"] > 0)]
    return seen.groupby("age_months")[["cohort_size", "customer_count", "customer_count_reached"]].sum()
