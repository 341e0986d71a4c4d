"""Whether the items of a grid measure one thing, and whether they were answered with care."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from helpers.models.survey import proportions
from helpers.models.survey.design import Design, Floats
from helpers.models.survey.products import correlations, covariances, unit_products
from helpers.models.survey.replicates import factors

FEWEST_ITEMS, FEWEST_WHOLE = 3, 100
"""Items and interviews with all answers, below which nothing is told."""
FEWEST_STRAIGHT = 5
"""Answered items from which one mark for all of them is called a straight line."""
MOST_STEPS, CLOSE = 500, 1e-9


@dataclass(frozen=True, eq=False)
class Reliability:
    """How the items of a grid hang together.

    Attributes
    ----------
    table
        A row per statistic of all items (`item` empty: alpha, omega, kmo) and of each item (alpha_if_dropped, loading,
        kmo): statistic, item, value, low, high (intervals of alpha alone).
    n
        Interviews with answers to all items.
    straight_share, straight_low, straight_high
        Share of those who answered enough items who gave one mark to all of them, 0 to 1, unweighted with its interval.
    straight_n
        Interviews with enough answered items.
    """

    table: pd.DataFrame
    n: int
    straight_share: float
    straight_low: float
    straight_high: float
    straight_n: int


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
    items: pd.DataFrame, *, design: Design, level: float, asked_share: float, replicate_count: int, seed: int
) -> Reliability:
    """How the items of a grid hang together, weighted, and how many answered them with one mark.

    Parameters
    ----------
    items
        A row per interview, a column per item, in points of one scale.
    asked_share
        Items that a smaller share of the interviews answered are left out.
    replicate_count, seed
        Of the replicates behind the interval of alpha.

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
    drawn = [alpha(covariances(one, size)) for one in factors(design, count=replicate_count, seed=seed) @ sums]
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    loaded, (adequate, of_each) = loadings(among), kmo(among)
    rows: list[tuple[object, ...]] = [
        ("alpha", "", alpha(spread), low, high),
        ("omega", "", omega(loaded), np.nan, np.nan),
        ("kmo", "", adequate, np.nan, np.nan),
    ]
    for place, name in enumerate(names):
        others = np.delete(np.delete(spread, place, 0), place, 1)
        told = {"alpha_if_dropped": alpha(others), "loading": loaded[place], "kmo": of_each[place]}
        rows += [(statistic, name, float(value), np.nan, np.nan) for statistic, value in told.items()]
    return Reliability(pd.DataFrame(rows, columns=columns), n, *straight)


def _straight(items: pd.DataFrame, level: float) -> tuple[float, float, float, int]:
    """The share of interviews with one mark for all items, its interval, and of how many."""
    asked = items[items.notna().sum(axis=1) >= FEWEST_STRAIGHT]
    if not len(asked):
        return np.nan, np.nan, np.nan, 0
    is_straight = (asked.max(axis=1) == asked.min(axis=1)).to_numpy(dtype=float)
    share = np.array([is_straight.mean()])
    n = np.array([len(asked)])
    error = np.sqrt(share * (1 - share) / np.maximum(n - 1, 1))
    low, high = proportions.bounds(share, error, n, degrees=np.maximum(n - 1, 1), level=level)
    return float(share[0]), float(low[0]), float(high[0]), len(asked)
