"""The typical pause between two purchases, with customers as the independent units."""

from __future__ import annotations

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
