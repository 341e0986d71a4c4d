"""Whether the items of a grid measure one thing, and whether they were answered with care."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from helpers.models.survey import common_factors, proportions
from helpers.models.survey.common_factors import Rotated, Rotation
from helpers.models.survey.design import Design, Floats, check_weights
from helpers.models.survey.products import correlations, covariances, unit_products
from helpers.models.survey.replicates import factors
from helpers.watching import Readable

FEWEST_ITEMS, FEWEST_WHOLE = 3, 100
"""Items and interviews with all answers, below which nothing is told."""
FEWEST_STRAIGHT = 5
"""Answered items from which one mark for all of them is called a straight line."""
FAST_SHARE = 1 / 3
"""Share of the median length of its mode and wave below which an interview was too fast to be true."""
MOST_STEPS, CLOSE = 500, 1e-9


@dataclass(frozen=True, eq=False)
class Reliability(Readable):
    """How the items of a grid hang together.

    Attributes
    ----------
    table
        A row per statistic of all items (`item` empty: alpha, omega, kmo) and of each item (alpha_if_dropped, loading,
        kmo, and factor_1 and on: its loadings on the rotated factors): statistic, item, value, low, high (intervals of
        alpha and omega alone). Of two factors, factor_correlation with the pair as `item`.
    n
        Interviews with answers to all items.
    straight_share, straight_low, straight_high
        Share of those who answered enough items who gave one mark to all of them, 0 to 1, unweighted with its interval.
    straight_n
        Interviews with enough answered items.
    factor_count
        How many factors stand out; 0 where nothing is told.
    """

    table: pd.DataFrame
    n: int
    straight_share: float
    straight_low: float
    straight_high: float
    straight_n: int
    factor_count: int = 0


def alpha(spread: Floats) -> float:
    """Cronbach's alpha of items with these covariances: the share of the variance of their sum that they share.

    References
    ----------
    Cronbach (1951), Coefficient alpha and the internal structure of tests, Psychometrika 16, 297-334.
    """
    k = len(spread)
    return float(k / (k - 1) * (1 - np.trace(spread) / spread.sum()))


def loadings(among: Floats) -> Floats:
    """The loadings of items on one factor, by iterated principal axes of their correlations (Harman (1976), ch. 8)."""
    common = 1 - 1 / np.diag(np.linalg.inv(among))
    found = np.zeros(len(among))
    for _ in range(MOST_STEPS):
        reduced = among - np.diag(1 - common)
        sizes, vectors = np.linalg.eigh(reduced)
        found = vectors[:, -1] * np.sqrt(max(sizes[-1], 0))
        if np.abs(found**2 - common).max() < CLOSE:
            break
        common = np.minimum(found**2, 1)
    return found * np.sign(found.sum() or 1)


def omega(loaded: Floats) -> float:
    """McDonald's omega of items with these loadings on one factor: the share of their sum that the factor makes.

    References
    ----------
    McDonald (1999), Test Theory: A Unified Treatment, equation 6.20.
    """
    shared = float(loaded.sum() ** 2)
    return shared / (shared + float((1 - loaded**2).sum()))


def kmo(among: Floats) -> tuple[float, Floats]:
    """How well correlations can be of common factors, of all items and of each: below 0.5 they cannot.

    References
    ----------
    Kaiser (1974), An index of factorial simplicity, Psychometrika 39, 31-36.
    """
    inverse = np.linalg.inv(among)
    scale = np.sqrt(np.diag(inverse))
    partial = (inverse / np.outer(scale, scale)) ** 2
    own = among**2
    np.fill_diagonal(partial, 0)
    np.fill_diagonal(own, 0)
    each: Floats = own.sum(axis=0) / (own.sum(axis=0) + partial.sum(axis=0))
    return float(own.sum() / (own.sum() + partial.sum())), each


def reliability(
    items: pd.DataFrame,
    *,
    design: Design,
    level: float,
    asked_share: float,
    replicate_count: int,
    seed: int,
    rotation: Rotation = "oblimin",
) -> Reliability:
    """How the items of a grid hang together, weighted, and how many answered them with one mark.

    Parameters
    ----------
    items
        A row per interview, a column per item, in points of one scale.
    asked_share
        Items that a smaller share of the interviews answered are left out.
    replicate_count, seed
        Of the replicates behind the intervals of alpha and omega, and of the unrelated items that factors must beat.
    rotation
        How factors are turned, where more than one stands out; see `common_factors.rotated`.

    Returns
    -------
    Reliability
        With an empty table where fewer than FEWEST_ITEMS items or FEWEST_WHOLE interviews are left.
    """
    shares = items.notna().mean()
    names = [str(name) for name in shares.index[shares >= asked_share]]
    used = items[names].to_numpy(dtype=float)
    is_whole = np.isfinite(used).all(axis=1) & (design.weights > 0)
    n = int(is_whole.sum())
    straight = _straight(items, level)
    columns = ["statistic", "item", "value", "low", "high"]
    if len(names) < FEWEST_ITEMS or n < FEWEST_WHOLE:
        return Reliability(pd.DataFrame(columns=columns), n, *straight)
    sums, size = unit_products(used, is_whole, design=design)
    spread, among = covariances(sums.sum(axis=0), size), correlations(sums.sum(axis=0), size)
    replicates = factors(design, count=replicate_count, seed=seed) @ sums
    ends = [(1 - level) / 2, (1 + level) / 2]
    of_alpha = np.quantile([alpha(covariances(one, size)) for one in replicates], ends)
    of_omega = np.quantile([omega(loadings(correlations(one, size))) for one in replicates], ends)
    loaded, (adequate, of_each) = loadings(among), kmo(among)
    rows: list[tuple[object, ...]] = [
        ("alpha", "", alpha(spread), *of_alpha),
        ("omega", "", omega(loaded), *of_omega),
        ("kmo", "", adequate, np.nan, np.nan),
    ]
    for place, name in enumerate(names):
        others = np.delete(np.delete(spread, place, 0), place, 1)
        told = {"alpha_if_dropped": alpha(others), "loading": loaded[place], "kmo": of_each[place]}
        rows += [(statistic, name, float(value), np.nan, np.nan) for statistic, value in told.items()]
    effective = check_weights(replace(design, weights=np.where(is_whole, design.weights, 0))).effective_n
    count = common_factors.factor_count(among, n=effective, draws=replicate_count, seed=seed)
    turned = common_factors.rotated(common_factors.extracted(among, count=count), method=rotation)
    rows += _structure(turned, names)
    return Reliability(pd.DataFrame(rows, columns=columns), n, *straight, count)


def _structure(turned: Rotated, names: list[str]) -> list[tuple[object, ...]]:
    """The loading of each item on each factor, and the correlation of each pair of factors, as rows of the table."""
    factor_names = [f"factor_{place + 1}" for place in range(turned.loadings.shape[1])]
    told: list[tuple[object, ...]] = [
        (factor, name, float(turned.loadings[row, column]), np.nan, np.nan)
        for column, factor in enumerate(factor_names)
        for row, name in enumerate(names)
    ]
    for a, b in combinations(range(len(factor_names)), 2):
        pair = f"{factor_names[a]}, {factor_names[b]}"
        told.append(("factor_correlation", pair, float(turned.correlations[a, b]), np.nan, np.nan))
    return told


@dataclass(frozen=True)
class Speeders(Readable):
    """How many interviews were too fast to be true.

    Attributes
    ----------
    share, low, high
        Of the interviews whose length is known, 0 to 1, unweighted with its interval; NaN where none is.
    n
        Interviews whose length is known.
    median_seconds
        The median length of all of them.
    """

    share: float
    low: float
    high: float
    n: int
    median_seconds: float


def speeders(interviews: pd.DataFrame, *, level: float) -> Speeders:
    """How many interviews took less than a third of the median of their mode and wave.

    Parameters
    ----------
    interviews
        A row per interview: wave, and duration_seconds and mode where they were delivered.

    References
    ----------
    Greszki, Meyer and Schoen (2015), Exploring the effects of removing too fast responses and respondents from web
    surveys, Public Opinion Quarterly 79(2), 471-503: a median is not moved by interviews that were left open.
    """
    if "duration_seconds" not in interviews or not interviews["duration_seconds"].notna().any():
        return Speeders(np.nan, np.nan, np.nan, 0, np.nan)
    known = interviews[interviews["duration_seconds"].notna()]
    alike = [known[name].fillna("") for name in ("wave", "mode") if name in known]
    usual = known.groupby(alike)["duration_seconds"].transform("median")
    is_fast = (known["duration_seconds"] < FAST_SHARE * usual).to_numpy(dtype=float)
    return Speeders(*_with_bounds(is_fast, level), float(known["duration_seconds"].median()))


def _straight(items: pd.DataFrame, level: float) -> tuple[float, float, float, int]:
    """The share of interviews with one mark for all items, its interval, and of how many."""
    asked = items[items.notna().sum(axis=1) >= FEWEST_STRAIGHT]
    if not len(asked):
        return np.nan, np.nan, np.nan, 0
    is_straight = (asked.max(axis=1) == asked.min(axis=1)).to_numpy(dtype=float)
    return _with_bounds(is_straight, level)


def _with_bounds(is_so: NDArray[np.generic], level: float) -> tuple[float, float, float, int]:
    """The share of a simple sample, its interval, and of how many."""
    share, n = np.array([is_so.mean()]), np.array([len(is_so)])
    error = np.sqrt(share * (1 - share) / np.maximum(n - 1, 1))
    low, high = proportions.bounds(share, error, n, degrees=np.maximum(n - 1, 1), level=level)
    return float(share[0]), float(low[0]), float(high[0]), len(is_so)
