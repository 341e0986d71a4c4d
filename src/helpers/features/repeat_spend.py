"""What customers spend on a day of buying, as models of spend need it: repeat purchases apart from the first."""

from __future__ import annotations

from datetime import date

import ibis

from helpers.features import purchases


def repeat_spend(orders: ibis.Table, *, as_of: date) -> ibis.Table:
    """Each customer's spend on the first day of buying and on the days after it.

    Parameters
    ----------
    orders
        One row per order: customer_id, ordered_at, amount.
    as_of
        The day the report speaks from; later orders are invisible.

    Returns
    -------
    ibis.Table
        One row per customer, in no order: customer_id; repeat_count (days with a purchase after the first, 0 or more);
        repeat_amount (what was paid on those days, an exact decimal; 0 where there are none); first_amount (what was
        paid on the first day). The mean repeat spend is the quotient; of who bought once there is none, not zero.

    Notes
    -----
    The first purchase is left out of the mean since it is of another kind: it is what made somebody a customer (Fader,
    Hardie and Lee 2005, RFM and CLV, Journal of Marketing Research 42(4), section on spend).
    """
    days = purchases.purchase_days(orders, as_of=as_of)
    first_on = days.purchased_on.min().over(group_by=days.customer_id)
    days = days.mutate(is_first=days.purchased_on == first_on)
    nothing = ibis.literal(0).cast(days.amount.type())
    return days.group_by("customer_id").aggregate(
        repeat_count=days.is_first.ifelse(0, 1).cast("int64").sum(),
        repeat_amount=days.is_first.ifelse(nothing, days.amount).sum(),
        first_amount=days.is_first.ifelse(days.amount, nothing).sum(),
    )
