"""The tables of a run: made once at the contract, and open to other orders, on whatever backend these lie."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import ibis
import pytest

from helpers.contract import loading
from helpers.contract.canonical import Tables
from helpers.contract.loading import load
from helpers.errors import ContractError
from helpers.schema.sources import OrdersSource, TableSource

ORDERS = """order_id,customer_id,ordered_at,amount
1,ann,2025-01-02,10.00
2,bob,2025-01-03,20.50
3,ann,2025-01-05,5.25
4,bob,2025-02-20,7.00
"""
ITEMS = "order_id,product_id,quantity,amount\n1,p1,1,10\n2,p2,1,20.5\n3,p1,2,5.25\n4,p2,9,7\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "orders.csv").write_text(ORDERS, encoding="utf-8")
    (tmp_path / "items.csv").write_text(ITEMS, encoding="utf-8")
    return tmp_path


@pytest.fixture
def tables(folder: Path) -> Tables:
    sources = {"orders": OrdersSource(source="orders.csv"), "order_items": TableSource(source="items.csv")}
    return load(sources, as_of=date(2025, 1, 31), currency="EUR", stale_days=10, root=folder)


def test_no_query_reads_the_delivery_again(folder: Path, tables: Tables) -> None:
    for staged in [folder / "orders.csv", folder / "items.csv"]:
        staged.unlink()
    row = tables.backend.con.execute("SELECT current_setting('temp_directory')").fetchone()
    shutil.rmtree(row[0])
    assert tables.orders.count().execute() == 3
    assert tables.refunds.count().execute() == 0
    assert tables.order_items is not None
    assert tables.order_items.quantity.sum().execute() == 4


def test_other_orders_bring_their_own_days(tables: Tables) -> None:
    of_ann = tables.with_orders(tables.orders.filter(tables.orders.customer_id == "ann"))
    assert of_ann.orders.count().execute() == 2
    assert (of_ann.observed.first_on, of_ann.observed.watched_until) == (date(2025, 1, 2), date(2025, 1, 5))
    assert (of_ann.observed.as_of, of_ann.observed.stale_days) == (date(2025, 1, 31), 10)
    assert (of_ann.entries is tables.entries, of_ann.backend is tables.backend) == (True, True)
    assert tables.orders.count().execute() == 3


def test_orders_of_another_backend_take_the_place_of_the_delivered(tables: Tables) -> None:
    other = ibis.duckdb.connect()
    orders = other.create_table("orders", tables.orders.mutate(amount=tables.orders.amount * 2).to_pyarrow())
    doubled = tables.with_orders(orders)
    assert doubled.orders.get_backend() is other
    assert doubled.orders.amount.sum().execute() == 2 * tables.orders.amount.sum().execute()
    assert doubled.observed == tables.observed
    replaced = replace(tables, orders=orders, backend=other)
    assert replaced.backend is replaced.orders.get_backend() is other
    assert replaced.orders.count().execute() == 3


def test_no_orders_are_no_tables(tables: Tables) -> None:
    with pytest.raises(ContractError, match="`orders` must hold an order, found none; is a filter too narrow"):
        tables.with_orders(tables.orders.filter(tables.orders.customer_id == "eve"))


def test_only_one_module_of_the_contract_names_the_engine() -> None:
    room = Path(loading.__file__).parent
    naming = {path.stem for path in room.glob("*.py") if "import duckdb" in path.read_text(encoding="utf-8")}
    assert naming == {"duckdb_functions"}
    assert not [path for path in room.glob("*.py") if ".con.execute" in path.read_text(encoding="utf-8")]
