"""How many customers bought by the day named for their next order, on earlier days, and what that says of today's."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit

from helpers.models.evaluation import share_errors
from helpers.models.evaluation.purchase_groups import BOUGHT, NAMED
from helpers.models.evaluation.rolling_origins import Origins


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


def pooled(record: pd.DataFrame, *, origins: Origins, level: float) -> NextOrderDays:
    """What earlier days together say of the days that are named today.

    Parameters
    ----------
    record
        Of `coming_orders.without_few`, one row per day of `origins`.
    origins
        Of `rolling_origins.plan`.
    level
        Coverage of the interval, between 0 and 1.

    Notes
    -----
    See `share_errors.pooled`: one half was expected each time, and a share of 45 % asks for days of a chance of about
    55 %.
    """
    count, share = (record[name].to_numpy(dtype=float) for name in (NAMED, BOUGHT))
    error = share_errors.pooled(count, np.full(len(record), 0.5), share, origins=origins)
    if not error.origin_count:
        return NextOrderDays(origins)
    told = share[np.isfinite(share)]
    chance = float(expit(-error.shift))
    return NextOrderDays(
        origins, len(told), float(told.min()), float(told.max()), chance, *error.interval(0.5, level=level)
    )
