"""Deliveries whose columns drift from file to file, or hold an answer each: brought into the shape of one table."""

from __future__ import annotations

import re
from dataclasses import replace

import ibis
import ibis.expr.types as ir
from ibis.backends.duckdb import Backend

from helpers.connectors.delivery import Delivered
from helpers.errors import ParamsError, nearest
from helpers.schema.sources import TableSource

OWN = ("_file", "_row")


def reshaped(connection: Backend, delivered: Delivered, source: TableSource) -> Delivered:
    """The delivery as the params say that it is to be read, before its columns are mapped.

    In this order: columns of several names become one; parts of the names of files become columns; columns are joined
    into one; and columns that hold an answer each become rows. Without any of these it stays as it is; with them the
    rows are made once, as a temporary table.

    Raises
    ------
    ParamsError
        A column that is named is not there, or the name of a file does not hold what is sought in it.
    """
    if not (source.also_named or source.from_file_name or source.joined or source.unpivot):
        return delivered
    table = delivered.table
    for name, others in source.also_named.items():
        table = _one_column(delivered, table, name, others)
    for name, pattern in source.from_file_name.items():
        table = table.mutate(**{name: _of_file(delivered, table, pattern)})
    for name, parts in source.joined.items():
        given = [as_text(_column(delivered, table, part, "joined")) for part in parts]
        table = table.mutate(**{name: ibis.literal("-").join(given)})
    if source.unpivot is not None:
        table = _long(delivered, table, source)
    return replace(delivered, table=connection.create_table(f"reshaped_{ibis.util.guid()}", table, temp=True))


def as_text(value: ir.Value) -> ir.StringValue:
    """A value as text: a whole number as its digits, whatever its type."""
    if not value.type().is_floating():
        return value.cast("string")
    known = value.nullif(float("nan"))
    return (known == known.floor()).ifelse(known.cast("int64").cast("string"), known.cast("string"))


def _one_column(delivered: Delivered, table: ir.Table, name: str, others: list[str]) -> ir.Table:
    names = [name, *others]
    lost = [one for one in others if one not in table.columns]
    if lost:
        raise ParamsError(_lost(delivered, table, lost[0], "also_named"))
    there = [one for one in names if one in table.columns]
    values = [table[one] for one in there]
    is_mixed = len({str(value.type()) for value in values}) > 1
    merged = ibis.coalesce(*(as_text(value) if is_mixed else value for value in values))
    return table.mutate(_merged=merged).drop(*there).rename({name: "_merged"})


def _of_file(delivered: Delivered, table: ir.Table, pattern: str) -> ir.Value:
    """What the pattern finds in the name of the file: its first group, else all of it."""
    sought = re.compile(pattern)
    found = {one.name: sought.search(one.name) for one in delivered.inputs}
    lost = [name for name, match in found.items() if match is None]
    if lost:
        raise ParamsError(f"{delivered.label}: `from_file_name` finds no {pattern!r} in the name {lost[0]}.")
    told = {name: match[1 if sought.groups else 0] for name, match in found.items() if match is not None}
    if len(told) == 1:
        return ibis.literal(next(iter(told.values())))
    return ibis.cases(*((table["_file"] == name, ibis.literal(text)) for name, text in told.items()))


def _long(delivered: Delivered, table: ir.Table, source: TableSource) -> ir.Table:
    """A row per delivered row and column of `unpivot` with a value in it.

    The columns that are mapped, or that a rule reads, stand on each of them.
    """
    if source.unpivot is None:
        return table
    asked = source.unpivot.columns
    answers = {name: as_text(_column(delivered, table, column, "unpivot")) for name, column in asked.items()}
    read = {
        *source.columns.values(),
        *(rule.column for rule in source.rules),
        *(rule.by for rule in source.rules),
        *OWN,
    }
    kept = [name for name in table.columns if name in read and name not in asked.values()]
    wide = table.select(*kept, **{f"_asked_{name}": value for name, value in answers.items()})
    long = wide.pivot_longer(
        [f"_asked_{name}" for name in answers], names_to=source.unpivot.names, values_to=source.unpivot.values
    )
    named = long[source.unpivot.names].substr(len("_asked_"))
    return long.filter(long[source.unpivot.values].notnull()).mutate(**{source.unpivot.names: named})


def _column(delivered: Delivered, table: ir.Table, name: str, where: str) -> ir.Value:
    if name not in table.columns:
        raise ParamsError(_lost(delivered, table, name, where))
    return table[name]


def _lost(delivered: Delivered, table: ir.Table, name: str, where: str) -> str:
    there = [column for column in table.columns if column not in OWN]
    return f"{delivered.label}: `{where}` names `{name}`, which is not a column of it.{nearest(name, there)}"
