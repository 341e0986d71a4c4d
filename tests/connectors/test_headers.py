"""Where the header stands: found below titles and notes, or stated, and said either way."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from helpers.connectors.delivery import Delivered, connect, deliver
from helpers.errors import ContractError, ParamsError
from helpers.schema.sources import TableSource


@pytest.fixture(scope="module")
def connection():
    return connect()


@pytest.fixture
def read(connection, tmp_path):
    """Deliver a text, or the rows of a sheet, from a file in tmp_path."""

    def read_one(content: str | list[list[object]], *merged: str, **stated: object) -> Delivered:
        path = tmp_path / ("a.csv" if isinstance(content, str) else "a.xlsx")
        if isinstance(content, str):
            path.write_text(content, encoding="utf-8")
        else:
            book = openpyxl.Workbook()
            for row in content:
                book.active.append(row)
            for cells in merged:
                book.active.merge_cells(cells)
            book.save(path)
        return deliver(connection, TableSource(source=path.name, **stated), root=tmp_path)

    return read_one


def told(delivered: Delivered) -> tuple[list[str], int, int, str]:
    """The delivered columns, how many rows, the number of the first, and the notes."""
    table = delivered.table
    first = table.aggregate(first=table["_row"].min(), rows=table.count()).to_pyarrow().to_pylist()[0]
    columns = [name for name in table.columns if not name.startswith("_")]
    return columns, first["rows"], first["first"], " | ".join(delivered.notes)


TABLE = "id,day,amount\n1,2024-01-02,2.5\n2,2024-01-03,4\n"


@pytest.mark.parametrize(
    ("above", "row"),
    [
        ("", 1),
        ("Orders of 2024\n", 2),
        ("2024年订单明细,,\n", 2),
        ("Orders of 2024,,\n\n\n", 4),
        ("Shop:\n\nExported\nby A. B.\n", 5),
        ("2024-01-31\n", 2),
        ('"A title, with a comma",,\n', 2),
    ],
)
def test_a_header_below_titles_is_found(read, above: str, row: int) -> None:
    columns, count, first, notes = told(read(above + TABLE))
    assert (columns, count, first) == (["id", "day", "amount"], 2, row + 1)
    assert (f"header in row {row}" in notes) == (row > 1)


def test_a_title_is_quoted_in_the_notes(read) -> None:
    assert 'header in row 2; above it: "Orders of 2024"' in told(read("Orders of 2024,,\n" + TABLE))[3]


@pytest.mark.parametrize(
    "content",
    [
        "name,city\nx,y,z\nu,v,w\n",  # a row too long is no header, and its own header no title
        "name\nMüller, Hans\nMeier, Eva\n",
        "id,amount\n1,12,50\n2,3,00\n",
    ],
)
def test_rows_that_are_longer_than_the_header_do_not_become_one(read, content: str) -> None:
    with pytest.raises(ContractError, match="in each row, as in its header"):
        read(content)


def test_a_header_may_hold_years(read) -> None:
    assert told(read("id,2023,2024\n1,2,3\n"))[0] == ["id", "2023", "2024"]


def test_a_stated_row_holds(read) -> None:
    text = "a,b,c\nid,day,amount\n1,2024-01-02,2.5\n"
    assert told(read(text))[0] == ["a", "b", "c"]
    assert told(read(text, header_row=2))[:3] == (["id", "day", "amount"], 1, 3)


@pytest.mark.parametrize(("row", "found"), [(99, "row 99 is not there"), (2, "row 2 is empty")])
def test_a_stated_row_that_is_not_there_is_one_error(read, row: int, found: str) -> None:
    with pytest.raises(ParamsError, match=rf"a\.csv: `header_row` must be a row .*among the first 4; {found}\."):
        read("Title,,\n\n" + TABLE.replace("2,2024-01-03,4\n", ""), header_row=row)


def test_names_on_two_rows_are_joined_where_that_is_stated(read) -> None:
    rows = [["订单信息", None, "客户信息", None], ["编号", "日期", "编号", "金额"], ["1", "2024-01-02", "c", 2.5]]
    joined = ["订单信息 编号", "订单信息 日期", "客户信息 编号", "客户信息 金额"]
    columns, count, first, notes = told(read(rows, "A1:B1", "C1:D1", header_row_count=2))
    assert (columns, count, first) == (joined, 1, 3)
    assert "header in rows 1 to 2" in notes
    text = "\n".join(",".join(str(cell or "") for cell in row) for row in rows) + "\n"
    assert told(read(text, header_row=1, header_row_count=2))[:3] == (joined, 1, 3)


def test_group_names_above_the_header_are_no_header(read) -> None:
    rows = [["order", None, "customer", None], ["id", "day", "name", "amount"], ["1", "2024-01-02", "c", 2.5]]
    columns, count, _, notes = told(read(rows, "A1:B1", "C1:D1"))
    assert (columns, count) == (["id", "day", "name", "amount"], 1)
    assert 'header in row 2; above it: "order, customer"' in notes


def test_a_header_that_fills_two_rows_between_them_is_found(read) -> None:
    rows = [
        ["id", "customer", None, "amount"],
        [None, "name", "phone", None],
        ["1", "Bo", "55", 2.5],
        ["2", "Al", "56", 3],
    ]
    columns, count, _, notes = told(read(rows, "A1:A2", "B1:C1", "D1:D2"))
    assert (columns, count) == (["id", "customer name", "customer phone", "amount"], 2)
    assert "header in rows 1 to 2" in notes


@pytest.mark.parametrize("word", ["合计", "Total", "小计：", "Grand total"])
def test_a_closing_total_is_noted_as_a_doubt(read, word: str) -> None:
    assert f'row 4 looks like a total ("{word}")' in told(read(f"{TABLE}{word},,6.5\n"))[3]
    assert "looks like a total" not in told(read(TABLE + "3,2024-01-03,6.5\n"))[3]


@pytest.mark.parametrize("file", ["c20_orders.csv", "x3_orders.xlsx", "x3b_orders.xlsx"])
def test_the_case_of_titles_is_read(connection, regulars_data: Path, file: str) -> None:
    folder = regulars_data.parent / "cases" / "15-title-row-and-two-headers"
    if not folder.is_dir():
        pytest.skip("the folder cases/ beside REGULARS_DATA is not there")
    columns, count, first, notes = told(deliver(connection, TableSource(source=file), root=folder))
    assert (sorted(columns), count, first) == (["下单日期", "客户编号", "订单编号", "金额"], 463, 3)
    assert "header in row 2" in notes
