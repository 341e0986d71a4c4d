"""Orders that were undone: a refund of the whole amount, soon after, whatever its id."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

SAME = ("customer_id", "amount")


def reversed_pairs(orders: ir.Table, refunds: ir.Table, *, days: int) -> ir.Table:
    """The orders that a refund undid, each with that refund.

    A refund undoes an order of the same customer and the same amount, on its day or up to `days` days later. Of several
    such orders of a customer, the first refund undoes the first order, the second the second.

    Parameters
    ----------
    orders, refunds
        A row per order and per refund: order_id, customer_id, ordered_at (instant), amount (above zero), `_seq`.
    days
        How many days after the order a refund still undoes it; 0: on the day of the order only.

    Returns
    -------
    ir.Table
        A row per pair: order_id, refund_id, order_seq, refund_seq (the `_seq` of each), customer_id, amount,
        ordered_at, refunded_at.
    """
    orders, refunds = (_dated(table.filter(table.amount > 0)) for table in (orders, refunds))
    candidates = _soon_after(orders.join(refunds, SAME, rname="refund_{name}"), days)
    sold = _numbered(orders.semi_join(candidates, orders["_seq"] == candidates["_seq"]))
    returned = _numbered(refunds.semi_join(candidates, refunds["_seq"] == candidates["refund__seq"]))
    pairs = _soon_after(sold.join(returned, [*SAME, "place"], rname="refund_{name}"), days)
    return pairs.select(
        *SAME,
        "ordered_at",
        "order_id",
        refund_id="refund_order_id",
        order_seq="_seq",
        refund_seq="refund__seq",
        refunded_at="refund_ordered_at",
    )


def _dated(table: ir.Table) -> ir.Table:
    return table.select(*SAME, "order_id", "ordered_at", "_seq", day=table.ordered_at.date())


def _soon_after(pairs: ir.Table, days: int) -> ir.Table:
    return pairs.filter(pairs.refund_day.delta(pairs.day, unit="day").between(0, days))


def _numbered(table: ir.Table) -> ir.Table:
    """With the place of each row among those of its customer and amount, by time."""
    same = ibis.window(group_by=[table[name] for name in SAME], order_by=[table.ordered_at, table["_seq"]])
    return table.mutate(place=ibis.row_number().over(same))
