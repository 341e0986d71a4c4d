"""The ledger of points: it balances to the point, first in first out, and nobody is ever below zero."""

from __future__ import annotations

from collections import deque
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2

from helpers.simulation import loyalty_points, loyalty_tiers
from helpers.simulation.engagement_settings import Memberships, Points
from tests.simulation.families import Made, assert_nine_in_ten, assert_sound, long_lived, made, over_seeds

BUSY = Points(
    redeem_share=0.4, expire_months=2, adjust_rate_per_year=2.0, referral_rate_per_year=2.0, redeem_step_points=30
)
PARTS = ["redeemed_points", "adjusted_points", "expired_points", "outstanding_points"]


@pytest.fixture(scope="module", params=[Points(), BUSY], ids=["as usual", "busy"])
def one(request) -> Made:
    return made(loyalty_points, long_lived(points=request.param))


def test_tables_are_sound():
    assert_sound(loyalty_points, long_lived(customer_count=300), "points")


def test_every_lot_balances(one):
    lots = one.truth["lots"]
    assert (lots[PARTS].sum(axis=1) == lots["earned_points"]).all()
    assert (lots[PARTS] >= 0).all(axis=None)
    assert (lots[PARTS].sum() > 0).all(), "each part occurs"


def test_no_balance_is_ever_below_zero(one):
    ledger = one.tables["points"]
    assert ledger.sort_values(["customer_id", "at", "entry_id"]).index.equals(ledger.index)
    assert (ledger.groupby("customer_id")["points"].cumsum() >= 0).all()
    assert (ledger["points"] != 0).all()


def test_at_one_instant_points_expire_are_taken_and_are_earned_in_this_order(one):
    ledger = one.tables["points"]
    phase = np.where(ledger["kind"] == "expire", 0, np.where(ledger["points"] < 0, 1, 2))
    steps = pd.Series(phase).groupby([ledger["customer_id"], ledger["at"]]).diff().dropna()
    assert (steps > 0).sum() > 100
    assert (steps >= 0).all()


def test_every_customer_balances(one):
    signed = one.tables["points"].assign(
        part=lambda ledger: np.where(
            ledger["points"] > 0,
            "earned_points",
            ledger["kind"].map({"redeem": PARTS[0], "adjust": PARTS[1], "expire": PARTS[2]}),
        )
    )
    booked = signed.pivot_table(index="customer_id", columns="part", values="points", aggfunc="sum", fill_value=0).abs()
    lots = one.truth["lots"].groupby("customer_id")[["earned_points", *PARTS]].sum()
    assert booked.index.equals(lots.index)
    for part in ["earned_points", *PARTS[:3]]:
        assert (booked[part] == lots[part]).all()
    assert (one.tables["points"].groupby("customer_id")["points"].sum() == lots["outstanding_points"]).all()


def replayed(ledger: pd.DataFrame, expires: dict[str, pd.Timestamp]) -> dict[str, list[int]]:
    """The lots of one customer, by a queue: redeemed, adjusted, expired, outstanding. Independent of the generator."""
    queue: deque[str] = deque()
    left: dict[str, int] = {}
    parts: dict[str, list[int]] = {}
    for entry in ledger.itertuples():
        if entry.points > 0:
            queue.append(entry.entry_id)
            left[entry.entry_id] = entry.points
            parts[entry.entry_id] = [0, 0, 0, 0]
            continue
        wanted = -entry.points
        while wanted:
            lot = queue[0]
            assert (expires[lot] == entry.at) if entry.kind == "expire" else (entry.at < expires[lot])
            taken = min(wanted, left[lot])
            parts[lot][["redeem", "adjust", "expire"].index(entry.kind)] += taken
            left[lot] -= taken
            wanted -= taken
            if not left[lot]:
                queue.popleft()
    for lot, rest in left.items():
        parts[lot][3] = rest
    return parts


def test_an_independent_replay_first_in_first_out_finds_the_same_lots(one):
    lots = one.truth["lots"].set_index("entry_id")
    expires = lots["expires_at"].to_dict()
    for _, ledger in list(one.tables["points"].groupby("customer_id"))[:200]:
        for lot, parts in replayed(ledger, expires).items():
            assert parts == lots.loc[lot, PARTS].tolist()


def test_nothing_outlives_its_expiry(one):
    lots = one.truth["lots"]
    is_over = lots["expires_at"] <= pd.Timestamp(one.company.end)
    assert (lots.loc[is_over, "outstanding_points"] == 0).all()
    assert (lots.loc[~is_over, "expired_points"] == 0).all()
    months = one.company.points.expire_months
    assert (lots["expires_at"] == lots["at"].dt.normalize() + pd.DateOffset(months=months)).all()


def test_orders_earn_by_amount_and_tier(one):
    orders = pd.DataFrame({"order_id": one.orders.order_id, "amount": one.orders.amount})
    held = loyalty_tiers.held(one.company, one.people, block=0)
    orders["tier"] = held.tier_at(one.orders.customer_row, one.orders.ordered_at)
    factor = {0: 1.0, 1: 1.5, 2: 2.0, -1: 0.0}
    expected = np.floor((orders["amount"] * 100).round() * orders["tier"].map(factor) / 100 + 1e-9)
    earned = one.tables["points"].query("kind == 'earn'").set_index("order_id")["points"]
    assert earned.index.is_unique
    assert (orders["order_id"].map(earned).fillna(0) == expected).all()
    assert (expected == 0).any()
    assert orders["tier"].nunique() == 4


def test_points_are_redeemed_in_steps_at_an_order_of_the_customer(one):
    redeemed = one.tables["points"].query("kind == 'redeem'")
    assert (redeemed["points"] % one.company.points.redeem_step_points == 0).all()
    at = pd.Series(one.orders.ordered_at, index=one.orders.order_id)
    who = pd.Series(one.people.customer_id[one.orders.customer_row], index=one.orders.order_id)
    assert (redeemed["order_id"].map(at) == redeemed["at"]).all()
    assert (redeemed["order_id"].map(who) == redeemed["customer_id"]).all()
    others = one.tables["points"].query("kind not in ['earn', 'redeem']")
    assert others["order_id"].isna().all()


def test_the_rate_of_referrals_is_covered(part):
    settings = replace(Points(), referral_rate_per_year=0.3)

    def rate(seed):
        found = made(loyalty_points, long_lived(seed, customer_count=400, points=settings))
        held = loyalty_tiers.held(found.company, found.people, block=0)
        begun = pd.Series(found.people.joined_at)[held.customer_row].to_numpy()
        begun = np.maximum(begun, held.first_on.astype("datetime64[us]"))
        over = np.fmin(found.people.dies_at[held.customer_row], np.datetime64("2025-01-01T00:00:00", "us"))
        over = np.minimum(over, (held.last_on + 1).astype("datetime64[us]"))
        years = np.maximum((over - begun) / np.timedelta64(1, "D"), 0).sum() / 365.25
        count = (found.tables["points"]["kind"] == "referral").sum()
        low, high = chi2.ppf(0.05, 2 * count) / 2 / years, chi2.ppf(0.95, 2 * count + 2) / 2 / years
        return [low <= 0.3 <= high]

    assert_nine_in_ten(over_seeds(60 // part, rate))


def test_a_company_without_members_has_no_points():
    company = long_lived(customer_count=50, memberships=Memberships(member_share=0.0))
    found = made(loyalty_points, company)
    assert len(found.tables["points"]) == len(found.truth["lots"]) == 0
