"""Predictions of single customers: by hand, in a world where they are right, and in two where they are wrong."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from helpers.models.evaluation.past_predictions import judged

CUSTOMERS = 4000


def world(seed: int) -> pd.DataFrame:
    """Rates are Gamma(0.5, mean 1), purchases Poisson: before, and as many days later; the prediction is Bayes' own.

    Given x before, what is to come is negative binomial: of 0.5 + x successes at odds of 2 + 1 days to 1.
    """
    random = np.random.default_rng(seed)
    rates = random.gamma(0.5, 2.0, CUSTOMERS)
    before, came = random.poisson(rates), random.poisson(rates)
    to_come = stats.nbinom(0.5 + before, 1.5 / 2.5)
    bounds = {"low": to_come.ppf(0.05), "high": to_come.ppf(0.95)}
    return pd.DataFrame({"expected": to_come.mean(), **bounds, "came": came, "before": before}).astype(float)


def of_all(made: pd.DataFrame) -> pd.Series:
    return judged(made, level=0.95, smallest_cell=10).iloc[0]


def test_by_hand() -> None:
    made = pd.DataFrame(
        {
            "expected": [1.0, 1.0, 3.0, 5.0], "low": [0.0, 0.0, 2.0, np.nan], "high": [1.0, 2.0, 4.0, np.nan],
            "came": [2.0, 1.0, 3.0, 5.0], "before": [0.0, 1.0, 1.0, 1.0],
        }
    )  # fmt: skip
    rows = judged(made, level=0.95, smallest_cell=1)
    assert rows["group"].tolist() == ["all", "fifth 2", "fifth 4", "fifth 5"], "equal predictions stay together"
    first = rows.iloc[0]
    assert first[["n", "expected", "came", "before"]].tolist() == [4, 2.5, 2.75, 0.75]
    assert first["held_share"] == pytest.approx(2 / 3), "of those who were told bounds"
    assert (first["error"], first["rival_error"]) == pytest.approx((0.5, np.sqrt(24 / 4)))
    assert first["verdict"] == "unclear", "gains of 3, 0, 4 and 16: 5.75, give or take 6.9"
    assert rows["n"].tolist() == [4, 2, 1, 1]


def test_predictions_that_are_right_are_said_to_be() -> None:
    found = [of_all(world(seed)) for seed in range(5)]
    assert {one["verdict"] for one in found} == {"nearer"}
    for one in found:
        assert one["expected"] == pytest.approx(one["came"], abs=0.12)  # four standard errors
        assert 0.9 <= one["held_share"] <= 0.99, "of whole numbers at least nine in ten"
    fifths = judged(world(1), level=0.95, smallest_cell=10).iloc[1:]
    assert (fifths["expected"] - fifths["came"]).abs().max() < 0.25
    assert fifths["expected"].is_monotonic_increasing


def test_predictions_that_are_wrong_are_said_to_be() -> None:
    """Everybody buys three times as much as was expected; or the predictions are of other customers."""
    grown = world(2)
    grown["came"] = np.random.default_rng(3).poisson(3 * grown["before"])
    assert of_all(grown)["verdict"] == "further"
    assert of_all(grown)["held_share"] < 0.9
    shuffled = world(2)
    order = np.random.default_rng(4).permutation(CUSTOMERS)
    shuffled[["expected", "low", "high"]] = 2 * shuffled[["expected", "low", "high"]].to_numpy()[order]
    assert of_all(shuffled)["verdict"] == "further"


def test_a_rival_that_is_as_good_is_not_beaten() -> None:
    """Rates are all one: what is expected is the rival's own value, give or take a coin."""
    told = 0
    for seed in range(200):
        random = np.random.default_rng(seed)
        came = random.poisson(5.0, 300).astype(float)
        flips = random.choice([-1.0, 1.0], size=(2, 300))
        made = pd.DataFrame(
            {"expected": 5 + flips[0], "low": np.nan, "high": np.nan, "came": came, "before": 5 + flips[1]}
        )
        told += judged(made, level=0.95, smallest_cell=1)["verdict"].iloc[0] != "unclear"
    assert told <= 20, "one in twenty, and chance"


def test_nothing_is_told_of_few() -> None:
    rows = judged(world(1).head(9), level=0.95, smallest_cell=10)
    assert rows["is_hidden"].all()
    assert rows[["n", "expected", "came", "error", "verdict"]].isna().all(axis=None)
