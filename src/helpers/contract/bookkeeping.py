"""The ledger of all tables: each from its rows read to its rows kept, then what joins one table to another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import ibis
import ibis.expr.types as ir
from ibis import _

from helpers.contract import counting, ledger, rules
from helpers.contract.canonical import ITEMS, KEY
from helpers.contract.checking import Checked
from helpers.contract.counting import Counts
from helpers.contract.evidence import single_row
from helpers.contract.grouping import Grouped
from helpers.contract.ledger import Entry

LINKS = (("customer_id", "customers"), ("product_id", "products"), ("order_id", "orders"))
"""Columns that point to a row of another table, and that table."""


def ledger_entries(
    checked: Mapping[str, Checked],
    counts: Mapping[str, Counts],
    grouped: Grouped,
    tables: Mapping[str, ir.Table | None],
    *,
    withdrawn: ir.Table | None,
) -> list[Entry]:
    """The ledger of all tables: each from its rows read to its rows kept, then what joins one table to another."""
    orders = counting.entries(checked["orders"], counts["orders"])
    orders = _below_zero(orders, checked["orders"], grouped)
    place = checked["orders"]
    notes = [_given_back(place, grouped.orders), _second_on_a_day(place, grouped.orders)]
    if withdrawn is not None:
        private = grouped.orders.semi_join(withdrawn, KEY)
        notes.append(_note(place, ledger.WITHDRAWN, private, shows_place=False))
    if (customers := tables["customers"]) is not None:
        notes.append(_orphans(place, grouped.orders, customers, key="customer_id", one_of="customers"))
    entries = ledger.to_cents([*orders[:-1], *(note for note in notes if note), orders[-1]])
    items, products = tables[ITEMS], tables["products"]
    if items is not None and products is not None and ITEMS not in checked:
        note = _note(place, "product_id not in products", items.anti_join(products, "product_id"), table=ITEMS)
        entries += ledger.to_cents([note]) if note else []
    for name in (name for name in checked if name != "orders"):
        entries += _entries(name, checked[name], counts[name], {**tables, "orders": grouped.orders})
    return entries


def _entries(name: str, checked: Checked, counts: Counts, tables: Mapping[str, ir.Table | None]) -> list[Entry]:
    """The ledger of one table beside the orders, with the rows that point to nothing."""
    own = counting.entries(checked, counts)
    kept = checked.rows.filter(checked.rows["_outcome"] == rules.KEPT)
    notes = [
        _orphans(checked, kept.filter(kept[key].notnull()), known, key=key, one_of=one_of)
        for key, one_of in LINKS
        if key in kept.columns and name != one_of and (known := tables[one_of]) is not None
    ]
    return [*own[:-1], *(note for note in notes if note), own[-1]]


def _below_zero(entries: list[Entry], checked: Checked, grouped: Grouped) -> list[Entry]:
    """Orders that came out below zero after netting are refunds: their rows leave those that are kept."""
    if grouped.below_zero is None:
        return entries
    below = grouped.below_zero
    totals = single_row(below.aggregate(row_count=_["_row_count"].sum(), amount=_.amount.sum(), first=_["_seq"].min()))
    if not totals["row_count"]:
        return entries
    example = counting.row_name(checked, totals["first"])
    rows, kept = int(totals["row_count"]), entries[-1]
    refund = Entry("orders", "order below zero after netting", "refund", rows, totals["amount"], example)
    left = replace(kept, row_count=kept.row_count - rows, amount=(kept.amount or 0) - totals["amount"])
    return [*entries[:-1], refund, left]


def _given_back(checked: Checked, orders: ir.Table) -> Entry | None:
    """What kept orders tell of sums given back: they are refunds beside the orders, and no row of their own."""
    if "refund_amount" not in orders.columns:
        return None
    told = orders.filter(orders.refund_amount != 0)
    return _note(checked, "refund that an order tells", told.mutate(amount=-told.refund_amount.abs()))


def _second_on_a_day(checked: Checked, orders: ir.Table) -> Entry | None:
    """The orders on a day on which the customer had already bought: one purchase with the first, for the features."""
    dated = orders.mutate(day=orders.ordered_at.date())
    counted = dated.group_by("customer_id", "day").aggregate(order_count=dated.count())
    # made first: the engine would keep all orders aside for a query that reads them twice
    days = counted.filter(counted.order_count > 1).cache()
    several = dated.semi_join(days, ["customer_id", "day"])
    in_order = ibis.window(
        group_by=[several.customer_id, several.day], order_by=[several.ordered_at, several["_seq"], several.order_id]
    )
    numbered = several.mutate(place=ibis.row_number().over(in_order))
    return _note(checked, "second order on a day", numbered.filter(numbered.place > 0))


def _orphans(checked: Checked, rows: ir.Table, known: ir.Table, *, key: str, one_of: str) -> Entry | None:
    # an id that nobody has is in no table: a join would say the same, at half as much again for the engine's SQL
    return _note(checked, f"{key} not in {one_of}", rows.filter(~rows[key].isin(known[key]).fill_null(False)))


def _note(
    checked: Checked, rule: str, rows: ir.Table, *, table: str | None = None, shows_place: bool = True
) -> Entry | None:
    """Rows that are kept and worth a word; the example is the place of the first, where rows tell theirs."""
    name = table or checked.stated.name
    measures = {"row_count": rows.count()}
    if shows_place and "_seq" in rows.columns:
        measures["first"] = rows["_seq"].min()
    if name in ("orders", ITEMS):
        measures["amount"] = rows.amount.sum()
    measured = single_row(rows.aggregate(**measures))
    if not measured["row_count"]:
        return None
    example = counting.row_name(checked, measured["first"]) if "first" in measured else ""
    return Entry(name, rule, "noted", measured["row_count"], measured.get("amount"), example)
