"""Finding the table that holds a column, and cutting a breakdown to size."""

from __future__ import annotations

import ibis
import pandas as pd

from helpers.features import dimensions

ORDERS = ibis.memtable({"order_id": ["1", "2"], "customer_id": ["a", "b"], "amount": [1.0, 2.0], "region": ["N", "S"]})
ITEMS = ibis.memtable({"order_id": ["1"], "customer_id": ["a"], "amount": [1.0], "region": ["X"], "category": ["tea"]})
PEOPLE = ibis.memtable({"customer_id": ["a"], "region": ["Z"], "age_band": ["20-29"]})


def test_a_column_is_taken_from_the_first_table_that_has_it() -> None:
    found = dimensions.carriers(["category", "region", "age_band", "channel"], tables=[ORDERS, ITEMS], customers=PEOPLE)
    assert list(found) == ["category", "region", "age_band"]
    assert found["category"].equals(ITEMS)
    assert found["region"].equals(ORDERS)
    joined = found["age_band"].order_by("order_id").to_pandas()
    assert joined["age_band"].tolist()[0] == "20-29"
    assert joined["age_band"].isna().tolist() == [False, True]
    assert joined["amount"].sum() == 3.0


def test_products_are_told_apart_only_where_they_have_no_category() -> None:
    items = ITEMS.mutate(product_id=ibis.literal("p1"))
    both = ["category", "product_id"]
    assert list(dimensions.carriers(both, tables=[items], customers=None)) == ["category"]
    assert list(dimensions.carriers(both, tables=[items.drop("category")], customers=None)) == ["product_id"]


def test_tables_that_were_not_delivered_are_passed_over() -> None:
    assert dimensions.carriers(["category"], tables=[ORDERS, None], customers=None) == {}


def test_the_smallest_levels_are_gathered_and_sums_stay() -> None:
    levels = ["a", "b", None, "d"]
    parts = pd.DataFrame(
        {
            "level": levels,
            "order_count": [4, 3, 2, 1],
            "amount": [40.0, 30.0, 20.0, 10.0],
            "amount_share": [0.4, 0.3, 0.2, 0.1],
            "previous_amount": [1.0, 2.0, 3.0, 4.0],
            "year_before_amount": [float("nan")] * 4,
        }
    )
    cut = dimensions.largest(parts, count=2)
    assert cut["level"].tolist() == ["a", "all others (3)"]
    assert cut[["amount", "previous_amount"]].sum().tolist() == [100.0, 10.0]
    whole = dimensions.largest(parts, count=4)
    assert whole["level"].tolist() == ["a", "b", "(not given)", "d"]
