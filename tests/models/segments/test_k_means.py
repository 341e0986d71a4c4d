"""Centres of k-means against scikit-learn: the same numbers from the same draws."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.cluster import KMeans

from helpers.models.segments import k_means
from helpers.randomness import stream

TWO_HEAPS = np.array([[0.0, 0.0], [0.0, 1.0], [10.0, 0.0], [10.0, 1.0]])


@pytest.mark.parametrize("count", [2, 3, 5, 8])
@pytest.mark.parametrize("seed", range(4))
def test_centres_are_those_of_scikit_learn(count: int, seed: int) -> None:
    rng = stream(seed, "points for k-means")
    points = rng.normal(3.0, 1.0, (400, 4)) + 4.0 * rng.integers(0, 3, (400, 1))
    library = KMeans(count, n_init=3, max_iter=100, random_state=seed).fit(points).cluster_centers_
    assert k_means.centres(points, count=count, starts=3, seed=seed) == pytest.approx(library, rel=1e-9)


def test_two_heaps_have_their_middles_as_centres() -> None:
    found = k_means.centres(TWO_HEAPS, count=2, starts=3, seed=0)
    assert sorted(found.tolist()) == [[0.0, 0.5], [10.0, 0.5]]


def test_a_group_without_points_is_left_to_the_library() -> None:
    points = np.repeat(TWO_HEAPS[:2], 30, axis=0)  # two different points, and three groups to find
    found = k_means.centres(points, count=3, starts=2, seed=0)
    assert {tuple(row) for row in found.tolist()} == {(0.0, 0.0), (0.0, 1.0)}


def test_no_start_is_refused() -> None:
    with pytest.raises(ValueError, match="starts must be 1 or more"):
        k_means.centres(TWO_HEAPS, count=2, starts=0, seed=0)
