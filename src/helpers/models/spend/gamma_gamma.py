"""Gamma-Gamma: what customers spend on a day of buying, shrunk towards the mean of all by how often it was seen.

References
----------
Colombo and Jiang (1999), A stochastic RFM model, Journal of Interactive Marketing 13(3).
Fader and Hardie (2013), The gamma-gamma model of monetary value, equations 1 and 5.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.special import digamma, gammaln

from helpers.errors import FitError, message
from helpers.models.buying import fitting
from helpers.models.buying.fitting import Fit
from helpers.models.buying.rows import Floats, Whole
from helpers.watching import Readable


@dataclass(frozen=True, eq=False)
class Spends(Readable):
    """Distinct pairs of a number of repeat purchases and their mean, with the number of customers who have it."""

    count: Floats
    mean: Floats
    weight: Floats
    index: Whole

    def __len__(self) -> int:
        return len(self.count)

    @property
    def customer_count(self) -> int:
        return len(self.index)

    @property
    def unit(self) -> float:
        return float(np.average(self.mean, weights=self.weight))

    def some(self, places: Whole) -> Spends:
        """The pairs at these places alone."""
        return Spends(self.count[places], self.mean[places], self.weight[places], np.arange(len(places)))


@dataclass(frozen=True)
class GammaGamma(Readable):
    """The model as a fit sees it: p is the shape of a customer's purchases, q and gamma those of their rates."""

    name: str = "gamma_gamma"
    title: str = "Gamma-Gamma"
    parameters: tuple[str, ...] = ("p", "q", "gamma")
    is_scaled: tuple[bool, ...] = (False, False, True)
    starts: tuple[tuple[float, ...], ...] = ((5.0, 4.0, 0.5), (1.5, 2.0, 1.0), (20.0, 10.0, 0.5), (2.0, 15.0, 7.0))

    @staticmethod
    def log_likelihood(theta: Floats, spends: Spends) -> tuple[Floats, Floats]:
        """Of one customer of each pair, and its gradient with respect to log theta."""
        p, q, gamma = theta
        x, mean = spends.count, spends.mean
        total = gamma + x * mean
        value = gammaln(p * x + q) - gammaln(p * x) - gammaln(q) + q * np.log(gamma)
        value = value + (p * x - 1) * np.log(mean) + p * x * np.log(x) - (p * x + q) * np.log(total)
        in_p = x * (digamma(p * x + q) - digamma(p * x) + np.log(mean) + np.log(x) - np.log(total))
        in_q = digamma(p * x + q) - digamma(q) + np.log(gamma) - np.log(total)
        in_gamma = q / gamma - (p * x + q) / total
        return value, np.column_stack([in_p * p, in_q * q, in_gamma * gamma])

    @staticmethod
    def means(theta: Floats) -> dict[str, float]:
        """The mean spend of a purchase over all customers; NaN where q is 1 or less and there is none."""
        return {"mean_spend_amount": population_mean(theta) if theta[1] > 1 else np.nan}


MODEL = GammaGamma()


def spends(spend: pd.DataFrame) -> Spends:
    """The distinct pairs of who came back and paid something.

    Parameters
    ----------
    spend
        One row per customer: repeat_count (0 or more), mean_amount (per repeat purchase, NaN for one-time buyers).

    Raises
    ------
    FitError
        Nobody came back and paid anything, or a row is impossible.
    """
    check(spend)
    repeat = spend[_is_fitted(spend)]
    if not len(repeat):
        raise FitError("a model of spend needs customers who came back and paid something; found none.")
    pairs = repeat[["repeat_count", "mean_amount"]].to_numpy(dtype=float)
    distinct, index, weight = np.unique(pairs, axis=0, return_inverse=True, return_counts=True)
    return Spends(distinct[:, 0], distinct[:, 1], weight.astype(float), index.reshape(-1))


def check(spend: pd.DataFrame) -> None:
    """Refuse spend that nobody can have, all kinds at once; zero and less are possible."""
    x, mean = (spend[name].to_numpy(dtype=float) for name in ("repeat_count", "mean_amount"))
    rules = {
        "`repeat_count` must be a whole number, 0 or more": ~(np.isfinite(x) & (x >= 0) & (x == np.floor(x))),
        "`mean_amount` must be a number for who came back": (x > 0) & ~np.isfinite(mean),
        "`mean_amount` must be missing for who did not come back": (x == 0) & ~np.isnan(mean),
    }
    problems = []
    for rule, wrong in rules.items():
        if wrong.any():
            first = int(np.flatnonzero(wrong)[0])
            values = f"repeat_count {x[first]:g}, mean_amount {mean[first]:g}"
            problems.append(f"{rule}: {int(wrong.sum()):,} customers, first row {first:,}: {values}")
    if problems:
        raise FitError(message("the spend of customers must be possible", problems))


def fit(spend: pd.DataFrame, *, level: float, pooled: Fit | None = None) -> Fit:
    """The fit of Gamma-Gamma to the repeat spend of customers; who never came back or paid nothing is left out.

    Its notes say how many paid nothing, and that there is no mean spend where q is not clearly above 1: for q of 1 or
    less the mean of all is infinite, which is the answer that the data give, not a number to be used. The fit is then
    not identified. (To hold q above 1 would only hide it: the mean of all grows without limit as q comes near.)
    `pooled` is a fit to more customers that stands in then, as in `fitting.fit`.
    """
    fitted = fitting.fit(MODEL, spends(spend), level=level, pooled=pooled)
    tail = _tail_note(fitted) if fitted.is_identified else ""
    notes = (*((tail,) if tail else ()), *fitted.notes, *_left_out(spend))
    if not tail:
        return replace(fitted, notes=notes)
    return replace(fitted, notes=notes, is_identified=False, pooled=pooled)


def can_fit(spend: pd.DataFrame) -> bool:
    """Whether there is a customer who came back and paid something."""
    return bool(_is_fitted(spend).any())


def population_mean(theta: Floats) -> float:
    """The expected spend of a customer of whom nothing is known, p gamma / (q - 1); infinite for q of 1 or less."""
    p, q, gamma = theta
    return float(p * gamma / (q - 1)) if q > 1 else np.inf


def expected_spend(theta: Floats, spend: pd.DataFrame) -> Floats:
    """What a customer is expected to spend on a purchase: the own mean, shrunk towards that of all.

    One-time buyers, of whom no repeat spend was seen, get the mean of all: p gamma / (q - 1). Who paid less than
    nothing is taken to have paid nothing.

    Raises
    ------
    FitError
        q is 1 or less: the mean of all does not exist.

    References
    ----------
    Fader and Hardie (2013), equation 5.
    """
    p, q, _ = theta
    if q <= 1:
        raise FitError(f"Gamma-Gamma has no mean spend: q must be above 1, found {q:.3g}; use the shrunk mean instead.")
    count, held = _posterior(theta, spend)
    return p * held / (p * count + q - 1)


def _is_fitted(spend: pd.DataFrame) -> pd.Series:
    return (spend["repeat_count"] > 0) & (spend["mean_amount"] > 0)


def _posterior(theta: Floats, spend: pd.DataFrame) -> tuple[Floats, Floats]:
    """Repeat purchases, and the rate of the Gamma distribution of a customer's nu, gamma + x mean."""
    count = spend["repeat_count"].to_numpy(dtype=float)
    seen = np.where(count > 0, spend["mean_amount"].to_numpy(dtype=float), 0.0)
    return count, theta[2] + count * np.maximum(seen, 0.0)


def _tail_note(fitted: Fit) -> str:
    q, low = fitted.theta[1], float(fitted.parameters["low"].iloc[1])
    if q <= 1:
        return (
            f"Gamma-Gamma has no mean spend: q must be above 1, and the likelihood is highest at {q:.2f}; a few "
            "customers spend so much that the mean of all is theirs."
        )
    if low <= 1:
        return f"Gamma-Gamma hardly has a mean spend: q is {q:.2f}, but it may be {low:.2f}, and must be above 1."
    return ""


def _left_out(spend: pd.DataFrame) -> tuple[str, ...]:
    count = int(((spend["repeat_count"] > 0) & (spend["mean_amount"] <= 0)).sum())
    if not count:
        return ()
    who = "customer who came back paid" if count == 1 else "customers who came back paid"
    return (f"{count:,} {who} nothing, or less, and cannot be in the fit of spend.",)
