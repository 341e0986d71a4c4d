"""Columns that are told on the first row of an order only are filled down within the order, and nowhere else."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest

from helpers.connectors.delivery import connect, deliver
from helpers.contract import loading
from helpers.contract.canonical import Tables
from helpers.contract.filling import fill_down
from helpers.errors import ContractError, ParamsError
from helpers.schema.sources import OrdersSource, TableSource

HEAD = "id,who,day,sku,amount\n"
MAPPED = {"order_id": "id", "customer_id": "who", "ordered_at": "day", "product_id": "sku"}
ALL = ["order_id", "customer_id", "ordered_at"]


@pytest.fixture(scope="module")
def connection():
    return connect()


@pytest.fixture
def filled(connection, tmp_path: Path):
    """Id, customer and day of each row of a text, after filling."""

    def rows(text: str, fill: list[str], **files: str) -> list[tuple]:
        for name, content in ({"a": text} | files).items():
            (tmp_path / f"{name}.csv").write_text(HEAD + content, encoding="utf-8")
        delivered = deliver(connection, TableSource(source="*.csv" if files else "a.csv"), root=tmp_path)
        table = fill_down(connection, delivered, fill=fill, columns=MAPPED).table
        found = table.order_by(["_file", "_row"]).to_pyarrow().to_pylist()
        return [(row["id"], row["who"], row["day"]) for row in found]

    return rows


def load(root: Path, source: str, **stated: object) -> Tables:
    orders = OrdersSource(source=source, **{"grain": "line", "columns": MAPPED, "fill_down": ALL} | stated)
    return loading.load({"orders": orders}, as_of=date(2024, 12, 31), currency="EUR", stale_days=31, root=root)


def test_rows_below_the_first_of_an_order_are_filled(filled) -> None:
    text = "1,a,2024-01-01,x,2\n,,,y,3\n,,,z,4\n2,b,2024-01-02,x,5\n,,,y,6\n"
    first, second = ("1", "a", "2024-01-01"), ("2", "b", "2024-01-02")
    assert filled(text, ALL) == [first, first, first, second, second]
    assert filled(text, ["id", "who", "day"]) == filled(text, ALL)


def test_nothing_goes_from_one_order_into_the_next(filled) -> None:
    """A guest's order stays without a customer."""
    text = "1,a,2024-01-01,x,2\n2,,2024-01-02,x,5\n,,,y,6\n"
    assert [row[:2] for row in filled(text, ALL)] == [("1", "a"), ("2", None), ("2", None)]


def test_an_id_on_every_line_tells_orders_apart(filled) -> None:
    """Shopify's layout: the order's name on each line, the rest on its first."""
    text = "1,a,2024-01-01,x,2\n1,,,y,3\n2,,,x,5\n2,,,y,5\n,,,y,6\n"
    found = filled(text, ["who", "day"])
    assert found[:2] == [("1", "a", "2024-01-01")] * 2
    assert found[2:] == [("2", None, None), ("2", None, None), (None, None, None)]


def test_nothing_goes_from_one_file_into_the_next_or_above_the_first_order(filled) -> None:
    found = filled("1,a,2024-01-01,x,2\n", ALL, b=",,,y,3\n2,b,2024-01-02,x,4\n")
    assert found == [("1", "a", "2024-01-01"), (None, None, None), ("2", "b", "2024-01-02")]


@pytest.mark.parametrize("word", ["合计", "Total", "subtotal:"])
def test_a_row_of_totals_is_no_line_of_the_order_above_it(filled, word: str) -> None:
    found = filled(f"1,a,2024-01-01,x,2\n,,,y,3\n,,,{word},5\n", ALL)
    assert found == [("1", "a", "2024-01-01")] * 2 + [(None, None, None)]


def test_blanks_count_as_empty(filled) -> None:
    assert filled("1,a,2024-01-01,x,2\n  ,\u00a0,\u3000,y,3\n", ALL) == [("1", "a", "2024-01-01")] * 2


def test_a_column_that_is_not_there_is_one_error(filled) -> None:
    with pytest.raises(ParamsError, match=r"a\.csv: `fill_down` names `whom`, .* Did you mean `who`\?"):
        filled("1,a,2024-01-01,x,2\n", ["whom"])


def test_the_ledger_and_the_notes_count_what_was_filled(tmp_path: Path) -> None:
    text = HEAD + "1,a,2024-01-01,x,2\n,,,y,3.5\n2,b,2024-01-02,x,4\n,,,x,4\n"
    (tmp_path / "a.csv").write_text(text, encoding="utf-8")
    tables = load(tmp_path, "a.csv", rules=[{"rule": "repeated", "duplicates": True}])
    ledger = {row.rule: row for row in tables.ledger.itertuples()}
    changed = ledger["filled down within its order"]
    assert (changed.outcome, changed.row_count, changed.amount) == ("changed", 1, Decimal("3.50"))
    assert ledger["repeated"].row_count == 1  # both lines are of one order now, and alike
    assert (ledger["rows kept"].row_count, ledger["rows kept"].amount) == (3, Decimal("9.50"))
    assert "a.csv: `id`, `who`, `day` filled down within orders, in 2 rows" in tables.notes


def test_without_it_the_lines_below_have_no_order(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(HEAD + "1,a,2024-01-01,x,2\n,,,y,3.5\n2,b,2024-01-02,x,4\n", encoding="utf-8")
    with pytest.raises(ContractError, match="must not be empty"):
        load(tmp_path, "a.csv", fill_down=[])


def test_merged_cells_of_a_workbook_are_filled(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    lines = [["1", "a", date(2024, 1, 1), "x", 2], [None, None, None, "y", 3.5], ["2", "b", date(2024, 1, 2), "x", 4]]
    for row in [["id", "who", "day", "sku", "amount"], *lines]:
        book.active.append(row)
    for column in "ABC":
        book.active.merge_cells(f"{column}2:{column}3")
    book.save(tmp_path / "a.xlsx")
    orders = load(tmp_path, "a.xlsx").orders.order_by("order_id").to_pyarrow().to_pylist()
    found = [(row["order_id"], row["customer_id"], row["ordered_at"].date(), row["amount"]) for row in orders]
    assert found == [("1", "a", date(2024, 1, 1), Decimal("5.5")), ("2", "b", date(2024, 1, 2), Decimal(4))]


def test_the_case_of_merged_cells_has_its_revenue(regulars_data: Path) -> None:
    folder = regulars_data.parent / "cases" / "16-merged-order-cells"
    if not folder.is_dir():
        pytest.skip("the folder cases/ beside REGULARS_DATA is not there")
    names = ("Order ID", "Customer ID", "Order Date", "Product ID")
    columns = dict(zip(MAPPED, names, strict=True)) | {"amount": "Amount"}
    tables = load(folder, "orders.xlsx", columns=columns)
    assert tables.orders.amount.sum().execute() == Decimal("26076.27")
    assert tables.orders.count().execute() == 463
