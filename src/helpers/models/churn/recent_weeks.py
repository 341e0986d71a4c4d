"""The simple rival of an early warning: the last four weeks against the twelve before, at the same false alarms."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import bdtr

from helpers.models.churn.early_warning import HORIZON_WEEKS, Baselines, Terms, Warnings, baselines, matrix
from helpers.randomness import stream

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]
RECENT, BEFORE = 4, 12
"""Weeks that are compared with the weeks before them."""
DRAWS = 20_000
COLUMNS = ["rival_caught_share", "rival_standing_share", "rival_warned_count"]


def beside(
    warned: Warnings, counts: Mapping[str, pd.DataFrame], customers: pd.Series, *, terms: Terms, seed: int
) -> Warnings:
    """The warnings with what the simple rival gives by signal, at the same share of false alarms.

    Parameters
    ----------
    warned
        Of `early_warning.warnings`.
    counts, customers, terms
        As they were given to it.
    seed
        Of the customers that are drawn to tune the rival.

    Returns
    -------
    early_warning.Warnings
        Its signals have besides: rival_caught_share (share of declines found in some week within ten of their
        beginning), rival_standing_share (share warned of in the tenth of these weeks: a decline fades once it has
        entered what it is compared with) and rival_warned_count (customers warned of on the last day); missing for a
        signal that is no count, and where fewer than sixteen weeks are watched together.
    """
    rows = []
    for signal, false in zip(warned.signals["signal"], warned.signals["false_alarm_share"], strict=True):
        if signal not in counts or terms.weeks < RECENT + BEFORE:
            rows.append((np.nan, np.nan, np.nan))
            continue
        every = matrix(counts[signal], customers, weeks=terms.weeks)
        known = baselines(every[:, : terms.baseline_weeks].sum(axis=1), weeks=terms.baseline_weeks)
        limit, caught, standing = tuned(known, terms=terms, false_alarm_share=false, seed=seed)
        rows.append((caught, standing, float(_warned(every, limit=limit))))
    told = pd.DataFrame(rows, columns=COLUMNS, index=warned.signals.index)
    return Warnings(warned.table, pd.concat([warned.signals, told], axis="columns"))


def _warned(every: Whole, *, limit: float) -> int:
    """Customers of whom the rival warns in the last week, each judged against what all of them did.

    The weeks of all together stand for the common level: what everybody does less of warns of nobody.
    """
    together = every.sum(axis=0)[-(RECENT + BEFORE) :].astype(float)
    share = float(together[-RECENT:].sum() / together.sum()) if together.any() else RECENT / (RECENT + BEFORE)
    return int((chances(every, first=every.shape[1] - 1, share=share)[:, -1] <= limit).sum())


def chances(counts: Whole, *, first: int, share: float = RECENT / (RECENT + BEFORE)) -> Floats:
    """The chance of so few in the latest four weeks, by customer and by week from `first` on.

    Parameters
    ----------
    counts
        Customers by weeks: how often each did it.
    first
        The first week, 0 or more, that counts as the latest; of weeks with fewer than fifteen before them nothing is
        told.
    share
        Of what is done in sixteen weeks the share that falls in the last four, 0 to 1: a quarter where all weeks are
        alike.

    Notes
    -----
    Of all that a steady customer did in sixteen weeks each falls in the last four with that chance: binomial.
    """
    summed = np.concatenate([np.zeros((len(counts), 1), dtype=np.int64), np.cumsum(counts, axis=1)], axis=1)
    ends = np.arange(max(first, RECENT + BEFORE - 1), counts.shape[1]) + 1
    recent = summed[:, ends] - summed[:, ends - RECENT]
    both = summed[:, ends] - summed[:, ends - RECENT - BEFORE]
    return np.asarray(bdtr(recent, both, share), dtype=np.float64)


def tuned(known: Baselines, *, terms: Terms, false_alarm_share: float, seed: int) -> tuple[float, float, float]:
    """The largest chance at which the rival warns, and the shares of declines that it finds and still tells of.

    Customers are drawn from what is known of their rates, with and without a decline to `terms.fall_share` that begins
    with the weeks watched; of those without one the stated share is warned of in some week watched, at most.
    """
    draw = stream(seed, "recent weeks")
    shapes = draw.choice(known.shapes, DRAWS)
    rates = np.repeat(draw.gamma(shapes, 1 / known.rate)[:, None], terms.weeks, axis=1)
    first = terms.baseline_weeks
    steady = np.sort(chances(draw.poisson(rates), first=first).min(axis=1))
    # chances are those of counts and come in steps: the last step below is taken, so that no more are warned of
    at = steady[int(false_alarm_share * DRAWS)]
    limit = float(steady[np.searchsorted(steady, at, side="left") - 1]) if steady[0] < at else -1.0
    weeks = min(HORIZON_WEEKS, terms.watch_weeks)
    rates[:, first:] *= terms.fall_share
    fallen = chances(draw.poisson(rates[:, : first + weeks]), first=first) <= limit
    return limit, float(fallen.any(axis=1).mean()), float(fallen[:, -1].mean())
