"""Whether customers who come often spend more or less each time: the assumption under which Gamma-Gamma may be used.

References
----------
Fader, Hardie and Lee (2005), RFM and CLV: using iso-value curves for customer base analysis, Journal of Marketing
Research 42(4): with a correlation of 0.11 over CDNOW's repeat buyers the assumption is taken to hold.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log, nan, sqrt

import numpy as np
import pandas as pd
from scipy.special import ndtri

from helpers.models.buying.rows import Floats, Whole
from helpers.models.statistics.intervals import SMALLEST, Estimate, ratio_of_totals
from helpers.watching import Readable

STRONG_CORRELATION = 0.3
"""A correlation from which on spend is taken to hang on frequency: medium, in the words of Cohen (1988)."""
STRONG_GAP = 0.2
"""The same for the money: how far the mean of purchases may lie from the mean of customers."""
FEWEST_IN_BUCKET = 30


@dataclass(frozen=True, eq=False)
class Independence(Readable):
    """How the spend of a purchase goes with the number of purchases, over the customers who came back.

    Attributes
    ----------
    pearson, spearman
        Correlation of repeat_count and mean_amount, and of their ranks; NaN where all are alike.
    gap
        By how much the mean purchase lies above the mean customer, as a share: 0.1 is 10 % more, and what a total would
        miss if every customer were given the mean of all.
    buckets
        One row per bucket of repeat_count, ascending: repeat_count_low, repeat_count_high, n, mean_amount (of the
        customers' means), low, high; bounds are NaN for fewer than 10 customers.
    is_tested
        Whether the data can tell: 10 customers at least, and of different frequency and spend.
    is_independent
        False where the data show that it matters: a correlation of 0.3, or a gap of 20 %, whose interval leaves out
        none. Small but certain is no reason, nor is large but uncertain; true where nothing could be tested.
    note
        The finding as a sentence.
    """

    pearson: Estimate
    spearman: Estimate
    gap: Estimate
    buckets: pd.DataFrame
    is_tested: bool
    is_independent: bool
    note: str


def independence(spend: pd.DataFrame, *, level: float) -> Independence:
    """Whether spend goes with frequency so much that Gamma-Gamma must not be used.

    Parameters
    ----------
    spend
        One row per customer: repeat_count (0 or more), mean_amount (per repeat purchase, NaN for one-time buyers).
    level
        Coverage of the intervals, between 0 and 1.

    Notes
    -----
    Pearson's correlation has the standard error of its influence function, u v - r (u^2 + v^2) / 2 of the standardised
    values, since spend is far from normal, but no less than a normal one's; Spearman's has that of Bonett and Wright
    (2000, Psychometrika 65(1)), sqrt((1 + r^2 / 2) / (n - 3)) on Fisher's scale. It is a little above 0 even where
    the assumption holds, by 0.04 for CDNOW: the mean of many purchases is less skew than that of one, so its median is
    higher. Hence the verdict asks for size, not for a p.
    """
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, found {level}")
    repeat = spend[(spend["repeat_count"] > 0) & np.isfinite(spend["mean_amount"])]
    x, mean = (repeat[name].to_numpy(dtype=float) for name in ("repeat_count", "mean_amount"))
    z = float(ndtri((1 + level) / 2))
    is_tested = len(x) >= SMALLEST and bool(np.ptp(x) > 0) and bool(np.ptp(mean) > 0)
    pearson, spearman, gap = _pearson(x, mean, z), _spearman(x, mean, z), _gap(x, mean, z)
    measures = [(pearson, STRONG_CORRELATION), (spearman, STRONG_CORRELATION), (gap, STRONG_GAP)]
    is_strong = any(_is_strong(measure, limit) for measure, limit in measures)
    return Independence(
        pearson=pearson,
        spearman=spearman,
        gap=gap,
        buckets=bucket_means(x, mean, level=level),
        is_tested=is_tested,
        is_independent=not is_strong,
        note=_note(pearson, gap, n=len(x), is_tested=is_tested, is_strong=is_strong),
    )


def bucket_means(x: Floats, mean: Floats, *, level: float) -> pd.DataFrame:
    """The mean spend of customers by bucket of frequency; see `Independence.buckets`."""
    codes = bucket(x)
    rows = []
    for code in range(int(codes.max(initial=-1)) + 1):
        here = codes == code
        bucket_mean = ratio_of_totals(mean[here], np.ones(int(here.sum())), level=level)
        rows.append(
            (
                int(x[here].min()),
                int(x[here].max()),
                bucket_mean.n,
                bucket_mean.value,
                bucket_mean.low,
                bucket_mean.high,
            )
        )
    names = ["repeat_count_low", "repeat_count_high", "n", "mean_amount", "low", "high"]
    return pd.DataFrame(rows, columns=names).astype({"n": "int64"})


def bucket(x: Floats) -> Whole:
    """The bucket of each number of repeat purchases: 1, 2, 3-4, 5-8, 9-16 and so on, joined until each has 30.

    Joined are neighbours, from the top down; numbers go up from 0 with frequency.
    """
    codes = np.ceil(np.log2(np.maximum(x, 1.0))).astype(np.int64)
    counts = np.bincount(codes)
    group, joined, held = len(counts) - 1, np.zeros(len(counts), dtype=np.int64), 0
    for code in range(len(counts) - 1, -1, -1):
        joined[code] = group
        held += counts[code]
        if held >= FEWEST_IN_BUCKET and counts[:code].sum() >= FEWEST_IN_BUCKET:
            group, held = code - 1, 0
    return np.unique(joined[codes], return_inverse=True)[1].reshape(-1).astype(np.int64)


def _is_strong(measure: Estimate, limit: float) -> bool:
    return abs(measure.value) >= limit and (measure.low > 0 or measure.high < 0)


def _pearson(x: Floats, y: Floats, z: float) -> Estimate:
    n = len(x)
    if n < 2 or np.ptp(x) == 0 or np.ptp(y) == 0:
        return Estimate(nan, nan, nan, n)
    u, v = (x - x.mean()) / x.std(), (y - y.mean()) / y.std()
    r = float(np.clip((u * v).mean(), -1.0, 1.0))
    influence = u * v - r * (u**2 + v**2) / 2
    error = sqrt(float(influence @ influence)) / n / max(1 - r**2, 1e-300)
    return _fisher(r, max(error, 1 / sqrt(n - 3)) if n > 3 else nan, n, z)


def _spearman(x: Floats, y: Floats, z: float) -> Estimate:
    n = len(x)
    if n < 2 or np.ptp(x) == 0 or np.ptp(y) == 0:
        return Estimate(nan, nan, nan, n)
    r = float(np.clip(np.corrcoef(pd.Series(x).rank(), pd.Series(y).rank())[0, 1], -1.0, 1.0))
    return _fisher(r, sqrt((1 + r**2 / 2) / (n - 3)) if n > 3 else nan, n, z)


def _fisher(r: float, error: float, n: int, z: float) -> Estimate:
    """The interval of a correlation, made for its inverse hyperbolic tangent and taken back."""
    if n < SMALLEST or abs(r) > 1 - 1e-12:
        return Estimate(r, nan, nan, n)
    centre = np.arctanh(r)
    return Estimate(r, float(np.tanh(centre - z * error)), float(np.tanh(centre + z * error)), n)


def _gap(x: Floats, y: Floats, z: float) -> Estimate:
    """The ratio of the mean purchase to the mean customer, less 1; linearised, on the log scale."""
    n, total = len(x), float(x @ y)
    if n == 0 or total <= 0 or y.sum() <= 0:
        return Estimate(nan, nan, nan, n)
    ratio = total / float(x.sum()) / float(y.mean())
    if n < SMALLEST:
        return Estimate(ratio - 1, nan, nan, n)
    influence = x * y * n / total - x / x.mean() - y / y.mean() + 1
    error = z * sqrt(float(influence @ influence)) / n
    return Estimate(ratio - 1, exp(log(ratio) - error) - 1, exp(log(ratio) + error) - 1, n)


def _note(pearson: Estimate, gap: Estimate, *, n: int, is_tested: bool, is_strong: bool) -> str:
    if not is_tested:
        who = "customer who" if n == 1 else "customers who"
        return f"Whether spend goes with frequency is unknown: {n:,} {who} came back."
    # adding zero takes the sign from -0.00
    r, low, high = (round(value, 2) + 0.0 for value in (pearson.value, pearson.low, pearson.high))
    share = f"{abs(gap.value):.0%}"
    side = "level with" if share == "0%" else f"{share} {'above' if gap.value > 0 else 'below'}"
    evidence = f"correlation {r:.2f} ({low:.2f} to {high:.2f}), the mean purchase {side} the mean customer"
    evidence += f", {n:,} customers who came back"
    if is_strong:
        return f"Spend goes with frequency, too much for Gamma-Gamma: {evidence}."
    return f"Spend hardly goes with frequency: {evidence}."
