"""Worlds that a model of buying does not know, small and at once: what an interval of a total must withstand.

Each is Pareto/NBD but for what its settings name, so that whatever a model gets wrong there has one cause.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from helpers.randomness import stream
from helpers.simulation.clock import Floats

DAYS_PER_WEEK, YEAR_WEEKS = 7, 52
FIRST_DAY = date(2022, 1, 3)
"""A Monday, so that weeks of the world are those of the calendar."""


@dataclass(frozen=True)
class World:
    """Customers who buy and leave at random, and what else moves them.

    Attributes
    ----------
    customer_count, week_count, join_weeks
        How many there are, how long they are watched, and the first weeks, over which they come evenly.
    r, alpha_weeks, s, beta_weeks
        Rates of buying are Gamma(r, alpha), rates of leaving Gamma(s, beta).
    season
        Amplitude of the logarithm of the rate over a year of 52 weeks, lowest in its last quarter; 0 for none.
    shock, shock_memory
        Standard deviation of the logarithm of what multiplies everybody's rate in a period of four weeks, and its
        correlation with that of the next.
    second_share, second_rate
        Share of the customers who belong to a second population, and by what their rates of buying are multiplied;
        they leave as much more seldom.
    yearly_decline
        By how much the logarithm of a customer's rate falls in each year as a customer.
    spend_log_scatter
        Standard deviation of the logarithm of a customer's mean spend and, half as large, of an order about it.
    """

    customer_count: int = 3_000
    week_count: int = 156
    join_weeks: int = 78
    r: float = 0.8
    alpha_weeks: float = 8.0
    s: float = 0.7
    beta_weeks: float = 25.0
    season: float = 0.0
    shock: float = 0.0
    shock_memory: float = 0.7
    second_share: float = 0.0
    second_rate: float = 5.0
    yearly_decline: float = 0.0
    spend_log_scatter: float = 0.3


WORLDS: dict[str, World] = {
    "season": World(season=0.4),
    "common shocks": World(shock=0.25),
    "two populations": World(second_share=0.3),
    "declining rates": World(yearly_decline=0.7),
    "the other model's truth": World(),
    "lognormal spend": World(spend_log_scatter=1.2),
}
"""The worlds by name. The other model's truth is Pareto/NBD's own world: it is for fits of BG/NBD."""


def purchases(world: World, *, seed: int) -> pd.DataFrame:
    """What everybody bought on which day.

    Parameters
    ----------
    world
        The settings.
    seed
        Same world and seed, same purchases.

    Returns
    -------
    pandas.DataFrame
        One row per customer and day with an order, ascending: customer_id, purchased_on, order_count (1), amount.
    """
    rng = stream(seed, "purchases of a world")
    joined = rng.uniform(0, world.join_weeks, world.customer_count)
    rate, leaves = _rates(world, rng)
    ends = np.minimum(joined + leaves, world.week_count)
    who, week = _repeats(world, rng, joined, ends, rate)
    who, at = np.concatenate([np.arange(world.customer_count), who]), np.concatenate([joined, week])
    day = np.minimum(np.floor(at * DAYS_PER_WEEK), world.week_count * DAYS_PER_WEEK - 1).astype(np.int64)
    key = np.unique(who * world.week_count * DAYS_PER_WEEK + day)
    who, day = np.divmod(key, world.week_count * DAYS_PER_WEEK)
    scatter = world.spend_log_scatter
    mean = 30 * np.exp(scatter * rng.standard_normal(world.customer_count))
    amount = np.round(mean[who] * np.exp(scatter / 2 * rng.standard_normal(len(who))) + 0.01, 2)
    return pd.DataFrame(
        {
            "customer_id": np.char.mod("c%06d", who),
            "purchased_on": np.datetime64(FIRST_DAY, "s") + day * np.timedelta64(86_400, "s"),
            "order_count": np.ones(len(who), dtype=np.int64),
            "amount": amount,
        }
    )


def _rates(world: World, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """How often each customer buys in a week, and after how many weeks each leaves."""
    is_second = rng.random(world.customer_count) < world.second_share
    faster = np.where(is_second, world.second_rate, 1.0)
    rate = rng.gamma(world.r, 1 / world.alpha_weeks, world.customer_count) * faster
    leaving = rng.gamma(world.s, 1 / world.beta_weeks, world.customer_count) / faster
    return rate, rng.exponential(1 / np.maximum(leaving, 1e-12))


def _repeats(
    world: World, rng: np.random.Generator, joined: Floats, ends: Floats, rate: Floats
) -> tuple[np.ndarray, Floats]:
    """Customer and week of the purchases after the first: a Poisson process at the fastest rate there is, thinned."""
    common = _common(world, rng)
    counts = rng.poisson(rate * common.max() * (ends - joined))
    who = np.repeat(np.arange(len(rate)), counts)
    at = joined[who] + (ends - joined)[who] * rng.random(len(who))
    tenure_years = (at - joined[who]) / YEAR_WEEKS
    kept = common[at.astype(np.int64)] / common.max() * np.exp(-world.yearly_decline * tenure_years)
    is_kept = rng.random(len(who)) < kept
    return who[is_kept], at[is_kept]


def _common(world: World, rng: np.random.Generator) -> Floats:
    """What multiplies everybody's rate, week by week."""
    week = np.arange(world.week_count)
    season = world.season * np.sin(2 * np.pi * week / YEAR_WEEKS)
    steps, moved = rng.standard_normal(world.week_count // 4 + 1), np.zeros(world.week_count // 4 + 1)
    moved[0] = steps[0]
    for at in range(1, len(steps)):
        moved[at] = world.shock_memory * moved[at - 1] + np.sqrt(1 - world.shock_memory**2) * steps[at]
    common: Floats = np.exp(season + world.shock * moved[week // 4])
    return common
