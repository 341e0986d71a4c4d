"""The design of a survey as one object: weights, strata, nested clusters, corrections for small populations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Stage:
    """One stage of sampling: of each row its stratum and its unit, and of each stratum how it was sampled.

    Attributes
    ----------
    unit
        Code of the sampled unit, an entry per row. A unit lies in one stratum: equal names in two strata are two units.
    stratum_of_unit
        Code of the stratum, an entry per unit.
    unit_count
        Units of the stratum that were sampled, an entry per stratum.
    sampled_share
        The share of the stratum's units that was sampled, 0 to 1, an entry per stratum; 0 where nobody told, which
        takes the population for endless.
    """

    unit: Ints
    stratum_of_unit: Ints
    unit_count: Ints
    sampled_share: Floats


@dataclass(frozen=True, eq=False)
class Design:
    """How the answers came about: what every estimator needs to know, made once.

    Attributes
    ----------
    weights
        How many customers each interview stands for, an entry per interview.
    stages
        The stages of sampling, the first one first.
    auxiliaries
        The columns to whose totals the weights were calibrated, a row per interview; None where they were not.
    base_weights
        The weights before that.
    """

    weights: Floats
    stages: tuple[Stage, ...]
    auxiliaries: Floats | None = None
    base_weights: Floats | None = None

    def __len__(self) -> int:
        return len(self.weights)

    @property
    def degrees(self) -> int:
        """Degrees of freedom of every error: units of the first stage less its strata."""
        first = self.stages[0]
        return max(int(len(first.stratum_of_unit) - len(first.unit_count)), 1)

    @property
    def lonely_count(self) -> int:
        """Strata with one unit only."""
        return int((self.stages[0].unit_count == 1).sum())


@dataclass(frozen=True)
class WeightCheck:
    """What unequal weights cost.

    Attributes
    ----------
    effective_n
        How many interviews of equal weight would tell as much, by Kish.
    loss_factor
        By what unequal weights multiply the variance of a mean that has nothing to do with them.
    largest_ratio
        The largest weight over the median one.
    """

    effective_n: float
    loss_factor: float
    largest_ratio: float


def design(
    weights: ArrayLike,
    *,
    strata: ArrayLike | None = None,
    clusters: Sequence[ArrayLike] = (),
    populations: Sequence[ArrayLike] = (),
) -> Design:
    """The design of a sample.

    Parameters
    ----------
    weights
        How many customers each interview stands for, zero or more.
    strata
        The stratum of each interview; one for all where None.
    clusters
        The cluster of each interview at each stage, the outermost first; each interview is its own where empty.
    populations
        At each stage, how many units the interview's stratum holds in the population (from the second stage on: its
        cluster); endless where not given.

    Raises
    ------
    ValueError
        A weight is missing or below zero, or a stratum is said to hold fewer units than were sampled.

    Notes
    -----
    The variance of a total is that of the totals of first-stage units between these within strata; where the first
    stage was corrected for a small population, the variance within its units is added, a stage at a time (Särndal,
    Swensson and Wretman (1992), Model Assisted Survey Sampling, section 4.3; Lumley (2010), Complex Surveys,
    section 2.2).
    """
    w = np.asarray(weights, dtype=float)
    if not np.all(np.isfinite(w)) or np.any(w < 0):
        raise ValueError("weights must be numbers of zero or more; impute or drop what is missing first")
    stratum = np.zeros(len(w), dtype=np.int64) if strata is None else codes(strata)
    units = [codes(one) for one in clusters] or [np.arange(len(w))]
    stages = []
    for place, unit in enumerate(units):
        stages.append(_stage(stratum, unit, populations[place] if place < len(populations) else None))
        stratum = stages[-1].unit
    return Design(w, tuple(stages))


def codes(values: ArrayLike) -> Ints:
    """Whole numbers from zero on, one for each value that occurs."""
    found: Ints = np.unique(np.asarray(values), return_inverse=True)[1].astype(np.int64)
    return found


def _stage(stratum: Ints, unit: Ints, population: ArrayLike | None) -> Stage:
    _, first, own = np.unique(stratum * (unit.max(initial=0) + 1) + unit, return_index=True, return_inverse=True)
    stratum_of_unit = stratum[first]
    count = np.bincount(stratum_of_unit, minlength=int(stratum.max(initial=0)) + 1)
    share = np.zeros(len(count))
    if population is not None:
        held = np.zeros(len(count))
        held[stratum] = np.asarray(population, dtype=float)
        if np.any(held < count):
            raise ValueError("a stratum must hold at least the units that were sampled in it")
        share = count / held
    return Stage(own.astype(np.int64), stratum_of_unit, count, share)


def covariance(design: Design, influence: Floats) -> Floats:
    """The covariance of linearised estimates.

    Parameters
    ----------
    influence
        A row per interview and a column per estimate: what the interview adds to the estimate for each customer that it
        stands for (zero outside the estimate's domain, never left out).

    Returns
    -------
    numpy.ndarray
        A row and a column per estimate.

    Notes
    -----
    A stratum with one unit only is compared with the mean of all units, which overstates its variance rather than
    taking it for zero. Where weights were calibrated, the influence is replaced by its residual from the weighted
    regression on the auxiliaries (Särndal et al., result 6.6.1): calibrated totals have no error.
    """
    scores = influence if influence.ndim == 2 else influence[:, None]
    scores = design.weights[:, None] * residuals(design, scores)
    total, passed = np.zeros((scores.shape[1], scores.shape[1])), np.ones(1)
    above = np.zeros(len(design), dtype=np.int64)
    for stage in design.stages:
        totals = unit_totals(stage, scores)
        of_stratum = np.ones(len(stage.unit_count))
        of_stratum[stage.stratum_of_unit[stage.unit]] = passed[above]
        total += between_units(stage, totals, passed=of_stratum)
        if not np.any(stage.sampled_share):
            break
        passed = (of_stratum * stage.sampled_share)[stage.stratum_of_unit]
        above = stage.unit
    return total


def residuals(design: Design, influence: Floats) -> Floats:
    """The influence less what the auxiliaries of a calibration explain of it; itself where there was none."""
    x, base = design.auxiliaries, design.base_weights
    if x is None or base is None:
        return influence
    weighted = x * base[:, None]
    slopes = np.linalg.lstsq(x.T @ weighted, weighted.T @ influence, rcond=None)[0]
    return influence - x @ slopes


def unit_totals(stage: Stage, scores: Floats) -> Floats:
    """The sums over each unit: a row per unit, a column per score."""
    size = len(stage.stratum_of_unit)
    return np.column_stack([np.bincount(stage.unit, weights=column, minlength=size) for column in scores.T])


def deviations(stage: Stage, totals: Floats) -> Floats:
    """The totals of units less the mean of their stratum; of a unit alone in its stratum less the mean of all."""
    count = stage.unit_count
    size = len(count)
    sums = np.column_stack([np.bincount(stage.stratum_of_unit, weights=column, minlength=size) for column in totals.T])
    means = sums / np.maximum(count, 1)[:, None]
    means[count == 1] = totals.mean(axis=0)
    return totals - means[stage.stratum_of_unit]


def unit_factors(stage: Stage) -> Floats:
    """By what the squares of deviations are multiplied, an entry per unit: n / (n - 1), less what is sampled."""
    count = stage.unit_count
    factor = (1 - stage.sampled_share) * np.where(count > 1, count / np.maximum(count - 1, 1), 1.0)
    found: Floats = factor[stage.stratum_of_unit]
    return found


def between_units(stage: Stage, totals: Floats, *, passed: Floats) -> Floats:
    """The variance between the units of one stage; `passed` multiplies that of each stratum."""
    apart = deviations(stage, totals)
    found: Floats = (apart * (unit_factors(stage) * passed[stage.stratum_of_unit])[:, None]).T @ apart
    return found


def unweighted(design: Design) -> Design:
    """The same interviews, each counted once and taken for a simple random sample: what weights are compared with."""
    return replace(_plain(len(design)), weights=np.ones(len(design)))


def _plain(n: int) -> Design:
    every = np.arange(n)
    stage = Stage(every, np.zeros(n, dtype=np.int64), np.array([n]), np.zeros(1))
    return Design(np.ones(n), (stage,))


def check_weights(design: Design) -> WeightCheck:
    """What the unequal weights of a design cost (Kish (1965), Survey Sampling, section 11.7)."""
    w = design.weights[design.weights > 0]
    effective = float(w.sum() ** 2 / (w @ w))
    return WeightCheck(effective, len(w) / effective, float(w.max() / np.median(w)))
