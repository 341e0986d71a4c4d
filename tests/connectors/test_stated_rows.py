"""Small tables that the params state row by row."""

from __future__ import annotations

from pathlib import Path

import pytest

from helpers.connectors.delivery import connect, deliver
from helpers.errors import ParamsError
from helpers.schema.sources import TableSource


def test_rows_are_a_table_of_texts(tmp_path: Path) -> None:
    connection = connect()
    stated = TableSource(source="rows", rows=[{"a": 1, "b": "x"}, {"b": "y", "c": None}])
    found = deliver(connection, stated, root=tmp_path)
    assert found.table.drop("_file", "_row").to_pyarrow().to_pylist() == [
        {"a": "1", "b": "x", "c": None},
        {"a": None, "b": "y", "c": None},
    ]
    assert [(one.name, one.row_count) for one in found.inputs] == [("params (rows)", 2)]


def test_rows_must_be_stated(tmp_path: Path) -> None:
    with pytest.raises(ParamsError, match="`source: rows` needs `rows` beside it"):
        deliver(connect(), TableSource(source="rows"), root=tmp_path)
