"""Integrals that the models of buying need, by Gauss rules: no special function that overflows or runs out of range."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from scipy.linalg import eigh_tridiagonal

from helpers.models.clv.rows import Floats


@lru_cache(maxsize=8)
def legendre(count: int) -> tuple[Floats, Floats]:
    """Nodes between 0 and 1, and their weights, which sum to 1."""
    nodes, weights = np.polynomial.legendre.leggauss(count)
    return (nodes + 1) / 2, weights / 2


@lru_cache(maxsize=4096)
def beta(a: float, b: float, count: int) -> tuple[Floats, Floats]:
    """Nodes and weights of the expectation over p ~ Beta(a, b): exact for polynomials of degree up to 2 count - 1.

    References
    ----------
    Golub and Welsch (1969), Calculation of Gauss quadrature rules, Mathematics of Computation 23; the recurrence is
    that of the Jacobi polynomials on [0, 1].
    """
    k = np.arange(count, dtype=float)
    alpha, beta_ = b - 1, a - 1  # Jacobi's own names: weight (1 - t)^alpha (1 + t)^beta on [-1, 1]
    total = 2 * k + alpha + beta_
    diagonal = np.empty(count)
    diagonal[0] = (beta_ - alpha) / (alpha + beta_ + 2)
    diagonal[1:] = (beta_**2 - alpha**2) / (total[1:] * (total[1:] + 2))
    n = k[1:]
    spread = 2 * n + alpha + beta_
    squares = 4 * n * (n + alpha) * (n + beta_) * (n + alpha + beta_)
    if count > 1:
        # the general term is 0/0 at n = 1 where alpha + beta = -1: (n + alpha + beta) cancels against (spread - 1)
        cancelled = 4 * (1 + alpha) * (1 + beta_) / ((2 + alpha + beta_) ** 2 * (3 + alpha + beta_))
        with np.errstate(divide="ignore", invalid="ignore"):
            off = squares / (spread**2 * (spread + 1) * (spread - 1))
        off[0] = cancelled
    else:
        off = np.empty(0)
    nodes, vectors = eigh_tridiagonal(diagonal, np.sqrt(off))
    return np.clip((nodes + 1) / 2, 0.0, 1.0), vectors[0] ** 2


@lru_cache(maxsize=4096)
def gamma(shape: float, count: int) -> tuple[Floats, Floats]:
    """Nodes and weights of the expectation over g ~ Gamma(shape, rate 1)."""
    k = np.arange(count, dtype=float)
    n = k[1:]
    nodes, vectors = eigh_tridiagonal(2 * k + shape, np.sqrt(n * (n + shape - 1)))
    return np.maximum(nodes, 0.0), vectors[0] ** 2
