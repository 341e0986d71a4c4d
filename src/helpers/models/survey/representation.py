"""Whom the answers represent: those who answered beside all customers, with weights and without."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from helpers.models.survey.design import Design

COLUMNS = [
    "margin",
    "level",
    "customer_share",
    "answered_share",
    "weighted_share",
    "difference",
    "weighted_difference",
    "n",
]


def represented(
    about: pd.DataFrame, known: Mapping[str, pd.Series], *, design: Design, is_in: pd.Series
) -> pd.DataFrame:
    """The shares of each level among all customers and among those who answered.

    Parameters
    ----------
    about
        A row per interview, a column per margin.
    known
        Of each margin how many customers are of each level.
    design
        The design of the interviews.
    is_in
        The interviews that count, those of one wave.

    Returns
    -------
    pandas.DataFrame
        A row per margin and level, the worst heard first: margin, level, customer_share, answered_share (of interviews,
        without weights), weighted_share (all 0 to 1), difference and weighted_difference (standardised: of the shares,
        over the standard deviation among customers), n (interviews of the level).

    References
    ----------
    Cochran (1968), Biometrics 24, 295-313; Austin (2009), Communications in Statistics 38, 1228-1234: a standardised
    difference below 0.1 is commonly taken for small.
    """
    rows = []
    for margin, counts in known.items():
        labels = about[margin].where(is_in)
        is_known = labels.notna().to_numpy()
        total = float(counts.sum())
        for level, count in counts.items():
            is_level = (labels == level).to_numpy() & is_known
            share, plain = float(count) / total, is_level.sum() / max(is_known.sum(), 1)
            weighted = design.weights[is_level].sum() / max(design.weights[is_known].sum(), 1e-300)
            scale = np.sqrt(share * (1 - share)) if 0 < share < 1 else np.nan
            apart = ((plain - share) / scale, (weighted - share) / scale)
            rows.append((margin, str(level), share, plain, weighted, *apart, int(is_level.sum())))
    return pd.DataFrame(rows, columns=COLUMNS).sort_values("difference", ignore_index=True, kind="stable")
