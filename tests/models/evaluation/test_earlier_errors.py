"""What errors of earlier totals say of today's: by hand where the size is known, and held as often as stated."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import norm, t

from helpers.models.evaluation import earlier_errors
from helpers.models.evaluation.earlier_errors import Earlier, Expected

FREEDOM = 5.0
DAYS = 4


def earlier(*logs: float, sampling: float = 1e-6) -> Earlier:
    """Errors of days whose futures lie apart, and whose latest ratios said nothing."""
    n = len(logs)
    return Earlier(np.array(logs), np.full(n, sampling), np.eye(n), np.zeros(n), np.ones(n))


def today(known: Earlier, *, latest: float = 0.0, scatter: float = 0.0, beyond: float = 0.0) -> Expected:
    return earlier_errors.expected(known, latest=latest, scatter=scatter, beyond=beyond, freedom=FREEDOM)


def test_one_day_and_a_known_size_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(earlier_errors, "SIZES", np.array([0.1]))
    found = today(earlier(0.2, sampling=0.05), beyond=0.0004)
    # of a variance of 0.01, 0.004 comes each time: 0.004 / (0.01 + 0.0025) of the error is expected again
    assert found.shift == pytest.approx(0.32 * 0.2)
    left = 0.01 - 0.004**2 / 0.0125 + 0.0004
    assert found.spread == pytest.approx(norm.ppf(0.95) * np.sqrt(left) / t.ppf(0.95, FREEDOM))
    assert found.steady_share == pytest.approx((0.004 - 0.004**2 / 0.0125) / left)
    assert found.drift == 0


def test_a_share_of_the_latest_ratio_goes_on_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(earlier_errors, "SIZES", np.array([0.1]))
    known = replace(earlier(0.09, sampling=0.0), latest=np.array([0.1]))
    found = today(known, latest=-0.2)
    # 0.06 more than three tenths of the ratio came; 0.3^2 0.1^2 of the variance 0.0109 is that of the share
    variance = 0.01 + 0.09 * 0.01
    assert found.drift == pytest.approx(-0.2 * (0.3 + 0.09 * 0.1 / variance * 0.06))
    assert found.shift == pytest.approx(0.004 / variance * 0.06)
    left = 0.01 + 0.09 * 0.04 - (0.004 - 0.09 * 0.1 * 0.2) ** 2 / variance
    assert found.spread == pytest.approx(norm.ppf(0.95) * np.sqrt(left) / t.ppf(0.95, FREEDOM))


def test_what_comes_each_time_is_corrected_of_whatever_size() -> None:
    # 0.4 of the variance is common to four days: 4 * 0.4 / (4 * 0.4 + 0.6)
    assert today(earlier(0.2, 0.2, 0.2, 0.2)).shift == pytest.approx(1.6 / 2.2 * 0.2, rel=1e-4)
    assert today(earlier(-0.01, -0.01, -0.01, -0.01)).shift == pytest.approx(-1.6 / 2.2 * 0.01, rel=1e-4)


def test_days_that_agree_leave_less_doubt_about_what_comes_each_time() -> None:
    few, many = (today(earlier(*[0.2] * count)).steady_share for count in (1, 8))
    assert 0 < many < 0.5 * few < 0.5


def test_what_comes_and_goes_widens_and_corrects_nothing() -> None:
    found = today(earlier(0.2, -0.2, 0.2, -0.2))
    assert found.shift == pytest.approx(0.0, abs=1e-9)
    assert found.spread > 0.15
    assert today(earlier(0.02, -0.02, 0.02, -0.02)).spread < 0.2 * found.spread


def test_what_sampling_explains_is_hardly_corrected_and_widens_little() -> None:
    sure, unsure = (today(earlier(0.04, 0.04, 0.04, 0.04, sampling=error)) for error in (1e-6, 0.08))
    assert sure.shift > 0.025
    assert 0 < unsure.shift < 0.015
    near = today(earlier(0.02, -0.02, 0.01, -0.01, sampling=0.05))
    assert 0.005 < near.spread < 0.04, "four days near by chance do not make a model right"


def test_a_day_of_little_data_says_little() -> None:
    known = earlier(-0.3, 0.01, -0.01, 0.0, sampling=0.02)
    doubtful = replace(known, sampling=np.array([0.2, 0.02, 0.02, 0.02]))
    small = replace(known, sizes=np.array([3.0, 1.0, 1.0, 1.0]))
    assert today(doubtful).spread < 0.25 * today(known).spread
    assert today(small).spread < 0.75 * today(known).spread


def test_days_that_share_their_futures_say_less() -> None:
    known = earlier(0.1, 0.1, 0.1, 0.1, sampling=0.02)
    shared = replace(known, overlaps=0.8 + 0.2 * np.eye(DAYS))
    assert today(shared).shift < today(known).shift
    assert today(shared).spread > today(known).spread


def test_before_much_is_known_the_scatter_decides() -> None:
    one = earlier(0.0, sampling=0.05)
    calm, lively = (today(one, scatter=scatter).spread for scatter in (0.0, 0.15))
    assert lively > 2 * calm


@pytest.mark.parametrize(("size", "least"), [(0.02, 0.9), (0.1, 0.75), (0.4, 0.8)])
def test_todays_error_is_held_about_as_often_as_stated(size: float, least: float) -> None:
    """Over all sizes as the prior has them it is nine in ten; where a size is unlikely beforehand it is fewer."""
    rng, n, draws = np.random.default_rng(1), 6, 200
    sampling, sizes = np.linspace(0.08, 0.02, n), np.linspace(1.5, 1.0, n)
    overlaps = np.maximum(1 - np.abs(np.subtract.outer(np.arange(n), np.arange(n))) / 1.5, 0.0)
    each = np.linalg.cholesky(0.6 * overlaps)
    held = 0
    for _ in range(draws):
        steady = np.sqrt(0.4) * rng.standard_normal()
        logs = size * sizes * (steady + each @ rng.standard_normal(n)) + sampling * rng.standard_normal(n)
        found = today(Earlier(logs, sampling, overlaps, np.zeros(n), sizes))
        came = size * (steady + np.sqrt(0.6) * rng.standard_normal())
        held += abs(came - found.shift) <= t.ppf(0.95, FREEDOM) * found.spread
    assert held / draws >= least


def test_over_sizes_as_they_are_thought_to_be_nine_in_ten_are_held() -> None:
    rng, n, draws = np.random.default_rng(2), 6, 500
    sampling = np.linspace(0.08, 0.02, n)
    held = 0
    for _ in range(draws):
        size = rng.choice(earlier_errors.SIZES, p=earlier_errors._prior(0.0))
        steady = np.sqrt(0.4) * rng.standard_normal()
        logs = size * (steady + np.sqrt(0.6) * rng.standard_normal(n)) + sampling * rng.standard_normal(n)
        found = today(replace(earlier(*logs), sampling=sampling))
        came = size * (steady + np.sqrt(0.6) * rng.standard_normal())
        held += abs(came - found.shift) <= t.ppf(0.95, FREEDOM) * found.spread
    assert held / draws == pytest.approx(0.9, abs=0.035)
