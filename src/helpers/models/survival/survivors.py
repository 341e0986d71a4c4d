"""Survival curves: which share is still there at each age, with intervals, the median age and the restricted mean."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import ndtr, ndtri

from helpers.models.statistics.intervals import Estimate
from helpers.models.survival.risk_sets import Floats, check, flags
from helpers.watching import Readable

Scale = Literal["log", "log-log"]
EQUAL = 1e-9
"""Difference up to which two shares are equal."""


@dataclass(frozen=True, eq=False)
class Survivors(Readable):
    """A survival curve: one entry per age at which anybody left, ascending.

    Attributes
    ----------
    age, at_risk, ended
        The age, how many were watched to it and still there, and how many of them left.
    share
        Share still there after it (Kaplan-Meier), 0 to 1.
    log_variance
        Variance of the logarithm of the share (Greenwood); infinite once nobody is left.
    lost, starts
        The ages at which spells that had not ended were lost from sight, and those at which watching began where that
        was after 0; one entry per spell, ascending.
    """

    age: Floats
    at_risk: Floats
    ended: Floats
    share: Floats
    log_variance: Floats
    lost: Floats
    starts: Floats

    @property
    def n(self) -> int:
        """Spells behind the curve."""
        return len(self.lost) + int(self.ended.sum())

    @property
    def watched(self) -> float:
        """The age to which the longest was watched: the curve says nothing beyond it. NaN without any spell."""
        return float(max([*self.age[-1:], *self.lost[-1:]], default=np.nan))

    def step(self, values: Floats, ages: ArrayLike, *, before: float) -> Floats:
        """What holds at each age of values that change at the ages of the curve; `before` the first of them."""
        return np.concatenate([[before], values])[np.searchsorted(self.age, np.asarray(ages), side="right")]

    def watched_at(self, ages: ArrayLike) -> Floats:
        """How many were at risk just before each age."""
        asked = np.asarray(ages, dtype=float)
        gone = np.concatenate([[0.0], np.cumsum(self.ended)])[np.searchsorted(self.age, asked, side="left")]
        gone += np.searchsorted(self.lost, asked, side="left")
        return self.n - gone - (len(self.starts) - np.searchsorted(self.starts, asked, side="left"))


def survivors(stop: ArrayLike, is_ended: ArrayLike, *, start: ArrayLike | None = None) -> Survivors:
    """The survival curve of Kaplan and Meier.

    Parameters
    ----------
    stop
        One entry per spell: the age until which it was watched.
    is_ended
        Whether it ended at that age; else it was watched no longer. Who ends at the age at which another was lost from
        sight counts as having ended before.
    start
        The age after which it was watched (delayed entry); from 0 where not given.

    Notes
    -----
    With d leaving of n at risk, the share is the product of 1 - d / n. Var log S = sum d / (n (n - d)) (Greenwood).
    Leaving out those still there, or counting them as gone, is the commonest misuse: both make customers leave sooner.

    References
    ----------
    Kaplan and Meier (1958), Nonparametric estimation from incomplete observations, JASA 53(282), 457-481.
    """
    until, since = np.asarray(stop, dtype=float), None if start is None else np.asarray(start, dtype=float)
    is_over = flags(is_ended)
    check(until, is_over, since)
    # sorting ages is three times as fast as placing every spell
    left, lost = np.sort(until[is_over]), np.sort(until[~is_over])
    starts = np.sort(np.empty(0) if since is None else since)
    first = np.flatnonzero(np.concatenate([[True], left[1:] > left[:-1]])) if len(left) else np.empty(0, dtype=int)
    age = left[first]
    ended = np.diff(first, append=len(left)).astype(float)
    at_risk = (len(left) - first + len(lost) - np.searchsorted(lost, age, side="left")).astype(float)
    if since is not None:
        at_risk -= len(starts) - np.searchsorted(starts, age, side="left")
    with np.errstate(divide="ignore"):
        greenwood = np.cumsum(ended / (at_risk * (at_risk - ended)))
    return Survivors(age, at_risk, ended, np.cumprod(1 - ended / at_risk), greenwood, lost, starts)


def at_ages(curve: Survivors, ages: ArrayLike, *, level: float, scale: Scale = "log-log") -> pd.DataFrame:
    """The curve at some ages, with intervals.

    Parameters
    ----------
    curve
        Of `survivors`.
    ages
        In the unit of the curve.
    level
        Coverage of the intervals, between 0 and 1.
    scale
        Where the interval is made: of log(-log S), which never leaves 0 to 1 and holds its level better, or of log S,
        as R's survfit does unless told otherwise, cut at 1.

    Returns
    -------
    pandas.DataFrame
        One row per age: age; survival_share; standard_error; low, high (missing before anybody has left and, on the
        log-log scale, once nobody is left); at_risk_count (still there and watched just before it). The share is
        missing beyond the age that was watched.

    References
    ----------
    Kalbfleisch and Prentice (2002), The Statistical Analysis of Failure Time Data, 2nd ed., section 1.4.
    """
    asked = np.atleast_1d(np.asarray(ages, dtype=float))
    share = np.where(asked <= curve.watched, curve.step(curve.share, asked, before=1.0), np.nan)
    variance = curve.step(curve.log_variance, asked, before=0.0)
    low, high = bounds(share, variance, level=level, scale=scale)
    error = share * np.sqrt(np.where(share > 0, variance, 0.0))
    known = {"survival_share": share, "standard_error": error, "low": low, "high": high}
    return pd.DataFrame({"age": asked} | known | {"at_risk_count": curve.watched_at(asked).astype(int)})


def bounds(share: Floats, log_variance: Floats, *, level: float, scale: Scale = "log-log") -> tuple[Floats, Floats]:
    """The bounds of shares whose logarithms have these variances; NaN where there is none to be had."""
    z, error = float(ndtri((1 + level) / 2)), np.sqrt(log_variance)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        if scale == "log":
            return share * np.exp(-z * error), np.minimum(share * np.exp(z * error), 1.0)
        width = z * error / np.abs(np.log(share))
        low, high = share ** np.exp(width), share ** np.exp(-width)
    is_known = (share > 0) & (share < 1)
    return np.where(is_known, low, np.nan), np.where(is_known, high, np.nan)


def median_age(curve: Survivors, *, level: float, scale: Scale = "log-log") -> Estimate:
    """The age by which half have left, with its interval; missing where more than half are there at the last age.

    References
    ----------
    Brookmeyer and Crowley (1982), A confidence interval for the median survival time, Biometrics 38(1), 29-41.
    """
    low, high = bounds(curve.share, curve.log_variance, level=level, scale=scale)
    median, from_age, to_age = (_falls_to_half(curve.age, line) for line in (curve.share, low, high))
    return Estimate(median, from_age, to_age, curve.n)


def _falls_to_half(age: Floats, line: Floats) -> float:
    """The first age at which a falling line is a half or less; the middle of the ages at which it is just a half."""
    # a product of fractions misses a half by its last digit
    is_low = line <= 0.5 + EQUAL
    if not is_low.any():
        return np.nan
    first = int(np.argmax(is_low))
    if abs(line[first] - 0.5) > EQUAL or first + 1 == len(age):
        return float(age[first])
    below = np.flatnonzero(line < 0.5 - EQUAL)
    return float(age[first] + age[below[0]]) / 2 if len(below) else float(age[first])


def restricted_mean(curve: Survivors, *, until: float, level: float) -> Estimate:
    """The mean time spent until an age: the area under the curve up to it, with its interval.

    Parameters
    ----------
    curve
        Of `survivors`.
    until
        The age at which the area ends; not beyond what was watched.
    level
        Coverage, between 0 and 1.

    Notes
    -----
    With A(t) the area under the curve from t to the limit, the variance is sum A(t)^2 d / (n (n - d)) over the ages at
    which somebody left; an age at which all left adds nothing, for nothing lies behind it. (Some packages integrate
    the variance of S as if its errors at different ages were independent.)

    References
    ----------
    Klein and Moeschberger (2003), Survival Analysis, 2nd ed., section 4.5.
    """
    mean, variance = _area(curve, until)
    width = float(ndtri((1 + level) / 2)) * np.sqrt(variance)
    return Estimate(mean, mean - width, mean + width, curve.n)


@dataclass(frozen=True)
class Difference(Readable):
    """The difference of two means: value, its interval, and the p-value of there being none (two-sided, normal)."""

    value: float
    low: float
    high: float
    p_value: float


def mean_difference(curve: Survivors, other: Survivors, *, until: float, level: float) -> Difference:
    """How much longer the spells of one curve last than those of another, in the mean until an age."""
    (mean, variance), (other_mean, other_variance) = _area(curve, until), _area(other, until)
    value, error = mean - other_mean, float(np.sqrt(variance + other_variance))
    width = float(ndtri((1 + level) / 2)) * error
    p_value = 2 * float(ndtr(-abs(value) / error)) if error > 0 else np.nan
    return Difference(value, value - width, value + width, p_value)


def _area(curve: Survivors, until: float) -> tuple[float, float]:
    """The area under the curve up to an age, and its variance."""
    if not 0 < until <= curve.watched:
        raise ValueError(f"until must lie above 0 and within the ages watched, {curve.watched:g}; found {until:g}")
    inside = curve.age < until
    at_risk, ended = curve.at_risk[inside], curve.ended[inside]
    widths = np.diff(np.concatenate([[0.0], curve.age[inside], [until]]))
    areas = widths * np.concatenate([[1.0], curve.share[inside]])
    behind = np.cumsum(areas[:0:-1])[::-1]
    still = at_risk > ended
    parts = behind[still] ** 2 * ended[still] / (at_risk[still] * (at_risk[still] - ended[still]))
    return float(areas.sum()), float(parts.sum())
