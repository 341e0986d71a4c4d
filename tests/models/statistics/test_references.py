"""Made-up customers without groups: like the real ones feature by feature and in correlation."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import kurtosis

from helpers.models.statistics import references


def drawn(points: np.ndarray, *, count: int = 20_000, seed: int = 1, has_single_peaks: bool = False) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return references.resembling(points, rng=rng, has_single_peaks=has_single_peaks).draw(count, rng)


@pytest.fixture(scope="module")
def heaps() -> np.ndarray:
    """Two heaps of customers far apart in the first two of three features."""
    rng = np.random.default_rng(3)
    centres = np.where(rng.random(2000) < 0.5, -4.0, 4.0)
    return np.column_stack([centres, centres, np.zeros(2000)]) + rng.standard_normal((2000, 3))


def test_spread_and_correlation_are_those_of_the_customers(heaps: np.ndarray) -> None:
    found = drawn(heaps)
    assert found.std(axis=0) == pytest.approx(heaps.std(axis=0), rel=0.03)
    assert np.corrcoef(found.T) == pytest.approx(np.corrcoef(heaps.T), abs=0.03)


def test_the_valley_between_two_heaps_is_filled(heaps: np.ndarray) -> None:
    first = drawn(heaps, has_single_peaks=True)[:, 0]
    counts = [int(np.sum(np.abs(first - place) < 1)) for place in (-4, 0, 4)]
    assert np.sum(np.abs(heaps[:, 0]) < 1) < 10
    assert counts[1] > 0.8 * max(counts), "no fewer between the heaps than at them"


def test_a_single_peak_is_left_as_it_is() -> None:
    points = np.random.default_rng(5).standard_normal((2000, 2))
    assert kurtosis(drawn(points, has_single_peaks=True)[:, 0]) == pytest.approx(0, abs=0.25)
    flat = np.random.default_rng(5).random((2000, 2))
    assert kurtosis(drawn(flat, has_single_peaks=True)[:, 0]) == pytest.approx(-1.2, abs=0.4), "flat stays nearly flat"


def test_each_feature_has_the_values_of_the_customers_whatever_its_shape(heaps: np.ndarray) -> None:
    found, shares = drawn(heaps), np.linspace(0.05, 0.95, 19)
    for at in range(3):
        assert np.isin(found[:, at], heaps[:, at]).all()
        mine, theirs = (
            np.searchsorted(np.sort(one[:, at]), np.quantile(heaps[:, at], shares)) for one in (found, heaps)
        )
        assert mine / len(found) == pytest.approx(theirs / len(heaps), abs=0.015)


def test_kinds_of_customers_are_not_in_the_reference() -> None:
    rng = np.random.default_rng(5)
    four = np.array([[-4, -4, -4.0], [4, 4, -4], [4, -4, 4], [-4, 4, 4]])[rng.integers(0, 4, 2000)]
    found = drawn(four + rng.standard_normal((2000, 3)))
    signs = (found[:, 0] > 0).astype(int) * 4 + (found[:, 1] > 0) * 2 + (found[:, 2] > 0)
    assert np.bincount(signs, minlength=8).min() > 0.08 * len(found), "all eight corners, where customers have four"


def test_a_feature_in_steps_keeps_its_steps_and_its_correlations() -> None:
    rng = np.random.default_rng(7)
    activity = rng.gamma(0.9, 1, 2000)
    points = rng.poisson(np.outer(activity, [0.5, 1.0, 2.0])).astype(float)
    found = drawn(points)
    assert set(np.unique(found[:, 0])) <= set(np.unique(points[:, 0]))
    assert np.mean(found[:, 0] == 0) == pytest.approx(np.mean(points[:, 0] == 0), abs=0.02)
    assert np.corrcoef(found.T) == pytest.approx(np.corrcoef(points.T), abs=0.04)


def test_a_feature_that_is_constant_in_the_sample_is_carried_along() -> None:
    points = np.column_stack([np.random.default_rng(9).standard_normal((100, 2)), np.full(100, 2.0)])
    found = drawn(points, count=50)
    assert np.isfinite(found).all()
    assert (found[:, 2] == 2).all()


def test_the_same_seed_draws_the_same_customers(heaps: np.ndarray) -> None:
    assert (drawn(heaps, count=50) == drawn(heaps, count=50)).all()
