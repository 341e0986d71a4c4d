"""What changed between periods, split so that the parts multiply to the whole, each with its interval."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log, nan, sqrt

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from helpers.models.statistics.intervals import SMALLEST

MEASURES: dict[str, tuple[str, str | None]] = {
    "revenue": ("amount", None),
    "customers who bought": ("customer_count", None),
    "orders per customer": ("order_count", "customer_count"),
    "revenue per order": ("amount", "order_count"),
}


YEAR_COLUMNS = {
    "previous": "year_before",
    "change": "year_change",
    "low": "year_low",
    "high": "year_high",
    "n": "year_n",
}
"""Columns of the comparison with the same days a year before, by what they are called in any other comparison."""


@dataclass(frozen=True)
class _Totals:
    now: pd.Series
    before: pd.Series


def measures(compared: pd.DataFrame, *, level: float, is_covered: bool = True) -> pd.DataFrame:
    """Revenue and its three factors in the latest period and the one before.

    Parameters
    ----------
    compared
        One row per customer who bought in either period, as `activity.comparison` gives it.
    level
        Coverage of the intervals, between 0 and 1.
    is_covered
        Whether the data reach back through the whole earlier period (`days.reaches_back`). Where they do not, there
        is nothing fair to compare with: the earlier period and all changes are NaN.

    Returns
    -------
    pandas.DataFrame
        One row per measure: measure; current, previous (in its own unit); change (relative, -1 or more), low, high; n
        (customers of either period). Customers who bought times orders per customer times revenue per order is the
        revenue. NaN where a period is empty; no bounds where fewer than ten customers bought.

    Notes
    -----
    Each measure is a ratio of totals over customers, so the logarithm of its change is a sum of logarithms of totals.
    Linearised, customer i adds a_i/A - o_i/O - a'_i/A' + o'_i/O' (totals in capitals, the earlier period primed), and
    the variance is n/(n-1) times the sum of squares (Cochran 1977, Sampling Techniques, section 6.4; the interval is
    made for the logarithm and taken back).
    """
    totals = _columns(compared)
    rows = [_row(name, totals, upper, lower, level) for name, (upper, lower) in MEASURES.items()]
    measured = pd.DataFrame(rows, columns=["measure", "current", "previous", "change", "low", "high", "n"])
    return measured if is_covered else measured.assign(previous=nan, change=nan, low=nan, high=nan)


def with_year_before(measured: pd.DataFrame, year: pd.DataFrame | None, *, level: float) -> pd.DataFrame:
    """The measures, with their change against the same days a year before beside that against the period before.

    Parameters
    ----------
    measured
        One row per measure, as `measures` gives it.
    year
        One row per customer of the latest period or of the same days a year before, as `activity.comparison` gives it;
        None where the data do not cover those days.
    level
        Coverage of the intervals, between 0 and 1.

    Returns
    -------
    pandas.DataFrame
        The rows and columns of `measured`, and year_before (in the measure's own unit), year_change, year_low,
        year_high (relative, -1 or more), year_n; NaN where there is no year before.
    """
    if year is None:
        return measured.assign(**dict.fromkeys(YEAR_COLUMNS.values(), nan))
    added = measures(year, level=level)[list(YEAR_COLUMNS)].rename(columns=YEAR_COLUMNS)
    return measured.join(added)


def _columns(compared: pd.DataFrame) -> dict[str, _Totals]:
    def pair(now: pd.Series, before: pd.Series) -> _Totals:
        return _Totals(now.astype(float), before.astype(float))

    orders, earlier = compared["order_count"], compared["previous_order_count"]
    return {
        "amount": pair(compared["amount"], compared["previous_amount"]),
        "order_count": pair(orders, earlier),
        "customer_count": pair(orders > 0, earlier > 0),
    }


def _row(name: str, totals: dict[str, _Totals], upper: str, lower: str | None, level: float) -> tuple[object, ...]:
    top, bottom = totals[upper], totals[lower] if lower else None
    now = _ratio(top.now.sum(), bottom.now.sum() if bottom else 1.0)
    before = _ratio(top.before.sum(), bottom.before.sum() if bottom else 1.0)
    n = len(top.now)
    if not (now > 0 and before > 0):
        return name, now, before, -1.0 if before > 0 and now == 0 else nan, nan, nan, n
    influence = _relative(top.now) - _relative(top.before)
    if bottom:
        influence = influence - _relative(bottom.now) + _relative(bottom.before)
    return name, now, before, now / before - 1, *_bounds(log(now / before), influence, level), n


def _bounds(centre: float, influence: np.ndarray, level: float) -> tuple[float, float]:
    n = len(influence)
    if n < SMALLEST:
        return nan, nan
    width = float(stdtrit(n - 1, (1 + level) / 2)) * sqrt(n / (n - 1) * float(influence @ influence))
    return exp(centre - width) - 1, exp(centre + width) - 1


def _relative(column: pd.Series) -> np.ndarray:
    return column.to_numpy() / column.sum()


def _ratio(upper: float, lower: float) -> float:
    return upper / lower if lower else nan
