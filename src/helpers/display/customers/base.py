"""How many customers there are, what an order of theirs is worth, and what was given back."""

from __future__ import annotations

import pandas as pd

from helpers.display import language as say
from helpers.display.findings import Finding, estimated
from helpers.display.wording import sentences, worded, worded_n
from helpers.models.customers.customer_totals import GivenBack, Ordered
from helpers.models.statistics.intervals import Estimate


def finding(
    customers: pd.DataFrame, ordered: Ordered, order_value: Estimate, *, currency: str, level: float
) -> Finding:
    """The number of customers and orders, and the worth of an order.

    A row of `customers` is a customer: first_on, last_on; `ordered` holds what they ordered, in `currency`.
    """
    low, high = (say.money(bound, currency=currency) for bound in (order_value.low, order_value.high))
    claim = worded("An order is worth {amount} on average.", amount=say.money(order_value.value, currency=currency))
    evidence = worded(
        "{interval}; {customers} placed {orders} worth {amount} between {first} and {last}.",
        interval=say.interval(low, high, level=level, is_start=True),
        customers=say.counted(len(customers), "customer"),
        orders=say.counted(ordered.order_count, "order"),
        amount=say.money(ordered.amount, currency=currency),
        first=say.day(customers["first_on"].min()),
        last=say.day(customers["last_on"].max()),
    )
    return estimated("order_value", claim, order_value, currency, evidence=evidence)


def refunds(total: GivenBack, share: Estimate, *, reversed_count: int, currency: str, level: float) -> Finding:
    """What was given back: in all, in `currency`, and as a share of revenue; orders that a refund undid stand apart."""
    undone = _undone(reversed_count)
    if not total.refund_count:
        none = worded("No refunds were delivered: no row below zero.")
        other = worded("No other refund was delivered.")
        return Finding("refund_share", other if reversed_count else none, 0.0, evidence=undone)
    evidence = worded(
        "{amount} in {refunds}; {interval}.",
        amount=say.money(total.refund_amount, currency=currency),
        refunds=say.counted(total.refund_count, "refund"),
        interval=say.interval(say.share(share.low), say.share(share.high), level=level),
    )
    claim = worded("{share} of revenue was given back.", share=say.share(share.value))
    return estimated("refund_share", claim, share, "share", evidence=sentences(evidence, undone))


def _undone(count: int) -> str:
    if not count:
        return ""
    return worded_n(
        count,
        "{orders} was undone by a refund of the whole amount, and counts neither as revenue nor as a refund.",
        "{orders} were undone by a refund of the whole amount, and count neither as revenue nor as a refund.",
        orders=say.counted(count, "order"),
    )
