"""The table of customers, and the truth of each."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa

from helpers.randomness import stream
from helpers.schema import CUSTOMERS
from helpers.simulation.arrow import coded, table
from helpers.simulation.buying_process import OrdersBlock
from helpers.simulation.clock import company_clock
from helpers.simulation.population import Population
from helpers.simulation.settings import Company


def generate(
    company: Company, people: Population, orders: OrdersBlock, *, block: int
) -> tuple[dict[str, pa.Table], dict[str, pd.DataFrame]]:
    """The table `customers` of a block, and the truth: a row per customer.

    The truth has the arrays of the Population as columns (codes as names), `order_count`, `is_alive` at the end, and
    `exposure_weeks`, the purchasing time from the first order to death or end: orders after the first are Poisson with
    mean `purchase_rate_per_week * exposure_weeks` under Pareto/NBD.
    """
    rng = stream(company.seed, "customers.costs", block)
    costs = np.array([channel.acquisition_cost_amount for channel in company.customers.channels])[people.channel]
    table_columns = {
        "customer_id": people.customer_id,
        "first_seen_on": people.joined_on,
        "acquisition_channel": coded(people.channel, people.channel_names),
        "acquisition_cost": costs * rng.lognormal(-0.03, 0.25, len(people)),
        "region": coded(people.region, people.region_names),
        "gender": coded(people.gender, people.gender_names),
        "birth_year": people.birth_year,
    }
    return {"customers": table(CUSTOMERS, table_columns)}, {"customers": _truth(company, people, orders)}


TRUTHS = (
    *("customer_id", "joined_on", "dies_on", "lifetime_weeks", "birth_year", "is_weekly", "satisfaction"),
    *("purchase_rate_per_week", "dropout_rate_per_week", "dropout_probability", "expected_spend_amount"),
    *("margin_share", "incident_on"),
)


def _truth(company: Company, people: Population, orders: OrdersBlock) -> pd.DataFrame:
    clock = company_clock(company)
    until = np.minimum(clock.since_start(people.dies_at), clock.end_weeks)
    frame = pd.DataFrame({name: getattr(people, name) for name in TRUTHS})
    return frame.assign(
        channel=np.array(people.channel_names)[people.channel],
        region=np.array(people.region_names)[people.region],
        gender=np.array(people.gender_names)[people.gender],
        is_alive=np.isnat(people.dies_at),
        order_count=np.bincount(orders.customer_row, minlength=len(people)),
        exposure_weeks=clock.to_season(until) - clock.to_season(clock.since_start(people.joined_at)),
    )
