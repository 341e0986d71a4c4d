"""Delimited text as delivered: its encoding, delimiter and decimal mark found out, said, and read into Parquet.

Why not a library: of the ten encodings in the tests DuckDB's sniff_csv reads two (UTF-8 with and without BOM); of their
seven layouts it finds five (not "a<tab>b" beside decimal commas, nor "sep=;"), csv.Sniffer six (not a single column).
"""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

import duckdb
from charset_normalizer import from_bytes
from ibis.backends.duckdb import Backend

from helpers.connectors.source_kinds import FileKind
from helpers.connectors.staging import Part, header, identifier, new_file, quoted
from helpers.errors import ContractError, ParamsError, message, nearest
from helpers.schema.sources import TableSource

DELIMITERS = (",", ";", "\t", "|")
SAMPLE_BYTES = 1 << 18
SAMPLE_ROWS = 1000
CHUNK = 1 << 20
REJECT_LIMIT = 10_000
BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
NAMED = {"utf-8-sig": "utf-8 with BOM", "cp1252": "windows-1252"}
COMMON = ("utf-8", "utf-8-sig", "utf-16", "gb18030", "gbk", "big5", "shift_jis", "cp1252", "latin-1")
NOT_LATIN = (
    "gb",
    "big5",
    "shift_jis",
    "cp932",
    "euc",
    "cp949",
    "cp1251",
    "koi8",
    "cp1253",
    "cp1255",
    "cp1256",
    "cp874",
)
OTHER_FORMATS = {b"PK\x03\x04": "a workbook or zip archive", b"PAR1": "Parquet", b"\x1f\x8b": "gzip (name it .gz)"}
COMMA_NUMBER = re.compile(r"[-+]?(\d+|[1-9]\d{0,2}(\.\d{3})+),(\d{1,2}|\d{4,})|[-+]?[1-9]\d{0,2}(\.\d{3})+,\d{3}")
DOT_NUMBER = re.compile(r"[-+]?(\d+|[1-9]\d{0,2}(,\d{3})+)\.(\d{1,2}|\d{4,})|[-+]?[1-9]\d{0,2}(,\d{3})+\.\d{3}")
BLANK_LINE = re.compile(r"\n\r?\n\s*\S")
HEADER_WORDS = re.compile("订单|单号|客户|会员|用户|顾客|买家|金额|价|日期|时间|数量|商品|店")
SEPARATOR_LINE = re.compile(r'"?sep=(.)"?\s*')


@dataclass(frozen=True)
class _Text:
    """What a scan of the whole file showed: how to decode it, and whether DuckDB must have it cleaned first."""

    encoding: str
    is_guess: bool
    has_mixed_newlines: bool
    has_blank_lines: bool


@dataclass(frozen=True)
class _Layout:
    """Where the header stands and how records are told apart."""

    delimiter: str
    names: tuple[str, ...]
    skipped_lines: int
    records: list[list[str]]
    is_stated: bool


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
    text = _scan(path, name=name, encoding=source.encoding)
    layout = _layout(_sample(path, text.encoding), name=name, delimiter=source.delimiter)
    readable = _cleaned(connection, path, text)
    parquet = new_file(connection, ".parquet")
    _copy(connection, readable, parquet, layout=layout, name=name)
    if readable != path:
        readable.unlink()
    row = connection.con.execute(f"SELECT count(*) FROM read_parquet({quoted(parquet)})").fetchone()
    notes = _notes(name, text, layout, source)
    return Part(name, parquet, path, row[0] if row else 0, layout.skipped_lines + 2, notes)


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    with gzip.open(path) if path.suffix.lower() == ".gz" else path.open("rb") as stream:
        yield cast(BinaryIO, stream)


def _head(path: Path, size: int = SAMPLE_BYTES) -> bytes:
    with _opened(path) as stream:
        return stream.read(size)


def _scan(path: Path, *, name: str, encoding: str | None) -> _Text:
    try:
        head = _head(path)
    except (gzip.BadGzipFile, EOFError):
        raise ContractError(f"{name} must be a gzip file, as its ending says, found none; rename it.") from None
    if not head.strip():
        raise ContractError(f"{name} must hold a header line and rows, found an empty file.")
    chosen = _stated(encoding, name) if encoding else _from_bytes_alone(head, name)
    if chosen:
        return _decoded(path, chosen, name=name, is_guess=False)
    try:
        return _decoded(path, "utf-8", name=name, is_guess=False)
    except ContractError:
        return _guessed(path, name=name)


def _stated(encoding: str, name: str) -> str:
    try:
        codec = codecs.lookup(encoding)
    except LookupError:
        raise ParamsError(
            f"{name}: `encoding` must be one that Python knows, such as utf-8 or gb18030, found {encoding!r}."
            f"{nearest(encoding, COMMON)}"
        ) from None
    return "utf-8-sig" if codec.name == "utf-8" else codec.name


def _from_bytes_alone(head: bytes, name: str) -> str | None:
    for mark, encoding in BOMS:
        if head.startswith(mark):
            return encoding
    for magic, format_name in OTHER_FORMATS.items():
        if head.startswith(magic):
            raise ContractError(f"{name} must be delimited text, as its ending says, found {format_name}.")
    even, odd = head[::2].count(0), head[1::2].count(0)
    if max(even, odd) > 0.2 * len(head) / 2 and min(even, odd) < 0.1 * max(even, odd):
        return "utf-16-be" if even > odd else "utf-16-le"
    if b"\0" in head:
        raise ContractError(f"{name} must be delimited text, found bytes that no text holds.")
    return None


def _decoded(path: Path, encoding: str, *, name: str, is_guess: bool) -> _Text:
    """A strict decode of the whole file, which also tells how its lines end."""
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    tail, breaks, windows, blank = "", 0, 0, False
    with _opened(path) as stream:
        while True:
            chunk = stream.read(CHUNK)
            try:
                text = decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as error:
                line = breaks + error.object[: error.start].count(b"\n") + 1
                raise ContractError(
                    f"{name} must be {encoding.removesuffix('-sig')} text throughout, found other bytes in line "
                    f"{line:,}; state its `encoding`, such as gb18030 or cp1252."
                ) from None
            piece = tail + text
            breaks += piece.count("\n") - tail.count("\n")
            windows += piece.count("\r\n") - tail.count("\r\n")
            blank = blank or BLANK_LINE.search(piece) is not None
            tail = piece[-2:]
            if not chunk:
                break
    return _Text(encoding, is_guess, 0 < windows < breaks, blank)


def _guessed(path: Path, *, name: str) -> _Text:
    lines = _foreign_lines(path)
    for encoding in _candidates(lines):
        try:
            return _decoded(path, encoding, name=name, is_guess=True)
        except ContractError:
            continue
    raise ContractError(
        f"{name} must be text in one encoding, found bytes that are neither UTF-8 nor any likely other; "
        "state its `encoding`, such as gb18030 or cp1252."
    )


def _foreign_lines(path: Path) -> bytes:
    """The first lines that are not plain ASCII: all that tells one encoding from another."""
    kept = []
    size = 0
    with _opened(path) as stream:
        for line in stream:
            if not line.isascii():
                kept.append(line)
                size += len(line)
            if size > SAMPLE_BYTES // 4:
                break
    return b"".join(kept)


def _candidates(lines: bytes) -> list[str]:
    """Encodings to try, likeliest first.

    In Chinese text nearly all foreign bytes come in pairs of frequent characters (level 1 of GB2312, in the order of
    their sound); Western letters stand alone between ASCII, Cyrillic and Greek make pairs of rare characters, Korean
    of the first half of level 1 alone. Statistics decide the rest: they take a few Chinese words for Korean.
    """
    decoded = lines.decode("gb18030", errors="replace")
    foreign = [_lead(character) for character in decoded if ord(character) > 127]
    frequent = sum(0xB0 <= lead <= 0xD7 or 0xA1 <= lead <= 0xA3 for lead in foreign)
    is_mixed = sum(0xC9 <= lead <= 0xD7 for lead in foreign) >= 0.1 * len(foreign)
    best = from_bytes(lines).best()
    guess = best.encoding if best else ""
    is_chinese = is_mixed or HEADER_WORDS.search(decoded) is not None
    if frequent >= 0.8 * len(foreign) and is_chinese and not guess.startswith("koi8"):
        return ["gb18030"]
    return [*([guess] if guess.startswith(NOT_LATIN) else []), "cp1252", "gb18030"]


def _lead(character: str) -> int:
    """The first byte of a character in GB2312, 0 for those that it lacks."""
    try:
        return character.encode("gb2312")[0]
    except UnicodeEncodeError:
        return 0


def _sample(path: Path, encoding: str) -> str:
    raw = _head(path)
    text = codecs.getincrementaldecoder(encoding)("strict").decode(raw)
    if len(raw) < SAMPLE_BYTES:
        return text
    return text[: text.rfind("\n") + 1] or text


def _layout(sample: str, *, name: str, delimiter: str | None) -> _Layout:
    lines = sample.splitlines(keepends=True)
    skipped = 0
    while lines and not lines[0].strip("\ufeff \r\n"):
        lines, skipped = lines[1:], skipped + 1
    hint = SEPARATOR_LINE.fullmatch(lines[0].lstrip("\ufeff")) if lines else None
    if hint:
        lines, skipped, delimiter = lines[1:], skipped + 1, delimiter or hint.group(1)
    if delimiter is not None and len(delimiter) != 1:
        raise ParamsError(f"{name}: `delimiter` must be one character, found {delimiter!r}.")
    chosen = delimiter or _delimiter("".join(lines))
    records = _records("".join(lines), chosen)
    if not records:
        raise ContractError(f"{name} must hold a header line and rows, found neither.")
    names = header(records[0], where=name)
    if all(_is_value(field) for field in records[0]):
        raise ContractError(
            f"{name} must name its columns in its first line, found values there "
            f'("{chosen.join(records[0])[:60]}"); add a header line.'
        )
    return _Layout(chosen, names, skipped, records[1:], delimiter is not None)


def _is_value(field: str) -> bool:
    return not re.search(r"[^\W\d_]", field)


def _records(text: str, delimiter: str) -> list[list[str]]:
    rows: list[list[str]] = []
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=False):
            if row:
                rows.append(row)
            if len(rows) > SAMPLE_ROWS:
                break
    except csv.Error:
        pass  # a field longer than a sample: the rows before it tell enough
    return rows


def _delimiter(text: str) -> str:
    """The delimiter under which most rows have as many fields as the header; of equals the one with most fields."""

    def agreement(delimiter: str) -> tuple[bool, float, int]:
        widths = [len(row) for row in _records(text, delimiter)]
        if not widths or widths[0] < 2:
            return (False, 0.0, 0)
        same = sum(width == widths[0] for width in widths) / len(widths)
        return (True, round(same, 2), widths[0])

    return max(DELIMITERS, key=agreement)


def _cleaned(connection: Backend, path: Path, text: _Text) -> Path:
    """The file itself where DuckDB reads it as it is; else a copy in UTF-8 with one kind of line end."""
    if text.encoding in ("utf-8", "utf-8-sig") and not text.has_mixed_newlines:
        return path
    target = new_file(connection, ".csv")
    with (
        _opened(path) as raw,
        io.TextIOWrapper(raw, encoding=text.encoding, newline=None) as lines,
        target.open("w", encoding="utf-8", newline="\n") as out,
    ):
        shutil.copyfileobj(lines, out, CHUNK)
    return target


def _copy(connection: Backend, path: Path, parquet: Path, *, layout: _Layout, name: str) -> None:
    rejects = f"rejects_{parquet.stem}"
    columns = ", ".join(f"{quoted(column)}: 'VARCHAR'" for column in layout.names)
    packed = "gzip" if path.suffix.lower() == ".gz" else "none"
    reading = (
        f"read_csv({quoted(path)}, delim={quoted(layout.delimiter)}, quote='\"', escape='\"', header=true, "
        f"skip={layout.skipped_lines}, auto_detect=false, strict_mode=true, columns={{{columns}}}, nullstr='', "
        f"compression='{packed}', store_rejects=true, rejects_limit={REJECT_LIMIT}, "
        f"rejects_table='{rejects}', rejects_scan='{rejects}_scan')"
    )
    try:
        connection.con.execute(f"COPY (SELECT * FROM {reading}) TO {quoted(parquet)} (FORMAT parquet)")
    except (duckdb.InvalidInputException, duckdb.ConversionException) as error:
        raise ContractError(f"{name} must be delimited text: {str(error).splitlines()[0]}") from None
    rejected_lines = connection.con.execute(
        f"SELECT line, any_value(error_type), any_value(csv_line), any_value(error_message) "
        f"FROM {identifier(rejects)} GROUP BY line ORDER BY line"
    ).fetchall()
    connection.con.execute(f"DROP TABLE {identifier(rejects)}; DROP TABLE {identifier(rejects + '_scan')}")
    if rejected_lines:
        raise ContractError(_ragged(rejected_lines, layout, name))


def _ragged(rejects: list[tuple[int, str, str, str]], layout: _Layout, name: str) -> str:
    width = len(layout.names)
    problems = [_reject(*row) for row in rejects]
    widths = {len(record) for record in layout.records}
    hint = ""
    if len(rejects) > 1 and widths and min(widths) > width:
        hint = "\nDoes a title line stand above the header?" if width == 1 else ""
        if layout.delimiter == "," and width > 1:
            hint = "\nIs the decimal mark a comma, in a file that is delimited by commas?"
    wanted = f"{width} field{'' if width == 1 else 's'} in each row, as in its header"
    return message(f"{name} must have {wanted} (delimiter {layout.delimiter!r})", problems) + hint


def _reject(line: int, kind: str, text: str, detail: str) -> str:
    shown = text.strip()[:60].replace("\n", " ")
    if "COLUMNS" in kind:
        return f'row {line} has {detail.rsplit(" ", 1)[-1]} ("{shown}")'
    if kind == "UNQUOTED VALUE":
        return f'row {line}: a quotation mark is not closed, or stands inside a quoted field ("{shown}")'
    return f'row {line}: {detail.splitlines()[0]} ("{shown}")'


def _notes(name: str, text: _Text, layout: _Layout, source: TableSource) -> tuple[str, ...]:
    encoding = NAMED.get(text.encoding, text.encoding)
    guessed = " (a guess: state `encoding` if letters look wrong)" if text.is_guess else ""
    stated = " (as stated)" if source.decimal else ""
    mark = source.decimal or decimal_mark(layout.records)
    marks = {None: "decimal mark not in use", "": "decimal marks differ between columns"}
    said = marks.get(mark) or f"decimal mark {mark!r}{stated}"
    notes = [f"{name}: {encoding}{guessed}, delimiter {layout.delimiter!r}, {said}"]
    if text.has_blank_lines:
        notes.append(f"{name}: blank lines are left out and not counted in row numbers")
    return tuple(notes)


def decimal_mark(records: list[list[str]]) -> str | None:
    """The decimal mark that the numbers of these records show; None where none shows one, "" where they disagree."""
    comma = sum(COMMA_NUMBER.fullmatch(field.strip()) is not None for record in records for field in record)
    dot = sum(DOT_NUMBER.fullmatch(field.strip()) is not None for record in records for field in record)
    if comma and dot:
        return ""
    return "," if comma else "." if dot else None


KIND = FileKind("text", (".csv", ".tsv", ".tab", ".txt"), "CSV, TSV or TXT (also .gz)", stage, may_be_gzipped=True)
