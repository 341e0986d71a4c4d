"""Customers as the models of buying imagine them, in continuous time: the simplest program that each story tells."""

from __future__ import annotations

import numpy as np
import pandas as pd

from helpers.models.buying.rows import Floats, Rows


def simulate(model: str, theta: tuple[float, ...], *, age: Floats, future: float, seed: int) -> pd.DataFrame:
    """One row per customer: frequency, recency, age (weeks, not rounded to days), future_count, is_alive at `age`."""
    rng = np.random.default_rng(seed)
    n, (r, alpha, a, b) = len(age), theta
    rate = rng.gamma(r, 1 / alpha, n)
    if model == "pareto_nbd":
        leaving, end = np.zeros(n), rng.exponential(size=n) / rng.gamma(a, 1 / b, n)
    else:
        leaving, end = rng.beta(a, b, n), np.full(n, np.inf)
    if model == "mbg_nbd":
        end[rng.random(n) < leaving] = 0.0
    stop, now = age + future, np.zeros(n)
    frequency, recency, after = np.zeros(n), np.zeros(n), np.zeros(n)
    active = np.arange(n)
    while active.size:
        now[active] += rng.exponential(size=active.size) / rate[active]
        active = active[now[active] < np.minimum(end, stop)[active]]
        is_seen = now[active] <= age[active]
        frequency[active[is_seen]] += 1
        recency[active[is_seen]] = now[active[is_seen]]
        after[active[~is_seen]] += 1
        leaves = active[rng.random(active.size) < leaving[active]]
        end[leaves] = now[leaves]
    known = {"frequency": frequency, "recency": recency, "age": age}
    return pd.DataFrame({**known, "future_count": after, "is_alive": end > age})


def rows_of(customers: pd.DataFrame) -> Rows:
    """A row for each customer."""
    x, recency, age = (customers[name].to_numpy(dtype=float) for name in ("frequency", "recency", "age"))
    return Rows(x, recency, age, np.ones(len(x)), np.arange(len(x)))


def row(frequency: float, recency_days: float, age_days: float) -> Rows:
    """One customer, from days."""
    one = (np.array([value], dtype=float) for value in (frequency, recency_days / 7, age_days / 7))
    return Rows(*one, np.ones(1), np.zeros(1, dtype=np.int64))
