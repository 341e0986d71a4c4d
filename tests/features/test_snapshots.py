"""The customers as they stood on a day: every room agrees on who they are."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from helpers.contract import loading
from helpers.contract.canonical import Tables
from helpers.features import lifecycle, membership_tiers, purchases, rfm, snapshots
from helpers.features.snapshots import Measured, Snapshot
from helpers.params import SegmentationParams
from helpers.schemes.scheme import built_in_names, chosen
from helpers.schemes.tier_rule import TierRule
from tests.shops import AS_OF, orders, write_csv

EARLIER = AS_OF - timedelta(days=91)
SCHEMES = chosen(built_in_names())
RULE = lifecycle.Rule(comeback_days=182, slipping_share=0.5, lapsed_share=0.1, loyal_purchase_count=4)


def shop(folder: Path, *, count: int = 400, after: int = 0, **more: Any) -> Tables:
    folder.mkdir(parents=True, exist_ok=True)
    source = write_csv(folder / "orders.csv", orders(count, after=after))
    given = {"title": "Shop", "as_of": AS_OF, "currency": "CNY", "orders": str(source), **more}
    return loading.load(**SegmentationParams.model_validate(given).delivery)


def measured(data: Tables, *, as_of: date = AS_OF) -> Measured:
    days = purchases.purchase_days(data.orders, as_of=max(as_of, AS_OF))
    return snapshots.measure(days, data.customers, dates=[as_of], rule=RULE, window_days=None, stale_days=31)[as_of]


def cut(of: Measured) -> pd.DataFrame:
    return rfm.thresholds(of.buyers, schemes=SCHEMES)


def snapshot(data: Tables, *, as_of: date = AS_OF, cuts: pd.DataFrame | None = None) -> Snapshot:
    of = measured(data, as_of=as_of)
    return snapshots.score(of, schemes=SCHEMES, cuts=cut(of) if cuts is None else cuts)


def test_everybody_is_there_once_with_all_that_is_known(tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text("customer_id,region\n客1,北\nnobody yet,南\n", encoding="utf-8")
    rules = [TierRule(tier="V1"), TierRule(tier="V2", amount=100)]
    data = shop(tmp_path, customers=str(tmp_path / "people.csv"))
    days = purchases.purchase_days(data.orders, as_of=AS_OF)
    held = membership_tiers.held(None, days, as_of=AS_OF, rules=rules, window_days=365)
    of = measured(data)
    now = snapshots.score(of, schemes=SCHEMES, cuts=cut(of), held=held)
    expected = data.orders.customer_id.nunique().to_pandas() + 1
    assert len(now.people) == expected
    assert now.people["customer_id"].is_unique
    assert now.people["customer_id"].is_monotonic_increasing
    assert len(now.buyers) == now.scored.count().to_pandas() == expected - 1
    assert now.buyers[[*SCHEMES, "r_score", "f_score", "m_score", "tier"]].notna().all(axis=None)
    prospect = now.people.set_index("customer_id").loc["nobody yet"]
    assert prospect["stage"] == "prospect"
    assert prospect[["r_score", "eleven_segments", "tier", "first_on", "value_amount"]].isna().all()
    assert now.buyers["value_amount"].sum() == pytest.approx(float(data.orders.amount.sum().to_pandas()))
    assert set(now.buyers["tier"]) == {"V1", "V2"}
    assert list(snapshots.table(now.people, schemes=["rf_grid"])) == (
        "customer_id r_score f_score m_score rf_grid stage tier value_amount days_since_last order_count due_on "
        "comeback_share".split()
    )


def test_an_earlier_day_is_what_that_day_would_have_told(tmp_path: Path) -> None:
    data = shop(tmp_path)
    cuts = cut(measured(data))
    earlier = snapshot(data, as_of=EARLIER, cuts=cuts)
    alone = snapshot(shop(tmp_path / "then", as_of=EARLIER), as_of=EARLIER, cuts=cuts)
    pd.testing.assert_frame_equal(earlier.people, alone.people)
    assert earlier.as_of == EARLIER


def test_days_measured_together_are_as_each_alone(tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text("customer_id,region\n客1,北\nnobody yet,南\n", encoding="utf-8")
    data = shop(tmp_path, customers=str(tmp_path / "people.csv"))
    days = purchases.purchase_days(data.orders, as_of=AS_OF)
    terms = {"rule": RULE, "window_days": None, "stale_days": 31}
    cuts = cut(measured(data))
    together = snapshots.measure(days, data.customers, dates=[AS_OF, EARLIER], **terms)
    for on, of in together.items():
        people = snapshots.score(of, schemes=SCHEMES, cuts=cuts).people
        pd.testing.assert_frame_equal(people, snapshot(data, as_of=on, cuts=cuts).people)


def test_rows_after_the_day_change_nothing(tmp_path: Path) -> None:
    one, other = (snapshot(tables) for tables in (shop(tmp_path), shop(tmp_path / "later", after=80)))
    pd.testing.assert_frame_equal(one.people, other.people)


def test_nobody_stays_away_in_months_without_data(tmp_path: Path) -> None:
    late_day = AS_OF + timedelta(days=200)
    data, late = shop(tmp_path), shop(tmp_path / "late", as_of=late_day)
    on_time, stale = snapshot(data), snapshot(late, as_of=late_day)
    last = date.fromisoformat(max(day for _, _, day, _, _ in orders()))
    assert stale.watched_until == late.observed.watched_until == last
    assert (stale.people["stage"] == snapshot(data, as_of=last).people["stage"]).all()
    assert (stale.people["days_since_last"] > on_time.people["days_since_last"]).all()


def test_a_customer_who_never_bought_on_two_days_lapses_nobody(tmp_path: Path) -> None:
    data = shop(tmp_path, count=8)
    now = snapshot(data)
    assert len(now.people) == data.orders.customer_id.nunique().to_pandas()
    assert now.people["stage"].notna().all()


def test_before_the_first_order_there_is_nobody(tmp_path: Path) -> None:
    data = shop(tmp_path)
    now, cuts = snapshot(data), cut(measured(data))
    before = snapshot(data, as_of=AS_OF - timedelta(days=3650), cuts=cuts)
    assert before.people.empty
    assert list(before.people.columns) == list(now.people.columns)
