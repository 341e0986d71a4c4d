"""The people of the company: who they are, how fast they buy, how much they spend, and when they stop for good."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from helpers.randomness import stream
from helpers.simulation.arrow import ids
from helpers.simulation.clock import Clock, Floats, company_clock
from helpers.simulation.settings import BLOCK_SIZE, Company

WEEKS_PER_YEAR = 365.25 / 7
Days = NDArray[np.datetime64]


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
