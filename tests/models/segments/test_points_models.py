"""Balance by month, and breakage: by hand, and whether its interval holds the truth as often as it says."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from helpers.features.points_ledger import Ledger
from helpers.models.segments import points
from helpers.models.statistics.intervals import Estimate
from helpers.simulation import loyalty_points as simulated
from helpers.simulation.engagement_settings import Points
from tests.simulation.families import assert_nine_in_ten, long_lived, made

AS_OF = date(2024, 4, 2)
FATES = ("redeemed", "expired", "other", "outstanding")
CHECKS = pd.DataFrame({"check": [], "row_count": [], "breach_count": [], "first_example": []})


def totals(lots: pd.DataFrame) -> dict[str, float]:
    """What the features sum, from lots with a column per fate."""
    by = lots.groupby("customer_id")[["earned_points", *(f"{fate}_points" for fate in FATES)]].sum()
    row = {"customer_count": len(by), **by.sum().to_dict()}
    for fate in ("redeemed_points", "expired_points", "earned_points"):
        for other in {fate, "earned_points"}:
            row[f"{fate}_x_{other}"] = float((by[fate] * by[other]).sum())
    return row


def ledger(lots: pd.DataFrame, *, until: date | None) -> Ledger:
    months = lots.assign(month=pd.to_datetime(lots["earned_on"]).dt.to_period("M").dt.to_timestamp())
    cohorts = pd.DataFrame([{"month": month, **totals(part)} for month, part in months.groupby("month")])
    early = lots[pd.to_datetime(lots["earned_on"]) <= pd.Timestamp(until or date.min)]
    settled = pd.DataFrame([totals(early)] if len(early) else [])
    flows = pd.DataFrame({"month": [], "kind": [], "points": []})
    return Ledger(flows, CHECKS, cohorts, 60, until, settled, 0, CHECKS.iloc[:0])


def lots_of(count: int) -> pd.DataFrame:
    """Customers with a lot of 100 in January and one of 50 in March each; every fourth redeems 40 of the first."""
    redeemed = np.where(np.arange(count) % 4 == 0, 40, 0)
    first = pd.DataFrame({"customer_id": range(count), "earned_on": "2024-01-15", "earned_points": 100})
    first = first.assign(redeemed_points=redeemed, expired_points=100 - redeemed, other_points=0, outstanding_points=0)
    second = pd.DataFrame({"customer_id": range(count), "earned_on": "2024-03-15", "earned_points": 50})
    second = second.assign(redeemed_points=redeemed // 8, expired_points=0, other_points=5)
    second = second.assign(outstanding_points=45 - redeemed // 8)
    return pd.concat([first, second], ignore_index=True)


def test_breakage_is_of_points_whose_time_is_over() -> None:
    found = points.account(ledger(lots_of(40), until=date(2024, 2, 2)), as_of=AS_OF, level=0.95)
    assert (found.expired.value, found.redeemed.value, found.expired.n) == (0.9, 0.1, 40)
    # the two are each other's rest, and so are their bounds
    assert np.isclose(found.expired.low + found.redeemed.high, 1.0)
    # by hand: s.d. of 0 or 0.4 with p = 1/4 is 0.1754 (n - 1), its error 0.02774, t(39) 2.0227; on the log odds scale
    width = 2.0227 * 0.027735 / (0.1 * 0.9)
    assert np.isclose(found.redeemed.low, 1 / (1 + 9 * np.exp(width)), atol=1e-4)
    assert found.cohorts["is_settled"].tolist() == [True, False]
    assert np.allclose(found.cohorts["outstanding_share"], [0.0, 0.875])
    shares = found.cohorts[[f"{fate}_share" for fate in FATES]]
    assert np.allclose(shares.sum(axis=1), 1)
    assert found.cohorts["redeemed_low"].notna().tolist() == [True, False], "what is not over has no interval"


def test_a_month_is_settled_with_its_last_day() -> None:
    for until, is_settled in ((date(2024, 1, 30), False), (date(2024, 1, 31), True), (None, False)):
        found = points.judged(ledger(lots_of(40), until=until).cohorts, settled_until=until, level=0.95)
        assert found["is_settled"].tolist() == [is_settled, False]


def test_without_settled_points_breakage_is_missing_and_under_ten_customers_its_interval() -> None:
    none = points.account(ledger(lots_of(40), until=None), as_of=AS_OF, level=0.95)
    assert np.isnan([none.expired.value, none.redeemed.value]).all()
    few = points.account(ledger(lots_of(9), until=date(2024, 2, 2)), as_of=AS_OF, level=0.95)
    assert (few.expired.n, np.isnan(few.expired.low)) == (9, True)
    all_gone = lots_of(40).assign(redeemed_points=0, expired_points=100)
    certain = points.account(ledger(all_gone, until=date(2024, 2, 2)), as_of=AS_OF, level=0.95)
    assert (certain.expired.value, np.isnan(certain.expired.high)) == (1.0, True)


def test_the_balance_runs_through_months_without_an_entry() -> None:
    rows = [("2024-01-01", "earn", 12, 100), ("2024-03-01", "redeem", 20, -40), ("2024-03-01", "gift", 3, 7)]
    flows = pd.DataFrame(rows, columns=["month", "kind", "customer_count", "points"])
    found = points.balances(flows, as_of=AS_OF)
    assert [f"{month:%Y-%m}" for month in found["month"]] == ["2024-01", "2024-02", "2024-03", "2024-04"]
    assert found["balance_points"].tolist() == [100, 100, 67, 67]
    assert found["redeemed_points"].tolist() == [0, 0, -40, 0]
    assert found["other_points"].sum() == 7
    cohorts = pd.DataFrame({"month": found["month"].head(1), "is_hidden": False})
    told = points.months_without_few(found, flows, cohorts, smallest_cell=10)
    assert told["other_points"].isna().tolist() == [False, False, True, False], "three customers"
    assert told["redeemed_points"].isna().tolist() == [False, False, True, False], "the balance would give March away"
    assert told["balance_points"].tolist() == [100, 100, 67, 67]
    hidden = points.months_without_few(found, flows, cohorts.assign(is_hidden=True), smallest_cell=10)
    assert hidden["earned_points"].isna().tolist() == [True, False, False, False], "the cohort tells the same points"
    open_to_all = points.months_without_few(found, flows, cohorts, smallest_cell=1)
    assert not open_to_all["is_hidden"].any()
    assert len(points.balances(flows.head(0), as_of=AS_OF)) == 0


def test_the_interval_of_breakage_holds_the_truth_nine_times_in_ten() -> None:
    until = date(2024, 10, 1)
    settings = Points(redeem_share=0.4, expire_months=2, redeem_step_points=30)

    def lots(seed: int) -> pd.DataFrame:
        truth = made(simulated, long_lived(seed, customer_count=400, points=settings)).truth["lots"]
        truth = truth.rename(columns={"adjusted_points": "other_points"})
        return truth.assign(earned_on=truth["at"].dt.date)

    every = [lots(seed) for seed in range(1, 26)]
    early = pd.concat(every)
    early = early[early["earned_on"] <= until]
    sums = early[["earned_points", "expired_points", "redeemed_points"]].sum()
    held = []
    for one in every:
        found = points.account(ledger(one, until=until), as_of=date(2024, 12, 31), level=0.9)
        for fate in ("expired", "redeemed"):
            truth, estimate = sums[f"{fate}_points"] / sums["earned_points"], getattr(found, fate)
            held.append(bool(estimate.low <= truth <= estimate.high))
    # the two fates of a company are nearly one number
    assert_nine_in_ten(held, sd_factor=1.42)


def test_what_is_held_overdrawn_and_became_of_points_in_all() -> None:
    months = pd.DataFrame({"balance_points": [95, 38]})
    cohorts = pd.DataFrame(
        {
            "earned_points": [100, 50],
            "redeemed_points": [20, 0],
            "expired_points": [80, 0],
            "other_points": [0, 5],
            "outstanding_points": [0, 45],
        }
    )
    none = Estimate(float("nan"), float("nan"), float("nan"), 0)
    account = points.Account(months, cohorts, pd.DataFrame(), None, None, none, none, 3, pd.DataFrame())
    assert (account.outstanding_points, account.overdrawn_points) == (45, 7)
    assert account.liability_amount(0.1) == 4.5
    assert account.fate_shares == pytest.approx(
        {"redeemed_share": 2 / 15, "expired_share": 8 / 15, "other_share": 1 / 30, "outstanding_share": 0.3}
    )
