"""BG/BB: customers who may buy on given occasions only, such as a yearly appeal, a monthly box or a season.

At each occasion a customer who is still one buys with a probability p ~ Beta(alpha, beta), and is gone before it with a
probability u ~ Beta(gamma, delta), for good. Numbers of occasions take the place of weeks.

References
----------
Fader, Hardie and Shang (2010), Customer-base analysis in a discrete-time noncontractual setting, Marketing Science
29(6), equations 6, 7, 13, 14 and A10.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import betaln, digamma, gammaln

from helpers.errors import FitError, message
from helpers.models.buying import fitting
from helpers.models.buying.fitting import Fit
from helpers.models.buying.rows import Floats, Whole
from helpers.models.value import renewals

COLUMNS = ("frequency", "recency_occasion", "occasion_count")
BLOCK = 2_000_000
"""Terms of the likelihood that are worked out at once."""


@dataclass(frozen=True, eq=False)
class Occasions:
    """Distinct histories of occasions: arrays with an entry each, and for each customer the one it is counted in.

    Attributes
    ----------
    frequency
        Occasions on which the customer bought, of those after the one that made it a customer: the papers' x.
    recency
        Number of the last of them, 0 where there was none: the papers' t_x.
    count
        Occasions there were after the first: the papers' n.
    weight
        Customers with this history.
    index
        One entry per customer: the history it is counted in.
    """

    frequency: Floats
    recency: Floats
    count: Floats
    weight: Floats
    index: Whole

    def __len__(self) -> int:
        return len(self.frequency)

    @property
    def customer_count(self) -> int:
        return len(self.index)

    @property
    def unit(self) -> float:
        """No parameter has a unit."""
        return 1.0

    def some(self, places: Whole) -> Occasions:
        """The histories at these places alone."""
        x, recency, count, weight = (one[places] for one in (self.frequency, self.recency, self.count, self.weight))
        return Occasions(x, recency, count, weight, np.arange(len(places)))

    def spread(self, values: NDArray[np.generic]) -> NDArray[np.generic]:
        """One value per customer from one per history."""
        return values[self.index]


def collapse(histories: pd.DataFrame) -> Occasions:
    """The distinct histories of customers, each with the number of customers who have it.

    Parameters
    ----------
    histories
        One row per customer: frequency (occasions bought on, 0 or more), recency_occasion (number of the last of them,
        0 where there was none), occasion_count (occasions there were, 0 or more).

    Raises
    ------
    FitError
        A history is impossible; each kind is named with its number of customers and the first of them.
    """
    x, recency, count = (histories[name].to_numpy(dtype=float) for name in COLUMNS)
    rules = {
        "all three must be whole numbers, 0 or more": ~np.all(
            [np.isfinite(one) & (one >= 0) & (one == np.floor(one)) for one in (x, recency, count)], axis=0
        ),
        "`recency_occasion` must not be above `occasion_count`": recency > count,
        "`frequency` must not be above `recency_occasion`": x > recency,
        "`recency_occasion` must be 0 for who never bought again": (x == 0) & (recency > 0),
    }
    found = [f"{rule}: {_where(histories, wrong)}" for rule, wrong in rules.items() if wrong.any()]
    if not len(histories):
        found = ["there must be one customer at least, found none"]
    if found:
        raise FitError(message("histories of occasions must be possible", found))
    keys = np.column_stack([x, recency, count])
    distinct, index, weight = np.unique(keys, axis=0, return_inverse=True, return_counts=True)
    x, recency, count = distinct.T
    return Occasions(x, recency, count, weight.astype(float), index.reshape(-1))


def _where(histories: pd.DataFrame, wrong: NDArray[np.bool_]) -> str:
    first = histories.iloc[int(np.flatnonzero(wrong)[0])]
    values = ", ".join(f"{name} {first[name]:g}" for name in COLUMNS)
    return f"{int(wrong.sum()):,} customers, first {values}"


@dataclass(frozen=True)
class BgBb:
    """The model as a fit sees it."""

    name: str = "bg_bb"
    title: str = "BG/BB"
    parameters: tuple[str, ...] = ("alpha", "beta", "gamma", "delta")
    is_scaled: tuple[bool, ...] = (False, False, False, False)
    starts: tuple[tuple[float, ...], ...] = (
        (1.0, 1.0, 1.0, 3.0),
        (0.5, 2.0, 0.5, 5.0),
        (5.0, 5.0, 2.0, 20.0),
        (2.0, 0.5, 0.3, 1.0),
    )

    @staticmethod
    def log_likelihood(theta: Floats, rows: Occasions) -> tuple[Floats, Floats]:
        """Of one customer of each history, and its gradient with respect to log theta (equation 6)."""
        value, gradient = np.empty(len(rows)), np.empty((len(rows), 4))
        ends = np.cumsum(rows.count - rows.recency + 1)
        for places in np.split(np.arange(len(rows)), np.flatnonzero(np.diff(ends // BLOCK)) + 1):
            value[places], gradient[places] = _block(theta, rows.some(places))
        return value, gradient

    @staticmethod
    def means(theta: Floats) -> dict[str, float]:
        """The mean probabilities of buying on an occasion, and of being gone at the next."""
        alpha, beta, gamma, delta = theta
        return {"purchase_probability": alpha / (alpha + beta), "dropout_probability": gamma / (gamma + delta)}


MODEL = BgBb()


def _block(theta: Floats, rows: Occasions) -> tuple[Floats, Floats]:
    """Sum over the occasion t before which the customer was gone, from t_x to n, where n stands for: still there."""
    alpha, beta, gamma, delta = theta
    x, length = rows.frequency, (rows.count - rows.recency + 1).astype(np.int64)
    starts = np.cumsum(length) - length
    which = np.repeat(np.arange(len(rows)), length)
    t = (np.arange(length.sum()) - starts[which] + rows.recency[which]).astype(np.int64)
    missed, gone = t - x[which].astype(np.int64), (t < rows.count[which]).astype(float)
    k = np.arange(int(rows.count.max(initial=0)) + 1, dtype=float)
    # functions of whole numbers, looked up: log gamma and its derivative
    bought = gammaln(alpha + k) - gammaln(alpha)
    log_terms = (gammaln(beta + k) - gammaln(beta))[missed] - (gammaln(alpha + beta + k) - gammaln(alpha + beta))[t]
    log_terms += (gammaln(delta + k) - gammaln(delta) - gammaln(gamma + delta + k) + gammaln(gamma + delta))[t]
    log_terms += gone * (np.log(gamma) - np.log(gamma + delta + t))
    top = np.maximum.reduceat(log_terms, starts)
    parts = np.exp(log_terms - top[which])
    total = np.add.reduceat(parts, starts)
    share = parts / total[which]
    x_place = x.astype(np.int64)

    def mean(values: Floats) -> Floats:
        return np.add.reduceat(share * values, starts)

    both = (digamma(alpha + beta) - digamma(alpha + beta + k))[t]
    in_alpha = (digamma(alpha + k) - digamma(alpha))[x_place] + mean(both)
    in_beta = mean(both + (digamma(beta + k) - digamma(beta))[missed])
    stayed = (digamma(gamma + delta) - digamma(gamma + delta + k))[t] - gone / (gamma + delta + t)
    in_gamma = mean(stayed + gone / gamma)
    in_delta = mean(stayed + (digamma(delta + k) - digamma(delta))[t])
    value = bought[x_place] + top + np.log(total)
    return value, np.column_stack([in_alpha, in_beta, in_gamma, in_delta]) * theta


def fit(histories: pd.DataFrame, *, level: float, pooled: Fit | None = None) -> Fit:
    """The fit of BG/BB to histories of occasions; see `collapse` and `fitting.fit`.

    Raises
    ------
    FitError
        A history is impossible, or nobody has had an occasion to come back.
    """
    rows = collapse(histories)
    if not rows.count.any():
        raise FitError("BG/BB needs customers who have had an occasion to come back, found none: wait for a period.")
    return fitting.fit(MODEL, rows, level=level, pooled=pooled)


def p_alive(theta: Floats, rows: Occasions, *, ahead: int = 1) -> Floats:
    """The probability that a customer of each history is still one at the occasion `ahead` of the last (equation A10).

    With 1 it is the occasion to come next, as in table 6 of the paper; with 0 the last one that was seen.
    """
    if ahead < 0:
        raise ValueError(f"ahead must be 0 or more, found {ahead}")
    alpha, beta, gamma, delta = theta
    x, n = rows.frequency, rows.count
    log_joint = betaln(alpha + x, beta + n - x) - betaln(alpha, beta)
    log_joint += betaln(gamma, delta + n + ahead) - betaln(gamma, delta)
    return np.exp(np.minimum(log_joint - MODEL.log_likelihood(theta, rows)[0], 0.0))


def expected_purchases(theta: Floats, rows: Occasions, *, occasions: int) -> Floats:
    """Expected purchases on the next `occasions`, one number per history (equation 13, as a sum: gamma may be 1)."""
    if occasions < 0:
        raise ValueError(f"occasions must be 0 or more, found {occasions}")
    alpha, beta, _, _ = theta
    buys = (alpha + rows.frequency) / (alpha + beta + rows.count)
    counts, back = np.unique(rows.count, return_inverse=True)
    return buys * p_alive(theta, rows, ahead=0) * _stays(theta, counts, occasions).sum(axis=1)[back.reshape(-1)]


def expected_new(theta: Floats, *, occasions: int) -> Floats:
    """Expected purchases of a new customer on the first 1, 2 ... `occasions` after the one that won it (equation 8)."""
    alpha, beta, _, _ = theta
    return alpha / (alpha + beta) * np.cumsum(_stays(theta, np.zeros(1), occasions)[0])


def count_shares(theta: Floats, *, occasions: int) -> Floats:
    """P(X(n) = k) for k = 0 .. n: shares of new customers by purchases on their first n `occasions` (equation 7)."""
    alpha, beta, gamma, delta = theta
    k, t = np.arange(occasions + 1.0), np.arange(occasions + 1.0)[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        ways = gammaln(t + 1) - gammaln(k + 1) - gammaln(np.maximum(t - k, 0) + 1)
        bought = ways + betaln(alpha + k, beta + np.maximum(t - k, 0)) - betaln(alpha, beta)
    ends = np.where(t < occasions, betaln(gamma + 1, delta + t), betaln(gamma, delta + t)) - betaln(gamma, delta)
    return np.where(k <= t, np.exp(bought + ends), 0.0).sum(axis=0)


def residual(theta: Floats, rows: Occasions, *, rate: float) -> Floats:
    """Discounted expected purchases on all occasions to come, one number per history (DERT, equation 14).

    Parameters
    ----------
    theta, rows
        Parameters and histories.
    rate
        Discount rate from one occasion to the next, above 0; the next occasion is discounted once.
    """
    alpha, beta, gamma, delta = theta
    buys = (alpha + rows.frequency) / (alpha + beta + rows.count)
    later = renewals.discounted(gamma, delta + rows.count + 1, rate=rate) / (1 + rate)
    return buys * p_alive(theta, rows, ahead=1) * later


def draw(theta: Floats, rows: Occasions, *, occasions: int, rng: np.random.Generator) -> Floats:
    """One draw of the purchases on the next `occasions` for each CUSTOMER (rows.index), given the history.

    Who is alive at the last occasion is drawn with its probability, then the two probabilities of each from their
    posterior given that, then the occasion before which the customer is gone, then the purchases before it.
    """
    alpha, beta, gamma, delta = theta
    alive = rng.random(rows.customer_count) < p_alive(theta, rows, ahead=0)[rows.index]
    x, n = rows.frequency[rows.index][alive], rows.count[rows.index][alive]
    buys, leaves = rng.beta(alpha + x, beta + n - x), rng.beta(gamma, delta + n)
    stays = np.minimum(rng.geometric(np.clip(leaves, 1e-12, 1.0)) - 1, occasions)
    future = np.zeros(rows.customer_count)
    future[alive] = rng.binomial(stays, buys)
    return future


def _stays(theta: Floats, counts: Floats, occasions: int) -> Floats:
    """Chance that who is alive at occasion n still is at n + 1, n + 2 ...: an array of counts by occasions."""
    _, _, gamma, delta = theta
    later = counts[:, None] + np.arange(occasions)
    return np.cumprod((delta + later) / (gamma + delta + later), axis=1)
