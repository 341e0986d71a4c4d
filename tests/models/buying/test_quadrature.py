"""Sums for integrals, against what is known exactly and against scipy's adaptive integration."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import expn, hyp2f1
from scipy.stats import beta as beta_distribution

from helpers.models.buying import quadrature

SHAPES = [(0.8, 2.4), (1e-3, 0.01), (1.0, 1.0), (0.05, 800.0), (30.0, 1300.0), (5e4, 1e5), (3.0, 1e-3), (1e-5, 1e-5)]


@pytest.mark.parametrize(("a", "b"), SHAPES)
def test_moments_of_beta(a: float, b: float) -> None:
    p, weights = quadrature.beta(a, b, 1.0)
    mean, second = a / (a + b), a / (a + b) * (a + 1) / (a + b + 1)
    assert [weights.sum(), weights @ p, weights @ p**2] == pytest.approx([1.0, mean, second], rel=1e-11)
    assert ((p >= 0) & (p <= 1) & (weights > 0)).all()


@pytest.mark.parametrize(("a", "b"), [(0.8, 2.4), (0.3, 26.0), (4.0, 0.5), (1.0, 1.0)])
@pytest.mark.parametrize("reach", [0.01, 4.0, 1e4])
def test_poles_near_zero_are_seen(a: float, b: float, reach: float) -> None:
    """E[1 / (1 + k p)] = 2F1(1, a; a + b; -k), Euler's integral (Abramowitz and Stegun 15.3.1)."""
    p, weights = quadrature.beta(a, b, reach)
    assert weights @ (1 / (1 + reach * p)) == pytest.approx(hyp2f1(1, a, a + b, -reach), rel=1e-11)


def test_steep_functions_are_seen() -> None:
    """E[(1 + k p)^-n] with n in the hundreds, against scipy's adaptive integration in log p."""
    a, b, reach, power = 0.8, 300.0, 2.0, 900.0
    p, weights = quadrature.beta(a, b, reach * power)

    def integrand(log_p: float) -> float:
        at = np.exp(log_p)
        return float((1 + reach * at) ** -power * beta_distribution.pdf(at, a, b) * at)

    exact = quad(integrand, -60, -1e-12, points=[-12.0, -7.0, -4.0], limit=500)[0]
    assert weights @ (1 + reach * p) ** -power == pytest.approx(exact, rel=1e-8)


def test_half_line_by_hand() -> None:
    time, masses = quadrature.half_line(1.0, 1.0)
    assert masses @ np.exp(-time) == pytest.approx(1.0, rel=1e-12)
    assert masses @ (time * np.exp(-time)) == pytest.approx(1.0, rel=1e-11)


@pytest.mark.parametrize("rate", [1e-6, 0.002, 3.0])
def test_half_line_sees_two_scales(rate: float) -> None:
    """The integral of exp(-d t) / (1 + t) is exp(d) E1(d) (Abramowitz and Stegun 5.1.28)."""
    time, masses = quadrature.half_line(min(1.0, 1 / rate), 1 / rate)
    assert masses @ (np.exp(-rate * time) / (1 + time)) == pytest.approx(np.exp(rate) * expn(1, rate), rel=1e-11)


def test_legendre_is_exact_for_polynomials() -> None:
    nodes, weights = quadrature.legendre(5)
    assert [weights @ nodes**power for power in range(10)] == pytest.approx([1 / (power + 1) for power in range(10)])
