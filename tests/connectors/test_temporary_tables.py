"""Tables of a session: on PostgreSQL they are analysed, ordered by bytes, and found by their groups."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import ibis
import pytest
from ibis.backends import BaseBackend

from helpers.connectors import warehouses
from helpers.connectors.temporary_tables import temporary
from helpers.features import purchases
from helpers.schema.sources import TableSource


@pytest.fixture(scope="module")
def there(postgres: str) -> Iterator[BaseBackend]:
    """A session of PostgreSQL as the kit opens it."""
    place = warehouses.address({"orders": TableSource.model_validate({"source": f"{postgres}?table=x"})})
    assert place is not None
    connection = warehouses.reach(place)
    yield connection
    connection.disconnect()


@pytest.fixture(scope="module")
def bought(there: BaseBackend) -> Iterator[ibis.Table]:
    """Purchase days of 1,000 customers, as notebooks keep them."""
    ids = [("a", "B")[number % 2] + str(number) for number in range(1000)]
    rows = {"customer_id": ids * 2, "ordered_at": [datetime(2025, 1, 2)] * 1000 + [datetime(2025, 1, 3)] * 1000}
    orders = temporary(there, "sold", ibis.memtable(rows | {"amount": [1.5] * 2000}))
    with purchases.purchase_days(orders, as_of=date(2025, 1, 31)).cache() as kept:
        yield kept


def asked(there: Any, query: str) -> list[tuple[Any, ...]]:
    with there.begin() as cursor:
        return list(cursor.execute(query).fetchall())


def test_the_server_knows_how_many_customers_a_kept_table_has(there: BaseBackend, bought: ibis.Table) -> None:
    query = f"SELECT n_distinct, null_frac FROM pg_stats WHERE tablename = '{bought.get_name()}'"
    found = asked(there, f"{query} AND attname = 'customer_id'")
    assert found == [(-0.5, 0.0)]  # half as many customers as rows


def test_rows_of_each_of_several_groups_are_found_by_them(there: BaseBackend, bought: ibis.Table) -> None:
    found = asked(there, f"SELECT indexdef FROM pg_indexes WHERE tablename = '{bought.get_name()}'")
    assert [definition.partition("btree ")[2] for (definition,) in found] == ["(customer_id, purchased_on)"]
    first = asked(there, f"SELECT customer_id, purchased_on FROM {bought.get_name()} ORDER BY ctid LIMIT 2")
    assert first == [("B1", date(2025, 1, 2)), ("B1", date(2025, 1, 3))]


def test_texts_of_a_kept_table_are_in_the_order_of_bytes(bought: ibis.Table) -> None:
    names = bought.select("customer_id").distinct().order_by("customer_id").to_pandas()["customer_id"].tolist()
    assert names == sorted(names, key=str.encode)
    assert (names[0][0], names[-1][0]) == ("B", "a")


def test_on_the_kits_own_engine_a_table_is_made_and_nothing_else() -> None:
    connection = ibis.duckdb.connect()
    drawn = ibis.memtable({"n": range(9)}).mutate(luck=ibis.random())
    made = temporary(connection, "drawn", drawn)
    assert made.to_pandas().equals(made.to_pandas())
