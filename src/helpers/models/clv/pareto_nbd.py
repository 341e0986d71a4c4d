"""Pareto/NBD: purchases at a Gamma rate until an end that comes, in time, at a Gamma rate of its own.

References
----------
Schmittlein, Morrison and Colombo (1987), Counting your customers, Management Science 33(1).
Fader and Hardie (2005), A note on deriving the Pareto/NBD model and related expressions: the likelihood as an integral
over the day of the end, which is what is computed here; and Fader, Hardie and Lee (2005), RFM and CLV, Journal of
Marketing Research 42(4), for DERT.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from scipy.special import digamma, expit, exprel, gammaln

from helpers.models.clv import quadrature
from helpers.models.clv.model import BuyingModel, check_rate
from helpers.models.clv.rows import Floats, Rows

NODES = 24
BLOCK = 4_096
NEGLIGIBLE = 45.0
"""The integrand is left where it has fallen by this many powers of e: 3e-20."""


def _log_likelihood(theta: Floats, rows: Rows) -> tuple[Floats, Floats]:
    r, alpha, s, beta = theta
    x = rows.frequency
    log_ended, in_ended = _ended(theta, rows)
    log_there = -(r + x) * np.log(alpha + rows.age) - s * np.log(beta + rows.age)
    gone = expit(log_ended - log_there)[:, None]
    counts = np.arange(int(x.max(initial=0)) + 1, dtype=float)
    n = x.astype(np.int64)
    value = (gammaln(r + counts) - gammaln(r))[n] + r * np.log(alpha) + s * np.log(beta)
    value = value + np.logaddexp(log_there, log_ended)
    in_there = np.column_stack(
        [
            -np.log(alpha + rows.age),
            -(r + x) / (alpha + rows.age),
            -np.log(beta + rows.age),
            -s / (beta + rows.age),
        ]
    )
    gradient = (1 - gone) * in_there + gone * in_ended
    gradient[:, 0] += (digamma(r + counts) - digamma(r))[n] + np.log(alpha)
    gradient[:, 1] += r / alpha
    gradient[:, 2] += np.log(beta)
    gradient[:, 3] += s / beta
    return value, gradient * theta


def _ended(theta: Floats, rows: Rows) -> tuple[Floats, Floats]:
    """Log of s times the integral over the time of the end, from the last purchase to the end of watching.

    Returns it per row (minus infinity where the last purchase is the end of watching) and its gradient in theta.
    """
    value, gradient = np.empty(len(rows)), np.empty((len(rows), 4))

    def fill(part: slice) -> None:
        value[part], gradient[part] = _ended_block(theta, rows.frequency[part], rows.recency[part], rows.age[part])

    _by_block(fill, len(rows))
    return value, gradient


def _by_block(fill: Callable[[slice], None], count: int) -> None:
    """Fill block by block, of a size that stays in the cache, on all cores."""
    parts = [slice(start, start + BLOCK) for start in range(0, count, BLOCK)]
    if len(parts) < 2:
        fill(slice(None))
    else:
        with ThreadPoolExecutor(min(len(parts), os.cpu_count() or 1)) as pool:
            list(pool.map(fill, parts))


def _along(theta: Floats, x: Floats, recency: Floats, age: Floats) -> tuple[Floats, Floats, Floats]:
    """Times after the last purchase, rows by nodes; the scale and the width of the variable that they are even in.

    The variable is log(1 + (t - t_x) / scale). The scale is the shorter of the two memories, and the range ends where
    nothing is left: then the integrand is smooth in the variable, however many purchases there are.
    """
    r, alpha, s, beta = theta
    near_alpha, near_beta = alpha + recency, beta + recency
    scale = np.minimum(near_alpha, near_beta)
    reach = np.minimum(age - recency, near_beta * np.expm1(np.minimum(NEGLIGIBLE / (s + 1), 700.0)))
    reach = np.minimum(reach, near_alpha * np.expm1(np.minimum(NEGLIGIBLE / (r + x), 700.0)))
    width = np.log1p(reach / scale)
    return width[:, None] * quadrature.legendre(NODES)[0], scale, width


def _ended_block(theta: Floats, x: Floats, recency: Floats, age: Floats) -> tuple[Floats, Floats]:
    """The integral of s (alpha + t)^-(r + x) (beta + t)^-(s + 1) over t, as `_ended` has it, by a Gauss rule."""
    r, alpha, s, beta = theta
    y, scale, width = _along(theta, x, recency, age)
    after = scale[:, None] * np.expm1(y)
    in_alpha, in_beta = (alpha + recency)[:, None] + after, (beta + recency)[:, None] + after
    log_alpha, log_beta = np.log(in_alpha), np.log(in_beta)
    exponent = y - (r + x)[:, None] * log_alpha - (s + 1) * log_beta
    highest = exponent.max(axis=1, keepdims=True)
    mass = np.exp(exponent - highest) * quadrature.legendre(NODES)[1]
    total = mass.sum(axis=1)
    with np.errstate(divide="ignore"):
        value = np.log(s) + highest[:, 0] + np.log(total) + np.log(scale) + np.log(width)
    mass /= total[:, None]
    gradient = np.column_stack(
        [
            -(mass * log_alpha).sum(axis=1),
            -(r + x) * (mass / in_alpha).sum(axis=1),
            1 / s - (mass * log_beta).sum(axis=1),
            -(s + 1) * (mass / in_beta).sum(axis=1),
        ]
    )
    return value, gradient


def _p_alive(theta: Floats, rows: Rows) -> Floats:
    """The odds of having ended are the integral of `_ended_block`, here relative to its start and without gradient."""
    odds = np.empty(len(rows))

    def fill(part: slice) -> None:
        odds[part] = _log_odds_ended(theta, rows.frequency[part], rows.recency[part], rows.age[part])

    _by_block(fill, len(rows))
    return expit(-odds)


def _log_odds_ended(theta: Floats, x: Floats, recency: Floats, age: Floats) -> Floats:
    r, alpha, s, beta = theta
    y, scale, width = _along(theta, x, recency, age)
    near_alpha, near_beta = alpha + recency, beta + recency
    after = scale[:, None] * np.expm1(y)
    falling = (
        y - (r + x)[:, None] * np.log1p(after / near_alpha[:, None]) - (s + 1) * np.log1p(after / near_beta[:, None])
    )
    since_last = (r + x) * np.log((alpha + age) / near_alpha) + s * np.log((beta + age) / near_beta)
    with np.errstate(divide="ignore"):
        total = np.log(np.exp(falling) @ quadrature.legendre(NODES)[1]) + np.log(width)
    return np.log(s * scale / near_beta) + total + since_last


def _lived(s: float, start: Floats, weeks: Floats | float) -> Floats:
    """Expected weeks lived of the coming `weeks`: the end comes at a rate of Gamma(s, start)."""
    memory = np.log1p(weeks / start)
    return start * memory * exprel(-(s - 1) * memory)


def _expected_purchases(theta: Floats, rows: Rows, weeks: float) -> Floats:
    r, alpha, s, beta = theta
    rate = (r + rows.frequency) / (alpha + rows.age)
    return _p_alive(theta, rows) * rate * _lived(s, beta + rows.age, weeks)


def _expected_new(theta: Floats, weeks: Floats) -> Floats:
    r, alpha, s, beta = theta
    return r / alpha * _lived(s, np.asarray(beta), np.asarray(weeks, dtype=float))


def _count_shares(theta: Floats, age: Floats, count_max: int) -> Floats:
    """P(X(age) = k): k purchases of somebody who is still there, or of somebody who ended at a time before."""
    r, alpha, s, beta = theta
    k = np.arange(count_max + 1, dtype=float)
    age = np.asarray(age, dtype=float)
    nodes, weights = quadrature.legendre(128)
    width = np.minimum(np.log1p(age / beta), NEGLIGIBLE / s)[:, None]
    ends = beta * np.expm1(width * nodes)
    density = width * weights * s * np.exp(-s * width * nodes)
    there = np.exp(-s * np.log1p(age / beta))[:, None] * _bought(r, alpha, age, k)
    return there + np.einsum("an,ank->ak", density, _bought(r, alpha, ends, k))


def _bought(r: float, alpha: float, time: Floats, k: Floats) -> Floats:
    """NBD shares of k purchases in `time`, along a new last axis."""
    passed = (time / (alpha + time))[..., None]
    with np.errstate(divide="ignore", invalid="ignore"):
        powers = np.where(k == 0, 0.0, k * np.log(passed))
    return np.exp(gammaln(r + k) - gammaln(r) - gammaln(k + 1) - r * np.log1p(time / alpha)[..., None] + powers)


def _residual(theta: Floats, rows: Rows, weekly_rate: float) -> Floats:
    """DERT: P(alive) times the rate times the discounted weeks to live, in closed form a confluent hypergeometric."""
    check_rate(weekly_rate)
    r, alpha, s, beta = theta
    ages, back = np.unique(rows.age, return_inverse=True)
    start = beta + ages
    time, masses = quadrature.half_line(min(start[0] / max(s, 1.0), 1 / weekly_rate), 1 / weekly_rate)
    weeks = np.exp(-s * np.log1p(time / start[:, None])) @ (masses * np.exp(-weekly_rate * time))
    rate = (r + rows.frequency) / (alpha + rows.age)
    return _p_alive(theta, rows) * rate * weeks[back.reshape(-1)]


def _draw(theta: Floats, rows: Rows, weeks: float | Floats, rng: np.random.Generator) -> Floats:
    r, alpha, s, beta = theta
    x, age = rows.frequency[rows.index], rows.age[rows.index]
    is_alive = rng.random(len(x)) < _p_alive(theta, rows)[rows.index]
    future = np.zeros(x.shape + np.shape(weeks))
    x, age = x[is_alive], age[is_alive]
    rate = rng.gamma(r + x) / (alpha + age)
    ends = (beta + age) / np.maximum(rng.gamma(s, size=len(x)), 1e-300) * rng.exponential(size=len(x))
    if np.ndim(weeks):
        lived = np.diff(np.minimum(ends[:, None], weeks), axis=1, prepend=0.0)
        future[is_alive] = rng.poisson(rate[:, None] * lived)
    else:
        future[is_alive] = rng.poisson(rate * np.minimum(ends, weeks))
    return future


def _means(theta: Floats) -> dict[str, float]:
    r, alpha, s, beta = theta
    return {
        "purchase_rate_per_week": r / alpha,
        "dropout_rate_per_week": s / beta,
        "median_lifetime_weeks": beta * np.expm1(np.log(2) / s),
    }


PARETO_NBD = BuyingModel(
    name="pareto_nbd",
    title="Pareto/NBD",
    parameters=("r", "alpha", "s", "beta"),
    is_scaled=(False, True, False, True),
    log_likelihood=_log_likelihood,
    p_alive=_p_alive,
    expected_purchases=_expected_purchases,
    expected_new=_expected_new,
    count_shares=_count_shares,
    residual=_residual,
    draw=_draw,
    means=_means,
    starts=((0.5, 0.3, 0.6, 0.4), (1.5, 1.0, 1.5, 1.5), (0.3, 0.1, 0.3, 0.05), (2.0, 1.0, 0.2, 1.0)),
)
