"""Levels of customers and counts by segment, by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import ibis
import numpy as np
import pandas as pd
import pytest

from helpers.features import attributes
from helpers.features.frames import fetch

AS_OF = date(2025, 1, 31)
LINES = [
    ("ann", "1", "2025-01-01T10:00:00", "tea"),
    ("ann", "1", "2025-01-01T10:00:00", "cup"),
    ("ann", "2", "2025-01-31T23:59:59", "tea"),
    ("ann", "3", "2025-02-01T00:00:00", "cup"),  # after as_of
    ("bob", "4", "2025-01-02T10:00:00", "cup"),
    ("bob", "5", "2025-01-02T10:00:00", None),
    ("cyd", "6", "2025-01-02T10:00:00", None),
]


def lines(rows: list[tuple[Any, ...]] = LINES) -> ibis.Table:
    frame = pd.DataFrame(rows, columns=["customer_id", "order_id", "ordered_at", "category"])
    frame["ordered_at"] = pd.to_datetime(frame["ordered_at"])
    kinds = {"customer_id": "string", "order_id": "string", "ordered_at": "timestamp", "category": "string"}
    return ibis.memtable(frame, schema=ibis.schema(kinds))


def members(*rows: tuple[str, str | None, float]) -> ibis.Table:
    kinds = {"customer_id": "string", "segment": "string", "value_amount": "float64"}
    return ibis.memtable(pd.DataFrame(list(rows), columns=list(kinds)), schema=ibis.schema(kinds))


def people(**columns: list[Any]) -> ibis.Table:
    return ibis.memtable(pd.DataFrame(columns))


def rows_of(table: ibis.Table) -> list[list[Any]]:
    frame = table.to_pandas()
    return frame.astype(object).where(frame.notna(), None).to_numpy().tolist()


def test_a_customer_is_divided_over_orders_and_orders_over_lines() -> None:
    table = attributes.divided(lines(), as_of=AS_OF, by="category").order_by("customer_id", "level")
    assert rows_of(table) == [["ann", "cup", 25_000], ["ann", "tea", 75_000], ["bob", "cup", 100_000]]


def test_thirds_are_rounded_down() -> None:
    rows = [("ann", "1", "2025-01-01", level) for level in ("a", "b", "c")]
    assert attributes.divided(lines(rows), as_of=AS_OF, by="category").part.execute().tolist() == [33_333] * 3


def test_orders_of_one_row_each_are_divided_in_one_pass_as_lines_would_be() -> None:
    rng, start = np.random.default_rng(4), pd.Timestamp("2024-01-01")
    names, channels = rng.choice(list("abcdefg"), 300), rng.choice(["shop", "web", "app", None], 300)
    rows = [
        (str(name), f"o{number}", str(start + pd.Timedelta(hours=7 * number)), channel)
        for number, (name, channel) in enumerate(zip(names, channels, strict=True))
    ]
    orders = lines(rows).rename(channel="category")
    by_line, by_order = (
        split(orders, as_of=date(2024, 3, 20), by="channel")
        for split in (attributes.divided, attributes.divided_orders)
    )
    assert len(rows_of(by_order)) > 15
    assert sorted(rows_of(by_order)) == sorted(rows_of(by_line))
    levels = attributes.levels(orders, None, None, as_of=date(2024, 3, 20), columns=["channel"])
    assert sorted(rows_of(levels["channel"])) == sorted(rows_of(by_line))


def test_customers_are_asked_before_orders_and_lines_last() -> None:
    orders, items = lines().mutate(region=ibis.literal("shop")), lines()
    customers = people(customer_id=["ann", "bob"], region=["North", None], age=[1, 2])
    wanted = ["category", "region", "gender"]
    found = attributes.levels(orders.drop("category"), items, customers, as_of=AS_OF, columns=wanted)
    assert list(found) == ["category", "region"]
    assert rows_of(found["region"]) == [["ann", "North", 100_000]]
    assert found["category"].count().execute() == 3
    without = attributes.levels(orders, None, None, as_of=AS_OF, columns=wanted)
    assert rows_of(without["region"].order_by("customer_id"))[0] == ["ann", "shop", 100_000]


@pytest.mark.parametrize(
    ("year", "band"),
    [
        (2025, "under 25"), (2001, "under 25"), (2000, "25–34"), (1991, "25–34"), (1990, "35–44"), (1961, "55–64"),
        (1960, "65 and over"), (1915, "65 and over"), (1914, None), (2026, None), (None, None),
    ],
)  # fmt: skip
def test_age_bands_and_their_edges(year: int | None, band: str | None) -> None:
    customers = ibis.memtable({"customer_id": ["a"], "birth_year": [year]}, schema={"customer_id": "string", "birth_year": "int64"})  # fmt: skip
    table = attributes.levels(lines(), None, customers, as_of=AS_OF, columns=["age_band"])["age_band"]
    assert rows_of(table) == ([["a", band, 100_000]] if band else [])


def test_a_delivered_age_band_is_taken_as_it_is() -> None:
    customers = people(customer_id=["a"], birth_year=[1990], age_band=["19-24"])
    table = attributes.levels(lines(), None, customers, as_of=AS_OF, columns=["age_band"])["age_band"]
    assert rows_of(table) == [["a", "19-24", 100_000]]


def test_counts_by_hand() -> None:
    table = attributes.divided(lines(), as_of=AS_OF, by="category")
    who = members(("ann", "A", 10.1), ("bob", "A", 0.2), ("cyd", "B", 5.0), ("dan", None, 99.0))
    # of cyd no category is known, and dan is in no segment
    counted = attributes.counts(who, levels={"category": table}, smallest_cell=1)
    assert counted.columns == tuple(attributes.COUNTS)
    assert rows_of(counted) == [
        ["category", "A", "cup", 2, 2, 2, 125_000, 25_000**2 + 100_000**2, Decimal("10.3000")],
        ["category", "A", "tea", 2, 2, 1, 75_000, 75_000**2, Decimal("10.1000")],
    ]


def test_small_and_surplus_levels_are_gathered_and_a_customer_of_two_of_them_counts_once() -> None:
    rows = [(who, who, "2025-01-01", "big") for who in "abcd"]
    rows += [(who, who, "2025-01-01", "mid") for who in "ab"]
    rows += [("a", "a", "2025-01-01", "x"), ("a", "a", "2025-01-01", "y"), ("b", "b", "2025-01-01", "x")]
    rows += [("nobody's", "e", "2025-01-01", "y")]
    table = attributes.divided(lines(rows), as_of=AS_OF, by="category")
    who = members(*((name, "S", 1.0) for name in "abcd"), ("nobody's", None, 1.0))

    def told(**limits: int) -> dict[str, int]:
        frame = fetch(attributes.counts(who, levels={"category": table}, **limits))
        assert frame["part_sum"].sum() == pytest.approx(400_000, abs=8)
        return dict(zip(frame["level"], frame["customer_count"], strict=True))

    assert told(smallest_cell=1) == {"big": 4, "mid": 2, "x": 2, "y": 1}
    assert told(smallest_cell=2) == {"big": 4, "mid": 2, "x": 2, "all others": 1}
    assert told(smallest_cell=3) == {"big": 4, "all others": 2}
    assert told(smallest_cell=1, level_count=2) == {"big": 4, "mid": 2, "all others": 2}, "ties go by name"


def test_sums_over_levels_are_those_of_the_known_customers_and_rows_need_no_order() -> None:
    customers = people(customer_id=[f"c{at}" for at in range(30)], region=["N", None, "四川, <S>"] * 10)
    levels = attributes.levels(lines(), None, customers, as_of=AS_OF, columns=["region", "category"])
    rows = [(f"c{at}", "s" if at % 7 else "=1+1", at / 4) for at in range(30)]
    first = fetch(attributes.counts(members(*rows), levels=levels))
    region = first[first["attribute"] == "region"]
    by_segment = region.groupby("segment")[["customer_count", "value_amount"]].sum()
    assert by_segment.to_numpy().tolist() == [[3, 8.75], [17, 63.75]], "every third has no region: 7 and 28 of five"
    assert (region["part_sum"] == 100_000 * region["customer_count"]).all()
    assert region["segment_count"].tolist() == [5, 5, 25, 25]
    assert region["known_count"].tolist() == [3, 3, 17, 17]
    assert first["attribute"].unique().tolist() == ["region"], "nobody here bought of a category"
    pd.testing.assert_frame_equal(first, fetch(attributes.counts(members(*rows[::-1]), levels=levels)))


def test_without_a_delivered_attribute_there_is_an_empty_table() -> None:
    counted = attributes.counts(members(("a", "S", 1.0)), levels={})
    assert counted.count().execute() == 0
    assert counted.columns == tuple(attributes.COUNTS)
    assert attributes.levels(lines().drop("category"), None, None, as_of=AS_OF, columns=["category", "region"]) == {}


def test_nothing_after_as_of_changes_a_number() -> None:
    later = [*LINES, ("ann", "9", "2026-01-01T00:00:00", "new"), ("zoe", "8", "2025-02-01T00:00:00", "tea")]
    first, again = (attributes.divided(lines(rows), as_of=AS_OF, by="category") for rows in (LINES, later))
    order = ["customer_id", "level"]
    assert rows_of(first.order_by(order)) == rows_of(again.order_by(order))
