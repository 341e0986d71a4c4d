"""What a fitted model of buying looks like: its answers by frequency and recency, and how customers differ."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import betainc, gammainc, gammaincinv

from helpers.models.buying.fitting import Fit
from helpers.models.buying.interface import BuyingModel
from helpers.models.buying.rows import Floats, Rows

LARGEST_FREQUENCY, SMALLEST_FREQUENCY = 30, 5
"""Largest and smallest number of repeat purchases that a matrix goes up to."""
STEPS = 39
BINS = 30


def matrix(rows: Rows, *, fit: Fit, model: BuyingModel, weeks: float, age_weeks: float | None = None) -> pd.DataFrame:
    """P(alive) and expected purchases of a customer of one age, by how often and how lately they bought.

    Parameters
    ----------
    rows
        The histories of the fit: they say up to which frequency the matrix goes (all but the top hundredth of
        customers, 30 at most), and how old the customer is.
    fit, model
        What was fitted.
    weeks
        Length of the future, above 0.
    age_weeks
        Weeks from the first purchase to now, above 0; the median of the customers where not given.

    Returns
    -------
    pandas.DataFrame
        One row per cell, frequency and recency ascending: frequency (0 or more), recency_weeks (first to last purchase,
        0 to age_weeks), p_alive (0 to 1; NaN where the model cannot tell), expected_purchase_count (in the next
        `weeks`), age_weeks, customer_count (customers of any age in this cell, their recency as a share of their age).
        Cells that no history can have (one purchase but a later last one) are not in it.
    """
    age = _median_age(rows) if age_weeks is None else float(age_weeks)
    if not (np.isfinite(age) and age > 0 and np.isfinite(weeks) and weeks > 0):
        raise ValueError(f"age_weeks and weeks must be above 0, found {age:g} and {weeks:g}")
    most = _top_frequency(rows)
    recency = age * np.arange(1, STEPS + 1) / STEPS
    x = np.concatenate([[0.0], np.repeat(np.arange(1.0, most + 1), STEPS)])
    last = np.concatenate([[0.0], np.tile(recency, most)])
    cells = Rows(x, last, np.full(len(x), age), np.ones(len(x)), np.arange(len(x)))
    return pd.DataFrame(
        {
            "frequency": x.astype(np.int64),
            "recency_weeks": last,
            "p_alive": model.told_alive(fit.theta, cells),
            "expected_purchase_count": model.expected_purchases(fit.theta, cells, weeks),
            "age_weeks": age,
            "customer_count": _counted(rows, most),
        }
    )


def mixing(fit: Fit, *, model: BuyingModel) -> pd.DataFrame:
    """How customers differ in what the model says of them: how many have which purchase rate, and which dropout.

    Parameters
    ----------
    fit, model
        Pareto/NBD (rates of purchase and dropout are Gamma) or BG/NBD and MBG/NBD (a Gamma rate of purchase, a Beta
        probability of dropout).

    Returns
    -------
    pandas.DataFrame
        One row per bin, ascending: quantity (purchase_rate_per_week, and dropout_rate_per_week or dropout_probability),
        start, end, share (of customers in the bin; the last bin of a rate holds all above it, so shares sum to one),
        mean (of the quantity, over customers). Shares of bins, since a density may be infinite at zero.
    """
    theta = dict(zip(model.parameters, fit.theta, strict=True))
    parts = [_gamma("purchase_rate_per_week", theta["r"], theta["alpha"])]
    if {"s", "beta"} <= theta.keys():
        parts.append(_gamma("dropout_rate_per_week", theta["s"], theta["beta"]))
    else:
        edges = np.linspace(0, 1, BINS + 1)
        shares = np.diff(betainc(theta["a"], theta["b"], edges))
        parts.append(_bins("dropout_probability", edges, shares, theta["a"] / (theta["a"] + theta["b"])))
    return pd.concat(parts, ignore_index=True)


def _gamma(quantity: str, shape: float, rate: float) -> pd.DataFrame:
    edges = np.linspace(0, max(float(gammaincinv(shape, 0.98) * (1 / rate)), 1e-12), BINS + 1)
    reached = gammainc(shape, edges / (1 / rate))
    return _bins(quantity, edges, np.diff(np.append(reached[:-1], 1.0)), shape / rate)


def _bins(quantity: str, edges: Floats, shares: Floats, mean: float) -> pd.DataFrame:
    return pd.DataFrame({"quantity": quantity, "start": edges[:-1], "end": edges[1:], "share": shares, "mean": mean})


def _median_age(rows: Rows) -> float:
    """The age that half of the customers have reached; a day where nobody is older than none."""
    return max(float(np.median(rows.age[rows.index])), 1 / 7)


def _top_frequency(rows: Rows) -> int:
    top = float(np.quantile(rows.frequency[rows.index], 0.99, method="higher"))
    return int(np.clip(top, SMALLEST_FREQUENCY, LARGEST_FREQUENCY))


def _counted(rows: Rows, most: int) -> np.ndarray:
    """Customers in each cell, by frequency and by recency as a share of age; the rarest frequencies are left out."""
    x = rows.frequency.astype(np.int64)
    share = rows.recency / np.maximum(rows.age, 1e-12)
    step = np.clip(np.rint(share * STEPS), 1, STEPS).astype(np.int64)
    place = np.where(x == 0, 0, 1 + (x - 1) * STEPS + step - 1)
    is_in = x <= most
    counted = np.bincount(place[is_in], weights=rows.weight[is_in], minlength=1 + most * STEPS)
    return counted.astype(np.int64)
