"""Who is at risk when somebody leaves: the counting that curves, tests and Cox models of survival share.

Nothing here depends on the unit of time. A spell is watched from after its start up to its stop; whether it ended there
or was only watched so long is `is_ended`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class RiskSets:
    """The moments at which somebody left, and the spells that were at risk then.

    Attributes
    ----------
    time, stratum
        One entry per moment, ascending by stratum and time: when, and the place of its stratum.
    first, last
        One entry per spell: it is at risk at the moments first <= k < last.
    is_ended
        One entry per spell; who ended did so at the moment last - 1.
    """

    time: Floats
    stratum: Whole
    first: Whole
    last: Whole
    is_ended: Flags

    def at_risk(self, weights: ArrayLike | None = None) -> Floats:
        """The sum of weights over the spells at risk at each moment; how many there are where no weights are given."""
        count = len(self.time) + 1
        # from the end on, so that the few who are left are not the difference of two large sums
        later = _from_the_end(np.bincount(self.last, weights, count))
        if self.first.any():
            later = later - _from_the_end(np.bincount(self.first, weights, count))
        return later

    def ended(self, weights: ArrayLike | None = None) -> Floats:
        """The sum of weights over those who ended at each moment; how many there are where no weights are given."""
        chosen = None if weights is None else np.asarray(weights, dtype=float)[self.is_ended]
        return np.bincount(self.last[self.is_ended] - 1, chosen, len(self.time)).astype(float)

    def over_moments(self, rates: Floats) -> Floats:
        """For each spell, the sum of what happens at each moment over the moments at which it was at risk."""
        summed = np.concatenate([[0.0], np.cumsum(rates)])
        return summed[self.last] - summed[self.first]


def risk_sets(
    stop: ArrayLike, is_ended: ArrayLike, *, start: ArrayLike | None = None, strata: ArrayLike | None = None
) -> RiskSets:
    """The risk sets of spells.

    Parameters
    ----------
    stop
        One entry per spell: the time until which it was watched.
    is_ended
        Whether it ended then; else it was watched no longer: see `flags`.
    start
        The time after which it was watched, below `stop`; from the beginning where not given.
    strata
        What group it is of: only spells of one group are compared. Of several columns each combination is a group. All
        are one group where not given.

    Raises
    ------
    ValueError
        Times or strata are missing or not finite, columns have different lengths, or a start is not before its stop.
    """
    until, ended = np.asarray(stop, dtype=float), flags(is_ended)
    since = None if start is None else np.asarray(start, dtype=float)
    check(until, ended, since)
    groups = None if strata is None else codes(strata)
    if groups is not None and (groups < 0).any():
        raise ValueError(f"strata must be known, of {np.count_nonzero(groups < 0):,} spells they are missing")
    if groups is None or not len(groups) or not groups.any():
        time = np.unique(until[ended])
        last = np.searchsorted(time, until, side="right")
        first = np.zeros(len(until), dtype=int) if since is None else np.searchsorted(time, since, side="right")
        return RiskSets(time, np.zeros(len(time), dtype=int), np.minimum(first, last), last, ended)
    return _by_stratum(until, ended, since, groups)


def _by_stratum(until: Floats, ended: Flags, since: Floats | None, groups: Whole) -> RiskSets:
    """The moments of the strata one after the other: places within a stratum, moved behind those before it."""
    first, last = np.zeros(len(until), dtype=int), np.zeros(len(until), dtype=int)
    times, offset = [], 0
    for group in range(int(groups.max()) + 1):
        own = np.flatnonzero(groups == group)
        part = risk_sets(until[own], ended[own], start=None if since is None else since[own])
        first[own], last[own] = part.first + offset, part.last + offset
        times.append(part.time)
        offset += len(part.time)
    stratum = np.repeat(np.arange(len(times)), [len(time) for time in times])
    return RiskSets(np.concatenate(times), stratum, first, last, ended)


def flags(is_ended: ArrayLike) -> Flags:
    """Whether each spell ended, from true and false or from 1 and 0; other codes, such as R's 1 and 2, are refused."""
    given = np.asarray(is_ended)
    if given.dtype == bool:
        return given
    values = pd.to_numeric(pd.Series(given), errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    wrong = ~np.isin(values, (0.0, 1.0))
    if wrong.any():
        found = sorted({str(one) for one in given[wrong]})
        raise ValueError(f"whether spells ended must be true or false, or 1 or 0; found {', '.join(found[:5])}")
    return np.asarray(values == 1)


def codes(groups: ArrayLike) -> Whole:
    """The place of each row's group among all, in their order; -1 where any of its columns is missing."""
    frame = groups if isinstance(groups, pd.DataFrame) else pd.DataFrame(np.asarray(groups))
    places = frame.groupby(list(frame.columns)).ngroup()
    return np.asarray(places.fillna(-1), dtype=np.int64)


def check(until: Floats, ended: Flags, since: Floats | None) -> None:
    """Refuse spells of different lengths, of unknown times, or that stop before they start."""
    if until.ndim != 1 or until.shape != ended.shape or (since is not None and since.shape != until.shape):
        raise ValueError(f"times and ends must be columns of one length, found {until.shape} and {ended.shape}")
    if not np.isfinite(until).all() or (since is not None and not np.isfinite(since).all()):
        raise ValueError("times must be finite; leave spells of unknown length out, or censor them")
    if since is not None and np.any(since >= until):
        raise ValueError(f"a spell must start before it stops; {np.count_nonzero(since >= until):,} do not")


def _from_the_end(counts: NDArray[np.float64] | Whole) -> Floats:
    """For each place but the last, the sum of what stands behind it."""
    return np.cumsum(counts[:0:-1], dtype=float)[::-1]
