"""Features on one scale: what is done to each, by hand-made columns."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from helpers.models.statistics import scaling

STEADY = np.arange(101.0)  # quartiles 25, 50, 75
SKEWED = np.exp(np.linspace(-3, 3, 101))


def row(found: scaling.Scaling, feature: str) -> dict[str, object]:
    return found.table.set_index("feature").loc[feature].to_dict()


def test_a_steady_feature_is_centred_at_its_median_and_divided_by_its_spread() -> None:
    found = scaling.learn(pd.DataFrame({"a": STEADY}))
    assert row(found, "a") == {
        "is_used": True, "treatment": "as it is", "quartile_low": 25.0, "median": 50.0, "quartile_high": 75.0,
        "clipped_share": 0.0,
    }  # fmt: skip
    scaled = found.apply(pd.DataFrame({"a": [50.0, 75.0, 0.0]}))["a"]
    assert list(scaled) == pytest.approx([0, 25 / (50 / 1.349), -50 / (50 / 1.349)])


def test_a_skewed_feature_is_taken_as_its_logarithm() -> None:
    found = scaling.learn(pd.DataFrame({"a": SKEWED}))
    assert row(found, "a")["treatment"] == "logarithm"
    scaled = found.apply(pd.DataFrame({"a": SKEWED}))["a"]
    assert list(scaled) == pytest.approx(list(np.linspace(-3, 3, 101) / (3 / 1.349)))


def test_with_zeros_the_logarithm_is_of_one_more() -> None:
    values = np.array([0.0] * 20 + list(SKEWED))
    found = scaling.learn(pd.DataFrame({"a": values}))
    assert row(found, "a")["treatment"] == "logarithm"
    zero, one = found.apply(pd.DataFrame({"a": [0.0, 1.0]}))["a"]
    bent = np.log1p(values)  # the median of the positive values is 1
    low, middle, high = np.quantile(bent, [0.25, 0.5, 0.75])
    assert (zero, one) == pytest.approx(tuple((np.log1p([0, 1]) - middle) / ((high - low) / 1.349)))


def test_values_below_zero_are_never_taken_as_logarithm() -> None:
    assert row(scaling.learn(pd.DataFrame({"a": SKEWED - 1})), "a")["treatment"] == "as it is"


def test_nothing_lies_beyond_three_spreads() -> None:
    odd = np.append(STEADY, 1e9)
    found = scaling.learn(pd.DataFrame({"a": -odd}))
    assert found.apply(pd.DataFrame({"a": -odd}))["a"].min() == -3
    assert row(found, "a")["clipped_share"] == pytest.approx(1 / 102)


def test_another_currency_changes_nothing() -> None:
    for values in (STEADY, SKEWED, np.append(SKEWED, [0.0] * 9)):
        one, other = (pd.DataFrame({"a": factor * values}) for factor in (1.0, 100.0))
        scaled = [scaling.learn(frame).apply(frame)["a"].to_numpy() for frame in (one, other)]
        assert scaled[0] == pytest.approx(scaled[1])


def test_what_is_left_out_says_why() -> None:
    gaps = np.where(np.arange(101) % 4 == 0, np.nan, STEADY)  # 26 of 101
    columns = {"a": STEADY, "even": 7.0, "twin": 5 - 2 * STEADY, "gaps": gaps, "none": np.nan, "few": gaps}
    columns["few"] = np.where(np.arange(101) < 20, np.nan, np.sin(STEADY))
    found = scaling.learn(pd.DataFrame(columns))
    assert dict(zip(found.table["feature"], found.table["treatment"], strict=True)) == {
        "a": "as it is",
        "even": "left out: the same for everybody",
        "twin": "left out: moves as a does",
        "gaps": "left out: missing for 26 of 101 customers",
        "none": "left out: missing for 101 of 101 customers",
        "few": "as it is",
    }
    assert list(found.apply(pd.DataFrame(columns)).columns) == ["a", "few"]
    assert found.table["is_used"].tolist() == [True, False, False, False, False, True]


def test_a_rare_thing_has_a_scale_too() -> None:
    rare = np.array([0.0] * 95 + [1.0] * 5)
    scaled = scaling.learn(pd.DataFrame({"a": rare})).apply(pd.DataFrame({"a": rare}))["a"]
    assert np.isfinite(scaled).all()
    assert scaled.nunique() == 2


def test_customers_who_were_not_there_when_the_scale_was_learned() -> None:
    found = scaling.learn(pd.DataFrame({"a": SKEWED}))
    assert found.apply(pd.DataFrame({"a": [0.0, -1.0, np.nan]}))["a"].tolist() == pytest.approx(
        [-3, -3, np.nan], nan_ok=True
    )
