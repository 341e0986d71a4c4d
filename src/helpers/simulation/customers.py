"""The people of the company: who they are, how fast they buy, how much they spend, and when they stop for good."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from helpers.randomness import stream
from helpers.schema import CUSTOMERS
from helpers.simulation.arrow import coded, ids, table
from helpers.simulation.clock import Clock, Floats, company_clock

if TYPE_CHECKING:
    from helpers.simulation.purchases import OrdersBlock
    from helpers.simulation.settings import Company

BLOCK_SIZE = 50_000
"""Customers of a block: a block is generated alone, whatever the total."""
WEEKS_PER_YEAR = 365.25 / 7
Days = NDArray[np.datetime64]


@dataclass(frozen=True)
class Channel:
    """A way in which customers are won; its effects are on the log of a rate, 0 where it changes nothing."""

    name: str
    share: float
    rate_effect: float = 0.0
    dropout_effect: float = 0.0
    acquisition_cost_amount: float = 0.0


@dataclass(frozen=True)
class Customers:
    """Who the customers are, and what moves their leaving besides the purchases' own dropout.

    Attributes
    ----------
    channels
        Acquisition channels with shares that sum to one; effects multiply rate and hazard of leaving by their exp.
    regions, region_shares
        Where customers live.
    genders, gender_shares
        As delivered.
    birth_years
        First and last year of birth, uniform between.
    growth_per_year
        Log growth of the number who join; joining follows the season as purchases do.
    satisfaction_dropout_effect, satisfaction_spend_effect
        Change of the log hazard of leaving, and of the log of expected spend, per standard deviation of satisfaction.
    incident_rate_per_year
        Bad service incidents per year of a customer; the first one counts.
    incident_hazard_ratio
        By what the hazard of leaving is multiplied from the incident on.
    """

    channels: tuple[Channel, ...] = (
        Channel("search", 0.35, 0.0, 0.0, 38.0),
        Channel("social", 0.25, -0.2, 0.4, 24.0),
        Channel("referral", 0.15, 0.3, -0.4, 30.0),
        Channel("store", 0.15, 0.15, -0.2, 52.0),
        Channel("marketplace", 0.10, -0.3, 0.2, 18.0),
    )
    regions: tuple[str, ...] = ("Shanghai", "Beijing", "Guangdong", "Zhejiang", "Sichuan", "Hubei")
    region_shares: tuple[float, ...] = (0.26, 0.2, 0.2, 0.14, 0.12, 0.08)
    genders: tuple[str, ...] = ("female", "male", "not stated")
    gender_shares: tuple[float, ...] = (0.54, 0.4, 0.06)
    birth_years: tuple[int, int] = (1950, 2005)
    growth_per_year: float = 0.1
    satisfaction_dropout_effect: float = -0.25
    satisfaction_spend_effect: float = 0.05
    incident_rate_per_year: float = 0.08
    incident_hazard_ratio: float = 2.5


@dataclass(frozen=True, eq=False)
class Population:
    """A block of customers: arrays with an entry per customer, in one order, and the names of coded columns.

    Attributes
    ----------
    block
        Number of the block, from 0.
    customer_id
        "c0000001" and on, text.
    joined_at, joined_on
        Instant (us) and day of the first order.
    dies_at, dies_on
        Instant and day from which the customer buys no more; NaT: still alive at the end of the company's data.
    lifetime_weeks
        From the first order to death in weeks of the calendar, also where that lies after the end (BG/NBD: infinite).
    channel, channel_names
        Code of the acquisition channel, and the names of the codes; so with `region` and `gender`.
    birth_year
        Year of birth.
    is_weekly
        True for the weekly buyers of the two kinds.
    satisfaction
        Latent, standard normal, unmoved over time.
    purchase_rate_per_week
        The lambda of Pareto/NBD and BG/NBD, channel included, while alive, where the season's factor is 1.
    dropout_rate_per_week
        The mu of Pareto/NBD, everything but the incident included; NaN under BG/NBD.
    dropout_probability
        The p of BG/NBD, everything but the incident included; NaN under Pareto/NBD.
    expected_spend_amount
        Mean amount of an order of this customer: the "value level", satisfaction included.
    margin_share
        Share of an order's amount that is margin.
    incident_at, incident_on
        Instant and day of a bad service incident before death and end, NaT for most: from it on the hazard of leaving
        is multiplied by `Customers.incident_hazard_ratio`. Tickets show it.
    """

    block: int
    customer_id: NDArray[np.str_]
    joined_at: NDArray[np.datetime64]
    joined_on: Days
    dies_at: NDArray[np.datetime64]
    dies_on: Days
    lifetime_weeks: Floats
    channel: NDArray[np.int8]
    channel_names: tuple[str, ...]
    region: NDArray[np.int8]
    region_names: tuple[str, ...]
    gender: NDArray[np.int8]
    gender_names: tuple[str, ...]
    birth_year: NDArray[np.int32]
    is_weekly: NDArray[np.bool_]
    satisfaction: Floats
    purchase_rate_per_week: Floats
    dropout_rate_per_week: Floats
    dropout_probability: Floats
    expected_spend_amount: Floats
    margin_share: Floats
    incident_at: NDArray[np.datetime64]
    incident_on: Days

    def __len__(self) -> int:
        return len(self.customer_id)


def population(company: Company, *, block: int) -> Population:
    """The customers of one block, all that other families need to know of them.

    Parameters
    ----------
    company
        The settings.
    block
        Number of the block, from 0; of `BLOCK_SIZE` customers, the last one of those that remain.
    """
    first = block * BLOCK_SIZE
    count = min(BLOCK_SIZE, company.customer_count - first)
    if block < 0 or count <= 0:
        raise ValueError(f"`block` must be from 0 to {company.block_count - 1}, found {block}")
    who = _who(company, block, count)
    how = _habits(company, who, block)
    clock = company_clock(company)
    joins = clock.since_start(who["joined_at"])
    incident_weeks = _incidents(company, block, count)
    lifetime_weeks = _lifetimes(company, how, joins, incident_weeks, block)
    dies_at = clock.instants(_until_end(joins + lifetime_weeks, clock))
    seen = np.minimum(np.where(np.isnat(dies_at), np.inf, lifetime_weeks), clock.end_weeks - joins)
    incident_at = clock.instants(np.where(incident_weeks < seen, joins + incident_weeks, np.inf))
    return Population(
        block=block,
        customer_id=ids("c", first + np.arange(1, count + 1), 7),
        joined_on=who["joined_at"].astype("datetime64[D]"),
        dies_at=dies_at,
        dies_on=dies_at.astype("datetime64[D]"),
        lifetime_weeks=lifetime_weeks,
        channel_names=tuple(channel.name for channel in company.customers.channels),
        region_names=company.customers.regions,
        gender_names=company.customers.genders,
        incident_at=incident_at,
        incident_on=incident_at.astype("datetime64[D]"),
        **who,
        **how,
    )


def _until_end(elapsed_weeks: Floats, clock: Clock) -> Floats:
    return np.where(elapsed_weeks < clock.end_weeks, elapsed_weeks, np.inf)


def _who(company: Company, block: int, count: int) -> dict[str, Any]:
    rng, settings = stream(company.seed, "customers.who", block), company.customers
    clock = company_clock(company)
    return {
        "joined_at": clock.instants(_joins(clock, settings.growth_per_year, rng.random(count))),
        "channel": _codes(rng, [channel.share for channel in settings.channels], count),
        "region": _codes(rng, settings.region_shares, count),
        "gender": _codes(rng, settings.gender_shares, count),
        "birth_year": rng.integers(*settings.birth_years, count, endpoint=True).astype(np.int32),
        "satisfaction": rng.standard_normal(count),
    }


def _joins(clock: Clock, growth_per_year: float, uniforms: Floats) -> Floats:
    growth = np.exp(growth_per_year * clock.elapsed_weeks[:-1] / WEEKS_PER_YEAR)
    joined = np.concatenate([[0.0], np.cumsum(np.diff(clock.season_weeks) * growth)])
    return np.interp(uniforms * joined[-1], joined, clock.elapsed_weeks)


def _codes(rng: np.random.Generator, shares: Sequence[float], count: int) -> NDArray[np.int8]:
    bounds = np.cumsum(shares) / np.sum(shares)
    return np.searchsorted(bounds[:-1], rng.random(count), side="right").astype(np.int8)


def _habits(company: Company, who: dict[str, Any], block: int) -> dict[str, Any]:
    rng, given, settings = stream(company.seed, "customers.habits", block), company.purchases, company.customers
    count = len(who["channel"])
    is_weekly = rng.random(count) < given.weekly_share
    rate = rng.gamma(given.r, 1 / given.alpha_weeks, count)
    weekly_rate = rng.gamma(given.weekly_shape, 1 / (given.weekly_shape * given.weekly_gap_weeks), count)
    dropout_rate = rng.gamma(given.s, 1 / given.beta_weeks, count)
    dropout_probability = rng.beta(given.a, given.b, count)
    spend = company.spend
    expected = spend.p * spend.gamma_amount / rng.gamma(spend.q, 1.0, count)
    rate_effect = np.array([channel.rate_effect for channel in settings.channels])[who["channel"]]
    dropout_effect = np.array([channel.dropout_effect for channel in settings.channels])[who["channel"]]
    hazard_ratio = np.exp(dropout_effect + settings.satisfaction_dropout_effect * who["satisfaction"])
    is_pareto = given.process == "pareto_nbd"
    missing = np.full(count, np.nan)
    share, precision = spend.margin_share, spend.margin_precision
    return {
        "is_weekly": is_weekly,
        "purchase_rate_per_week": np.where(is_weekly, weekly_rate, rate) * np.exp(rate_effect),
        "dropout_rate_per_week": dropout_rate * hazard_ratio if is_pareto else missing,
        "dropout_probability": missing if is_pareto else more_likely(dropout_probability, hazard_ratio),
        "expected_spend_amount": expected * np.exp(settings.satisfaction_spend_effect * who["satisfaction"]),
        "margin_share": rng.beta(share * precision, (1 - share) * precision, count),
    }


def more_likely(probability: Floats, hazard_ratio: Floats | float) -> Floats:
    """A probability per purchase whose hazard -log(1 - p) is multiplied.

    >>> float(more_likely(np.array([0.5]), 2.0)[0])
    0.75
    """
    return -np.expm1(hazard_ratio * np.log1p(-probability))


def _incidents(company: Company, block: int, count: int) -> Floats:
    """Weeks from joining to the first bad service incident, which may never show."""
    weeks = stream(company.seed, "customers.incidents", block).exponential(1.0, count)
    rate = company.customers.incident_rate_per_year / WEEKS_PER_YEAR
    return weeks / rate if rate > 0 else np.full(count, np.inf)


def _lifetimes(company: Company, how: dict[str, Any], joins: Floats, incident_weeks: Floats, block: int) -> Floats:
    """Weeks of the calendar from joining to death.

    Pareto/NBD: at rate mu. BG/NBD: a purchase process of rate lambda in which each purchase is the last with
    probability p is one of rate lambda (1 - p) that ends, by a purchase, at rate lambda p: on the clock of the season.
    """
    hazards = stream(company.seed, "customers.deaths", block).exponential(1.0, len(joins))
    ratio = company.customers.incident_hazard_ratio
    if company.purchases.process == "pareto_nbd":
        mu = how["dropout_rate_per_week"]
        return _reached(hazards, mu, mu * ratio, incident_weeks)
    clock, rate, p = company_clock(company), how["purchase_rate_per_week"], how["dropout_probability"]
    joined = clock.to_season(joins)
    incident_season = np.where(np.isfinite(incident_weeks), clock.to_season(joins + incident_weeks) - joined, np.inf)
    season_weeks = _reached(hazards, rate * p, rate * more_likely(p, ratio), incident_season)
    return clock.to_elapsed(joined + season_weeks) - joins


def _reached(hazards: Floats, before: Floats, after: Floats, change: Floats) -> Floats:
    """When the cumulative hazard is reached, where its rate changes once."""
    with np.errstate(divide="ignore", invalid="ignore"):
        early = hazards / before
        late = change + (hazards - before * change) / after
    return np.where(early <= change, early, late)


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
