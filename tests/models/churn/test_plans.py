"""Survival by plan and the hazards behind it: the truth of simulated subscriptions, and cases by hand."""

from __future__ import annotations

from math import log

import numpy as np
import pandas as pd
import pytest

from helpers.models.churn import endings, plans
from helpers.models.survival.survivors import at_ages, survivors
from helpers.randomness import stream

LEVEL, GROUP = 0.95, 30
RATES = {"basic": 0.10, "plus": 0.05}
RATIO = 2.0
"""Of the hazard after an incident."""


def simulated(seed: int, *, n: int = 600) -> pd.DataFrame:
    """Subscriptions of constant hazard a month by plan, doubled from an incident on, watched for 3 to 24 months."""
    draw = stream(seed, "test subscriptions")
    plan = np.where(draw.random(n) < 0.6, "basic", "plus")
    rate = np.where(plan == "basic", *RATES.values()) / 30
    at = draw.exponential(200, n)
    target = draw.exponential(1, n)
    life = np.where(target < rate * at, target / rate, at + (target / rate - at) / RATIO)
    watched = draw.integers(90, 720, n)
    age = np.minimum(np.floor(life) + 1, watched).astype(int)
    ended = np.floor(life) + 1 <= watched
    met = np.where(np.floor(at) < age, np.floor(at), np.nan)
    return pd.DataFrame({"plan": plan, "age_days": age, "is_ended": ended, "incident_days": met})


def test_cox_covers_the_planted_hazards_at_its_rate(part: int) -> None:
    count = 400 // part
    fits = [plans.hazards(simulated(seed), smallest_group=GROUP, level=LEVEL).table for seed in range(count)]
    for term, truth in (("plus", log(RATES["plus"] / RATES["basic"])), (plans.INCIDENT, log(RATIO))):
        rows = pd.concat(fits).query("term == @term")
        held = ((rows["low"] <= truth) & (truth <= rows["high"])).mean()
        assert 0.95 - 4 * np.sqrt(0.0475 / count) <= held <= 0.99, f"{term}: {held:.1%}"


def test_curves_cover_the_planted_survival_at_their_rate(part: int) -> None:
    """Without incidents the share still there at the end of day 180 is exp(-180 rate)."""
    count, held = 400 // part, 0
    for seed in range(count):
        draw = stream(seed, "test curve")
        life, watched = draw.exponential(300, 250), draw.integers(90, 720, 250)
        end = np.floor(life) + 1
        curve = survivors(np.minimum(end, watched), end <= watched)
        row = at_ages(curve, [180], level=LEVEL).iloc[0]
        held += row["low"] <= np.exp(-180 / 300) <= row["high"]
    assert 0.95 - 4 * np.sqrt(0.0475 / count) <= held / count <= 0.99


def test_an_incident_counts_from_its_day_on() -> None:
    """Counted from the start, an incident would look harmless: one must stay to meet one."""
    spells = simulated(1, n=4000)
    right = plans.hazards(spells, smallest_group=GROUP, level=LEVEL).table.set_index("term").loc[plans.INCIDENT]
    wrong = plans.hazards(
        spells.assign(incident_days=spells["incident_days"].mask(spells["incident_days"].notna(), 0)),
        smallest_group=GROUP,
        level=LEVEL,
    ).table.set_index("term")
    assert right["low"] < log(RATIO) < right["high"]
    assert wrong.loc[plans.INCIDENT, "high"] < log(RATIO)


def test_curves_tell_plans_apart() -> None:
    told = plans.curves(simulated(2), smallest_group=GROUP, level=LEVEL)
    assert told is not None
    assert (told.longest, told.shortest, told.until_days) == ("plus", "basic", 365)
    assert told.test.p_value < 0.001
    assert told.gap is not None
    assert 0 < told.gap.low < told.gap.value < told.gap.high
    assert set(told.table["stratum"]) == {"all", "basic", "plus"}
    assert told.table["age_days"].mod(7).eq(0).all()
    by_plan = told.summary.set_index("stratum")
    assert by_plan.loc["all", "spell_count"] == 600
    assert by_plan.loc["basic", "median_days"] == pytest.approx(30 * log(2) / 0.10, rel=0.25)


def test_plans_of_few_are_left_out() -> None:
    spells = simulated(3, n=100).assign(plan=["one"] * 95 + ["rare"] * 5)
    told = plans.curves(spells, smallest_group=GROUP, level=LEVEL)
    assert told is not None
    assert set(told.curves) == {"one"}
    assert told.gap is None
    assert plans.curves(spells.head(20), smallest_group=GROUP, level=LEVEL) is None
    few = plans.hazards(spells.assign(incident_days=np.nan), smallest_group=GROUP, level=LEVEL)
    assert few.table.empty
    assert few.problem == "there are too few plans, incidents or endings to compare"


def test_reasons_are_told_most_frequent_first_and_rare_ones_together() -> None:
    reasons = ["price"] * 50 + ["moved"] * 40 + [None] * 35 + ["odd"] * 3 + ["strange"] * 2
    spells = pd.DataFrame({"age_days": 10, "is_ended": True, "end_reason": reasons})
    told = endings.by_reason(spells, until_days=10, smallest_group=GROUP, level=LEVEL)
    assert list(told["reason"]) == ["price", "moved", endings.NOT_TOLD, "other"]
    assert list(told["share"]) == pytest.approx([50 / 130, 40 / 130, 35 / 130, 5 / 130])
    assert endings.by_reason(spells.assign(end_reason=None), until_days=10, smallest_group=GROUP, level=LEVEL).empty
