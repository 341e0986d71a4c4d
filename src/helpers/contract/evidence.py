"""What the readers of columns share: their answer, how a value is quoted, and the words that stand for nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import ibis
import ibis.expr.types as ir

from helpers.errors import one_line

MISSING = ("", "NULL", "NA", "N/A", "#N/A", "NAN", "NAT", "NONE", "\\N", "-", "--")
NO_DATE = (*MISSING, "0000-00-00", "0000-00-00 00:00:00")
SPACES = "\u00a0\u1680\u2002\u2003\u2004\u2005\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
INVISIBLE = (
    "\ufeff\u00ad\u180e\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e"
    "\u2060\u2061\u2062\u2063\u2064\u2066\u2067\u2068\u2069"
)
"""Characters without width: byte order marks, joiners, soft hyphens, marks of direction."""
GUARD = r'^"?="+([^"]*)"+$'
"""How spreadsheets are kept from changing a value: ="0001", also where its quoting was quoted again."""
QUOTE = r"^'([^']*)$"
"""The apostrophe with which a spreadsheet marks text."""


LINE_END = r"[\n\r\v\f\x{85}\x{2028}\x{2029}]"
BREAK = rf"\S\s*{LINE_END}\s*\S"
"""The end of a line between two other characters."""


@dataclass(frozen=True)
class Parsed:
    """A column read as what it should be.

    `value` is null where nothing was delivered or it cannot be read. `problem` says what cannot be read, as the rest of
    a sentence that begins with the name of the column ("must be a number: 3 rows, ..."); `note` what was found out, or
    changed without harm. `remark` is what a page must say of how the values were read, `doubt` what whoever writes the
    params is asked, both as the rest of such a sentence. `scaled` holds where the unit in a cell multiplied its number,
    `absent` where a day was delivered that stands for none.
    """

    value: ir.Value
    problem: str | None = None
    note: str | None = None
    remark: str | None = None
    doubt: str | None = None
    scaled: ir.BooleanValue | None = None
    absent: ir.BooleanValue | None = None


def trimmed(column: ir.Value) -> ir.StringValue:
    """Text without what stands around it: space, characters without width, the guard of a spreadsheet."""
    text = column.cast("string")
    # few texts have any of it, and replacing is slow
    odd = text.re_search(rf'[{SPACES}{INVISIBLE}]|^\s*"?="')
    edges = rf"^[\s{INVISIBLE}]+|[\s{INVISIBLE}]+$"
    bare = text.translate(SPACES, " " * len(SPACES)).re_replace(edges, "").re_replace(GUARD, r"\1")
    return odd.ifelse(bare, text).strip()


def bared(column: ir.Value) -> ir.StringValue:
    """The text of an id, number or date: trimmed, without characters of no width and apostrophes of spreadsheets."""
    text = column.cast("string")
    odd = text.re_search(rf"""[{SPACES}{INVISIBLE}]|^\s*("?="|')""")
    # a character that has no counterpart in the second list is left out
    bare = text.translate(SPACES + INVISIBLE, " " * len(SPACES)).strip()
    return odd.ifelse(bare.re_replace(GUARD, r"\1").re_replace(QUOTE, r"\1"), text).strip()


def is_missing(column: ir.Value) -> ir.BooleanValue:
    """Whether nothing was delivered: null, NaN, empty text, or a word that exports write for nothing (NULL, #N/A)."""
    if column.type().is_floating():
        return column.isnull() | column.isnan()
    if not column.type().is_string():
        return column.isnull()
    return column.isnull() | _is_one_of(bared(column), MISSING)


def filled(text: ir.StringValue, *, words: tuple[str, ...] = MISSING) -> ir.StringValue:
    """Null where the text is empty, or a word that exports write for nothing."""
    return ibis.ifelse(_is_one_of(text, words), ibis.null("string"), text)


def _is_one_of(text: ir.StringValue, words: Iterable[str]) -> ir.BooleanValue:
    """Whether a text is one of these words, in capitals or not; one pattern costs a tenth of a comparison for each."""
    return text.re_search(f"(?i)^({'|'.join(map(re.escape, words))})$")


def missing_counts(given: ir.Value, bare: ir.StringValue) -> dict[str, ir.Value]:
    """What `missing_note` asks of a column and its bared text, to be counted in a query with others."""
    is_word = _is_one_of(bare, filter(None, MISSING))
    return {"absent": is_word.sum(), "word": given.cast("string").min(where=is_word)}


def missing_note(found: Mapping[str, Any]) -> str | None:
    """How many rows hold a word that stands for nothing, and which one; None where no row does."""
    if not found["absent"]:
        return None
    return f'{rows(found["absent"])} such as "{found["word"]}" read as missing'


def rows(count: int) -> str:
    """`1 row` or `1,234 rows`."""
    return f"{count:,} row{'' if count == 1 else 's'}"


def quote(value: object) -> str:
    """A delivered value in quotation marks, on one line, cut where it is long."""
    text = one_line(str(value))
    return f'"{text[:60]}..."' if len(text) > 60 else f'"{text}"'


def first(table: ir.Table, column: str, condition: ir.BooleanValue) -> str:
    """`first at row 17 ("12,50")`: the place and value of the first row in which the condition holds."""
    places = [name for name in ("_file", "_row") if name in table.columns]
    bad = table.filter(condition).select(*places, value=table[column].cast("string"))
    first_rows = (bad.order_by(places) if places else bad).limit(1).to_pyarrow().to_pylist()
    if not first_rows:
        return ""
    several = "_file" in places and table["_file"].nunique().to_pyarrow().as_py() > 1
    place = f"row {first_rows[0]['_row']:,}" if "_row" in places else "a row"
    return f"first at {place}{' of ' + first_rows[0]['_file'] if several else ''} ({quote(first_rows[0]['value'])})"


def has_line_ends(column: ir.StringColumn) -> bool:
    """Whether any value has the end of a line in it or around it: asked first, since hardly a column has one."""
    return bool(column.re_search(LINE_END).any().to_pyarrow().as_py())


def line_break(table: ir.Table, column: str) -> str | None:
    """The problem of a column that may hold no line break inside a value; None where no value does."""
    broken = table[column].re_search(BREAK).fill_null(False)
    count = table.filter(broken).count().to_pyarrow().as_py()
    if not count:
        return None
    asked = "has a stray quotation mark before it swallowed rows? Mend the file, or export it again"
    return f"must hold no line break: {rows(count)}, {first(table, column, broken)}; {asked}"


def joined(*notes: str | None) -> str | None:
    """The notes that there are, as one."""
    said = [note for note in notes if note]
    return "; ".join(said) if said else None


def records(table: ir.Table) -> list[dict[str, Any]]:
    """The rows of a small table, each by column: of our own engine without pandas, of a warehouse in portions."""
    if table.get_backend().name != "duckdb":
        return [{str(name): value for name, value in row.items()} for row in table.to_pandas().to_dict("records")]
    rows: list[dict[str, Any]] = table.to_pyarrow().to_pylist()
    return rows


def single_row(aggregate: ir.Table) -> dict[str, Any]:
    """The single row of a table, by column."""
    row: dict[str, Any] = aggregate.to_pyarrow().to_pylist()[0]
    return row
