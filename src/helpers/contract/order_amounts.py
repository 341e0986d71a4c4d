"""The amount of an order that stands on each of its lines: taken once, and shared by the lines."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir
from ibis.expr.builders import LegacyWindowBuilder

from helpers.contract import rules
from helpers.contract.amounts import MONEY

SUMS = ("amount", "discount_amount", "refund_amount")
"""The sums of money of an order, told by its lines."""


def taken_once(rows: ir.Table) -> ir.Table:
    """Lines that tell the sums of their order, as lines that add up to them.

    Parameters
    ----------
    rows
        A row is a line: order_id, amount, `_seq` and `_outcome`; quantity and unit_price where they were delivered.

    Returns
    -------
    ir.Table
        The same rows. A line has its share of what the order was: by quantity times unit_price where all of its lines
        have both, else by quantity, else alike. Lines that a rule drops have no share, unless the whole order is
        dropped. A sum that stands on some of the lines only is that of the order. `_told_X` is what the line told, and
        `_differs_X` says that lines of its order that are not dropped tell different sums.
    """
    weighed = rows.mutate(_weight=_weight(rows))
    parts = weighed.mutate(_part=weighed["_weight"] / weighed["_weight"].sum().over(_together(weighed)))
    for name in (name for name in SUMS if name in rows.columns):
        parts = _shared(parts, name)
    return parts.drop("_weight", "_part")


def _together(rows: ir.Table, *, order_by: ir.Value | None = None) -> LegacyWindowBuilder:
    """The lines of an order that share its sums: those that are dropped apart from the others."""
    return ibis.window(group_by=[rows.order_id, rows["_outcome"] == rules.DROPPED], order_by=order_by)


def _weight(rows: ir.Table) -> ir.FloatingValue:
    """What the share of a line goes by: one measure for all lines of an order, the first that all of them have."""
    measures = []
    if "quantity" in rows.columns and "unit_price" in rows.columns:
        measures.append(rows.quantity.cast("float64") * rows.unit_price.cast("float64"))
    if "quantity" in rows.columns:
        measures.append(rows.quantity.cast("float64"))
    alike = ibis.literal(1.0)
    branches = [((measure > 0).fill_null(False).all().over(_together(rows)), measure) for measure in measures]
    return ibis.cases(*branches, else_=alike) if branches else alike


def _shared(rows: ir.Table, name: str) -> ir.Table:
    """The order's sum shared by its lines; what rounding leaves over goes to the first of them."""
    stated, is_dropped, nothing = rows[name], rows["_outcome"] == rules.DROPPED, ibis.literal(0).cast(MONEY)
    order, together = ibis.window(group_by=rows.order_id), _together(rows)
    differs = (stated.min().over(together) != stated.max().over(together)).fill_null(False) & ~is_dropped
    seen = rows.mutate(
        _sum=ibis.coalesce(stated.max().over(together), stated.max().over(order)),
        _is_left_out=is_dropped & (~is_dropped).any().over(order),
        **{f"_told_{name}": stated, f"_differs_{name}": differs},
    )
    share = (seen["_sum"].cast("float64") * seen["_part"]).cast(MONEY)
    split = seen.mutate(_share=ibis.ifelse(seen["_is_left_out"], nothing, share))
    rest = split["_sum"] - split["_share"].sum().over(_together(split))
    is_first = ibis.row_number().over(_together(split, order_by=split["_seq"])) == 0
    left = ibis.ifelse(is_first & ~split["_is_left_out"], rest.cast(MONEY), nothing)
    taken = ibis.ifelse(split.order_id.isnull(), split[name], (split["_share"] + left).cast(MONEY))
    return split.mutate(**{name: taken}).drop("_share", "_sum", "_is_left_out")
