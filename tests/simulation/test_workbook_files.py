"""Workbooks that are written, read by other programs' readers."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import openpyxl
from python_calamine import load_workbook

from helpers.simulation import workbook_files

CELLS = [("Name & <more>", 12, 3.25, datetime(2024, 2, 29, 18, 30)), ("茶", None, -1, datetime(2023, 1, 1))]


def test_two_readers_find_the_cells(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    workbook_files.write(path, {"First": [("only",)], "Second one": CELLS})
    sheet = openpyxl.load_workbook(path)["Second one"]
    assert [tuple(cell.value for cell in row) for row in sheet.iter_rows()] == CELLS
    book = load_workbook(path)
    assert book.sheet_names == ["First", "Second one"]
    first, second = book.get_sheet_by_name("Second one").to_python()
    assert first == ["Name & <more>", 12.0, 3.25, datetime(2024, 2, 29, 18, 30)]
    assert second[:3] == ["茶", "", -1.0]
    assert second[3].isoformat().startswith("2023-01-01")


def test_names_of_columns_beyond_z(tmp_path: Path) -> None:
    workbook_files.write(tmp_path / "wide.xlsx", {"Wide": [tuple(range(60))]})
    sheet = openpyxl.load_workbook(tmp_path / "wide.xlsx")["Wide"]
    assert (sheet["Z1"].value, sheet["AA1"].value, sheet["BH1"].value) == (25, 26, 59)
