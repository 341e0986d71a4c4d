"""Memberships: ranges that touch, and a transition matrix that is found again as often as its intervals say."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from helpers.models.statistics.intervals import wilson_bounds
from helpers.simulation import loyalty_tiers
from helpers.simulation.engagement_settings import Memberships
from helpers.simulation.loyalty_tiers import Held
from tests.simulation.families import (
    Made,
    assert_nine_in_ten,
    assert_refused,
    assert_sound,
    long_lived,
    made,
    over_seeds,
)


@pytest.fixture(scope="module")
def one() -> Made:
    return made(loyalty_tiers, long_lived())


def by_customer(table: pd.DataFrame) -> pd.DataFrame:
    """The table with, in each row, the tier and first day of the customer's next range."""
    table = table.sort_values(["customer_id", "valid_from"])
    following = table.groupby("customer_id")[["tier", "valid_from"]].shift(-1).add_prefix("next_")
    return table.join(following)


def test_tables_are_sound():
    assert_sound(loyalty_tiers, long_lived(customer_count=300), "memberships")


def test_ranges_touch_and_never_overlap(one):
    table = by_customer(one.tables["memberships"]).dropna(subset="next_valid_from")
    assert len(table) > 500
    gap = pd.to_datetime(table["next_valid_from"]) - pd.to_datetime(table["valid_to"])
    assert (gap == pd.Timedelta(days=1)).all()


def test_a_range_is_a_year_from_joining_and_starts_within_the_data(one):
    table = one.tables["memberships"]
    length = (pd.to_datetime(table["valid_to"]) - pd.to_datetime(table["valid_from"])).dt.days + 1
    assert set(length) == {365, 366}
    assert max(table["valid_from"]) <= one.company.end
    joined = pd.Series(one.people.joined_on, index=one.people.customer_id)
    first = table.groupby("customer_id")["valid_from"].min()
    assert (pd.to_datetime(first) == first.index.map(joined)).all()


def test_the_dead_do_not_renew_and_the_living_do(one):
    dies = pd.Series(one.people.dies_on, index=one.people.customer_id)
    table = by_customer(one.tables["memberships"])
    anniversary = pd.to_datetime(table["valid_to"]) + pd.Timedelta(days=1)
    dead = anniversary >= table["customer_id"].map(dies)
    over = anniversary > pd.Timestamp(one.company.end)
    assert (table["next_tier"].isna() == (dead | over)).all()
    assert (dead & ~over).any()


def test_the_truth_lists_every_renewal(one):
    table = by_customer(one.tables["memberships"]).dropna(subset="next_tier")
    truth = one.truth["renewals"]
    assert list(truth["from_tier"]) == list(table["tier"])
    assert list(truth["to_tier"]) == list(table["next_tier"])
    assert list(truth["customer_id"]) == list(table["customer_id"])


def test_the_transition_matrix_is_covered(part):
    settings = Memberships()
    matrix, tiers = np.array(settings.transitions), list(settings.tiers)

    def cells(seed):
        found = by_customer(made(loyalty_tiers, long_lived(seed)).tables["memberships"]).dropna(subset="next_tier")
        counts = pd.crosstab(found["tier"], found["next_tier"]).reindex(index=tiers, columns=tiers, fill_value=0)
        low, high = wilson_bounds(counts.to_numpy(), counts.sum(axis=1).to_numpy()[:, None], level=0.9)
        return ((low <= matrix) & (matrix <= high)).ravel()

    assert_nine_in_ten(over_seeds(30 // part, cells), sd_factor=1.3)  # the cells of a row lean on one another


def test_first_tiers_and_the_share_of_members_are_covered(part):
    settings = Memberships()

    def shares(seed):
        found = made(loyalty_tiers, long_lived(seed))
        first = found.tables["memberships"].drop_duplicates("customer_id")
        counts = [*(first["tier"] == "gold", first["tier"] == "blue"), np.ones(len(first))]
        totals = [len(first), len(first), len(found.people)]
        low, high = wilson_bounds([np.sum(count) for count in counts], totals, level=0.9)
        truth = np.array([settings.first_shares[2], settings.first_shares[0], settings.member_share])
        return (low <= truth) & (truth <= high)

    assert_nine_in_ten(over_seeds(40 // part, shares), sd_factor=1.3)


def test_the_tier_at_an_instant():
    held = Held(
        np.array([1, 1, 4]),
        np.array([0, 1, 0]),
        np.array([0, 2, 1]),
        np.array(["2023-03-01", "2024-03-01", "2023-05-05"], "datetime64[D]"),
        np.array(["2024-02-29", "2025-02-28", "2024-05-04"], "datetime64[D]"),
    )
    rows = np.array([1, 1, 1, 1, 4, 4, 0, 2, 9])
    days = "2023-02-28 2023-03-01 2024-02-29 2024-03-01 2024-05-04 2024-05-05 2024-01-01 2024-01-01 2024-01-01".split()
    at = np.array([f"{day}T23:59:59" for day in days], "datetime64[us]")
    assert held.tier_at(rows, at).tolist() == [-1, 0, 0, 2, 1, -1, -1, -1, -1]


def test_a_matrix_whose_rows_do_not_sum_to_one_is_refused():
    rows = ((0.5, 0.4), (0.5, 0.5))
    assert_refused(Memberships, "each row of `transitions` must be shares", tiers=("a", "b"), transitions=rows)
    assert_refused(Memberships, "must be of the 2 tiers", tiers=("a", "b"))
