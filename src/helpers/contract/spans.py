"""Which days of orders belong together, and which lie so far from all others that their dates are doubtful."""

from __future__ import annotations

import pandas as pd

FEW_SHARE = 0.01
"""Share of all orders up to which those of days far from the others are thought to be misdated."""


def is_far(daily: pd.DataFrame, *, far_days: int) -> pd.Series[bool]:
    """Whether the orders of a day lie far from all others.

    The days are divided where more than `far_days` days pass without an order. The part with the most orders is the
    body of the data; another part is far from it where it holds a hundredth of all orders at most, or one order.

    Parameters
    ----------
    daily
        A row per day with an order, in order: day (date), order_count.
    far_days
        Days without any order that divide the data.

    Returns
    -------
    Series of bool, in the order of `daily`.
    """
    days, counts = pd.to_datetime(daily["day"]), daily["order_count"]
    parts = (days.diff().dt.days > far_days).cumsum()
    of_part = counts.groupby(parts).sum()
    few = of_part <= max(FEW_SHARE * of_part.sum(), 1)
    return parts.map(few) & (parts != of_part.idxmax())
