"""Effects of campaigns: a published interval, tests of other packages, and the rate of false alarms on A/A campaigns."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import false_discovery_control, ttest_ind
from statsmodels.stats.proportion import test_proportions_2indep as score_test

from helpers.models.campaigns.effects import ALL, CONVERSION, compared, difference, with_contribution
from helpers.randomness import stream

LEVEL = 0.95


def ones(count: int, n: int) -> np.ndarray:
    return np.repeat([1.0, 0.0], [count, n - count])


def test_the_published_interval_of_a_difference_of_shares() -> None:
    """Newcombe (1998), table II, 56 of 70 and 48 of 80, method 10: .0524 to .3339."""
    effect, low, high, p_value = difference(ones(56, 70), ones(48, 80), is_share=True, level=LEVEL)
    assert effect == pytest.approx(0.2)
    assert (low, high) == (pytest.approx(0.0524, abs=5e-5), pytest.approx(0.3339, abs=5e-5))
    assert p_value == pytest.approx(score_test(56, 70, 48, 80, method="score", correction=False).pvalue, rel=1e-9)


def test_a_difference_of_means_is_that_of_welch() -> None:
    draw = stream(1, "test welch")
    values, control = draw.gamma(1, 20, 300), draw.gamma(2, 10, 80)
    known = ttest_ind(values, control, equal_var=False)
    bounds = known.confidence_interval(LEVEL)
    expected = (values.mean() - control.mean(), bounds.low, bounds.high, known.pvalue)
    assert difference(values, control, is_share=False, level=LEVEL) == pytest.approx(expected)


def test_nothing_is_told_of_few() -> None:
    assert np.isnan(difference(ones(3, 9), ones(30, 90), is_share=True, level=LEVEL)[1:]).all()
    assert np.isnan(difference(ones(4, 90), ones(5, 90), is_share=True, level=LEVEL)[1:]).all()


def campaign(draw: np.random.Generator, *, n: int, lift: float = 0.0) -> pd.DataFrame:
    """A campaign of two arms and control; the voucher lifts the share that takes it up."""
    arm = draw.choice(["control", "email", "voucher"], n)
    converted = draw.random(n) < 0.12 + lift * (arm == "voucher")
    spent = np.where(draw.random(n) < 0.3, draw.lognormal(3, 1, n), 0.0)
    stage = draw.choice(["new", "loyal", "lapsed"], n)
    told = {"arm": arm, "stage": stage, "has_converted": converted, "visit_count": draw.poisson(1, n)}
    people = pd.DataFrame(told | {"spend_amount": spent, "cost_amount": 0.0})
    return with_contribution(people, margin_share=0.4)


@pytest.mark.parametrize("by", [None, pytest.param("stage", marks=pytest.mark.slow)])
def test_an_a_a_campaign_is_called_significant_at_its_nominal_rate_only(by: str | None, part: int) -> None:
    """Of all outcomes, arms and stages together any is clear in at most 5 of 100 campaigns without an effect."""
    draw, count = stream(7, f"test a/a {by}"), 320 // part
    tables = [compared(campaign(draw, n=600), by=by, level=LEVEL) for _ in range(count)]
    called = [(table["adjusted_p_value"] < 0.05).any() for table in tables]
    assert np.mean(called) <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / count)


@pytest.mark.parametrize("is_share", [True, False])
def test_a_single_test_keeps_its_rate_and_its_interval_its_level(is_share: bool) -> None:
    draw, count = stream(8, f"test a/a {is_share}"), 2_000
    found = []
    for _ in range(count):
        values = draw.random((2, 400)) < 0.12
        spent = values * draw.lognormal(3, 1, (2, 400)) if not is_share else values.astype(float)
        found.append(difference(*spent, is_share=is_share, level=LEVEL))
    _, low, high, p_value = np.array(found).T
    assert (p_value < 0.05).mean() == pytest.approx(0.05, abs=0.012)
    assert ((low <= 0) & (high >= 0)).mean() == pytest.approx(0.95, abs=0.012)


def test_an_effect_is_found_in_the_arm_that_has_it() -> None:
    table = compared(campaign(stream(9, "test effect"), n=6_000, lift=0.06), level=LEVEL)
    clear = table[table["adjusted_p_value"] < 0.05]
    assert clear[["segment", "arm", "outcome"]].values.tolist() == [[ALL, "voucher", CONVERSION]]
    assert clear["low"].item() < 0.06 < clear["high"].item()


def test_false_discoveries_are_controlled_over_all_rows() -> None:
    table = compared(campaign(stream(10, "test fdr"), n=2_000, lift=0.08), by="stage", level=LEVEL)
    known = table.dropna(subset=["p_value"])
    assert known["adjusted_p_value"].tolist() == pytest.approx(false_discovery_control(known["p_value"]).tolist())


def test_a_campaign_of_nobody_has_columns_of_numbers() -> None:
    """Who hides what is few looks for numbers: without kinds, columns of several campaigns together would have none."""
    empty = compared(campaign(stream(1, "test empty"), n=900).head(0), level=LEVEL)
    assert empty.select_dtypes("number").columns.tolist()[:2] == ["customer_count", "control_count"]
