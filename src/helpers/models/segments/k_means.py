"""Centres of k-means for few points and many searches: what scikit-learn finds, without its price of every call.

A search for groups fits some 250 times to one or two thousand points, and there much of scikit-learn's time goes to the
calls round its loops. With a step written as two products of matrices the same search takes three fifths of the time.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from helpers.randomness import as_scikit_learn
from helpers.threads import one_thread

Floats = NDArray[np.float64]
Chosen = NDArray[np.bool_]
TOLERANCE = 1e-4
"""Squared movement of all centres, over the mean variance of a feature, at which a search stops."""
STEPS = 100


@dataclass(frozen=True, eq=False)
class _Found:
    """Where one start ended: centres, who is nearest to which (centres by points), and the sum of squared distances."""

    centres: Floats
    nearest: Chosen
    inertia: float

    def is_same(self, other: _Found) -> bool:
        """Whether both put the same points together, under whatever numbers."""
        shared = self.nearest.astype(float) @ other.nearest.T.astype(float) > 0
        return bool((shared.sum(axis=1) <= 1).all())


def centres(points: Floats, *, count: int, starts: int, seed: int) -> Floats:
    """The centres of `count` groups: the best of several starts, an array of groups by features.

    Parameters
    ----------
    points
        An array of points by features, all finite, with at least `count` rows.
    count
        Number of groups.
    starts
        How often the search begins anew.
    seed
        Of the starts; the same numbers are drawn as by ``sklearn.cluster.KMeans``.

    Notes
    -----
    Lloyd's steps from starts by greedy k-means++ (Arthur and Vassilvitskii (2007), k-means++: the advantages of careful
    seeding, SODA). Where a group loses its last point, or a point is as near to two centres, the library decides.
    """
    rng, middle = as_scikit_learn(seed), points.mean(axis=0)
    limit = TOLERANCE * float(points.var(axis=0).mean())
    data = points - middle
    best = None
    for _ in range(starts):
        found = _lloyd(data, _seeded(data, count, rng), limit)
        if found is None:
            return _of_library(points, count=count, starts=starts, seed=seed)
        if best is None or (found.inertia < best.inertia and not found.is_same(best)):
            best = found
    if best is None:
        raise ValueError(f"starts must be 1 or more, found {starts}")
    return np.asarray(best.centres + middle)


def _seeded(data: Floats, count: int, rng: np.random.RandomState) -> Floats:
    """Points that lie far apart: each the best of a few that are drawn by their squared distance to those before."""
    squares, tries = np.einsum("ij,ij->i", data, data), 2 + int(np.log(count))
    first = rng.choice(len(data), p=np.full(len(data), 1 / len(data)))
    chosen, closest = [first], _squared(data, squares, [first])[0]
    potential = closest.sum()
    while len(chosen) < count:
        drawn = np.searchsorted(np.cumsum(closest), rng.uniform(size=tries) * potential)
        drawn = np.minimum(drawn, len(data) - 1)
        left = np.minimum(closest, _squared(data, squares, drawn))
        potentials = left.sum(axis=1)
        best = int(potentials.argmin())
        closest, potential = left[best], potentials[best]
        chosen.append(drawn[best])
    return data[chosen]


def _squared(data: Floats, squares: Floats, places: list[int] | NDArray[np.int64]) -> Floats:
    """Squared distances of the points in these places to all points."""
    distances: Floats = -2 * data[places] @ data.T + squares[places][:, None] + squares
    return np.maximum(distances, 0.0, out=distances)


def _lloyd(data: Floats, start: Floats, limit: float) -> _Found | None:
    """Lloyd's steps until nobody changes groups, or centres hardly move; None where a step is not clear."""
    rows = np.column_stack([data, np.ones(len(data))])
    assigned, here, before = _Assignment(rows, len(start)), start, np.empty(0)
    for _ in range(STEPS):
        sums = assigned.sums(here)
        sizes = sums[:, -1:]
        if not sizes.all() or sizes.sum() != len(data):
            return None
        there = sums[:, :-1] / sizes
        moved, here = ((there - here) ** 2).sum(), there
        # the same sums: the same points are with the same centres
        if moved <= limit or np.array_equal(sums, before):
            break
        before = sums
    assigned.sums(here)
    return _Found(here, assigned.is_nearest, _inertia(data, here, assigned.is_nearest))


class _Assignment:
    """Who is nearest to which centre, in memory that serves every step of a search.

    `rows` are the points, with a one behind each; `is_nearest` has centres by points.
    """

    def __init__(self, rows: Floats, count: int) -> None:
        self.rows, self.columns = rows, np.ascontiguousarray(rows.T)
        self.centres, self.least = np.empty((count, rows.shape[1])), np.empty(len(rows))
        self.distances, self.is_nearest = np.empty((count, len(rows))), np.empty((count, len(rows)), dtype=bool)

    def sums(self, middle: Floats) -> Floats:
        """The sum of the points nearest to each centre, and in the last column how many they are."""
        np.multiply(middle, -2, out=self.centres[:, :-1])
        np.einsum("ij,ij->i", middle, middle, out=self.centres[:, -1])
        # squared distances less what is the same for all centres
        np.matmul(self.centres, self.columns, out=self.distances)
        np.min(self.distances, axis=0, out=self.least)
        np.equal(self.distances, self.least, out=self.is_nearest)
        self.distances[:] = self.is_nearest
        return np.asarray(self.distances @ self.rows)


def _inertia(data: Floats, middle: Floats, nearest: Chosen) -> float:
    return float(((data - middle[nearest.argmax(axis=0)]) ** 2).sum())


def _of_library(points: Floats, *, count: int, starts: int, seed: int) -> Floats:
    with one_thread("sklearn.cluster"):
        from sklearn.cluster import KMeans
        from sklearn.exceptions import ConvergenceWarning

        search = KMeans(count, n_init=starts, max_iter=STEPS, tol=TOLERANCE, random_state=seed)
        with warnings.catch_warnings():
            # fewer different customers than groups: the groups are then not separated, and are not reported
            warnings.simplefilter("ignore", ConvergenceWarning)
            return np.asarray(search.fit(points).cluster_centers_)
