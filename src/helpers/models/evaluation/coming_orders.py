"""Whether and when customers order again, by the model and by what earlier days showed of its chances."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from helpers.models.buying.fitting import Fit
from helpers.models.buying.interface import BuyingModel
from helpers.models.buying.prediction import next_order, p_buys
from helpers.models.buying.rows import Floats, Rows
from helpers.models.evaluation import next_order_days, share_errors
from helpers.models.evaluation.next_order_days import NextOrderDays
from helpers.models.evaluation.purchase_groups import BOUGHT, NAMED, PASTS
from helpers.models.evaluation.rolling_origins import Origins
from helpers.models.statistics import small_groups
from helpers.models.statistics.intervals import Estimate


@dataclass(frozen=True)
class Comeback:
    """How many customers of one past are expected to buy at all.

    Attributes
    ----------
    past
        `once` or `repeatedly`: whether they had come back before.
    share
        Of them who are expected to buy; the interval holds the error of earlier days, NaN where none is known.
    own_share
        The same as the model alone expects it.
    record
        One row per earlier day of which it is told: expected_share, actual_share.
    """

    past: str
    share: Estimate
    own_share: float
    record: pd.DataFrame


@dataclass(frozen=True)
class ComingOrders:
    """The orders to come of customers, and what was seen of such expectations on earlier days.

    Attributes
    ----------
    customers
        One row per customer: next_order_weeks, next_order_on (of `prediction.next_order`), comeback_share (probability
        of a purchase within the weeks asked for).
    days
        How many will have bought by their next_order_on.
    comebacks
        Of customers who had bought once and who had come back before; none of nobody.
    """

    customers: pd.DataFrame
    days: NextOrderDays
    comebacks: tuple[Comeback, ...]


def without_few(record: pd.DataFrame, *, smallest_cell: int) -> pd.DataFrame:
    """The record of `rolling_origins.track`, with nothing told of few customers, nor of few who bought or did not."""
    told = _without_few(record, NAMED, BOUGHT, [], smallest_cell)
    for past in PASTS:
        told = _without_few(told, f"{past}_count", f"{past}_actual_share", [f"{past}_expected_share"], smallest_cell)
    return told


def ahead(
    rows: Rows,
    *,
    fit: Fit,
    model: BuyingModel,
    as_of: date,
    record: pd.DataFrame,
    origins: Origins,
    level: float,
) -> ComingOrders:
    """Who is expected to order again within the weeks that origins were asked for, and by which day.

    Parameters
    ----------
    rows, fit, model
        The histories, and what was fitted to them.
    as_of
        The day on which watching ended.
    record, origins
        Of `without_few` and of `rolling_origins.plan`.
    level
        Coverage of the intervals, between 0 and 1.

    Notes
    -----
    The log odds of each customer are moved by what came each time of customers of the same past: half of it, shrunk
    (`share_errors.pooled`). Fitting weighs all customers alike, and those who bought once may come back more often
    than it allows while others do not.
    """
    weeks = origins.asked_weeks
    days = next_order_days.pooled(record, origins=origins, level=level)
    orders = next_order(rows, fit=fit, model=model, as_of=as_of, weeks=weeks, chance=days.chance)
    own = np.asarray(rows.spread(p_buys(rows, fit=fit, model=model, weeks=weeks)), dtype=float)
    is_once = rows.frequency[rows.index] == 0
    share, comebacks = own.copy(), []
    for past, there in zip(PASTS, (is_once, ~is_once), strict=True):
        if there.any():
            share[there], found = _comeback(past, own[there], record, origins, level)
            comebacks.append(found)
    return ComingOrders(orders.assign(comeback_share=share), days, tuple(comebacks))


def _comeback(past: str, own: Floats, record: pd.DataFrame, origins: Origins, level: float) -> tuple[Floats, Comeback]:
    names = [f"{past}_{what}" for what in ("count", "expected_share", "actual_share")]
    count, due, came = (record[name].to_numpy(dtype=float) for name in names)
    error = share_errors.pooled(count, due, came, origins=origins).grown(origins)
    share = error.corrected(own)
    mean = float(share.mean())
    told = pd.DataFrame({"expected_share": due, "actual_share": came}).dropna(ignore_index=True)
    return share, Comeback(past, Estimate(mean, *error.interval(mean, level=level), len(own)), float(own.mean()), told)


def _without_few(record: pd.DataFrame, whole: str, part: str, others: list[str], smallest_cell: int) -> pd.DataFrame:
    few, values = smallest_cell, [part, *others]
    told = small_groups.hide(record, smallest_cell=few, counts=[whole], values=[whole, *values], has_total=False)
    told = small_groups.hide_within(told, smallest_cell=few, parts={part: whole}, values=values, has_total=False)
    return told.drop(columns="is_hidden")
