"""Gamma-Gamma: what customers spend on a day of buying, shrunk towards the mean of all by how often it was seen.

References
----------
Colombo and Jiang (1999), A stochastic RFM model, Journal of Interactive Marketing 13(3).
Fader and Hardie (2013), The gamma-gamma model of monetary value, equations 1 and 5.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import digamma, gammaln

from helpers.errors import FitError
from helpers.models.clv import fitting
from helpers.models.clv.fitting import Fit
from helpers.models.clv.rows import Floats, Whole


@dataclass(frozen=True, eq=False)
class Spends:
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
class GammaGamma:
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
        """The mean spend of a purchase over all customers; infinite where q is 1 or less."""
        return {"mean_spend_amount": population_mean(theta)}


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
        Nobody came back and paid anything.
    """
    repeat = spend[(spend["repeat_count"] > 0) & (spend["mean_amount"] > 0)]
    if not len(repeat):
        raise FitError("a model of spend needs customers who came back and paid something; found none.")
    pairs = repeat[["repeat_count", "mean_amount"]].to_numpy(dtype=float)
    distinct, index, weight = np.unique(pairs, axis=0, return_inverse=True, return_counts=True)
    return Spends(distinct[:, 0], distinct[:, 1], weight.astype(float), index.reshape(-1))


def fit(spend: pd.DataFrame, *, level: float) -> Fit:
    """The fit of Gamma-Gamma to the repeat spend of customers; who never came back or paid nothing is left out."""
    return fitting.fit(MODEL, spends(spend), level=level)


def population_mean(theta: Floats) -> float:
    """The expected spend of a customer of whom nothing is known, p gamma / (q - 1); infinite for q of 1 or less."""
    p, q, gamma = theta
    return float(p * gamma / (q - 1)) if q > 1 else np.inf


def expected_spend(theta: Floats, spend: pd.DataFrame) -> Floats:
    """What a customer is expected to spend on a purchase: the own mean, shrunk towards that of all.

    One-time buyers, of whom no repeat spend was seen, get the mean of all: p gamma / (q - 1).

    Raises
    ------
    FitError
        q is 1 or less: the mean of all does not exist.
    """
    p, q, gamma = theta
    if q <= 1:
        raise FitError(f"Gamma-Gamma has no mean spend: q must be above 1, found {q:.3g}; use the shrunk mean instead.")
    x = spend["repeat_count"].to_numpy(dtype=float)
    seen = np.where(x > 0, spend["mean_amount"].to_numpy(dtype=float), 0.0)
    return p * (gamma + x * np.nan_to_num(seen)) / (p * x + q - 1)
