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


@pytest.mark.parametrize(
    ("swing", "lasting"),
    [
        # of 16 stretches of 4 weeks 13 hold one side, of 8 weeks 9: (9 + 1.75) / (13 + 0.5) of the variance
        ([1.1] * 16 + [0.9] * 16, np.sqrt(10.75 / 13.5)),
        ([1.1] * 4 + [0.9] * 4, 0.0),  # each four weeks make up for the four before
        ([1.0], 1.0),  # nothing scatters
    ],
)
def test_whether_shocks_last_is_read_off_stretches_of_four_and_eight_weeks(swing: list[float], lasting: float) -> None:
    repeats = [1e6 * swing[week % len(swing)] for week in range(12 + 64)]
    common = CommonPast(weekly(repeats, new_in_first=1e6), season_clock.steady(FIRST))
    assert common.ratios(THETA, model=steady_model(), weeks=13).lasting == pytest.approx(lasting, abs=0.02)


def test_a_past_too_short_for_eight_weeks_is_not_known_to_average_out() -> None:
    repeats = [1e6 * (1.1 if week % 8 < 4 else 0.9) for week in range(20)]
    common = CommonPast(weekly(repeats, new_in_first=1e6), season_clock.steady(FIRST))
    assert common.ratios(THETA, model=steady_model(), weeks=4).lasting == 1
