"""What errors of earlier totals say of today's: a normal model of which only the size of the errors is unknown.

Half a dozen errors tell a size badly, and the first of them, made from little data, are large by the doubt about
parameters alone. So each is taken with the sampling error that it had, and all sizes are kept, each weighed by how
likely it made the errors that came.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtr, stdtrit

from helpers.models.buying.rows import Floats

SIZES = np.geomspace(0.002, 1.2, 40)
"""Standard deviations of an error, evenly on a logarithmic scale: from nothing to a total that says nothing."""
SMALL_SIZE = 0.02
"""Size of an error that any model may have where nothing scatters: a smaller one is as good as none."""
SCATTER_TIMES = 1.5
"""How many times as large as the scatter of ratios past errors to come may be: the model was fitted to those ratios."""
STEADY_SHARE = 0.4
"""Share of the variance of an error that comes each time."""
CARRIED_SHARE, CARRIED_ERROR = 0.3, 0.3
"""Share of the latest ratio that goes on, and its standard deviation: likely between nothing and most of it."""
MATCHED_LEVEL = 0.9
"""Coverage of the interval that Student's t is given in common with the distribution that it stands for."""


@dataclass(frozen=True, eq=False)
class Earlier:
    """Errors of earlier totals, an entry per earlier day.

    Attributes
    ----------
    logs
        Logarithms of what came over what was expected.
    sampling
        Standard deviation of each that chance and the doubt about parameters explain.
    overlaps
        Days by days: which share of their futures two of them have in common.
    latest
        Logarithm of the latest ratio that was known on each.
    sizes
        How many times as large as today's an error of each is taken to be, since the model had seen less.
    """

    logs: Floats
    sampling: Floats
    overlaps: Floats
    latest: Floats
    sizes: Floats


@dataclass(frozen=True)
class Expected:
    """Today's error: what came each time, what goes on of the latest ratio, and the spread about both together.

    The spread is the scale of Student's t of the degrees of freedom that were asked for; `steady_share` is that share
    of its variance which is doubt about what came each time, and the rest is what comes and goes.
    """

    shift: float
    drift: float
    spread: float
    steady_share: float


def expected(earlier: Earlier, *, latest: float, scatter: float, beyond: float, freedom: float) -> Expected:
    """What the errors of earlier totals say of today's, as far as it is not sampling error.

    Parameters
    ----------
    earlier
        One day or more.
    latest
        Logarithm of today's latest ratio.
    scatter
        Standard deviation by which the past of all customers leads one to expect errors.
    beyond
        Variance that today's error has besides.
    freedom
        Degrees of freedom of the Student's t that stands for the distribution.

    Notes
    -----
    An error is m + b l + u and sampling error: m comes each time, l is the latest ratio known on the day, u comes and
    goes. Of a size t today, m is normal with variance 0.4 t^2, and u with 0.6 t^2 and as much correlation as futures
    overlap; on an earlier day both are larger by `sizes`. b is normal about 0.3 with a standard deviation of 0.3. Given
    t all is linear and normal, and today's error as well (Rasmussen and Williams 2006, Gaussian processes for machine
    learning, equations 2.22 to 2.25 and 5.8). Before any error is known, t is even below the root of 0.02^2 and the
    square of 1.5 times the scatter, and its logarithm is even above, up to 1.2: in t near 0, since a prior that is even
    in its logarithm would have all errors be none (Gelman 2006, Prior distributions for variance parameters in
    hierarchical models, Bayesian Analysis 1(3), 515-534). Student's t gets the width of the mixture at 90 %. The
    constants were chosen on simulated worlds; benchmarks/README.md has how often intervals held what came on others.
    """
    square = SIZES[:, None] ** 2
    among = (STEADY_SHARE + (1 - STEADY_SHARE) * earlier.overlaps) * np.outer(earlier.sizes, earlier.sizes)
    carried, told = CARRIED_ERROR**2, earlier.logs - CARRIED_SHARE * earlier.latest
    known = np.diag(earlier.sampling**2) + carried * np.outer(earlier.latest, earlier.latest)
    covariances = known + square[:, :, None] * among
    steady, moved = STEADY_SHARE * square * earlier.sizes, carried * latest * earlier.latest
    inverses = np.linalg.inv(covariances)
    scores = inverses @ told
    weights = _weights(scores @ told + np.linalg.slogdet(covariances)[1], scatter=scatter)
    both = steady + moved
    means = (both * scores).sum(axis=1)
    left = square[:, 0] + carried * latest**2 - np.einsum("ti,tij,tj->t", both, inverses, both)
    # what comes and goes is never known; rounding may say less
    variances = np.maximum(left, (1 - STEADY_SHARE) * square[:, 0]) + beyond
    shifts = (steady * scores).sum(axis=1)
    doubts = STEADY_SHARE * square[:, 0] - np.einsum("ti,tij,tj->t", steady, inverses, steady)
    steadily, altogether = _variance(weights, shifts, np.maximum(doubts, 0.0)), _variance(weights, means, variances)
    width = _half_width(weights, means, np.sqrt(variances))
    return Expected(
        shift=float(weights @ shifts),
        drift=float(weights @ (scores @ moved)) + CARRIED_SHARE * latest,
        spread=width / float(stdtrit(freedom, (1 + MATCHED_LEVEL) / 2)),
        steady_share=min(steadily / altogether, 1.0),
    )


def _weights(deviances: Floats, *, scatter: float) -> Floats:
    """How likely each size is, 1 in all, from the prior and minus twice the log-likelihoods."""
    logs = np.log(_prior(scatter)) - deviances / 2
    weights: Floats = np.exp(logs - logs.max())
    return weights / weights.sum()


def _prior(scatter: float) -> Floats:
    """How likely each size is before any error is known, 1 in all."""
    # sizes lie evenly on a logarithmic scale, where what is even in the size grows with it
    weights = SIZES / np.sqrt(SIZES**2 + SMALL_SIZE**2 + (SCATTER_TIMES * scatter) ** 2)
    return np.asarray(weights / weights.sum())


def _variance(weights: Floats, means: Floats, variances: Floats) -> float:
    """Of a mixture."""
    return float(weights @ (variances + (means - weights @ means) ** 2))


def _half_width(weights: Floats, means: Floats, deviations: Floats) -> float:
    """Half of the interval about the mean that holds so much of a mixture of normal distributions."""
    centre = float(weights @ means)

    def missing(width: float) -> float:
        high, low = (ndtr((centre + side - means) / deviations) for side in (width, -width))
        return float(weights @ (high - low)) - MATCHED_LEVEL

    return float(brentq(missing, 0.0, 40 * deviations.max() + np.ptp(means), xtol=1e-9))
