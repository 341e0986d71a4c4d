"""Simulated companies cut on a day: the histories that a model sees, and what the customers then did."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from helpers.simulation.buying_process import orders_block
from helpers.simulation.population import population
from helpers.simulation.sales_settings import Channel
from helpers.simulation.settings import Company
from tests.simulation import companies

CUT = date(2024, 6, 30)
FUTURE_WEEKS = 184 / 7


def cut(company: Company, *, on: date = CUT) -> pd.DataFrame:
    """Histories up to a day, and beside them future_count, is_alive (on that day) and channel."""
    people = population(company, block=0)
    orders, end = orders_block(company, people), np.datetime64(on, "D")
    days = pd.DataFrame({"row": orders.customer_row, "day": orders.ordered_at.astype("datetime64[D]")})
    days = days.drop_duplicates()
    seen = days[days["day"] <= end].groupby("row")["day"].agg(["min", "max", "count"])
    rows = seen.index.to_numpy()
    after = days[days["day"] > end].groupby("row").size().reindex(rows).fillna(0)
    return pd.DataFrame(
        {
            "customer_id": people.customer_id[rows],
            "frequency": seen["count"].to_numpy() - 1,
            "recency_weeks": (seen["max"] - seen["min"]).dt.days.to_numpy() / 7,
            "age_weeks": (pd.Timestamp(on) - seen["min"]).dt.days.to_numpy() / 7,
            "future_count": after.to_numpy().astype(int),
            "is_alive": np.isnat(people.dies_at[rows]) | (people.dies_at[rows] >= end + 1),
            "channel": np.array(people.channel_names)[people.channel[rows]],
        }
    )


def true_theta(company: Company) -> np.ndarray:
    """The parameters the company was made with, in the order of its model."""
    p = company.purchases
    ends = (p.s, p.beta_weeks) if p.process == "pareto_nbd" else (p.a, p.b)
    return np.array([p.r, p.alpha_weeks, *ends])


def with_channels(seed: int, customer_count: int, channels: tuple[Channel, ...], **purchases: Any) -> Company:
    """A plain company but for the effects of its channels on buying and leaving."""
    plain = companies.plain(seed, customer_count, **purchases)
    return replace(plain, customers=replace(plain.customers, channels=channels))
