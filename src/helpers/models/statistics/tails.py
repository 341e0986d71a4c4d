"""Amounts with a smooth upper tail: how far a measure of inequality may be off where few customers hold much."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from helpers.randomness import stream

Floats = NDArray[np.float64]

TAIL_SHARE = 0.4
"""Share of customers, the largest, through whose amounts the tail is laid."""
FEWEST = 5
"""Customers with an amount above 0 from which on a tail is laid."""
CELLS = 4_000
FAR = 7.0
"""Standard deviations beyond which the tail holds nothing to speak of, counted from where its money lies."""


@dataclass(frozen=True, eq=False)
class Tailed:
    """A distribution of amounts: those seen below the tail, each as likely, and a lognormal tail.

    Attributes
    ----------
    body
        The amounts below the tail, ascending.
    n
        All amounts that were seen.
    mean, deviation
        Of the logarithm of the lognormal distribution whose upper part the tail is.
    """

    body: Floats
    n: int
    mean: float
    deviation: float

    @property
    def border(self) -> float:
        """The share of customers below the tail, 0 to below 1."""
        return len(self.body) / self.n

    def lorenz(self) -> tuple[Floats, Floats]:
        """The Lorenz curve: shares of customers, ascending from 0 to 1, and the shares of the sum that these hold."""
        start = float(ndtri(max(self.border, 1e-12)))
        edges = np.linspace(start, max(start, self.deviation) + FAR, CELLS + 1)
        people = ndtr(-edges[:-1]) - ndtr(-edges[1:])
        money = ndtr(-(edges[:-1] - self.deviation)) - ndtr(-(edges[1:] - self.deviation))
        # in units of the tail's largest body amount: sums of money of any size stay finite
        scale = self.mean + self.deviation**2 / 2
        body = np.where(self.body > 0, np.exp(np.log(np.maximum(self.body, 1e-300)) - scale), 0.0)
        shares = np.concatenate([np.full(len(body), 1 / self.n), people])
        sums = np.concatenate([body / self.n, money])
        held_by, held = (np.concatenate([[0.0], np.cumsum(one) / one.sum()]) for one in (shares, sums))
        return held_by, held

    def sample(self, scores: Floats) -> Floats:
        """The amounts at these normal scores, in an array of the same form: ascending where the scores are."""
        tail = np.exp(self.mean + self.deviation * scores)
        if not len(self.body):
            return tail
        border = float(ndtri(self.border))
        place = (ndtr(np.minimum(scores, border)) * self.n).astype(np.int64)
        seen = self.body[np.minimum(place, len(self.body) - 1)]
        # a tail that is laid through the amounts may begin a little below the last of the body
        return np.where(scores < border, seen, np.maximum(tail, self.body[-1]))


@lru_cache(maxsize=1)
def scores(*, count: int, size: int) -> Floats:
    """Normal scores of random samples, an array of count by size, each ascending: the same ones at every call.

    They are the nodes of an integral over chance, so that a frame has one interval.
    """
    return ndtri(np.sort(stream(count, "samples of inequality").random((count, size)), axis=1))


def tailed(amounts: Floats) -> Tailed | None:
    """The amounts with a lognormal tail through the largest of them; None where fewer than five are above 0.

    Parameters
    ----------
    amounts
        One entry per customer, ascending, 0 or more.

    Notes
    -----
    A straight line through the logarithms of the largest 40 % of amounts (of those above 0) against their normal
    scores, by least squares: the Q-Q plot of a lognormal distribution. Amounts that were drawn never are as large as
    the largest that could have been; resampling them alone leaves that out, and its intervals are too short.

    References
    ----------
    Davidson and Flachaire (2007), Asymptotic and bootstrap inference for inequality and poverty measures, Journal of
    Econometrics 141(1), 141-166, section 6 (the semiparametric bootstrap, there with a Pareto tail).
    """
    n = len(amounts)
    count = min(max(int(n * TAIL_SHARE), FEWEST), int((amounts > 0).sum()))
    if count < FEWEST:
        return None
    logs, places = np.log(amounts[n - count :]), ndtri((np.arange(n - count, n) + 0.5) / n)
    centred = places - places.mean()
    deviation = float(centred @ (logs - logs.mean()) / (centred @ centred))
    return Tailed(amounts[: n - count], n, float(logs.mean() - deviation * places.mean()), deviation)
