"""Interface of a purchase model: what a fit needs of it, and what it answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, Self, runtime_checkable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from helpers.models.buying.rows import Floats, Rows, Whole

LogLikelihood = Callable[[Floats, Rows], tuple[Floats, Floats]]


class Buyers(Protocol):
    """A draw of who buys in the future, and how often: see `BuyingModel`."""

    def __call__(
        self,
        theta: Floats,
        rows: Rows,
        weeks: float | Floats,
        rng: np.random.Generator,
        p_alive: Floats | None = None,
        /,
    ) -> tuple[Whole, Whole]: ...


class Expected(Protocol):
    """Purchases to expect of each row: see `BuyingModel`."""

    def __call__(self, theta: Floats, rows: Rows, weeks: float, p_alive: Floats | None = None, /) -> Floats: ...


class Weighted(Protocol):
    """Distinct observations with their weights: all that a fit needs to know of them."""

    def __len__(self) -> int: ...
    @property
    def weight(self) -> Floats: ...
    @property
    def unit(self) -> float: ...
    @property
    def customer_count(self) -> int: ...
    def some(self, places: Whole) -> Self: ...


@runtime_checkable
class Remarking(Protocol):
    """Observations that know what no model can read in them: a sentence each, told with every fit."""

    @property
    def remarks(self) -> tuple[str, ...]: ...


class Fitted(Protocol):
    """A model as a fit sees it: see `BuyingModel` for the words."""

    @property
    def name(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def parameters(self) -> tuple[str, ...]: ...
    @property
    def is_scaled(self) -> tuple[bool, ...]: ...
    @property
    def starts(self) -> tuple[tuple[float, ...], ...]: ...
    @property
    def log_likelihood(self) -> Callable[[Floats, Any], tuple[Floats, Floats]]: ...
    @property
    def means(self) -> Callable[[Floats], dict[str, float]]: ...


@dataclass(frozen=True)
class BuyingModel:
    """A model of how often customers buy and when they stop; time is in weeks throughout.

    Attributes
    ----------
    name, title
        `pareto_nbd` and "Pareto/NBD".
    parameters, is_scaled
        Names of theta, in order, all of them positive; and whether each is in the unit of the observations, weeks.
    log_likelihood
        (theta, rows) to the log-likelihood of one customer of each row (weights not applied), and its gradient with
        respect to log theta, an array of rows by parameters.
    p_alive
        (theta, rows) to the probability that a customer of the row is still a customer at the end of watching.
    expected_purchases
        (theta, rows, weeks, p_alive) to the expected number of purchases in the `weeks` after the end of watching;
        `p_alive` as in `buyers`.
    expected_new
        (theta, weeks) to the expected number of repeat purchases of a new customer in the first `weeks`, an array.
    count_shares
        (theta, age, count_max) to P(X(age) = k) for k = 0 .. count_max, an array of ages by counts.
    residual
        (theta, rows, weekly_rate) to the discounted expected residual purchases over all time to come (DERT), at a
        continuously compounded rate per week.
    buyers
        (theta, rows, weeks, generator, p_alive) to one draw of the `weeks` after the end of watching, given the
        histories: the places of CUSTOMERS (in rows.index) who may buy, ascending, and their purchases. With an
        ascending array of weeks, a path: the purchases up to the first of them, between it and the second, and so on,
        an array of such customers by periods. `p_alive` is that of the rows under theta where it is known; worked out
        where it is left away.
    means
        theta to named means of the mixing distributions: purchase_rate_per_week, and what the model knows of the end
        (dropout_rate_per_week or dropout_probability). NaN or infinity where the mean does not exist.
    passed
        Weeks of the calendar after the end of watching to weeks of the model's clock: the same but for a clock that
        runs with a season. `expected_purchases` and `buyers` take weeks of the calendar.
    tells_one_time_buyers
        Whether P(alive) of who bought once is an estimate. BG/NBD lets nobody leave before a repeat purchase: there it
        is 1 by construction and says nothing.
    log_no_purchase
        (theta, rows) to a function from weeks after the end of watching to the logarithm of the probability of no
        purchase in them; None where that is the ratio of two likelihoods, of watching for longer and of now.
    seasonal
        Clocks of the past and of the future to those attributes of this model that change where its buying follows a
        season and leaving does not: see `seasonal_pareto_nbd.functions`. None where leaving goes with
        purchases, so that all of it runs on the clock of the season.
    starts
        Values of theta from which a fit begins, those in weeks in units of the customers' mean age.
    """

    name: str
    title: str
    parameters: tuple[str, ...]
    is_scaled: tuple[bool, ...]
    log_likelihood: LogLikelihood
    p_alive: Callable[[Floats, Rows], Floats]
    expected_purchases: Expected
    expected_new: Callable[[Floats, Floats], Floats]
    count_shares: Callable[[Floats, Floats, int], Floats]
    residual: Callable[[Floats, Rows, float], Floats]
    buyers: Buyers
    means: Callable[[Floats], dict[str, float]]
    starts: tuple[tuple[float, ...], ...] = ()
    passed: Callable[[ArrayLike], Floats] = np.asarray
    tells_one_time_buyers: bool = True
    log_no_purchase: Callable[[Floats, Rows], Callable[[float | Floats], Floats]] | None = None
    seasonal: Callable[..., dict[str, Any]] | None = None

    def told_alive(self, theta: Floats, rows: Rows) -> Floats:
        """P(alive) of each row as one may tell it: NaN for who bought once where the model cannot tell."""
        return np.where(self.is_told(rows.frequency), self.p_alive(theta, rows), np.nan)

    def is_told(self, frequency: ArrayLike) -> NDArray[np.bool_]:
        """Of customers with so many repeat purchases, whether their P(alive) says anything."""
        return (np.asarray(frequency) > 0) | self.tells_one_time_buyers

    def draw(
        self,
        theta: Floats,
        rows: Rows,
        weeks: float | Floats,
        rng: np.random.Generator,
        p_alive: Floats | None = None,
    ) -> Floats:
        """One draw of the purchases of every customer: what `buyers` gives, and zeros."""
        future = np.zeros(rows.index.shape + np.shape(weeks))
        who, bought = self.buyers(theta, rows, weeks, rng, p_alive)
        future[who] = bought
        return future


def check_rate(weekly_rate: float) -> None:
    """Refuse a discount at which the purchases of all time to come may have no finite value."""
    if not (np.isfinite(weekly_rate) and weekly_rate > 0):
        raise ValueError(f"weekly_rate must be above 0, found {weekly_rate}; 10 % a year are log(1.1) / 52.18 a week")
