"""What is to be believed of the error of a total today, after the errors of totals that were made on earlier days.

A few errors tell little of how large errors are, and how many of them come each time. So no one size is chosen: every
size is believed as much as it made the errors seen likely, and what is expected today is the mixture of all of them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtr

from helpers.models.buying.rows import Floats

INNER_SHARE = 0.9
"""Share of the errors to come that the half width holds."""


@dataclass(frozen=True)
class Sizes:
    """Sizes of errors that are held possible, each as likely as any other before one has been seen.

    Attributes
    ----------
    steady, passing
        Standard deviations of the logarithm: of the error that comes each time, and of that which comes and goes.
    slopes
        Shares of the latest ratio that go on in the weeks after it.
    powers
        Powers of the past seen by which errors shrink: 0 where a shop moves all of its customers at random, 1 where a
        model is off because customers have been watched too short a time.
    """

    steady: tuple[float, ...]
    passing: tuple[float, ...]
    slopes: tuple[float, ...] = (0.0, 0.25, 0.5, 0.75, 1.0)
    powers: tuple[float, ...] = (0.0, 0.5, 1.0)


DOUBLINGS = tuple(0.005 * 2.0**step for step in range(8))
"""From half of what a good model is off by, to 64 %."""
POSSIBLE = Sizes(DOUBLINGS, DOUBLINGS)


@dataclass(frozen=True, eq=False)
class EarlierErrors:
    """Errors of earlier totals, one entry per day.

    Attributes
    ----------
    logs
        Logarithm of what came over what was expected.
    sampling
        Its standard deviation by chance and by the doubt about parameters.
    latest
        Logarithm of the latest ratio, as it was known on the day.
    past_shares
        How much of today's past the day had seen, above 0 and up to 1.
    overlaps
        Which share of their weeks two futures have in common: days by days, 1 of each with itself.
    """

    logs: Floats
    sampling: Floats
    latest: Floats
    past_shares: Floats
    overlaps: Floats


@dataclass(frozen=True)
class Belief:
    """What to expect of today's error: shift and drift in its mean, and what holds nine in ten of it about that."""

    shift: float
    drift: float
    half_width: float


def believed(
    earlier: EarlierErrors, *, latest: float, scatter: float, untold: float = 0.0, sizes: Sizes = POSSIBLE
) -> Belief:
    """What earlier errors say of today's, the sampling error of today's total left out.

    Parameters
    ----------
    earlier
        One day or more.
    latest, scatter, untold
        Of `common_drift.Ratios`, today.
    sizes
        What is held possible.

    Notes
    -----
    The errors y of earlier days are normal, y = b l + m + u + e: b l is the share of the latest ratio that goes on, m
    comes each time (variance t^2), u comes and goes (s^2 and the square of the scatter, divided by the share of the
    past to twice a power), e is the sampling error. Of futures that overlap u and e agree as much as their weeks do;
    of others they do not: what a model expects holds all that it has seen, so that the errors after it are news (Dawid
    1984, Present position and potential developments: the prequential approach, Journal of the Royal Statistical
    Society A 147(2), 278-292). For each t, s, b and power the error of today, b L + m + u, is normal with the mean and
    variance given y. It is the mixture of these by how likely each made y (Gelman and others 2013, Bayesian data
    analysis, 3rd ed., section 5.4). As both scales are from a grid of doublings, a small error that comes each time is
    drawn towards 0 and a large one hardly at all.
    """
    steady, slopes = np.array(sizes.steady) ** 2, np.array(sizes.slopes)
    passing = np.array(sizes.passing) ** 2 + scatter**2
    covariance = _covariances(earlier, steady=steady, passing=passing, powers=np.array(sizes.powers))
    inverse, (_, log_size) = np.linalg.inv(covariance), np.linalg.slogdet(covariance)
    left = earlier.logs - np.multiply.outer(slopes, earlier.latest)
    distance = np.einsum("bi,pstij,bj->pstb", left, inverse, left)
    log_likelihood = -0.5 * (log_size[..., None] + distance)
    weights = np.exp(log_likelihood - log_likelihood.max())
    weights /= weights.sum()
    pull = steady[:, None] * inverse.sum(axis=-1)
    shifts, drifts = np.einsum("psti,bi->pstb", pull, left), slopes * latest
    variances = steady * (1 - pull.sum(axis=-1)) + passing[:, None] + untold * scatter**2
    shift, drift = float((weights * shifts).sum()), float((weights * drifts).sum())
    off, deviations = shifts + drifts - shift - drift, np.sqrt(variances)[..., None]

    def outside(half: float) -> float:
        inner = ndtr((half - off) / deviations) - ndtr((-half - off) / deviations)
        return float((weights * inner).sum()) - INNER_SHARE

    widest = float(np.abs(off).max() + 4 * deviations.max())
    return Belief(shift, drift, float(brentq(outside, 0.0, widest)))


def _covariances(earlier: EarlierErrors, *, steady: Floats, passing: Floats, powers: Floats) -> Floats:
    """Of the errors of earlier days: powers by passing by steady by days by days."""
    larger = earlier.past_shares ** -powers[:, None]
    moved = earlier.overlaps * larger[:, :, None] * larger[:, None, :]
    by_chance = earlier.overlaps * np.multiply.outer(earlier.sampling, earlier.sampling)
    parts = moved[:, None, None] * passing[:, None, None, None] + by_chance
    covariances: Floats = parts + steady[:, None, None]
    return covariances
