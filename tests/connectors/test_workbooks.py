"""Sheets of workbooks: typed where a column agrees with itself, and never with digits that are gone."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest

from helpers.connectors.delivery import connect
from helpers.connectors.workbooks import stage
from helpers.errors import ParamsError
from helpers.schema.sources import TableSource


def workbook(path: Path, *sheets: tuple[str, list[list[object]]]) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets:
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def test_a_sheet_keeps_its_row_numbers_and_types(tmp_path: Path) -> None:
    rows = [["客户", "when", "amount"], ["a", date(2025, 1, 2), 1.5], [], ["b", datetime(2025, 1, 3), 2]]
    path = workbook(tmp_path / "a.xlsx", ("订单", rows))
    connection = connect()
    part = stage(connection, path, name="a.xlsx", source=TableSource(source="a.xlsx"))
    table = connection.read_parquet(part.parquet).to_pyarrow()
    assert table["客户"].to_pylist() == ["a", "b"]
    assert table["amount"].to_pylist() == [1.5, 2.0]
    assert table["_row"].to_pylist() == [2, 4]
    assert str(table["when"].to_pylist()[0]).startswith("2025-01-02")


def test_one_of_several_sheets_must_be_named(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", ("orders", [["a"], [1]]), ("notes", [["b"], [1]]))
    with pytest.raises(ParamsError, match="state one as `table`: orders, notes"):
        stage(connect(), path, name="a.xlsx", source=TableSource(source="a.xlsx"))
    with pytest.raises(ParamsError, match="Did you mean `orders`"):
        stage(connect(), path, name="a.xlsx", source=TableSource(source="a.xlsx", table="ordesr"))
