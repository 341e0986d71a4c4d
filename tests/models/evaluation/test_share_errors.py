"""Errors of shares that earlier days showed: by hand, on the scale of log odds."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from scipy.stats import t

from helpers.models.evaluation import share_errors
from helpers.models.evaluation.rolling_origins import Origins
from helpers.models.evaluation.share_errors import ShareError

FOUR = Origins(26.0, 26, tuple(date(2023, 1, 2) + timedelta(weeks=at) for at in (0, 26, 52, 78)))
MANY = np.full(4, 1e9)


def test_half_of_a_steady_error_is_corrected() -> None:
    # the odds were twice what was expected each time: 1 to 9, and 2 to 9 came
    found = share_errors.pooled(MANY, np.full(4, 0.1), np.full(4, 2 / 11), origins=FOUR)
    shift = 0.5 * (1 - 0.01 / 5 / 4 / np.log(2) ** 2) * np.log(2)
    assert found.shift == pytest.approx(shift, rel=1e-6)
    assert found.spread == pytest.approx(np.sqrt((0.01 + 4 * (np.log(2) - shift) ** 2) / 5), rel=1e-6)
    odds = np.exp(shift) / 9
    assert found.corrected(0.1) == pytest.approx(odds / (1 + odds))
    low, high = found.interval(0.5, level=0.9)
    assert np.log(high / (1 - high)) == pytest.approx(t.ppf(0.95, 5) * found.spread)
    assert low == pytest.approx(1 - high)


def test_probabilities_of_nobody_and_of_everybody_stay() -> None:
    found = ShareError(4, 0.7, 0.2, 5.0).corrected([0.0, 0.5, 1.0])
    assert found.tolist() == pytest.approx([0.0, 1 / (1 + np.exp(-0.7)), 1.0])


def test_what_chance_explains_is_not_corrected() -> None:
    few = share_errors.pooled(np.full(4, 20.0), np.full(4, 0.3), np.full(4, 0.35), origins=FOUR)
    assert few.shift == 0
    assert few.spread > 0.2, "and widens"


def test_a_longer_future_has_a_larger_error() -> None:
    error = ShareError(4, 0.2, 0.3, 5.0)
    longer = error.grown(replace(FOUR, asked_weeks=52.0))
    assert (longer.shift, longer.spread) == pytest.approx((0.2 * 2**0.35, 0.3 * 2**0.35))
    assert error.grown(FOUR) == error


def test_without_a_day_nothing_is_known() -> None:
    unknown = share_errors.pooled(MANY, np.full(4, 0.1), np.full(4, np.nan), origins=FOUR)
    assert unknown == ShareError()
    assert unknown.corrected(0.3) == pytest.approx(0.3)
    assert np.isnan(unknown.interval(0.3, level=0.9)).all()
