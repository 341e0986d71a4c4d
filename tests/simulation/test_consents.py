"""Consents: given by a known share, withdrawn at a known hazard, and all ended by a request to be erased."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2

from helpers.models.statistics.intervals import wilson_bounds
from helpers.simulation import consents
from helpers.simulation.engagement_settings import Consents
from helpers.simulation.lives import MONTH_DAYS
from tests.simulation.families import Made, assert_nine_in_ten, assert_sound, long_lived, made, over_seeds

SETTINGS = Consents(erasures_per_year=0.1)
END = pd.Timestamp("2025-01-01")
DAY = pd.Timedelta(days=1)


def drawn(seed: int) -> Made:
    return made(consents, long_lived(seed, customer_count=800, consents=SETTINGS))


@pytest.fixture(scope="module")
def one() -> Made:
    return drawn(1)


def test_tables_are_sound():
    assert_sound(consents, long_lived(customer_count=2_000), "consents", "erasures")


def test_a_request_ends_all_consents_and_none_is_given_after_it(one):
    table = one.tables["consents"].merge(one.tables["erasures"], on="customer_id")
    assert len(table) > 50
    assert (table["withdrawn_at"] <= table["requested_at"]).all()
    assert (table["granted_at"] <= table["requested_at"]).all()
    truth = one.truth["consents"]
    requested = one.tables["erasures"].set_index("customer_id")["requested_at"]
    at = one.tables["consents"]["customer_id"].map(requested)
    by_request = truth["is_withdrawn_by_erasure"]
    assert (one.tables["consents"]["withdrawn_at"] == at)[by_request].all()
    assert 0 < by_request.sum() < len(truth)


def test_requests_are_carried_out_after_the_known_days(one):
    erasures = one.tables["erasures"]
    assert erasures["customer_id"].is_unique
    is_done = erasures["erased_at"].notna()
    assert (is_done == (erasures["requested_at"] + SETTINGS.erasure_days * DAY < END)).all()
    assert ((erasures["erased_at"] - erasures["requested_at"]) == SETTINGS.erasure_days * DAY)[is_done].all()


def test_what_still_stands_at_the_end_is_not_withdrawn(one):
    table, truth = one.tables["consents"], one.truth["consents"]
    stands = (truth["would_withdraw_at"] >= END) & ~truth["is_withdrawn_by_erasure"]
    assert (table["withdrawn_at"].isna() == stands).all()
    assert not table.duplicated(["customer_id", "purpose"]).any()


def test_hazards_of_withdrawal_are_covered(part):
    def rates(seed):
        found = drawn(seed)
        table, by_request = found.tables["consents"], found.truth["consents"]["is_withdrawn_by_erasure"]
        months = (table["withdrawn_at"].fillna(END) - table["granted_at"]) / DAY / MONTH_DAYS
        for purpose in SETTINGS.purposes:
            chosen = table["purpose"] == purpose.name
            count = (chosen & table["withdrawn_at"].notna() & ~by_request).sum()
            low, high = chi2.ppf([0.05, 0.95], [2 * count, 2 * count + 2]) / 2 / months[chosen].sum()
            yield low <= -np.log1p(-purpose.monthly_withdrawal) <= high

    assert_nine_in_ten(over_seeds(60 // part, rates))


def test_shares_of_consent_are_covered(part):
    truth = np.array([purpose.granted_share for purpose in SETTINGS.purposes])

    def shares(seed):
        found = drawn(seed)
        # who joined long before the end, and did not ask to be erased at once, had the time to consent
        early = found.people.customer_id[found.people.joined_on < np.datetime64("2024-11-01")]
        erasures = found.tables["erasures"]
        counted = set(early) - set(erasures["customer_id"])
        table = found.tables["consents"]
        counts = table[table["customer_id"].isin(counted)]["purpose"].value_counts()
        low, high = wilson_bounds([counts[one.name] for one in SETTINGS.purposes], len(counted), level=0.9)
        return (low <= truth) & (truth <= high)

    assert_nine_in_ten(over_seeds(60 // part, shares))


def test_requests_come_at_their_rate(part):
    def rate(seed):
        found = drawn(seed)
        requested = found.tables["erasures"].set_index("customer_id")["requested_at"]
        until = pd.Series(found.people.customer_id).map(requested).fillna(END)
        years = ((until - found.people.joined_at) / DAY).sum() / 365.25
        count = len(requested)
        low, high = chi2.ppf([0.05, 0.95], [2 * count, 2 * count + 2]) / 2 / years
        return [low <= SETTINGS.erasures_per_year <= high]

    assert_nine_in_ten(over_seeds(80 // part, rate))
