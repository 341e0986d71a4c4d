"""Campaigns whose arms chance did not draw are refused: by counts, by what was known before, and by whom they share."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from helpers.models.campaigns.sample_ratio import COUNTS, KNOWN, MIXED, NO_CONTROL, check
from helpers.randomness import stream
from helpers.simulation.settings import Company
from tests.models.campaigns.simulated import of_campaign

HALVES = pd.DataFrame({"arm": ["voucher", "control"], "planned_share": [0.5, 0.5]})


def people(control: int, voucher: int) -> pd.DataFrame:
    arms = ["control"] * control + ["voucher"] * voucher
    count = control + voucher
    return pd.DataFrame({"arm": arms, "arm_count": 1, "purchase_count": np.arange(count) % 7})


def test_counts_by_hand() -> None:
    """460 and 540 where 500 each were planned: chi-squared 2 * 40^2 / 500 = 6.4, p .0114 (table of one degree)."""
    ratio = check(people(460, 540), HALVES, features=["purchase_count"])
    assert ratio.table["arm"].tolist() == ["control", "voucher"]
    assert ratio.table["expected_count"].tolist() == [500.0, 500.0]
    assert ratio.count_p_value == pytest.approx(0.011412, abs=1e-6)
    assert ratio.is_sound


def test_counts_that_chance_does_not_give_are_refused() -> None:
    assert check(people(440, 560), HALVES, features=["purchase_count"]).why == COUNTS


def test_arms_that_differed_before_are_refused_though_their_counts_are_right() -> None:
    moved = people(500, 500).assign(purchase_count=[1] * 260 + [3] * 240 + [1] * 200 + [3] * 300)
    assert check(moved, HALVES, features=["purchase_count"]).why == KNOWN


def test_customers_in_several_arms_are_refused() -> None:
    mixed = people(500, 500)
    mixed.loc[:19, "arm_count"] = 2
    found = check(mixed, HALVES, features=["purchase_count"])
    assert (found.why, found.mixed_share) == (MIXED, pytest.approx(0.02))


def test_a_campaign_without_control_is_refused() -> None:
    chosen = people(0, 500)
    assert check(chosen, HALVES, features=["purchase_count"]).why == NO_CONTROL


def test_without_planned_shares_what_was_known_is_held_to_chance_alone() -> None:
    found = check(people(300, 700), HALVES[["arm"]], features=["purchase_count"])
    assert np.isnan(found.count_p_value)
    assert found.is_sound


def test_the_broken_campaign_of_the_simulation_is_caught_and_the_others_are_not(part: int) -> None:
    for seed in range(12 // part):
        company = replace(Company(), seed=seed, customer_count=8_000)
        why = {
            name: check(*of_campaign(company, name), features=["half_year_count"]).why
            for name in ("cmp-1", "cmp-2", "cmp-3")
        }
        assert why == {"cmp-1": "", "cmp-2": COUNTS, "cmp-3": ""}


def test_sound_campaigns_are_refused_once_in_a_thousand_times() -> None:
    """p values of what was known are uniform where chance drew the arms, with skewed and missing features too."""
    draw, p_values = stream(3, "test known before"), []
    for _ in range(100):
        own = pd.DataFrame({"arm": draw.choice(["control", "email", "voucher"], 400), "arm_count": 1})
        own["amount_each"], own["purchase_count"] = draw.lognormal(3, 1, 400), draw.poisson(1, 400)
        own.loc[::9, "amount_each"] = np.nan
        p_values.append(check(own, HALVES[["arm"]], features=["amount_each", "purchase_count"]).known_p_value)
    counts = np.histogram(p_values, bins=5, range=(0, 1))[0]
    assert np.abs(counts - 20).max() < 14
