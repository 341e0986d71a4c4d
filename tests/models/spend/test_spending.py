"""Draws of the money of orders: what they are, and how much memory they take."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from helpers.models.spend import spending
from helpers.models.spend.spending import GammaGammaSpending, ScatteredSpending, Spending

DRAWS, CUSTOMERS = 100, 5_000


def by_gamma_gamma() -> GammaGammaSpending:
    known = np.full(CUSTOMERS, 2.0)
    thetas = np.tile([6.0, 4.0, 15.0], (DRAWS, 1))
    return GammaGammaSpending(np.full(CUSTOMERS, 30.0), known > 0, thetas, known, 30 * known)


def by_means() -> ScatteredSpending:
    means = pd.DataFrame({"expected_spend_amount": np.full(CUSTOMERS, 30.0), "is_seen": True})
    means = means.assign(log_error=0.1, log_scatter=0.5)
    return spending.scattered(means, log_common=0.05, draws=DRAWS, seed=1)


@pytest.mark.parametrize("made", [by_gamma_gamma, by_means])
def test_beside_the_money_little_is_held(made: Callable[[], Spending]) -> None:
    money, counts = made(), np.full((DRAWS, CUSTOMERS), 3, dtype=np.uint16)
    tracemalloc.start()
    try:
        drawn = money.draw(slice(None), counts, np.random.default_rng(1))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 2.5 * drawn.nbytes


def orders() -> np.ndarray:
    """Of fewer draws than the parameters have: customers who buy nothing in some of them, and some who never do."""
    return np.random.default_rng(3).poisson(0.7, (DRAWS // 2, CUSTOMERS)).astype(np.uint16)


def test_gamma_gamma_draws_all_nu_and_then_all_orders() -> None:
    money, counts, rng = by_gamma_gamma(), orders(), np.random.default_rng(1)
    at, who = np.nonzero(counts)
    p, q, gamma = money.thetas[at].T
    rate = rng.standard_gamma(p * money.count[who] + q) / (gamma + money.seen[who])
    expected = rng.standard_gamma(p * counts[at, who]) / rate
    drawn = money.draw(slice(None), counts, np.random.default_rng(1))
    assert (drawn[at, who] == expected).all()
    assert (drawn[counts == 0] == 0).all()


def test_scattered_spend_draws_all_means_and_then_all_orders() -> None:
    money, counts, rng = by_means(), orders(), np.random.default_rng(1)
    at, who = np.nonzero(counts)
    common, error, scale = money.common, 0.1, np.expm1(0.5**2)
    factor = np.exp(common.log_level * common.level[at] - common.log_level**2 / 2)
    mean = 30 * factor * np.exp(error * rng.standard_normal(len(who)) - error**2 / 2)
    expected = mean * rng.standard_gamma(counts[at, who] / scale) * scale
    drawn = money.draw(slice(None), counts, np.random.default_rng(1))
    np.testing.assert_allclose(drawn[at, who], expected, rtol=1e-12)
    assert (drawn[counts == 0] == 0).all()
