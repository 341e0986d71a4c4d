"""What was given back, beside what was paid."""

from __future__ import annotations

from datetime import date

import ibis

from helpers.features import windows


def per_customer(days: ibis.Table, refunds: ibis.Table, *, as_of: date) -> ibis.Table:
    """What each customer paid and got back.

    Parameters
    ----------
    days
        One row per customer and day with an order, as `purchases.purchase_days` gives them: customer_id, purchased_on,
        order_count, amount.
    refunds
        One row per refund: customer_id, ordered_at, amount (the positive sum given back).
    as_of
        The day the report speaks from; later rows are invisible.

    Returns
    -------
    ibis.Table
        One row per customer of either table, in no order: customer_id, order_count, amount, refund_count,
        refund_amount. Counts and sums are 0 where there was nothing.
    """
    paid, back = windows.visible_days(days, as_of=as_of), windows.visible(refunds, as_of=as_of)
    none, one = ibis.literal(0, type="int64"), ibis.literal(1, type="int64")
    kind = paid.amount.type()
    zero = ibis.literal(0).cast(kind)
    back = back.mutate(amount=back.amount.cast(kind))
    rows = ibis.union(
        paid.select("customer_id", "order_count", "amount", refund_count=none, refund_amount=zero),
        back.select(
            "customer_id", order_count=none, amount=zero, refund_count=one, refund_amount=back.amount.cast(zero.type())
        ),
    )
    return rows.group_by("customer_id").aggregate(
        order_count=rows.order_count.sum(),
        amount=rows.amount.sum(),
        refund_count=rows.refund_count.sum(),
        refund_amount=rows.refund_amount.sum(),
    )
