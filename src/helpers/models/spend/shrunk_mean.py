"""What customers spend where Gamma-Gamma does not fit: their own mean, shrunk towards that of customers like them.

References
----------
Efron and Morris (1975), Data analysis using Stein's estimator and its generalizations, JASA 70(350).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log, sqrt

import numpy as np
import pandas as pd
from scipy.optimize import minimize

from helpers.errors import FitError
from helpers.models.buying.rows import Floats, Whole
from helpers.models.spend.independence import bucket

UNKNOWN = 1.0
"""Error of a logarithm where the data say nothing of it: a factor of 2.7 either way."""


@dataclass(frozen=True, eq=False)
class Shrunk:
    """Expected spend of customers, and how far it may be off.

    Attributes
    ----------
    customers
        One row per customer in the order of the spend: expected_spend_amount (of a purchase, 0 or more); is_seen
        (whether repeat spend was seen); log_error (standard deviation of the logarithm of the customer's true mean
        about the expected one); log_scatter (that of one purchase about the true mean); common_share (part of the error
        of the mean of all that the expected spend has with it: what is not its own, 1 where no repeat spend was seen).
    buckets
        One row per bucket of frequency: repeat_count_low, repeat_count_high, n, mean_amount (of a purchase).
    log_common
        Standard error of the logarithm of the mean of all, shared by customers of whom nothing else is known.
    log_seen
        Standard error of the logarithm of what the purchases seen say of the means of just these customers together.
    log_between, log_within
        Standard deviation of the logarithms of the customers' true means within a bucket, and of purchases about them.
    notes
        What a reader must know, a sentence each.
    """

    customers: pd.DataFrame
    buckets: pd.DataFrame
    log_common: float
    log_seen: float
    log_between: float
    log_within: float
    notes: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class _Seen:
    """Customers who came back: repeat purchases, their mean (0 where nothing was paid), and the bucket of each."""

    x: Floats
    mean: Floats
    bucket: Whole

    @property
    def is_paid(self) -> np.ndarray:
        return self.mean > 0

    def sums(self, values: Floats) -> Floats:
        return np.bincount(self.bucket, weights=values).astype(float)


def shrink(spend: pd.DataFrame) -> Shrunk:
    """The mean spend of each customer, shrunk towards the mean of customers of like frequency.

    Nothing is assumed of how spend goes with frequency, for each bucket of frequency has a mean of its own. One-time
    buyers get the mean of the customers who came back least often.

    Parameters
    ----------
    spend
        One row per customer: repeat_count (0 or more), mean_amount (per repeat purchase, NaN for one-time buyers), and
        first_amount where known: it stands in where nobody came back, or all came back equally often.

    Raises
    ------
    FitError
        Nobody paid anything.

    Notes
    -----
    Within a bucket b, log(mean_amount) ~ Normal(m_b, t^2 + v / x) for a customer of x repeat purchases; t^2 and v are
    common and found by maximum likelihood. The logarithm of the own mean has the weight t^2 / (t^2 + v / x), m_b the
    rest. Each bucket is then scaled so that its expected and its actual revenue agree: no formula for the mean of a
    log-normal variable is relied on.
    """
    counts = spend["repeat_count"].to_numpy(dtype=float)
    mean = np.maximum(np.nan_to_num(spend["mean_amount"].to_numpy(dtype=float)), 0.0)
    has_come = counts > 0
    if not (mean[has_come] > 0).any():
        return _of_first(spend)
    seen = _Seen(counts[has_come], mean[has_come], bucket(counts[has_come]))
    between, within, notes = _variances(seen, spend[has_come])
    expected, error, least = _posterior(seen, between, within)
    customers = pd.DataFrame({"expected_spend_amount": np.full(len(spend), least), "is_seen": has_come})
    customers.loc[has_come, "expected_spend_amount"] = expected
    customers["log_error"] = sqrt(between)
    customers.loc[has_come, "log_error"] = error
    customers["common_share"] = 1.0
    if between > 0:
        customers.loc[has_come, "common_share"] = error**2 / between
    customers["log_scatter"] = sqrt(within)
    unpaid = int((~seen.is_paid).sum())
    if unpaid:
        who = "customer who came back paid" if unpaid == 1 else "customers who came back paid"
        notes = (*notes, f"{unpaid:,} {who} nothing, or less, and count with zero.")
    errors = _common(seen.x, seen.x * seen.mean), _seen_error(seen.x, expected, within)
    return Shrunk(customers, _table(seen), *errors, sqrt(between), sqrt(within), notes)


def _of_first(spend: pd.DataFrame) -> Shrunk:
    """Nobody's repeat spend was seen: everybody gets the mean of the first purchases."""
    nobody = not (spend["repeat_count"] > 0).any()
    why = "nobody came back" if nobody else "nobody who came back paid anything"
    first = spend["first_amount"].to_numpy(dtype=float) if "first_amount" in spend else np.zeros(len(spend))
    paid = first[first > 0]
    if not len(paid):
        raise FitError(f"expected spend needs customers who paid something: {why}, and no first purchase was paid for.")
    spread = float(np.log(paid).std(ddof=1)) / sqrt(2) if len(paid) > 1 else UNKNOWN
    kept = np.maximum(np.nan_to_num(first), 0.0)
    customers = pd.DataFrame(
        {
            "expected_spend_amount": kept.mean(),
            "is_seen": False,
            "log_error": spread,
            "log_scatter": spread,
            "common_share": 1.0,
        },
        index=range(len(spend)),
    )
    note = f"Expected spend is the mean of the first purchases, for {why}; repeat purchases may well differ from it."
    empty = pd.DataFrame(columns=["repeat_count_low", "repeat_count_high", "n", "mean_amount"])
    common = _common(np.ones(len(kept)), kept)
    return Shrunk(customers, empty, common, 0.0, spread, spread, (note,))


def _variances(seen: _Seen, spend: pd.DataFrame) -> tuple[float, float, tuple[str, ...]]:
    """Variance of logarithms between customers of a bucket and, of one purchase, within a customer."""
    x, y, code = seen.x[seen.is_paid], np.log(seen.mean[seen.is_paid]), seen.bucket[seen.is_paid]
    if len(y) < 2:
        return UNKNOWN**2, UNKNOWN**2, ("Only one customer shows what a repeat purchase brings.",)
    if np.ptp(x) > 0:
        return (*_most_likely(x, y, code), ())
    total = float(y.var(ddof=1))
    first = spend["first_amount"].to_numpy(dtype=float)[seen.is_paid] if "first_amount" in spend else np.zeros(len(y))
    if (first > 0).sum() > 2:
        between = float(np.clip(np.cov(np.log(first[first > 0]), y[first > 0])[0, 1], 0.0, total))
        note = (
            "All came back equally often, so how far spend scatters from purchase to purchase is taken from the first."
        )
    else:
        between = total / 2
        note = "All came back equally often: the own mean and the mean of all are taken to be worth the same."
    return between, float(x[0]) * (total - between), (note,)


def _most_likely(x: Floats, y: Floats, code: Whole) -> tuple[float, float]:
    """The two variances by maximum likelihood; the means of the buckets are profiled out."""
    cell, inverse = np.unique(np.column_stack([code, x]), axis=0, return_inverse=True)
    inverse = inverse.reshape(-1)
    which, times = cell[:, 0].astype(np.int64), cell[:, 1]
    n = np.bincount(inverse).astype(float)
    mean = np.bincount(inverse, weights=y) / n
    inner = np.bincount(inverse, weights=(y - mean[inverse]) ** 2)
    scale = max(float(y.var()), 1e-12)

    def loss(logs: Floats) -> float:
        between, within = scale * np.exp(logs)
        variance = between + within / times
        weight = n / variance
        centre = np.bincount(which, weights=weight * mean) / np.maximum(np.bincount(which, weights=weight), 1e-300)
        squares = (inner + n * (mean - centre[which]) ** 2) / variance
        return float((n * np.log(variance) + squares).sum()) / float(n.sum())

    starts = [(-0.7, -0.7), (0.0, -4.0), (-4.0, 0.0)]
    optima = [minimize(loss, start, method="L-BFGS-B", bounds=[(-16.0, 6.0)] * 2) for start in starts]
    between, within = scale * np.exp(min(optima, key=lambda one: float(one.fun)).x)
    return float(between), float(within)


def _posterior(seen: _Seen, between: float, within: float) -> tuple[Floats, Floats, float]:
    """Expected spend and its error for who came back, and the mean purchase of the lowest bucket."""
    share = between / np.maximum(between + within / seen.x, 1e-300)
    logs = np.log(np.where(seen.is_paid, seen.mean, 1.0))
    weight = np.where(seen.is_paid, 1 / np.maximum(between + within / seen.x, 1e-300), 0.0)
    held = seen.sums(weight)
    overall = float(weight @ logs / weight.sum())
    centre = np.where(held > 0, seen.sums(weight * logs) / np.where(held > 0, held, 1.0), overall)[seen.bucket]
    # who paid nothing has no logarithm: zero with the same weight
    raw = np.where(seen.is_paid, np.exp(share * logs + (1 - share) * centre), (1 - share) * np.exp(centre))
    revenue, expected = seen.sums(seen.x * seen.mean), seen.sums(seen.x * raw)
    scaled = raw * (revenue / np.where(expected > 0, expected, 1.0))[seen.bucket]
    error = np.sqrt(between * (1 - share))
    return scaled, error, float(revenue[0] / seen.sums(seen.x)[0])


def _table(seen: _Seen) -> pd.DataFrame:
    frame = pd.DataFrame({"bucket": seen.bucket, "x": seen.x, "amount": seen.x * seen.mean})
    buckets = frame.groupby("bucket").agg(low=("x", "min"), high=("x", "max"), n=("x", "size"), sums=("x", "sum"))
    amount = frame.groupby("bucket")["amount"].sum()
    return pd.DataFrame(
        {
            "repeat_count_low": buckets["low"].astype("int64"),
            "repeat_count_high": buckets["high"].astype("int64"),
            "n": buckets["n"],
            "mean_amount": amount / buckets["sums"],
        }
    ).reset_index(drop=True)


def _common(x: Floats, amounts: Floats) -> float:
    """Standard error of the logarithm of the mean purchase, with customers as the independent units."""
    n, ratio = len(x), float(amounts.sum() / x.sum())
    if n < 2 or ratio <= 0:
        return UNKNOWN
    residual = amounts - ratio * x
    relative = sqrt(n / (n - 1) * float(residual @ residual)) / float(amounts.sum())
    return sqrt(log(1 + relative**2))


def _seen_error(x: Floats, expected: Floats, within: float) -> float:
    """Standard error of the logarithm of what these customers pay together, their true means being what they are.

    Purchases scatter about the own mean of each customer alone: that customers differ is no error about those who were
    seen.
    """
    amounts = x * expected
    if not amounts.sum() > 0:
        return 0.0
    return sqrt(log(1 + np.expm1(within) * float(amounts**2 @ (1 / x)) / float(amounts.sum()) ** 2))
