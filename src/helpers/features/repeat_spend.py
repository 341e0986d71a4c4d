"""What customers spend on a day of buying, as models of spend need it: repeat purchases apart from the first."""

from __future__ import annotations

from datetime import date

import ibis

from helpers.features import windows


def repeat_spend(days: ibis.Table, *, as_of: date) -> ibis.Table:
    """Each customer's spend on the first day of buying and on the days after it.

    Parameters
    ----------
    days
        One row per customer and day with an order, as `purchases.purchase_days` gives them.
    as_of
        The day the report speaks from; later days are invisible.

    Returns
    -------
    ibis.Table
        One row per customer, in no order: customer_id; repeat_count (days with a purchase after the first, 0 or more);
        repeat_amount (what was paid on those days, an exact decimal; 0 where there are none); first_amount (what was
        paid on the first day); mean_amount (repeat_amount per repeat purchase; missing, not zero, for who bought once).

    Notes
    -----
    The first purchase is left out of the mean since it is of another kind: it is what made somebody a customer (Fader,
    Hardie and Lee 2005, RFM and CLV, Journal of Marketing Research 42(4), section on spend).
    """
    seen = windows.visible(days, as_of=as_of, column="purchased_on")
    first_on = seen.purchased_on.min().over(group_by=seen.customer_id)
    seen = seen.mutate(is_first=seen.purchased_on == first_on)
    zero = ibis.literal(0).cast(seen.amount.type())
    spend = seen.group_by("customer_id").aggregate(
        repeat_count=seen.is_first.ifelse(0, 1).cast("int64").sum(),
        repeat_amount=seen.is_first.ifelse(zero, seen.amount).sum(),
        first_amount=seen.is_first.ifelse(seen.amount, zero).sum(),
    )
    mean = spend.repeat_amount.cast("float64") / spend.repeat_count.nullif(0).cast("float64")
    return spend.mutate(mean_amount=mean)
