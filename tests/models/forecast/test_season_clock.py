"""The clock of the season: by hand where it is stated, found where a world has one, off where it cannot be known."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import ibis
import numpy as np
import pandas as pd
import pytest

from helpers.features import split as splits
from helpers.features.frames import fetch
from helpers.models.buying import fitting, prediction
from helpers.models.buying.registry import MODELS
from helpers.models.buying.rows import collapse
from helpers.models.forecast import periods, season_clock
from helpers.simulation.worlds import FIRST_DAY, WORLDS, World, purchases
from tests.models.weekly_histories import weekly_history

MODEL, ON_THE_CLOCK = MODELS["pareto_nbd"], MODELS["bg_nbd"]
HALVES = [0.5] * 6 + [1.5] * 6


def histories(*days: tuple[int, int, int]) -> pd.DataFrame:
    """Purchases, days to the last of them and days watched."""
    frame = pd.DataFrame(days, columns=["frequency", "recency_weeks", "age_weeks"])
    return frame.assign(recency_weeks=frame["recency_weeks"] / 7, age_weeks=frame["age_weeks"] / 7)


def test_a_stated_calendar_turns_histories_by_hand() -> None:
    clock = season_clock.stated(HALVES, origin=date(2023, 1, 1), as_of=date(2023, 12, 31))
    # July to December have 184 days, each of which is a day and a half on the clock
    people = histories((0, 0, 184), (2, 100, 184), (1, 1, 300))
    turned = clock.rows(ON_THE_CLOCK, people, until=date(2024, 1, 1))
    assert (turned.spread(turned.age) * 7).tolist() == pytest.approx([276, 276, 276 + 58])
    assert (turned.spread(turned.recency) * 7).tolist() == pytest.approx([0, 150, 1]), "on the next day, still"
    assert turned.spread(turned.frequency).tolist() == [0, 2, 1]
    read = clock.rows_of(MODELS, people, until=date(2024, 1, 1))
    assert read["bg_nbd"] is read["mbg_nbd"]
    assert read["bg_nbd"].age.tolist() == turned.age.tolist()
    assert read["pareto_nbd"].age.tolist() == clock.rows(MODEL, people, until=date(2024, 1, 1)).age.tolist()
    as_they_are = clock.rows(MODEL, people, until=date(2024, 1, 1))
    assert (as_they_are.spread(as_they_are.age) * 7).tolist() == pytest.approx([184, 184, 300]), (
        "it leaves on the calendar"
    )


def test_a_future_is_as_long_as_its_season() -> None:
    clock = season_clock.stated(HALVES, origin=date(2023, 1, 1), as_of=date(2023, 12, 31))
    assert clock.weeks_since(date(2023, 12, 31), [4.0, 12.0]) == pytest.approx([2.0, 6.0])
    assert clock.weeks_since(date(2023, 12, 31), -4.0) == pytest.approx(-6.0)
    model, rows, theta = ON_THE_CLOCK, collapse(histories((2, 70, 140))), np.ones(4)
    timed = clock.timed(model, since=date(2023, 12, 31))
    assert timed.expected_purchases(theta, rows, 4.0) == pytest.approx(model.expected_purchases(theta, rows, 2.0))
    fit = replace(fitting.fit(model, rows, level=0.9), theta=theta)
    chances = (prediction.p_buys(rows, fit=fit, model=one, weeks=at) for one, at in ((timed, 4.0), (model, 2.0)))
    assert next(chances) == pytest.approx(next(chances))


def test_leaving_takes_no_longer_in_a_dull_season() -> None:
    clock, day = season_clock.stated(HALVES, origin=date(2023, 1, 1), as_of=date(2023, 12, 31)), date(2023, 12, 31)
    rows, theta = collapse(histories((1, 180, 184))), np.array([50.0, 100.0, 1.0, 4.0])
    # half as many purchases in four weeks of January as in four steady ones, of one who leaves no later
    bought = clock.weeks_since(day, -184 / 7)
    pace = (50 + 1) / (100 - bought) / ((50 + 1) / (100 + 184 / 7))
    timed, whole = clock.timed(MODEL, since=day), clock.rows(MODEL, histories((1, 180, 184)), until=day)
    steady = MODEL.expected_purchases(theta, rows, 4.0, np.ones(1))
    assert timed.expected_purchases(theta, whole, 4.0, np.ones(1)) == pytest.approx(steady * pace / 2)
    levelled = clock.levelled(MODEL, since=day)
    assert levelled.expected_purchases(theta, whole, 4.0, np.ones(1)) == pytest.approx(steady * pace)


@pytest.mark.parametrize("factors", [[1.0] * 11, [0.0] + [1.0] * 11, [float("nan")] + [1.0] * 11])
def test_a_calendar_that_is_none_is_refused(factors: list[float]) -> None:
    with pytest.raises(ValueError, match="12 numbers above 0"):
        season_clock.stated(factors, origin=date(2023, 1, 1), as_of=date(2023, 12, 31))


def learned(world: World, *, weeks: int, seed: int = 1) -> tuple[season_clock.SeasonClock, pd.DataFrame, date]:
    bought, made_on = purchases(world, seed=seed), FIRST_DAY + timedelta(weeks=weeks) - timedelta(days=1)
    days = ibis.memtable(bought).cast({"purchased_on": "date"})
    cut = splits.split(days, calibration_end=made_on, as_of=made_on + timedelta(weeks=26))
    split = fetch(cut.order_by("customer_id"))
    weekly = weekly_history(bought, origin=FIRST_DAY, as_of=made_on)
    return season_clock.learned(split, model=MODEL, weekly=weekly), split, made_on


def test_a_season_of_two_years_is_learned_and_the_total_is_right() -> None:
    clock, split, made_on = learned(WORLDS["season"], weeks=104)
    assert (clock.source, clock.year_count, clock.untold) == ("learned", 2, 2.0)
    week = np.arange(104) + 0.5
    rates = clock.rates[: 104 * 7].reshape(104, 7).mean(axis=1)
    assert np.log(rates) == pytest.approx(0.4 * np.sin(2 * np.pi * week / 52), abs=0.2)
    assert clock.weeks_since(made_on, 52.0) == pytest.approx(52.0), "over a whole year both clocks agree"
    came = split["holdout_purchase_count"].sum()
    of = {
        "with": (clock.rows(MODEL, split, until=made_on), clock.timed(MODEL, since=made_on)),
        "without": (collapse(split), MODEL),
    }
    off = {}
    for name, (rows, model) in of.items():
        expected = model.expected_purchases(fitting.fit(MODEL, rows, level=0.9).theta, rows, 26.0)
        off[name] = abs(np.log(came / float(rows.weight @ expected)))
    assert off["with"] < 0.1
    assert off["without"] > 0.2


def test_there_is_no_clock_without_two_years_or_a_season() -> None:
    short, split, made_on = learned(replace(WORLDS["season"], customer_count=500), weeks=100)
    assert (short.source, short.untold) == ("none", 0.0)
    for model in (MODEL, ON_THE_CLOCK):
        pd.testing.assert_series_equal(
            pd.Series(short.rows(model, split, until=made_on).age), pd.Series(collapse(split).age)
        )
    assert short.timed(MODEL, since=made_on) is MODEL
    assert short.weeks_since(made_on, [-3.0, 5.0]) == pytest.approx([-3.0, 5.0])
    steady, _, _ = learned(replace(World(), customer_count=1_000), weeks=104)
    assert steady.source == "none"


def test_repeats_are_due_from_the_middle_of_the_week_of_birth() -> None:
    past = pd.DataFrame({"new_customer_count": [10.0, 4.0], "early_count": [2.0, 0.0]})
    due = periods.repeats_due(past, expected_new=lambda weeks: weeks, ends=np.array([0.0, 1.0, 2.0]))
    assert due == pytest.approx([12 * 0.5, 12 * 1.0 + 4 * 0.5])
