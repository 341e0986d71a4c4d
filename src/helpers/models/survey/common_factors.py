"""How many things a grid of items measures, and which items measure which: common factors and their rotations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.optimize import minimize

from helpers.models.survey.design import Floats
from helpers.randomness import stream

Rotation = Literal["varimax", "oblimin", "promax"]
LEAST_UNIQUE = 0.005
"""Share of an item's variance that is its own, at least: none is made of common factors alone."""
POWER = 4
MOST_STEPS, CLOSE = 1000, 1e-8


@dataclass(frozen=True, eq=False)
class Rotated:
    """Loadings that are easy to read.

    Attributes
    ----------
    loadings
        A row per item and a column per factor: by how many standard deviations the item rises with one of the factor,
        the other factors held. Factors stand in the order of their sums of squares, most loadings above zero.
    correlations
        Of the factors: a row and a column each; of varimax those of the unit matrix.
    """

    loadings: Floats
    correlations: Floats


def factor_count(among: Floats, *, n: float, draws: int, seed: int) -> int:
    """How many factors stand out: the eigenvalues of the correlations above those of unrelated items, one at least.

    Parameters
    ----------
    among
        Correlations of the items.
    n
        How many interviews of equal weight would tell as much.
    draws, seed
        Of the unrelated items that each eigenvalue is compared with: their 95th percentile.

    References
    ----------
    Horn (1965), A rationale and test for the number of factors in factor analysis, Psychometrika 30, 179-185; Glorfeld
    (1995), Educational and Psychological Measurement 55, 377-393 (the percentile).
    """
    generator, size = stream(seed, "survey.factors"), len(among)
    drawn = [np.corrcoef(generator.standard_normal((max(round(n), size + 1), size)).T) for _ in range(draws)]
    limits = np.quantile(np.linalg.eigvalsh(np.array(drawn)), 0.95, axis=0)[::-1]
    is_above = np.linalg.eigvalsh(among)[::-1] > limits
    most = size - int(np.ceil((np.sqrt(8 * size + 1) - 1) / 2))  # more have no degrees of freedom left
    return int(np.clip(np.argmin(np.append(is_above, False)), 1, max(most, 1)))


def extracted(among: Floats, *, count: int) -> Floats:
    """The loadings of items on so many factors, by maximum likelihood, not rotated.

    References
    ----------
    Jöreskog (1967), Some contributions to maximum likelihood factor analysis, Psychometrika 32, 443-482; Lawley and
    Maxwell (1971), Factor Analysis as a Statistical Method, chapter 4: the fit is a function of what is each item's
    own, by the eigenvalues of the correlations over it.
    """
    start = (1 - 0.5 * count / len(among)) / np.diag(np.linalg.inv(among))

    def misfit(own: Floats) -> tuple[float, Floats]:
        left = np.linalg.eigvalsh(among / np.sqrt(np.outer(own, own)))[: len(own) - count]
        found = _loadings(among, own, count)
        slope = (np.diag(found @ found.T - among) + own) / own**2
        return float(-(np.log(left) - left + 1).sum()), slope

    limits = [(LEAST_UNIQUE, 1.0)] * len(among)
    options = {"ftol": 1e-14, "gtol": 1e-8}
    fit = minimize(misfit, start, jac=True, method="L-BFGS-B", bounds=limits, options=options)
    return _loadings(among, fit.x, count)


def _loadings(among: Floats, own: Floats, count: int) -> Floats:
    root = np.sqrt(own)
    sizes, vectors = np.linalg.eigh(among / np.outer(root, root))
    found: Floats = root[:, None] * vectors[:, -count:][:, ::-1] * np.sqrt(np.maximum(sizes[-count:][::-1] - 1, 0))
    return found


def rotated(loadings: Floats, *, method: Rotation = "oblimin") -> Rotated:
    """Loadings turned until each item loads on few factors, with Kaiser's normalisation: each item counts alike.

    Parameters
    ----------
    loadings
        A row per item, a column per factor, not rotated.
    method
        `varimax` leaves the factors uncorrelated. `oblimin` (with gamma 0, quartimin) and `promax` let them correlate:
        promax regresses the varimax loadings, to the power 4, on themselves.

    References
    ----------
    Kaiser (1958), The varimax criterion, Psychometrika 23, 187-200; Jennrich and Sampson (1966), Psychometrika 31,
    313-323 (oblimin); Hendrickson and White (1964), British Journal of Statistical Psychology 17, 65-70 (promax);
    Bernaards and Jennrich (2005), Gradient projection algorithms, Educational and Psychological Measurement 65,
    676-696.
    """
    count = loadings.shape[1]
    if count == 1:
        return _in_order(loadings, np.eye(1))
    height = np.sqrt((loadings**2).sum(axis=1))[:, None]
    height = np.where(height > 0, height, 1)
    if method == "oblimin":
        turn = _oblique_turn(loadings / height)
        return _in_order(loadings @ np.linalg.inv(turn).T, turn.T @ turn)
    straight = loadings @ _varimax_turn(loadings / height)
    if method == "varimax":
        return _in_order(straight, np.eye(count))
    turn = np.linalg.lstsq(straight, straight * np.abs(straight) ** (POWER - 1), rcond=None)[0]
    turn = turn * np.sqrt(np.diag(np.linalg.inv(turn.T @ turn)))
    back = np.linalg.inv(turn)
    return _in_order(straight @ turn, back @ back.T)


def _varimax_turn(loadings: Floats) -> Floats:
    """The orthogonal turn with the largest variance of squared loadings, by repeated singular values."""
    size, reached = len(loadings), 0.0
    turn = np.eye(loadings.shape[1])
    for _ in range(MOST_STEPS):
        found = loadings @ turn
        slope = loadings.T @ (found**3 - found * (found**2).sum(axis=0) / size)
        left, values, right = np.linalg.svd(slope)
        turn = left @ right
        if values.sum() < reached * (1 + CLOSE**2):
            break
        reached = float(values.sum())
    return turn


def _oblique_turn(loadings: Floats) -> Floats:
    """The turn with columns of length one, by projected gradients, at which few loadings are large in two factors."""
    turn, size = _varimax_turn(loadings), 1.0
    value, slope = _quartimin(loadings, turn)
    for _ in range(MOST_STEPS):
        along = slope - turn * (turn * slope).sum(axis=0)
        length = float(np.sqrt((along**2).sum()))
        if length < CLOSE:
            break
        size *= 2
        for _ in range(20):
            tried = turn - size * along
            tried = tried / np.sqrt((tried**2).sum(axis=0))
            new_value, new_slope = _quartimin(loadings, tried)
            if new_value < value - 0.5 * size * length**2:
                break
            size /= 2
        turn, value, slope = tried, new_value, new_slope
    return turn


def _quartimin(loadings: Floats, turn: Floats) -> tuple[float, Floats]:
    """The sum of products of squared loadings of two factors, and its slope by the turn."""
    back = np.linalg.inv(turn)
    found = loadings @ back.T
    others = (found**2) @ (1 - np.eye(turn.shape[0]))
    slope: Floats = -(found.T @ (found * others) @ back).T
    return float((found**2 * others).sum() / 4), slope


def _in_order(loadings: Floats, correlations: Floats) -> Rotated:
    """The factors with the largest sums of squares first, and their signs so that most loadings are above zero."""
    sign = np.where(loadings.sum(axis=0) < 0, -1.0, 1.0)
    order = np.argsort(-(loadings**2).sum(axis=0), kind="stable")
    turned, among = loadings * sign, correlations * np.outer(sign, sign)
    return Rotated(turned[:, order], among[np.ix_(order, order)])
