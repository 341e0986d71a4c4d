"""The people: alike whatever the total, and made as the settings say."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import date

import numpy as np
import pytest
from scipy.stats import binom, expon, kstest

from helpers.schema import CUSTOMERS
from helpers.simulation import customer_records
from helpers.simulation.buying_process import orders_block
from helpers.simulation.clock import company_clock
from helpers.simulation.population import Population, more_likely, population
from helpers.simulation.sales_settings import Customers, Purchases
from helpers.simulation.settings import BLOCK_SIZE, Company
from tests.simulation.companies import plain


def same(one: Population, other: Population) -> bool:
    pairs = [(getattr(one, field.name), getattr(other, field.name)) for field in fields(Population)]
    return all(np.array_equal(a, b, equal_nan=np.asarray(a).dtype.kind in "fM") for a, b in pairs)


def test_a_full_block_is_the_same_whatever_the_total() -> None:
    small, large = Company(customer_count=BLOCK_SIZE), Company(customer_count=10 * BLOCK_SIZE)
    assert same(population(small, block=0), population(large, block=0))
    assert not same(population(large, block=1), population(large, block=0))


def test_blocks_share_the_customers_among_them() -> None:
    company = Company(customer_count=BLOCK_SIZE + 7)
    assert company.block_count == 2
    last = population(company, block=1)
    assert last.customer_id.tolist() == [f"c{number:07d}" for number in range(BLOCK_SIZE + 1, BLOCK_SIZE + 8)]


@pytest.mark.parametrize("block", [-1, 1])
def test_a_block_that_is_not_there_is_refused(block: int) -> None:
    with pytest.raises(ValueError, match=f"`block` must be from 0 to 0, found {block}"):
        population(Company(), block=block)


@pytest.mark.parametrize("change", [{"customer_count": 0}, {"end": date(2022, 12, 31)}])
def test_a_company_without_customers_or_days_is_refused(change: dict) -> None:
    with pytest.raises(ValueError, match="a company must have a customer and a day"):
        replace(Company(), **change)


def test_shares_are_those_of_the_settings() -> None:
    """Every count lies in its 99.9 % interval."""
    count = 40_000
    people, settings = population(Company(customer_count=count), block=0), Customers()
    for codes, shares in (
        (people.channel, [channel.share for channel in settings.channels]),
        (people.region, settings.region_shares),
        (people.gender, settings.gender_shares),
    ):
        low, high = binom.interval(0.999, count, shares)
        found = np.bincount(codes, minlength=len(shares))
        assert ((low <= found) & (found <= high)).all()
    assert (people.birth_year.min(), people.birth_year.max()) == settings.birth_years


def test_people_join_within_the_period_and_grow_in_number() -> None:
    company = replace(Company(customer_count=40_000), customers=Customers(growth_per_year=0.5))
    joined = population(company, block=0).joined_on
    assert joined.min() == np.datetime64(company.start)
    assert joined.max() == np.datetime64(company.end)
    second_year = (joined >= np.datetime64("2024-01-01")).mean()
    growth = np.log(second_year / (1 - second_year))
    assert growth == pytest.approx(0.5, abs=4 * 2 / np.sqrt(40_000) + 0.01)  # the leap day adds a little


def test_lifetimes_are_exponential_and_incidents_shorten_what_is_left() -> None:
    """Under Pareto/NBD the hazard lived until death is Exp(1); after an incident it is lived as many times as fast."""
    struck = Company(customer_count=20_000, purchases=Purchases(weekly_share=0.0))
    calm = replace(struck, customers=replace(struck.customers, incident_rate_per_year=0.0))
    before, after = population(calm, block=0), population(struck, block=0)
    hazard = before.lifetime_weeks * before.dropout_rate_per_week
    assert kstest(hazard[np.isfinite(hazard)], expon.cdf).pvalue > 0.01
    hit = ~np.isnat(after.incident_at)
    clock = company_clock(struck)
    until = clock.since_start(after.incident_at[hit]) - clock.since_start(after.joined_at[hit])
    left = (before.lifetime_weeks[hit] - until) / struck.customers.incident_hazard_ratio
    np.testing.assert_allclose(after.lifetime_weeks[hit], until + left, rtol=1e-5, atol=1e-5)
    assert hit.sum() > 400


def test_incidents_come_at_their_rate() -> None:
    company = Company(customer_count=40_000)
    people, clock = population(company, block=0), company_clock(company)
    end = np.minimum(clock.since_start(people.dies_at), clock.end_weeks)
    stop = np.minimum(end, clock.since_start(people.incident_at))
    years = (stop - clock.since_start(people.joined_at)).sum() * 7 / 365.25
    found = (~np.isnat(people.incident_at)).sum()
    expected = years * company.customers.incident_rate_per_year
    assert abs(found - expected) < 3 * np.sqrt(expected)
    assert (people.incident_at[~np.isnat(people.incident_at)] >= people.joined_at[~np.isnat(people.incident_at)]).all()


def test_death_is_missing_for_those_alive_at_the_end() -> None:
    for process in ("pareto_nbd", "bg_nbd"):
        company = plain(1, 5_000, process=process)
        people, clock = population(company, block=0), company_clock(company)
        alive = clock.since_start(people.joined_at) + people.lifetime_weeks >= clock.end_weeks
        assert np.array_equal(np.isnat(people.dies_at), alive)
        assert np.isnan(people.dropout_rate_per_week).all() == (process == "bg_nbd")
        assert np.isnan(people.dropout_probability).all() == (process == "pareto_nbd")


def test_more_likely() -> None:
    p = np.array([0.0, 0.2, 0.9])
    np.testing.assert_allclose(more_likely(p, 1.0), p)
    np.testing.assert_allclose(more_likely(p, 3.0), 1 - (1 - p) ** 3)


def test_the_table_and_its_truth_have_a_row_per_customer() -> None:
    company = Company(customer_count=3_000)
    people = population(company, block=0)
    orders = orders_block(company, people)
    tables, truth = customer_records.generate(company, people, orders, block=0)
    frame, true = tables["customers"].to_pandas(), truth["customers"]
    assert list(frame) == [name for name in CUSTOMERS.names if name in frame]
    assert frame["customer_id"].tolist() == true["customer_id"].tolist() == people.customer_id.tolist()
    assert (frame["acquisition_channel"] == true["channel"]).all()
    assert true["order_count"].sum() == len(orders)
    assert (true["exposure_weeks"] > 0).all()
    costs = frame["acquisition_cost"].astype(float).groupby(frame["acquisition_channel"]).mean()
    for channel in company.customers.channels:
        assert costs[channel.name] == pytest.approx(channel.acquisition_cost_amount, rel=0.06)
