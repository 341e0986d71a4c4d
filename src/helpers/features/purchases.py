"""Purchase days, the purchase history of each customer, and the gaps between purchases.

A *purchase* is a day on which a customer ordered: two orders on one day are one purchase, as in the papers on
customer-base analysis, whose vocabulary (frequency, recency, T) the columns keep.

`purchase_days` reads the orders. It is made once a run and cached; everything else here reads purchase days.
"""

from __future__ import annotations

from datetime import date

import ibis

from helpers.features import windows


def purchase_days(orders: ibis.Table, *, as_of: date) -> ibis.Table:
    """The purchases: what each customer ordered on each day.

    Parameters
    ----------
    orders
        One row per order: customer_id, ordered_at, amount.
    as_of
        The day the report speaks from; later orders are invisible.

    Returns
    -------
    ibis.Table
        One row per customer and day with an order: customer_id, purchased_on (day), order_count, amount.
    """
    seen = windows.visible(orders, as_of=as_of)
    by_day = seen.group_by(seen.customer_id, purchased_on=windows.day_of(seen.ordered_at))
    return by_day.aggregate(order_count=seen.count(), amount=seen.amount.sum())


def per_customer(days: ibis.Table, *, as_of: date, unit: str) -> ibis.Table:
    """The purchase history of each customer in a line: how often, since when, until when, for how much.

    Parameters
    ----------
    days
        One row per customer and day with an order, as `purchase_days` gives them: customer_id, purchased_on,
        order_count, amount.
    as_of
        The day the report speaks from; later days are invisible, and so are customers who came later.
    unit
        Unit of recency and age: days, weeks or months (30.436875 days). Only the unit: the grain is always the day,
        since purchases counted by week or month would merge and bias the models that read them.

    Returns
    -------
    ibis.Table
        One row per customer, in no order:
        customer_id; order_count; purchase_count (days with an order, 1 or more); frequency (repeat purchases:
        purchase_count - 1, the papers' x); recency_<unit> (first to last purchase, the papers' t_x); age_<unit>
        (first purchase to as_of, the papers' T); days_since_last (last purchase to as_of: marketing's R, never the
        papers' recency); first_on; last_on; amount.

    References
    ----------
    Fader, Hardie and Lee (2005), "Counting your customers" the easy way, Marketing Science 24(2), section 3.
    """
    seen = windows.visible_days(days, as_of=as_of)
    history = seen.group_by("customer_id").aggregate(
        order_count=seen.order_count.sum(),
        purchase_count=seen.count(),
        first_on=seen.purchased_on.min(),
        last_on=seen.purchased_on.max(),
        amount=seen.amount.sum(),
    )
    today = ibis.literal(as_of)
    age_days = windows.days_between(history.first_on, today)
    recency_days = windows.days_between(history.first_on, history.last_on)
    return history.select(
        "customer_id",
        "order_count",
        "purchase_count",
        (history.purchase_count - 1).name("frequency"),
        windows.in_unit(recency_days, unit).name(f"recency_{unit}"),
        windows.in_unit(age_days, unit).name(f"age_{unit}"),
        windows.days_between(history.last_on, today).name("days_since_last"),
        "first_on",
        "last_on",
        "amount",
    )


def purchase_counts(days: ibis.Table, *, as_of: date) -> ibis.Table:
    """How many customers bought on one day, on two, on three ...

    Parameters
    ----------
    days
        One row per customer and day with an order, as `purchase_days` gives them.
    as_of
        The day the report speaks from; later days are invisible.

    Returns
    -------
    ibis.Table
        One row per number of purchase days that occurs, ascending: purchase_count, customer_count.
    """
    seen = windows.visible_days(days, as_of=as_of)
    people = seen.group_by("customer_id").aggregate(purchase_count=seen.count())
    return people.group_by("purchase_count").aggregate(customer_count=people.count()).order_by("purchase_count")


def gap_counts(days: ibis.Table, *, as_of: date) -> ibis.Table:
    """How many days passed between a purchase and the customer's next one.

    A gap that is still open at `as_of` is not in it, and long gaps had less time to close: the distribution is that of
    the gaps that were seen, shorter than that of all gaps.

    Parameters
    ----------
    days
        One row per customer and day with an order, as `purchase_days` gives them.
    as_of
        The day the report speaks from; later days are invisible.

    Returns
    -------
    ibis.Table
        One row per length that occurs, ascending: gap_days (1 or more), gap_count. The gap counts sum to the sum of
        all customers' frequency.
    """
    gaps = _gaps(days, as_of=as_of)
    return gaps.group_by("gap_days").aggregate(gap_count=gaps.count()).order_by("gap_days")


def short_gaps(days: ibis.Table, *, as_of: date, longest_days: float) -> ibis.Table:
    """Each customer's gaps between purchases, and those of at most `longest_days`: for the interval of the median gap.

    Parameters
    ----------
    days
        One row per customer and day with an order, as `purchase_days` gives them.
    as_of
        The day the report speaks from; later days are invisible.
    longest_days
        The longest gap, in days, that counts as short.

    Returns
    -------
    ibis.Table
        One row per customer with a gap, in no order: customer_id, short_gap_count, gap_count.
    """
    gaps = _gaps(days, as_of=as_of)
    is_short = gaps.gap_days.cast("float64") <= longest_days
    return gaps.group_by("customer_id").aggregate(
        short_gap_count=is_short.ifelse(1, 0).cast("int64").sum(), gap_count=gaps.count()
    )


def _gaps(days: ibis.Table, *, as_of: date) -> ibis.Table:
    """One row per purchase after a customer's first: customer_id, gap_days since the purchase before."""
    seen = windows.visible_days(days, as_of=as_of)
    earlier_on = seen.purchased_on.lag().over(group_by=seen.customer_id, order_by=seen.purchased_on)
    gaps = seen.select("customer_id", gap_days=windows.days_between(earlier_on, seen.purchased_on))
    return gaps.filter(gaps.gap_days.notnull())
