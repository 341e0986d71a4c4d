"""Tickets: times to response and resolution, marks and reopening found again; open tickets censored at the end."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import t as student
from statsmodels.miscmodels.ordinal_model import OrderedModel

from helpers.models.statistics.intervals import wilson_bounds
from helpers.simulation import tickets
from helpers.simulation.engagement_settings import Category, Priority, Tickets
from tests.simulation.families import (
    Z90,
    Made,
    assert_nine_in_ten,
    assert_refused,
    assert_sound,
    long_lived,
    made,
    over_seeds,
    with_incidents,
)

MANY = Tickets(rate_per_year=2.0)


def drawn(seed: int, settings: Tickets = MANY) -> Made:
    company = long_lived(seed, customer_count=600, tickets=settings)
    return made(tickets, with_incidents(company, rate_per_year=0.3))


@pytest.fixture(scope="module")
def one() -> Made:
    return drawn(1)


def settled(found: Made) -> pd.DataFrame:
    """Tickets opened three months before the end or earlier: next to none of them is censored. With hours."""
    table = found.tables["tickets"].assign(resolution_hours=found.truth["tickets"]["resolution_hours"])
    table = table[table["opened_at"] < pd.Timestamp(found.company.end) - pd.Timedelta(days=90)]
    assert table["resolved_at"].isna().mean() < 0.005
    hour = pd.Timedelta(hours=1)
    return table.assign(
        to_response=(table["first_response_at"] - table["opened_at"]) / hour,
        to_resolution=(table["resolved_at"] - table["first_response_at"]) / hour,
    )


def mean_is_held(values: pd.Series, truth: float) -> bool:
    width = student.ppf(0.95, len(values) - 1) * values.std() / np.sqrt(len(values))
    return bool(abs(values.mean() - truth) <= width)


def test_tables_are_sound():
    assert_sound(tickets, long_lived(customer_count=300), "tickets")


def test_open_tickets_are_censored_at_the_end_and_no_others(one):
    slow = Tickets(
        categories=(Category("all", 1.0, 600.0),), priorities=(Priority("normal", 1.0, 200.0),), rate_per_year=2.0
    )
    for found in (one, drawn(2, slow)):
        table, truth = found.tables["tickets"], found.truth["tickets"]
        end = pd.Timestamp(found.company.end) + pd.Timedelta(days=1)
        response = table["opened_at"] + pd.to_timedelta(truth["response_hours"], unit="h")
        resolution = response + pd.to_timedelta(truth["resolution_hours"], unit="h")
        assert (table["first_response_at"].isna() == (response >= end)).all()
        assert (table["resolved_at"].isna() == (resolution >= end)).all()
        assert table["resolved_at"].isna().any()
        is_open = table["resolved_at"].isna()
        assert table.loc[is_open, "satisfaction"].isna().all()
        assert (table.loc[is_open, "reopened_count"] == 0).all()
    assert found.tables["tickets"]["first_response_at"].isna().any()


def test_a_ticket_is_opened_then_answered_then_resolved(one):
    table = one.tables["tickets"]
    assert ((table["first_response_at"] >= table["opened_at"]) | table["first_response_at"].isna()).all()
    assert ((table["resolved_at"] >= table["first_response_at"]) | table["resolved_at"].isna()).all()
    assert table["opened_at"].is_monotonic_increasing


def test_a_bad_incident_is_the_one_critical_ticket_of_its_customer(one):
    critical = one.tables["tickets"].query("priority == 'critical'")
    struck = ~np.isnat(one.people.incident_at)
    expected = pd.Series(one.people.incident_at[struck], index=one.people.customer_id[struck])
    assert len(critical) == struck.sum() > 50
    assert (critical["opened_at"] == critical["customer_id"].map(expected)).all()
    truth = one.truth["tickets"]
    assert (truth["is_incident"] == (one.tables["tickets"]["priority"] == "critical")).all()


def test_times_to_response_and_resolution_are_covered(part):
    def groups(seed):
        table = settled(drawn(seed))
        of = {one.name: one.response_median_hours for one in MANY.priorities}
        of |= {"critical": MANY.incident_response_median_hours}
        for priority, median in of.items():
            # whole seconds only: the shortest responses lose a little
            hours = table.loc[table["priority"] == priority, "to_response"]
            yield mean_is_held(np.log(hours), np.log(median))
        for category in MANY.categories:
            for is_bad, factor in ((False, 1.0), (True, MANY.incident_resolution_factor)):
                rows = table[(table["category"] == category.name) & ((table["priority"] == "critical") == is_bad)]
                hours = np.log(rows["to_resolution"].dropna())
                yield mean_is_held(hours, np.log(category.resolution_median_hours * factor))

    assert_nine_in_ten(over_seeds(30 // part, groups))


def test_the_spread_of_times_is_what_it_is(one):
    table = settled(one).query("priority == 'normal'")
    assert np.log(table["to_response"]).std() == pytest.approx(MANY.response_log_sd, rel=0.1)
    by_category = np.log(table["to_resolution"]).groupby(table["category"]).std()
    assert by_category["delivery"] == pytest.approx(MANY.resolution_log_sd, rel=0.15)


def test_rates_and_shares_are_covered(part):
    def shares(seed):
        found = drawn(seed)
        table = settled(found)
        plain = table[table["priority"] != "critical"]
        marked = found.tables["tickets"].dropna(subset="resolved_at")
        counts = [
            (plain["category"] == "delivery").sum(),
            (plain["priority"] == "low").sum(),
            (table["reopened_count"] > 0).sum(),
            marked["satisfaction"].notna().sum(),
        ]
        truth = np.array([0.40, 0.35, MANY.reopen_probability, MANY.answer_share])
        low, high = wilson_bounds(counts, [len(plain), len(plain), len(table), len(marked)], level=0.9)
        return (low <= truth) & (truth <= high)

    assert_nine_in_ten(over_seeds(40 // part, shares))


def test_customers_differ_in_their_rates_as_the_gamma_says():
    """Negative binomial given each life: mean rate * years, variance mean + mean² / shape."""
    found = made(tickets, long_lived(4, customer_count=6_000, tickets=MANY))
    plain = found.tables["tickets"].query("priority != 'critical'")
    counts = plain["customer_id"].value_counts().reindex(found.people.customer_id, fill_value=0).to_numpy()
    stop = np.fmin(found.people.dies_at, np.datetime64("2025-01-01", "us"))
    mean = MANY.rate_per_year * (stop - found.people.joined_at) / np.timedelta64(1, "D") / 365.25
    assert counts.sum() == pytest.approx(mean.sum(), rel=0.05)
    excess = ((counts - mean) ** 2 - mean).sum() / (mean**2).sum()
    assert excess == pytest.approx(1 / MANY.rate_shape, rel=0.15)


def test_what_moves_the_marks_is_covered(part):
    truth = np.array([MANY.mark_per_satisfaction, MANY.mark_per_log_hours, MANY.mark_of_incident])
    medians = {category.name: category.resolution_median_hours for category in MANY.categories}

    def effects(seed):
        found = drawn(seed)
        table = found.tables["tickets"].assign(hours=found.truth["tickets"]["resolution_hours"])
        table = table.dropna(subset="satisfaction")
        latent = pd.Series(found.people.satisfaction, index=found.people.customer_id)
        moves = pd.DataFrame(
            {
                "satisfaction": table["customer_id"].map(latent),
                "log_hours": np.log(table["hours"] / table["category"].map(medians)),
                "incident": (table["priority"] == "critical").astype(float),
            }
        )
        fitted = OrderedModel(table["satisfaction"].to_numpy(), moves.to_numpy(), distr="probit")
        fitted = fitted.fit(method="bfgs", disp=0)
        return np.abs(fitted.params[:3] - truth) <= Z90 * fitted.bse[:3]

    assert_nine_in_ten(over_seeds(20 // part, effects))


def test_settings_that_cannot_be_are_refused():
    assert_refused(
        Tickets, "`incident_priority` must be none of the ordinary ones, found 'high'", incident_priority="high"
    )
    assert_refused(Tickets, "shares of `categories` must be", categories=(Category("all", 0.5, 1.0),))
