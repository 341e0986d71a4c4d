"""Subscriptions: hazards by plan and tenure, and the effect of a bad incident, found again as often as they should be."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from statsmodels.duration.hazard_regression import PHReg

from helpers.models.statistics.intervals import wilson_bounds
from helpers.simulation import subscriptions
from helpers.simulation.engagement_settings import Plan, Subscriptions
from helpers.simulation.lives import MONTH_DAYS
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

EVERYBODY = Subscriptions(subscriber_share=1.0)
DAY = pd.Timedelta(days=1)


def drawn(seed: int, *, incidents_per_year: float = 0.5, settings: Subscriptions = EVERYBODY) -> Made:
    company = long_lived(seed, customer_count=1_200, subscriptions=settings)
    return made(subscriptions, with_incidents(company, rate_per_year=incidents_per_year))


@pytest.fixture(scope="module")
def one() -> Made:
    return drawn(1)


def observed(found: Made) -> pd.DataFrame:
    """A row per subscription: plan, days seen (the day of the end counts half), whether it ended, days to the incident."""
    table = found.tables["subscriptions"]
    started, ended = pd.to_datetime(table["started_on"]), pd.to_datetime(table["ended_on"])
    last = pd.Timestamp(found.company.end)
    incident = table["customer_id"].map(pd.Series(found.people.incident_on, index=found.people.customer_id))
    return pd.DataFrame(
        {
            "plan": table["plan"],
            "seen_days": (ended - started).dt.days.add(0.5).fillna((last - started).dt.days + 1.0),
            "is_ended": ended.notna(),
            "incident_days": (incident - started).dt.days.clip(lower=0).fillna(np.inf),
        }
    )


def test_tables_are_sound():
    assert_sound(subscriptions, long_lived(customer_count=300, subscriptions=EVERYBODY), "subscriptions")


def test_what_is_active_at_the_end_has_no_end_and_no_reason(one):
    table, truth = one.tables["subscriptions"], one.truth["subscriptions"]
    is_ended = pd.to_datetime(truth["would_end_on"]) <= pd.Timestamp(one.company.end)
    assert (table["ended_on"].notna() == is_ended).all()
    assert (table["end_reason"].notna() == is_ended).all()
    assert (pd.to_datetime(table["ended_on"]) == truth["would_end_on"])[is_ended].all()
    assert 0.05 < (~is_ended).mean() < 0.95
    assert (pd.to_datetime(table["ended_on"]) >= pd.to_datetime(table["started_on"]))[is_ended].all()


def test_a_subscription_starts_in_life(one):
    table = one.tables["subscriptions"].set_index("customer_id")
    started = pd.to_datetime(table["started_on"])
    people = one.people
    assert (started >= started.index.map(pd.Series(people.joined_on, index=people.customer_id))).all()
    dies = started.index.map(pd.Series(people.dies_on, index=people.customer_id))
    assert ((started <= dies) | dies.isna()).all()
    assert table.index.is_unique


def test_plans_cost_what_they_cost(one):
    amounts = one.tables["subscriptions"].groupby("plan")["monthly_amount"].unique()
    assert {plan: [float(amount) for amount in found] for plan, found in amounts.items()} == {
        "basic": [19.0],
        "plus": [39.0],
        "family": [59.0],
    }


def test_monthly_hazards_are_covered(part):
    """Person-months before any incident, by plan and band of tenure: the share that ended within the month."""
    bands = np.array([*EVERYBODY.tenure_bands_months, np.inf])
    truth = np.array([plan.monthly_hazards for plan in EVERYBODY.plans]).ravel()

    def cells(seed):
        found = drawn(seed, incidents_per_year=0.1)
        seen = observed(found)
        started = pd.to_datetime(found.tables["subscriptions"]["started_on"])
        to_end = ((pd.Timestamp(found.company.end) - started).dt.days + 1) / MONTH_DAYS
        held = []
        for plan in EVERYBODY.plans:
            of_plan = (seen["plan"] == plan.name).to_numpy()
            tenure = (seen["seen_days"] / MONTH_DAYS).to_numpy()[of_plan]
            ended = seen["is_ended"].to_numpy()[of_plan]
            # a month counts if it could be seen to its end, and no incident came before that
            countable = np.minimum(to_end, seen["incident_days"] / MONTH_DAYS).to_numpy()[of_plan]
            counts = np.zeros((2, 3))
            for month in range(36):
                is_at_risk = (tenure >= month) & (countable >= month + 1)
                band = np.searchsorted(bands, month, side="right") - 1
                counts[:, band] += [(is_at_risk & ended & (tenure < month + 1)).sum(), is_at_risk.sum()]
            held.append(wilson_bounds(counts[0], counts[1], level=0.9))
        low, high = np.hstack(held)
        return (low <= truth) & (truth <= high)

    assert_nine_in_ten(over_seeds(30 // part, cells))


def spells(seen: pd.DataFrame) -> pd.DataFrame:
    """A row per stretch of a subscription without a change of exposure: entry, exit, ended, after the incident."""
    before = seen.assign(entry=0.0, leave=np.minimum(seen["seen_days"], seen["incident_days"]), is_after=0.0)
    before["is_ended"] &= seen["incident_days"] >= seen["seen_days"]
    after = seen.assign(entry=seen["incident_days"], leave=seen["seen_days"], is_after=1.0)
    both = pd.concat([before, after], ignore_index=True)
    return both[both["entry"] < both["leave"]]


def cox(found: Made) -> tuple[float, float]:
    """Log hazard ratio of the incident, time-varying and by plan, and its standard error."""
    rows = spells(observed(found))
    fitted = PHReg(
        rows["leave"].to_numpy(),
        rows[["is_after"]].to_numpy(),
        status=rows["is_ended"].to_numpy().astype(int),
        entry=rows["entry"].to_numpy(),
        strata=rows["plan"].to_numpy(),
        ties="efron",
    ).fit(disp=0)
    return float(fitted.params[0]), float(fitted.bse[0])


def test_the_effect_of_an_incident_on_leaving_is_covered_by_cox(part):
    truth = np.log(EVERYBODY.incident_hazard_ratio)
    fits = np.array([cox(drawn(seed)) for seed in range(1, 40 // part + 1)])
    assert_nine_in_ten(list(np.abs(fits[:, 0] - truth) <= Z90 * fits[:, 1]))
    assert abs(fits[:, 0].mean() - truth) < 3 * np.sqrt((fits[:, 1] ** 2).sum()) / len(fits), "and without a bias"


def test_an_incident_without_effect_is_found_to_have_none(part):
    none = Subscriptions(subscriber_share=1.0, incident_hazard_ratio=1.0)
    fits = np.array([cox(drawn(seed, settings=none)) for seed in range(1, 15 // part + 1)])
    assert abs(fits[:, 0].mean()) < 3 * np.sqrt((fits[:, 1] ** 2).sum()) / len(fits)


def test_reasons_have_their_shares():
    tables = [drawn(seed) for seed in range(1, 6)]
    table = pd.concat([found.tables["subscriptions"] for found in tables])
    truth = pd.concat([found.truth["subscriptions"] for found in tables])
    ended = table["ended_on"].notna().to_numpy()
    is_after = (truth["incident_on"] <= truth["would_end_on"]).to_numpy()
    for chosen, shares in (
        (ended & ~is_after, EVERYBODY.reason_shares),
        (ended & is_after, EVERYBODY.reason_shares_after_incident),
    ):
        found = table.loc[chosen, "end_reason"].value_counts(normalize=True).reindex(EVERYBODY.end_reasons)
        assert np.abs(found.to_numpy() - shares).max() < 4 * 0.5 / np.sqrt(chosen.sum())


def test_a_hazard_of_nought_never_ends():
    forever = Subscriptions(plans=(Plan("free", 0.0, 1.0, (0.0, 0.0, 0.0)),), subscriber_share=1.0)
    assert drawn(3, settings=forever).tables["subscriptions"]["ended_on"].isna().all()


def test_settings_that_cannot_be_are_refused():
    assert_refused(Subscriptions, "`tenure_bands_months` must ascend from 0", tenure_bands_months=(1.0, 3.0, 12.0))
    assert_refused(
        Subscriptions, "plan 'a' must have 3 hazards from 0 to below 1", plans=(Plan("a", 1.0, 1.0, (0.1, 1.0, 0.1)),)
    )
    assert_refused(Subscriptions, "shares of `plans` must be", plans=(Plan("a", 1.0, 0.9, (0.1, 0.1, 0.1)),))
