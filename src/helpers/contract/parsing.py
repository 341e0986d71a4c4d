"""Delivered columns as typed ones, each with what cannot be read and what was found out; all of it runs in DuckDB."""

from __future__ import annotations

from typing import Any

import ibis
import ibis.expr.types as ir

from helpers.contract.amounts import parse_number
from helpers.contract.dates import DateFormat, detect_date_format, is_clock, is_odd_day, parse_instant
from helpers.contract.evidence import (
    SPACES,
    Parsed,
    bared,
    filled,
    first,
    is_missing,
    joined,
    missing_counts,
    missing_note,
    rows,
    single_row,
)

EXACT = {"float16": 2**11, "float32": 2**24, "float64": 2**53}
"""By type, the number from which on a float does not tell every whole number from its neighbour."""
SCIENTIFIC = r"^[-+]?\d+([.,]\d+)?[eE]\+?\d+$"
WHOLE = r"^\d+(\.0)?$"
POINTED = r"^\d+\.0$"
LONG = r"^\d{16,}$"
CUT = r"^\d{15}0+$"
PLAIN = r"^\d{1,15}$"
SPACED = rf"^[\s{SPACES}]|[\s{SPACES}]$"
BROKEN = r"\x00"
AFTER_DIGITS = ":"
"""The character after the digits: a text from here on begins with neither a digit nor a sign, and is no number."""


def is_odd_id(text: ir.StringValue) -> ir.BooleanValue:
    """Whether an id needs the patterns that tell of lost digits: few digits alone, or a letter first, do not."""
    return (text < AFTER_DIGITS) & ~text.re_search(PLAIN)


def parse_id(table: ir.Table, column: str, *, is_tidy: bool = False, is_plain: bool = False) -> Parsed:
    """A column as ids, text: without what programs put around it or hide in it, and whole numbers without ".0".

    Parameters
    ----------
    table, column
        The delivered table and the column to read, of any type.
    is_tidy
        Whether no text is known to have space around it or to be a word for nothing: then nothing is trimmed.
    is_plain
        Whether no text is known to be odd (`is_odd_id`).

    Returns
    -------
    Parsed
        It is a problem where ids have lost digits: floats too large for their type (2**24 in 32 bits, 2**53 in 64) or
        with a fraction, text in scientific notation, and long ids of which all end in zeros after the fifteenth digit
        (a spreadsheet keeps no more); and where an id holds the character NUL, which no id has.
    """
    kind = table.schema()[column]
    if kind.is_floating():
        return _from_float(table, column)
    if kind.is_decimal():
        return _from_decimal(table, column)
    if not kind.is_string():
        return Parsed(table[column].cast("string"))
    if is_tidy and is_plain:
        return Parsed(table[column])
    return _from_text(table, column, is_tidy=is_tidy)


def _from_float(table: ir.Table, column: str) -> Parsed:
    given = table[column]
    given = ibis.ifelse(given.isnan(), None, given)
    inexact = (given.abs() >= EXACT[str(given.type()).removeprefix("!")]) | (given != given.floor())
    value = ibis.ifelse(inexact, None, given).try_cast("int64").cast("string")
    kept = EXACT[str(given.type()).removeprefix("!")]
    how = f"numbers with a fraction part, or beyond the {kept:,} up to which their type keeps whole numbers apart"
    return Parsed(value, _lost(table, column, inexact, how), None)


def _from_decimal(table: ir.Table, column: str) -> Parsed:
    given = table[column]
    fraction = given != given.floor()
    value = given.cast("string").re_replace(r"\.0*$", "")
    return Parsed(value, _lost(table, column, fraction, "numbers with a fraction part"))


def _lost(table: ir.Table, column: str, condition: ir.BooleanValue, how: str) -> str | None:
    count = table.filter(condition).count().to_pyarrow().as_py()
    if not count:
        return None
    return (
        f"must hold whole ids: {rows(count)} lost digits as {how}, {first(table, column, condition)}; "
        "export the column as text"
    )


def _from_text(table: ir.Table, column: str, *, is_tidy: bool) -> Parsed:
    bare = table[column] if is_tidy else bared(table[column])
    text = bare if is_tidy else filled(bare)
    found = _forms(table, column, is_tidy=is_tidy)
    if found["scientific"]:
        return Parsed(text, _lost(table, column, text.re_search(SCIENTIFIC), "numbers in scientific notation"))
    if found["long"] >= 5 and found["cut"] == found["long"]:
        return Parsed(text, _lost(table, column, text.re_search(CUT), "numbers of a spreadsheet, which keeps fifteen"))
    pointed = None
    if found["pointed"] and not _counts(table, {"other": ~text.re_search(WHOLE)})["other"]:
        text = text.re_replace(r"\.0$", "")
        pointed = f'".0" at the end of {rows(found["pointed"])} removed'
    return Parsed(text, None, pointed) if is_tidy else _untidied(table, column, text, found, pointed)


def _forms(table: ir.Table, column: str, *, is_tidy: bool) -> dict[str, Any]:
    """How many ids are of the forms that tell of lost digits, and how many were not written as they are."""
    given = table[column]
    asked = table.select(given=given, bare=given if is_tidy else bared(given))
    asked = asked.mutate(text=asked.bare if is_tidy else filled(asked.bare))
    asked = asked.mutate(is_odd=is_odd_id(asked.text))  # hardly an id needs the patterns
    patterns = {"pointed": POINTED, "scientific": SCIENTIFIC, "long": LONG, "cut": CUT}
    counted: dict[str, ir.Value] = {
        name: asked.is_odd.ifelse(asked.text.re_search(pattern), False).sum() for name, pattern in patterns.items()
    }
    if not is_tidy:
        counted |= {"spaced": asked.given.re_search(SPACED).sum(), "broken": asked.given.re_search(BROKEN).sum()}
        counted |= missing_counts(asked.given, asked.bare)
    found = single_row(asked.aggregate(**counted))
    return {name: value if name == "word" else int(value or 0) for name, value in found.items()}


def _untidied(table: ir.Table, column: str, text: ir.StringValue, found: dict[str, Any], pointed: str | None) -> Parsed:
    """The ids of a column of which some were not written as they are, and what was done to them."""
    if found["broken"]:
        place = f"{rows(found['broken'])}, {first(table, column, table[column].re_search(BROKEN))}"
        return Parsed(text, f"must hold no NUL character: {place}; the file is damaged, or no text: export it again")
    trimming = f"space around {rows(found['spaced'])} removed" if found["spaced"] else None
    return Parsed(text, None, joined(trimming, pointed, missing_note(found)))


def _counts(table: ir.Table, conditions: dict[str, ir.BooleanValue]) -> dict[str, int]:
    """The rows in which each condition holds."""
    sums = {name: condition.sum() for name, condition in conditions.items()}
    return {name: int(count or 0) for name, count in single_row(table.aggregate(**sums)).items()}


__all__ = [
    "DateFormat",
    "Parsed",
    "detect_date_format",
    "is_clock",
    "is_missing",
    "is_odd_day",
    "parse_id",
    "parse_instant",
    "parse_number",
]
