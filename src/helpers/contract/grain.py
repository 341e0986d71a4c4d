"""What a delivered row is: an order, a line with its own amount, a line with its order's; told twice, or half told."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

import ibis
import ibis.expr.types as ir
from ibis import _

from helpers.contract.amounts import Money
from helpers.contract.column_names import plain_name
from helpers.contract.evidence import is_missing, rows, single_row
from helpers.contract.parsing import Parsed, parse_number

NUMBERS = ("amount", "quantity", "unit_price", "discount_amount", "refund_amount")
ITEM_COLUMNS = ("product_id", "quantity", "unit_price")
ITEM_WORDS = re.compile("line|item|sku|product|商品|产品|宝贝")
OF_A_LINE = re.compile("line|item|sales|revenue|小计|商品金额|销售|货款|成交价|spend")
OF_AN_ORDER = re.compile("order|grand|total|订单|总|实付|实际支付|应付|paid|合计")
NEAR = 0.011
"""How far a product of quantity and price may be from an amount that it is: a cent, for rounding."""


@dataclass(frozen=True)
class Grain:
    """What a row is, why, and in sentences what to ask, with the money in the proposed sense and in the other.

    `overlap` counts orders that several files tell, `retold` rows whose order an earlier row of the same file told;
    `changed` are the delivered columns that differ between the rows of an order.
    """

    is_line: bool
    reason: str
    amount_of: Literal["row", "order"] = "row"
    overlap: int = 0
    retold: int = 0
    changed: tuple[str, ...] = ()
    doubts: tuple[str, ...] = field(default=())


@dataclass(frozen=True)
class _Rows:
    """The delivered rows with `_order`, `_amount` and `_product` (quantity times price), where these are known."""

    table: ir.Table
    has_amount: bool
    has_product: bool


def merged_columns(told: ir.Table, columns: Mapping[str, str]) -> tuple[str, ...]:
    """The delivered columns of merged cells (of `presence`): told on an order's first row, empty on the rows below.

    They are found by the order id, or by the customer and the instant, that is empty on many rows which tell an amount
    or a product; all columns that are empty on just these rows are of the order too.
    """
    heads = [columns[name] for name in ("order_id", "customer_id", "ordered_at") if name in columns]
    tellers = [columns[name] for name in ("amount", *ITEM_COLUMNS) if name in columns]
    if len(heads) < 2 or not tellers:
        return ()
    names = delivered_names(told)
    below = ibis.and_(*(~told[name] for name in heads)) & ibis.or_(*(told[name] for name in tellers))
    marked = told.mutate(_below=below)
    on_below = {f"b{i}": marked[name].any(where=marked["_below"]) for i, name in enumerate(names)}
    above = {f"a{i}": marked[name].mean(where=~marked["_below"]) for i, name in enumerate(names)}
    measured = single_row(marked.aggregate(below=marked["_below"].sum(), row_count=marked.count(), **on_below, **above))
    if (measured["below"] or 0) < 2 or measured["below"] < 0.02 * measured["row_count"]:
        return ()
    return tuple(name for i, name in enumerate(names) if not measured[f"b{i}"] and (measured[f"a{i}"] or 0) > 0.5)


def sparse_columns(told: ir.Table, columns: Mapping[str, str]) -> tuple[str, ...]:
    """The delivered columns on the first line of each order only (`presence`), where the id stands on all of them."""
    if "order_id" not in columns:
        return ()
    names = [name for name in delivered_names(told) if name != columns["order_id"]]
    place = [told[name] for name in ("_file", "_row") if name in told.columns]
    in_order = ibis.window(group_by=told["_order"], order_by=place)
    placed = told.filter(told["_order"].notnull()).mutate(_place=ibis.row_number().over(in_order))
    later = {f"l{i}": placed[name].any(where=placed["_place"] > 0) for i, name in enumerate(names)}
    first = {f"f{i}": placed[name].any(where=placed["_place"] == 0) for i, name in enumerate(names)}
    measured = single_row(placed.aggregate(later=(placed["_place"] > 0).sum(), **later, **first))
    if not measured["later"]:
        return ()
    return tuple(name for i, name in enumerate(names) if not measured[f"l{i}"] and measured[f"f{i}"])


def presence(table: ir.Table, columns: Mapping[str, str]) -> ir.Table:
    """Whether each cell of the delivered columns has a value, worked out once: a boolean column of each name.

    The place of the row stands with them, and in `_order` the id of its order as it was delivered.
    """
    kept = {name: table[name] for name in ("_file", "_row") if name in table.columns}
    if "order_id" in columns:
        kept["_order"] = table[columns["order_id"]]
    return table.select(**kept, **{name: ~is_missing(table[name]) for name in delivered_names(table)}).cache()


def delivered_names(table: ir.Table) -> list[str]:
    """The columns that were delivered, without those that we put beside them."""
    return [name for name in table.columns if not name.startswith("_")]


def find(
    table: ir.Table,
    columns: Mapping[str, str],
    *,
    numbers: Mapping[str, Parsed],
    merged: Collection[str] = (),
    sparse: Collection[str] = (),
) -> Grain:
    """What a row of the orders is, found from their ids, amounts and files.

    Parameters
    ----------
    table
        As delivered, merged cells filled down.
    columns
        Canonical name to delivered column.
    numbers
        Those of numbers as they were read (`parsed_numbers`).
    merged
        The delivered columns of merged cells: an amount that is none of them is the line's.
    sparse
        The delivered columns that stand on the first line of each order only: an amount among them is the order's.
    """
    if "order_id" not in columns:
        return Grain(False, "no column is an order id: each row is taken for an order of its own")
    seen = _rows(table, columns, numbers)
    counts = _repeats(seen.table)
    if counts["repeated"] == 0:
        return Grain(False, "a row is an order: no order id comes twice")
    if merged and columns.get("amount") not in (None, *merged):
        return Grain(True, "a row is a line of an order, whose cells are merged; the amount is the line's own")
    if columns.get("amount") in sparse and not counts["overlapping"]:
        reason = f"`{columns['amount']}` stands on the first line of each order only: it is the order's"
        return Grain(True, reason, "order")
    if counts["overlapping"]:
        return _overlapping(seen, columns, counts)
    return _repeated(seen, columns, counts)


def _rows(table: ir.Table, columns: Mapping[str, str], numbers: Mapping[str, Parsed]) -> _Rows:
    order = table[columns["order_id"]].cast("string").strip()
    amount, quantity, price = (number(numbers, name) for name in ("amount", "quantity", "unit_price"))
    product = None
    if quantity is not None and price is not None:
        product = quantity.cast("float64") * price.cast("float64")
    own = {
        "_order": ibis.ifelse(is_missing(table[columns["order_id"]]), ibis.null("string"), order),
        "_amount": ibis.null("float64") if amount is None else amount.cast("float64"),
        "_product": ibis.null("float64") if product is None else product,
    }
    made = table.mutate(**own)
    return _Rows(made.filter(made["_order"].notnull()).cache(), amount is not None, product is not None)


def parsed_numbers(table: ir.Table, columns: Mapping[str, str]) -> dict[str, Parsed]:
    """The canonical columns of numbers as the contract parses them: all but quantities are money."""
    return {
        name: parse_number(table, columns[name], decimal=None, money=None if name == "quantity" else Money())
        for name in NUMBERS
        if name in columns
    }


def number(numbers: Mapping[str, Parsed], name: str) -> ir.NumericValue | None:
    """A column of numbers as the contract reads it; None where it is not there or cannot be read."""
    parsed = numbers.get(name)
    return parsed.value if parsed is not None and parsed.value.op().relations else None


def _repeats(table: ir.Table) -> dict[str, Any]:
    """How often ids repeat, and how many of them stand in several files."""
    per_order = table.group_by("_order").aggregate(row_count=table.count(), file_count=table["_file"].nunique())
    return single_row(
        per_order.aggregate(
            order_count=per_order.count(),
            repeated=(_.row_count - 1).sum(),
            overlapping=(_.file_count > 1).sum(),
        )
    )


def _overlapping(seen: _Rows, columns: Mapping[str, str], counts: dict[str, Any]) -> Grain:
    """Several exports that share orders: the latest file tells; each of them by itself has a grain."""
    within = seen.table.group_by("_order", "_file").aggregate(row_count=seen.table.count())
    last = within.group_by("_order").aggregate(_file=_["_file"].max())
    latest = seen.table.semi_join(last, ["_order", "_file"]).cache()
    inside = _repeated(_Rows(latest, seen.has_amount, seen.has_product), columns, _repeats(latest))
    count = counts["overlapping"]
    said = f"{count:,} order{'' if count == 1 else 's'} stand{'s' if count == 1 else ''} in several files"
    both = _sum(latest, inside.amount_of), _sum(seen.table, inside.amount_of, by_file=True)
    doubt = (
        f"{said}: the files overlap, and the latest tells how an order ended. Together they hold {both[0]} if each "
        f"order is counted once, {both[1]} if all rows are; the rule `told again` keeps the latest."
    )
    doubts = (doubt, *inside.doubts)
    return Grain(
        inside.is_line, inside.reason, inside.amount_of, overlap=count, changed=_changed(seen.table), doubts=doubts
    )


def _changed(table: ir.Table) -> tuple[str, ...]:
    """The delivered columns that differ between rows of one order."""
    names = delivered_names(table)
    values = {f"v{i}": table[name].cast("string").fill_null("").nunique() for i, name in enumerate(names)}
    per_order = table.group_by("_order").aggregate(**values)
    measured = single_row(per_order.aggregate(**{key: (per_order[key] > 1).any() for key in values}))
    return tuple(name for i, name in enumerate(names) if measured[f"v{i}"])


def _repeated(seen: _Rows, columns: Mapping[str, str], counts: dict[str, Any]) -> Grain:
    """Ids that repeat within a file: lines, or rows that were exported twice."""
    if counts["repeated"] == 0:
        return Grain(False, "a row is an order: no order id comes twice in a file")
    changed = _changed(seen.table)
    items = [columns[name] for name in ITEM_COLUMNS if name in columns]
    tells_items = bool(set(items) & set(changed)) or any(ITEM_WORDS.search(plain_name(name)) for name in changed)
    if not tells_items and not _is_mostly_lines(columns, counts, changed):
        return _retold(seen, counts, changed)
    if not seen.has_amount:
        return Grain(True, f"a row is a line of an order: {_of(counts)}")
    return _lines(seen, columns, counts)


def _is_mostly_lines(columns: Mapping[str, str], counts: dict[str, Any], changed: tuple[str, ...]) -> bool:
    """Whether rows of one id that name no product are lines all the same: their amounts differ, and there are many."""
    if any(name in columns for name in ("product_id", "quantity")) and not changed:
        return counts["repeated"] > 0.2 * counts["order_count"]
    return columns.get("amount") in changed and counts["repeated"] > 0.05 * counts["order_count"]


def _retold(seen: _Rows, counts: dict[str, Any], changed: tuple[str, ...]) -> Grain:
    repeated = counts["repeated"]
    repeat = f"{rows(repeated)} repeat{'s' if repeated == 1 else ''} the id of another order"
    kept = _sum(_last_rows(seen.table), "row")
    how = f"with another {', '.join(f'`{name}`' for name in changed[:3])}" if changed else "with the same values"
    doubt = (
        f"{repeat}, {how}, and no column names a product: the last row of an order is kept, {kept} in all; the rows "
        f"added up would be {_sum(seen.table, 'row')}. If rows are lines of orders, pass `--grain line`."
    )
    return Grain(False, f"a row is an order; {_of(counts)}", retold=repeated, changed=changed, doubts=(doubt,))


def _last_rows(table: ir.Table) -> ir.Table:
    place = ibis.window(group_by=table["_order"], order_by=[table["_file"].desc(), table["_row"].desc()])
    numbered = table.mutate(_place=ibis.row_number().over(place))
    return numbered.filter(numbered["_place"] == 0).drop("_place")


def _of(counts: dict[str, Any]) -> str:
    return f"{counts['order_count']:,} order ids in {counts['order_count'] + counts['repeated']:,} rows"


def _lines(seen: _Rows, columns: Mapping[str, str], counts: dict[str, Any]) -> Grain:
    """Whose amount a line tells: judged by orders of several lines."""
    evidence = _evidence(seen.table)
    once, each = _sum(seen.table, "order"), _sum(seen.table, "row")
    several, alike = evidence["several"], evidence["alike"]
    asked = f"{once} if the amount is the order's, {each} if the line's"
    said = f"{alike:,} of {several:,} orders of several lines"
    if alike < 0.99 * several:
        return Grain(True, f"a row is a line of an order ({_of(counts)}), and tells its own amount")
    name = columns["amount"]
    if seen.has_product and evidence["adds_up"] >= 0.5 * several:
        same = f"`{name}` is the same on all lines in {said}"
        reason = f"{same}, and quantity times price adds up to it: it is the order's"
        return Grain(True, reason, "order", doubts=(f"{_capital(reason)}. In all {asked} (`--amount-of`).",))
    if seen.has_product and evidence["fits_line"] >= 0.9 * evidence["later"] > 0:
        return Grain(True, f"a row is a line with its own amount: `{name}` is quantity times price on each")
    is_line = bool(OF_A_LINE.search(plain_name(name))) and not OF_AN_ORDER.search(plain_name(name))
    whose = "the line's, as its name says" if is_line else "the order's"
    doubt = (
        f"`{name}` is the same on all lines in {said}: is it the order's, or the line's? Taken as {whose}. "
        f"In all {asked} (`--amount-of`)."
    )
    return Grain(True, f"`{name}` is taken as {whose}", "row" if is_line else "order", doubts=(doubt,))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _evidence(table: ir.Table) -> dict[str, Any]:
    """Of orders with several lines: how many there are, how many tell one amount, and how many add up to it."""
    place = ibis.window(group_by=table["_order"], order_by=[table["_file"], table["_row"]])
    placed = table.mutate(_place=ibis.row_number().over(place))
    fits = (placed["_product"] - placed["_amount"]).abs() <= NEAR
    orders = placed.group_by("_order").aggregate(
        row_count=placed.count(),
        low=placed["_amount"].min(),
        high=placed["_amount"].max(),
        product=placed["_product"].sum(),
        fits=(fits.fill_null(False) & (placed["_place"] > 0)).sum(),
        later=(placed["_place"] > 0).sum(),
    )
    several = orders.filter(orders.row_count > 1)
    # a few cents of rounding by line, or postage and tax on top
    adds_up = (several["product"] - several.high).abs() <= NEAR * several.row_count
    measured = single_row(
        several.aggregate(
            several=several.count(),
            alike=(several.low == several.high).sum(),
            adds_up=adds_up.sum(),
            fits_line=several.fits.sum(),
            later=several.later.sum(),
        )
    )
    return {name: value or 0 for name, value in measured.items()}


def _sum(table: ir.Table, amount_of: str, *, by_file: bool = False) -> str:
    """The money of all rows, or of all orders once, as it is written in a sentence."""
    if amount_of == "order":
        keys = ["_order", "_file"] if by_file else ["_order"]
        table = table.group_by(*keys).aggregate(_amount=_["_amount"].max())
    total = single_row(table.aggregate(total=table["_amount"].sum()))["total"]
    return "an unknown sum" if total is None else f"{Decimal(repr(float(total))):,.2f}"


def totals(filled: ir.Table, delivered: ir.Table, columns: Mapping[str, str]) -> tuple[str, str]:
    """The money of rows with an order id after cells were filled down, and before."""
    rows_of = (_rows(table, columns, parsed_numbers(table, columns)).table for table in (filled, delivered))
    after, before = (_sum(table, "row") for table in rows_of)
    return after, before
