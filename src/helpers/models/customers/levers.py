"""What a small step would be worth: plain arithmetic on what customers did, never a promise that they would."""

from __future__ import annotations

from math import nan, sqrt

import numpy as np
import pandas as pd
from scipy.special import ndtri

from helpers.models.statistics.intervals import SMALLEST, ratio_of_totals

COLUMNS = ["step", "customer_count", "pool_count", "amount", "low", "high"]


def steps(
    people: pd.DataFrame,
    compared: pd.DataFrame,
    *,
    step_share: float,
    level: float,
    is_covered: bool,
) -> pd.DataFrame:
    """What it would bring if a small share of three groups of customers did better than they do.

    Parameters
    ----------
    people
        One row per customer: purchase_count, order_count, amount, as `purchases.per_customer` gives it.
    compared
        One row per customer of the latest or the earlier period, as `activity.comparison` gives it.
    step_share
        The share of each group that would move, between 0 and 1.
    level
        Coverage of the intervals.
    is_covered
        Whether the data reach back through the whole earlier period (`days.reaches_back`): where they do not, nobody
        is known to be lost or new, and the steps with them are NaN.

    Returns
    -------
    pandas.DataFrame
        One row per step: step; customer_count (who would have to move: the share of the pool, not rounded);
        pool_count; amount (revenue of one comparison period, against nobody moving), low, high. The bounds cover what
        such customers spend, not whether they can be moved. A second order is one within the period, and worth what
        orders of customers who bought once are: those of regulars are worth more.
    """
    lost = compared[(compared["order_count"] == 0) & (compared["previous_order_count"] > 0)]["previous_amount"]
    new = compared[compared["is_new"].astype(bool)]["amount"]
    once = people[people["purchase_count"] == 1]
    each = ratio_of_totals(once["amount"], once["order_count"], level=level)
    again = tuple(step_share * len(once) * value if len(once) else 0.0 for value in (each.value, each.low, each.high))
    pools: list[tuple[str, int, tuple[float, ...]]] = [
        ("one more order each from customers who bought once", len(once), again),
        (
            "winning back customers of the period before who did not return",
            len(lost),
            _total(lost, share=step_share, level=level),
        ),
        ("more new customers like those of the latest period", len(new), _total(new, share=step_share, level=level)),
    ]
    worth = pd.DataFrame(
        [(name, step_share * count, count, *amounts) for name, count, amounts in pools], columns=COLUMNS
    )
    if not is_covered:
        worth.loc[1:, ["customer_count", "amount", "low", "high"]] = nan
    return worth


def in_margin(worth: pd.DataFrame, *, margin_share: float | None) -> pd.DataFrame:
    """The steps in margin, a share of revenue between 0 and 1; as they are where no margin is known.

    A row of `worth` is a step, as `steps` gives it: amount, low, high.
    """
    amounts = ["amount", "low", "high"]
    return worth.assign(**{name: worth[name] * (margin_share or 1.0) for name in amounts})


def _total(amounts: pd.Series, *, share: float, level: float) -> tuple[float, float, float]:
    """A share of a total over customers; the interval takes their number as random too (compound Poisson)."""
    x = amounts.to_numpy(dtype=float)
    worth = share * float(x.sum())
    if len(x) < SMALLEST:
        return worth, nan, nan
    half = share * float(ndtri((1 + level) / 2)) * sqrt(float(np.square(x).sum()))
    return worth, worth - half, worth + half
