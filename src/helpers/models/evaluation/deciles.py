"""Customers in ten groups by what was expected of them, beside what came: whether the order is right."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from helpers.models.evaluation.calibration import significant
from helpers.models.statistics import intervals


def deciles(expected: ArrayLike, actual: ArrayLike, *, level: float, count: int = 10) -> pd.DataFrame:
    """Customers in ten groups of equal size by what was expected of them: what was expected, and what came.

    Parameters
    ----------
    expected
        One entry per customer: an expected count, an amount or a probability; what customers are ordered by.
    actual
        One entry per customer: what came, in the same unit (0 and 1 for a probability).
    level
        Coverage of the intervals, between 0 and 1.
    count
        Groups to make.

    Returns
    -------
    pandas.DataFrame
        One row per group, 1 being the customers of whom most was expected: decile, n, expected_mean, actual_mean (per
        customer), low, high, actual_share (of all that came; its running sum is the gain curve), best_share (what a
        group of that size could have had, had the order been known). Expectations that are equal to nine digits are
        parted in the customers' order.
    """
    e, y = np.asarray(expected, dtype=float), np.asarray(actual, dtype=float)
    order, n = np.argsort(-significant(pd.Series(e)).to_numpy(), kind="stable"), len(y)
    groups, best = np.arange(n) * min(count, n) // n, np.sort(y)[::-1]
    rows = []
    for group in range(groups[-1] + 1):
        inside = order[groups == group]
        came = intervals.ratio_of_totals(y[inside], np.ones(len(inside)), level=level)
        row = {"decile": group + 1, "n": len(inside), "expected_mean": e[inside].mean()}
        row |= {"actual_mean": came.value, "low": came.low, "high": came.high}
        shares = {"actual_share": y[inside].sum(), "best_share": best[groups == group].sum()}
        rows.append(row | {name: share / y.sum() if y.any() else np.nan for name, share in shares.items()})
    return pd.DataFrame(rows)
