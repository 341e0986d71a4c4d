"""The clock of the season against sums by hand."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from helpers.simulation.clock import Clock, clock

FLAT = {"months": (1.0,) * 12, "weekdays": (1.0,) * 7, "hours": (1.0,) * 24}
WEEK = np.timedelta64(7, "D")


def made(**changes: tuple[float, ...]) -> Clock:
    return clock(date(2024, 1, 1), date(2024, 12, 31), **(FLAT | changes))


def test_without_a_season_both_clocks_agree() -> None:
    weeks = np.array([0.0, 1.0, 52.2])
    np.testing.assert_allclose(made().to_season(weeks), weeks)
    np.testing.assert_allclose(made().to_elapsed(weeks), weeks)
    assert made().end_weeks == pytest.approx(366 / 7)


def test_a_month_of_factor_two_passes_twice_as_fast() -> None:
    season = made(months=(2.0,) + (1.0,) * 11)
    january, february = 31 / 7, 29 / 7
    np.testing.assert_allclose(season.to_season(np.array([january, january + february])), [62 / 7, 91 / 7])


def test_profiles_of_days_and_hours_leave_the_week_as_long_as_it_is() -> None:
    season = made(weekdays=(1, 2, 3, 4, 5, 6, 7), hours=tuple(range(1, 25)))
    np.testing.assert_allclose(season.to_season(np.array([1.0, 2.0])), [1.0, 2.0])
    # 2024 begins on a Monday, the first of whose hours is the slowest of the week
    assert season.to_season(np.array([1 / 168]))[0] == pytest.approx((1 / 4) * (1 / 12.5) / 168)


def test_there_and_back() -> None:
    season = made(months=tuple(np.linspace(0.5, 1.5, 12)), hours=tuple(range(1, 25)))
    weeks = np.sort(np.random.default_rng(1).uniform(0, season.end_weeks, 1_000))
    np.testing.assert_allclose(season.to_elapsed(season.to_season(weeks)), weeks, rtol=1e-9)
    assert season.to_elapsed(np.array([season.season_weeks[-1] * 1.01]))[0] == np.inf


def test_instants_and_weeks() -> None:
    instants = made().instants(np.array([0.0, 1.0, np.inf]))
    assert instants[:2].tolist() == [np.datetime64("2024-01-01", "us").item(), np.datetime64("2024-01-08", "us").item()]
    assert np.isnat(instants[2])
    assert made().since_start(instants).tolist() == [0.0, 1.0, np.inf]
    assert made().days(np.array([0.999])).astype(str).tolist() == ["2024-01-07"]


def test_whole_seconds_come_back_as_they_were() -> None:
    instants = np.datetime64("2024-01-01", "us") + np.arange(0, 31_000_000, 997).astype("timedelta64[s]")
    assert np.array_equal(made().instants(made().since_start(instants)), instants)
