from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from helpers.models.statistics import small_groups


def groups(*counts: int) -> pd.DataFrame:
    """Groups of so many customers, who brought ten each."""
    return pd.DataFrame(
        {
            "group": [f"g{at}" for at in range(len(counts))],
            "customer_count": counts,
            "amount": 10.0 * np.array(counts, dtype=float),
        }
    )


@pytest.mark.parametrize(
    ("counts", "hidden"),
    [
        ((50, 40, 30), []),
        ((50, 40, 3), [1, 2]),
        ((50, 12, 40, 3), [1, 3]),
        ((50, 4, 3, 0), [0, 1, 2]),
        ((50, 6, 5, 0), [1, 2]),
        ((0, 0, 7), [2]),
        ((50, 40, 10), []),
    ],
    ids=[
        "none is small",
        "one alone would be the total less the others",
        "the smallest of the others goes with it",
        "two small ones whose sum is small take a third, an empty one is told",
        "two small ones of enough together protect each other",
        "where all is one small group there is nothing to hide it with",
        "the limit itself is enough",
    ],
)
def test_small_rows_and_those_that_would_give_them_away_are_hidden(counts: tuple[int, ...], hidden: list[int]) -> None:
    found = small_groups.hide(groups(*counts), smallest_cell=10)
    assert found.index[found["is_hidden"]].tolist() == hidden
    assert found.loc[found["is_hidden"], ["customer_count", "amount"]].isna().all(axis=None)
    told = found[~found["is_hidden"]]
    assert told["customer_count"].tolist() == [count for at, count in enumerate(counts) if at not in hidden]
    assert found["group"].tolist() == groups(*counts)["group"].tolist(), "which group it is stays"


def test_tables_with_totals_of_their_own_are_hidden_each_for_itself() -> None:
    two = pd.concat([groups(50, 40, 3), groups(50, 40, 30)], ignore_index=True).assign(kind=list("aaabbb"))
    assert small_groups.hide(two, by=["kind"], smallest_cell=10)["is_hidden"].tolist() == [False, True, True] + 3 * [
        False
    ]
    assert small_groups.hide(two, smallest_cell=10, has_total=False)["is_hidden"].sum() == 1


def test_a_row_is_small_where_any_of_its_counts_is_and_names_stay() -> None:
    ages = pd.DataFrame({"age": [1, 2, 3], "customer_count": [50, 40, 30], "earlier_count": [20, 2, 30], "amount": 1.0})
    found = small_groups.hide(ages, counts=["customer_count", "earlier_count"], names=["age"], smallest_cell=10)
    assert found["is_hidden"].tolist() == [False, True, True], "and the smallest of the others with it"
    assert found["age"].tolist() == [1, 2, 3]
    assert str(found["customer_count"].dtype) == "Int64", "a whole number is written as one beside a missing one"
    parts = small_groups.hide(ages, counts=["earlier_count"], values=["earlier_count"], smallest_cell=10)
    assert parts["customer_count"].tolist() == [50, 40, 30]
    assert parts["is_hidden"].sum() == parts["earlier_count"].isna().sum() == 2
    assert small_groups.hide(ages, smallest_cell=1)["is_hidden"].tolist() == 3 * [False]


def test_what_is_told_is_as_it_was() -> None:
    whole = groups(50, 40, 3)
    told = small_groups.told(small_groups.hide(whole, smallest_cell=10))
    pd.testing.assert_frame_equal(told, whole.head(1))
    assert len(small_groups.told(small_groups.hide(whole.head(0), smallest_cell=10))) == 0


def test_pairs_are_hidden_so_that_neither_sum_gives_one_away() -> None:
    pairs = pd.DataFrame(
        [("a", "x", 40), ("a", "y", 2), ("b", "x", 30), ("b", "y", 30), ("c", "x", 90), ("c", "y", 80)],
        columns=["from", "to", "customer_count"],
    )
    found = small_groups.hide_pairs(pairs, rows="from", columns="to", smallest_cell=10)
    hidden = found[found["is_hidden"]]
    assert ("a", "y") in set(zip(hidden["from"], hidden["to"], strict=True))
    assert (hidden.groupby("from").size() > 1).all(), "a row less the others is not one number"
    assert (hidden.groupby("to").size() > 1).all()
    alike = small_groups.hide_alike(pairs.assign(amount=1.0), found, on=["from", "to"], values=["amount"])
    assert alike["amount"].isna().tolist() == found["is_hidden"].tolist()
    one = small_groups.hide_pairs(pairs.head(2), rows="from", columns="to", smallest_cell=10)
    assert one["is_hidden"].all(), "a row alone is told by its columns"
    assert not small_groups.hide_pairs(pairs.iloc[[0]], rows="from", columns="to", smallest_cell=10)["is_hidden"].any()


def test_a_few_of_a_group_and_all_but_few_are_hidden_and_the_group_is_told() -> None:
    """Of 40 three came back, of 40 all but two, of 40 twenty: with nobody's total known, the first two are hidden."""
    groups = pd.DataFrame({"customer_count": [40, 40, 40], "back_share": [3 / 40, 38 / 40, 0.5]})
    parts = {"back_share": "customer_count"}
    how = {"parts": parts, "values": ["back_share"], "smallest_cell": 10}
    found = small_groups.hide_within(groups, has_total=False, **how)
    assert found["is_hidden"].tolist() == [True, True, False]
    assert found["back_share"].isna().tolist() == [True, True, False]
    assert small_groups.told(found, where="customer_count")["customer_count"].tolist() == [40, 40, 40]
    alone = small_groups.hide_within(groups.assign(back_share=[3 / 40, 0.5, 0.5]), **how)
    assert alone["is_hidden"].tolist() == [True, True, False], "a total would give a single one away"


def test_bounds_of_a_bin_of_few_are_hidden_wherever_they_stand() -> None:
    bins = pd.DataFrame({"measure": "r", "from": [30.0, 20.0, 10.0, np.nan], "to": [np.nan, 30.0, 20.0, 10.0]}).assign(
        customer_count=[50, 4, 60, 50]
    )
    found = small_groups.hide_edges(bins, by=["measure"], smallest_cell=2)
    assert found["from"].isna().sum() == 1
    found = small_groups.hide_edges(bins.assign(customer_count=[50, 4, 60, 10]), by=["measure"], smallest_cell=5)
    assert found["customer_count"].isna().tolist() == [False, True, False, True], "the last, lest the total tell"
    assert found["from"].isna().all()
    assert found["to"].isna().all()


def test_points_of_a_curve_lie_as_many_customers_apart() -> None:
    assert small_groups.curve_points(95, smallest_cell=10) == 10, "nine steps of ten customers or more"
    assert small_groups.curve_points(3, smallest_cell=10) == 2
    assert small_groups.curve_points(100_000, smallest_cell=10) == 101
