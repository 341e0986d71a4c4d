"""Made-up customers without groups, who otherwise resemble the real ones: what a search for groups must beat.

Any method finds groups in anything. What it finds is worth telling only where it finds less in data that are like these
in all but one thing: that they are of one kind.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d
from scipy.special import ndtr, ndtri

Floats = NDArray[np.float64]
TOO_MANY_TIES = 0.1
"""Share of customers on one value from which a feature counts as stepped, and keeps its steps in the reference."""
BIN_COUNT, POINT_COUNT = 1_200, 4_001
MATCHING_ROUNDS, MATCHING_ROWS = 4, 4_000
ROUND_OFF = 1e-6


@dataclass(frozen=True, eq=False)
class Reference:
    """Customers without groups, to be drawn: the values of each feature in equal steps, and how features hang together.

    Notes
    -----
    A Gaussian copula has no groups however its features correlate; each feature is then given its own distribution: as
    it is, or smoothed just so far that it has a single peak (Silverman's critical bandwidth). A feature with steps,
    such as a count of few, keeps them: else the steps themselves would look like groups. The correlations of the copula
    are moved until those of the drawn features are those of the real ones (the NORTA problem).

    References
    ----------
    Silverman (1981), Using kernel density estimates to investigate multimodality, JRSS B 43(1), 97-99. Liu, Hayes,
    Nobel and Marron (2008), Statistical significance of clustering for high-dimension, low-sample size data, JASA
    103(483), 1281-1293. Cario and Nelson (1997), Modeling and generating random vectors with arbitrary marginal
    distributions and correlation matrix, Northwestern University.
    """

    quantiles: tuple[Floats, ...]
    root: Floats

    def draw(self, count: int, rng: np.random.Generator) -> Floats:
        """`count` made-up customers: a row each, a column per feature."""
        normal = rng.standard_normal((count, len(self.quantiles))) @ self.root.T
        places = ndtr(normal)
        columns = [
            values[np.minimum((places[:, at] * len(values)).astype(int), len(values) - 1)]
            for at, values in enumerate(self.quantiles)
        ]
        return np.column_stack(columns)


def resembling(scaled: Floats, *, rng: np.random.Generator, has_single_peaks: bool = False) -> Reference:
    """The reference for real customers.

    Parameters
    ----------
    scaled
        One row per customer, one column per feature; two columns at least, nothing missing.
    rng
        The source of the draws by which correlations are matched.
    has_single_peaks
        Whether the valleys of a feature are filled: then customers who differ in one feature alone are no reference
        for themselves. Else a feature of two peaks, as bounds bring it about, has both in the reference.
    """
    quantiles = tuple(_single_peak(column) if has_single_peaks else np.sort(column) for column in scaled.T)
    wanted = _correlations(scaled)
    inner = _correlations(ndtri((pd.DataFrame(scaled).rank().to_numpy() - 0.5) / len(scaled)))
    reference = Reference(quantiles, _root(inner))
    for _ in range(MATCHING_ROUNDS):
        drawn_correlations = _correlations(reference.draw(MATCHING_ROWS, rng))
        inner = np.clip(inner + wanted - drawn_correlations, -1 + ROUND_OFF, 1 - ROUND_OFF)
        np.fill_diagonal(inner, 1.0)
        reference = Reference(quantiles, _root(inner))
    return reference


def _correlations(points: Floats) -> Floats:
    """Between columns; 0 with one that is constant, as a rare thing is in a sample."""
    with np.errstate(invalid="ignore", divide="ignore"):
        correlations = np.asarray(np.nan_to_num(np.corrcoef(points.T)), dtype=float)
    np.fill_diagonal(correlations, 1.0)
    return correlations


def _root(correlations: Floats) -> Floats:
    """A root of the nearest thing to `correlations` that can be one: its rows have length one."""
    values, vectors = np.linalg.eigh(correlations)
    root = vectors * np.sqrt(np.maximum(values, ROUND_OFF))
    unit: Floats = root / np.sqrt((root**2).sum(axis=1, keepdims=True))
    return unit


def _single_peak(values: Floats) -> Floats:
    """The distribution of one feature in equal steps: with a single peak, or as it is where it has steps."""
    _, counts = np.unique(values, return_counts=True)
    if counts.max() > TOO_MANY_TIES * len(values):
        return np.sort(values)
    width = float(values.max() - values.min())
    edges = np.linspace(values.min() - width, values.max() + width, BIN_COUNT + 1)
    heights = np.histogram(values, edges)[0].astype(float)
    smooth = _smoothed(heights, _critical_bandwidth(heights))
    reached, middles = np.cumsum(smooth) / smooth.sum(), (edges[1:] + edges[:-1]) / 2
    drawn = np.interp((np.arange(POINT_COUNT) + 0.5) / POINT_COUNT, reached, middles)
    # smoothing widens; the reference must spread as the feature does
    narrowed: Floats = (drawn - drawn.mean()) * values.std() / drawn.std() + values.mean()
    return narrowed


def _critical_bandwidth(heights: Floats) -> float:
    """The least smoothing, in bins, that leaves a single peak; by halving on the logarithm."""
    low, high = 1.0, len(heights) / 3
    for _ in range(20):
        middle = (low * high) ** 0.5
        low, high = (low, middle) if _has_one_peak(_smoothed(heights, middle)) else (middle, high)
    return high


def _smoothed(heights: Floats, bins: float) -> Floats:
    smooth: Floats = gaussian_filter1d(heights, bins, mode="constant")
    return smooth


def _has_one_peak(smooth: Floats) -> bool:
    # a ripple of a millionth of the peak is rounding
    turns = np.sign(np.diff(np.round(smooth / smooth.max() / ROUND_OFF)))
    turns = turns[turns != 0]
    return int(np.sum((turns[:-1] > 0) & (turns[1:] < 0))) <= 1
