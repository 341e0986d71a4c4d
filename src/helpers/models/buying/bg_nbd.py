"""BG/NBD and MBG/NBD: purchases at a Gamma rate, and after each of them the end with a Beta probability.

The two differ in one thing: in BG/NBD nobody can stop before the second purchase, in MBG/NBD a customer may be gone
right after the first. `after_first` is 0 for the former and 1 for the latter.

References
----------
Fader, Hardie and Lee (2005), "Counting your customers" the easy way, Marketing Science 24(2), equations 6 to 10.
Batislam, Denizel and Filiztekin (2007), Empirical validation and comparison of models for customer base analysis,
International Journal of Research in Marketing 24(3), for MBG/NBD.
"""

from __future__ import annotations

from functools import partial

import numpy as np
from scipy.special import betaln, digamma, expit, gammaln

from helpers.models.buying import draws, quadrature
from helpers.models.buying.interface import BuyingModel, check_rate
from helpers.models.buying.rows import Floats, Rows, Whole


def _log_likelihood(theta: Floats, rows: Rows, *, after_first: int) -> tuple[Floats, Floats]:
    r, alpha, a, b = theta
    x = rows.frequency
    ended = x + after_first  # purchases that could have been the last
    is_open = ended > 0
    log_all, log_last = np.log(alpha + rows.age), np.log(alpha + rows.recency)
    odds = _log_odds_gone(theta, rows, after_first=after_first)
    gone = np.where(is_open, expit(odds), 0.0)
    common = _by_count(lambda n: gammaln(r + n) - gammaln(r) + betaln(a, b + n + after_first) - betaln(a, b), x)
    value = common + r * np.log(alpha) - (r + x) * log_all + np.where(is_open, np.logaddexp(0.0, odds), 0.0)
    in_r = _by_count(lambda n: digamma(r + n) - digamma(r), x) + np.log(alpha) - (1 - gone) * log_all - gone * log_last
    in_alpha = r / alpha - (r + x) * ((1 - gone) / (alpha + rows.age) + gone / (alpha + rows.recency))
    in_a = _by_count(lambda n: digamma(a + b) - digamma(a + b + n + after_first), x) + gone / a
    both = _by_count(
        lambda n: digamma(b + n + after_first) - digamma(b) + digamma(a + b) - digamma(a + b + n + after_first), x
    )
    in_b = both - np.where(is_open, gone / np.where(is_open, b + ended - 1, 1.0), 0.0)
    return value, np.column_stack([in_r * r, in_alpha * alpha, in_a * a, in_b * b])


def _by_count(function: object, x: Floats) -> Floats:
    """A function of the number of purchases, worked out once for each number."""
    values: Floats = function(np.arange(int(x.max(initial=0)) + 1, dtype=float))  # type: ignore[operator]
    return values[x.astype(np.int64)]


def _log_odds_gone(theta: Floats, rows: Rows, *, after_first: int) -> Floats:
    """Log of the odds that the customer stopped with the last purchase; minus infinity where nobody could have."""
    r, alpha, a, b = theta
    x = rows.frequency
    ended = x + after_first
    with np.errstate(divide="ignore"):
        first = np.where(ended > 0, np.log(a / np.where(ended > 0, b + ended - 1, 1.0)), -np.inf)
    return first + (r + x) * (np.log(alpha + rows.age) - np.log(alpha + rows.recency))


def _p_alive(theta: Floats, rows: Rows, *, after_first: int) -> Floats:
    return expit(-_log_odds_gone(theta, rows, after_first=after_first))


def _expected_purchases(
    theta: Floats, rows: Rows, weeks: float, p_alive: Floats | None = None, *, after_first: int
) -> Floats:
    """P(alive) times E[(1 - exp(-lambda p t)) / p] over the posteriors, Gamma(r + x, alpha + T) and Beta(a, b + x)."""
    r, alpha, a, b = theta
    future = np.empty(len(rows))
    for x, ages, places, back in _groups(rows):
        reach = weeks / (alpha + ages)
        p, weights = quadrature.beta(a, b + x + after_first, _power(reach[0] * (r + x)))
        future[places] = (_stopped(p, reach[:, None], r + x) @ weights)[back]
    return (_p_alive(theta, rows, after_first=after_first) if p_alive is None else p_alive) * future


def _stopped(p: Floats, reach: Floats, shape: float) -> Floats:
    """(1 - (1 + p reach)^-shape) / p, with its limit where p vanishes."""
    tiny = np.maximum(p, 1e-300)
    return -np.expm1(-shape * np.log1p(tiny * reach)) / tiny


def _power(finest: float) -> float:
    """The power of two above, so that few rules serve many histories."""
    return float(2.0 ** np.ceil(np.log2(max(finest, 1.0))))


def _groups(rows: Rows) -> list[tuple[float, Floats, np.ndarray, np.ndarray]]:
    """For each number of purchases: it, the distinct ages in ascending order, the places, and the age of each place."""
    order = np.argsort(rows.frequency, kind="stable")
    values, starts = np.unique(rows.frequency[order], return_index=True)
    groups = zip(values, np.split(order, starts[1:]), strict=True)
    return [(float(x), *_distinct(rows.age[places], places)) for x, places in groups]


def _distinct(ages: Floats, places: np.ndarray) -> tuple[Floats, np.ndarray, np.ndarray]:
    values, back = np.unique(ages, return_inverse=True)
    return values, places, back.reshape(-1)


def _expected_new(theta: Floats, weeks: Floats, *, after_first: int) -> Floats:
    r, alpha, a, b = theta
    reach = np.asarray(weeks, dtype=float) / alpha
    p, weights = quadrature.beta(a, b + after_first, _power(reach.max(initial=1.0) * r))
    stays = b / (a + b) if after_first else 1.0
    return stays * (_stopped(p, reach[:, None], r) @ weights)


def _count_shares(theta: Floats, age: Floats, count_max: int, *, after_first: int) -> Floats:
    """P(X(age) = k): bought k times and still there, or gone with the k-th purchase."""
    r, alpha, a, b = theta
    k = np.arange(count_max + 1, dtype=float)
    age = np.asarray(age, dtype=float)[:, None]
    passed = age / (alpha + age)
    with np.errstate(divide="ignore", invalid="ignore"):
        powers = np.where(k == 0, 0.0, k * np.log(passed))
    many = np.exp(gammaln(r + k) - gammaln(r) - gammaln(k + 1) - r * np.log1p(age / alpha) + powers)
    fewer = np.cumsum(many, axis=1) - many
    there = np.exp(betaln(a, b + k + after_first) - betaln(a, b))
    can_leave = k + after_first > 0
    left = np.exp(betaln(a + 1, np.where(can_leave, b + k + after_first - 1, b)) - betaln(a, b))
    return there * many + np.where(can_leave, left * np.maximum(1 - fewer, 0.0), 0.0)


def _residual(theta: Floats, rows: Rows, weekly_rate: float, *, after_first: int) -> Floats:
    """P(alive) times the integral over time to come of exp(-rate t) E[lambda exp(-lambda p t)], the pace at time t.

    Time is measured in units of alpha + T: then the pace depends on the number of purchases alone.
    """
    check_rate(weekly_rate)
    r, alpha, a, b = theta
    future = np.empty(len(rows))
    known, place = np.unique(rows.age, return_inverse=True)
    rates = weekly_rate * (alpha + known)
    shape = r + rows.frequency.max(initial=0.0)
    time, masses = quadrature.half_line(min(1 / shape, 1 / rates[-1]), 1 / rates[0])
    discounts = np.exp(-np.outer(rates, time)) * masses
    for x, _, places, _ in _groups(rows):
        p, weights = quadrature.beta(a, b + x + after_first, _power(time[-1] * (r + x)))
        pace = (r + x) * (np.exp(-(r + x + 1) * np.log1p(np.outer(time, p))) @ weights)
        future[places] = (discounts @ pace)[place.reshape(-1)[places]]
    return _p_alive(theta, rows, after_first=after_first) * future


def _buyers(
    theta: Floats,
    rows: Rows,
    weeks: float | Floats,
    rng: np.random.Generator,
    p_alive: Floats | None = None,
    *,
    after_first: int,
) -> tuple[Whole, Whole]:
    r, alpha, a, b = theta
    known = _p_alive(theta, rows, after_first=after_first) if p_alive is None else p_alive
    x, age, kinds = rows.futures
    shape, reach, stop = r + x, np.max(weeks) / (alpha + age), b + x + after_first
    # who buys nothing even without an end to come need not be looked at again
    buys = draws.chance_of_any(shape, reach)
    who, uniform = draws.chosen(known * buys[kinds], rows.index, rng)
    kind = kinds[rows.index[who]]
    chance = uniform * buys[kind]
    if not np.ndim(weeks):
        return who, draws.purchases(chance, kind, shape=shape, reach=reach, rng=rng, stop=(a, stop))
    bought = draws.purchases(chance, kind, shape=shape, reach=reach, rng=rng)
    lived = np.full(len(who), np.max(weeks))
    unending = np.cumsum(draws.by_period(bought, np.asarray(weeks), lived, rng=rng), axis=1)
    until = draws.until_stop(a, stop[kind], rng)[:, None]
    return who, np.diff(np.minimum(unending, until), axis=1, prepend=0)


def _means(theta: Floats) -> dict[str, float]:
    r, alpha, a, b = theta
    return {"purchase_rate_per_week": r / alpha, "dropout_probability": a / (a + b)}


def _model(name: str, title: str, after_first: int) -> BuyingModel:
    return BuyingModel(
        name=name,
        title=title,
        parameters=("r", "alpha", "a", "b"),
        is_scaled=(False, True, False, False),
        log_likelihood=partial(_log_likelihood, after_first=after_first),
        p_alive=partial(_p_alive, after_first=after_first),
        expected_purchases=partial(_expected_purchases, after_first=after_first),
        expected_new=partial(_expected_new, after_first=after_first),
        count_shares=partial(_count_shares, after_first=after_first),
        residual=partial(_residual, after_first=after_first),
        buyers=partial(_buyers, after_first=after_first),
        means=_means,
        tells_one_time_buyers=bool(after_first),
        starts=((0.5, 0.3, 0.8, 2.0), (1.5, 1.0, 2.0, 8.0), (0.3, 0.1, 0.5, 0.5), (5.0, 1.0, 0.3, 3.0)),
    )


BG_NBD = _model("bg_nbd", "BG/NBD", 0)
MBG_NBD = _model("mbg_nbd", "MBG/NBD", 1)
