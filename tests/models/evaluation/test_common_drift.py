"""What moves all customers together: the latest ratio and the scatter of ratios, by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from helpers.models.buying.interface import BuyingModel
from helpers.models.buying.registry import MODELS
from helpers.models.evaluation.common_drift import CommonPast
from helpers.models.forecast import periods, season_clock

FIRST = date(2023, 1, 2)
THETA = np.ones(4)


def weekly(repeats: list[float], *, new_in_first: float) -> pd.DataFrame:
    """Weeks with so many repeat purchases, all of customers who came in the first."""
    count = len(repeats)
    days = periods.calendar(np.arange(1 - count, 1), as_of=FIRST + timedelta(days=7 * count - 1), period_weeks=1)
    came = np.zeros(count)
    came[0] = new_in_first
    return days.assign(early_count=0.0, new_customer_count=came, repeat_count=np.array(repeats, dtype=float))


def steady_model() -> BuyingModel:
    """A customer of it buys once a week."""
    return replace(MODELS["pareto_nbd"], expected_new=lambda _, weeks: weeks)


def test_the_latest_ratio_is_of_the_latest_thirteen_weeks() -> None:
    past = weekly([100.0] * 27 + [50.0] * 13, new_in_first=100)
    common = CommonPast(past, season_clock.steady(FIRST))
    today, before = past["ends_on"].iloc[-1].date(), past["ends_on"].iloc[26].date()
    assert common.latest(THETA, model=steady_model(), until=today) == pytest.approx(np.log(650.5 / 1300.5))
    assert common.latest(THETA, model=steady_model(), until=before) == pytest.approx(0.0)


def test_a_season_on_the_clock_is_no_drift() -> None:
    past = weekly([100.0] * 27 + [50.0] * 13, new_in_first=100)
    rates = np.repeat([1.0, 0.5], [27 * 7, 13 * 7])
    common = CommonPast(past, season_clock.SeasonClock(FIRST, rates, "learned"))
    today = past["ends_on"].iloc[-1].date()
    assert common.latest(THETA, model=steady_model(), until=today) == pytest.approx(0.0, abs=1e-9)


def test_ratios_that_scatter_by_chance_alone_do_not_scatter() -> None:
    common = CommonPast(weekly([100.0] * 40, new_in_first=100), season_clock.steady(FIRST))
    assert common.ratios(THETA, model=steady_model(), weeks=4).scatter == 0


def test_scatter_is_that_of_stretches_as_long_as_a_future() -> None:
    swing = [100.0] * 12 + [100_000 * factor for factor in [1.1, 0.9] * 18]
    common = CommonPast(weekly(swing, new_in_first=100_000), season_clock.steady(FIRST))
    # one week is off by a tenth, two together are not off at all
    assert common.ratios(THETA, model=steady_model(), weeks=1).scatter == pytest.approx(np.log(1.1 / 0.9) / 2, rel=0.01)
    assert common.ratios(THETA, model=steady_model(), weeks=2).scatter == pytest.approx(0.0, abs=1e-3)
    assert common.ratios(THETA, model=steady_model(), weeks=20).scatter == 0, "too short for two of them"


def lasting_of(repeats: list[float]) -> float:
    common = CommonPast(weekly(repeats, new_in_first=1e6), season_clock.steady(FIRST))
    return common.ratios(THETA, model=steady_model(), weeks=13).lasting


def test_what_once_lasted_may_again() -> None:
    """A shock of 16 weeks each way, and a quarter since in which each four weeks make up for the four before."""
    lasts = [1e6 * factor for factor in [1.0] * 12 + ([1.1] * 16 + [0.9] * 16) * 2]
    since = [1e6 * factor for factor in [1.4] * 4 + [0.6] * 4 + [1.4] * 4 + [0.6]]
    assert len(since) == 13
    assert lasting_of([*lasts, *since]) == pytest.approx(lasting_of(lasts))


def test_whether_shocks_last_is_read_off_stretches_of_four_and_eight_weeks() -> None:
    """By hand, in tenths: of 18 stretches of 4 weeks 9 are 1 and 6 are -1, of 14 of 8 weeks 5 and 2, the rest between."""
    of_four = (15 + 0.5) / 18 - (3 / 18) ** 2
    of_eight = (7 + 1.75) / 14 - (3 / 14) ** 2
    repeats = [1e6] * 7 + [1.1e6] * 12 + [0.9e6] * 9
    assert lasting_of(repeats) == pytest.approx(np.sqrt(of_eight / of_four), abs=0.02)
    assert lasting_of(([1.1e6] * 4 + [0.9e6] * 4) * 9) == pytest.approx(0.0, abs=1e-6), "one makes up for another"
    assert lasting_of([1e6] * 60) == 1, "nothing scatters"


def test_a_past_too_short_for_eight_weeks_is_not_known_to_average_out() -> None:
    repeats = [1e6 * (1.1 if week % 8 < 4 else 0.9) for week in range(20)]
    common = CommonPast(weekly(repeats, new_in_first=1e6), season_clock.steady(FIRST))
    assert common.ratios(THETA, model=steady_model(), weeks=4).lasting == 1
