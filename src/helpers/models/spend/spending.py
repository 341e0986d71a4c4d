"""What a value needs of a model of spend: the money of an order to expect, and how far orders to come may be off it.

A value multiplies orders by money, and its interval needs both kinds of doubt about the money: what is not known of the
mean of a customer (and of the mean of all), and the scatter of each order about it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from helpers.errors import FitError
from helpers.models.buying.fitting import Fit
from helpers.models.buying.prediction import parameter_draws
from helpers.models.buying.rows import Floats, Whole
from helpers.models.spend.gamma_gamma import expected_spend
from helpers.randomness import stream
from helpers.watching import Readable

Counted = NDArray[np.unsignedinteger]


class Spending(Protocol):
    """The money of orders to come, customer by customer in the order of the histories.

    `expected` is the money of an order at the estimated parameters; `is_seen` tells whether repeat spend of the
    customer was seen (of others it is the mean of all). `draw` gives the money of so many orders of some customers, an
    array of draws by customers like its counts; the parameters differ from draw to draw. `totals` gives, for each draw
    of the parameters, the expected money of `weights[i]` orders of each customer i together.
    """

    @property
    def expected(self) -> Floats: ...
    @property
    def is_seen(self) -> NDArray[np.bool_]: ...
    def draw(self, customers: slice, counts: Counted, rng: np.random.Generator) -> Floats: ...
    def totals(self, weights: Floats) -> Floats: ...


@dataclass(frozen=True, eq=False)
class GammaGammaSpending(Readable):
    """Spend by Gamma-Gamma: an order is Gamma(p, nu), and nu of a customer is Gamma(q + p x, gamma + x mean)."""

    expected: Floats
    is_seen: NDArray[np.bool_]
    thetas: Floats
    count: Floats
    seen: Floats

    def draw(self, customers: slice, counts: Counted, rng: np.random.Generator) -> Floats:
        """The money of so many orders: Gamma(p n, nu) with a nu for each draw and customer."""
        x, total, money = self.count[customers], self.seen[customers], np.zeros(counts.shape)
        thetas, buying = self.thetas[: len(counts)], _buying(counts)
        # draw by draw, so that little is held beside the money; first all of nu, then all orders
        for one, (p, q, gamma), who in zip(money, thetas, buying, strict=True):
            one[who] = np.maximum(rng.standard_gamma(p * x[who] + q), 1e-300) / (gamma + total[who])
        for one, (p, _, _), count, who in zip(money, thetas, counts, buying, strict=True):
            one[who] = rng.standard_gamma(p * count[who]) / one[who]
        return money

    def totals(self, weights: Floats) -> Floats:
        """Infinite in a draw whose q is 1 or less, where a mean does not exist."""
        return np.array([self._total(theta, weights) for theta in self.thetas])

    def _total(self, theta: Floats, weights: Floats) -> float:
        p, q, gamma = theta
        return float(weights @ (p * (gamma + self.seen) / (p * self.count + q - 1))) if q > 1 else np.inf


@dataclass(frozen=True, eq=False)
class Common:
    """What multiplies the means of all customers in a draw: the doubt that they share.

    `level` is of the mean of all, from which a customer takes `share` (of the logarithm: 0 to 1), and `seen` of the
    purchases of those who were seen; both hold a number for each draw, with a standard deviation of 1.
    """

    level: Floats
    seen: Floats
    share: Floats
    log_level: float
    log_seen: float
    is_seen: NDArray[np.bool_]

    def of(self, draw: int, customers: slice, who: Whole) -> Floats:
        """The factor of some of the customers in a draw."""
        return self._factor(draw, self.share[customers][who], self.is_seen[customers][who])

    def totals(self, amounts: Floats) -> Floats:
        """The sum of amounts of all customers, in each draw."""
        keys, back = np.unique(np.column_stack([self.share, self.is_seen]), axis=0, return_inverse=True)
        sums = np.bincount(back.reshape(-1), weights=amounts)
        draws = np.arange(len(self.level))
        parts = (
            total * self._factor(draws, share, is_seen) for total, (share, is_seen) in zip(sums, keys, strict=True)
        )
        return np.sum(list(parts), axis=0)

    def _factor(self, draws: Whole | int, share: Floats | float, is_seen: NDArray[np.bool_] | float) -> Floats:
        level, seen = self.log_level * np.asarray(share), self.log_seen * np.asarray(is_seen, dtype=float)
        logs = level * self.level[draws] - level**2 / 2 + seen * self.seen[draws] - seen**2 / 2
        return np.asarray(np.exp(logs), dtype=float)


@dataclass(frozen=True, eq=False)
class ScatteredSpending(Readable):
    """Spend about a mean of each customer that somebody else worked out: the fallback where Gamma-Gamma fails."""

    expected: Floats
    is_seen: NDArray[np.bool_]
    common: Common
    log_error: Floats
    log_scatter: Floats

    def draw(self, customers: slice, counts: Counted, rng: np.random.Generator) -> Floats:
        """The money of so many orders: a log-normal mean, and about it a Gamma sum with the scatter of its orders."""
        expected, error = self.expected[customers], self.log_error[customers]
        spread = np.expm1(self.log_scatter[customers] ** 2)
        has_spread, money, buying = spread > 0, np.zeros(counts.shape), _buying(counts)
        scale = np.where(has_spread, spread, 1.0)
        # draw by draw, as above: first all means, then all orders
        for draw, (one, who) in enumerate(zip(money, buying, strict=True)):
            mean = expected[who] * self.common.of(draw, customers, who)
            one[who] = mean * np.exp(error[who] * rng.standard_normal(len(who)) - error[who] ** 2 / 2)
        for one, count, who in zip(money, counts, buying, strict=True):
            orders = count[who].astype(float)
            scattered = rng.standard_gamma(orders / scale[who]) * scale[who]
            one[who] *= np.where(has_spread[who], scattered, orders)
        return money

    def totals(self, weights: Floats) -> Floats:
        """The common doubt alone: the customers' own errors cancel out over many."""
        return self.common.totals(weights * self.expected)


def _buying(counts: Counted) -> list[Whole]:
    """Who buys in each draw."""
    return [np.flatnonzero(each) for each in counts]


def gamma_gamma(fit: Fit, spend: pd.DataFrame, *, draws: int, seed: int) -> GammaGammaSpending:
    """Spend as Gamma-Gamma expects and scatters it.

    Parameters
    ----------
    fit
        Of `gamma_gamma.fit`.
    spend
        One row per customer in the order of the histories: repeat_count, mean_amount (NaN for one-time buyers).
    draws, seed
        Of the parameters; as many draws as the `Prediction` has, so that draw d of the one meets draw d of the other.

    Raises
    ------
    FitError
        q is 1 or less, so that there is no mean spend.
    """
    count = spend["repeat_count"].to_numpy(dtype=float)
    total = np.nan_to_num(count * spend["mean_amount"].to_numpy(dtype=float))
    thetas = parameter_draws(fit, draws=draws, seed=seed)
    return GammaGammaSpending(expected_spend(fit.theta, spend), count > 0, thetas, count, np.maximum(total, 0.0))


def scattered(
    means: pd.DataFrame, *, log_common: float, draws: int, seed: int, log_seen: float = 0.0
) -> ScatteredSpending:
    """Spend about means that were worked out elsewhere, such as shrunk means within buckets of frequency.

    Parameters
    ----------
    means
        One row per customer in the order of the histories: expected_spend_amount (of an order, 0 or more); is_seen
        (whether repeat spend was seen); log_error (standard deviation of the logarithm of the customer's own mean about
        it, 0 or more); log_scatter (that of an order about the own mean, 0 or more); common_share where known (part of
        the error of the mean of all that the own mean has, 0 to 1; 1 where not given).
    log_common
        Standard error of the logarithm of the mean of all.
    draws, seed
        As many draws as the `Prediction` has.
    log_seen
        That of the means of customers who were seen, together, by the purchases of theirs that were seen.

    Notes
    -----
    The mean of all is a mean of customers who might have come; of those who did most is known. A customer shares in the
    error of it as far as the own mean is taken from it, and a heavy tail of customers widens nothing else.

    Raises
    ------
    FitError
        A mean is missing or below zero.
    """
    mean, error, scatter = (
        means[name].to_numpy(dtype=float) for name in ("expected_spend_amount", "log_error", "log_scatter")
    )
    is_unfit = ~(np.isfinite(mean) & (mean >= 0))
    if is_unfit.any():
        raise FitError(f"expected spend must be 0 or more for every customer; {is_unfit.sum():,} have none that is.")
    is_seen = means["is_seen"].to_numpy(dtype=bool)
    share = means["common_share"].to_numpy(dtype=float) if "common_share" in means else np.ones(len(means))
    level = stream(seed, "mean spend of all").standard_normal(draws)
    seen = stream(seed, "purchases seen of all").standard_normal(draws)
    common = Common(level, seen, share, log_common, log_seen, is_seen)
    return ScatteredSpending(mean, is_seen, common, error, scatter)
