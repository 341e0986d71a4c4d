"""How many customers there are, what an order of theirs is worth, and what was given back."""

from __future__ import annotations

import pandas as pd

from helpers.display import language as say
from helpers.display.findings import Finding, estimated
from helpers.models.statistics.intervals import Estimate


def finding(customers: pd.DataFrame, order_value: Estimate, *, currency: str, level: float) -> Finding:
    """The number of customers and orders, and the worth of an order.

    A row of `customers` is a customer: order_count, amount (in `currency`), first_on, last_on.
    """
    orders, amount = int(customers["order_count"].sum()), customers["amount"].sum()
    span = f"between {say.day(customers['first_on'].min())} and {say.day(customers['last_on'].max())}"
    low, high = (say.money(bound, currency=currency) for bound in (order_value.low, order_value.high))
    sentence = (
        f"{say.counted(len(customers), 'customer')} placed {say.counted(orders, 'order')} worth "
        f"{say.money(amount, currency=currency)} {span}; an order is worth "
        f"{say.money(order_value.value, currency=currency)} on average ({say.interval(low, high, level=level)})."
    )
    return estimated("order_value", sentence, order_value, currency)


def refunds(customers: pd.DataFrame, given_back: Estimate, *, currency: str, level: float) -> Finding:
    """What was given back, as a share of revenue.

    A row of `customers` is a customer, as `refunds.per_customer` gives it: refund_count, refund_amount (in `currency`).
    """
    count, amount = int(customers["refund_count"].sum()), customers["refund_amount"].sum()
    if not count:
        return Finding("refund_share", "No refunds were delivered: no row below zero, and no rule that names one.", 0.0)
    interval = say.interval(say.share(given_back.low), say.share(given_back.high), level=level)
    sentence = (
        f"{say.money(amount, currency=currency)} was given back in {say.counted(count, 'refund')}: "
        f"{say.share(given_back.value)} of revenue ({interval})."
    )
    return estimated("refund_share", sentence, given_back, "share")
