"""Profiles: shares, lifts and hidden cells, by hand and by their invariants."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from helpers.features.attributes import WHOLE
from helpers.models.segments import profiles
from helpers.models.statistics import intervals, lifts

SEGMENTS = ["high", "middle", "low"]


def counts(table: dict[str, list[int]], levels: list[str], *, attribute: str = "region") -> pd.DataFrame:
    """Counts as the features give them, each customer of one level and worth 2."""
    rows = [
        (attribute, segment, level, sum(numbers), sum(numbers), number, number * WHOLE, number * WHOLE**2, 2.0 * number)
        for segment, numbers in table.items()
        for level, number in zip(levels, numbers, strict=True)
        if number
    ]
    columns = ["attribute", "segment", "level", "segment_count", "known_count", "customer_count", "part_sum", "part_square_sum", "value_amount"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


TABLE = counts({"low": [300, 60, 40], "high": [30, 60, 10], "middle": [200, 100, 0]}, ["North", "South", "all others"])


def profile(table: pd.DataFrame, *, smallest_cell: int = 10, level: float = 0.95) -> pd.DataFrame:
    return profiles.profile(table, segments=SEGMENTS, smallest_cell=smallest_cell, level=level)


def test_shares_bases_and_values_by_hand() -> None:
    told = profile(TABLE)
    assert told.columns.tolist() == profiles.COLUMNS
    assert told["segment"].drop_duplicates().tolist() == SEGMENTS
    assert told["level"].tolist() == ["North", "South", "all others"] * 3
    first = told.iloc[1]
    assert first[["segment_count", "customer_count", "customer_share", "value_amount"]].tolist() == [
        100,
        60,
        0.6,
        120.0,
    ]
    assert first[["base_count", "base_share"]].tolist() == [220, 220 / 800]
    assert told["customer_count"].tolist()[-4] == 0, "a level that nobody of a segment has is there, as zero"
    assert not told["is_hidden"].any()
    assert not told["is_divided"].any()


def test_customers_of_whom_nothing_is_known_are_not_spoken_of() -> None:
    half = TABLE.assign(segment_count=2 * TABLE["segment_count"])
    told = profile(half)
    assert told["segment_count"].tolist()[::3] == [200, 600, 800]
    assert told["known_count"].tolist()[::3] == [100, 300, 400]
    pd.testing.assert_frame_equal(told.drop(columns="segment_count"), profile(TABLE).drop(columns="segment_count"))


def test_the_lift_is_shrunk_towards_one_and_knows_its_segment_is_in_the_base() -> None:
    told = profile(TABLE).iloc[1]
    raw = 0.6 / (220 / 800)
    assert 1 < told["low"] < told["lift"] < raw
    assert told["lift"] < told["high"]
    whole = profile(counts({"high": [30, 60]}, ["North", "South"]))
    assert whole["lift"].isna().all(), "a segment that is the base is compared with nothing"
    assert whole["customer_share"].tolist() == [2 / 3, 1 / 3]


def test_hidden_cells_are_missing_everywhere_and_others_protect_them() -> None:
    table = counts({"low": [300, 60, 40], "high": [30, 60, 4], "middle": [200, 100, 50]}, ["N", "S", "W"])
    told = profile(table)
    is_hidden = told["is_hidden"]
    assert is_hidden.sum() == 4, "one small cell, and the cycle that hides it"
    assert told.loc[is_hidden, ["customer_count", "customer_share", "value_amount", "lift", "low", "high"]].isna().all(axis=None)  # fmt: skip
    assert told.loc[~is_hidden, ["customer_count", "lift", "low", "high", "base_count"]].notna().all(axis=None)


def test_where_the_total_of_a_level_is_hidden_no_lift_tells_it() -> None:
    # no cell of N could be ten while its total of twelve is shown
    told = profile(counts({"high": [4, 60, 70], "middle": [4, 80, 90], "low": [4, 100, 110], "other": [0, 100, 100]}, ["N", "S", "W"]))  # fmt: skip
    assert told["level"].tolist()[:3] == ["W", "N", "S"], "a hidden total has no place by its size"
    is_without = told["base_count"].isna()
    assert told.loc[is_without, "level"].unique().tolist() == ["N", "S"]
    assert told.loc[is_without, ["base_share", "lift", "low", "high"]].isna().all(axis=None)
    assert told.loc[is_without & (told["segment"] == "other"), "customer_count"].tolist() == [0, 100]
    assert told.loc[~is_without, "lift"].notna().any()


def test_hidden_numbers_change_nothing_that_is_shown() -> None:
    """Another table with the same shown cells gives the same page, to the last digit."""
    first = {"low": [300, 60, 40], "high": [30, 60, 4], "middle": [200, 100, 50]}
    told = profile(counts(first, ["N", "S", "W"]))
    hidden = told.loc[told["is_hidden"], ["segment", "level"]].to_numpy().tolist()
    assert hidden == [["high", "S"], ["high", "W"], ["low", "S"], ["low", "W"]]
    other = {"low": [300, 61, 39], "high": [30, 59, 5], "middle": [200, 100, 50]}
    again = profile(counts(other, ["N", "S", "W"]))
    pd.testing.assert_frame_equal(told, again, check_exact=True)


def test_not_even_how_hidden_customers_are_divided_changes_what_is_shown() -> None:
    table = counts({"low": [300, 60, 40], "high": [30, 60, 4], "middle": [200, 100, 50]}, ["N", "S", "W"])
    divided = table.assign(part_square_sum=(0.9 * table["part_square_sum"]).astype(int))
    divided.loc[0, "part_sum"] -= 1  # not whole: customers of several levels
    told = profile(divided)
    is_hidden = divided.set_index(["segment", "level"]).index.isin(told.loc[told["is_hidden"], ["segment", "level"]].apply(tuple, axis=1))  # fmt: skip
    assert is_hidden.any()
    other = divided.assign(part_square_sum=divided["part_square_sum"].where(~is_hidden, 1))
    pd.testing.assert_frame_equal(told, profile(other), check_exact=True)


def test_the_intervals_of_divided_customers_hold_the_true_lifts() -> None:
    """Levels that customers have by turns, and one (a car's fuel) that some have nearly always and others never."""
    rng, means, is_held = np.random.default_rng(4), {"high": [0.5, 0.35, 0.15], "low": [0.6, 0.32, 0.08]}, []
    true = np.array(means["high"]) / np.mean([means["high"], means["low"]], axis=0)
    for _ in range(60):
        rows = []
        for segment, (_, second, fuel) in means.items():
            drives = rng.random(400) < fuel / 0.9
            parts = np.zeros((400, 3))
            parts[:, 2] = 0.9 * drives
            parts[:, 1] = (1 - parts[:, 2]) * rng.beta(40 * second / (1 - fuel), 40 * (1 - second / (1 - fuel)), 400)
            parts[:, 0] = 1 - parts[:, 1:].sum(axis=1)
            whole = (parts * WHOLE).astype(int)
            for at, level in enumerate(("a", "b", "fuel")):
                each = whole[:, at]
                rows.append(("category", segment, level, 400, 400, int((each > 0).sum()), int(each.sum()), int((each**2).sum()), 1.0))  # fmt: skip
        told = profile(pd.DataFrame(rows, columns=TABLE.columns)).set_index(["segment", "level"]).loc["high"]
        told = told.loc[["a", "b", "fuel"]]
        is_held.append(((told["low"] <= true) & (true <= told["high"])).to_numpy())
    assert (np.mean(is_held, axis=0) >= 0.87).all(), np.mean(is_held, axis=0)


@pytest.mark.filterwarnings("error")
def test_customers_who_are_all_divided_alike_have_an_interval() -> None:
    half = counts({"high": [40, 40], "low": [60, 60]}, ["tea", "cup"]).assign(known_count=[40, 40, 60, 60])
    told = profile(half.assign(part_sum=half["part_sum"] // 2, part_square_sum=half["part_square_sum"] // 4))
    assert told["lift"].tolist() == pytest.approx([1.0] * 4)
    assert (told["low"] < 1).all()
    assert (told["high"] > 1).all()


@pytest.mark.parametrize("seed", range(3))
def test_rows_in_any_order_give_the_same_profile(seed: int) -> None:
    level = counts({"high": [4, 50, 50, 50], "low": [60, 50, 50, 50], "middle": [70, 50, 50, 50]}, ["N", "S", "W", "E"])
    for table in (TABLE, level):
        shuffled = table.sample(frac=1, random_state=seed)
        pd.testing.assert_frame_equal(profile(table), profile(shuffled), check_exact=True)


def test_customers_of_several_levels_are_divided_and_tell_more_of_themselves() -> None:
    def table(squares: float) -> pd.DataFrame:
        rows = [
            ("category", segment, level, size, size, int(size * reach), int(size * share * WHOLE), int(size * squares * share * WHOLE**2), 1.0)
            for segment, size, shares in (("high", 400, (0.7, 0.3)), ("low", 400, (0.5, 0.5)))
            for level, share, reach in zip(("tea", "cup"), shares, (0.95, 0.8), strict=True)
        ]  # fmt: skip
        return pd.DataFrame(rows, columns=TABLE.columns)

    wide, narrow = profile(table(1.0)), profile(table(0.8))
    assert wide["is_divided"].all()
    assert wide["customer_count"].tolist() == [380, 320, 380, 320]
    assert wide["customer_share"].tolist() == [0.7, 0.3, 0.5, 0.5], "as the base has them: 0.6 and 0.4"
    spread = [(told["high"] - told["low"]).iloc[0] for told in (wide, narrow)]
    assert spread[1] < 0.85 * spread[0]


def test_levels_stand_in_their_own_order_or_by_size() -> None:
    ages = counts(
        {"high": [20, 20, 50], "low": [40, 20, 30]}, ["under 25", "65 and over", "25–34"], attribute="age_band"
    )
    assert profile(ages)["level"].tolist()[:3] == ["under 25", "25–34", "65 and over"]
    income = counts({"high": [20, 20, 50]}, ["25-34K", "Under 15K", "15-24K"], attribute="income_band")
    assert profile(income)["level"].tolist() == ["Under 15K", "15-24K", "25-34K"]
    regions = counts({"high": [200, 20, 50, 30]}, ["all others", "b", "a", "c"])
    assert profile(regions)["level"].tolist() == ["a", "c", "b", "all others"]


def test_attributes_of_one_level_and_empty_tables_tell_nothing() -> None:
    assert profile(counts({"high": [20], "low": [4]}, ["China"])).empty
    assert profile(TABLE.head(0)).columns.tolist() == profiles.COLUMNS
    two = pd.concat([TABLE, counts({"high": [20]}, ["China"], attribute="country")])
    assert profile(two)["attribute"].unique().tolist() == ["region"]


def test_two_customers_are_wholly_hidden() -> None:
    told = profile(counts({"high": [1, 0], "low": [0, 1]}, ["N", "S"]))
    assert told["is_hidden"].all()
    assert told[["customer_count", "base_count", "lift", "value_amount"]].isna().all(axis=None)


def test_the_strongest_are_the_surest_and_the_levels_mean_something() -> None:
    # North and South mirror each other; what was gathered is no trait
    told = profiles.strongest(profile(TABLE), count=3)
    assert "all others" not in set(told["level"])
    assert told.iloc[0][["segment", "level"]].tolist() == ["high", "South"]
    nearer = np.maximum(told["low"], 1 / told["high"])
    assert nearer.is_monotonic_decreasing
    assert (nearer > 1).all()
    alike = counts({"high": [50, 50], "low": [500, 500]}, ["N", "S"])
    assert profiles.strongest(profile(alike), count=3).empty
    assert profiles.strongest(profile(TABLE.head(0)), count=3).empty


def test_lifts_are_those_of_the_model() -> None:
    told = profile(TABLE, smallest_cell=1, level=0.9)
    sizes = told["segment_count"].to_numpy()
    share, base = told["customer_share"].to_numpy(), told["base_share"].to_numpy()
    count = lifts.effective_count(share, count=sizes, base_share=base, base_count=800)
    expected = lifts.shrunk(share, count=count, base_share=base, level=0.9, free_share=4 / 9)
    assert told["lift"].tolist() == pytest.approx(expected.value.tolist(), rel=0.02), "the design effect is near one"


def test_concentration_by_hand() -> None:
    people = pd.DataFrame(
        {"segment": ["a"] * 10 + ["b"] * 3 + [None, "c"], "value_amount": [*range(10), 1, 2, 3, 9, 9]}
    )
    told = profiles.concentration(people, segments=["b", "a", "gone", "a"], top_share=0.2, smallest_cell=10, level=0.95)
    assert told["segment"].tolist() == ["b", "a"]
    assert told["customer_count"].tolist() == [3, 10]
    assert told.loc[0, ["value_amount", "top_amount_share", "low", "high"]].isna().all()
    expected = intervals.top_share(range(10), share=0.2, level=0.95)
    assert told.loc[1].tolist() == ["a", 10, 45.0, expected.value, expected.low, expected.high]
    assert expected.value == pytest.approx(17 / 45)


def test_hidden_cells_are_counted() -> None:
    cells = pd.DataFrame({"is_hidden": [True, False, False, True]})
    assert profiles.hidden_cells(cells) == profiles.HiddenCells(4, 2, 0.5)
    assert profiles.hidden_cells(cells.head(0)).cell_count == 0
