"""Curves of pauses: by hand, beside Kaplan and Meier, against known truths, and the limits that are read off them."""

from __future__ import annotations

from math import log2

import numpy as np
import pandas as pd
import pytest

from helpers.features import comeback

CUTS = {"slipping_share": 0.5, "lapsed_share": 0.1}


def table(days: np.ndarray, is_open: np.ndarray, rhythm_class: object = 0) -> pd.DataFrame:
    """Pauses counted as they come from where the orders live."""
    rows = pd.DataFrame({"rhythm_class": rhythm_class, "pause_days": days, "is_open": is_open})
    return rows.groupby(["rhythm_class", "pause_days", "is_open"], as_index=False).size().rename(
        columns={"size": "pause_count"}
    )  # fmt: skip


def watched(pauses: np.ndarray, ages: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Whole days of pauses, each watched until its age: ended, or open."""
    return np.minimum(np.ceil(pauses), ages), np.ceil(pauses) > ages


def chance(curves: comeback.Curves, away: object, *, horizon_days: int, rhythm_class: int = 0) -> np.ndarray:
    classes = np.full(np.shape(away), rhythm_class)
    return comeback.chances(curves, classes, np.asarray(away), horizon_days=horizon_days)


def test_hazards_by_hand():
    # pauses of 1 and 3 days that ended, one of 7 days that is open: 1, 2 and 3 doublings, 4 bins each, 6 doublings
    # watched in all and 2 ends: 2 / 24 a bin to begin with, which weighs 20 bins
    found = comeback.learn(table(np.array([1, 3, 7]), np.array([False, False, True]))).hazards[0]
    hazard, expected = 2 / 24, []
    for place in range(14):
        at_risk, ends = 3 if place < 4 else 2 if place < 8 else 1 if place < 12 else 0, place in (4, 8)
        hazard = (ends + 20 * hazard) / (at_risk + 20)
        expected.append(hazard)
    # from the last bin seen on, the one end and the four bins watched of the last doubling, after the hazard before it
    expected[11:] = 3 * [(1 + 20 * expected[7]) / (4 + 20)]
    assert found[:14] == pytest.approx(expected, rel=1e-12)


def test_the_order_of_the_rows_changes_no_digit():
    rng = np.random.default_rng(11)
    rows = table(*watched(rng.exponential(90, 3_000), rng.integers(0, 400, 3_000)))
    hazards = [comeback.learn(rows.sample(frac=1, random_state=seed)).hazards for seed in range(10)]
    assert all(np.array_equal(each, hazards[0]) for each in hazards)


def test_the_chance_is_one_minus_the_ratio_of_the_curve():
    curves = comeback.learn(table(np.array([1, 3, 7]), np.array([False, False, True])))
    upto = np.concatenate([[0.0], np.cumsum(curves.hazards[0])])

    def curve(day: float) -> float:
        return float(np.exp(-np.interp(4 * log2(1 + day), np.arange(len(upto)), upto)))

    for away, horizon in ((0, 5), (7, 30), (100, 91)):
        expected = 1 - curve(away + horizon) / curve(away)
        assert chance(curves, [away], horizon_days=horizon)[0] == pytest.approx(expected, rel=1e-12)


def test_the_curve_is_that_of_kaplan_and_meier():
    from statsmodels.duration.survfunc import SurvfuncRight

    rng = np.random.default_rng(1)
    days, is_open = watched(rng.gamma(0.7, 60, 4000), rng.integers(0, 300, 4000))
    curves = comeback.learn(table(days, is_open))
    published = SurvfuncRight(days + 0.5, 1 - is_open)
    for day in (5, 20, 60, 120, 200):
        expected = published.surv_prob[published.surv_times <= day + 0.5][-1]
        assert 1 - chance(curves, [0], horizon_days=day)[0] == pytest.approx(expected, abs=0.02), day


@pytest.mark.parametrize("mean_days", [60, 120])
def test_open_pauses_are_known(mean_days: int):
    # purchases at random, everybody first seen within the last 120 days: who forgets open pauses is far off
    rng = np.random.default_rng(2)
    days, is_open = watched(rng.exponential(mean_days, 5000), rng.integers(0, 120, 5000))
    truth = 1 - np.exp(-60 / mean_days)
    known = chance(comeback.learn(table(days, is_open)), [10, 30], horizon_days=60)
    forgetful = chance(comeback.learn(table(days[~is_open], is_open[~is_open])), [10, 30], horizon_days=60)
    assert known == pytest.approx([truth, truth], abs=0.05)
    assert (forgetful > truth + 0.05).all()


def test_who_stays_away_for_long_has_left():
    # half leave for good after their first purchase, the others come back after 30 days at random
    rng = np.random.default_rng(3)
    pauses = np.where(rng.random(20_000) < 0.5, np.inf, rng.exponential(30, 20_000))
    curves = comeback.learn(table(*watched(pauses, rng.integers(0, 720, 20_000))))
    away = np.array([0, 20, 40, 80, 120])
    stayed = np.exp(-away / 30)
    truth = stayed / (stayed + 1) * (1 - np.exp(-90 / 30))
    assert chance(curves, away, horizon_days=90) == pytest.approx(truth, abs=0.03)


def test_a_class_of_few_takes_the_curve_of_the_others_at_the_same_multiple_of_the_gap():
    # 114: bought twice, about every 2^7 days; 108: the same, about every 2^4 days, of whom one pause alone is known
    rng = np.random.default_rng(4)
    many = table(*watched(rng.exponential(128, 5000), rng.integers(0, 2000, 5000)), 114)
    one = table(np.array([3]), np.array([True]), 108)
    curves = comeback.learn(pd.concat([many, one]))
    eighth = chance(curves, [(1 + 160) / 8 - 1], horizon_days=20, rhythm_class=108)
    assert eighth == pytest.approx(chance(curves, [160], horizon_days=160, rhythm_class=114), abs=0.02)


def test_a_class_of_many_has_a_curve_of_its_own():
    # both bought twice: of those of the short gap half have left for good, of those of the long one nobody
    rng = np.random.default_rng(10)
    short = np.where(rng.random(5000) < 0.5, np.inf, rng.exponential(16, 5000))
    short = table(*watched(short, rng.integers(0, 2000, 5000)), 108)
    long = table(*watched(rng.exponential(128, 5000), rng.integers(0, 2000, 5000)), 114)
    curves = comeback.learn(pd.concat([short, long]))
    assert chance(curves, [0], horizon_days=160, rhythm_class=108)[0] == pytest.approx(0.5, abs=0.03)
    assert chance(curves, [0], horizon_days=1280, rhythm_class=114)[0] > 0.97


def test_first_pauses_have_a_curve_of_their_own():
    rng = np.random.default_rng(5)
    first = table(*watched(np.where(rng.random(4000) < 0.8, np.inf, 5.0), rng.integers(0, 400, 4000)), 0)
    later = table(*watched(rng.exponential(20, 4000), rng.integers(0, 400, 4000)), 108)
    curves = comeback.learn(pd.concat([first, later]))
    assert chance(curves, [0], horizon_days=91)[0] == pytest.approx(0.2, abs=0.03)
    assert chance(curves, [0], horizon_days=91, rhythm_class=108)[0] > 0.95


def test_limits_are_the_last_days_above_the_cuts():
    rng = np.random.default_rng(6)
    pauses = np.where(rng.random(20_000) < 0.5, np.inf, rng.exponential(30, 20_000))
    curves = comeback.learn(table(*watched(pauses, rng.integers(0, 720, 20_000))))
    row = comeback.limits(curves, horizon_days=90, **CUTS).iloc[0]
    shares = chance(curves, np.arange(3650), horizon_days=90)
    assert row["highest_share"] == shares.max()
    for day, cut in ((row["slipping_days"], 0.5 * shares.max()), (row["limit_days"], 0.1)):
        assert shares[int(day)] > cut >= shares[int(day) + 1 :].max()
    # of those who left after day w: e^(-w/30) of the others are still away; 0.1 is met between 60 and 75 days
    assert 55 < row["limit_days"] < 85


def test_who_is_rare_by_habit_has_not_lapsed_before_the_day_comes():
    # everybody buys about every 400 days: on the day after a purchase nearly nobody comes back within 90
    rng = np.random.default_rng(7)
    curves = comeback.learn(table(*watched(rng.normal(400, 15, 5000), rng.integers(0, 1200, 5000))))
    assert chance(curves, [1], horizon_days=90)[0] < 0.05
    row = comeback.limits(curves, horizon_days=90, **CUTS).iloc[0]
    assert row["slipping_days"] > 400


def test_who_is_rare_at_random_never_lapses():
    # once in ten years, at random: the chance is always small, and never smaller
    rng = np.random.default_rng(8)
    curves = comeback.learn(table(*watched(rng.exponential(3650, 20_000), rng.integers(0, 720, 20_000))))
    assert chance(curves, [300], horizon_days=90)[0] < 0.1
    assert comeback.limits(curves, horizon_days=90, **CUTS).iloc[0]["limit_days"] > 300


def test_where_no_pause_has_ended_nothing_is_known():
    curves = comeback.learn(table(np.array([4, 900]), np.array([True, True])))
    assert np.isnan(chance(curves, [900], horizon_days=90)).all()
    assert comeback.limits(curves, horizon_days=90, **CUTS).drop(columns="rhythm_class").isna().all(axis=None)


def test_the_order_of_rows_changes_nothing():
    rng = np.random.default_rng(9)
    rows = table(*watched(rng.exponential(40, 900), rng.integers(0, 300, 900)), rng.choice([0, 108, 110, 208], 900))
    expected = comeback.limits(comeback.learn(rows), horizon_days=90, **CUTS)
    mixed = comeback.limits(comeback.learn(rows.sample(frac=1, random_state=1)), horizon_days=90, **CUTS)
    pd.testing.assert_frame_equal(mixed, expected)
