"""Days for the next order: what earlier ones kept, by hand, and on a later day that no correction has seen."""

from __future__ import annotations

from datetime import date, timedelta

import ibis
import numpy as np
import pandas as pd
import pytest
from scipy.stats import t

from helpers.features import split as splits
from helpers.features.frames import fetch
from helpers.models.buying import fitting, prediction
from helpers.models.buying.registry import MODELS
from helpers.models.buying.rows import collapse
from helpers.models.evaluation import next_order_days, purchase_groups, rolling_origins
from helpers.models.evaluation.next_order_days import NextOrderDays
from helpers.models.evaluation.rolling_origins import Origins
from helpers.simulation.worlds import FIRST_DAY, World, purchases

MODEL = MODELS["pareto_nbd"]
FOUR = Origins(26.0, 26, tuple(date(2023, 1, 2) + timedelta(weeks=at) for at in (0, 26, 52, 78)))


def record_of(*shares: float, count: int = 1_000_000) -> pd.DataFrame:
    return pd.DataFrame({"next_order_count": [count] * len(shares), "next_order_share": shares})


def test_a_steady_error_is_half_corrected_by_hand() -> None:
    found = next_order_days.pooled(record_of(0.4, 0.4, 0.4, 0.4), origins=FOUR, level=0.9)
    log = np.log(0.4 / 0.6)
    # the prior: one origin of 0.1 among five; its variance over four, and what sampling leaves is nothing
    shift = 0.5 * (1 - 0.01 / 5 / 4 / log**2) * log
    assert found.chance == pytest.approx(1 / (1 + np.exp(shift)), rel=1e-4)
    assert found.chance > 0.549, "fewer came than half, so the day is later"
    width = t.ppf(0.95, 5) * np.sqrt((0.01 + 4 * (log - shift) ** 2) / 5)
    assert (found.low, found.high) == pytest.approx((1 / (1 + np.exp(width)), 1 / (1 + np.exp(-width))), rel=1e-4)
    assert (found.least_share, found.most_share, found.origin_count) == (0.4, 0.4, 4)


def test_what_comes_and_goes_and_what_came_once_correct_nothing() -> None:
    moved = next_order_days.pooled(record_of(0.4, 0.6, 0.4, 0.6), origins=FOUR, level=0.9)
    assert moved.chance == 0.5
    assert moved.low < 0.35
    once = Origins(26.0, 26, FOUR.days[:1])
    assert next_order_days.pooled(record_of(0.3), origins=once, level=0.9).chance == 0.5


def test_without_an_earlier_day_nothing_is_known() -> None:
    none = Origins(26.0, 0, ())
    assert next_order_days.pooled(rolling_origins.track([]), origins=none, level=0.9) == NextOrderDays(none)
    hidden = record_of(np.nan, np.nan, np.nan, np.nan)
    assert next_order_days.pooled(hidden, origins=FOUR, level=0.9) == NextOrderDays(FOUR)


def split(bought: pd.DataFrame, *, made_on: date, weeks: int) -> pd.DataFrame:
    days = ibis.memtable(bought).cast({"purchased_on": "date"})
    until = made_on + timedelta(weeks=weeks)
    return fetch(splits.split(days, calibration_end=made_on, as_of=until).order_by("customer_id"))


def shares_by_a_day(world: World, *, seed: int) -> tuple[float, float, NextOrderDays]:
    """Who bought by the model's own day, and by the corrected one, after a day up to which alone all was known."""
    bought, today = purchases(world, seed=seed), FIRST_DAY + timedelta(weeks=104, days=-1)
    past = bought[bought["purchased_on"] <= pd.Timestamp(today)]
    origins = rolling_origins.plan(FIRST_DAY, as_of=today, weeks=52, count=6)
    record = []
    for day in origins.days:
        known = split(past, made_on=day, weeks=origins.weeks)
        rows = collapse(known)
        terms = {"fit": fitting.refit(MODEL, rows, near=np.array([0.8, 8.0, 0.7, 25.0])), "model": MODEL, "as_of": day}
        chances = rows.spread(prediction.p_buys(rows, fit=terms["fit"], model=MODEL, weeks=origins.weeks))
        record.append(purchase_groups.by_their_day(known, rows=rows, weeks=origins.weeks, chances=chances, **terms))
    found = next_order_days.pooled(pd.DataFrame(record), origins=origins, level=0.9)
    known = split(bought, made_on=today, weeks=51)
    rows = collapse(known)
    terms = {"fit": fitting.fit(MODEL, rows, level=0.9), "model": MODEL, "as_of": today, "weeks": 51.0}
    own, corrected = (
        prediction.next_order(rows, **terms, chance=chance)["next_order_on"] for chance in (0.5, found.chance)
    )
    came = [(known["holdout_first_on"] <= on)[on.notna()].mean() for on in (own, corrected)]
    return float(came[0]), float(came[1]), found


def test_customers_who_buy_every_few_days_do_so_by_the_middle_day() -> None:
    """Named on the day after the median, as before, it was 55 % of them."""
    steady = World(customer_count=1_500, r=3.0, alpha_weeks=2.0)
    own, corrected, found = shares_by_a_day(steady, seed=5)
    assert own == pytest.approx(0.5, abs=0.045)
    assert found.low < corrected < found.high


def test_a_correction_of_earlier_days_helps_on_a_later_one() -> None:
    """Rates of buying that decline: fewer than half buy by the model's own day, each time."""
    declining = World(yearly_decline=0.7)
    found = [shares_by_a_day(declining, seed=seed) for seed in (3_000, 3_001, 3_003)]
    assert np.mean([0.5 - own for own, _, _ in found]) > 1.1 * np.mean([0.5 - corrected for _, corrected, _ in found])
    assert all(one.low < corrected < one.high for _, corrected, one in found)
