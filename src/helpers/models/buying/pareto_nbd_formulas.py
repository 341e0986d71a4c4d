"""What a Pareto/NBD is made of, whether buying and leaving run on one clock or on two.

Buying runs on a clock: that of the calendar, or one that follows a season. Leaving runs on the calendar. Where a
function is not told of a clock, both are one.

References
----------
Those of `pareto_nbd`.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import digamma, expit, exprel, gammaln

from helpers.models.buying import draws, quadrature
from helpers.models.buying.interface import check_rate
from helpers.models.buying.rows import Floats, Rows, Whole

Clock = Callable[[ArrayLike], Floats]
"""Weeks of the calendar, from the end of watching back or on, to weeks of the clock of buying in them."""
Block = Callable[[Floats, Floats, Floats, Floats, Floats | None], Floats]
"""(theta, frequency, recency, age, gradient) to the log of the odds of having ended: see `log_odds_ended`."""

BLOCK = 4_096
NEGLIGIBLE = 45.0
"""The integrand is left where it has fallen by this many powers of e: 3e-20."""


def log_likelihood(
    theta: Floats, frequency: Floats, ages: tuple[Floats, Floats], odds: Floats, in_ended: Floats
) -> tuple[Floats, Floats]:
    """The likelihood of a customer who is there, times 1 + the odds of one who has ended; and its gradient.

    Parameters
    ----------
    theta
        r, alpha, s, beta.
    frequency, ages
        Repeat purchases, and weeks from the first to the end of watching: on the clock of buying, and on the calendar.
    odds, in_ended
        Of `log_odds_ended`.
    """
    r, alpha, s, beta = theta
    bought, left = ages
    counts = np.arange(int(frequency.max(initial=0)) + 1, dtype=float)
    n = frequency.astype(np.int64)
    log_alpha, log_beta = np.log(alpha + bought), np.log(beta + left)
    value = (gammaln(r + counts) - gammaln(r))[n] + r * np.log(alpha) + s * np.log(beta)
    value += np.logaddexp(0.0, odds) - (r + frequency) * log_alpha - s * log_beta
    power = r + frequency
    there = [-log_alpha, -power / (alpha + bought), -log_beta, -s / (beta + left)]
    gone = expit(odds)[:, None]
    gradient = np.column_stack(there) * (1 - gone) + in_ended * gone
    gradient[:, 0] += (digamma(r + counts) - digamma(r))[n]
    gradient += [np.log(alpha), r / alpha, np.log(beta), s / beta]
    return value, gradient * theta


def log_odds_ended(theta: Floats, rows: Rows, gradient: Floats | None = None, *, block: Block) -> Floats:
    """Log of the odds that the customer has ended; minus infinity where the last purchase is the end of watching.

    Fills `gradient`, rows by parameters: of the log of the likelihood of a customer who has ended.
    """
    odds = np.empty(len(rows))

    def fill(part: slice) -> None:
        into = None if gradient is None else gradient[part]
        odds[part] = block(theta, rows.frequency[part], rows.recency[part], rows.age[part], into)

    by_blocks(fill, len(rows))
    return odds


def by_blocks(fill: Callable[[slice], None], count: int) -> None:
    """Call for each block of so many rows, of a size whose nodes stay in the cache, on all cores."""
    parts = [slice(start, start + BLOCK) for start in range(0, count, BLOCK)]
    if len(parts) <= 1:
        for part in parts:
            fill(part)
    else:
        with ThreadPoolExecutor(min(len(parts), os.cpu_count() or 1)) as pool:
            list(pool.map(fill, parts))


def lived(s: float, start: Floats, weeks: Floats | float) -> Floats:
    """Expected weeks lived of the coming `weeks`: the end comes at a rate of Gamma(s, start)."""
    memory = np.log1p(weeks / start)
    return start * memory * exprel(-(s - 1) * memory)


def expected_new(theta: Floats, weeks: Floats) -> Floats:
    """Repeat purchases of a new customer, as `BuyingModel.expected_new`; of one who buys as in the mean of a year."""
    r, alpha, s, beta = theta
    return r / alpha * lived(s, np.asarray(beta), np.asarray(weeks, dtype=float))


def count_shares(theta: Floats, age: Floats, count_max: int, *, seen: Clock = np.asarray) -> Floats:
    """P(X(age) = k): k purchases of somebody who is still there, or of somebody who ended at a time before."""
    r, alpha, s, beta = theta
    k = np.arange(count_max + 1, dtype=float)
    age = np.asarray(age, dtype=float)
    nodes, weights = quadrature.legendre(128)
    width = np.minimum(np.log1p(age / beta), NEGLIGIBLE / s)[:, None]
    ends = beta * np.expm1(width * nodes)
    density = width * weights * s * np.exp(-s * width * nodes)
    until = ends if seen is np.asarray else seen(age)[:, None] - seen(age[:, None] - ends)
    there = np.exp(-s * np.log1p(age / beta))[:, None] * _bought(r, alpha, seen(age), k)
    return there + np.einsum("an,ank->ak", density, _bought(r, alpha, until, k))


def _bought(r: float, alpha: float, time: Floats, k: Floats) -> Floats:
    """NBD shares of k purchases in `time`, along a new last axis."""
    passed = (time / (alpha + time))[..., None]
    with np.errstate(divide="ignore", invalid="ignore"):
        powers = np.where(k == 0, 0.0, k * np.log(passed))
    return np.exp(gammaln(r + k) - gammaln(r) - gammaln(k + 1) - r * np.log1p(time / alpha)[..., None] + powers)


def residual(theta: Floats, rows: Rows, weekly_rate: float, *, p_alive: Floats, seen: Clock = np.asarray) -> Floats:
    """DERT: P(alive) times the rate times the discounted weeks to live, in closed form a confluent hypergeometric."""
    check_rate(weekly_rate)
    r, alpha, s, beta = theta
    ages, back = np.unique(rows.age, return_inverse=True)
    start = beta + ages
    time, masses = quadrature.half_line(min(start[0] / max(s, 1.0), 1 / weekly_rate), 1 / weekly_rate)
    weeks = np.exp(-s * np.log1p(time / start[:, None])) @ (masses * np.exp(-weekly_rate * time))
    rate = (r + rows.frequency) / (alpha + seen(rows.age))
    return p_alive * rate * weeks[back.reshape(-1)]


def buyers(
    theta: Floats,
    rows: Rows,
    weeks: float | Floats,
    rng: np.random.Generator,
    p_alive: Floats,
    *,
    clocks: tuple[Clock, Clock] = (np.asarray, np.asarray),
) -> tuple[Whole, Whole]:
    """One draw of the coming weeks, as `BuyingModel.buyers`; the clocks tell of the past and of the future."""
    r, alpha, s, beta = theta
    seen, passed = clocks
    # who buys nothing even without an end to come need not be looked at again
    x, age, kinds = rows.futures
    buys = draws.chance_of_any(r + x, passed(np.max(weeks)) / (alpha + seen(age)))[kinds]
    who, uniform = draws.chosen(p_alive * buys, rows.index, rng)
    own = rows.index[who]
    ends = (beta + rows.age[own]) * np.expm1(np.minimum(rng.standard_exponential(len(who)) / s, 600.0))
    time = passed(np.minimum(ends, np.max(weeks)))
    shape, reach = r + rows.frequency[own], time / (alpha + seen(rows.age[own]))
    bought = draws.purchases(uniform * buys[own], np.arange(len(who)), shape=shape, reach=reach, rng=rng)
    return who, draws.by_period(bought, passed(np.asarray(weeks)), time, rng=rng) if np.ndim(weeks) else bought


def means(theta: Floats) -> dict[str, float]:
    """The rates of buying and of leaving in the mean, and after how long half have left."""
    r, alpha, s, beta = theta
    return {
        "purchase_rate_per_week": r / alpha,
        "dropout_rate_per_week": s / beta,
        "median_lifetime_weeks": beta * np.expm1(np.log(2) / s),
    }
