"""Intervals for the numbers a report opens with: shares, ratios, Gini, top share, median.

Customers are the independent units: what one customer does says nothing about another. Orders are not independent (one
customer places many), so no interval here counts orders as its sample. A value without an honest interval keeps its
value and has NaN for bounds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import exp, isfinite, log, nan, sqrt

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import bdtr, bdtrik, expit, ndtri, stdtrit

from helpers.models.statistics import tails
from helpers.watching import Readable

SMALLEST = 10
"""Fewest customers for an interval that rests on the central limit theorem; with fewer the bounds are NaN."""

DRAWS, SAMPLE = 999, 400
"""Samples that show how a measure of inequality scatters, and the most customers of one."""

Measure = Callable[[NDArray[np.float64]], tuple[NDArray[np.float64], NDArray[np.float64]]]
"""Values and errors, one each per row of ascending amounts."""
Truth = Callable[[NDArray[np.float64], NDArray[np.float64]], float]
"""The measure of a Lorenz curve: shares of customers, and what these hold."""


@dataclass(frozen=True)
class Estimate(Readable):
    """A number, the bounds of its interval, and how many units it rests on. NaN says that there is none."""

    value: float
    low: float
    high: float
    n: int


@dataclass(frozen=True)
class Moments(Readable):
    """Sums over customers of y, x and their products: all that the interval of a ratio of totals needs."""

    n: int
    y: float
    x: float
    yy: float
    xx: float
    xy: float

    @classmethod
    def of(cls, numerators: ArrayLike, denominators: ArrayLike) -> Moments:
        """The moments of two columns, one entry per customer."""
        y, x = np.asarray(numerators, dtype=float), np.asarray(denominators, dtype=float)
        if y.shape != x.shape or y.ndim != 1:
            raise ValueError(f"numerators and denominators must be columns of one length, found {y.shape}, {x.shape}")
        return cls(len(y), float(y.sum()), float(x.sum()), float(y @ y), float(x @ x), float(x @ y))

    @classmethod
    def from_totals(cls, totals: Mapping[str, object], *, n: str, y: str, x: str) -> Moments:
        """The moments of two columns from their totals: sums by name, and sums of products as `<one>_x_<other>`.

        >>> row = {"either_count": 2, "amount": 9, "order_count": 3, "order_count_x_amount": 15}
        >>> row |= {"amount_x_amount": 45, "order_count_x_order_count": 5}
        >>> Moments.from_totals(row, n="either_count", y="amount", x="order_count").xy
        15.0
        """
        products = {tuple(sorted(name.split("_x_"))): value for name, value in totals.items() if "_x_" in name}
        yy, xx, xy = (products[tuple(sorted(pair))] for pair in ((y, y), (x, x), (x, y)))
        y_sum, x_sum, *rest = (float(str(value)) for value in (totals[y], totals[x], yy, xx, xy))
        return cls(int(str(totals[n])), y_sum, x_sum, *rest)


def wilson(count: float, n: int, *, level: float) -> Estimate:
    """A share of n independent units, with Wilson's score interval.

    It never leaves 0 to 1 and holds its coverage where the textbook's p ± z s.e. fails: near 0 and 1, and for small n.

    Parameters
    ----------
    count
        Units that have the property.
    n
        All units. With none the share and its bounds are NaN.
    level
        Coverage, between 0 and 1.

    References
    ----------
    Wilson (1927), Probable inference, the law of succession, and statistical inference, JASA 22(158), 209-212.
    """
    low, high = wilson_bounds(count, n, level=level)
    return Estimate(count / n if n else nan, float(low), float(high), int(n))


def wilson_bounds(count: ArrayLike, n: ArrayLike, *, level: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The bounds of `wilson` for many shares at once, such as the cells of a cohort table; NaN where n is 0 or NaN."""
    k, total = np.asarray(count, dtype=float), np.asarray(n, dtype=float)
    if np.any(k < 0) or np.any(k > total):
        raise ValueError("count must lie between 0 and n")
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, found {level}")
    with np.errstate(invalid="ignore", divide="ignore"):
        share, z = k / total, float(ndtri((1 + level) / 2))
        centre = (share + z**2 / (2 * total)) / (1 + z**2 / total)
        half = z * np.sqrt(share * (1 - share) / total + z**2 / (4 * total**2)) / (1 + z**2 / total)
    below, above = np.maximum(centre - half, 0.0), np.minimum(centre + half, 1.0)
    # at k = 0 and k = n the formula meets 0 and 1 exactly; rounding must not step over them
    low = np.where(k == 0, np.where(total > 0, 0.0, nan), below)
    high = np.where((k == total) & (total > 0), 1.0, above)
    return low, high


def ratio_of_totals(numerators: ArrayLike, denominators: ArrayLike, *, level: float) -> Estimate:
    """The ratio of two totals over customers: revenue per order, or the revenue of a period over that of another.

    Not the mean of the customers' own ratios, which is another number.

    Parameters
    ----------
    numerators, denominators
        One entry per customer each, such as amount and order_count, or amount and previous_amount. Customers for whom
        both are 0 change nothing.
    level
        Coverage, between 0 and 1.

    See Also
    --------
    ratio_from_moments : The same from sums, for customers too many to fetch; formula and reference stand there.
    """
    return ratio_from_moments(Moments.of(numerators, denominators), level=level)


def ratio_from_moments(moments: Moments, *, level: float) -> Estimate:
    """The ratio of two totals, from sums that a database can make.

    Notes
    -----
    With R = sum(y) / sum(x), linearisation gives v(R) = n/(n-1) sum((y - R x)^2) / sum(x)^2. Where the ratio is
    positive the interval is made for log R (standard error se/R) and taken back, so that it cannot fall below 0 and
    allows for the skewness of spending.

    References
    ----------
    Cochran (1977), Sampling Techniques, 3rd ed., section 6.4 (without the finite population correction); Särndal,
    Swensson and Wretman (1992), Model Assisted Survey Sampling, section 5.6.
    """
    m = moments
    if m.x <= 0:
        return Estimate(nan, nan, nan, m.n)
    ratio = m.y / m.x
    if m.n < SMALLEST or ratio <= 0:
        return Estimate(ratio, nan, nan, m.n)
    width = exp(float(stdtrit(m.n - 1, (1 + level) / 2)) * _ratio_error(m) / ratio)
    return Estimate(ratio, ratio / width, ratio * width, m.n)


def gini(amounts: ArrayLike, *, level: float) -> Estimate:
    """The Gini coefficient of customers' amounts, with an interval by a bootstrap that minds the upper tail.

    Parameters
    ----------
    amounts
        One entry per customer, 0 or more.
    level
        Coverage, between 0 and 1. It is kept to some points for spend that is lognormal (up to a standard deviation of
        2.5 of its logarithm), and less where the largest customers' amounts have no variance (Pareto, exponent 2 or
        less: 81 of 100 intervals of 90 % hold, with 300 customers).

    Notes
    -----
    The error by the influence function: with z_k = (2/μ)(y_k F(y_k) + μ(1 - L(y_k))) - (G + 1)(y_k/μ + 1), v(G) =
    sum(z_k^2) / (n (n - 1)). Samples of as many customers are drawn from the amounts with a smooth upper tail
    (`tails.tailed`), whose G is known: how the log odds of theirs, over their own errors, scatter about it gives the
    interval of the log odds of ours (bootstrap-t). With more than 400 customers
    samples of 400 show the scatter, a little more of it.

    References
    ----------
    Langel and Tillé (2013), Variance estimation of the Gini index: revisiting a result several times published,
    JRSS A 176(2), 521-540; Davidson (2009), Reliable inference for the Gini index, Journal of Econometrics 150(1),
    30-40 (the bootstrap-t); the value itself as in `features.concentration`.
    """
    y = _sorted(amounts)

    def truth(held_by: NDArray[np.float64], held: NDArray[np.float64]) -> float:
        return 1 - float(np.diff(held_by) @ (held[1:] + held[:-1]))

    return _inequality(y, _gini, truth, level)


def top_share(amounts: ArrayLike, *, share: float, level: float) -> Estimate:
    """The share of revenue that the top `share` of customers hold, with an interval as that of `gini`.

    Parameters
    ----------
    amounts
        One entry per customer, 0 or more.
    share
        The share of customers called the top, between 0 and 1.
    level
        Coverage, between 0 and 1. The caution of `gini` holds here too.

    Notes
    -----
    One minus the Lorenz ordinate at p = 1 - share. With q the p-quantile of amounts, the influence of a customer on
    that ordinate L is (p q - max(q - y, 0) - L y) / μ.

    References
    ----------
    Beach and Davidson (1983), Distribution-free statistical inference with Lorenz curves and income shares, Review of
    Economic Studies 50(4), 723-735.
    """
    if not 0 < share < 1:
        raise ValueError(f"share must lie between 0 and 1, found {share}")

    def measure(rows: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        return _top_share(rows, share)

    def truth(held_by: NDArray[np.float64], held: NDArray[np.float64]) -> float:
        return 1 - float(np.interp(1 - share, held_by, held))

    return _inequality(_sorted(amounts), measure, truth, level)


def median(values: ArrayLike, *, counts: ArrayLike | None = None, level: float) -> Estimate:
    """The median, with an interval between two order statistics: no assumption on the distribution.

    Parameters
    ----------
    values
        The values that occur, such as gap_days; every value itself where `counts` is not given.
    counts
        How often each occurs, such as gap_count.
    level
        Coverage, at least: the values are steps, so the interval covers a little more. It is for independent values;
        the gaps of one customer resemble each other, and take `median_of_customers`.

    References
    ----------
    David and Nagaraja (2003), Order Statistics, 3rd ed., section 7.1.
    """
    x, ends = _ladder(values, counts)
    n = int(ends[-1]) if len(ends) else 0
    if n == 0:
        return Estimate(nan, nan, nan, 0)

    def at_rank(rank: int) -> float:
        return float(x[np.searchsorted(ends, rank)])

    value = (at_rank((n + 1) // 2) + at_rank(n // 2 + 1)) / 2
    rank = _low_rank(n, (1 - level) / 2)
    bounds = (at_rank(rank), at_rank(n + 1 - rank)) if rank else (nan, nan)
    return Estimate(value, *bounds, n)


def median_of_customers(
    values: ArrayLike, *, counts: ArrayLike, small_counts: ArrayLike, all_counts: ArrayLike, level: float
) -> Estimate:
    """The median of values of which each customer has several, such as gaps, with customers as the independent units.

    Parameters
    ----------
    values, counts
        The values that occur and how often, such as gap_days and gap_count.
    small_counts, all_counts
        One entry per customer: how many values at or below the median they have, and how many in all, such as
        `features.purchases.short_gaps` at the median of the gaps.
    level
        Coverage, between 0 and 1.

    Returns
    -------
    Estimate
        `n` is the number of customers. For CDNOW's gaps the standard error is 2.4 times that for independent gaps.

    References
    ----------
    Woodruff (1952), Confidence intervals for medians and other position measures, JASA 47(260), 635-646; the error of
    the share at or below the median as in `ratio_from_moments`.
    """
    moments = Moments.of(small_counts, all_counts)
    value = median(values, counts=counts, level=level).value
    if moments.n < SMALLEST or moments.x <= 0:
        return Estimate(value, nan, nan, moments.n)
    half = float(stdtrit(moments.n - 1, (1 + level) / 2)) * _ratio_error(moments)
    x, ends = _ladder(values, counts)
    # the smallest value with at least that share at or below it; beyond all values there is no bound
    ranks = [share * ends[-1] for share in (0.5 - half, 0.5 + half)]
    low, high = (float(x[np.searchsorted(ends, rank)]) if 0 < rank <= ends[-1] else nan for rank in ranks)
    return Estimate(value, low, high, moments.n)


def _ladder(values: ArrayLike, counts: ArrayLike | None) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """The values, ascending, and how many lie at or below each."""
    x = np.asarray(values, dtype=float)
    weights = np.ones(len(x), dtype=np.int64) if counts is None else np.asarray(counts, dtype=np.int64)
    order = np.argsort(x, kind="stable")
    return x[order], np.cumsum(weights[order])


def _ratio_error(m: Moments) -> float:
    ratio = m.y / m.x
    squares = max(m.yy - 2 * ratio * m.xy + ratio**2 * m.xx, 0.0)
    return sqrt(m.n / (m.n - 1) * squares) / m.x


def _low_rank(n: int, tail: float) -> int:
    """The largest rank whose order statistic lies above the median with a probability of at most `tail`; 0: none."""
    rank = max(int(np.ceil(bdtrik(tail, n, 0.5))), 0)
    while rank and bdtr(rank - 1, n, 0.5) > tail:
        rank -= 1
    return rank + 1 if bdtr(rank, n, 0.5) <= tail else rank


def _sorted(amounts: ArrayLike) -> NDArray[np.float64]:
    y = np.sort(np.asarray(amounts, dtype=float))
    # NaN sorts last and infinity before it
    if len(y) and (y[0] < 0 or not isfinite(y[-1])):
        raise ValueError(f"amounts must be 0 or more, found {y[0]} to {y[-1]}")
    return y


def _gini(rows: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The Gini coefficient and its error of each row of ascending amounts."""
    n = rows.shape[1]
    held = np.cumsum(rows, axis=1)
    total = held[:, -1:]
    ranks = np.arange(1, n + 1)
    value = np.maximum(2 * (rows @ ranks)[:, None] / (n * total) - (n + 1) / n, 0.0)
    below, held_below = (ranks - 0.5) / n, (held - rows / 2) / total
    influence = 2 * (rows * n / total * below + 1 - held_below) - (value + 1) * (rows * n / total + 1)
    return value[:, 0], _error_of(influence)


def _top_share(rows: NDArray[np.float64], share: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The share of the top and its error of each row of ascending amounts."""
    n, p = rows.shape[1], 1.0 - share
    total, from_rank = rows.sum(axis=1, keepdims=True), n * p
    border = min(int(from_rank), n - 1)
    q = rows[:, border : border + 1]
    value = (rows[:, border + 1 :].sum(axis=1, keepdims=True) + (border + 1 - from_rank) * q) / total
    influence = (np.maximum(q - rows, 0.0) + (1 - value) * rows - p * q) * n / total
    return value[:, 0], _error_of(influence)


def _error_of(influence: NDArray[np.float64]) -> NDArray[np.float64]:
    n = influence.shape[1]
    error: NDArray[np.float64] = np.sqrt(np.einsum("rk,rk->r", influence, influence) / (n * max(n - 1, 1)))
    return error


def _inequality(y: NDArray[np.float64], measure: Measure, truth: Truth, level: float) -> Estimate:
    """A measure of inequality of ascending amounts, with its bootstrap-t interval of log odds."""
    n, total = len(y), float(y.sum())
    if n == 0 or total <= 0:
        return Estimate(nan, nan, nan, n)
    (value,), (error,) = measure(y[None, :])
    like = tails.tailed(y)
    # 1e-9: where all spend the same, rounding leaves a value of 1e-17 without any spread to speak of
    if n < SMALLEST or not 1e-9 < value < 1 - 1e-9 or like is None:
        return Estimate(float(value), nan, nan, n)
    drawn = like.sample(tails.scores(count=DRAWS, size=min(n, SAMPLE)))
    values, errors = measure(drawn[drawn[:, -1] > 0])
    scatter = _over_error(values, errors, truth(*like.lorenz()))
    if not len(scatter):
        return Estimate(float(value), nan, nan, n)
    low, high = np.quantile(scatter, [(1 + level) / 2, (1 - level) / 2])
    step, odds = float(error / (value * (1 - value))), log(value / (1 - value))
    bounds = [float(expit(odds - at * step)) for at in (low, high)]
    return Estimate(float(value), min(bounds[0], float(value)), max(bounds[1], float(value)), n)


def _over_error(values: NDArray[np.float64], errors: NDArray[np.float64], centre: float) -> NDArray[np.float64]:
    """How far the log odds of drawn measures are from their true ones, in their own errors; what has none is left."""
    is_inside = (values > 1e-9) & (values < 1 - 1e-9) & (errors > 0)
    some = values[is_inside]
    odds: NDArray[np.float64] = np.log(some / (1 - some)) - log(centre / (1 - centre))
    return odds * some * (1 - some) / errors[is_inside]
