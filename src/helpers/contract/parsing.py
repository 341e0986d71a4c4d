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
LONG = r"^\d{16,}$"
CUT = r"^\d{15}0+$"


def parse_id(table: ir.Table, column: str) -> Parsed:
    """A column as ids, text: trimmed, and whole numbers without ".0".

    Parameters
    ----------
    table, column
        The delivered table and the column to read, of any type.

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
    return _from_text(table, column)


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


def _from_text(table: ir.Table, column: str) -> Parsed:
    bare = trimmed(table[column])
    text = filled(bare)
    asked = {
        "given": table[column].count(),
        "filled": text.count(),
        "changed": (table[column] != bare).sum(),
        "pointed": text.re_search(r"^\d+\.0$").sum(),
        "whole": text.re_search(WHOLE).sum(),
        "scientific": text.re_search(SCIENTIFIC).sum(),
        "long": text.re_search(LONG).sum(),
        "cut": text.re_search(CUT).sum(),
    }
    found = {name: int(count or 0) for name, count in table.aggregate(**asked).to_pyarrow().to_pylist()[0].items()}
    if found["scientific"]:
        return Parsed(text, _lost(table, column, text.re_search(SCIENTIFIC), "numbers in scientific notation"))
    if found["long"] >= 5 and found["cut"] == found["long"]:
        return Parsed(text, _lost(table, column, text.re_search(CUT), "numbers of a spreadsheet, which keeps fifteen"))
    trimming = f"space around {rows(found['changed'])} removed" if found["changed"] else None
    pointed = None
    if found["pointed"] and found["whole"] == found["filled"]:
        text = text.re_replace(r"\.0$", "")
        pointed = f'".0" at the end of {rows(found["pointed"])} removed'
    absent = missing_note(table, column, bare) if found["filled"] < found["given"] else None
    return Parsed(text, None, joined(trimming, pointed, absent))


__all__ = ["DateFormat", "Parsed", "detect_date_format", "is_missing", "parse_id", "parse_instant", "parse_number"]
