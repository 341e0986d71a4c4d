"""Expectations beside what came, group by group: by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from helpers.models.evaluation import calibration
from tests.models.evaluation.made_trials import LEVEL, NAN, small_trial


def test_spend_by_hand_weighs_by_purchases() -> None:
    trial = small_trial({"bg_nbd": [1.0] * 5}, [0, 1, 3, 1, 3])
    paid = [0.0, 8.0, 30.0, 50.0, 70.0]
    found = calibration.spend([9.0, 9.0, 9.0, 40.0, 20.0], trial.actual, paid, level=LEVEL, count=2)
    assert found["n"].tolist() == [2, 2]
    assert found["purchase_count"].tolist() == [4, 4]
    assert found["expected_spend_amount"].tolist() == [9.0, (40 + 3 * 20) / 4]
    assert found["actual_spend_amount"].tolist() == [38 / 4, 120 / 4]
    nobody = calibration.spend([9.0], [0], [0.0], level=LEVEL)
    assert len(nobody) == 0
    assert "actual_spend_amount" in nobody


def test_the_error_of_probabilities_by_hand() -> None:
    groups = pd.DataFrame({"n": [1, 3], "expected_share": [0.5, 0.2], "actual_share": [0.1, 0.4]})
    error = calibration.probability_error(groups)
    assert error.error_share == pytest.approx((0.4 + 3 * 0.2) / 4)
    assert (error.expected_share, error.actual_share) == pytest.approx((1.1 / 4, 1.3 / 4))
    assert error.n == 4


def test_the_group_that_is_furthest_off_weighs_its_customers() -> None:
    groups = pd.DataFrame(
        {
            "label": ["0", "1", "7+"],
            "n": [100, 10, 2],
            "actual_mean": [0.5, 1.0, 6.0],
            "low": [0.4, 0.5, NAN],
            "high": [0.6, 2.0, NAN],
            "bg_nbd": [0.3, 1.2, 9.0],
        }
    )
    # 100 customers off by 0.2 miss 20 purchases, 2 customers off by 3 miss 6
    error = calibration.group_error(groups, forecaster="bg_nbd")
    assert (error.label, error.n, error.expected_mean, error.actual_mean) == ("0", 100, 0.3, 0.5)
    assert error.missed_count == pytest.approx(20.0)
    assert (error.inside_count, error.bounded_count, error.customer_count) == (1, 2, 112)
    few = calibration.group_error(groups.tail(1), forecaster="bg_nbd")
    assert (few.label, few.inside_count, few.bounded_count) == ("7+", 0, 0)


def test_the_error_of_spend_weighs_purchases() -> None:
    groups = pd.DataFrame(
        {
            "n": [5, 5],
            "purchase_count": [10, 30],
            "expected_spend_amount": [20.0, 40.0],
            "actual_spend_amount": [24.0, 36.0],
        }
    )
    assert calibration.spend_error(groups) == calibration.SpendError(35.0, 33.0, pytest.approx(2 / 33), 10)
    assert np.isnan(calibration.spend_error(groups.assign(actual_spend_amount=0.0)).off_share)
    assert calibration.spend_error(groups.head(0)).n == 0
