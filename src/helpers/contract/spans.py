"""Which days of orders belong together, and which lie so far from all others that their dates are doubtful."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import accumulate, pairwise
from typing import NamedTuple

FEW_SHARE = 0.01
"""Share of all orders up to which those of days far from the others are thought to be misdated."""


class DayCount(NamedTuple):
    """A day with an order, and how many orders it has."""

    day: date
    order_count: int


def is_far(days: Sequence[date], order_counts: Sequence[int], *, far_days: int) -> list[bool]:
    """Whether the orders of a day lie far from all others.

    The days are divided where more than `far_days` days pass without an order. The part with the most orders is the
    body of the data, the first of them where several have as many; another part is far from it where it holds a
    hundredth of all orders at most, or one order.

    Parameters
    ----------
    days
        The days with an order, in order.
    order_counts
        The orders of each.
    far_days
        Days without any order that divide the data.

    Returns
    -------
    list of bool, one for each day.
    """
    if not days:
        return []
    parts = list(accumulate(((later - day).days > far_days for day, later in pairwise(days)), initial=0))
    of_part = [0] * (parts[-1] + 1)
    for part, count in zip(parts, order_counts, strict=True):
        of_part[part] += count
    few, body = max(FEW_SHARE * sum(of_part), 1), of_part.index(max(of_part))
    return [of_part[part] <= few and part != body for part in parts]
