"""Expectations beside what came, group by group: whether they are right where they are high and where they are low."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from helpers.models.statistics import intervals

SIGNIFICANT_DIGITS = 9
"""Expectations that agree in so many digits are equal: the last ones are those of the machine."""


@dataclass(frozen=True)
class GroupError:
    """The group of customers whose purchases a forecaster misses most, and how many groups it hits.

    Attributes
    ----------
    label, n
        The group, and its customers.
    expected_mean, actual_mean
        Per customer of the group.
    missed_count
        Purchases of the whole group by which the expected number is off, either way.
    inside_count, bounded_count
        Groups whose expected mean lies in the interval of the actual one, of those that have an interval.
    customer_count
        Customers of all groups.
    """

    label: str
    n: int
    expected_mean: float
    actual_mean: float
    missed_count: float
    inside_count: int
    bounded_count: int
    customer_count: int


@dataclass(frozen=True)
class ProbabilityError:
    """Probabilities beside what happened, over all customers.

    Attributes
    ----------
    expected_share, actual_share
        Of all customers: for what share it was expected, and for what share it happened.
    error_share
        The expected calibration error, in shares: sum over groups of n / N * |expected_share - actual_share|.
    n
        Customers.
    """

    expected_share: float
    actual_share: float
    error_share: float
    n: int


@dataclass(frozen=True)
class SpendError:
    """What a purchase was expected to be worth and what was paid, over the purchases held out.

    Attributes
    ----------
    expected_amount, actual_amount
        Per purchase, in the currency of the report; NaN where nobody bought.
    off_share
        Relative error; NaN where nothing was paid.
    n
        Customers who bought.
    """

    expected_amount: float
    actual_amount: float
    off_share: float
    n: int


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


def group_error(groups: pd.DataFrame, *, forecaster: str) -> GroupError | None:
    """Where a forecaster is furthest off, in purchases of a whole group; None where there is no group.

    Parameters
    ----------
    groups
        One row per group, as `by_group` gives them.
    forecaster
        The column of the forecaster.
    """
    if not len(groups):
        return None
    expected = groups[forecaster]
    missed = ((groups["actual_mean"] - expected) * groups["n"]).abs()
    worst = groups.iloc[int(missed.to_numpy().argmax())]
    return GroupError(
        label=str(worst["label"]),
        n=int(worst["n"]),
        expected_mean=float(worst[forecaster]),
        actual_mean=float(worst["actual_mean"]),
        missed_count=float(missed.max()),
        inside_count=int(expected.between(groups["low"], groups["high"]).sum()),
        bounded_count=int(groups["low"].notna().sum()),
        customer_count=int(groups["n"].sum()),
    )


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


def probability_error(groups: pd.DataFrame) -> ProbabilityError:
    """How far probabilities are from what happened, in all and group by group; NaN where there is no group.

    Parameters
    ----------
    groups
        One row per group, as `by_probability` gives them: n, expected_share, actual_share.

    References
    ----------
    Naeini, Cooper and Hauskrecht (2015), Obtaining well calibrated probabilities using Bayesian binning, AAAI.
    """
    n, expected, actual = groups["n"], groups["expected_share"], groups["actual_share"]
    if not n.sum():
        return ProbabilityError(np.nan, np.nan, np.nan, 0)
    due, came, error = (np.average(values, weights=n) for values in (expected, actual, (expected - actual).abs()))
    return ProbabilityError(float(due), float(came), float(error), int(n.sum()))


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


def spend_error(groups: pd.DataFrame) -> SpendError:
    """How far the expected worth of a purchase is from what was paid.

    Parameters
    ----------
    groups
        One row per group, as `spend` gives them; none where nobody bought.
    """
    if not len(groups):
        return SpendError(np.nan, np.nan, np.nan, 0)
    expected, actual = (
        float(np.average(groups[name], weights=groups["purchase_count"]))
        for name in ("expected_spend_amount", "actual_spend_amount")
    )
    return SpendError(expected, actual, expected / actual - 1 if actual else np.nan, int(groups["n"].sum()))


def tied_groups(values: pd.Series, *, count: int) -> NDArray[np.int64]:
    """Groups of about equal size, ascending, from 1; values that are equal to nine digits are never parted."""
    return np.ceil(count * significant(values).rank(pct=True).to_numpy()).astype(np.int64)


def significant(values: pd.Series) -> pd.Series:
    """The values to nine significant digits, so that an order of them is the same on every machine."""
    size = np.floor(np.log10(values.abs().where(values != 0, 1.0)))
    scale = 10.0 ** (SIGNIFICANT_DIGITS - 1 - size)
    return (values * scale).round() / scale
