"""What drives satisfaction: how much of it each item explains, with intervals, and what to fix first."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from math import comb

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import stdtrit

from helpers.errors import FitError
from helpers.models.survey.design import Design, Floats
from helpers.models.survey.products import correlations, unit_products
from helpers.models.survey.regression import ordered_logit
from helpers.models.survey.replicates import factors
from helpers.watching import Readable

MOST_EXACT = 12
"""Drivers up to which Shapley shares are exact: every set of them is fitted."""
FEWEST_MARKS = 100
"""Interviews with all answers, below which nothing is told of drivers."""


@dataclass(frozen=True, eq=False)
class Drivers(Readable):
    """What each driver explains of an outcome.

    Attributes
    ----------
    table
        A row per method and driver: outcome, driver, method (johnson, shapley, ordered_logit), importance, low, high.
        Importance is the share of what all drivers explain (0 to 1, of each method in all 1); of the ordered logit it
        is by how much the log odds of a higher mark rise with one standard deviation of the driver, the others held.
    explained_share
        The share of the outcome's variance that all drivers explain together, 0 to 1.
    n
        Interviews with all answers.
    left_out
        Drivers that too few were asked about.
    why
        Why nothing can be told, as a sentence; empty where it can.
    """

    table: pd.DataFrame
    explained_share: float
    n: int
    left_out: tuple[str, ...]
    why: str = ""


def johnson(among: Floats, with_outcome: Floats) -> Floats:
    """Relative weights of drivers, by their correlations; they add up to the explained share.

    `among` are the correlations of the drivers, `with_outcome` theirs with the outcome; with further dimensions before
    these, such as replicates, each is done on its own.

    References
    ----------
    Johnson (2000), A heuristic method for estimating the relative weight of predictor variables in multiple regression,
    Multivariate Behavioral Research 35(1), 1-19: regress on the nearest orthogonal variables, and share what these
    explain by what of them each driver holds.
    """
    sizes, vectors = np.linalg.eigh(among)
    root = (vectors * np.sqrt(np.maximum(sizes, 0))[..., None, :]) @ np.swapaxes(vectors, -1, -2)
    slopes = np.linalg.solve(root, with_outcome[..., None])
    found: Floats = (root**2 @ slopes**2)[..., 0]
    return found


def shapley(among: Floats, with_outcome: Floats) -> Floats:
    """The mean gain in explained share when a driver joins the others, over all orders; they add up to all of it.

    References
    ----------
    Lindeman, Merenda and Gold (1980), Introduction to Bivariate and Multivariate Analysis; Grömping (2006), Relative
    importance for linear regression in R, Journal of Statistical Software 17(1).

    Raises
    ------
    ValueError
        There are more drivers than can be done exactly.
    """
    k = with_outcome.shape[-1]
    if k > MOST_EXACT:
        raise ValueError(f"Shapley shares are exact for {MOST_EXACT} drivers at most, found {k}")
    explained = np.zeros((2**k, *with_outcome.shape[:-1]))
    sizes = np.array([chosen.bit_count() for chosen in range(2**k)])
    for chosen in range(1, 2**k):
        places = [j for j in range(k) if chosen >> j & 1]
        part = with_outcome[..., places]
        slopes = np.linalg.solve(among[..., places, :][..., places], part[..., None])[..., 0]
        explained[chosen] = (part * slopes).sum(axis=-1)
    chances = np.array([1.0 / (k * comb(k - 1, size)) for size in range(k)])
    found = np.zeros(with_outcome.shape)
    for j in range(k):
        without = np.array([one for one in range(2**k) if not one >> j & 1])
        found[..., j] = np.tensordot(chances[sizes[without]], explained[without | 1 << j] - explained[without], axes=1)
    return found


def drivers(
    answers: pd.DataFrame,
    *,
    outcome: str,
    design: Design,
    level: float,
    asked_share: float,
    replicate_count: int,
    seed: int,
) -> Drivers:
    """How much of an outcome each item explains.

    Parameters
    ----------
    answers
        A row per interview, in points: the outcome and the items that may drive it.
    outcome
        The column that is to be explained.
    design
        The design of the interviews.
    level
        Coverage of the intervals, 0 to 1.
    asked_share
        Items that a smaller share of those with an outcome answered are left out: only interviews with all answers
        count.
    replicate_count
        Replicates of the sample behind the intervals.
    seed
        Of the replicates.

    Returns
    -------
    Drivers
        With an empty table, and why, where fewer than FEWEST_MARKS interviews have all answers, or one item is left.
    """
    with_outcome = answers[answers[outcome].notna()]
    shares = with_outcome.drop(columns=outcome).notna().mean()
    names = [str(name) for name in shares.index[shares >= asked_share]]
    used = answers[[outcome, *names]].to_numpy(dtype=float)
    is_whole = np.isfinite(used).all(axis=1) & (design.weights > 0)
    n = int(is_whole.sum())
    left_out = tuple(str(name) for name in shares.index if str(name) not in names)
    if len(names) < 2 or n < FEWEST_MARKS:
        why = f"Two items and {FEWEST_MARKS} interviews with all answers are needed; found {len(names)} and {n}."
        return Drivers(_block(outcome, [], "johnson", *np.empty((3, 0))), np.nan, n, left_out, why)
    sums, size = unit_products(used, is_whole, design=design)
    whole = correlations(sums.sum(axis=0), size)
    replicates = factors(design, count=replicate_count, seed=seed) @ sums
    drawn = np.array([correlations(one, size) for one in replicates])
    methods: dict[str, Callable[[Floats, Floats], Floats]] = {"johnson": johnson}
    if len(names) <= MOST_EXACT:
        methods["shapley"] = shapley
    blocks = []
    for method, share_of in methods.items():
        values = _rescaled(share_of(whole[1:, 1:], whole[0, 1:]))
        spread = _rescaled(share_of(drawn[:, 1:, 1:], drawn[:, 0, 1:]))
        low, high = np.quantile(spread, [(1 - level) / 2, (1 + level) / 2], axis=0)
        blocks.append(_block(outcome, names, method, values, low, high))
    with suppress(FitError):  # marks of which items tell all have no ordered logit
        blocks.append(_logit_block(used, is_whole, names, outcome, design, level))
    explained = float(johnson(whole[1:, 1:], whole[0, 1:]).sum())
    return Drivers(pd.concat(blocks, ignore_index=True), explained, n, left_out)


def _block(outcome: str, names: list[str], method: str, values: Floats, low: Floats, high: Floats) -> pd.DataFrame:
    told = {"outcome": outcome, "driver": names, "method": method, "importance": values, "low": low, "high": high}
    return pd.DataFrame(told)


def _logit_block(
    used: Floats, is_whole: NDArray[np.bool_], names: list[str], outcome: str, design: Design, level: float
) -> pd.DataFrame:
    """By how much the log odds of a higher mark rise with one standard deviation of each driver."""
    weights = np.where(is_whole, design.weights, 0)
    known = np.where(is_whole[:, None], used, 0)
    middle = weights @ known / weights.sum()
    deviation = np.sqrt(weights @ (known - middle) ** 2 / weights.sum())
    scaled = np.where(is_whole[:, None], (used - middle) / deviation, np.nan)
    fit = ordered_logit(np.where(is_whole, used[:, 0], np.nan), scaled[:, 1:], design=design)
    values, errors = fit.coefficients, fit.errors[: len(names)]
    half = float(stdtrit(max(design.degrees - len(names), 1), (1 + level) / 2)) * errors
    return _block(outcome, names, "ordered_logit", values, values - half, values + half)


def _rescaled(values: Floats) -> Floats:
    found: Floats = values / values.sum(axis=-1, keepdims=True)
    return found


def priorities(found: Drivers, performance: pd.DataFrame) -> pd.DataFrame:
    """What to fix, keep and watch.

    Parameters
    ----------
    performance
        A row per item: item, share (of the best two marks, 0 to 1).

    Returns
    -------
    pandas.DataFrame
        A row per driver, the most important first: driver, importance, low, high (Johnson's relative weights, shares),
        performance_share, verdict. `fix`: it explains more than the mean driver, and its share of best marks is below
        that of the mean driver; `keep`: it explains more, and is not below; `watch`: all others. `is_sure` says
        whether the interval of the importance lies on one side of the mean driver's.
    """
    table = found.table[found.table["method"] == "johnson"].drop(columns=["outcome", "method"])
    marks = performance.set_index("item")["share"].reindex(table["driver"]).to_numpy()
    if not len(table):
        return table.assign(performance_share=marks, verdict="", is_sure=False)
    mean_importance, mean_mark = 1 / len(table), float(np.nanmean(marks))
    is_strong, is_weak = table["importance"] > mean_importance, marks < mean_mark
    verdict = np.where(is_strong, np.where(is_weak, "fix", "keep"), "watch")
    is_sure = (table["low"] > mean_importance) | (table["high"] < mean_importance)
    told = table.assign(performance_share=marks, verdict=verdict, is_sure=is_sure)
    return told.sort_values("importance", ascending=False, ignore_index=True)
