"""Models of leaving: days, leakage, scores by hand, and the truth of a simulated habit of leaving."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, logit

from helpers.errors import FitError
from helpers.models.churn import leaving_models
from helpers.models.churn.leaving_models import BOOSTING, LOGISTIC, RECENCY, Sample, judge, origins, scores

FEATURES = ["days_since_last", "purchase_count", "comeback_share"]
DAY = date(2024, 1, 1)


def drawn(seed: int, *, n: int = 3000) -> Sample:
    """Customers who leave by how often they bought, and a little by how long they have been away."""
    draw = np.random.default_rng(seed)
    features = pd.DataFrame(
        {
            "days_since_last": draw.integers(0, 180, n).astype(float),
            "purchase_count": 1.0 + draw.poisson(3, n),
            "comeback_share": draw.random(n),
        }
    )
    odds = 2 - 1.5 * np.log(features["purchase_count"]) + 0.2 * np.log1p(features["days_since_last"])
    has_left = (draw.random(n) < expit(odds.to_numpy())).astype(float)
    return Sample(DAY, pd.Series([f"c{place:05d}" for place in range(n)]), features, has_left)


def test_models_learn_before_the_judged_day_and_the_last_window_ends_with_the_report() -> None:
    made = origins(date(2022, 1, 1), as_of=date(2024, 6, 30), lead_days=14, horizon_days=182, count=3)
    assert len(made) == 3
    for one in made:
        assert one.window(one.learn_on).end == one.judge_on, "the answer was known, and no later day was"
        assert (one.window(one.judge_on).start - one.judge_on).days == 15, "a gap as long as an action needs"
    assert made[-1].window(made[-1].judge_on).end == date(2024, 6, 30)
    assert {(after.judge_on - one.judge_on).days for one, after in pairwise(made)} == {28}


def test_short_data_have_fewer_days_or_none() -> None:
    terms = {"as_of": date(2024, 6, 30), "lead_days": 14, "horizon_days": 182, "count": 3}
    assert len(origins(date(2023, 2, 20), **terms)) == 1
    assert origins(date(2024, 1, 1), **terms) == []


def test_what_is_known_may_hold_no_later_purchase() -> None:
    known = pd.DataFrame({"customer_id": ["a"], "last_on": [pd.Timestamp(2024, 1, 2)], "days_since_last": [0]})
    nobody = pd.DataFrame({"customer_id": []})
    with pytest.raises(FitError, match="Leakage: what is known of customers on 2024-01-01 holds a purchase after it"):
        leaving_models.sample(known, nobody, day=DAY, features=["days_since_last"])
    made = leaving_models.sample(known, nobody, day=date(2024, 1, 2), features=["days_since_last"])
    assert list(made.has_left) == [1.0]


def test_a_feature_that_knows_the_answer_stops_the_run() -> None:
    learned, judged = drawn(1), drawn(2)
    judged.features["comeback_share"] = judged.has_left + np.random.default_rng(1).normal(0, 0.3, len(judged.has_left))
    with pytest.raises(FitError, match="Leakage: comeback_share alone tells who leaves with an AUC of"):
        judge([(learned, judged)], seed=1, level=0.95)


def test_labels_in_a_mixed_order_that_still_predict_stop_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    class Unmixed:
        def permutation(self, labels: Any) -> Any:
            return labels

    monkeypatch.setattr(leaving_models, "stream", lambda *_: Unmixed())
    with pytest.raises(FitError, match="labels in a mixed order still tell who leaves"):
        leaving_models.check_leakage(drawn(1), drawn(2), seed=1)


def test_honest_samples_pass_the_checks_of_leakage() -> None:
    for seed in range(20):
        leaving_models.check_leakage(drawn(seed, n=600), drawn(seed + 100, n=600), seed=seed)


def test_the_truth_is_found_and_recency_alone_is_beaten() -> None:
    told = judge([(drawn(1), drawn(2)), (drawn(3), drawn(4))], seed=1, level=0.95)
    assert told is not None
    assert told.best == LOGISTIC
    assert told.gap.low > 0
    last = told.table[told.table["origin"] == DAY].groupby("model").last()
    assert last.loc[LOGISTIC, "calibration_slope"] == pytest.approx(1, abs=0.15)
    assert last.loc[LOGISTIC, "auc"] > last.loc[RECENCY, "auc"] + 0.05
    assert last.loc[BOOSTING, "log_loss"] < last.loc[RECENCY, "log_loss"]
    assert len(told.table) == 6
    assert told.gain.iloc[-1][LOGISTIC] == pytest.approx(1)
    assert told.reliability["n"].sum() == 3000
    assert (
        (told.reliability["low"] <= told.reliability["expected_share"])
        & (told.reliability["expected_share"] <= told.reliability["high"])
    ).sum() >= 8


def test_too_few_customers_are_not_judged() -> None:
    assert judge([(drawn(1, n=100), drawn(2))], seed=1, level=0.95) is None
    assert judge([], seed=1, level=0.95) is None


def test_scores_by_hand() -> None:
    chances, left = np.array([0.9, 0.6, 0.6, 0.2]), np.array([1.0, 1.0, 0.0, 0.0])
    told = scores(chances, left)
    assert told["auc"] == pytest.approx((1 + 1 + 0.5 + 1) / 4)
    assert told["brier"] == pytest.approx((0.01 + 0.16 + 0.36 + 0.04) / 4)
    assert told["log_loss"] == pytest.approx(-np.log([0.9, 0.6, 0.4, 0.8]).mean())
    assert told["top_decile_lift"] == 2


def test_chances_that_are_too_extreme_have_a_slope_below_one() -> None:
    draw = np.random.default_rng(1)
    odds = draw.normal(0.5, 1, 40_000)
    left = (draw.random(40_000) < expit(odds)).astype(float)
    assert scores(expit(odds), left)["calibration_slope"] == pytest.approx(1, abs=0.05)
    assert scores(expit(2 * odds), left)["calibration_slope"] == pytest.approx(0.5, abs=0.03)
    assert scores(expit(odds - 1), left)["calibration_intercept"] == pytest.approx(1, abs=0.05)
    assert logit(scores(expit(odds), left)["brier"]) < 0


def test_todays_customers_are_told_their_chance_and_what_speaks_for_it() -> None:
    learned = drawn(1)
    today = learned.features.head(50).assign(customer_id=learned.customers.head(50))
    for best in (LOGISTIC, BOOSTING):
        told = leaving_models.predict(learned, today, best=best, seed=1)
        assert told["p_leaves"].between(0, 1).all()
        assert set(told["driver"].dropna()) <= set(leaving_models.WORDS.values())
    once = told["driver"][today["purchase_count"].to_numpy() == 1]
    assert (once == "how often they have bought").all()
