"""Expectations beside what came, group by group: whether they are right where they are high and where they are low."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from helpers.models.statistics import intervals

SIGNIFICANT_DIGITS = 9
"""Expectations that agree in so many digits are equal: the last ones are those of the machine."""


def by_group(
    expected: pd.DataFrame, actual: ArrayLike, *, groups: ArrayLike, labels: Sequence[str], level: float
) -> pd.DataFrame:
    """Mean of what came and mean of what was expected, in groups of customers.

    Parameters
    ----------
    expected
        One row per customer and one column per forecaster: the expected count, or probability.
    actual
        One entry per customer: the count, or 0 and 1.
    groups
        One whole number per customer, from 0: the place of the group in `labels`.
    labels
        Names of the groups.
    level
        Coverage of the intervals, between 0 and 1.

    Returns
    -------
    pandas.DataFrame
        One row per group that has customers, ascending: label, n (customers), actual_mean (per customer), low, high
        (its interval; NaN where there are too few customers), and a column per forecaster: the mean it expected.
    """
    actual, groups, rows = np.asarray(actual, dtype=float), np.asarray(groups), []
    for group in np.unique(groups):
        inside = groups == group
        mean = intervals.ratio_of_totals(actual[inside], np.ones(inside.sum()), level=level)
        row = {"label": labels[group], "n": int(inside.sum()), "actual_mean": mean.value}
        rows.append(row | {"low": mean.low, "high": mean.high, **expected[inside].mean()})
    return pd.DataFrame(rows)


def by_probability(
    expected: ArrayLike, happened: ArrayLike, *, order_by: ArrayLike | None = None, level: float, count: int = 10
) -> pd.DataFrame:
    """The calibration curve of probabilities: what share was expected, and for what share it happened.

    Parameters
    ----------
    expected
        One entry per customer: the probability, between 0 and 1.
    happened
        One entry per customer: 1 or True for whom it happened, else 0.
    order_by
        One entry per customer, what the groups are made by; `expected` itself where None.
    level
        Coverage of the intervals, between 0 and 1.
    count
        Groups to make.

    Returns
    -------
    pandas.DataFrame
        One row per group of about equal size, ascending, customers who are equal together: n; order_mean (mean of
        order_by); expected_share; actual_share; low, high (Wilson's interval of actual_share).
    """
    each = pd.DataFrame({"expected_share": np.asarray(expected, dtype=float)})
    order = each["expected_share"] if order_by is None else pd.Series(np.asarray(order_by, dtype=float))
    each = each.assign(order_mean=order, actual_share=np.asarray(happened, dtype=float))
    grouped = each.groupby(tied_groups(order, count=count))
    means = grouped.mean().reset_index(drop=True)[["order_mean", "expected_share", "actual_share"]]
    means.insert(0, "n", grouped.size().to_numpy())
    low, high = intervals.wilson_bounds(grouped["actual_share"].sum(), means["n"], level=level)
    return means.assign(low=low, high=high)


def calibration_error(groups: pd.DataFrame) -> float:
    """The expected calibration error, in shares: sum over groups of n / N * |expected_share - actual_share|.

    Parameters
    ----------
    groups
        One row per group, as `by_probability` gives them: n, expected_share, actual_share.

    References
    ----------
    Naeini, Cooper and Hauskrecht (2015), Obtaining well calibrated probabilities using Bayesian binning, AAAI.
    """
    return float(np.average((groups["expected_share"] - groups["actual_share"]).abs(), weights=groups["n"]))


def spend(
    expected_spend: ArrayLike, purchases: ArrayLike, amounts: ArrayLike, *, level: float, count: int = 5
) -> pd.DataFrame:
    """Whether customers pay what a model of spend expects of them: groups by expected spend, and what they then paid.

    Parameters
    ----------
    expected_spend
        One entry per customer: money expected per purchase, by a model that saw the calibration alone; NaN leaves the
        customer out.
    purchases, amounts
        One entry per customer: purchases in the holdout, and the money paid in it.
    level
        Coverage of the intervals, between 0 and 1.
    count
        Groups to make.

    Returns
    -------
    pandas.DataFrame
        One row per group of about equal size of those who bought in the holdout, ascending, customers of equal
        expectation together: n, purchase_count, expected_spend_amount and actual_spend_amount (per purchase, both
        weighted by the purchases of the holdout), low, high (interval of the latter). Empty where nobody bought.
    """
    columns = {"expected": expected_spend, "count": purchases, "paid": amounts}
    each = pd.DataFrame({name: np.asarray(values, dtype=float) for name, values in columns.items()})
    each = each[(each["count"] > 0) & each["expected"].notna()]
    rows = []
    for _, group in each.groupby(tied_groups(each["expected"], count=count)):
        paid = intervals.ratio_of_totals(group["paid"], group["count"], level=level)
        expected = np.average(group["expected"], weights=group["count"])
        rows.append((len(group), int(group["count"].sum()), expected, paid.value, paid.low, paid.high))
    names = ["n", "purchase_count", "expected_spend_amount", "actual_spend_amount", "low", "high"]
    return pd.DataFrame(rows, columns=names)


def tied_groups(values: pd.Series, *, count: int) -> NDArray[np.int64]:
    """Groups of about equal size, ascending, from 1; values that are equal to nine digits are never parted."""
    return np.ceil(count * significant(values).rank(pct=True).to_numpy()).astype(np.int64)


def significant(values: pd.Series) -> pd.Series:
    """The values to nine significant digits, so that an order of them is the same on every machine."""
    size = np.floor(np.log10(values.abs().where(values != 0, 1.0)))
    scale = 10.0 ** (SIGNIFICANT_DIGITS - 1 - size)
    return (values * scale).round() / scale
