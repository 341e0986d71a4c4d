"""Companies of regular customers, for benchmarks that need many orders."""

from __future__ import annotations

from helpers.simulation.buying_process import orders_block
from helpers.simulation.population import population
from helpers.simulation.sales_settings import Purchases
from helpers.simulation.settings import Company

LIVELY = {"alpha_weeks": 2.0, "beta_weeks": 40.0, "weekly_share": 0.05}
"""Purchases of regular customers: 15 or so orders each in two years, heavy-tailed, some of them weekly."""

TEN_EACH = Purchases(**LIVELY | {"alpha_weeks": 3.4})
"""About ten orders a customer in two years."""
TWENTY_EACH = Purchases(**LIVELY | {"alpha_weeks": 1.4})
"""About twenty."""


def lively(customer_count: int, *, seed: int = 20250131) -> Company:
    """A company of regular customers."""
    return Company(customer_count=customer_count, seed=seed, purchases=Purchases(**LIVELY))


def lively_by_orders(order_count: int, *, seed: int = 20250131) -> Company:
    """A company of regular customers with about so many orders, going by the first 20,000 of them."""
    sample = lively(20_000, seed=seed)
    each = len(orders_block(sample, population(sample, block=0))) / sample.customer_count
    return lively(round(order_count / each), seed=seed)
