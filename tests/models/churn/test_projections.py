"""Projections by plan: subscriptions drawn from a known curve, and plans that are too young."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from helpers.models.churn import projections

AS_OF = date(2024, 12, 31)


def drawn(plan: str, *, count: int, months: int, beta: float) -> pd.DataFrame:
    """Monthly subscriptions begun on the first of the latest months, of which each leaves with a chance of its own."""
    draw = np.random.default_rng(1)
    begun = draw.integers(1, months + 1, count)
    lasted = draw.geometric(draw.beta(0.8, beta, count))
    first = pd.Timestamp(2025, 1, 1)
    start = pd.Series([first - pd.DateOffset(months=int(one)) for one in begun])
    ended = pd.Series([on + pd.DateOffset(months=int(min(n, 60))) for on, n in zip(start, lasted, strict=True)])
    is_ended = ended <= pd.Timestamp(AS_OF)
    last = ended.where(is_ended, pd.Timestamp(AS_OF))
    ages = {"age_days": (last - start).dt.days + 1, "is_ended": is_ended}
    return pd.DataFrame({"plan": plan, "started_on": start} | ages)


def test_plans_are_projected_and_young_ones_are_not() -> None:
    spells = pd.concat(
        [
            drawn("old", count=1_500, months=24, beta=6.0),
            drawn("young", count=400, months=4, beta=6.0),
            drawn("rare", count=5, months=24, beta=6.0),
        ]
    )
    told = projections.by_plan(spells, as_of=AS_OF, smallest_group=30, level=0.95)
    rows = told.summary.set_index("stratum")
    assert list(rows.index) == ["old", "young"]
    assert rows.loc["old", "problem"] == ""
    ahead = int(rows.loc["old", "last_period"])
    before = np.arange(ahead)
    truth = np.prod((6.0 + before) / (6.8 + before))
    assert rows.loc["old", "low"] < truth < rows.loc["old", "high"]
    assert "renewals were seen by enough subscriptions" in rows.loc["young", "problem"]
    own = told.table[told.table["stratum"] == "old"]
    assert own["survival_share"].iloc[0] == pytest.approx(own["projected_share"].iloc[0], abs=0.03)
    assert own["survival_share"].isna().sum() == ahead - rows.loc["old", "seen_count"]
