"""Plain companies for tests of recovery, and the summaries that models are fitted on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from helpers.simulation.buying_process import OrdersBlock, orders_block
from helpers.simulation.clock import company_clock
from helpers.simulation.population import Population, population
from helpers.simulation.sales_settings import Channel, Customers, Purchases
from helpers.simulation.settings import Company

Floats = NDArray[np.float64]
PLAIN = Customers(
    channels=(Channel("all", 1.0),),
    growth_per_year=0.0,
    satisfaction_dropout_effect=0.0,
    satisfaction_spend_effect=0.0,
    incident_rate_per_year=0.0,
)
FLAT: dict[str, Any] = {"months": (1.0,) * 12, "weekdays": (1.0,) * 7, "hours": (1.0,) * 24, "weekly_share": 0.0}


def plain(seed: int, customer_count: int, *, is_flat: bool = True, **purchases: Any) -> Company:
    """A company of one kind of buyers, without channels, satisfaction and incidents; without a season where flat."""
    settings = replace(Purchases(**(FLAT if is_flat else {"weekly_share": 0.0})), **purchases)
    return Company(seed=seed, customer_count=customer_count, customers=PLAIN, purchases=settings)


@dataclass(frozen=True, eq=False)
class Summary:
    """A row per customer: repeat orders, weeks from the first to the last and to the end, mean amount of repeats."""

    frequency: NDArray[np.int64]
    recency_weeks: Floats
    age_weeks: Floats
    mean_amount: Floats
    people: Population
    orders: OrdersBlock


def made(company: Company, *, on_season_clock: bool = False) -> Summary:
    """What a model sees of a company of one block; weeks of the calendar, or of purchasing time."""
    people = population(company, block=0)
    orders, clock, count = orders_block(company, people), company_clock(company), len(people)
    frequency = np.bincount(orders.customer_row, minlength=count) - 1
    first, last = clock.since_start(people.joined_at), np.zeros(count)
    np.maximum.at(last, orders.customer_row, clock.since_start(orders.ordered_at))
    end = np.full(count, clock.end_weeks)
    if on_season_clock:
        first, last, end = (clock.to_season(weeks) for weeks in (first, last, end))
    repeats = np.bincount(orders.customer_row, weights=orders.amount * ~orders.is_first, minlength=count)
    return Summary(frequency, last - first, end - first, repeats / np.maximum(frequency, 1), people, orders)
