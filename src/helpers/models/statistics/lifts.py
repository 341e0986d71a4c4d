"""Lift over the base, shrunk: how many times as common something is in a group, so that small cells do not shout."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betainc, betaln

SPREADS = np.geomspace(0.01, 3.0, 32)
"""Standard deviations that the true lifts of an attribute may have about one."""
USUAL_SPREAD = 0.5
"""Half of the weight is given to spreads below this before the data are seen."""
SMALLEST_WEIGHT = 1e-4
HALVINGS = 40

Floats = NDArray[np.float64]


class Lifts(NamedTuple):
    """Lifts with the bounds of their intervals, one entry per cell."""

    value: Floats
    low: Floats
    high: Floats


class _Posterior(NamedTuple):
    """Beta distributions of the shares: a row per spread with its weight, a column per cell."""

    weights: Floats
    first: Floats
    second: Floats


def shrunk(
    share: ArrayLike, *, count: ArrayLike, base_share: ArrayLike, level: float, free_share: float = 1.0
) -> Lifts:
    """The lifts of many cells of one attribute, drawn towards one by as much as such cells deserve.

    Parameters
    ----------
    share
        Share of each cell's group that is in the cell, 0 to 1.
    count
        Customers that the share rests on, above 0; need not be whole (see `effective_count`).
    base_share
        Share of the base that is in the cell's level, above 0 and at most 1.
    level
        Coverage of the intervals, between 0 and 1.
    free_share
        Share of the cells that are free to vary, above 0 and at most 1: (1 - 1/groups) (1 - 1/levels) for a whole table
        whose base is its sum. A table of two by two tells its one difference four times.

    Returns
    -------
    Lifts
        Posterior mean of share / base_share, and quantiles. All that is known of how far lifts stray is learnt from the
        cells given: of one attribute, so that regions teach regions. A base_share of 1 has a lift of exactly 1.

    Notes
    -----
    A share is a priori Beta(a, a (1 - p) / p), with p the share of the base: the lift has mean 1, and of rare levels
    the gamma distribution of shape a. With x of n the posterior mean is (x + a) / (n p + a). The spread 1 / sqrt(a) is
    not fixed at a best guess, which makes intervals too narrow where cells are few, but averaged over with the
    likelihood of the cells (beta-binomial, to the power of free_share) and a half-Cauchy prior.

    References
    ----------
    DuMouchel (1999), Bayesian data mining in large frequency tables, The American Statistician 53(3), 177-190 (the
    gamma-Poisson shrinkage of a ratio to what is expected); Gelman (2006), Prior distributions for variance parameters
    in hierarchical models, Bayesian Analysis 1(3), 515-534 (the half-Cauchy).
    """
    s, n, p = np.broadcast_arrays(*(np.asarray(each, dtype=float) for each in (share, count, base_share)))
    if not (((s >= 0) & (s <= 1)).all() and ((n > 0) & (n < np.inf)).all() and ((p > 0) & (p <= 1)).all()):
        raise ValueError("shares must lie between 0 and 1, finite counts and the shares of the base above 0")
    value, low, high = (np.ones(s.shape) for _ in range(3))
    is_open = p < 1
    if is_open.any():
        s, n, p = s[is_open], n[is_open], p[is_open]
        posterior = _posterior(s * n, n, p, free_share)
        tails = ((1 - level) / 2, (1 + level) / 2)
        low[is_open], high[is_open] = (_quantile(posterior, tail) / p for tail in tails)
        means = posterior.first / (posterior.first + posterior.second)
        value[is_open] = posterior.weights @ means / p
    return Lifts(value, low, high)


def effective_count(
    share: ArrayLike, *, count: ArrayLike, base_share: ArrayLike, base_count: int, design_effect: ArrayLike = 1.0
) -> Floats:
    """The customers that a lift rests on, given that its group is part of the base.

    Parameters
    ----------
    share, base_share
        Share of the group, and of the base that holds the group, 0 to 1.
    count, base_count
        Customers of the group, and of the base.
    design_effect
        Variance of the group's share over that of as many customers with one level each: below 1 where customers are
        divided over levels.

    Returns
    -------
    numpy.ndarray
        The number of customers whose share, against a base known exactly, would be as sure as this lift; infinite for a
        group that is the base.

    Notes
    -----
    With w = count / base_count, share p of the group, q of the others and P of the base, linearisation gives
    v(log lift) = ((1 - w) q / P)^2 (v(p) / p^2 + v(q) / q^2); n = (1 - p) / (p v). For p = q it is count / (1 - w).
    One customer with the base's share is added to the group, so that a share of 0 has a variance.
    """
    s, n, base = (np.asarray(each, dtype=float) for each in (share, count, base_share))
    rest = base_count - n
    p = np.clip((n * s + base) / (n + 1), 1e-9, 1 - 1e-9)
    with np.errstate(divide="ignore", invalid="ignore"):
        q = np.clip((base_count * base - n * s) / rest, 1e-9, 1 - 1e-9)
        relative = design_effect * ((1 - p) / (n * p) + (1 - q) / (rest * q))
        variance = ((rest / base_count) * q / base) ** 2 * relative
        return np.where(rest > 0, (1 - p) / (p * variance), np.inf)


def _posterior(x: Floats, n: Floats, p: Floats, free_share: float) -> _Posterior:
    strengths = (SPREADS**-2)[:, None]
    first, second = strengths, strengths * (1 - p) / p
    likelihood = free_share * (betaln(first + x, second + n - x) - betaln(first, second)).sum(axis=1)
    # on a grid of equal steps of the logarithm a density is weighed with the spread itself
    prior = np.log(SPREADS) - np.log1p((SPREADS / USUAL_SPREAD) ** 2)
    weights = np.exp(likelihood + prior - (likelihood + prior).max())
    weights /= weights.sum()
    kept = weights > SMALLEST_WEIGHT
    return _Posterior(weights[kept] / weights[kept].sum(), (first + x)[kept], (second + n - x)[kept])


def _quantile(posterior: _Posterior, tail: float) -> Floats:
    low, high = np.zeros(posterior.first.shape[1]), np.ones(posterior.first.shape[1])
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        is_below = posterior.weights @ betainc(posterior.first, posterior.second, middle) < tail
        low, high = np.where(is_below, middle, low), np.where(is_below, high, middle)
    return (low + high) / 2
