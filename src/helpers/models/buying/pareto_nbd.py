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
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from scipy.special import digamma, expit, exprel, gammaln

from helpers.models.buying import draws, quadrature
from helpers.models.buying.interface import BuyingModel, check_rate
from helpers.models.buying.rows import Floats, Rows, Whole

NODES = 20
BLOCK = 4_096
NEGLIGIBLE = 45.0
"""The integrand is left where it has fallen by this many powers of e: 3e-20."""


def _log_likelihood(theta: Floats, rows: Rows) -> tuple[Floats, Floats]:
    """The likelihood of a customer who is there, times 1 + the odds of one who has ended."""
    r, alpha, s, beta = theta
    in_ended = np.empty((len(rows), 4))
    odds = _log_odds_ended(theta, rows, in_ended)
    counts = np.arange(int(rows.frequency.max(initial=0)) + 1, dtype=float)
    n = rows.frequency.astype(np.int64)
    log_alpha, log_beta = np.log(alpha + rows.age), np.log(beta + rows.age)
    value = (gammaln(r + counts) - gammaln(r))[n] + r * np.log(alpha) + s * np.log(beta)
    value += np.logaddexp(0.0, odds) - (r + rows.frequency) * log_alpha - s * log_beta
    power = r + rows.frequency
    there = [-log_alpha, -power / (alpha + rows.age), -log_beta, -s / (beta + rows.age)]
    gone = expit(odds)[:, None]
    gradient = np.column_stack(there) * (1 - gone) + in_ended * gone
    gradient[:, 0] += (digamma(r + counts) - digamma(r))[n]
    gradient += [np.log(alpha), r / alpha, np.log(beta), s / beta]
    return value, gradient * theta


def _log_odds_ended(theta: Floats, rows: Rows, gradient: Floats | None = None) -> Floats:
    """Log of the odds that the customer has ended; minus infinity where the last purchase is the end of watching.

    Fills `gradient`, rows by parameters: of the log of the likelihood of a customer who has ended. Works block by
    block, of a size that stays in the cache, on all cores.
    """
    odds = np.empty(len(rows))

    def fill(part: slice) -> None:
        into = None if gradient is None else gradient[part]
        odds[part] = _block(theta, rows.frequency[part], rows.recency[part], rows.age[part], into)

    parts = [slice(start, start + BLOCK) for start in range(0, len(rows), BLOCK)]
    if len(parts) == 1:
        fill(parts[0])
    else:
        with ThreadPoolExecutor(min(len(parts), os.cpu_count() or 1)) as pool:
            list(pool.map(fill, parts))
    return odds


def _block(theta: Floats, x: Floats, recency: Floats, age: Floats, gradient: Floats | None) -> Floats:
    """The integral of s (alpha + t)^-(r + x) (beta + t)^-(s + 1) over the time t of the end, from t_x to T.

    By a Gauss rule in y = log(1 + (t - t_x) / near), where `near` is the shorter of the two memories, alpha + t_x and
    beta + t_x, and `far` the longer. The range ends where nothing is left: then the integrand is smooth in y, however
    many purchases there are. It is worked out relative to its value at t_x.
    """
    r, alpha, s, beta = theta
    powers = r + x, np.broadcast_to(s + 1, x.shape)
    (near_power, near), (far_power, far) = sorted(zip(powers, (alpha, beta), strict=True), key=lambda pair: pair[1])
    near, far, gap = near + recency, far + recency, far - near
    reach = age - recency
    for power, memory in ((near_power, near), (far_power, far)):
        reach = np.minimum(reach, memory * np.expm1(np.minimum(NEGLIGIBLE / power, 600.0)))
    width = np.log1p(reach / near)
    nodes, weights = quadrature.legendre(NODES)
    y = width[:, None] * nodes
    growth = np.exp(y)
    time = near[:, None] * growth + gap  # since the longer memory began
    log_far = np.log(time)
    mass = np.exp(y * (1 - near_power)[:, None] - (log_far - np.log(far)[:, None]) * far_power[:, None])
    total = mass @ weights
    if gradient is not None:
        mass *= weights / total[:, None]
        in_near = -np.log(near) - width * (mass @ nodes), -near_power / near * (mass / growth).sum(axis=1)
        in_far = -np.einsum("ij,ij->i", mass, log_far), -far_power * (mass / time).sum(axis=1)
        of_alpha, of_beta = (in_near, in_far) if alpha <= beta else (in_far, in_near)
        gradient[:] = np.column_stack([*of_alpha, 1 / s + of_beta[0], of_beta[1]])
    since = (r + x) * np.log((alpha + age) / (alpha + recency)) + s * np.log((beta + age) / (beta + recency))
    with np.errstate(divide="ignore"):
        return since + np.log(s * near / (beta + recency)) + np.log(total * width)


def _p_alive(theta: Floats, rows: Rows) -> Floats:
    return expit(-_log_odds_ended(theta, rows))


def _lived(s: float, start: Floats, weeks: Floats | float) -> Floats:
    """Expected weeks lived of the coming `weeks`: the end comes at a rate of Gamma(s, start)."""
    memory = np.log1p(weeks / start)
    return start * memory * exprel(-(s - 1) * memory)


def _expected_purchases(theta: Floats, rows: Rows, weeks: float, p_alive: Floats | None = None) -> Floats:
    r, alpha, s, beta = theta
    known = _p_alive(theta, rows) if p_alive is None else p_alive
    rate = (r + rows.frequency) / (alpha + rows.age)
    return known * rate * _lived(s, beta + rows.age, weeks)


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


def _buyers(
    theta: Floats, rows: Rows, weeks: float | Floats, rng: np.random.Generator, p_alive: Floats | None = None
) -> tuple[Whole, Whole]:
    r, alpha, s, beta = theta
    known = _p_alive(theta, rows) if p_alive is None else p_alive
    # who buys nothing even without an end to come need not be looked at again
    x, age, kinds = rows.futures
    buys = draws.chance_of_any(r + x, np.max(weeks) / (alpha + age))[kinds]
    who, uniform = draws.chosen(known * buys, rows.index, rng)
    own = rows.index[who]
    ends = (beta + rows.age[own]) * np.expm1(np.minimum(rng.standard_exponential(len(who)) / s, 600.0))
    lived = np.minimum(ends, np.max(weeks))
    shape, reach = r + rows.frequency[own], lived / (alpha + rows.age[own])
    bought = draws.purchases(uniform * buys[own], np.arange(len(who)), shape=shape, reach=reach, rng=rng)
    return who, draws.by_period(bought, np.asarray(weeks), lived, rng=rng) if np.ndim(weeks) else bought


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
    buyers=_buyers,
    means=_means,
    starts=((0.5, 0.3, 0.6, 0.4), (1.5, 1.0, 1.5, 1.5), (0.3, 0.1, 0.3, 0.05), (2.0, 1.0, 0.2, 1.0)),
)
