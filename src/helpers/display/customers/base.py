"""How many customers there are, what an order of theirs is worth, and what was given back."""

from __future__ import annotations

import pandas as pd

from helpers.display import language as say
from helpers.display.findings import Finding, estimated
from helpers.models.customers.customer_totals import GivenBack, Ordered
from helpers.models.statistics.intervals import Estimate


def finding(
    customers: pd.DataFrame, ordered: Ordered, order_value: Estimate, *, currency: str, level: float
) -> Finding:
    """The number of customers and orders, and the worth of an order.

    A row of `customers` is a customer: first_on, last_on; `ordered` holds what they ordered, in `currency`.
    """
    span = f"between {say.day(customers['first_on'].min())} and {say.day(customers['last_on'].max())}"
    low, high = (say.money(bound, currency=currency) for bound in (order_value.low, order_value.high))
    claim = f"An order is worth {say.money(order_value.value, currency=currency)} on average."
    evidence = (
        f"{say.interval(low, high, level=level, is_start=True)}; {say.counted(len(customers), 'customer')} placed "
        f"{say.counted(ordered.order_count, 'order')} worth {say.money(ordered.amount, currency=currency)} {span}."
    )
    return estimated("order_value", claim, order_value, currency, evidence=evidence)


def refunds(total: GivenBack, share: Estimate, *, reversed_count: int, currency: str, level: float) -> Finding:
    """What was given back: in all, in `currency`, and as a share of revenue; orders that a refund undid stand apart."""
    undone = (
        f"{say.counted(reversed_count, 'order')} {'was' if reversed_count == 1 else 'were'} undone by a refund of the "
        f"whole amount, and {'counts' if reversed_count == 1 else 'count'} neither as revenue nor as a refund."
    ) * bool(reversed_count)
    if not total.refund_count:
        none = "No other refund was delivered." if reversed_count else "No refunds were delivered: no row below zero."
        return Finding("refund_share", none, 0.0, evidence=undone)
    interval = say.interval(say.share(share.low), say.share(share.high), level=level)
    evidence = (
        f"{say.money(total.refund_amount, currency=currency)} in {say.counted(total.refund_count, 'refund')}; "
        f"{interval}. {undone}"
    )
    claim = f"{say.share(share.value)} of revenue was given back."
    return estimated("refund_share", claim, share, "share", evidence=evidence.strip())
