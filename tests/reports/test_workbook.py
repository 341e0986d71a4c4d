"""All tables of a report in one workbook: types and units are kept, nothing runs, equal tables give equal bytes."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from helpers.display.wording import speaking
from helpers.reports import forgetting, workbook

AS_OF = date(2025, 1, 31)
CUSTOMERS = (
    "customer_id,first_on,last_at,order_count,amount,top_share,code,remark\n"
    "0012,2024-02-29,2025-01-31T09:30:00,3,12.50,0.4886,0007,'=1+1\n"
    "客1,1997-01-01,,12345678901234567890,-3.00,,0008,a\n"
)


def report(folder: Path, **tables: str) -> Path:
    """The folder of a report with these tables of exploration."""
    place = folder / "tables" / "exploration"
    place.mkdir(parents=True)
    for name, text in tables.items():
        (place / f"{name}.csv").write_text(text, encoding="utf-8")
    return folder


def sheets(folder: Path) -> dict[str, list[tuple[Any, ...]]]:
    book = openpyxl.load_workbook(folder / workbook.FILE_NAME)
    return {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in book.worksheets}


def test_types_are_those_of_the_table(tmp_path: Path) -> None:
    workbook.write(report(tmp_path, customers=CUSTOMERS), title="Shop", as_of=AS_OF)
    rows = sheets(tmp_path)["exploration customers"]
    assert rows[0] == tuple(CUSTOMERS.partition("\n")[0].split(","))
    first = ("0012", datetime(2024, 2, 29), datetime(2025, 1, 31, 9, 30), "3", 12.5, 0.4886, "0007", "'=1+1")
    assert rows[1] == first, (
        "ids and codes keep their zeros; a number that no sheet holds exactly makes its column text"
    )
    assert rows[2][:2] == ("客1", datetime(1997, 1, 1))
    assert rows[2][2] is rows[2][5] is None
    assert rows[2][3] == "12345678901234567890"


def test_a_share_is_shown_as_a_percentage_and_money_to_the_cent(tmp_path: Path) -> None:
    workbook.write(report(tmp_path, customers=CUSTOMERS), title="Shop", as_of=AS_OF)
    sheet = openpyxl.load_workbook(tmp_path / workbook.FILE_NAME)["exploration customers"]
    shown = {sheet.cell(1, column).value: sheet.cell(2, column).number_format for column in range(1, 8)}
    assert shown["top_share"] == "0.0%"
    assert shown["amount"] == "#,##0.00"
    assert shown["first_on"] == "yyyy-mm-dd"
    assert shown["code"] == "General"
    assert sheet.freeze_panes == "A2"


def test_the_first_sheets_say_what_a_row_is_and_the_unit_of_a_column(tmp_path: Path) -> None:
    workbook.write(report(tmp_path, customers=CUSTOMERS, gaps="gap_days,gap_count\n3,40\n"), title="Shop", as_of=AS_OF)
    made = sheets(tmp_path)
    assert list(made) == ["contents", "columns", "exploration customers", "exploration gaps"]
    assert made["contents"][0][0] == "Shop, 31 January 2025"
    told = {row[0]: row[1:4] for row in made["contents"][3:]}
    assert told["exploration customers"] == ("tables/exploration/customers.csv", "a customer", 2)
    assert told["exploration gaps"] == (
        "tables/exploration/gaps.csv",
        "pauses of a length, or of lengths gathered up to gap_days",
        1,
    )
    units = {row[:2]: row[2] for row in made["columns"][1:]}
    assert units["exploration customers", "top_share"] == "share, 0 to 1"
    assert units["exploration gaps", "gap_days"] == "days"
    assert units["exploration customers", "remark"] == ""


def test_equal_tables_give_equal_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folders = [report(tmp_path / name, customers=CUSTOMERS) for name in ("a", "b")]
    first = workbook.write(folders[0], title="Shop", as_of=AS_OF)
    monkeypatch.setattr("time.time", lambda: 2_000_000_000.0)
    second = workbook.write(folders[1], title="Shop", as_of=AS_OF)
    assert first
    assert second
    assert first.read_bytes() == second.read_bytes()


def test_long_and_equal_names_are_sheets_of_their_own(tmp_path: Path) -> None:
    long = "a_table_with_a_name_that_is_far_too_long"
    workbook.write(report(tmp_path, **{f"{long}_1": "n\n1\n", f"{long}_2": "n\n2\n"}), title="Shop", as_of=AS_OF)
    names = list(sheets(tmp_path))[2:]
    assert len(set(names)) == 2
    assert all(len(name) <= workbook.LONGEST_NAME for name in names)
    assert [rows[1][0] for rows in list(sheets(tmp_path).values())[2:]] == [1, 2]


def test_a_table_of_too_many_rows_is_cut_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "MOST_ROWS", 2)
    workbook.write(report(tmp_path, gaps="gap_days,gap_count\n1,1\n2,1\n3,1\n"), title="Shop", as_of=AS_OF)
    made = sheets(tmp_path)
    assert len(made["exploration gaps"]) == 3
    assert made["contents"][3][3:5] == (3, "the first 2 rows; all of them are in the file")


def test_without_tables_there_is_none(tmp_path: Path) -> None:
    assert workbook.write(tmp_path, title="Shop", as_of=AS_OF) is None
    assert not (tmp_path / workbook.FILE_NAME).exists()


def test_who_is_erased_leaves_the_workbook_too(tmp_path: Path) -> None:
    folder = report(tmp_path, customers=CUSTOMERS)
    (folder / "manifest.json").write_text(json.dumps({"title": "Shop", "as_of": "2025-01-31", "outputs": {}}))
    workbook.write(folder, title="Shop", as_of=AS_OF)
    forgetting.forget(folder, frozenset({"0012"}))
    assert [row[0] for row in sheets(folder)["exploration customers"]] == ["customer_id", "客1"]


def test_what_it_says_of_the_tables_is_in_the_language_of_the_report(tmp_path: Path) -> None:
    folder = report(tmp_path, customers=CUSTOMERS)
    record = {"title": "小店", "as_of": "2025-01-31", "language": "zh", "outputs": {}}
    (folder / "manifest.json").write_text(json.dumps(record), encoding="utf-8")
    with speaking("zh"):
        workbook.write(folder, title="小店", as_of=AS_OF)
    for customer_count in (2, 1):
        made = sheets(folder)
        assert list(made) == ["目录", "列", "exploration customers"]
        assert made["目录"][0][0] == "小店，2025年1月31日"
        assert made["目录"][2] == ("工作表", "文件", "每行为", "行数", "备注")
        assert made["目录"][3][2:4] == ("一位客户", customer_count)
        assert {row[2] for row in made["列"][1:]} == {"占比，0 到 1", "报告币种", "数量", "日期", "时刻", ""}
        forgetting.forget(folder, frozenset({"0012"}))
