"""Whether chance alone decided who is in which arm of a campaign: without it no difference is an effect."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import chdtrc

CONTROL = "control"
LIMIT = 0.001
"""p value below which chance did not decide: a sound campaign is refused once in a thousand times."""
MIXED_LIMIT = 0.01
"""Share of customers in several arms above which a campaign is refused."""
NO_CONTROL, MIXED, COUNTS, KNOWN = "no control", "several arms", "counts", "known before"


@dataclass(frozen=True, eq=False)
class SampleRatio:
    """Whether the arms of a campaign can be compared.

    Attributes
    ----------
    table
        One row per arm, control first: arm, customer_count, planned_share (missing where none was stated),
        expected_count.
    count_p_value
        Of the counts, were they drawn with the planned shares; missing where no shares were stated.
    known_p_value
        Of what was known of customers before, were the arms drawn by chance; missing where nothing was known.
    why
        What speaks against chance: "no control", "several arms", "counts", "known before"; empty where nothing does.
    mixed_share
        Customers who were in several arms.
    """

    table: pd.DataFrame
    count_p_value: float
    known_p_value: float
    why: str
    mixed_share: float

    @property
    def is_sound(self) -> bool:
        """Whether nothing speaks against chance."""
        return not self.why


def check(people: pd.DataFrame, arms: pd.DataFrame, *, features: list[str]) -> SampleRatio:
    """Whether the arms of one campaign were drawn by chance.

    Parameters
    ----------
    people
        One row per customer of the campaign: arm, arm_count, and what was known of them before.
    arms
        One row per arm of the campaign: arm and, where stated, planned_share.
    features
        The columns of `people` that were known before the campaign began.

    Notes
    -----
    Counts are held to the planned shares by Pearson's chi-squared. What was known before is held to equal means by
    Pillai's trace V: (n - 1) V is chi-squared with (arms - 1) times as many degrees of freedom as there are
    independent features. Counts and amounts are taken as logarithms.

    References
    ----------
    Fabijan et al. (2019), Diagnosing sample ratio mismatch in online controlled experiments, KDD, 2156-2164 (the
    check and its strict limit); Hansen and Bowers (2008), Covariate balance in simple, stratified and clustered
    comparative studies, Statistical Science 23(2), 219-236 (one test for all features).
    """
    own = people[people["arm_count"] == 1]
    mixed = 1 - len(own) / len(people) if len(people) else np.nan
    counts = own["arm"].value_counts()
    table = _table(arms, counts)
    by_count, by_known = _of_counts(table), _of_known(own, features)
    if CONTROL not in counts.index or len(counts) < 2:
        why = NO_CONTROL
    elif mixed > MIXED_LIMIT:
        why = MIXED
    elif by_count < LIMIT:
        why = COUNTS
    else:
        why = KNOWN if by_known < LIMIT else ""
    return SampleRatio(table, by_count, by_known, why, mixed)


def _table(arms: pd.DataFrame, counts: pd.Series) -> pd.DataFrame:
    names = sorted({*arms["arm"], *counts.index}, key=lambda arm: (arm != CONTROL, arm))
    table = pd.DataFrame({"arm": names, "customer_count": counts.reindex(names).fillna(0).astype(int).to_numpy()})
    planned = arms.set_index("arm").reindex(columns=["planned_share"])["planned_share"].astype(float)
    shares = planned.reindex(names).to_numpy()
    return table.assign(planned_share=shares, expected_count=shares / shares.sum() * counts.sum())


def _of_counts(table: pd.DataFrame) -> float:
    expected, counts = table["expected_count"].to_numpy(dtype=float), table["customer_count"].to_numpy(dtype=float)
    if not np.isfinite(expected).all() or (expected <= 0).any():
        return np.nan
    return float(chdtrc(len(table) - 1, ((counts - expected) ** 2 / expected).sum()))


def _of_known(own: pd.DataFrame, features: list[str]) -> float:
    values = own[features].astype(float).clip(lower=0).apply(np.log1p)
    values = values.fillna(values.mean()).dropna(axis="columns")
    if values.empty or own["arm"].nunique() < 2:
        return np.nan
    centred = (values - values.mean()).to_numpy()
    scatter = centred.T @ centred
    rank = int(np.linalg.matrix_rank(scatter))
    between = np.zeros_like(scatter)
    for rows in own.groupby("arm").indices.values():
        total = centred[rows].sum(axis=0)
        between += np.outer(total, total) / len(rows)
    pillai = float(np.trace(np.linalg.pinv(scatter, hermitian=True) @ between))
    return float(chdtrc(rank * (own["arm"].nunique() - 1), (len(own) - 1) * pillai)) if rank else np.nan
