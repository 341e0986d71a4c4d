"""A distribution with a lognormal tail: its Lorenz curve against the formula, and its samples against both."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import ndtr, ndtri

from helpers.models.statistics.tails import tailed


def quantiles(n: int, *, deviation: float) -> np.ndarray:
    """Amounts that lie where those of a lognormal distribution should."""
    return np.exp(3 + deviation * ndtri((np.arange(n) + 0.5) / n))


@pytest.mark.parametrize("deviation", [0.5, 2.0])
def test_a_lognormal_is_found_with_its_lorenz_curve(deviation: float) -> None:
    like = tailed(quantiles(400, deviation=deviation))
    assert like is not None
    assert (like.mean, like.deviation, like.border) == (pytest.approx(3), pytest.approx(deviation), 0.6)
    held_by, held = like.lorenz()
    assert (held_by[0], held[0], held_by[-1], held[-1]) == (0, 0, pytest.approx(1), pytest.approx(1))
    for share in (0.3, 0.6, 0.8, 0.95, 0.999):
        assert np.interp(share, held_by, held) == pytest.approx(ndtr(ndtri(share) - deviation), abs=2e-3)


def test_samples_follow_the_curve() -> None:
    like = tailed(quantiles(400, deviation=1.0))
    assert like is not None
    drawn = like.sample(ndtri(np.sort(np.random.default_rng(1).random((5, 100_000)), axis=1)))
    assert (np.diff(drawn, axis=1) >= 0).all()
    held = np.cumsum(drawn, axis=1) / drawn.sum(axis=1, keepdims=True)
    assert held[:, 79_999] == pytest.approx(ndtr(ndtri(0.8) - 1), abs=0.01)


def test_zeros_are_no_part_of_the_tail_and_four_amounts_make_none() -> None:
    like = tailed(np.concatenate([np.zeros(95), [1.0, 2, 3, 4, 5]]))
    assert like is not None
    assert like.border == 0.95
    assert tailed(np.concatenate([np.zeros(95), [1.0, 2, 3, 4]])) is None
