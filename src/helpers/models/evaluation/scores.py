"""Errors of forecasts of each customer: the measures, and a table of them for several forecasters."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from helpers.models.buying.fitting import Fit

MODEL_COLUMNS = [
    "model", "log_likelihood", "aic", "bic", "holdout_purchase_count", "actual_purchase_count", "mae", "rmse", "msle",
    "bias",
]  # fmt: skip
"""The columns of tables/clv/models.csv."""


def scores(expected: pd.DataFrame, actual: ArrayLike, *, fits: Sequence[Fit] = ()) -> pd.DataFrame:
    """How each forecaster did.

    Parameters
    ----------
    expected
        One row per customer and one column per forecaster: purchases expected of the customer.
    actual
        One entry per customer, in the same order: purchases that came.
    fits
        The fits of those forecasters that are fitted models, each named like its column; the others are naive.

    Returns
    -------
    pandas.DataFrame
        One row per forecaster, models first: model (name), is_naive, log_likelihood, aic, bic (of the calibration; NaN
        for rivals), holdout_purchase_count (expected in all), actual_purchase_count, total_error (share by which the
        total is off; NaN where nobody bought), and per customer, in purchases: mae (mean absolute error), rmse (root of
        the mean squared error), bias (mean of expected less actual); msle (mean squared difference of log(1 + count)).

    Raises
    ------
    ValueError
        A fit is of other customers than those judged: its likelihood and BIC would count those.

    Notes
    -----
    An expectation is judged by squared error, which it minimises. The absolute error is smallest for the median, 0
    purchases for most customers, so that a forecast of nothing at all can have the best MAE.
    """
    of_fit = {fit.model: fit for fit in fits}
    if others := [f"{fit.model} {fit.n:,}" for fit in fits if fit.n != len(expected)]:
        raise ValueError(f"fits must be of the {len(expected):,} customers who are judged, found {', '.join(others)}")
    rows = []
    for name in expected:
        fit = of_fit.get(str(name))
        of_calibration = (fit.log_likelihood, fit.aic, fit.bic) if fit else (np.nan, np.nan, np.nan)
        names = ("log_likelihood", "aic", "bic")
        row = {"model": name, "is_naive": fit is None, **dict(zip(names, of_calibration, strict=True))}
        rows.append(row | errors(expected[name], actual))
    return pd.DataFrame(rows)


def errors(expected: ArrayLike, actual: ArrayLike) -> dict[str, float]:
    """The error measures of `scores` for one forecaster; one entry per customer in both columns."""
    e, y = np.asarray(expected, dtype=float), np.asarray(actual, dtype=float)
    total, came = float(e.sum()), float(y.sum())
    return {
        "holdout_purchase_count": total,
        "actual_purchase_count": came,
        "total_error": total / came - 1 if came else np.nan,
        "mae": float(np.abs(e - y).mean()),
        "rmse": float(np.sqrt(((e - y) ** 2).mean())),
        "msle": float(((np.log1p(e) - np.log1p(y)) ** 2).mean()),
        "bias": float((e - y).mean()),
    }
