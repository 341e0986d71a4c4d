"""All tables of a report as one workbook: a sheet each, with formats by unit, and a list of what is on which.

What it says of the tables is in the language that is spoken; the tables are as they were kept.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from helpers.display import language as say
from helpers.display.tables import CSV_ENCODING
from helpers.display.wording import named, vocabulary, worded
from helpers.project import project_root

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

FILE_NAME = "tables.xlsx"
MOST_ROWS = 2**20 - 1
"""Rows of a sheet, less its header."""
LONGEST_NAME = 31
LONGEST_CELL = 32_767
FORMATS = {
    "_share": "0.0%",
    "_amount": "#,##0.00",
    "_count": "#,##0",
    "_weeks": "#,##0.0",
    "_days": "#,##0",
    "_months": "#,##0",
    "_on": "yyyy-mm-dd",
    "_at": "yyyy-mm-dd hh:mm",
}
"""How a spreadsheet shows a column, by the ending of its name."""
UNITS = dict(
    zip(
        FORMATS,
        vocabulary("share, 0 to 1", "the report's currency", "number", "weeks", "days", "months", "day", "instant"),
        strict=True,
    )
)
"""The unit of a column, by the same."""
SAME_UNITS = {"amount": "_amount", "share": "_share", "n": "_count", "low_share": "_share", "high_share": "_share"}
NUMBER = re.compile(r"-?(0|[1-9]\d{0,14})(\.\d+)?([eE][-+]?\d+)?")
"""A number that a spreadsheet holds exactly; digits behind a zero, such as 0012, are text."""
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
CREATED_ON = datetime(2000, 1, 1)
"""Said of every workbook: equal tables give equal bytes."""


@dataclass(frozen=True)
class _Sheet:
    """A table of a notebook, and the sheet that it goes to."""

    name: str
    path: Path
    row_is: str

    @property
    def place(self) -> str:
        return f"tables/{self.path.parent.name}/{self.path.name}"


def write(folder: Path, *, title: str, as_of: date) -> Path | None:
    """Write the tables of a report as one workbook beside them; nothing where it has none.

    Parameters
    ----------
    folder
        Of the report, with `tables/<notebook>/<name>.csv`.
    title, as_of
        Of the report, for the first sheet.

    Returns
    -------
    Path or None
        The workbook. Its first sheet lists the others with what a row is; its second the columns with their units. Ids
        and texts stay texts. A table of more rows than a sheet holds is cut, which the first sheet says.
    """
    from xlsxwriter.workbook import Workbook

    sheets = list(_sheets(sorted((folder / "tables").glob("*/*.csv"))))
    if not sheets:
        return None
    target = folder / FILE_NAME
    with Workbook(target, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        book.set_properties({"title": f"{title}, {as_of}", "created": CREATED_ON})
        contents, columns = book.add_worksheet(worded("contents")), book.add_worksheet(worded("columns"))
        tables = [(sheet, _fill(book, book.add_worksheet(sheet.name), sheet.path)) for sheet in sheets]
        _list_tables(book, contents, tables, heading=worded("{title}, {day}", title=title, day=say.day(as_of)))
        _list_columns(book, columns, tables)
    return target


def _sheets(paths: Iterable[Path]) -> Iterator[_Sheet]:
    """A sheet for each table, under a name that a spreadsheet takes and no other has."""
    taken = {worded("contents"), worded("columns")}
    known = _documented()
    for path in paths:
        notebook, table = path.parent.name, path.stem
        name = re.sub(r"[\[\]:*?/\\']", "_", f"{notebook} {table}")[:LONGEST_NAME].strip()
        number = 2
        while name.casefold() in taken:
            ending = f" {number}"
            name, number = name[: LONGEST_NAME - len(ending)] + ending, number + 1
        taken.add(name.casefold())
        yield _Sheet(name, path, named(known.get((notebook, path.name), "")))


def _documented() -> dict[tuple[str, str], str]:
    """What a row of each table is, as docs/outputs.md says, by notebook and file."""
    path = project_root() / "docs" / "outputs.md"
    return documented_rows(path.read_text(encoding="utf-8")) if path.is_file() else {}


def documented_rows(text: str) -> dict[tuple[str, str], str]:
    """What a row of each table is, by notebook and file, in the text of docs/outputs.md."""
    rows, notebook = {}, ""
    for line in text.splitlines():
        if line.startswith("## "):
            notebook = line.removeprefix("## tables/").strip("/") if line.startswith("## tables/") else ""
        elif notebook and line.startswith("| "):
            file, row_is, *_ = (cell.strip() for cell in line.strip("| ").split(" | "))
            rows[notebook, file] = row_is
    return rows


@dataclass(frozen=True)
class _Filled:
    """What went onto a sheet: its columns, and of how many rows how many."""

    columns: Sequence[str]
    row_count: int
    kept_count: int


def _fill(book: Workbook, sheet: Worksheet, path: Path) -> _Filled:
    with path.open(encoding=CSV_ENCODING, newline="") as file:
        header, *rows = list(csv.reader(file)) or [[]]
    kept = rows[:MOST_ROWS]
    formats = [_format(book, name) for name in header]
    is_number = [
        not name.endswith("_id") and all(NUMBER.fullmatch(row[i]) for row in kept if row[i])
        for i, name in enumerate(header)
    ]
    sheet.freeze_panes(1, 0)
    bold = book.add_format({"bold": True})
    for place, name in enumerate(header):
        sheet.set_column(place, place, min(max(len(name), 10), 40))
        sheet.write_string(0, place, name, bold)
    for number, row in enumerate(kept, start=1):
        for place, text in enumerate(row):
            _write(sheet, number, place, text, formats[place], is_number=is_number[place])
    if header:
        sheet.autofilter(0, 0, len(kept), len(header) - 1)
    return _Filled(header, len(rows), len(kept))


def _write(sheet: Worksheet, row: int, place: int, text: str, shown: Format | None, *, is_number: bool) -> None:
    if not text:
        return
    if is_number:
        sheet.write_number(row, place, float(text), shown)
    elif shown is not None and DAY.match(text):
        try:
            sheet.write_datetime(row, place, datetime.fromisoformat(text).replace(tzinfo=None), shown)
        except ValueError:  # years that a spreadsheet does not know
            sheet.write_string(row, place, text)
    else:
        sheet.write_string(row, place, text[:LONGEST_CELL])


def _ending(column: str) -> str | None:
    return SAME_UNITS.get(column) or next((ending for ending in FORMATS if column.endswith(ending)), None)


def _format(book: Workbook, column: str) -> Format | None:
    ending = _ending(column)
    return book.add_format({"num_format": FORMATS[ending]}) if ending else None


def _list_tables(book: Workbook, sheet: Worksheet, tables: Sequence[tuple[_Sheet, _Filled]], *, heading: str) -> None:
    bold = book.add_format({"bold": True})
    sheet.set_column(0, 0, 34)
    sheet.set_column(1, 2, 44)
    sheet.write_string(0, 0, heading, bold)
    heads = worded("sheet"), worded("file"), worded("a row is"), worded("rows"), worded("note")
    for place, name in enumerate(heads):
        sheet.write_string(2, place, name, bold)
    for row, (table, filled) in enumerate(tables, start=3):
        sheet.write_url(row, 0, f"internal:'{table.name}'!A1", string=table.name)
        sheet.write_string(row, 1, table.place)
        sheet.write_string(row, 2, table.row_is)
        sheet.write_number(row, 3, filled.row_count)
        if filled.kept_count < filled.row_count:
            note = worded("the first {count} rows; all of them are in the file", count=say.number(filled.kept_count))
            sheet.write_string(row, 4, note)


def _list_columns(book: Workbook, sheet: Worksheet, tables: Sequence[tuple[_Sheet, _Filled]]) -> None:
    bold = book.add_format({"bold": True})
    sheet.set_column(0, 2, 34)
    for place, name in enumerate((worded("sheet"), worded("column"), worded("unit"))):
        sheet.write_string(0, place, name, bold)
    columns = ((table.name, name) for table, filled in tables for name in filled.columns)
    for row, (table_name, column) in enumerate(columns, start=1):
        ending = _ending(column)
        for place, text in enumerate((table_name, column, named(UNITS[ending]) if ending else "")):
            sheet.write_string(row, place, text)
