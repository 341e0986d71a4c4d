"""A change of what customers buy: distances by hand, the stated false alarms, seasons that are nobody's own change."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from helpers.models.churn import category_mix
from helpers.models.churn.category_mix import Visits
from helpers.models.churn.early_warning import Terms, Warnings

TERMS = Terms(baseline_weeks=16, watch_weeks=14, fall_share=0.35, false_alarm_share=0.0125)
DAY = date(2024, 12, 29)
NAMES = np.array(["bread", "fish", "fruit", "meat", "wine"])
CUSTOMERS = 1_000


def made(seed: int, *, new_taste: int = 0, from_week: int = 16, rise: float = 1.0) -> pd.DataFrame:
    """A visit a week of ten lines, which go together: each visit has a mix of its own about the customer's.

    The first `new_taste` customers take another mix in `from_week`; all buy `rise` times as much bread from week 16 on.
    """
    draw = np.random.default_rng(seed)
    own, other = (draw.dirichlet(np.ones(5), CUSTOMERS) for _ in range(2))
    mixes = np.repeat(own[:, None], TERMS.weeks, axis=1)
    mixes[:new_taste, from_week:] = other[:new_taste, None]
    mixes[:, 16:, 0] *= rise
    shares = draw.standard_gamma(8 * mixes + 1e-9)
    lines = draw.multinomial(10, shares / shares.sum(axis=2, keepdims=True))
    customer, week, category = np.nonzero(lines)
    columns = {"customer_id": ids()[customer], "day": 7 * week, "category": NAMES[category]}
    return pd.DataFrame(columns | {"line_count": lines[customer, week, category]})


def ids() -> np.ndarray:
    return np.array([f"c{n:04d}" for n in range(CUSTOMERS)], dtype=object)


def warned(counts: pd.DataFrame, terms: Terms = TERMS) -> Warnings:
    return category_mix.warnings(counts, pd.Series(ids()), as_of=DAY, terms=terms, seed=1)


def test_distances_by_hand() -> None:
    """One does not change, two change wholly, one drops a half, one takes it up: of all, each category is as before."""
    bought = [("ab", "ab"), ("a", "b"), ("b", "a"), ("ab", "a"), ("a", "ab")]
    lines = [
        (2 * customer + late, "ab".index(one))
        for customer, pair in enumerate(bought)
        for late, side in enumerate(pair)
        for one in side
    ]
    visit, category = np.array(lines).T
    visits = Visits(np.repeat(range(5), 2), np.tile([False, True], 5), visit, category, np.ones(len(lines)))
    half = np.sqrt(np.log2(4 / 3) / 2 + (np.log2(0.5 / 0.75) + np.log2(0.5 / 0.25)) / 4)
    assert list(category_mix.distances(visits)) == pytest.approx([0.0, 1.0, 1.0, half, half])


def test_who_never_changes_is_warned_of_at_the_stated_rate() -> None:
    counts = [len(warned(made(seed)).table) for seed in range(4)]
    expected = 4 * CUSTOMERS * TERMS.false_alarm_share
    assert abs(sum(counts) - expected) <= 3 * np.sqrt(expected)


def test_a_change_of_all_is_nobodys_own() -> None:
    """Three times as much bread for everybody from the first week watched on, and a category that is new."""
    season = made(5, rise=3.0)
    is_bread = (season["category"] == "bread") & (season["day"] >= 7 * 16) & (np.arange(len(season)) % 2 == 0)
    season.loc[is_bread, "category"] = "brioche"
    expected = CUSTOMERS * TERMS.false_alarm_share
    assert len(warned(season).table) <= expected + 4 * np.sqrt(expected)


def test_new_tastes_are_found_and_told_with_their_week() -> None:
    told = warned(made(6, new_taste=200, from_week=20))
    changed = told.table[told.table["customer_id"] < "c0200"]
    assert len(changed) >= 100, "of 200"
    assert len(told.table) - len(changed) <= 30
    weeks = (pd.Timestamp(DAY) - changed["since_on"]).dt.days // 7
    assert weeks.median() == 9, "ten weeks before the last day began the 21st week"
    assert changed["change_share"].between(0, 1).all()
    assert (changed["p_value"] <= TERMS.false_alarm_share).all()
    row = told.signals.iloc[0]
    assert row["signal"] == "category mix"
    assert row["usual_count"] == pytest.approx(1)
    assert 0.5 < row["caught_share"] < 1


def test_a_change_says_what_fell_and_what_rose() -> None:
    """Ann buys wine in place of bread from the 23rd week on; nobody else changes."""
    rows = [(name, 7 * week, "bread", 3) for name in ids() for week in range(TERMS.weeks)]
    counts = pd.DataFrame(rows, columns=["customer_id", "day", "category", "line_count"])
    counts.loc[(counts["customer_id"] == "c0007") & (counts["day"] >= 7 * 22), "category"] = "wine"
    row = warned(counts).table.iloc[0]
    assert (row["customer_id"], row["lost_category"], row["gained_category"]) == ("c0007", "bread", "wine")
    assert row["since_on"] == pd.Timestamp(2024, 11, 4), "eight weeks before the last day"
    assert row["warned_on"] == pd.Timestamp(DAY)


def test_who_comes_too_seldom_is_not_watched() -> None:
    counts = made(7)
    rare = counts[counts["day"] % 70 == 0]
    told = warned(rare)
    assert told.table.empty
    assert told.signals.empty


def test_both_kinds_of_warnings_stand_in_one_table() -> None:
    counted = Warnings(
        pd.DataFrame({"customer_id": ["c0001"], "signal": ["visits"], "actual_count": [2], "expected_count": [9.0]}),
        pd.DataFrame({"signal": ["visits"], "customer_count": [10], "false_alarm_share": [0.01]}),
    )
    told = category_mix.beside(counted, warned(made(6, new_taste=200)))
    assert list(told.signals["signal"]) == ["visits", "category mix"]
    assert told.table["customer_id"].is_monotonic_increasing
    own = told.table[told.table["signal"] == "category mix"]
    assert own["actual_count"].isna().all()
    assert told.table["actual_count"].dropna().tolist() == [2]
    assert told.table.loc[told.table["signal"] == "visits", "change_share"].tolist() == pytest.approx([7 / 9])


def test_false_alarms_are_shared_out_by_the_number_of_signals() -> None:
    assert TERMS.shared(3, of=4).false_alarm_share == pytest.approx(0.009375)
    assert TERMS.shared(1, of=4).weeks == 30
