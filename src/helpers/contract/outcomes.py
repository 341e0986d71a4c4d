"""What becomes of rows for the sake of other tables: customers erased, and orders that a refund undid."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

import ibis
import ibis.expr.types as ir
from ibis.backends import BaseBackend

from helpers.contract import rules
from helpers.contract.canonical import ITEMS
from helpers.contract.checking import Checked
from helpers.contract.engine_tables import made_once
from helpers.contract.privacy import erased_customers, hand_on, unknown_count, with_their_spellings

ORDERS = "orders"


def with_outcome(connection: BaseBackend, checked: Checked, chosen: ir.BooleanValue, outcome: int) -> Checked:
    """The checked rows with another outcome where `chosen`, of those that are kept or refunds; made once, anew."""
    rows = checked.rows
    moved = (rows["_outcome"].isin(rules.SURVIVING) & chosen.fill_null(False)).ifelse(
        outcome, rows["_outcome"].cast("int64")
    )
    name = f"{checked.stated.name}_checked_{outcome}"
    table = made_once(connection, name, rows.mutate(_outcome=moved.cast("int8")))
    return replace(checked, rows=table)


def without_erased(
    connection: BaseBackend, checked: Mapping[str, Checked], *, as_of: date, erases_on_request: bool
) -> dict[str, Checked]:
    """The tables with every row of an erased customer told so, lines of their orders among them."""
    tables = dict(checked)
    if "erasures" not in tables:
        return tables
    requests = tables["erasures"].rows
    requests = requests.filter(requests["_outcome"] == rules.KEPT)
    erased = erased_customers(requests, as_of=as_of, erases_on_request=erases_on_request)
    erased = made_once(connection, "customers_asked", erased)
    if not (count := erased.count().to_pyarrow().as_py()):
        return tables
    known = _known_customers(connection, tables)
    erased = made_once(connection, "customers_erased", with_their_spellings(erased, known))
    hand_on(erased)
    if unknown := unknown_count(erased, known):
        tables["erasures"] = _saying(tables["erasures"], count, unknown)
    for name, table in tables.items():
        if "customer_id" in table.rows.columns:
            chosen = table.rows.customer_id.isin(erased.customer_id)
            tables[name] = with_outcome(connection, table, chosen, rules.ERASED)
    return _with_their_lines(connection, tables, rules.ERASED)


def _known_customers(connection: BaseBackend, tables: Mapping[str, Checked]) -> ir.Table:
    """Everybody of whom a table other than that of erasures has a row, one column `customer_id`, each once."""
    rows = [one.rows for name, one in tables.items() if name != "erasures" and "customer_id" in one.rows.columns]
    ids = [one.filter(one.customer_id.notnull()).select("customer_id").distinct() for one in rows]
    known = ids[0] if len(ids) == 1 else ibis.union(*ids, distinct=True)
    return made_once(connection, "customers_known", known)


def _saying(erasures: Checked, count: int, unknown: int) -> Checked:
    """The same with what is said of erased customers who are in no table."""
    said = (
        f"Of {count:,} customer{'' if count == 1 else 's'} to be erased, {unknown:,} {'is' if unknown == 1 else 'are'} "
        f"in no table, as ids are read; is `{erasures.stated.columns['customer_id']}` the id of the customer?"
    )
    return replace(erasures, remarks=(*erasures.remarks, said), notes=(*erasures.notes, said))


def without_reversed(
    connection: BaseBackend, checked: Mapping[str, Checked], pairs: ir.Table, *, is_by_line: bool
) -> dict[str, Checked]:
    """The tables with the rows of undone orders and of the refunds that undid them told so.

    `pairs` is that of `reversals.reversed_pairs`, with the ids order_id and refund_id beside the places.
    """
    orders = checked[ORDERS].rows
    key, sold, returned = ("order_id",) * 2 + ("refund_id",) if is_by_line else ("_seq", "order_seq", "refund_seq")
    chosen = ((orders["_outcome"] == rules.KEPT) & orders[key].isin(pairs[sold])) | (
        (orders["_outcome"] == rules.REFUND) & orders[key].isin(pairs[returned])
    )
    tables = {**checked, ORDERS: with_outcome(connection, checked[ORDERS], chosen, rules.REVERSED)}
    return _with_their_lines(connection, tables, rules.REVERSED)


def _with_their_lines(connection: BaseBackend, tables: dict[str, Checked], outcome: int) -> dict[str, Checked]:
    """Lines that were delivered apart go the way of their orders."""
    if ITEMS not in tables:
        return tables
    orders, lines = tables[ORDERS].rows, tables[ITEMS].rows
    gone = orders.filter(orders["_outcome"] == outcome)
    return {**tables, ITEMS: with_outcome(connection, tables[ITEMS], lines.order_id.isin(gone.order_id), outcome)}
