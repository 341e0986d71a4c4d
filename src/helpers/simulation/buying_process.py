"""What people buy and when: Pareto/NBD or BG/NBD on the clock of the season, and Gamma-Gamma spend."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from helpers.randomness import stream
from helpers.schema import ORDERS
from helpers.simulation.arrow import coded, ids, money, table
from helpers.simulation.clock import Floats, company_clock
from helpers.simulation.population import Population, more_likely
from helpers.simulation.settings import Company

SMALLEST_AMOUNT = 2.0


@dataclass(frozen=True, eq=False)
class OrdersBlock:
    """The orders of a block of customers in the order of time: arrays with an entry per order.

    Attributes
    ----------
    order_id
        "o0000-0000001": block, then number in it; text.
    customer_row
        Index into the arrays of the Population.
    ordered_at
        Instant, datetime64[us], to the second.
    amount
        What was paid, in the company's currency, to the cent, `SMALLEST_AMOUNT` at least; float.
    is_first
        True for the customer's first order.
    """

    order_id: NDArray[np.str_]
    customer_row: NDArray[np.int64]
    ordered_at: NDArray[np.datetime64]
    amount: NDArray[np.float64]
    is_first: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.order_id)


def orders_block(company: Company, people: Population) -> OrdersBlock:
    """All orders of a block of customers, in the order of time: everybody's first one, and those that followed."""
    clock = company_clock(company)
    joins, deaths = clock.since_start(people.joined_at), clock.since_start(people.dies_at)
    rows, elapsed_weeks = _repeats(company, people, joins, deaths)
    everybody = np.arange(len(people))
    rows = np.concatenate([everybody, rows])
    at = np.concatenate([people.joined_at, clock.instants(elapsed_weeks)])
    order = np.argsort(at, kind="stable")
    rows = rows[order]
    return OrdersBlock(
        order_id=ids(f"o{people.block:04d}-", np.arange(1, len(rows) + 1), 7),
        customer_row=rows,
        ordered_at=at[order],
        amount=_amounts(company, people, rows),
        is_first=order < len(people),
    )


def _repeats(company: Company, people: Population, joins: Floats, deaths: Floats) -> tuple[NDArray[np.int64], Floats]:
    """Customer and instant, in weeks since the start, of the orders after the first.

    The counts are Poisson in purchasing time, and the instants uniform in it given the counts: a Poisson process.
    """
    clock, rng = company_clock(company), stream(company.seed, "purchases.orders", people.block)
    begins = clock.to_season(joins)
    lasting = clock.to_season(np.minimum(deaths, clock.end_weeks)) - begins
    counts = rng.poisson(people.purchase_rate_per_week * lasting)
    rows = np.repeat(np.arange(len(people)), counts)
    elapsed_weeks = clock.to_elapsed(begins[rows] + lasting[rows] * rng.random(len(rows)))
    if company.purchases.process == "pareto_nbd":
        return rows, elapsed_weeks
    survived = rng.random(len(rows)) >= _dropout_probabilities(company, people, rows, elapsed_weeks)
    last = np.flatnonzero(np.isfinite(deaths))
    return np.concatenate([rows[survived], last]), np.concatenate([elapsed_weeks[survived], deaths[last]])


def _dropout_probabilities(
    company: Company, people: Population, rows: NDArray[np.int64], elapsed_weeks: Floats
) -> Floats:
    """That a purchase at that instant would have been the last, BG/NBD: more likely after a bad incident."""
    p = people.dropout_probability[rows]
    incidents = company_clock(company).since_start(people.incident_at)[rows]
    return np.where(elapsed_weeks < incidents, p, more_likely(p, company.customers.incident_hazard_ratio))


def _amounts(company: Company, people: Population, rows: NDArray[np.int64]) -> Floats:
    rng, p = stream(company.seed, "purchases.amounts", people.block), company.spend.p
    amounts = people.expected_spend_amount[rows] * rng.gamma(p, 1 / p, len(rows))
    return np.maximum(np.round(amounts, 2), SMALLEST_AMOUNT)


def generate(
    company: Company, people: Population, orders: OrdersBlock, *, block: int
) -> tuple[dict[str, pa.Table], dict[str, pd.DataFrame]]:
    """The table `orders` of a block; what is true of its customers comes from `customer_records.generate`."""
    return {"orders": table(ORDERS, order_columns(company, people, orders, block=block))}, {}


def order_columns(
    company: Company, people: Population, orders: OrdersBlock, *, block: int
) -> dict[str, pa.Array | NDArray[np.datetime64]]:
    """The columns of the table `orders`, and `margin_amount`, as arrays with an entry per order."""
    rng, given, spend = stream(company.seed, "purchases.details", block), company.purchases, company.spend
    count, rows, cents = len(orders), orders.customer_row, np.rint(orders.amount * 100)
    bounds = np.cumsum(given.order_channel_shares) / np.sum(given.order_channel_shares)
    channel = np.searchsorted(bounds[:-1], rng.random(count), side="right")
    in_shop = channel == len(given.order_channels) - 1
    store = np.where(in_shop, rng.integers(1, len(given.stores), count, endpoint=True), 0)
    has_coupon = rng.random(count) < spend.coupon_share
    discount_share = spend.coupon_discount_share / (1 - spend.coupon_discount_share)
    return {
        "order_id": pa.array(orders.order_id),
        "customer_id": pa.array(people.customer_id).take(pa.array(rows)),
        "ordered_at": orders.ordered_at,
        "amount": money(cents),
        "margin_amount": money(np.rint(cents * people.margin_share[rows])),
        "discount_amount": money(np.where(has_coupon, np.rint(cents * discount_share), 0)),
        "channel": coded(channel, given.order_channels),
        "store": coded(store, (given.site, *given.stores)),
        "region": coded(people.region[rows], people.region_names),
        "coupon": pa.array([spend.coupon], pa.string()).take(pa.array(np.zeros(count, np.int8), mask=~has_coupon)),
    }
