"""Means, totals, ratios and quantiles under a design, all groups at once, each group a domain of the whole sample."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import stdtr, stdtrit

from helpers.models.survey.design import Design, Floats, Ints, covariance

THINNEST = 2
"""Fewest answers of which an error can be told."""


@dataclass(frozen=True, eq=False)
class Estimates:
    """Estimates that share a sample, so that their differences have the right error.

    Attributes
    ----------
    values
        An entry per estimate; NaN where nobody answered.
    covariance
        A row and a column per estimate.
    counts
        How many answers each rests on.
    degrees
        Degrees of freedom of each: sampled units less strata, of those in which the group was met.
    design_degrees
        The same of the whole sample, by which differences between groups go.
    """

    values: Floats
    covariance: Floats
    counts: Ints
    degrees: Ints
    design_degrees: int

    @property
    def errors(self) -> Floats:
        """Standard errors; NaN where a group has too few answers for one."""
        found = np.sqrt(np.maximum(np.diag(self.covariance), 0))
        return np.where(self.counts >= THINNEST, found, np.nan)

    def bounds(self, *, level: float) -> tuple[Floats, Floats]:
        """Ends of the intervals by Student's t with the degrees of freedom of the design."""
        half = stdtrit(self.degrees, (1 + level) / 2) * self.errors
        return self.values - half, self.values + half

    def contrasts(self, matrix: ArrayLike) -> Estimates:
        """Sums of the estimates, a row of weights for each: `[[1, -1]]` is the first less the second."""
        rows = np.asarray(matrix, dtype=float)
        used = rows != 0
        values = np.array([rows[i, used[i]] @ self.values[used[i]] for i in range(len(rows))])
        counts = np.array([self.counts[one].min() for one in used])
        degrees = np.full(len(rows), self.design_degrees)
        return Estimates(values, rows @ self.covariance @ rows.T, counts, degrees, self.design_degrees)

    def p_values(self, *, degrees: int | None = None) -> Floats:
        """How likely an estimate so far from zero is where the truth is zero; by Student's t, both sides."""
        with np.errstate(invalid="ignore", divide="ignore"):
            found: Floats = 2 * stdtr(self.degrees if degrees is None else degrees, -np.abs(self.values / self.errors))
        return found


def ratios(
    numerators: ArrayLike,
    denominators: ArrayLike,
    *,
    design: Design,
    groups: Ints | None = None,
    group_count: int = 1,
) -> Estimates:
    """The ratio of two totals in each group.

    Parameters
    ----------
    numerators, denominators
        An entry per interview; where either is missing the interview stays in the design and adds nothing.
    design
        The design, of the same interviews in the same order.
    groups
        Code of each interview's group, from zero; -1 is outside all. Everybody is one group where None.
    group_count
        How many groups there are.

    Notes
    -----
    R = sum(w y) / sum(w x) has the influence (y - R x) / sum(w x) (Särndal et al. (1992), section 5.6); a group is a
    domain: interviews outside it count as zeros, so that its size is rightly taken for unknown (section 10.3).
    """
    y, x = np.asarray(numerators, dtype=float), np.asarray(denominators, dtype=float)
    code = np.zeros(len(y), dtype=np.int64) if groups is None else groups
    is_in = np.isfinite(y) & np.isfinite(x) & (code >= 0)
    rows, group = np.flatnonzero(is_in), code[is_in]
    w = design.weights[rows]
    above = np.bincount(group, weights=w * y[rows], minlength=group_count)
    below = np.bincount(group, weights=w * x[rows], minlength=group_count)
    with np.errstate(invalid="ignore", divide="ignore"):
        values = above / below
    influence = np.zeros((len(y), group_count))
    influence[rows, group] = (y[rows] - values[group] * x[rows]) / below[group]
    counts = np.bincount(group, minlength=group_count)
    degrees = group_degrees(design, rows, group, group_count=group_count)
    return Estimates(values, covariance(design, influence), counts, degrees, design.degrees)


def group_degrees(design: Design, rows: Ints, group: Ints, *, group_count: int) -> Ints:
    """Sampled units less strata, of those in which a group was met; `rows` are interviews, `group` their groups."""
    stage = design.stages[0]
    met = np.zeros((group_count, len(stage.stratum_of_unit)), dtype=bool)
    met[group, stage.unit[rows]] = True
    where, unit = np.nonzero(met)
    strata = np.zeros((group_count, len(stage.unit_count)), dtype=bool)
    strata[where, stage.stratum_of_unit[unit]] = True
    return np.maximum(met.sum(axis=1) - strata.sum(axis=1), 1)


def means(values: ArrayLike, *, design: Design, groups: Ints | None = None, group_count: int = 1) -> Estimates:
    """The mean in each group, over those who answered; parameters as of `ratios`."""
    y = np.asarray(values, dtype=float)
    return ratios(y, np.where(np.isfinite(y), 1.0, np.nan), design=design, groups=groups, group_count=group_count)


def totals(values: ArrayLike, *, design: Design) -> Estimates:
    """The total over all customers; a missing value adds nothing."""
    y = np.asarray(values, dtype=float)
    known = np.where(np.isfinite(y), y, 0.0)
    count = np.array([int(np.isfinite(y).sum())])
    degrees = np.array([design.degrees])
    return Estimates(np.array([design.weights @ known]), covariance(design, known), count, degrees, design.degrees)


def variances(values: ArrayLike, *, design: Design) -> Estimates:
    """The variance between customers: the mean square about the mean, times n / (n - 1)."""
    y = np.asarray(values, dtype=float)
    mean = means(y, design=design)
    n = int(mean.counts[0])
    return means((y - mean.values[0]) ** 2 * n / max(n - 1, 1), design=design)


def design_effect(values: ArrayLike, *, design: Design) -> float:
    """The variance of the mean over that of a simple random sample as large (Kish (1965), section 8.2)."""
    mean, spread = means(values, design=design), variances(values, design=design)
    n, held = int(mean.counts[0]), float(design.weights.sum())
    return float(mean.covariance[0, 0] / (spread.values[0] / n * (1 - n / held if held > n else 1)))


@dataclass(frozen=True, eq=False)
class Quantiles:
    """Quantiles with their intervals, an entry each."""

    values: Floats
    errors: Floats
    low: Floats
    high: Floats


def quantiles(values: ArrayLike, shares: ArrayLike, *, design: Design, level: float) -> Quantiles:
    """The smallest values that at least these shares of customers do not exceed.

    Notes
    -----
    Woodruff's interval: that of the share at or below the quantile, taken back through the distribution; the error is
    its length over twice the t quantile (Woodruff (1952), JASA 47(260), 635-646; Francisco and Fuller (1991), Annals
    of Statistics 19, 454-469).
    """
    y = np.asarray(values, dtype=float)
    known = np.isfinite(y)
    order = np.argsort(y[known], kind="stable")
    x, below = y[known][order], np.cumsum(design.weights[known][order])
    asked = np.asarray(shares, dtype=float)
    found = _at(x, below, asked)
    t = float(stdtrit(design.degrees, (1 + level) / 2))
    is_below = [means(np.where(known, y <= value, np.nan), design=design) for value in found]
    half = np.array([t * one.errors[0] for one in is_below])
    reached = np.array([one.values[0] for one in is_below])
    low, high = _at(x, below, reached - half), _at(x, below, reached + half)
    return Quantiles(found, (high - low) / (2 * t), low, high)


def _at(x: Floats, below: Floats, shares: Floats) -> Floats:
    place = np.searchsorted(below, shares * below[-1] * (1 - 1e-12))
    found: Floats = x[np.clip(place, 0, len(x) - 1)]
    return found
