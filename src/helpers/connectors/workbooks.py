"""Sheets of Excel and OpenDocument workbooks, and what bears the name of one: pages of HTML, and delimited text."""

from __future__ import annotations

import codecs
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from ibis.backends.duckdb import Backend
from python_calamine import CalamineError, CalamineWorkbook, load_workbook

from helpers.connectors import headers, textfiles, web_tables
from helpers.connectors.encodings import scan
from helpers.connectors.source_kinds import FileKind
from helpers.connectors.staging import Part, header, new_file
from helpers.errors import ContractError, ParamsError, nearest
from helpers.schema.sources import TableSource

EXACT = 2**53
OLE = b"\xd0\xcf\x11\xe0"
ZIP = b"PK\x03\x04"
MOST_UNPACKED_BYTES = 2 * 2**30
HEAD_BYTES = 4096

Cells = list[list[object]]


@dataclass(frozen=True)
class Sheet:
    """One sheet of a workbook: its name, the names of its columns (none where it has no header), and its rows."""

    name: str
    columns: tuple[str, ...]
    row_count: int


@dataclass(frozen=True)
class _Book:
    """A workbook by its sheets; `kind` says what the file is where that is no workbook."""

    sheets: tuple[str, ...]
    cells: dict[str, Cells]
    opened: CalamineWorkbook | None = None
    kind: str = ""

    def read(self, sheet: str, name: str) -> tuple[Cells, list[tuple[tuple[int, int], tuple[int, int]]]]:
        """The cells of a sheet from its first row and column, and its merged ranges."""
        if self.opened is None:
            return self.cells[sheet], []
        try:
            opened_sheet = self.opened.get_sheet_by_name(sheet)
            rows = opened_sheet.to_python(skip_empty_area=False)
            return [list(row) for row in rows], list(opened_sheet.merged_cell_ranges or [])
        except CalamineError as error:
            raise ContractError(f"{name}, sheet `{sheet}`, must be a sheet of cells, found: {error}.") from None


def stage(connection: Backend, path: Path, *, name: str, source: TableSource) -> Part:
    """One sheet as a Parquet file; rows keep the numbers that the spreadsheet program shows.

    A column of which all cells are numbers, or all are dates, keeps that type; any other becomes text. Whole numbers
    beyond 2**53 are written in scientific notation, since the workbook itself no longer holds their digits. A page of
    HTML or a delimited text under the name of a workbook is read as what it is.
    """
    if _is_text(path):
        part = textfiles.stage(connection, path, name=name, source=source)
        rest = part.notes[0].removeprefix(f"{name}: ")
        return replace(part, notes=(f"{name}: text under the name of a workbook: {rest}", *part.notes[1:]))
    book = _book(path, name=name)
    sheet = _chosen(book, path, name=name, wanted=source.table)
    where = f"{name}, sheet `{sheet}`"
    cells, merged = book.read(sheet, name)
    rows = _filled(cells)
    if not rows:
        raise ContractError(f"{where}, must hold a header row and rows, found an empty sheet.")
    place = headers.find([(number, _texts(row)) for number, row in rows[: headers.SAMPLE_ROWS]], source, where=where)
    below = [(number, row) for number, row in rows if number > place.last_row]
    width = max(_reach(row) for number, row in rows if number >= place.first_row)
    names = header([*place.names, *[""] * width][:width], where=where)
    columns = {column: _column([row[place] for _, row in below]) for place, column in enumerate(names)}
    columns["_row"] = pa.array([number for number, _ in below], pa.int64())
    parquet = new_file(connection, ".parquet")
    pq.write_table(pa.table(columns), parquet)
    return Part(name, parquet, path, len(below), None, tuple(_notes(name, sheet, book, place, below, merged)))


def _notes(
    name: str,
    sheet: str,
    book: _Book,
    place: headers.Header,
    below: list[tuple[int, list[object]]],
    merged: list[tuple[tuple[int, int], tuple[int, int]]],
) -> Iterator[str]:
    where = f", {place.notes[0]}" if place.notes else ""
    yield f"{name}: {book.kind}sheet `{sheet}`{where}"
    reaching = {first[1] for first, last in merged if last[0] > first[0] and last[0] >= place.last_row}
    if reaching:
        named = ", ".join(f"`{place.names[column]}`" for column in sorted(reaching) if column < len(place.names))
        yield f"{name}: cells of {named} are merged over several rows and tell the first of them only; see `fill_down`"
    if below:
        yield from (f"{name}: {note}" for note in headers.closing_note(_texts(below[-1][1]), below[-1][0]))


def sheets(path: Path, *, name: str) -> tuple[Sheet, ...]:
    """The sheets of a workbook that hold cells, in its own order.

    Raises
    ------
    ContractError
        The file cannot be opened as a workbook.
    """
    if _is_text(path):
        return ()
    book = _book(path, name=name)
    return tuple(one for sheet in book.sheets if (one := _described(book, sheet, name)) is not None)


def _described(book: _Book, sheet: str, name: str) -> Sheet | None:
    rows = _filled(book.read(sheet, name)[0])
    if not rows:
        return None
    try:
        sample = [(number, _texts(row)) for number, row in rows[: headers.SAMPLE_ROWS]]
        place = headers.find(sample, TableSource(source=name), where=sheet)
    except ContractError:
        return Sheet(sheet, (), len(rows))
    return Sheet(sheet, place.names, sum(number > place.last_row for number, _ in rows))


def _is_text(path: Path) -> bool:
    """Whether the bytes are text: no workbook, which holds zeros, and no page of HTML."""
    head = _head(path)
    is_binary = b"\0" in head and not head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return not head.startswith((OLE, ZIP)) and not is_binary and not _is_markup(head) and bool(head.strip())


def _head(path: Path) -> bytes:
    with path.open("rb") as stream:
        return stream.read(HEAD_BYTES)


def _is_markup(head: bytes) -> bool:
    return head.replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").startswith(b"<")


def _book(path: Path, *, name: str) -> _Book:
    head = _head(path)
    if not head.strip():
        raise ContractError(f"{name} must be a workbook, found an empty file.")
    if _is_markup(head):
        return _page(path, name=name)
    if head.startswith(ZIP):
        _check_archive(path, name)
    try:
        opened = load_workbook(path)
    except CalamineError as error:
        reason = "one that is protected by a password; save it without" if _is_locked(error) else str(error)
        raise ContractError(f"{name} must be a workbook that can be opened, found: {reason}.") from None
    return _Book(tuple(opened.sheet_names), {}, opened)


def _is_locked(error: CalamineError) -> bool:
    return "assword" in str(error)


def _check_archive(path: Path, name: str) -> None:
    """Every part of the archive must hold what its checksum says, and unpack to a size that memory holds."""
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(part.file_size for part in archive.infolist())
            damaged = archive.testzip() if size <= MOST_UNPACKED_BYTES else None
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError) as error:
        reason = f"a damaged archive ({error})"
        raise ContractError(f"{name} must be a whole workbook, found {reason}; ask for it anew.") from None
    if size > MOST_UNPACKED_BYTES:
        raise ContractError(f"{name} must unpack to {MOST_UNPACKED_BYTES / 2**30:.0f} GB at most; save it as text.")
    if damaged is not None:
        raise ContractError(f"{name} must be a whole workbook, found damage in its part {damaged}; ask for it anew.")


def _page(path: Path, *, name: str) -> _Book:
    text = path.read_bytes().decode(scan(path, name=name, encoding=None).encoding)
    page_tables: list[list[list[object]]] = [
        [list(row) for row in table] for table in web_tables.tables(text, where=name)
    ]
    if not page_tables:
        raise ContractError(f"{name} must be a workbook or hold a table, found markup without one; save it as .xlsx.")
    named = {f"table {place}": _even(table) for place, table in enumerate(page_tables, start=1)}
    return _Book(tuple(named), named, kind="a page of HTML under the name of a workbook, ")


def _even(rows: Cells) -> Cells:
    width = max(map(len, rows))
    return [[*row, *[""] * (width - len(row))] for row in rows]


def _chosen(book: _Book, path: Path, *, name: str, wanted: str | None) -> str:
    if wanted is None and len(book.sheets) > 1:
        listed = "; ".join(map(_listed, sheets(path, name=name)))
        raise ParamsError(f"{name} has {len(book.sheets)} sheets; state one as `table`: {listed}.")
    sheet = book.sheets[0] if wanted is None else wanted
    if sheet not in book.sheets:
        raise ParamsError(
            f"{name} must have the sheet `{sheet}`, found {', '.join(book.sheets)}.{nearest(sheet, book.sheets)}"
        )
    return sheet


def _listed(sheet: Sheet) -> str:
    count = f"{sheet.row_count:,} row{'' if sheet.row_count == 1 else 's'}"
    return f"{sheet.name} ({count}: {', '.join(sheet.columns[:4]) or 'no header'})"


def _filled(cells: Cells) -> list[tuple[int, list[object]]]:
    """The rows that hold something, with the numbers that the spreadsheet program shows."""
    return [(number, row) for number, row in enumerate(cells, start=1) if _reach(row)]


def _reach(row: list[object]) -> int:
    return max((place for place, cell in enumerate(row, start=1) if not _is_empty(cell)), default=0)


def _texts(row: list[object]) -> list[str]:
    return ["" if _is_empty(cell) else _text(cell).strip() for cell in row]


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
