"""How far shares of customers were off when they were expected on earlier days, and what that says of today's."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, logit, stdtrit

from helpers.models.buying.rows import Floats
from helpers.models.evaluation.rolling_origins import PRIOR_ORIGINS, Origins

PRIOR_LOG_ODDS = 0.1
"""An error that any model may have in the odds of a share: two and a half points where it is one half, either way."""
FEWEST_ORIGINS = 2
"""Earlier days below which nothing is corrected: what came once may have been chance."""
CORRECTED_SHARE = 0.5
"""Share of a mean error, already shrunk, that is corrected: an error of yesterday has often gone the day after."""


@dataclass(frozen=True)
class ShareError:
    """What earlier days say of the error of a share expected today, as log odds of what comes over what is expected.

    Attributes
    ----------
    origin_count
        Earlier days that are known; without one nothing is.
    shift
        The error that came each time, shrunk, and half of it; 0 where none is sure.
    spread
        Scale of the error about the shift, of Student's t of `freedom` degrees; what chance did then is in it.
    freedom
        Degrees of freedom.
    """

    origin_count: int = 0
    shift: float = 0.0
    spread: float = 0.0
    freedom: float = np.inf

    def corrected(self, share: ArrayLike) -> Floats:
        """A share, or a probability, less the error that came each time."""
        found: Floats = expit(logit(np.asarray(share, dtype=float)) + self.shift)
        return found

    def interval(self, share: float, *, level: float) -> tuple[float, float]:
        """The bounds of a share that is already corrected; NaN where nothing is known."""
        if not self.origin_count:
            return np.nan, np.nan
        width = float(stdtrit(self.freedom, (1 + level) / 2)) * self.spread
        return float(expit(logit(share) - width)), float(expit(logit(share) + width))

    def grown(self, origins: Origins) -> ShareError:
        """The error over the future that is asked for: beyond those of the origins it grows as that of totals does."""
        growth = float(origins.growth(origins.asked_weeks))
        return ShareError(self.origin_count, growth * self.shift, growth * self.spread, self.freedom)


def pooled(counts: Floats, expected: Floats, actual: Floats, *, origins: Origins) -> ShareError:
    """What the earlier days together say.

    Parameters
    ----------
    counts, expected, actual
        Customers, the share of them that was expected and the share that came, an entry per day of `origins`; NaN where
        it is not known or not told.
    origins
        Of `rolling_origins.plan`.

    Notes
    -----
    On the scale of log odds, half of the mean error, shrunk by its own doubt
    (positive part of James and Stein), is corrected where there are two days or more. The square of the spread is the
    mean square about the shift, with the sampling error and 0.1 as one origin more; Student's t has one degree of
    freedom more than there are futures that lie one after another.
    """
    is_known = np.isfinite(counts) & np.isfinite(expected) & np.isfinite(actual) & (expected > 0) & (expected < 1)
    if not is_known.any():
        return ShareError()
    count, due, share = counts[is_known], expected[is_known], actual[is_known]
    came, stayed = count * share + 0.5, count * (1 - share) + 0.5
    logs, errors = np.log(came / stayed) - logit(due), 1 / came + 1 / stayed
    known = _Known.of(origins, is_known, squared_errors=errors, prior=PRIOR_LOG_ODDS**2)
    shift = known.shift(logs) if len(logs) >= FEWEST_ORIGINS else 0.0
    return ShareError(len(logs), shift, float(np.sqrt(known.mean_square(logs - shift))), known.freedom)


@dataclass(frozen=True, eq=False)
class _Known:
    """Earlier days of which an error is known, as what several numbers, one for each, say together.

    Attributes
    ----------
    weights
        What each counts, 1 in all.
    n
        Futures that lie one after another, less what the weights take.
    sampling
        Mean square of the sampling error.
    prior
        Square of an error that any model may have, with the sampling error: worth one day more.
    """

    weights: Floats
    n: float
    sampling: float
    prior: float

    @classmethod
    def of(cls, origins: Origins, is_known: NDArray[np.bool_], *, squared_errors: Floats, prior: float) -> _Known:
        """Of the days of `origins` that are known, with the squares of their sampling errors and the prior's own."""
        weights = origins.weights[is_known] / origins.weights[is_known].sum()
        n = min(origins.independent_count / len(weights), 1.0) / float(weights @ weights)
        sampling = float(weights @ squared_errors)
        return cls(weights, n, sampling, prior + sampling)

    @property
    def freedom(self) -> float:
        """Degrees of freedom of a mean square."""
        return PRIOR_ORIGINS + self.n

    def mean_square(self, values: Floats) -> float:
        """The mean square, with the prior."""
        return float(PRIOR_ORIGINS * self.prior + self.n * (self.weights @ values**2)) / self.freedom

    def shift(self, values: Floats) -> float:
        """What of their mean is corrected: half of what is left of it when it is drawn towards 0."""
        mean = float(self.weights @ values)
        return CORRECTED_SHARE * _kept(mean, variance=self.mean_square(values - mean) / self.n + self.sampling) * mean


def _kept(estimate: float, *, variance: float) -> float:
    """What is kept of an estimate of so much variance when it is drawn towards 0 (positive part of James and Stein)."""
    return max(1 - variance / estimate**2, 0.0) if estimate else 0.0
