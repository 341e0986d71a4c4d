"""Tenths of customers by what was expected of them, by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from helpers.models.evaluation import calibration
from helpers.models.evaluation import deciles as tenths_of
from tests.models.evaluation.made_trials import LEVEL, small_trial


def test_deciles_by_hand() -> None:
    trial = small_trial({"bg_nbd": [0.1, 3.0, 2.0, 1.0]}, [0, 1, 3, 0])
    found = tenths_of.deciles(trial.expected["bg_nbd"], trial.actual, level=LEVEL, count=2)
    assert found["n"].tolist() == [2, 2]
    assert found["expected_mean"].tolist() == [2.5, pytest.approx(0.55)]
    assert found["actual_mean"].tolist() == [2.0, 0.0]
    assert found["actual_share"].tolist() == [1.0, 0.0]
    assert tenths_of.deciles(trial.expected["bg_nbd"], trial.actual, level=LEVEL)["n"].tolist() == [1, 1, 1, 1]
    assert tenths_of.deciles(trial.expected["bg_nbd"], trial.actual, level=LEVEL)["best_share"].tolist() == [
        0.75,
        0.25,
        0.0,
        0.0,
    ]


def test_expectations_that_differ_in_the_eleventh_digit_are_one() -> None:
    noise = 1 + 1e-12 * np.array([1, -1, 2, -2])
    expected, actual = np.array([0.3, 0.3, 2.0, 2.0]) * noise, [0, 1, 2, 3]
    plain = np.array([0.3, 0.3, 2.0, 2.0])
    assert calibration.tied_groups(pd.Series(expected), count=4).tolist() == [2, 2, 4, 4]
    assert calibration.significant(pd.Series([0.0, -2.0 * noise[0]])).tolist() == [0.0, -2.0]
    pd.testing.assert_frame_equal(
        tenths_of.deciles(expected, actual, level=LEVEL), tenths_of.deciles(plain, actual, level=LEVEL)
    )
