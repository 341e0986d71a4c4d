"""Campaigns of the simulated company with what was known of customers before, made from arrays: fast at any size."""

from __future__ import annotations

import numpy as np
import pandas as pd

from helpers.simulation.buying_process import OrdersBlock, orders_block
from helpers.simulation.campaign_runs import expected_uplift, generate, window
from helpers.simulation.population import Population, population
from helpers.simulation.settings import Company

FEATURES = ["days_since_last", "purchase_count", "age_days", "half_year_count", "quarter_count", "amount_each"]
DAY = np.timedelta64(1, "D")


def of_campaign(company: Company, campaign_id: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The customers of a campaign (features, arm, arm_count, has_converted, true uplift) and its arms."""
    parts, arms = [], pd.DataFrame()
    run = next(one for one in company.campaigns.runs if one.campaign_id == campaign_id)
    opens = np.datetime64(window(run, company.start, company.end)[0], "us")
    for block in range(company.block_count):
        people = population(company, block=block)
        orders = orders_block(company, people)
        tables, truth = generate(company, people, orders, block=block)
        made = tables["campaign_assignments"].to_pandas().assign(**truth["campaign_assignments"][["recent_orders"]])
        own = made[made["campaign_id"] == campaign_id]
        parts.append(own.merge(_known(people, orders, opens), on="customer_id"))
        if block == 0:
            arms = tables["campaigns"].to_pandas()
    own = pd.concat(parts, ignore_index=True)
    uplift = expected_uplift(company.campaigns).query("campaign_id == @campaign_id and segment == 'all'")
    strongest = uplift.groupby("recent_orders")["uplift"].max()
    made = own.assign(
        arm_count=1,
        has_converted=own["responded_at"].notna().astype(int),
        true_uplift=own["recent_orders"].map(strongest).astype(float),
    )
    return made, arms[arms["campaign_id"] == campaign_id]


def _known(people: Population, orders: OrdersBlock, opens: np.datetime64) -> pd.DataFrame:
    """What `features.campaign_outcomes.before_and_now` tells of customers on the day before, from the orders themselves."""
    past = orders.ordered_at < opens
    rows, days = orders.customer_row[past], (opens - orders.ordered_at[past]) / DAY
    count, last, age = len(people), np.full(len(people), np.inf), np.zeros(len(people))
    np.minimum.at(last, rows, days)
    np.maximum.at(age, rows, days)
    bought = np.bincount(rows, minlength=count)
    return pd.DataFrame(
        {
            "customer_id": people.customer_id,
            "days_since_last": np.floor(last),
            "purchase_count": bought,
            "age_days": np.floor(age),
            "half_year_count": np.bincount(rows[days <= 182], minlength=count),
            "quarter_count": np.bincount(rows[days <= 91], minlength=count),
            "amount_each": np.bincount(rows, orders.amount[past], count) / np.maximum(bought, 1),
        }
    )
