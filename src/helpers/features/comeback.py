"""How likely customers are to come back: curves of their pauses, ended and open, in classes of like rhythm.

A pause that is still open says that it lasted at least so long; curves that leave such pauses out are those of the
pauses that end, and make everybody seem late. Counts come from where the orders live (`lifecycle.stages`); what is
here works on a table of some thousand rows, however many customers there are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

BIN_COUNT = 100
BINS_PER_DOUBLING = 4
"""Time is cut where a pause of t days has log2(1 + t) a multiple of a quarter: 25 doublings, each in four bins."""
GAP_CLASSES_PER_DOUBLING = 2
HIGHEST_GAP_CLASS = 24
PURCHASE_CLASS = 100
"""A class of rhythm is 100 times the class of past purchases plus the class of the usual gap; 0: bought once."""
PRIOR_DOUBLINGS = 5.0
"""How much watched time (doublings of a pause) a curve's prior weighs: as much as twenty pauses watched in a bin."""
LONGEST_DAYS = 3650
"""Limits are looked for up to ten years; beyond them there is none."""
_STEP = BINS_PER_DOUBLING // GAP_CLASSES_PER_DOUBLING
_SCALED_COUNT = BIN_COUNT + HIGHEST_GAP_CLASS * _STEP

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Curves:
    """How pauses end, by class of rhythm.

    Attributes
    ----------
    classes
        The classes that occur, ascending.
    hazards
        One row per class, one column per bin of time: pauses expected to end in it, per pause that is watched through
        it. Missing where no pause at all has ended.
    """

    classes: NDArray[np.int64]
    hazards: Floats


def learn(pauses: pd.DataFrame) -> Curves:
    """The curves of the classes of rhythm, from pauses ended and open.

    Parameters
    ----------
    pauses
        One row per class, length and end: rhythm_class (0 after a first purchase, else `PURCHASE_CLASS` times the class
        of past purchases plus that of the usual gap); pause_days (0 or more); is_open; pause_count. A customer with
        four purchases has four pauses in it, the last of them open; the class of each is that of its first day, so that
        nothing in it knows how the pause ended. The order of the rows changes nothing.

    Notes
    -----
    In each bin of time the hazard is constant on the scale of log2(1 + t): pauses that ended in it, over the time on
    that scale that pauses, open ones too, were watched in it (the piecewise exponential model of Friedman, 1982; with
    ever finer bins the product-limit estimate of Kaplan and Meier, 1958). A hazard that stays the same from bin to bin
    makes a curve that falls as a power of time, and so the curves go on from the last bin seen: by the hazard of the
    last doubling seen, since what all did in the latest weeks is most of the last bin alone.

    Classes are few customers each, so a hazard is the mean of its Gamma posterior: the prior is the hazard of the next
    wider class at the same multiple of the usual gap, and weighs `PRIOR_DOUBLINGS`. The wider class of a class of
    past purchases and usual gap is that of past purchases, whose own is that of everybody who bought twice. The
    widest, and the first pauses, which have curves of their own, take the hazard of the bin before as the prior.

    References
    ----------
    Friedman (1982), Piecewise exponential models for survival data with covariates, Annals of Statistics 10(1),
    101-113; Kaplan and Meier (1958), Nonparametric estimation from incomplete observations, JASA 53(282), 457-481;
    Gelman and others (2013), Bayesian Data Analysis, section 2.6 (a Gamma prior of a rate).
    """
    # parts of bins are no whole numbers: added in another order, their sums would differ in the last digits
    pauses = pauses.sort_values(["rhythm_class", "pause_days", "is_open"])
    classes, place = np.unique(pauses["rhythm_class"].to_numpy(dtype=np.int64), return_inverse=True)
    ended, watched = _ended(pauses, place, classes), _watched(pauses, place, classes)
    start = ended.sum() / watched.sum() if ended.sum() else np.nan
    is_first, purchases = classes < PURCHASE_CLASS, classes // PURCHASE_CLASS
    everybody = _chained(ended[~is_first].sum(axis=0), watched[~is_first].sum(axis=0), start)
    hazards = np.empty_like(ended)
    for level in np.unique(purchases):
        here = purchases == level
        sums = ended[here].sum(axis=0), watched[here].sum(axis=0)
        if level == 0:
            hazards[here] = _chained(*sums, start)
        else:
            hazards[here] = _shrunk(ended[here], watched[here], _shrunk(*sums, everybody))
    return Curves(classes, _own_time(hazards, classes))


def chances(curves: Curves, rhythm_class: ArrayLike, away_days: ArrayLike, *, horizon_days: int) -> Floats:
    """The chance to come back within the horizon, of customers of a class who have stayed away so long.

    It is 1 - S(w + H) / S(w), where S is the class's curve, w the days away and H the horizon.

    Parameters
    ----------
    curves
        As `learn` gives them.
    rhythm_class, away_days
        Classes that occur in the curves, and days since the last purchase, of one shape.
    horizon_days
        The days ahead, 1 or more.
    """
    place, away = np.searchsorted(curves.classes, rhythm_class), np.asarray(away_days, dtype=float)
    ahead = _cumulated(curves, place, away + horizon_days) - _cumulated(curves, place, away)
    return np.asarray(-np.expm1(-ahead))


def limits(curves: Curves, *, horizon_days: int, slipping_share: float, lapsed_share: float) -> pd.DataFrame:
    """How long customers of each class may stay away before they are slipping, and before they have lapsed.

    Parameters
    ----------
    curves
        As `learn` gives them.
    horizon_days
        The days ahead in which a customer comes back or does not.
    slipping_share
        Part of the highest chance of the class at which its customers are slipping.
    lapsed_share
        Chance at which they have lapsed.

    Returns
    -------
    pandas.DataFrame
        One row per class: rhythm_class; highest_share (the highest chance on any day of a pause); slipping_days and
        limit_days (whole days: after this day the chance is at most the cut, for ever; missing where it has not come
        to that in ten years, and where no pause has ended). Nobody has lapsed who is not late: the cut of the lapsed
        is never above that of the slipping.
    """
    every = np.arange(len(curves.classes))[:, None]
    upto = _cumulated(curves, every, np.arange(LONGEST_DAYS + 1.0 + horizon_days))
    chance = -np.expm1(upto[:, :-horizon_days] - upto[:, horizon_days:])
    best_ahead = np.maximum.accumulate(chance[:, ::-1], axis=1)[:, ::-1]
    highest = best_ahead[:, 0]
    late = slipping_share * highest
    return pd.DataFrame(
        {
            "rhythm_class": curves.classes,
            "highest_share": highest,
            "slipping_days": _last_above(best_ahead, late),
            "limit_days": _last_above(best_ahead, np.minimum(late, lapsed_share)),
        }
    )


def _last_above(best_ahead: Floats, cut: Floats) -> Floats:
    """The last day on which the chance is above the cut, or will be again; missing where that is the last of all."""
    days = (best_ahead > cut[:, None]).sum(axis=1) - 1.0
    return np.where(np.isnan(cut) | (days >= LONGEST_DAYS), np.nan, np.maximum(days, 0.0))


def _scale(days: ArrayLike) -> Floats:
    """Days on the scale of the bins."""
    return BINS_PER_DOUBLING * np.log2(1.0 + np.asarray(days, dtype=float))


def _shift(classes: NDArray[np.int64]) -> NDArray[np.int64]:
    """The scaled bin at which a class begins: the same multiple of the usual gap is in the same bin in every class."""
    return (HIGHEST_GAP_CLASS - classes % PURCHASE_CLASS) * _STEP


def _ended(pauses: pd.DataFrame, place: NDArray[np.intp], classes: NDArray[np.int64]) -> Floats:
    """Pauses that ended, by class and scaled bin."""
    bins = _scale(pauses["pause_days"]).astype(np.int64) + _shift(classes)[place]
    ended = np.zeros((len(classes), _SCALED_COUNT))
    np.add.at(ended, (place, bins), pauses["pause_count"].where(~pauses["is_open"], 0).to_numpy(dtype=float))
    return ended


def _watched(pauses: pd.DataFrame, place: NDArray[np.intp], classes: NDArray[np.int64]) -> Floats:
    """Bins through which pauses were watched, by class and scaled bin; of the last bin the part that they saw."""
    count, start = pauses["pause_count"].to_numpy(dtype=float), _shift(classes)[place]
    until = _scale(pauses["pause_days"])
    last = until.astype(np.int64)
    changes = np.zeros((len(classes), _SCALED_COUNT + 1))
    np.add.at(changes, (place, start), count)
    np.add.at(changes, (place, start + last), -count)
    watched = np.cumsum(changes, axis=1)[:, :-1]
    np.add.at(watched, (place, start + last), count * (until - last))
    return watched


def _shrunk(ended: Floats, watched: Floats, prior: Floats) -> Floats:
    weight = PRIOR_DOUBLINGS * BINS_PER_DOUBLING
    return (ended + weight * prior) / (watched + weight)


def _chained(ended: Floats, watched: Floats, start: float) -> Floats:
    """Hazards, each with the one before as its prior; from the last bin seen on, that of the last doubling seen."""
    hazards, before = np.empty_like(ended), np.array([start])
    for place in range(len(hazards)):
        here = slice(place, place + 1)
        before = hazards[here] = _shrunk(ended[here], watched[here], before)
    last = int(np.flatnonzero(watched)[-1]) if watched.any() else 0
    first = max(last + 1 - BINS_PER_DOUBLING, 0)
    ends, seen = (each[first : last + 1].sum(keepdims=True) for each in (ended, watched))
    hazards[last:] = _shrunk(ends, seen, hazards[first - 1 : first] if first else np.array([start]))
    return hazards


def _own_time(hazards: Floats, classes: NDArray[np.int64]) -> Floats:
    """From scaled bins to those of the class's own time."""
    columns = _shift(classes)[:, None] + np.arange(BIN_COUNT)
    return np.take_along_axis(hazards, columns, axis=1)


def _cumulated(curves: Curves, place: NDArray[np.intp], days: Floats) -> Floats:
    """The hazard up to a day: minus the logarithm of the curve."""
    upto = np.concatenate([np.zeros((len(curves.classes), 1)), np.cumsum(curves.hazards, axis=1)], axis=1)
    at = _scale(days)
    whole = np.minimum(at.astype(np.int64), BIN_COUNT - 1)
    return np.asarray(upto[place, whole] + (at - whole) * curves.hazards[place, whole])
