"""Sheets of workbooks: typed where a column agrees with itself, and never with digits that are gone."""

from __future__ import annotations

import importlib.util
import zipfile
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest

from helpers.connectors.delivery import connect, deliver
from helpers.connectors.workbooks import sheets, stage
from helpers.errors import ContractError, ParamsError
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
    with pytest.raises(ParamsError, match=r"state one as `table`: orders \(1 row: a\); notes \(1 row: b\)"):
        stage(connect(), path, name="a.xlsx", source=TableSource(source="a.xlsx"))
    with pytest.raises(ParamsError, match="Did you mean `orders`"):
        stage(connect(), path, name="a.xlsx", source=TableSource(source="a.xlsx", table="ordesr"))


def delivered(tmp_path: Path, name: str, content: bytes, **stated: str) -> tuple[list[tuple], str]:
    """The rows of a file and what the notes say of it."""
    (tmp_path / name).write_bytes(content)
    read = deliver(connect(), TableSource(source=name, **stated), root=tmp_path)
    rows = read.table.drop("_file", "_row").to_pyarrow().to_pylist()
    return [tuple(row.values()) for row in rows], " | ".join(read.notes)


PAGE = """<html><head><meta charset="{0}"></head><body><table border=1>
<tr><td colspan=3>订单明细</td></tr><tr><th>id<th>客户<th>amount</tr>
<tr><td rowspan="2">1</td><td>a &amp; b</td><td>3.50</td></tr><tr><td>b<br>c<td>4</tr></table></body></html>"""


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16", "utf-8-sig"])
def test_a_page_of_html_under_the_name_of_a_workbook_is_read(tmp_path: Path, encoding: str) -> None:
    rows, notes = delivered(tmp_path, "a.xls", PAGE.format(encoding).encode(encoding))
    assert rows == [("1", "a & b", "3.50"), (None, "b c", "4")]
    assert "a.xls: a page of HTML under the name of a workbook, sheet `table 1`, header in row 2" in notes


def test_tables_of_a_page_are_its_sheets(tmp_path: Path) -> None:
    two = b"<table><tr><td>x</table><table><tr><td>id<td>v<tr><td>1<td>2</table>"
    with pytest.raises(
        ParamsError, match=r"has 2 sheets; state one as `table`: table 1 .*; table 2 \(1 row: id, v\)\."
    ):
        delivered(tmp_path, "a.xls", two)
    assert delivered(tmp_path, "a.xls", two, table="table 2")[0] == [("1", "2")]
    with pytest.raises(ContractError, match=r"a\.xls must be a workbook or hold a table, found markup without one"):
        delivered(tmp_path, "a.xls", b'<?xml version="1.0"?><Workbook></Workbook>')


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16"])
def test_text_under_the_name_of_a_workbook_is_read(tmp_path: Path, encoding: str) -> None:
    rows, notes = delivered(tmp_path, "a.xls", "订单号\t客户\t金额\n1\t张三\t2.5\n".encode(encoding))
    assert rows == [("1", "张三", "2.5")]
    assert "a.xls: text under the name of a workbook: " in notes
    assert "delimiter '\\t'" in notes


def test_an_opendocument_sheet_is_read(tmp_path: Path) -> None:
    office = "urn:oasis:names:tc:opendocument:xmlns:"
    cells = [["Title"], ["id", "day", "amount"], ["a", "2024-01-02", 2.5], ["b", "2024-01-03", 3]]
    body = "".join(f"<table:table-row>{''.join(map(ods_cell, row))}</table:table-row>" for row in cells)
    content = (
        f'<office:document-content xmlns:office="{office}office:1.0" xmlns:table="{office}table:1.0" '
        f'xmlns:text="{office}text:1.0"><office:body><office:spreadsheet><table:table table:name="Orders">{body}'
        "</table:table></office:spreadsheet></office:body></office:document-content>"
    )
    path = tmp_path / "a.ods"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", content)
        archive.writestr("META-INF/manifest.xml", "<manifest/>")
    rows, notes = delivered(tmp_path, "a.ods", path.read_bytes())
    assert rows == [("a", "2024-01-02", 2.5), ("b", "2024-01-03", 3.0)]
    assert 'a.ods: sheet `Orders`, header in row 2; above it: "Title"' in notes


def ods_cell(value: object) -> str:
    if isinstance(value, str):
        return f'<table:table-cell office:value-type="string"><text:p>{value}</text:p></table:table-cell>'
    return f'<table:table-cell office:value-type="float" office:value="{value}"/>'


def test_an_old_workbook_is_read() -> None:
    """The series of GDP that statsmodels brings as .xls (BIFF): 203 quarters from 1959 on."""
    path = Path(str(importlib.util.find_spec("statsmodels").origin)).parent / "datasets/macrodata/src/macrodata.xls"
    if not path.exists():
        pytest.skip("statsmodels brings no macrodata.xls")
    source = (path.is_dir() and path / "macrodata.xls") or path
    sheet = next(one for one in sheets(source, name="a.xls") if one.row_count > 200)
    part = stage(connect(), source, name="a.xls", source=TableSource(source="a.xls", table=sheet.name))
    assert part.row_count == sheet.row_count


@pytest.mark.parametrize("damage", ["cut", "part"])
def test_a_damaged_workbook_is_one_error(tmp_path: Path, damage: str) -> None:
    path = workbook(tmp_path / "a.xlsx", ("orders", [["id", "amount"], *[[f"o{n}", n] for n in range(500)]]))
    content = bytearray(path.read_bytes())
    if damage == "cut":
        content = content[: len(content) // 2]
    else:  # the properties tell nothing of the cells, and a workbook with damage in them is still a damaged one
        content[content.index(b"docProps/core.xml") + 60] ^= 255
    with pytest.raises(ContractError, match=r"a\.xlsx must be a whole workbook, found .*damage.*; ask for it anew\."):
        delivered(tmp_path, "a.xlsx", bytes(content))
    with pytest.raises(ContractError, match=r"b\.xlsx must be a workbook, found an empty file\."):
        delivered(tmp_path, "b.xlsx", b"")


def test_merged_cells_are_noted(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "a.xlsx", ("orders", [["id", "sku", "amount"], ["1", "x", 2], [None, "y", 3], ["2", "z", 4]])
    )
    book = openpyxl.load_workbook(path)
    book.active.merge_cells("A2:A3")
    book.save(path)
    told = delivered(tmp_path, "a.xlsx", path.read_bytes())[1]
    assert "cells of `id` are merged over several rows and tell the first of them only; see `fill_down`" in told
