"""What is asked of an engine on which tables stay, on the kit's own: nothing changes there."""

from __future__ import annotations

from datetime import UTC, datetime

import ibis

from helpers.contract import engine_tables


def test_on_an_engine_that_orders_texts_by_bytes_a_column_stays_as_it_is() -> None:
    names = ibis.duckdb.connect().create_table("names", ibis.memtable({"name": ["b", "B", "ä", "a"]}))
    ordered = names.order_by(engine_tables.bytewise(names["name"])).to_pandas()["name"].tolist()
    assert ordered == sorted(["b", "B", "ä", "a"], key=str.encode)


def test_without_a_zone_the_clock_is_that_of_utc() -> None:
    at = datetime(2025, 1, 2, 23, 30, tzinfo=UTC)
    rows = ibis.duckdb.connect().create_table("rows", ibis.memtable({"at": [at]}))
    assert engine_tables.wall_clock_there(rows["at"], None).execute().item() == at.replace(tzinfo=None)


def test_a_table_is_made_once() -> None:
    connection = ibis.duckdb.connect()
    drawn = ibis.memtable({"n": range(9)}).mutate(luck=ibis.random())
    made = engine_tables.made_once(connection, "drawn", drawn)
    assert made.to_pandas().equals(made.to_pandas())
