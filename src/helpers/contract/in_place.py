"""A table checked on the engine where it stays: typed columns by portable expressions, refusals for what is not typed.

What files leave open (how dates are written, decimal marks, units, cells filled down) is settled in a database already:
the columns must have their types there. Texts are trimmed; whatever else would have to be mended is told as a problem.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir
from ibis.backends import BaseBackend

from helpers.connectors.warehouses import Address, remain
from helpers.contract import checking, order_amounts
from helpers.contract.amounts import MONEY, within_money
from helpers.contract.canonical import ITEMS, KEY
from helpers.contract.checking import NUMERIC, Checked, Reading, Stated, Terms
from helpers.contract.dates import NO_DAYS
from helpers.contract.engine_tables import bytewise, made_once, wall_clock_there
from helpers.contract.evidence import INVISIBLE, MISSING, SPACES, filled, quote, rows, single_row
from helpers.schema import Column
from helpers.schema.sources import Rule, TableSource

PRIVATE = ("consents", "erasures")
"""The tables that may be in files beside orders that stay: small ones, of which an office keeps lists."""
TABLES_IN_PLACE = ("orders", ITEMS, "products", "customers", *PRIVATE)
OF_FILES = (
    "date_format decimal delimiter encoding header_row header_row_count fill_down units columns_differ also_named "
    "from_file_name joined unpivot rows"
).split()
"""What the params may state of a file, and not of a table that stays on its engine."""
UNTIDY_ID = rf"""^\s|\s$|[{SPACES}{INVISIBLE}]|^"?=|^'|^[^@]*[A-Z][^@]*@|@.*[A-Z]"""
"""Ids that the contract would mend in a file: what stands around them, and e-mail addresses not in small letters."""
PLAIN_ID = "^[A-Za-z0-9_-]+$"
PLAIN_PATTERN = re.compile(r"(?:\(\?i\))?(?:[^\\(]|\\[dDwWsS]|\\[^\w]|\((?!\?))*")
"""Regular expressions that mean the same on every engine."""
FIRST_INSTANT, LAST_INSTANT = datetime(1, 1, 2), datetime(9999, 12, 31)


def statement_problems(name: str, source: TableSource) -> list[str]:
    """What is wrong with the params of a table that stays on its engine, before it is reached."""
    if name not in TABLES_IN_PLACE:
        return [f"`{name}` cannot be read where it lies; only {', '.join(TABLES_IN_PLACE)} can"]
    stated = source.model_dump(exclude_defaults=True)
    found = [f"`{name}.{key}` is for files; make it a column of a view" for key in OF_FILES if key in stated]
    for position, rule in enumerate(source.rules):
        where = f"`{name}.rules.{position}` ({rule.rule})"
        if rule.keep and rule.by is None:
            found.append(f"{where}: rows of a database have no order of their own; state `by`")
        if rule.matches is not None and not PLAIN_PATTERN.fullmatch(rule.matches):
            found.append(f"{where}: engines read this regular expression differently; make it a column of a view")
    return found


def state(connection: BaseBackend, name: str, source: TableSource, place: Address) -> Stated:
    """The table as it lies on its engine, with the delivered column of each canonical column that is used."""
    return checking.with_columns(name, source, remain(connection, source, place))


def type_problems(stated: Stated) -> list[str]:
    """Columns that have not the type that the contract needs, and rules on columns of which it knows no kind."""
    found = []
    for canonical, delivered in stated.columns.items():
        column, kind = stated.schema.column(canonical), stated.delivered.table.schema()[delivered]
        if not _fits(column, kind):
            found.append(f"{stated.where(canonical)} must be {_wanted(column)} in the database, found {kind}")
    found += [text for rule in stated.source.rules for text in _rule_problems(stated, rule)]
    if stated.name == "orders" and "order_id" not in stated.columns:
        found.append("orders: column `order_id` is missing; rows of a database have no place that could stand for it")
    remedy = "; make a view that casts it, or state `copied: true`, which fetches all rows"
    return [text + remedy for text in found]


def _rule_problems(stated: Stated, rule: Rule) -> list[str]:
    names = [name for name in (rule.column, rule.by) if name is not None]
    found = [f"{stated.name}: rule {rule.rule!r} reads `{name}`" for name in names if name not in stated.columns]
    found = [f"{text}, which is mapped to no canonical column" for text in found]
    is_text_rule = rule.matches is not None or rule.one_of is not None
    if not found and is_text_rule and stated.schema.column(str(rule.column)).kind not in ("id", "text"):
        found.append(f"{stated.name}: rule {rule.rule!r} compares `{rule.column}`, which is no text, with texts")
    return found


def _fits(column: Column, kind: dt.DataType) -> bool:
    if column.kind == "id":
        return kind.is_string() or kind.is_integer() or kind.is_uuid()
    if column.kind == "text":
        return kind.is_string() or kind.is_integer() or kind.is_boolean() or kind.is_uuid()
    if column.kind in NUMERIC:
        return kind.is_numeric() and not kind.is_boolean()
    return kind.is_date() or kind.is_timestamp()


def _wanted(column: Column) -> str:
    if column.kind in ("id", "text"):
        return "text or a whole number"
    return "a number" if column.kind in NUMERIC else "a date or a timestamp"


def check(connection: BaseBackend, stated: Stated, *, as_of: date, terms: Terms) -> Checked:
    """The table read, filtered and ruled, once, into a temporary table of its engine; its types have no problems."""
    delivered = _in_order(stated, terms)
    dated, table = stated.schema.dated or "", delivered
    if dated in stated.columns:
        at = _instant(delivered[stated.columns[dated]], terms)
        table = delivered.filter(at.isnull() | checking.is_by(at, as_of))
    readings = {name: _reading(stated, name, table, terms) for name in stated.columns}
    readings |= _untidy(table, readings)
    if stated.name == "orders":
        readings |= checking.derived(stated, table, readings, ())
    ruled = checking.with_rules(stated, table, readings)
    ruled = order_amounts.taken_once(ruled) if stated.tells_order_amounts else ruled
    made = made_once(connection, f"{stated.name}_checked", ruled)
    problems = {name: reading.problem for name, reading in readings.items() if reading.problem}
    remarks = tuple(f"{stated.where(name)} {one.remark}." for name, one in readings.items() if one.remark)
    files, notes = (stated.delivered.inputs[0].name,), stated.delivered.notes + remarks
    later = _later(stated, delivered.anti_join(made, "_seq"), terms) if stated.name in PRIVATE else None
    return Checked(stated, made, delivered, files, problems, notes, remarks, terms, later)


def _later(stated: Stated, hidden: ir.Table, terms: Terms) -> ir.Table:
    return hidden.select(**{name: _reading(stated, name, hidden, terms).value for name in stated.columns})


def brought(connection: BaseBackend, checked: Checked) -> Checked:
    """A table that was read from files and checked there, on the engine on which the orders stay."""

    def put(kind: str, table: ir.Table) -> ir.Table:
        held = ibis.memtable(table.to_pyarrow(), schema=table.schema())
        return made_once(connection, f"{checked.stated.name}_{kind}", held)

    names = [name for name in checked.stated.schema.names if name != KEY]
    later, rows_there = checking.later_rows(checked, names), put("brought", checked.rows)
    told = rows_there.select(KEY, *(name for name in names if name in rows_there.columns))
    return replace(
        checked,
        rows=rows_there,
        delivered=put("delivered", checked.delivered),
        later=told.limit(0) if later is None else put("later", later),
    )


def of_visible_orders(connection: BaseBackend, items: Checked, orders: Checked) -> Checked:
    """The items without those of orders after as_of; those of orders that nobody delivered stay, to be noted."""
    hidden = orders.delivered.anti_join(orders.rows, "_seq")
    later = hidden.select(order_id=_id(hidden[orders.stated.columns["order_id"]]))
    rows_of = items.rows
    visible = rows_of.filter(rows_of.order_id.isnull() | ~rows_of.order_id.isin(later.order_id))
    return replace(items, rows=made_once(connection, f"{ITEMS}_visible", visible))


def _in_order(stated: Stated, terms: Terms) -> ir.Table:
    """The delivered rows with `_seq`: their place by time, then by id.

    The places are those of a day behind all days before it, so that an engine may number the days side by side.
    """
    table, dated = stated.delivered.table, stated.schema.dated or ""
    keys = _order_keys(stated, table)
    if dated not in stated.columns:
        return table.mutate(_seq=ibis.row_number().over(ibis.window(order_by=keys)).cast("int64") + 1)
    at = _instant(table[stated.columns[dated]], terms)
    days = table.mutate(_day=ibis.coalesce(at.date(), ibis.literal(LAST_INSTANT.date())), _at=at)
    counted = days.group_by("_day").aggregate(_count=days.count())
    until = counted["_count"].sum().over(ibis.cumulative_window(order_by=counted["_day"])).cast("int64")
    starts = counted.select("_day", _start=until - counted["_count"])
    joined = days.inner_join(starts, "_day")
    order = [joined["_at"], *_order_keys(stated, joined)]
    place = ibis.row_number().over(ibis.window(group_by=joined["_day"], order_by=order)).cast("int64")
    return joined.mutate(_seq=joined["_start"] + place + 1).drop("_day", "_at", "_start")


def _order_keys(stated: Stated, table: ir.Table) -> list[ir.Value]:
    """What tells rows of one instant apart: the id, and of lines every other column that is used."""
    key = stated.schema.key or ""
    names = [key] if key in stated.columns and not stated.is_by_line else list(stated.columns)
    return [bytewise(table[stated.columns[name]]) for name in names]


def _reading(stated: Stated, canonical: str, table: ir.Table, terms: Terms) -> Reading:
    name, column = stated.columns[canonical], stated.schema.column(canonical)
    given = table[name]
    if column.kind in ("id", "text"):
        value = _id(given) if column.kind == "id" else _text(given)
        return Reading(column, name, value, value.isnull())
    if column.kind in NUMERIC:
        return _number(column, name, given)
    value = _instant(given, terms)
    is_zoned = given.type().is_timestamp() and given.type().timezone is not None
    remark = "holds instants with a time zone, read in UTC" if is_zoned and terms.time_zone is None else None
    return Reading(column, name, value if column.kind == "instant" else value.date(), value.isnull(), remark=remark)


def _id(given: ir.Value) -> ir.StringValue:
    return filled(given.cast("string").strip())


def _text(given: ir.Value) -> ir.StringValue:
    return given.cast("string").strip().nullif("")


def _number(column: Column, name: str, given: ir.NumericValue) -> Reading:
    """A number as money is kept; whole numbers as such, and what does not fit as a value that cannot be had."""
    is_float = given.type().is_floating()
    blank = given.isnull() | given.isnan() if is_float else given.isnull()
    money = within_money(blank.ifelse(ibis.null(given.type()), given))
    if column.kind == "integer":
        whole = money.cast("int64")
        value = (whole.cast(MONEY) == money).ifelse(whole, ibis.null("int64"))
        return Reading(column, name, value, blank, ~blank & value.isnull())
    rounded = given != money.cast("float64") if is_float and column.name == "amount" else None
    return Reading(column, name, money, blank, ~blank & money.isnull(), rounded)


def _instant(given: ir.Value, terms: Terms) -> ir.TimestampValue:
    """The wall clock of the report; nothing where a program wrote a day that stands for none."""
    kind = given.type()
    at = wall_clock_there(given, terms.time_zone) if kind.is_timestamp() and kind.timezone else given.cast("timestamp")
    known = (at >= ibis.literal(FIRST_INSTANT)) & (at < ibis.literal(LAST_INSTANT)) & ~at.date().isin(NO_DAYS)
    return known.ifelse(at, ibis.null("timestamp"))


def _untidy(table: ir.Table, readings: Mapping[str, Reading]) -> dict[str, Reading]:
    """The ids that would have to be mended, each with that as its problem."""
    texts = {
        name: table[reading.delivered]
        for name, reading in readings.items()
        if reading.column.kind == "id" and reading.delivered and table[reading.delivered].type().is_string()
    }
    if not texts:
        return {}
    # most ids are plain, and that is quick to see
    odd = {name: ~text.re_search(PLAIN_ID) & text.re_search(UNTIDY_ID) for name, text in texts.items()}
    odd = {name: one & ~texts[name].strip().upper().isin(MISSING) for name, one in odd.items()}
    measures = {f"{name}_count": one.sum() for name, one in odd.items()}
    measures |= {f"{name}_example": texts[name].min(where=one) for name, one in odd.items()}
    found = single_row(table.aggregate(**measures))
    return {
        name: replace(readings[name], problem=_mend(int(count), found[f"{name}_example"]))
        for name in texts
        if (count := found[f"{name}_count"])
    }


def _mend(row_count: int, example: str) -> str:
    return (
        f"must be written as it is meant: {rows(row_count)} with something around the id, or with an e-mail address "
        f"not in small letters, such as {quote(example)}; mend them in a view"
    )
