"""Arrays as Arrow columns: exact, and of the kinds that the contract says."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pyarrow as pa

from helpers.schema import CUSTOMERS, ORDER_ITEMS
from helpers.simulation import arrow


def test_ids_grow_where_the_numbers_do() -> None:
    assert arrow.ids("c", [7], 3).tolist() == ["c007"]
    assert arrow.ids("o0001-", [9, 12345], 3).tolist() == ["o0001-00009", "o0001-12345"]
    assert arrow.ids("c", np.array([], dtype=int), 7).tolist() == []


def test_money_is_exact_below_zero_and_above_the_precision_of_floats() -> None:
    cents = [1, -1, 0, 10**13 + 1]
    assert arrow.money(cents).to_pylist() == [Decimal(cent).scaleb(-2) for cent in cents]


def test_a_table_has_the_columns_of_its_schema_in_their_order() -> None:
    columns = {"birth_year": np.array([1980]), "customer_id": np.array(["c1"]), "unknown": np.array([1])}
    made = arrow.table(CUSTOMERS, columns)
    assert made.schema == pa.schema([("customer_id", pa.string()), ("birth_year", pa.int64())])


def test_missing_values_are_null() -> None:
    columns = {
        "customer_id": np.array(["c1", "c2"]),
        "first_seen_on": np.array(["2024-01-01", "NaT"], dtype="datetime64[D]"),
        "acquisition_cost": np.array([np.nan, 1.005]),
    }
    assert arrow.table(CUSTOMERS, columns)["first_seen_on"].null_count == 1
    assert arrow.table(CUSTOMERS, columns)["acquisition_cost"].to_pylist() == [None, Decimal("1.0000")]


def test_whole_quantities_stay_whole() -> None:
    assert arrow.table(ORDER_ITEMS, {"quantity": np.array([3])})["quantity"].to_pylist() == [Decimal(3)]
