"""The customers as they stood on a day: every room agrees on who they are."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pytest

from helpers.contract import loading
from helpers.features import snapshots
from helpers.params import SegmentationParams
from helpers.schemes.tier_rule import TierRule
from tests.shops import AS_OF, orders, write_csv

EARLIER = AS_OF - timedelta(days=91)


def taken(folder: Path, *, as_of: date = AS_OF, **more: object) -> tuple[loading.Tables, SegmentationParams]:
    folder.mkdir(parents=True, exist_ok=True)
    source = write_csv(folder / "orders.csv", orders(more.pop("count", 400), after=more.pop("after", 0)))  # type: ignore[arg-type]
    params = SegmentationParams.model_validate(
        {"title": "Shop", "as_of": as_of, "currency": "CNY", "orders": str(source), **more}
    )
    return loading.load(**params.delivery), params


def test_everybody_is_there_once_with_all_that_is_known(tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text("customer_id,region\n客1,北\nnobody yet,南\n", encoding="utf-8")
    rules = [TierRule(tier="V1"), TierRule(tier="V2", amount=100)]
    data, params = taken(tmp_path, customers=str(tmp_path / "people.csv"), tier_rules=rules)
    now = snapshots.take(data, params, as_of=AS_OF)
    expected = data.orders.customer_id.nunique().to_pandas() + 1
    assert len(now.people) == expected
    assert now.people["customer_id"].is_unique
    assert now.people["customer_id"].is_monotonic_increasing
    assert len(now.buyers) == now.scored.count().to_pandas() == expected - 1
    assert now.buyers[[*params.schemes, "r_score", "f_score", "m_score", "tier"]].notna().all(axis=None)
    prospect = now.people.set_index("customer_id").loc["nobody yet"]
    assert prospect["stage"] == "prospect"
    assert prospect[["r_score", "eleven_segments", "tier", "first_on", "value_amount"]].isna().all()
    assert now.buyers["value_amount"].sum() == pytest.approx(float(data.orders.amount.sum().to_pandas()))
    assert set(now.buyers["tier"]) == {"V1", "V2"}


def test_an_earlier_day_is_what_that_day_would_have_told(tmp_path: Path) -> None:
    data, params = taken(tmp_path)
    now = snapshots.take(data, params, as_of=AS_OF)
    earlier = snapshots.take(data, params, as_of=EARLIER, cuts=now.cuts)
    then, of_then = taken(tmp_path / "then", as_of=EARLIER)
    alone = snapshots.take(then, of_then, as_of=EARLIER, cuts=now.cuts)
    pd.testing.assert_frame_equal(earlier.people, alone.people)
    pd.testing.assert_frame_equal(earlier.cuts, now.cuts)


def test_rows_after_the_day_change_nothing(tmp_path: Path) -> None:
    data, params = taken(tmp_path)
    later, _ = taken(tmp_path / "later", after=80)
    one, other = (snapshots.take(tables, params, as_of=AS_OF) for tables in (data, later))
    pd.testing.assert_frame_equal(one.people, other.people)


def test_nobody_stays_away_in_months_without_data(tmp_path: Path) -> None:
    data, params = taken(tmp_path)
    late, of_late = taken(tmp_path / "late", as_of=AS_OF + timedelta(days=200))
    on_time = snapshots.take(data, params, as_of=AS_OF)
    stale = snapshots.take(late, of_late, as_of=of_late.as_of)
    last = max(day for _, _, day, _, _ in orders())
    watched = snapshots.take(data, params, as_of=date.fromisoformat(last))
    assert (stale.people["stage"] == watched.people["stage"]).all()
    assert (stale.people["days_since_last"] > on_time.people["days_since_last"]).all()


def test_a_customer_who_never_bought_on_two_days_lapses_nobody(tmp_path: Path) -> None:
    data, params = taken(tmp_path, count=8)
    now = snapshots.take(data, params, as_of=AS_OF)
    assert len(now.people) == data.orders.customer_id.nunique().to_pandas()
    assert now.people["stage"].notna().all()


def test_before_the_first_order_there_is_nobody(tmp_path: Path) -> None:
    data, params = taken(tmp_path)
    now = snapshots.take(data, params, as_of=AS_OF)
    before = snapshots.take(data, params, as_of=AS_OF - timedelta(days=3650), cuts=now.cuts)
    assert before.people.empty
    assert list(before.people.columns) == list(now.people.columns)
