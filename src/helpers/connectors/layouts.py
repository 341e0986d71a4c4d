"""How the records of a text file are told apart: the delimiter, the header, and the decimal mark of its numbers."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from dataclasses import dataclass

from helpers.connectors import headers
from helpers.connectors.staging import header
from helpers.errors import ContractError, ParamsError
from helpers.schema.sources import TableSource

DELIMITERS = (",", ";", "\t", "|")
SAMPLE_ROWS = 1000
COMMA_NUMBER = re.compile(r"[-+]?(\d+|[1-9]\d{0,2}(\.\d{3})+),(\d{1,2}|\d{4,})|[-+]?[1-9]\d{0,2}(\.\d{3})+,\d{3}")
DOT_NUMBER = re.compile(r"[-+]?(\d+|[1-9]\d{0,2}(,\d{3})+)\.(\d{1,2}|\d{4,})|[-+]?[1-9]\d{0,2}(,\d{3})+\.\d{3}")
SEPARATOR_LINE = re.compile(r'"?sep=(.)"?\s*')


@dataclass(frozen=True)
class Layout:
    """Where the header stands and how records are told apart.

    `skipped_lines` stand above the last line of the header; `records` are some of the rows below it.
    """

    delimiter: str
    names: tuple[str, ...]
    skipped_lines: int
    records: list[list[str]]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Record:
    """One record of a sample: the line on which it begins, the one on which it ends, and its fields."""

    line: int
    last_line: int
    fields: list[str]


def layout(sample: str, source: TableSource, *, name: str) -> Layout:
    """The layout that the beginning of a file shows, or that the params state.

    Raises
    ------
    ParamsError
        The stated delimiter or header cannot be.
    ContractError
        There is no header, or its columns cannot be told apart.
    """
    lines = sample.splitlines(keepends=True)
    skipped = 0
    while lines and not lines[0].strip("\ufeff \r\n"):
        lines, skipped = lines[1:], skipped + 1
    delimiter = _stated(source.delimiter, name)
    hint = SEPARATOR_LINE.fullmatch(lines[0].lstrip("\ufeff")) if lines else None
    if hint:
        lines, skipped, delimiter = lines[1:], skipped + 1, delimiter or hint.group(1)
    text = "".join(lines)
    chosen = delimiter or _delimiter(text)
    records = _records(text, chosen, skipped=skipped)
    if not records:
        raise ContractError(f"{name} must hold a header line and rows, found neither.")
    place = headers.find([(one.line, _cells(one.fields)) for one in records], source, where=name)
    last = next(n for n, one in enumerate(records) if one.line == place.last_row)
    below = [one.fields for one in records[last + 1 :]]
    skipped = records[last].line - 1
    return Layout(chosen, header(place.names, where=name), skipped, below, place.notes)


def _stated(delimiter: str | None, name: str) -> str | None:
    if delimiter is None:
        return None
    if len(delimiter) != 1 or delimiter in '"\r\n\0\\' or delimiter.isalnum():
        raise ParamsError(
            f"{name}: `delimiter` must be one character such as , ; | or a tab, and no letter, digit, quotation mark "
            f"or backslash, found {delimiter!r}."
        )
    return delimiter


def _cells(fields: list[str]) -> list[str]:
    return [field.strip("\ufeff \t\r\n\xa0") for field in fields]


def _records(text: str, delimiter: str, *, skipped: int = 0) -> list[_Record]:
    """The first records that are not blank; lines are counted from the top of the file."""
    rows: list[_Record] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=False)
    before = 0
    try:
        for row in reader:
            if any(field.strip() for field in row):
                rows.append(_Record(skipped + before + 1, skipped + reader.line_num, row))
            before = reader.line_num
            if len(rows) > SAMPLE_ROWS:
                break
    except csv.Error:
        pass  # a field longer than a sample: the rows before it tell enough
    return rows


def _delimiter(text: str) -> str:
    """The delimiter under which most rows have as many fields as one another; of equals the one with most fields."""

    def agreement(delimiter: str) -> tuple[float, int]:
        widths = Counter(len(one.fields) for one in _records(text, delimiter))
        width, same = max(widths.items(), key=lambda pair: (pair[1], pair[0]), default=(0, 0))
        return (round(same / widths.total(), 2), width) if width > 1 else (0.0, 0)

    return max(DELIMITERS, key=agreement)


def decimal_mark(records: list[list[str]]) -> str | None:
    """The decimal mark that the numbers of these records show; None where none shows one, "" where they disagree."""
    comma = sum(COMMA_NUMBER.fullmatch(field.strip()) is not None for record in records for field in record)
    dot = sum(DOT_NUMBER.fullmatch(field.strip()) is not None for record in records for field in record)
    if comma and dot:
        return ""
    return "," if comma else "." if dot else None
