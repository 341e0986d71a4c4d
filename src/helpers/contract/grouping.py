"""Orders and refunds out of checked rows: lines summed by order, and ids that must tell orders apart."""

from __future__ import annotations

from dataclasses import dataclass

import ibis
import ibis.expr.types as ir
from ibis import _
from ibis.backends import BaseBackend

from helpers.contract import counting, ledger, rules
from helpers.contract.amounts import within_money
from helpers.contract.checking import Checked
from helpers.contract.counting import Counts
from helpers.contract.engine_tables import made_once
from helpers.contract.evidence import single_row
from helpers.contract.order_amounts import SUMS
from helpers.schema import ORDERS, SCHEMAS
from helpers.schema.sources import OrdersSource

ADDED = ("_seq", "_row_count", "_is_mixed", "_is_spread", "_is_beyond")
LIMIT = "100,000,000,000,000"
"""What the money of an order must be below."""


@dataclass(frozen=True)
class Grouped:
    """Orders and refunds, one row each, with what grouping adds to their columns.

    `_seq` is their first row, `_row_count` how many rows they have; `_is_mixed` and `_is_spread` say that the rows
    differ in customer and in instant, `_is_beyond` that their sum is larger than money is. `below_zero` are orders that
    came out so and went to the refunds.
    """

    orders: ir.Table
    refunds: ir.Table
    below_zero: ir.Table | None = None


def has_refunds(checked: Checked, counts: Counts) -> bool:
    """Whether there may be refunds: of rows that are refunds, or of orders whose rows come to less than nothing."""
    is_netted = isinstance(checked.stated.source, OrdersSource) and checked.stated.source.negative_amount == "net"
    return is_netted or counts.of(outcomes=[rules.REFUND]).count() > 0


def grouped_orders(connection: BaseBackend, checked: Checked) -> Grouped:
    """The orders and refunds of checked rows, one row each; lines are summed by order, in tables made once."""
    rows = checked.rows
    kept, refunds = rows.filter(rows["_outcome"] == rules.KEPT), rows.filter(rows["_outcome"] == rules.REFUND)
    if not checked.stated.is_by_line:
        orders = _as_orders(kept)
        return Grouped(orders, _refunds(_as_orders(refunds), orders))
    orders = made_once(connection, "orders_grouped", _by_order(kept))
    refunds = made_once(connection, "refunds_grouped", _by_order(refunds))
    if not isinstance(checked.stated.source, OrdersSource) or checked.stated.source.negative_amount != "net":
        return Grouped(orders, _refunds(refunds, orders))
    below, above = orders.filter(orders.amount < 0), orders.filter(orders.amount >= 0)
    return Grouped(above, _refunds(refunds.union(below), above), below)


def _as_orders(rows: ir.Table) -> ir.Table:
    """Rows that are orders themselves, with what grouping adds."""
    columns = [name for name in ORDERS.names if name in rows.columns]
    return rows.select(*columns, "_seq", _row_count=1, _is_mixed=False, _is_spread=False, _is_beyond=False)


def _refunds(refunds: ir.Table, orders: ir.Table) -> ir.Table:
    """The refunds that were delivered as rows, and those that orders tell of themselves; above zero."""
    given_back = refunds.mutate(amount=refunds.amount.abs())
    if "refund_amount" not in orders.columns:
        return given_back
    told = orders.filter(orders.refund_amount != 0)
    return given_back.union(told.mutate(amount=told.refund_amount.abs()).select(*given_back.columns))


def _by_order(lines: ir.Table) -> ir.Table:
    """The lines summed by order: earliest instant, sums of money, and the first text in the alphabet of the others."""
    columns = [name for name in ORDERS.names if name in lines.columns and name != "order_id"]
    measures = {name: within_money(lines[name].sum()) if name in SUMS else lines[name].min() for name in columns}
    measures |= {"_seq": lines["_seq"].min(), "_row_count": lines.count()}
    differing = {"_is_mixed": "customer_id", "_is_spread": "ordered_at"}
    measures |= {name: lines[column].min() != lines[column].max() for name, column in differing.items()}
    sums = [lines[name].sum() for name in SUMS if name in columns]
    measures["_is_beyond"] = ibis.or_(*(one.notnull() & within_money(one).isnull() for one in sums))
    return lines.group_by("order_id").aggregate(**measures)


def told_problems(checked: Checked) -> list[str]:
    """Orders whose lines tell different sums, where each is said to tell the order's."""
    found = []
    for name in (name for name in SUMS if f"_differs_{name}" in checked.rows.columns):
        differing = checked.rows.filter(checked.rows[f"_differs_{name}"])
        total = single_row(differing.aggregate(order_count=differing.order_id.nunique(), first=differing["_seq"].min()))
        if not total["order_count"]:
            continue
        count, place = _orders(total["order_count"]), _first_order(checked, total["first"])
        found.append(
            f"{checked.stated.where(name)} must be one per order, as `amount_of: order` says: the lines of {count} "
            f"tell different ones, {place}; is it the line's own (`amount_of: row`)?"
        )
    return found


def told_note(checked: Checked) -> list[str]:
    """What taking the amount of an order once made of the money that the lines tell."""
    if "_told_amount" not in checked.rows.columns:
        return []
    total = single_row(checked.rows.aggregate(once=_.amount.sum(), each=_["_told_amount"].sum()))
    once, each = (f"{total[name] or 0:,.2f}" for name in ("once", "each"))
    told = f"the amount of an order, taken once for all of its lines: {once}; the lines added up would be {each}"
    return [f"{checked.stated.where('amount')}: {told}"]


def key_problems(checked: Checked, grouped: Grouped) -> list[str]:
    """Ids that must tell rows apart and do not, and orders of more than one customer."""
    if checked.stated.is_by_line:
        return _mixed_problems(checked, grouped) + _beyond_problems(checked, grouped)
    key = SCHEMAS[checked.stated.name].key or ""
    if key not in checked.stated.columns:
        return []
    kept = checked.rows.filter((checked.rows["_outcome"] == rules.KEPT) & checked.rows[key].notnull())
    counted = kept.group_by(id=kept[key]).aggregate(row_count=kept.count(), first=kept["_seq"].min())
    doubled = counted.filter(counted.row_count > 1)
    total = single_row(doubled.aggregate(id_count=doubled.count(), row_count=_.row_count.sum(), first=_["first"].min()))
    if not total["id_count"]:
        return []
    example = single_row(doubled.filter(doubled["first"] == total["first"]))
    remedy = "a rule {rule: repeated rows, duplicates: true}"
    remedy = (
        f"state `grain: line` if a row is a line of an order, else {remedy}" if key == "order_id" else f"add {remedy}"
    )
    repeated = (
        f"{total['id_count']:,} {'id' if total['id_count'] == 1 else 'ids'} in {total['row_count']:,} rows, first at "
        f"{counting.row_name(checked, total['first'])} ({ledger.shown(example['id'])}, {example['row_count']:,} times)"
    )
    return [f"{checked.stated.where(key)} must be there once: {repeated}; {remedy}"]


def _mixed_problems(checked: Checked, grouped: Grouped) -> list[str]:
    mixed = grouped.orders.filter(grouped.orders["_is_mixed"] & grouped.orders.order_id.notnull())
    total = single_row(mixed.aggregate(order_count=mixed.count(), first=_["_seq"].min()))
    if not total["order_count"]:
        return []
    count, place = f"{_orders(total['order_count'])} with several", _first_order(checked, total["first"])
    remedy = f"is `{checked.stated.columns['order_id']}` the id of the order?"
    return [f"{checked.stated.where('customer_id')} must be one per order: {count}, {place}; {remedy}"]


def _beyond_problems(checked: Checked, grouped: Grouped) -> list[str]:
    """Orders whose lines come to more than money can be."""
    found = []
    for orders in (grouped.orders, grouped.refunds):
        beyond = orders.filter(orders["_is_beyond"])
        total = single_row(beyond.aggregate(order_count=beyond.count(), first=_["_seq"].min()))
        if total["order_count"]:
            count, place = _orders(total["order_count"]), _first_order(checked, total["first"])
            found.append(
                f"{checked.stated.where('amount')} must come to less than {LIMIT} an order: the lines of {count} come "
                f"to more, {place}; state `units` where the amounts are in a smaller unit"
            )
    return found


def _orders(count: int) -> str:
    return f"{count:,} {'order' if count == 1 else 'orders'}"


def _first_order(checked: Checked, place: int) -> str:
    """Where the first order of a problem stands, and its id as delivered."""
    row = counting.delivered_rows(checked, [place])[place]
    order = ledger.shown(row[checked.stated.columns["order_id"]])
    return f"first at {counting.row_name(checked, place)} (order {order})"
