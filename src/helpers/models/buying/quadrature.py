"""Integrals that the models of buying need, by sums: no special function that overflows or runs out of range.

On a logarithmic scale the integrands of these models are smooth and fade at both ends, and there the plain sum over
evenly spaced points is exact to the last digits: its error falls exponentially with the spacing.

References
----------
Trefethen and Weideman (2014), The exponentially convergent trapezoidal rule, SIAM Review 56(3).
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from scipy.special import expit, loggamma

from helpers.models.buying.rows import Floats

FALL_IN_POWERS_OF_E = 40.0
"""Powers of e by which an integrand has fallen when it is left: 4e-18."""
STEP = 0.3
"""Spacing on the logarithmic scale, fine enough for functions whose poles lie on the negative axis."""


@lru_cache(maxsize=8)
def legendre(count: int) -> tuple[Floats, Floats]:
    """Nodes between 0 and 1, and their weights, which sum to 1."""
    nodes, weights = np.polynomial.legendre.leggauss(count)
    return (nodes + 1) / 2, weights / 2


@lru_cache(maxsize=4096)
def beta(a: float, b: float, finest: float) -> tuple[Floats, Floats]:
    """Nodes and weights of the expectation over p ~ Beta(a, b).

    Parameters
    ----------
    a, b
        Shapes of the distribution, above 0.
    finest
        The function is as good as constant for p far below 1 / finest. It may fall as steeply as (1 + k p)^-n with
        k n up to `finest`, and have poles for negative p.

    Notes
    -----
    Evenly spaced in log(p / (1 - p)). The weights of all points beyond an end, where function and density are known to
    go like a power, are those of the geometric series and are given to the end.
    """
    step = _step(a, b)
    low, high = -FALL_IN_POWERS_OF_E - np.log(max(finest, a + b, 1.0)), FALL_IN_POWERS_OF_E + np.log(max(a + b, 1.0))
    logit = low + step * np.arange(int(np.ceil((high - low) / step)) + 1)
    log_weights = -a * np.logaddexp(0.0, -logit) - b * np.logaddexp(0.0, logit)
    log_weights[0] -= np.log(-np.expm1(-a * step))
    log_weights[-1] -= np.log(-np.expm1(-b * step))
    log_weights -= log_weights.max()
    counts = log_weights > -2 * FALL_IN_POWERS_OF_E
    nodes, weights = expit(logit[counts]), np.exp(log_weights[counts])
    return nodes, weights / weights.sum()


def _step(a: float, b: float) -> float:
    """The spacing at which the sum over the density alone is exact: its Fourier transform has come to nothing."""
    frequencies = np.geomspace(2 * np.pi / STEP, 1e6, 200)
    shapes = np.array([[a], [b]])
    fallen = -(loggamma(shapes + 1j * frequencies) - loggamma(shapes)).real.sum(axis=0)
    return float(2 * np.pi / frequencies[min(int(np.searchsorted(fallen, FALL_IN_POWERS_OF_E)), 199)])


def half_line(lowest: float, highest: float) -> tuple[Floats, Floats]:
    """Nodes and weights of the integral from 0 to infinity of a function on scales between `lowest` and `highest`.

    Below `lowest` the function is as good as constant, above `highest` it falls exponentially at least.
    """
    low, high = np.log(lowest) - FALL_IN_POWERS_OF_E, np.log(highest * FALL_IN_POWERS_OF_E)
    nodes = np.exp(low + STEP * np.arange(int(np.ceil((high - low) / STEP)) + 1))
    return nodes, STEP * nodes
