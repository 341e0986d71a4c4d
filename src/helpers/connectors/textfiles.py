"""Delimited text as delivered: its encoding, delimiter and decimal mark found out, said, and read into Parquet.

Why not a library: of the ten encodings in the tests DuckDB's sniff_csv reads two (UTF-8 with and without BOM); of their
seven layouts it finds five (not "a<tab>b" beside decimal commas, nor "sep=;"), csv.Sniffer six (not a single column).
"""

from __future__ import annotations

import io
import re
import shutil
import uuid
from pathlib import Path

import duckdb
from ibis.backends.duckdb import Backend

from helpers.connectors import swallowed
from helpers.connectors.encodings import CHUNK, Scan, in_utf8, opened, sample, scan
from helpers.connectors.headers import closing_note
from helpers.connectors.layouts import Layout, decimal_mark, layout
from helpers.connectors.source_kinds import FileKind
from helpers.connectors.staging import Part, identifier, new_file, quoted
from helpers.errors import ContractError, message, one_line
from helpers.schema.sources import TableSource

REJECT_LIMIT = 10_000

Reject = tuple[int, str, str, str]
"""A row that could not be read: its line, the kind of fault, its text, and what DuckDB says."""


def stage(connection: Backend, path: Path, *, name: str, source: TableSource) -> Part:
    """A delimited text file as a Parquet file of the same rows, every column text.

    Parameters
    ----------
    path, name
        The file, and what messages call it.
    source
        Its `encoding`, `delimiter` and `decimal` hold where they are given; each is detected where it is None.

    Returns
    -------
    Part
        Empty fields are null. Its notes say what was detected.

    Raises
    ------
    ContractError
        The file is empty, no text, cannot be decoded, or its rows are ragged.
    """
    text = scan(path, name=name, encoding=source.encoding)
    given, odd_lines = path, text.notes
    if text.western_lines:
        given = _in_utf8(connection, path, name)
        text = scan(given, name=name, encoding=None)
    shape = layout(sample(given, text.encoding, name=name), source, name=name)
    readable = _cleaned(connection, given, text, name)
    parquet = new_file(connection, ".parquet")
    dialect_notes = _copied(connection, readable, parquet, shape=shape, name=name)
    if readable != path:
        readable.unlink()
    row = connection.con.execute(f"SELECT count(*) FROM read_parquet({quoted(parquet)})").fetchone()
    row_count, first_row = row[0] if row else 0, shape.skipped_lines + 2
    if text.line_count - row_count - shape.skipped_lines not in (0, 1):
        swallowed.check(connection, parquet, shape, first_row=first_row, name=name)
    notes = _notes(name, text, shape, source) + tuple(f"{name}: {note}" for note in (*odd_lines, *dialect_notes))
    notes += tuple(f"{name}: {note}" for note in _closing(connection, parquet, first_row + row_count - 1))
    return Part(name, parquet, path, row_count, first_row, notes)


def _in_utf8(connection: Backend, path: Path, name: str) -> Path:
    """A copy in which every line is in UTF-8, those too that another program added in windows-1252."""
    target = new_file(connection, ".csv")
    with opened(path, name) as raw, target.open("wb") as out:
        out.writelines(map(in_utf8, raw))
    return target


def _cleaned(connection: Backend, path: Path, text: Scan, name: str) -> Path:
    """The file itself where DuckDB reads it as it is; else a copy in UTF-8 with one kind of line end."""
    if text.encoding in ("utf-8", "utf-8-sig") and not text.has_mixed_newlines:
        return path
    target = new_file(connection, ".csv")
    with (
        opened(path, name) as raw,
        io.TextIOWrapper(raw, encoding=text.encoding, newline=None) as lines,
        target.open("w", encoding="utf-8", newline="\n") as out,
    ):
        shutil.copyfileobj(lines, out, CHUNK)
    return target


def _copied(connection: Backend, path: Path, parquet: Path, *, shape: Layout, name: str) -> tuple[str, ...]:
    """The rows as Parquet, read by the usual rules of quotes, else by those of some exports, which are then noted."""
    rejected = _rejects(connection, path, parquet, shape=shape, name=name)
    if not rejected:
        return ()
    mended = new_file(connection, ".csv")
    was_mended = _mended(path, mended, shape.delimiter, name)
    is_read = was_mended and not _rejects(connection, mended, parquet, shape=shape, name=name)
    mended.unlink()
    if is_read:
        return ('fields such as ="0001" and tabs behind quotation marks were read as one field each',)
    if not _rejects(connection, path, parquet, shape=shape, name=name, escape="\\"):
        return ('quotation marks inside quoted fields are written \\"',)
    raise ContractError(_ragged(rejected, shape, name))


def _mended(path: Path, target: Path, delimiter: str, name: str) -> bool:
    """A copy in which guards such as ="0001" are quoted as fields are; whether that changed anything."""
    end = rf"(?=[ \t]*(?:{re.escape(delimiter)}|\r?\n|\Z))"
    guard = re.compile(rf'(?:^|(?<={re.escape(delimiter)}))="((?:[^"]|"")*)"{end}')
    behind = re.compile(rf'"[\t ]*\t[\t ]*(?={re.escape(delimiter)}|\r?\n|\Z)')
    changed = 0
    with (
        opened(path, name) as raw,
        io.TextIOWrapper(raw, encoding="utf-8", newline="") as lines,
        target.open("w", encoding="utf-8", newline="") as out,
    ):
        for line in lines:
            quoted_line, guards = guard.subn(r'"=""\1"""', line)
            tidy_line, blanks = behind.subn('"', quoted_line)
            changed += guards + blanks
            out.write(tidy_line)
    return changed > 0


def _rejects(
    connection: Backend, path: Path, parquet: Path, *, shape: Layout, name: str, escape: str = '"'
) -> list[Reject]:
    """The rows written to a Parquet file, and those that could not be."""
    rejects = f"rejects_{uuid.uuid4().hex}"
    columns = ", ".join(f"{quoted(column)}: 'VARCHAR'" for column in shape.names)
    packed = "gzip" if path.suffix.lower() == ".gz" else "none"
    reading = (
        f"read_csv({quoted(path)}, delim={quoted(shape.delimiter)}, quote='\"', escape={quoted(escape)}, header=true, "
        f"skip={shape.skipped_lines}, auto_detect=false, strict_mode=true, columns={{{columns}}}, nullstr='', "
        f"compression='{packed}', hive_types_autocast=false, store_rejects=true, rejects_limit={REJECT_LIMIT}, "
        f"rejects_table='{rejects}', rejects_scan='{rejects}_scan')"
    )
    try:
        connection.con.execute(f"COPY (SELECT * FROM {reading}) TO {quoted(parquet)} (FORMAT parquet)")
    except duckdb.Error as error:
        if isinstance(error, duckdb.OutOfMemoryException):
            raise
        raise ContractError(f"{name} must be delimited text: {str(error).splitlines()[0]}") from None
    rows = connection.con.execute(
        f"SELECT line, any_value(error_type), any_value(csv_line), any_value(error_message) "
        f"FROM {identifier(rejects)} GROUP BY line ORDER BY line"
    ).fetchall()
    connection.con.execute(f"DROP TABLE {identifier(rejects)}; DROP TABLE {identifier(rejects + '_scan')}")
    return rows


def _closing(connection: Backend, parquet: Path, row: int) -> tuple[str, ...]:
    """The doubt about the last row, where it looks like the sum of the others."""
    last = connection.con.execute(
        f"SELECT * EXCLUDE (file_row_number) FROM read_parquet({quoted(parquet)}, file_row_number=true) "
        f"ORDER BY file_row_number DESC LIMIT 1"
    ).fetchone()
    return closing_note([cell or "" for cell in last or ()], row)


def _ragged(rejected: list[Reject], layout: Layout, name: str) -> str:
    width = len(layout.names)
    problems = [_reject(*row) for row in rejected]
    widths = {len(record) for record in layout.records}
    hint = ""
    if len(rejected) > 1 and widths and min(widths) > width:
        hint = "\nDoes a title line stand above the header? State `header_row`." if width == 1 else ""
        if layout.delimiter == "," and width > 1:
            hint = "\nIs the decimal mark a comma, in a file that is delimited by commas?"
    wanted = f"{width} field{'' if width == 1 else 's'} in each row, as in its header"
    return message(f"{name} must have {wanted} (delimiter {layout.delimiter!r})", problems) + hint


def _reject(line: int, kind: str, text: str, detail: str) -> str:
    shown = one_line(" ".join(text.split()))[:60]
    if "COLUMNS" in kind:
        return f'row {line} has {detail.rsplit(" ", 1)[-1]} ("{shown}")'
    if kind == "UNQUOTED VALUE":
        return f'row {line}: a quotation mark is not closed, or stands inside a quoted field ("{shown}")'
    return f'row {line}: {detail.splitlines()[0]} ("{shown}")'


def _notes(name: str, text: Scan, shape: Layout, source: TableSource) -> tuple[str, ...]:
    stated = " (as stated)" if source.decimal else ""
    mark = source.decimal or decimal_mark(shape.records)
    marks = {None: "decimal mark not in use", "": "decimal marks differ between columns"}
    said = marks.get(mark) or f"decimal mark {mark!r}{stated}"
    notes = [f"{name}: {text.shown}, delimiter {shape.delimiter!r}, {said}"]
    notes += [f"{name}: {note}" for note in shape.notes]
    if text.has_blank_lines:
        notes.append(f"{name}: blank lines are left out and not counted in row numbers")
    return tuple(notes)


KIND = FileKind("text", (".csv", ".tsv", ".tab", ".txt"), "CSV, TSV or TXT (also .gz)", stage, may_be_gzipped=True)
