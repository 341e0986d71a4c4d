"""Delivered columns as typed ones, each with what cannot be read and what was found out; all of it runs in DuckDB."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from helpers.contract.amounts import parse_number
from helpers.contract.dates import DateFormat, detect_date_format, parse_instant
from helpers.contract.evidence import Parsed, filled, first, is_missing, joined, missing_note, rows, trimmed

EXACT = 2**53
SCIENTIFIC = r"^[-+]?\d+([.,]\d+)?[eE]\+?\d+$"
WHOLE = r"^\d+(\.0)?$"
POINTED = r"^\d+\.0$"
LONG = r"^\d{16,}$"
CUT = r"^\d{15}0+$"
PLAIN = r"^\d{1,15}$"
AFTER_DIGITS = ":"
"""The character after the digits: a text from here on begins with neither a digit nor a sign, and is no number."""


def parse_id(table: ir.Table, column: str, *, is_tidy: bool = False) -> Parsed:
    """A column as ids, text: trimmed, and whole numbers without ".0".

    Parameters
    ----------
    table, column
        The delivered table and the column to read, of any type.
    is_tidy
        Whether no text is known to have space around it or to be a word for nothing: then nothing is trimmed.

    Returns
    -------
    Parsed
        It is a problem where ids have lost digits: floats from 2**53 on or with a fraction, text in scientific
        notation, and long ids of which all end in zeros after the fifteenth digit (a spreadsheet keeps no more).
    """
    kind = table.schema()[column]
    if kind.is_floating():
        return _from_float(table, column)
    if kind.is_decimal():
        return _from_decimal(table, column)
    if not kind.is_string():
        return Parsed(table[column].cast("string"))
    return _from_text(table, column, is_tidy=is_tidy)


def _from_float(table: ir.Table, column: str) -> Parsed:
    given = table[column]
    given = ibis.ifelse(given.isnan(), None, given)
    inexact = (given.abs() >= EXACT) | (given != given.floor())
    value = ibis.ifelse(inexact, None, given).try_cast("int64").cast("string")
    return Parsed(value, _lost(table, column, inexact, "numbers with a fraction part"), None)


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
    bare = table[column] if is_tidy else trimmed(table[column])
    text = bare if is_tidy else filled(bare)
    odd = table.filter((text < AFTER_DIGITS) & ~text.re_search(PLAIN))
    patterns = {"pointed": POINTED, "scientific": SCIENTIFIC, "long": LONG, "cut": CUT}
    counts = _counts(odd, {name: text.re_search(pattern) for name, pattern in patterns.items()})
    if counts["scientific"]:
        return Parsed(text, _lost(table, column, text.re_search(SCIENTIFIC), "numbers in scientific notation"))
    if counts["long"] >= 5 and counts["cut"] == counts["long"]:
        return Parsed(text, _lost(table, column, text.re_search(CUT), "numbers of a spreadsheet, which keeps fifteen"))
    pointed = None
    if counts["pointed"] and not _counts(table, {"other": ~text.re_search(WHOLE)})["other"]:
        text = text.re_replace(r"\.0$", "")
        pointed = f'".0" at the end of {rows(counts["pointed"])} removed'
    if is_tidy:
        return Parsed(text, None, pointed)
    untidy = _counts(table, {"changed": table[column] != bare, "absent": bare.notnull() & filled(bare).isnull()})
    trimming = f"space around {rows(untidy['changed'])} removed" if untidy["changed"] else None
    absent = missing_note(table, column, bare) if untidy["absent"] else None
    return Parsed(text, None, joined(trimming, pointed, absent))


def _counts(table: ir.Table, conditions: dict[str, ir.BooleanValue]) -> dict[str, int]:
    """The rows in which each condition holds."""
    sums = {name: condition.sum() for name, condition in conditions.items()}
    return {name: int(count or 0) for name, count in table.aggregate(**sums).to_pyarrow().to_pylist()[0].items()}


__all__ = ["DateFormat", "Parsed", "detect_date_format", "is_missing", "parse_id", "parse_instant", "parse_number"]
