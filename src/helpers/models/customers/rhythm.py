"""On how many days customers buy, and how long they pause between purchases."""

from __future__ import annotations

from math import nan

import numpy as np
import pandas as pd

from helpers.models.statistics.intervals import Estimate, median, median_of_customers


def median_days(gaps: pd.DataFrame) -> float:
    """The median pause in days; NaN where there is none. One row of `gaps` is a length: gap_days, gap_count."""
    return median(gaps["gap_days"], counts=gaps["gap_count"], level=0.5).value


def median_gap(gaps: pd.DataFrame, short_gaps: pd.DataFrame, *, level: float) -> Estimate:
    """The median pause in days, with an interval that knows that the pauses of one customer resemble each other.

    Parameters
    ----------
    gaps
        One row per length of a pause, as `purchases.gap_counts` gives it: gap_days, gap_count.
    short_gaps
        One row per customer with a pause, as `purchases.short_gaps` gives it at `median_days`: short_gap_count,
        gap_count.
    level
        Coverage of the interval, between 0 and 1.
    """
    return median_of_customers(
        gaps["gap_days"],
        counts=gaps["gap_count"],
        small_counts=short_gaps["short_gap_count"],
        all_counts=short_gaps["gap_count"],
        level=level,
    )


def gap_quantile(gaps: pd.DataFrame, *, share: float) -> Estimate:
    """The shortest length that at least `share` of the pauses do not exceed, in days; without an interval.

    Parameters
    ----------
    gaps
        One row per length of a pause, ascending, as `purchases.gap_counts` gives it: gap_days, gap_count.
    share
        Between 0 and 1.

    Returns
    -------
    Estimate
        `n` is the number of pauses; NaN where there is none.
    """
    count = int(gaps["gap_count"].sum())
    reached = gaps.loc[gaps["gap_count"].cumsum() >= share * count, "gap_days"]
    return Estimate(float(reached.iloc[0]) if count else nan, nan, nan, count)


def gathered_gaps(gaps: pd.DataFrame, *, smallest_cell: int) -> pd.DataFrame:
    """The pauses by length, neighbouring lengths gathered until each row is of `smallest_cell` pauses or more.

    Parameters
    ----------
    gaps
        One row per length of a pause, ascending, as `purchases.gap_counts` gives it: gap_days, gap_count.
    smallest_cell
        Fewest pauses of a row; where there are fewer in all there is no row.

    Returns
    -------
    pandas.DataFrame
        One row per length or range of lengths, ascending: gap_days (the longest of the range, which begins behind that
        of the row before), gap_count.
    """
    reached = np.asarray(gaps["gap_count"].cumsum(), dtype=np.int64)
    ends, until = [], 0
    for place, count in enumerate(reached):
        if count - until >= smallest_cell:
            ends.append(place)
            until = int(count)
    if ends:
        ends[-1] = len(gaps) - 1  # the longest few go with those before
    gathered = gaps.iloc[ends].reset_index(drop=True)
    return gathered.assign(gap_count=np.diff(reached[ends], prepend=0).astype(np.int64))


def gathered_counts(counts: pd.DataFrame, *, largest: int = 10) -> pd.DataFrame:
    """Customers by number of purchase days, from 1 to `largest`, which gathers all who bought on more days.

    Parameters
    ----------
    counts
        One row per number of purchase days that occurs, as `purchases.purchase_counts` gives it: purchase_count,
        customer_count.
    largest
        Number of purchase days of the last row.

    Returns
    -------
    pandas.DataFrame
        `largest` rows: purchase_count, customer_count (0 or more).
    """
    people = counts.groupby(np.minimum(counts["purchase_count"], largest))["customer_count"].sum()
    numbers = pd.RangeIndex(1, largest + 1, name="purchase_count")
    return people.reindex(numbers, fill_value=0).reset_index()
