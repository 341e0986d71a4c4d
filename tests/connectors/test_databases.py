"""Tables of databases: streamed into Parquet, and asked for by name."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import duckdb
import pytest

from helpers.connectors.databases import stage_file
from helpers.connectors.delivery import connect
from helpers.errors import ContractError, ParamsError
from helpers.schema.sources import TableSource


def test_a_table_of_either_kind_of_file_is_staged(tmp_path: Path) -> None:
    lite, duck = tmp_path / "a.db", tmp_path / "b.db"
    with sqlite3.connect(lite) as opened:
        opened.execute("CREATE TABLE orders (id TEXT, amount REAL)")
        opened.execute("INSERT INTO orders VALUES ('1234567890123456789', 2.5)")
    with duckdb.connect(duck) as opened:
        opened.execute("CREATE TABLE orders AS SELECT '1234567890123456789' AS id, 2.5::DOUBLE AS amount")
    connection = connect()
    for path in (lite, duck):
        part = stage_file(connection, path, name=path.name, source=TableSource(source=path.name, table="orders"))
        assert connection.read_parquet(part.parquet).to_pyarrow().to_pylist() == [
            {"id": "1234567890123456789", "amount": 2.5}
        ]
        with pytest.raises(ParamsError, match="Did you mean `orders`"):
            stage_file(connection, path, name=path.name, source=TableSource(source=path.name, table="ordres"))


def test_another_file_with_that_ending_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    path.write_text("not a database at all")
    with pytest.raises(ContractError, match="must be a DuckDB or SQLite file"):
        stage_file(connect(), path, name="a.db", source=TableSource(source="a.db", table="x"))
