"""Chances to answer: cells by hand, weights that give back what is known of all, trimming, and recovery."""

import numpy as np
import pandas as pd
import pytest

from helpers.errors import FitError
from helpers.models.survey.response_propensity import propensities


def cells() -> pd.DataFrame:
    """A hundred in the north, of whom 50 answered, and a hundred in the south, of whom 20 did."""
    answered = [True] * 50 + [False] * 50 + [True] * 20 + [False] * 80
    return pd.DataFrame({"region": ["north"] * 100 + ["south"] * 100, "has_answered": answered})


def test_chances_of_cells_are_their_response_rates_and_weights_are_one_over_them():
    found = propensities(cells(), features=["region"])
    assert np.allclose(found.table["propensity"], np.repeat([0.5, 0.2], 100))
    answered = cells()["has_answered"]
    assert np.allclose(found.table["weight"][answered], np.repeat([2.0, 5.0], [50, 20]))
    assert (found.table["weight"][~answered] == 0).all()
    assert found.table["weight"].sum() == pytest.approx(200)


def test_a_weight_is_trimmed_and_the_others_make_up_for_it():
    found = propensities(cells(), features=["region"], largest_ratio=1.5)
    kept = found.table["weight"][cells()["has_answered"]]
    assert found.trimmed_count == 20
    assert kept.max() / kept.min() == pytest.approx(1.5)
    assert kept.sum() == pytest.approx(200)


def test_planted_chances_are_found_and_the_weighted_mean_of_a_feature_is_that_of_all():
    draw = np.random.default_rng(1)
    spend = draw.exponential(100, 6000)
    region = draw.choice(["east", "west"], 6000)
    chance = 1 / (1 + np.exp(1.5 - 0.01 * spend - 0.5 * (region == "west")))
    frame = pd.DataFrame({"spend": spend, "region": region, "has_answered": draw.random(6000) < chance})
    frame["copied"] = frame["spend"] * 2
    found = propensities(frame, features=["spend", "region", "copied"], largest_ratio=100)
    assert np.abs(found.table["propensity"] - chance).mean() < 0.02
    assert np.average(spend, weights=found.table["weight"]) == pytest.approx(spend.mean(), rel=0.02)
    assert spend[frame["has_answered"]].mean() > 1.2 * spend.mean()


def test_what_is_missing_or_rare_does_not_stop_it():
    frame = cells().assign(age=np.where(np.arange(200) % 3 == 0, np.nan, 40.0))
    frame.loc[0, "region"] = None
    found = propensities(frame, features=["region", "age"])
    assert found.table["propensity"].between(0, 1).all()
    assert list(found.columns) == ["constant", "region: north", "age: missing"]


def test_nobody_answered_is_an_error_and_everybody_answered_is_not():
    nobody = cells().assign(has_answered=False)
    with pytest.raises(FitError, match="found nobody"):
        propensities(nobody, features=["region"])
    everybody = propensities(cells().assign(has_answered=True), features=["region"])
    assert (everybody.table["weight"] == 1).all()
