"""What gone means: how many customers have gone under the page's definition and under its neighbours."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from helpers.models.statistics import intervals, small_groups
from helpers.models.statistics.intervals import SMALLEST


def compared(gone: Mapping[str, ArrayLike], *, own: str, level: float) -> pd.DataFrame:
    """How many customers have gone, by definition.

    Parameters
    ----------
    gone
        By definition, whether each customer has gone: a column of yes, no and missing (the definition cannot tell
        them), the customers of all in the same order.
    own
        The definition of the page, one of them.
    level
        Coverage of the intervals (Wilson).

    Returns
    -------
    pandas.DataFrame
        One row per definition: definition; told_count (customers of whom it can tell); gone_count; gone_share, low,
        high (of those; no bounds under ten customers); agree_share (of those, the share of whom it says the same as the
        page's definition).
    """
    mine = pd.Series(np.asarray(gone[own], dtype=object)).astype("boolean")
    rows = []
    for name, column in gone.items():
        told = pd.Series(np.asarray(column, dtype=object)).astype("boolean")
        n, count = int(told.notna().sum()), int(told.sum())
        share = intervals.wilson(count, n, level=level)
        low, high = (share.low, share.high) if n >= SMALLEST else (np.nan, np.nan)
        both = (told == mine).dropna()
        rows.append((name, n, count, share.value, low, high, float(both.mean()) if len(both) else np.nan))
    columns = ["definition", "told_count", "gone_count", "gone_share", "low", "high", "agree_share"]
    return pd.DataFrame(rows, columns=columns)


def without_few(definitions: pd.DataFrame, *, smallest_cell: int) -> pd.DataFrame:
    """The definitions as `compared` gives them, without those by which few have gone, or all but few."""
    values = ["told_count", "gone_count", "gone_share", "low", "high", "agree_share"]
    gone = {"gone_count": "told_count"}
    return small_groups.hide_within(
        definitions, parts=gone, values=values, smallest_cell=smallest_cell, has_total=False
    )


def below(values: pd.Series, limit: float) -> pd.Series:
    """Whether each number is below a limit: yes, no, or missing where the number is."""
    return (values < limit).astype("boolean").where(values.notna())
