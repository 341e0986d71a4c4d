"""How many customers bought by the day named for their next order, on earlier days, and what that says of today's."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit, stdtrit

from helpers.models.buying.rows import Floats
from helpers.models.evaluation.purchase_groups import BOUGHT, NAMED
from helpers.models.evaluation.rolling_origins import CORRECTED_SHARE, PRIOR_ORIGINS, Origins, kept
from helpers.models.statistics import small_groups

PRIOR_LOG_ODDS = 0.1
"""An error that any model may have in the odds of buying by a day: two and a half points of a share, either way."""
FEWEST_ORIGINS = 2
"""Earlier days below which nothing is corrected: what came once may have been chance."""


@dataclass(frozen=True)
class NextOrderDays:
    """What earlier days say of the days that are named today.

    Attributes
    ----------
    origins
        The earlier days; without one nothing is known.
    origin_count
        How many of them had customers enough to be told of.
    least_share, most_share
        The least and the most that bought by their day; NaN where nothing is known.
    chance
        The probability of the model at which days are named today, so that half may be expected to buy by theirs.
    low, high
        The share that is to be expected, with the error of earlier days; NaN where nothing is known.
    """

    origins: Origins
    origin_count: int = 0
    least_share: float = np.nan
    most_share: float = np.nan
    chance: float = 0.5
    low: float = np.nan
    high: float = np.nan


def without_few(record: pd.DataFrame, *, smallest_cell: int) -> pd.DataFrame:
    """The record of `rolling_origins.track`, with nothing told of few customers with a day, nor who bought by it."""
    few = smallest_cell
    told = small_groups.hide(record, smallest_cell=few, counts=[NAMED], values=[NAMED, BOUGHT], has_total=False)
    told = small_groups.hide_within(told, smallest_cell=few, parts={BOUGHT: NAMED}, values=[BOUGHT], has_total=False)
    return told.drop(columns="is_hidden")


def pooled(record: pd.DataFrame, *, origins: Origins, level: float) -> NextOrderDays:
    """What earlier days together say of the days that are named today.

    Parameters
    ----------
    record
        Of `without_few`, one row per day of `origins`.
    origins
        Of `rolling_origins.plan`.
    level
        Coverage of the interval, between 0 and 1.

    Notes
    -----
    As totals are (`rolling_origins.pooled`), on the scale of log odds: half of the mean error, shrunk by its own doubt
    (positive part of James and Stein), is corrected where there are two days or more, since a share of 45 % asks for
    days of a chance of about 55 %. The interval is Student's t about one half, of the mean square about the correction,
    with the sampling error and 0.1 as one origin more; its degrees of freedom are one more than the futures that lie
    one after another.
    """
    is_known = record[BOUGHT].notna().to_numpy(dtype=bool)
    if not is_known.any():
        return NextOrderDays(origins)
    count, share = (record.loc[is_known, name].to_numpy(dtype=float) for name in (NAMED, BOUGHT))
    bought, stayed = count * share + 0.5, count * (1 - share) + 0.5
    logs, errors = np.log(bought / stayed), 1 / bought + 1 / stayed
    weights = origins.weights[is_known] / origins.weights[is_known].sum()
    n = min(origins.independent_count / len(logs), 1.0) / float(weights @ weights)
    sampling = float(weights @ errors)

    def mean_square(values: Floats) -> float:
        prior = PRIOR_ORIGINS * (PRIOR_LOG_ODDS**2 + sampling)
        return float(prior + n * (weights @ values**2)) / (PRIOR_ORIGINS + n)

    mean = float(weights @ logs)
    is_corrected = len(logs) >= FEWEST_ORIGINS
    shift = CORRECTED_SHARE * kept(mean, variance=mean_square(logs - mean) / n + sampling) * mean * is_corrected
    width = float(stdtrit(PRIOR_ORIGINS + n, (1 + level) / 2)) * np.sqrt(mean_square(logs - shift))
    low, high = expit(-width), expit(width)
    return NextOrderDays(
        origins, len(logs), float(share.min()), float(share.max()), float(expit(-shift)), float(low), float(high)
    )
