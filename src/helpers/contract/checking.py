"""One delivered table, checked: columns mapped to canonical names, values read as their kinds, rules asked.

The checked rows are made once, as a temporary table of the engine; all that follows reads that table.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir
from ibis.backends import BaseBackend
from ibis.backends.duckdb import Backend

from helpers.connectors.delivery import Delivered, deliver
from helpers.connectors.source_registry import with_canonical_table
from helpers.contract import contact_ids, order_amounts, parsing, rules, units, wrappings
from helpers.contract.amounts import MONEY, Money, within_money
from helpers.contract.evidence import (
    INVISIBLE,
    MISSING,
    NO_DATE,
    SPACES,
    bared,
    filled,
    has_line_ends,
    line_break,
    single_row,
    trimmed,
)
from helpers.contract.filling import FILLED, fill_down
from helpers.contract.reshaping import reshaped
from helpers.contract.rules import FILE_STEP
from helpers.errors import nearest
from helpers.schema import Column, Kind, TableSchema, deliverable
from helpers.schema.sources import OrdersSource, TableSource

NUMERIC = ("number", "money", "integer")
PRICED = ("quantity", "unit_price")
NOTHING = "|".join(re.escape(word) for word in NO_DATE)
UNTIDY = rf"""(?i)^\s|\s$|[\x00\n\r\v\f\x{{85}}\x{{2028}}\x{{2029}}{SPACES}{INVISIBLE}]|^"?=|^'|^({NOTHING})$"""

HOW = ("untidy ", "odd ")
"""What a look finds of columns, before their names."""


@dataclass(frozen=True)
class Terms:
    """What the report states for all its tables, and what the orders told that holds for them too.

    `currency` is the report's own, `time_zone` the zone of its days and hours (None: instants are as delivered), and
    `folds_customers` says that customer ids are e-mail addresses or phone numbers (None: to be found out).
    """

    currency: str
    time_zone: str | None = None
    folds_customers: bool | None = None


@dataclass(frozen=True)
class Stated:
    """A table as the params state it and as it was delivered, and the delivered name of each canonical column."""

    name: str
    schema: TableSchema
    source: TableSource
    delivered: Delivered
    columns: Mapping[str, str]

    @property
    def is_by_line(self) -> bool:
        return isinstance(self.source, OrdersSource) and self.source.grain == "line"

    @property
    def tells_order_amounts(self) -> bool:
        """Whether the amount of an order stands on each of its lines."""
        return self.is_by_line and isinstance(self.source, OrdersSource) and self.source.amount_of == "order"

    @property
    def required(self) -> list[str]:
        """The canonical columns that must be delivered, and filled in every row that is not dropped."""
        names = [column.name for column in self.schema.columns if column.required]
        if self.name == "orders" and (self.is_by_line or "order_id" in self.columns):
            names.insert(0, "order_id")
        if self.is_priced:
            names = [name for name in names if name != "amount"] + list(PRICED)
        return names

    @property
    def is_priced(self) -> bool:
        """Whether the amount is made from quantity and price."""
        return "amount" not in self.columns and all(name in self.columns for name in PRICED)

    def own_zone(self, canonical: str) -> str | None:
        """The zone that the file of a column names, other than UTC."""
        return self.delivered.zones.get(self.columns.get(canonical, canonical))

    def where(self, canonical: str) -> str:
        """The column as messages name it."""
        delivered = self.columns.get(canonical, canonical)
        return f"{self.name}: column `{canonical}`" + (f" (`{delivered}`)" if delivered != canonical else "")


@dataclass(frozen=True)
class Checked:
    """A table after its checks.

    A row of `rows` is a delivered row that is visible at as_of, whatever became of it: canonical columns, `_seq`
    (order of delivery), `_rule` (position of the rule that caught it, or rules.NO_RULE), `_outcome` (rules.KEPT,
    REFUND or DROPPED); of some columns `_unread_X` (a value is there and cannot be read), `_blank_X` (none
    is), `_rounded_X` (it lost digits) and `_scaled_X` (the unit in its cell multiplied
    it); `_filled` where columns were filled down.
    `delivered` holds all delivered rows, with `_seq`. `problems` tells, by column, what parsing found wrong. `remarks`
    are sentences on how the visible rows were read, for whoever reads the page. `terms` are those it was read by.
    `later` are the rows that are not visible, as they are read, where the engine of the tables has them in columns of
    their kinds (None: they are read from `delivered`).
    """

    stated: Stated
    rows: ir.Table
    delivered: ir.Table
    files: tuple[str, ...]
    problems: Mapping[str, str]
    notes: tuple[str, ...]
    remarks: tuple[str, ...]
    terms: Terms
    later: ir.Table | None = None


@dataclass(frozen=True)
class Looked:
    """What one look at the delivered columns found, so that most need no other.

    `tidy` are the text columns without space around any value or a word for nothing: trimming a million takes a second.
    `plain` are columns of ids and days of which no value calls for a closer look.
    """

    tidy: frozenset[str] = frozenset()
    plain: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Reading:
    """One canonical column of the delivered rows: its value, whether nothing was delivered, and how it came about.

    `unread`: a value is there that cannot be had; `rounded`: it lost digits; `scaled`: the unit in its cell
    multiplied it; all where only each row can tell.
    """

    column: Column
    delivered: str | None
    value: ir.Value
    blank: ir.BooleanValue
    unread: ir.BooleanValue | None = None
    rounded: ir.BooleanValue | None = None
    problem: str | None = None
    note: str | None = None
    remark: str | None = None
    scaled: ir.BooleanValue | None = None


def statement_problems(name: str, source: TableSource) -> list[str]:
    """What is wrong with the params of a table, before any data are read."""
    known = deliverable(name).names
    found = [
        f"`{name}.columns`: {canonical!r} is not a column of {name}.{nearest(canonical, known)} Known: {listed(known)}"
        for canonical in source.columns
        if canonical not in known
    ]
    by_order = isinstance(source, OrdersSource) and source.grain == "order"
    lines = [column for column in ("product_id", "category") if by_order and column in source.columns]
    found += [f"`{name}.columns`: {column!r} belongs to a line of an order; state `grain: line`" for column in lines]
    if by_order and isinstance(source, OrdersSource) and source.amount_of == "order":
        found.append(f"`{name}.amount_of`: a row is an order already; state `grain: line`, or neither")
    return found + _unit_problems(name, source) + rules.statement_problems(name, source.rules)


def _unit_problems(name: str, source: TableSource) -> list[str]:
    """Units that are none, or of a column that has none."""
    scalable = [column.name for column in deliverable(name).columns if column.kind in ("money", "number")]
    found = [
        f"`{name}.units`: {canonical!r} is not a column of money or numbers.{nearest(canonical, scalable)}"
        for canonical in source.units
        if canonical not in scalable
    ]
    return found + [
        f"`{name}.units.{canonical}` must be a unit such as 元, 万元, k, cents or in thousands, found {text!r}"
        for canonical, text in source.units.items()
        if canonical in scalable and units.unit(text) is None
    ]


def listed(names: Sequence[str]) -> str:
    """Some names for a message."""
    return ", ".join(names[:12]) + (f" and {len(names) - 12} more" if len(names) > 12 else "")


def state(connection: Backend, name: str, source: TableSource, *, root: Path) -> Stated:
    """The table as delivered, with the delivered column of each canonical column that is used."""
    source = with_canonical_table(source, name)
    delivered = deliver(connection, source, root=root)
    if source.fill_down:
        delivered = fill_down(connection, delivered, fill=source.fill_down, columns=source.columns)
    return with_columns(name, source, reshaped(connection, delivered, source))


def with_columns(name: str, source: TableSource, delivered: Delivered) -> Stated:
    """A delivered table as stated, with the delivered column of each canonical column that is used."""
    stated = Stated(name, deliverable(name), source, delivered, {})
    there = [column for column in delivered.table.columns if column not in rules.OWN]
    columns = {column: column for column in stated.schema.names if column in there} | source.columns
    if name == "orders" and not stated.is_by_line:
        lines = {"product_id", "category"} | (set(PRICED) if "amount" in columns else set())
        columns = {canonical: column for canonical, column in columns.items() if canonical not in lines}
    return replace(stated, columns=columns)


def mapping_problems(stated: Stated) -> list[str]:
    """Columns that are mapped, required or read by a rule, and are not there."""
    there = [column for column in stated.delivered.table.columns if column not in rules.OWN]
    found = [
        f"{stated.name}: column `{canonical}` is mapped to `{column}`, which is not there.{nearest(column, there)}"
        f" Delivered: {listed(there)}"
        for canonical, column in stated.columns.items()
        if column not in there
    ]
    for canonical in stated.required:
        if canonical not in stated.columns:
            priced = ", or map both `quantity` and `unit_price`" if canonical == "amount" else ""
            remedy = f"map it in `columns`{priced}. Delivered: {listed(there)}"
            found.append(f"{stated.name}: column `{canonical}` is missing; {remedy}")
    if stated.tells_order_amounts and "amount" not in stated.columns:
        found.append(f"{stated.name}: `amount_of: order` needs the column `amount`; map it, or leave `amount_of` away")
    known = list(dict.fromkeys([*stated.columns, *there, *(("amount",) if stated.is_priced else ())]))
    return found + [f"{stated.name}: {text}" for text in rules.column_problems(stated.source.rules, known=known)]


def check(connection: BaseBackend, stated: Stated, *, as_of: date, terms: Terms) -> Checked:
    """The table read, filtered and ruled, once, into a temporary table; its mapping has no problems."""
    delivered, files = _in_order(stated)
    looked = _look(stated, delivered)
    table, readings = delivered, dict[str, Reading]()
    dated = stated.schema.dated or ""
    if dated in stated.columns:
        reading = _read(stated, dated, delivered, looked=looked, terms=terms)
        table = _visible(delivered, reading.value, as_of)
        readings[dated] = _moved(reading, delivered, table)
    readings |= {
        name: _read(stated, name, table, looked=looked, terms=terms) for name in stated.columns if name != dated
    }
    folded, terms = _folded(stated, table, readings, terms)
    if stated.name == "orders":
        readings |= derived(stated, table, readings, files)
    ruled = with_rules(stated, table, readings)
    ruled = order_amounts.taken_once(ruled) if stated.tells_order_amounts else ruled
    rows = connection.create_table(f"{stated.name}_checked", ruled, temp=True)
    problems = {name: reading.problem for name, reading in readings.items() if reading.problem}
    remarks = (*folded, *_remarks(stated, table, readings, looked.tidy))
    notes = tuple(f"{stated.where(name)}: {reading.note}" for name, reading in readings.items() if reading.note)
    notes = stated.delivered.notes + remarks + notes
    return Checked(stated, rows, delivered, files, problems, notes, remarks, terms)


def _folded(
    stated: Stated, table: ir.Table, readings: dict[str, Reading], terms: Terms
) -> tuple[tuple[str, ...], Terms]:
    """Folds customer ids that are e-mail addresses or phone numbers; what is said of it, and whether they were."""
    reading = readings.get("customer_id")
    if reading is None or reading.problem or terms.folds_customers is False:
        return (), terms
    if terms.folds_customers is None and not contact_ids.are_contacts(table, reading.value):
        return (), replace(terms, folds_customers=False)
    readings["customer_id"] = replace(reading, value=contact_ids.folded(reading.value))
    said = contact_ids.remark(table, reading.value, name=stated.name)
    return (said,), replace(terms, folds_customers=True)


def _remarks(stated: Stated, table: ir.Table, readings: Mapping[str, Reading], tidy: frozenset[str]) -> tuple[str, ...]:
    """What a page must say of how the visible rows were read."""
    wrapped = {
        delivered: readings[name].column.kind
        for name, delivered in stated.columns.items()
        if delivered not in tidy and table[delivered].type().is_string()
    }
    codes = [name for name, kind in wrapped.items() if kind != "text"]
    texts = [name for name, kind in wrapped.items() if kind == "text"]
    said = tuple(f"{stated.where(name)} {one.remark}." for name, one in readings.items() if one.remark)
    return said + wrappings.remarks(table, codes, texts, name=stated.name)


def later_ids(checked: Checked) -> ir.Table:
    """The ids of the rows that were delivered and are not visible: one column, `order_id`."""
    name = checked.stated.columns.get("order_id")
    hidden = checked.delivered.anti_join(checked.rows, "_seq")
    return hidden.select(order_id=parsing.parse_id(hidden, name).value if name else ibis.null("string"))


def later_customers(checked: Checked) -> ir.Table:
    """The customers of the rows that were delivered and are not visible, as ids are read: one column, `customer_id`."""
    if checked.later is not None:
        return checked.later.select("customer_id")
    hidden = checked.delivered.anti_join(checked.rows, "_seq")
    return _with_customers(checked, hidden).drop("_seq")


def later_rows(checked: Checked, names: Iterable[str]) -> ir.Table | None:
    """The rows that were delivered and are not visible, as they would be read; None where there are none.

    `names` are canonical columns; of them, and of customer_id, those are there that were delivered.
    """
    told = [name for name in names if name in checked.stated.columns]
    hidden = checked.delivered.anti_join(checked.rows, "_seq") if checked.later is None else checked.later
    if not hidden.count().to_pyarrow().as_py():
        return None
    if checked.later is not None:
        return hidden.select("customer_id", *told)
    # how days are written is found out on all rows: few may leave it open
    read = {
        name: _read(checked.stated, name, checked.delivered, looked=Looked(), terms=checked.terms).value
        for name in told
    }
    rows = checked.delivered.select("_seq", **read).semi_join(hidden, "_seq")
    return rows.join(_with_customers(checked, hidden), "_seq").drop("_seq")


def _with_customers(checked: Checked, rows: ir.Table) -> ir.Table:
    customer = parsing.parse_id(rows, checked.stated.columns["customer_id"]).value
    return rows.select("_seq", customer_id=contact_ids.folded(customer) if checked.terms.folds_customers else customer)


def first_instant(checked: Checked) -> datetime:
    """The first instant that was delivered, visible or not."""
    dated = str(checked.stated.schema.dated)
    at = _read(checked.stated, dated, checked.delivered, looked=Looked(), terms=checked.terms).value
    return checked.delivered.aggregate(first=at.min()).to_pyarrow()["first"][0].as_py()


def _in_order(stated: Stated) -> tuple[ir.Table, tuple[str, ...]]:
    """The delivered rows with their order of delivery as `_seq`, and the files in that order."""
    table = stated.delivered.table
    if len(stated.delivered.inputs) == 1:
        return table.mutate(_seq=table["_row"].cast("int64")), (stated.delivered.inputs[0].name,)
    files = tuple(sorted(table.select("_file").distinct().to_pyarrow()["_file"].to_pylist(), key=_in_counting_order))
    starts = [(table["_file"] == name, ibis.literal(i * FILE_STEP, type="int64")) for i, name in enumerate(files)]
    return table.mutate(_seq=table["_row"] + ibis.cases(*starts, else_=ibis.literal(0, type="int64"))), files


def _in_counting_order(name: str) -> list[tuple[int, str]]:
    """Names in the order in which people count files: part_2 before part_10."""
    return [(int(piece), "") if piece.isdecimal() else (-1, piece) for piece in re.split(r"(\d+)", name)]


def _visible(table: ir.Table, at: ir.Value, as_of: date) -> ir.Table:
    """The rows of as_of and before, and those without a date."""
    return table.filter(at.isnull() | is_by(at, as_of))


def known_by(value: ir.Value, at: ir.Value, as_of: date) -> ir.Value:
    """A value that became known at a day or instant, or without one; nothing where that is after as_of."""
    return (at.isnull() | is_by(at, as_of)).ifelse(value, ibis.null(value.type()))


def is_by(at: ir.Value, as_of: date) -> ir.BooleanValue:
    """Whether a day or an instant is at the end of `as_of` or before."""
    midnight = datetime.combine(as_of, datetime.min.time()) + timedelta(days=1)
    return at.cast("timestamp") < ibis.literal(midnight)


def _look(stated: Stated, table: ir.Table) -> Looked:
    """What one query tells of all columns that are read."""
    asked = {*stated.columns.values(), *(rule.column for rule in stated.source.rules)}
    asked |= {rule.by for rule in stated.source.rules}
    texts = [name for name in table.columns if name in asked and table[name].type().is_string()]
    flags = {f"untidy {name}": table[name].re_search(UNTIDY).any() for name in texts}
    for canonical, name in stated.columns.items():
        kind, given = stated.schema.column(canonical).kind, table[name]
        if kind == "id" and given.type().is_string():
            flags[f"odd {name}"] = parsing.is_odd_id(given).any()
        elif kind in ("instant", "day") and parsing.is_clock(given.type()):
            flags[f"odd {name}"] = parsing.is_odd_day(given).any()
    found = single_row(table.aggregate(**flags)) if flags else {}
    fine = {how: [name.removeprefix(how) for name in found if name.startswith(how) and not found[name]] for how in HOW}
    return Looked(*(frozenset(names) for names in fine.values()))


def _read(stated: Stated, canonical: str, table: ir.Table, *, looked: Looked, terms: Terms) -> Reading:
    """One column as its kind: the format is found out on rows that no rule drops, the value is given for all."""
    name, column = stated.columns[canonical], stated.schema.column(canonical)
    is_tidy, is_plain = name in looked.tidy, name in looked.plain
    blank = _is_blank(table[name], column.kind, is_tidy=is_tidy)
    if column.kind == "text":
        text = table[name] if is_tidy else blank.ifelse(ibis.null("string"), _text(table[name]))
        return Reading(column, name, text, blank)
    money = _money(stated, column, terms)
    if column.kind in NUMERIC and table[name].type().is_numeric() and not (money and money.unit_of(name)):
        given = blank.ifelse(ibis.null(table[name].type()), table[name])
        value = _typed(column, given)
        is_float = table[name].type().is_floating()
        rounded = given != value.cast("float64") if is_float and canonical == "amount" else None
        return Reading(column, name, value, blank, ~blank & value.isnull(), rounded)
    asked = _surviving(stated, table) if column.kind != "id" and table[name].type().is_string() else table
    if column.kind == "id":
        parsed = parsing.parse_id(asked, name, is_tidy=is_tidy, is_plain=is_plain)
    elif column.kind in NUMERIC:
        parsed = parsing.parse_number(asked, name, decimal=stated.source.decimal, money=money, is_tidy=is_tidy)
    else:
        how = {"date_format": stated.source.date_format, "time_zone": terms.time_zone}
        parsed = parsing.parse_instant(asked, name, **how, is_tidy=is_tidy, is_plain=is_plain)
    read = parsed.value if asked is table else _rebased(parsed.value, asked, table)
    value = _typed(column, read)
    unread = ~blank & value.isnull() if column.kind == "integer" else None
    problem, note = (_bare(text, name) for text in (parsed.problem, parsed.note))
    if not is_tidy and table[name].type().is_string() and has_line_ends(table[name]):
        problem = line_break(_surviving(stated, table), name) or problem
    scaled, absent = (
        flag if flag is None or asked is table else _rebased(flag, asked, table)
        for flag in (parsed.scaled, parsed.absent)
    )
    blank = blank if absent is None else blank | absent
    return Reading(column, name, value, blank, unread, None, problem, note, parsed.remark, scaled)


def _money(stated: Stated, column: Column, terms: Terms) -> Money | None:
    """What is known of a column whose numbers may have a unit: all of money, and others where one is stated."""
    unit = stated.source.units.get(column.name)
    return Money(terms.currency, unit) if column.kind == "money" or unit is not None else None


def _bare(text: str | None, name: str) -> str | None:
    """What parsing says without the delivered column: the contract names it with the canonical one."""
    return None if text is None else text.removeprefix(f"column `{name}`").removeprefix(":").strip()


def _typed(column: Column, value: ir.Value) -> ir.Value:
    """The value in the type of its kind; a number that does not fit is missing, and then told as a problem."""
    if column.kind == "integer":
        whole = value.try_cast("int64")
        return (whole.cast("float64") == value.cast("float64")).ifelse(whole, ibis.null("int64"))
    if column.kind in NUMERIC:
        return value if value.type() == dt.dtype(MONEY) else value.try_cast(MONEY)
    if column.kind == "day":
        return value.cast("timestamp").date()
    return value.cast("timestamp") if column.kind == "instant" else value


def _is_blank(value: ir.Value, kind: Kind, *, is_tidy: bool = False) -> ir.BooleanValue:
    """Nothing delivered: no value, no text; and but for text as such, a word that exports write for nothing.

    A text that is tidy is trimmed already, and no such word.
    """
    if not value.type().is_string():
        return value.isnull() | value.isnan() if value.type().is_floating() else value.isnull()
    if kind == "text":
        return value.isnull() | ((value if is_tidy else _text(value)) == "")
    if is_tidy:
        return value.isnull()
    return filled(bared(value), words=NO_DATE if kind in ("instant", "day") else MISSING).isnull()


def _text(value: ir.Value) -> ir.StringValue:
    return trimmed(value) if value.type().is_string() else value.cast("string")


def _surviving(stated: Stated, table: ir.Table) -> ir.Table:
    """The rows that rules on text do not drop: a closing line such as "Total" must not decide how dates are read."""

    def readings(name: str) -> rules.Readings | None:
        delivered = stated.columns.get(name, name)
        if delivered not in table.columns or not table[delivered].type().is_string():
            return None
        return rules.Readings(_is_blank(table[delivered], _kind(stated, name)), _text(table[delivered]), None)

    asked = [rule for rule in stated.source.rules if not rule.duplicates and not rule.keep]
    dropping = rules.positions(asked, "drop")
    if not dropping:
        return table
    return table.filter(~rules.first_rule(table, asked, readings=readings).isin(dropping))


def _kind(stated: Stated, name: str) -> Kind:
    return stated.schema.column(name).kind if name in stated.schema.names else "text"


def _rebased(value: ir.Value, old: ir.Table, new: ir.Table) -> ir.Value:
    """The same expression on another table that has the columns of the old one."""
    return value.op().replace({old.op(): new.op()}).to_expr()


def _moved(reading: Reading, old: ir.Table, new: ir.Table) -> Reading:
    return replace(reading, value=_rebased(reading.value, old, new), blank=_rebased(reading.blank, old, new))


def derived(
    stated: Stated, table: ir.Table, readings: Mapping[str, Reading], files: tuple[str, ...]
) -> dict[str, Reading]:
    """What an order has though it was not delivered: an amount from quantity and price, an id from its row."""
    made = {}
    if stated.is_priced:
        quantity, price = (readings[name].value for name in PRICED)
        # the product of two numbers of 18 digits has 36, and the engine would multiply them in 18
        amount = within_money(quantity.cast("decimal(38, 4)") * price)
        blank = quantity.isnull() | price.isnull()
        made["amount"] = Reading(stated.schema.column("amount"), None, amount, blank, ~blank & amount.isnull())
    if "order_id" not in readings:
        number = (table["_seq"] % FILE_STEP).cast("string")
        if len(files) > 1:
            number = (table["_seq"] // FILE_STEP + 1).cast("string") + "-" + number
        made["order_id"] = Reading(stated.schema.column("order_id"), None, number, ibis.literal(False))
    return made


def with_rules(stated: Stated, table: ir.Table, readings: Mapping[str, Reading]) -> ir.Table:
    """The rows with their canonical values, the rule that caught each, and what becomes of it."""
    values = {name: reading.value for name, reading in readings.items()}
    values |= {f"_unread_{name}": one.unread for name, one in readings.items() if one.unread is not None}
    values |= {f"_rounded_{name}": one.rounded for name, one in readings.items() if one.rounded is not None}
    values |= {f"_scaled_{name}": one.scaled for name, one in readings.items() if one.scaled is not None}
    values |= {f"_blank_{name}": one.blank for name, one in readings.items() if one.problem}
    if FILLED in table.columns:
        values[FILLED] = table[FILLED]
    readings_of = partial(_asked, stated, table, readings)
    lines_of = "order_id" if stated.is_by_line else None
    rule = rules.first_rule(table, stated.source.rules, readings=readings_of, lines_of=lines_of)
    ruled = table.select("_seq", _rule=rule, **values)
    return ruled.mutate(_outcome=_outcome(stated, ruled))


def _asked(stated: Stated, table: ir.Table, readings: Mapping[str, Reading], name: str) -> rules.Readings:
    """A column as the rules ask it: a canonical one by its value or its delivered text, or a delivered one."""
    if name not in readings:
        parse = partial(parsing.parse_number, table, name, decimal=stated.source.decimal)
        rank = partial(_rank, stated, table, name)
        return rules.Readings(_is_blank(table[name], "text"), _text(table[name]), lambda: parse().value, rank)
    reading = readings[name]
    as_read = reading.delivered is None or reading.column.kind in ("id", "text")
    text = reading.value.cast("string") if as_read else _text(table[reading.delivered])
    is_number = reading.column.kind in NUMERIC
    number = partial(_number, reading, is_number=is_number)
    return rules.Readings(reading.blank, text, number, lambda: reading.value)


def _number(reading: Reading, *, is_number: bool) -> ir.NumericValue:
    return reading.value if is_number else reading.value.try_cast("float64")


def _rank(stated: Stated, table: ir.Table, name: str) -> ir.Value:
    """What tells which row is later, of a column that is mapped to nothing: an instant, a number, or the text."""
    if not table[name].type().is_string():
        return table[name]
    instant = parsing.parse_instant(table, name, date_format=stated.source.date_format)
    if instant.problem is None:
        return instant.value
    number = parsing.parse_number(table, name, decimal=stated.source.decimal)
    return number.value if number.problem is None else _text(table[name])


def _outcome(stated: Stated, rows: ir.Table) -> ir.IntegerValue:
    """What becomes of each row: by the rule that caught it, else by the sign of its amount."""
    kept = ibis.literal(rules.KEPT, type="int8")
    branches = []
    for do, outcome in (("drop", rules.DROPPED), ("refund", rules.REFUND)):
        positions = rules.positions(stated.source.rules, do)
        if positions:
            branches.append((rows["_rule"].isin(positions), ibis.literal(outcome, type="int8")))
    negative = negative_outcome(stated)
    if negative is not None:
        branches.append((rows.amount < 0, ibis.literal(negative, type="int8")))
    return ibis.cases(*branches, else_=kept) if branches else kept


def negative_outcome(stated: Stated) -> int | None:
    """What becomes of a row below zero that no rule decides: None where it is netted, or the table has no amount.

    A row that is an order of its own has nothing to be netted with: it is a refund.
    """
    if not isinstance(stated.source, OrdersSource):
        return None
    if stated.source.negative_amount == "net":
        return None if stated.is_by_line else rules.REFUND
    return rules.DROPPED if stated.source.negative_amount == "drop" else rules.REFUND
