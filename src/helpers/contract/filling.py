"""Columns that are told on the first row of an order only, as merged cells are: filled down within the order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import ibis
import ibis.expr.types as ir
from ibis.backends.duckdb import Backend

from helpers.connectors.delivery import Delivered
from helpers.connectors.headers import CLOSING_WORDS
from helpers.contract.evidence import rows
from helpers.errors import ParamsError, nearest

CLOSING = rf"(?i)^\s*({CLOSING_WORDS})\s*[:：]?\s*$"
BLANK = r"^[\s\x{a0}\x{3000}]*$"
FILLED = "_filled"
"""The column that says of a row whether anything in it was filled down."""


def fill_down(
    connection: Backend, delivered: Delivered, *, fill: Sequence[str], columns: Mapping[str, str], key: str = "order_id"
) -> Delivered:
    """A delivery in which the empty cells of some columns hold what the order's rows above tell.

    An order begins at each row whose key is given and is not that of the row above. Nothing is filled above the first
    order of a file, from one order into the next, or in a row of totals.

    Parameters
    ----------
    fill
        The columns, by their canonical or their delivered names.
    columns
        The delivered column of each canonical one.
    key
        The canonical column that tells orders apart; the first of `fill` where it is not delivered.

    Raises
    ------
    ParamsError
        A column is not there.
    """
    there = [name for name in delivered.table.columns if name not in ("_file", "_row")]
    names = list(dict.fromkeys(columns.get(name, name) for name in fill))
    unknown = [name for name in names if name not in there]
    if unknown:
        hint = nearest(unknown[0], [*columns, *there])
        raise ParamsError(f"{delivered.label}: `fill_down` names `{unknown[0]}`, which is not a column of it.{hint}")
    of_order = columns.get(key, key)
    filled = _filled(connection, delivered, names, key=of_order if of_order in there else names[0])
    count = int(filled.aggregate(count=filled[FILLED].cast("int64").sum()).to_pyarrow()["count"][0].as_py() or 0)
    listed = ", ".join(f"`{name}`" for name in names)
    note = f"{delivered.label}: {listed} filled down within orders, in {rows(count)}"
    return replace(delivered, table=filled, notes=(*delivered.notes, note))


def _filled(connection: Backend, delivered: Delivered, names: Sequence[str], *, key: str) -> ir.Table:
    """The filled rows, made once: the windows sort them by file and row."""
    placed = _placed(delivered.table, key)
    is_line = (placed["_order"] > 0) & ~placed["_is_closing"]
    if key not in names:
        is_line &= _given(placed[key]).notnull()
    filled_in = _told(placed, names, within=["_file", "_order"])
    values = {name: is_line.ifelse(filled_in[f"_told_{name}"], filled_in[name]) for name in names}
    changed = [_given(filled_in[name]).isnull() & filled_in[f"_told_{name}"].notnull() for name in names]
    filled = filled_in.mutate(**values, **{FILLED: is_line & ibis.or_(*changed)})
    own = ("_order", "_is_closing", *(f"_told_{name}" for name in names))
    return connection.create_table(f"filled_{ibis.util.guid()}", filled.drop(*own), temp=True)


def _placed(table: ir.Table, key: str) -> ir.Table:
    """The rows with the number of their order in the file, 0 above the first, and whether they look like totals."""
    texts = [table[name] for name in table.columns if table[name].type().is_string() and name not in ("_file", "_row")]
    is_closing = ibis.or_(ibis.literal(False), *(text.re_search(CLOSING).fill_null(False) for text in texts))
    given, last_key = _given(table[key]), f"_told_{key}"
    rows_told = _told(table.mutate(_is_closing=given.isnull().ifelse(is_closing, False)), [key], within=["_file"])
    in_order = ibis.window(group_by="_file", order_by="_row")
    above = rows_told.mutate(_above=rows_told[last_key].lag().over(in_order))
    begins = _given(above[key]).notnull() & (above["_above"].isnull() | (above[key] != above["_above"]))
    begun = above.mutate(_begins=begins.cast("int64"))
    running = ibis.cumulative_window(group_by="_file", order_by="_row")
    return begun.mutate(_order=begun["_begins"].sum().over(running)).drop("_begins", "_above", last_key)


def _told(table: ir.Table, names: Sequence[str], *, within: Sequence[str]) -> ir.Table:
    """With `_told_X` for each column X: its value in this row, or in the nearest one above that has any."""
    # one window for all columns, so that their rows are sorted once
    running = ibis.cumulative_window(group_by=list(within), order_by="_row")
    given = {name: _given(table[name]) for name in names}
    last = {name: value.argmax(value.notnull().ifelse(table["_row"], None)) for name, value in given.items()}
    return table.mutate(**{f"_told_{name}": value.over(running) for name, value in last.items()})


def _given(column: ir.Value) -> ir.Value:
    """The value, null where it is blank."""
    return column.re_search(BLANK).ifelse(ibis.null("string"), column) if column.type().is_string() else column
