"""What all customers together ordered and gave back."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True)
class Ordered:
    """Orders of all customers: how many, and what they were worth in the currency of the report."""

    order_count: int
    amount: float


@dataclass(frozen=True)
class GivenBack:
    """Refunds of all customers: how many, and their amount (above zero) in the currency of the report."""

    refund_count: int
    refund_amount: float


def ordered(customers: pd.DataFrame) -> Ordered:
    """The orders of all customers; a row of `customers` is a customer: order_count, amount."""
    return Ordered(int(customers["order_count"].sum()), float(customers["amount"].sum()))


def given_back(customers: pd.DataFrame) -> GivenBack:
    """The refunds of all customers; a row of `customers` is a customer: refund_count, refund_amount."""
    return GivenBack(int(customers["refund_count"].sum()), float(customers["refund_amount"].sum()))
