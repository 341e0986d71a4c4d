"""Totals of customers, by hand."""

from __future__ import annotations

import pandas as pd

from helpers.models.customers import customer_totals


def test_orders_and_refunds_are_added_up() -> None:
    people = pd.DataFrame({"order_count": [2, 1, 4], "amount": [30.0, 10.0, 2.5]})
    assert customer_totals.ordered(people) == customer_totals.Ordered(7, 42.5)
    back = pd.DataFrame({"refund_count": [2, 0], "refund_amount": [8.0, 0.0]})
    assert customer_totals.given_back(back) == customer_totals.GivenBack(2, 8.0)


def test_nobody_ordered_nothing() -> None:
    assert customer_totals.ordered(pd.DataFrame({"order_count": [], "amount": []})) == customer_totals.Ordered(0, 0.0)
