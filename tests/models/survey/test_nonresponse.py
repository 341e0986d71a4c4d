"""Who did not answer: response rates and tests by hand and by R, representativity and its interval, and weights."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from helpers.models.statistics import families
from helpers.models.survey import design, estimators, r_indicator, response_rates

HOW = {"level": 0.95, "smallest_base": 10, "control": "holm"}


def invitations_of(**counts: int) -> pd.DataFrame:
    return pd.DataFrame({"outcome": [name for name, count in counts.items() for _ in range(count)]})


def test_the_standard_rates_by_hand() -> None:
    """50 complete, 10 partial, 20 refused, 20 were not met: 100 eligible of 125 that are known. Of 40 unknown ones 80 %
    count in rates 3 and 4: 132."""
    counts = pd.DataFrame(
        {"complete": [50], "partial": [10], "refusal": [20], "no_contact": [20], "other": [0], "unknown": [40]}
    ).assign(ineligible=25)
    found = response_rates.standard_rates(counts).iloc[0]
    assert found.tolist() == pytest.approx([50 / 140, 60 / 140, 50 / 132, 60 / 132, 0.5, 0.6])


def test_raw_and_adjusted_p_values_of_pairs_as_r_gives_them() -> None:
    """pairwise.prop.test, not corrected for continuity, of 42 of 100, 30 of 90 and 55 of 110."""
    raw = response_rates.pairwise_p_values(np.array([42, 30, 55]), np.array([100, 90, 110]))
    assert raw == pytest.approx([0.218869161, 0.245491154, 0.0176899261], abs=5e-10)
    assert families.adjusted(raw) == pytest.approx([0.43774, 0.43774, 0.05307], abs=5e-6)


def test_a_trend_as_r_gives_it() -> None:
    """prop.trend.test of 15, 10, 5 and 3 of 30."""
    found = response_rates.trend_test(np.array([15, 10, 5, 3]), np.array([30, 30, 30, 30]))
    assert found[0] == pytest.approx(14.05225, abs=5e-6)
    assert found[1] == pytest.approx(0.000177801, abs=5e-10)


def test_without_invitations_nothing_is_told() -> None:
    none = pd.DataFrame({"wave": [], "outcome": []})
    is_in = none["wave"] == "w1"
    assert len(response_rates.rates(none, {}, is_in=is_in, **HOW)) == 0
    found = r_indicator.representativity(none, none, names=[], is_in=is_in, level=0.95)
    assert (found.n, np.isnan(found.indicator)) == (0, True)


def test_rates_by_mode_and_wave_with_letters() -> None:
    invitations = pd.concat(
        [
            invitations_of(complete=60, refusal=40).assign(wave="w1", mode="phone"),
            invitations_of(complete=20, refusal=80).assign(wave="w2", mode="online"),
            invitations_of(complete=60, no_contact=30, ineligible=10).assign(wave="w2", mode="phone"),
            invitations_of(complete=5).assign(wave="w2", mode="onsite"),
        ],
        ignore_index=True,
    )
    last = invitations["wave"] == "w2"
    found = response_rates.rates(invitations, {"mode": invitations["mode"]}, is_in=last, **HOW)
    of = found.set_index(["grouping", "group"])
    assert of.loc[("all", "all"), ["invited", "rate_1"]].tolist() == [205, pytest.approx(85 / 195)]
    assert of.loc[("mode", "phone"), "rate_1"] == pytest.approx(60 / 90)
    assert of.loc[("mode", "phone"), "letters"] == of.loc[("mode", "online"), "letter"]
    assert np.isnan(of.loc[("mode", "onsite"), "rate_1"])
    assert of.loc[("wave", "w1"), "trend_p_value"] == pytest.approx(
        response_rates.trend_test(np.array([60, 85]), np.array([100, 195]))[1]
    )
    assert of.loc[("mode", "phone"), "low"] < 60 / 90 < of.loc[("mode", "phone"), "high"]


def drawn(seed: int, slope: float, n: int = 1500) -> tuple[pd.DataFrame, pd.DataFrame]:
    rng = np.random.default_rng(seed)
    region = rng.integers(4, size=n)
    is_given = rng.random(n) < expit(-0.3 + slope * (region - 1.5))
    outcome = np.where(is_given, "complete", "no_contact")
    ids = [f"r{i}" for i in range(n)]
    return pd.DataFrame({"outcome": outcome, "response_id": ids}), pd.DataFrame({"region": region.astype(str)})


def judged(invitations: pd.DataFrame, about: pd.DataFrame) -> r_indicator.Representativity:
    everybody = pd.Series(True, index=invitations.index)
    return r_indicator.representativity(invitations, about, names=["region"], is_in=everybody, level=0.95)


def test_an_indicator_by_hand() -> None:
    """Two groups of 200, of whom 3/4 and 1/4 answer: the chances are 1/4 from their mean, so that R is 1 - 2/4. Each is
    estimated with a variance of 3/16/200, the mean of both with half of that: the difference is taken off 1/16, but for
    the factor n / (n - 1) of a sample."""
    answered = np.repeat([1, 0, 1, 0], [150, 50, 50, 150])
    invitations = pd.DataFrame({"outcome": np.where(answered, "complete", "refusal")})
    found = judged(invitations, pd.DataFrame({"region": np.repeat(["a", "b"], 200)}))
    assert found.plain_indicator == pytest.approx(0.5)
    assert found.indicator == pytest.approx(1 - 2 * np.sqrt(1 / 16 - 400 / 399 * 3 / 16 / 400), rel=1e-9)
    assert found.low < found.indicator < found.high
    assert found.response["propensity"].iloc[[0, 399]].to_numpy() == pytest.approx([0.75, 0.25])


def test_the_indicator_covers_its_truth_and_is_not_too_low_where_all_answer_alike() -> None:
    truth = 1 - 2 * expit(-0.3 + 0.5 * (np.arange(4) - 1.5)).std()
    found = [judged(*drawn(seed, 0.5)) for seed in range(120)]
    assert np.mean([one.low <= truth <= one.high for one in found]) == pytest.approx(0.95, abs=0.05)
    assert np.mean([one.indicator for one in found]) == pytest.approx(truth, abs=0.01)
    width = np.mean([one.high - one.low for one in found]) / 3.92
    assert np.std([one.indicator for one in found]) == pytest.approx(width, rel=0.15)
    alike = [judged(*drawn(seed, 0.0)) for seed in range(40)]
    assert np.mean([one.high == 1 for one in alike]) > 0.9
    # of four groups that answer alike, estimated chances vary all the same, by 3 p (1 - p) / n
    by_chance = 3 * expit(-0.3) * expit(0.3) / 1500
    assert np.mean([one.plain_indicator for one in alike]) == pytest.approx(1 - 2 * np.sqrt(by_chance), abs=0.015)
    assert np.mean([one.indicator for one in alike]) > np.mean([one.plain_indicator for one in alike]) + 0.01


def test_weights_for_who_did_not_answer_mend_a_mean() -> None:
    """Regions answer unlike and are satisfied unlike."""
    invitations, about = drawn(3, 0.8, n=8000)
    found = judged(invitations, about)
    is_given = invitations["outcome"] == "complete"
    interviews = invitations.loc[is_given, ["response_id"]].reset_index(drop=True)
    region = about.loc[is_given, "region"].astype(int).to_numpy()
    plain = design.design(np.ones(len(interviews)))
    weighted = r_indicator.propensity_design(found, invitations, interviews, design=plain)
    assert weighted is not None
    assert weighted.weights.sum() == pytest.approx(8000, rel=1e-6)
    mean = about["region"].astype(int).mean()
    assert estimators.means(region, design=weighted).values[0] == pytest.approx(mean, abs=1e-6)
    assert abs(estimators.means(region, design=plain).values[0] - mean) > 0.2


def test_what_is_unknown_says_why() -> None:
    found = judged(invitations_of(complete=120), pd.DataFrame({"region": ["a", "b"] * 60}))
    assert np.isnan(found.indicator)
    assert found.why == "It takes 100 invitations, of which some were answered and some not, and groups of customers."
    assert (
        r_indicator.propensity_design(
            found, found_rows := invitations_of(complete=1), found_rows, design=design.design([1.0])
        )
        is None
    )
