"""Baskets: hand-counted items and pairs, in integers, with nothing from after the day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from helpers.features import basket_items
from helpers.features.frames import fetch

AS_OF = date(2024, 6, 30)
Rows = list[tuple[str, str, str, str | None]]
HAND_MADE: Rows = [
    ("ann", "o1", "2024-01-05", "茶, 龙井"),
    ("ann", "o1", "2024-01-05", "茶, 龙井"),  # a second line of it
    ("ann", "o1", "2024-01-05", "cup"),
    ("ann", "o1", "2024-01-05", None),
    ("ann", "o2", "2024-05-20", "cup"),
    ("ann", "o2", "2024-05-20", "茶, 龙井"),
    ("ann", "o2", "2024-05-20", "=1+1"),
    ("bob", "o2", "2024-06-30T23:59:59", "cup"),  # the same number at another till
    ("bob", "o3", "2024-06-03", "cup"),
    ("bob", "o3", "2024-06-03", "茶, 龙井"),
    ("cyd", "o4", "2024-07-01", "cup"),  # after the day
    ("cyd", "o4", "2024-07-01", "=1+1"),
    ("dan", "o5", "2024-03-03", None),
]


@pytest.fixture(scope="module")
def make(connection: Any) -> Callable[[Rows], ibis.Table]:
    def made(rows: Rows) -> ibis.Table:
        who, order, moment, item = zip(*rows, strict=True)
        frame = pa.table(
            {
                "order_id": pa.array(order, pa.string()),
                "customer_id": pa.array(who, pa.string()),
                "ordered_at": pa.array([datetime.fromisoformat(one) for one in moment], pa.timestamp("us")),
                "product_id": pa.array(item, pa.string()),
            }
        )
        return connection.create_table(ibis.util.gen_name("lines"), frame)

    return made


@pytest.fixture(scope="module")
def lines(make: Any) -> ibis.Table:
    return basket_items.lines(make(HAND_MADE), as_of=AS_OF, by="product_id")


def rows(table: ibis.Table) -> list[tuple[Any, ...]]:
    return list(fetch(table).itertuples(index=False, name=None))


def test_an_item_counts_once_and_what_has_no_item_or_comes_later_not_at_all(lines: ibis.Table) -> None:
    assert sorted(rows(lines)) == [
        ("ann", "o1", "cup", 2),
        ("ann", "o1", "茶, 龙井", 2),
        ("ann", "o2", "=1+1", 3),
        ("ann", "o2", "cup", 3),
        ("ann", "o2", "茶, 龙井", 3),
        ("bob", "o2", "cup", 1),
        ("bob", "o3", "cup", 2),
        ("bob", "o3", "茶, 龙井", 2),
    ]


def test_counts_by_hand(lines: ibis.Table) -> None:
    assert rows(basket_items.sizes(lines)) == [(1, 1), (2, 2), (3, 1)]
    assert rows(basket_items.item_sizes(lines)) == [
        ("=1+1", 3, 1),
        ("cup", 1, 1),
        ("cup", 2, 2),
        ("cup", 3, 1),
        ("茶, 龙井", 2, 2),
        ("茶, 龙井", 3, 1),
    ]
    assert rows(basket_items.pair_sizes(lines)) == [
        ("=1+1", "cup", 3, 1),
        ("=1+1", "茶, 龙井", 3, 1),
        ("cup", "茶, 龙井", 2, 2),
        ("cup", "茶, 龙井", 3, 1),
    ]
    # ann's weight: 2 of o1 and 6 of o2; bob's: 2 of o3, 0 of his o2
    assert rows(basket_items.weights(lines)) == [(10, 8 * 8 + 2 * 2)]
    assert rows(basket_items.repeats(lines)) == [
        ("=1+1", "cup", 1, 1, 1, 8),
        ("=1+1", "茶, 龙井", 1, 1, 1, 8),
        ("cup", "茶, 龙井", 3, 2, 2 * 2 + 1, 2 * 8 + 1 * 2),
    ]


def test_the_most_frequent_items_stay_and_ties_go_by_the_alphabet(make: Any) -> None:
    held = [(f"c{n}", f"o{n}", "2024-01-01", item) for n, item in enumerate("aaabbccd")]
    lines = basket_items.lines(make(held), as_of=AS_OF, by="product_id")

    def kept(limit: int, smallest: int) -> str:
        return "".join(sorted(fetch(basket_items.frequent(lines, item_limit=limit, smallest_count=smallest))["item"]))

    assert kept(4, 1) == "aaabbccd"
    assert kept(4, 2) == "aaabbcc"
    assert kept(2, 1) == "aaabb"
    assert kept(4, 4) == ""


def test_a_basket_keeps_its_size_when_rare_items_are_left_out(lines: ibis.Table) -> None:
    counted = {name: fetch(table) for name, table in basket_items.counts(lines, smallest_count=2).items()}
    assert list(counted) == ["sizes", "item_sizes", "pair_sizes", "repeats", "weights"]
    assert set(counted["item_sizes"]["item"]) == {"cup", "茶, 龙井"}
    assert counted["item_sizes"]["item_count"].max() == 3
    assert counted["sizes"]["order_count"].sum() == 4


def test_later_lines_and_another_order_of_rows_change_no_number(make: Any) -> None:
    later: Rows = [("ann", "o9", "2024-07-01", "cup"), ("ann", "o9", "2024-07-01", "茶, 龙井")]
    shuffled = [HAND_MADE[place] for place in np.random.default_rng(3).permutation(len(HAND_MADE))]
    before, after = (
        {
            name: rows(table)
            for name, table in basket_items.counts(
                basket_items.lines(make(held), as_of=AS_OF, by="product_id"), smallest_count=1
            ).items()
        }
        for held in (HAND_MADE, shuffled + later)
    )
    assert before == after
    assert rows(basket_items.bought(make(HAND_MADE), as_of=AS_OF, by="product_id")) == rows(
        basket_items.bought(make(shuffled + later), as_of=AS_OF, by="product_id")
    )


def test_pairs_are_those_of_a_count_in_python(make: Any) -> None:
    rng = np.random.default_rng(5)
    held = [
        (f"c{rng.integers(5)}", f"o{order}", "2024-02-02", f"i{item}")
        for order in range(60)
        for item in rng.integers(0, 8, rng.integers(1, 7))
    ]
    frame = pd.DataFrame(held, columns=["who", "order", "on", "item"]).drop_duplicates()
    found = fetch(basket_items.pair_sizes(basket_items.lines(make(held), as_of=AS_OF, by="product_id")))
    both = frame.merge(frame, on=["who", "order"])
    size = frame.groupby(["who", "order"])["item"].size().rename("item_count").reset_index()
    both = both[both["item_x"] < both["item_y"]].merge(size, on=["who", "order"])
    expected = both.groupby(["item_x", "item_y", "item_count"]).size().reset_index()
    assert found.to_numpy().tolist() == expected.to_numpy().tolist()


def test_bought_by_hand(make: Any) -> None:
    table = make(HAND_MADE)
    assert rows(basket_items.bought(table, as_of=AS_OF, by="product_id")) == [
        ("ann", "=1+1", 1),
        ("ann", "cup", 2),
        ("ann", "茶, 龙井", 2),
        ("bob", "cup", 2),
        ("bob", "茶, 龙井", 1),
    ]
    # 28 days to 30 June begin on 3 June
    assert rows(basket_items.bought(table, as_of=AS_OF, by="product_id", days=28)) == [
        ("bob", "cup", 2),
        ("bob", "茶, 龙井", 1),
    ]
    assert rows(basket_items.bought(table, as_of=AS_OF, by="product_id", days=27)) == [("bob", "cup", 1)]
    assert rows(basket_items.bought(table, as_of=date(2024, 6, 2), by="product_id", item_limit=1)) == [
        ("ann", "=1+1", 1)
    ], "one customer each: the alphabet decides"
    chosen = pd.DataFrame({"customer_id": ["bob", "nobody"]})
    assert rows(basket_items.bought(table, as_of=AS_OF, by="product_id", customers=chosen, item_limit=None)) == [
        ("bob", "cup", 2),
        ("bob", "茶, 龙井", 1),
    ]


def test_names() -> None:
    frame = {"product_id": ["p1", "p2", "p3", "p4"], "category": ["tea", "tea", "cups", None]}
    products = ibis.memtable(pd.DataFrame(frame | {"name": ["龙井", "mug", "mug", None]}))
    items = ["p1", "p2", "p3", "p4", "p5", "p1"]
    told = basket_items.names(products, items=items, by="product_id")
    assert told == {"p1": "龙井", "p2": "mug p2", "p3": "mug p3", "p4": "p4", "p5": "p5"}
    unnamed = basket_items.names(products.drop("name"), items=items, by="product_id")
    assert unnamed == {"p1": "tea p1", "p2": "tea p2", "p3": "cups p3", "p4": "p4", "p5": "p5"}
    assert basket_items.names(None, items=["p1"], by="product_id") == {"p1": "p1"}
    assert basket_items.names(products, items=["p1"], by="category") == {"p1": "p1"}, "a category that is called p1"
    assert basket_items.names(products, items=[], by="product_id") == {}
