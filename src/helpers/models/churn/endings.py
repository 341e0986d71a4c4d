"""Why subscriptions end, the most frequent reason first."""

from __future__ import annotations

import pandas as pd

from helpers.models.survival.competing import incidence

NOT_TOLD = "not told"


def by_reason(tenures: pd.DataFrame, *, until_days: int, smallest_group: int, level: float) -> pd.DataFrame:
    """The share of subscriptions that end for each reason within an age, where any reason ends the others' chance.

    Parameters
    ----------
    tenures
        One row per subscription, as `features.tenures.tenures` gives them: age_days, is_ended, end_reason.
    until_days
        The age at which shares are told.
    smallest_group
        Reasons for which fewer have ended are told together, as other.
    level
        Coverage of the intervals.

    Returns
    -------
    pandas.DataFrame
        One row per reason, the most frequent first, as `competing.incidence` gives them. Empty where no ending has a
        reason.
    """
    ended = tenures["is_ended"].astype(bool)
    told = tenures["end_reason"].where(ended)
    if told.isna().all():
        return incidence([], [], ages=[until_days], level=level)
    told = told.where(told.notna() | ~ended, NOT_TOLD)
    counts = told.value_counts()
    told = told.where(told.isna() | ~told.isin(counts.index[counts < smallest_group]), "other")
    table = incidence(tenures["age_days"], told, ages=[until_days], level=level)
    return table.sort_values(["share", "reason"], ascending=[False, True], ignore_index=True)
