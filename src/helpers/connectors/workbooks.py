"""Sheets of Excel and OpenDocument workbooks, through calamine; the one kind of file read whole."""

from __future__ import annotations

from datetime import date, datetime, time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from ibis.backends.duckdb import Backend
from python_calamine import CalamineError, load_workbook

from helpers.connectors.source_kinds import FileKind
from helpers.connectors.staging import Part, header, new_file
from helpers.errors import ContractError, ParamsError, nearest
from helpers.schema.sources import TableSource

EXACT = 2**53


def stage(connection: Backend, path: Path, *, name: str, source: TableSource) -> Part:
    """One sheet as a Parquet file; rows keep the numbers that the spreadsheet program shows.

    A column of which all cells are numbers, or all are dates, keeps that type; any other becomes text. Whole numbers
    beyond 2**53 are written in scientific notation, since the workbook itself no longer holds their digits.
    """
    sheet, cells = _cells(path, name=name, wanted=source.table)
    filled = [(number, row) for number, row in enumerate(cells, start=1) if any(not _is_empty(cell) for cell in row)]
    if not filled:
        raise ContractError(f"{name}, sheet `{sheet}`, must hold a header row and rows, found an empty sheet.")
    (top, first), rows = filled[0], filled[1:]
    width = max(place for _, row in filled for place, cell in enumerate(row, start=1) if not _is_empty(cell))
    names = header(first[:width], where=f"{name}, sheet `{sheet}`")
    columns = {column: _column([row[place] for _, row in rows]) for place, column in enumerate(names)}
    columns["_row"] = pa.array([number for number, _ in rows], pa.int64())
    parquet = new_file(connection, ".parquet")
    pq.write_table(pa.table(columns), parquet)
    above = "" if top == 1 else f", header in row {top}"
    return Part(name, parquet, path, len(rows), None, (f"{name}: sheet `{sheet}`{above}",))


def _cells(path: Path, *, name: str, wanted: str | None) -> tuple[str, list[list[object]]]:
    try:
        book = load_workbook(path)
    except CalamineError as error:
        raise ContractError(f"{name} must be a workbook that can be opened, found: {error}.") from None
    sheets = list(book.sheet_names)
    if wanted is None and len(sheets) > 1:
        raise ParamsError(f"{name} has {len(sheets)} sheets; state one as `table`: {', '.join(sheets)}.")
    sheet = sheets[0] if wanted is None else wanted
    if sheet not in sheets:
        raise ParamsError(f"{name} must have the sheet `{sheet}`, found {', '.join(sheets)}.{nearest(sheet, sheets)}")
    return sheet, [list(row) for row in book.get_sheet_by_name(sheet).to_python(skip_empty_area=False)]


def _is_empty(cell: object) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip())


def _column(cells: list[object]) -> pa.Array:
    values = [None if _is_empty(cell) else cell for cell in cells]
    filled = [value for value in values if value is not None]
    if filled and all(isinstance(value, date) for value in filled):
        return pa.array([_instant(value) if isinstance(value, date) else None for value in values], pa.timestamp("us"))
    numbers = [value for value in filled if isinstance(value, int | float) and not isinstance(value, bool)]
    is_exact = all(abs(number) < EXACT or not float(number).is_integer() for number in numbers)
    if not filled or len(numbers) < len(filled) or not is_exact:
        return pa.array([None if value is None else _text(value) for value in values], pa.string())
    if all(float(number).is_integer() for number in numbers):
        return pa.array([int(value) if isinstance(value, int | float) else None for value in values], pa.int64())
    return pa.array(values, pa.float64())


def _instant(value: date) -> datetime:
    return value if isinstance(value, datetime) else datetime(value.year, value.month, value.day)


def _text(value: object) -> str:
    if isinstance(value, int | float) and not isinstance(value, bool):
        if not float(value).is_integer():
            return repr(value)
        return f"{float(value):e}" if abs(value) >= EXACT else str(int(value))
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    return value.isoformat() if isinstance(value, date | time) else str(value)


KIND = FileKind("workbook", (".xlsx", ".xls", ".xlsm", ".xlsb", ".ods"), "Excel (.xlsx, .xls, .ods)", stage)
