"""The ledger of points: lots by hand and against the simulation's own, checks that find what was broken."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import ibis
import pandas as pd
import pyarrow as pa
import pytest

from helpers.features import points_ledger
from helpers.features.frames import fetch
from helpers.simulation import loyalty_points as simulated
from helpers.simulation.engagement_settings import Points
from tests.simulation.families import Made, long_lived, made

AS_OF = date(2024, 12, 31)
BUSY = Points(
    redeem_share=0.4, expire_months=2, adjust_rate_per_year=2.0, referral_rate_per_year=2.0, redeem_step_points=30
)
PARTS = ["redeemed_points", "expired_points", "other_points", "outstanding_points"]
ENTRIES = {
    "entry_id": "string", "customer_id": "string", "at": "timestamp", "kind": "string", "points": "int64",
    "order_id": "string",
}  # fmt: skip
Rows = list[tuple[Any, ...]]
ANN: Rows = [
    ("p1", "ann", "2024-01-01T10:00", "earn", 100, "o1"),
    ("p2", "ann", "2024-02-01T10:00", "earn", 50, "o2"),
    ("p3", "ann", "2024-03-01T10:00", "redeem", -120, "o2"),
    ("p4", "ann", "2024-03-02T10:00", "adjust", 7, None),
    ("p5", "ann", "2024-04-01T00:00", "expire", -30, None),
    ("p6", "bob", "2024-02-10T00:00", "referral", 10, None),
    ("p7", "bob", "2024-02-10T00:00", "adjust", -4, None),
    ("p8", "bob", "2025-01-01T00:00", "redeem", -6, "o9"),
]


def book(rows: Rows) -> ibis.Table:
    frame = pd.DataFrame([(*row[:2], pd.Timestamp(row[2]), *row[3:]) for row in rows], columns=list(ENTRIES))
    return ibis.memtable(frame, schema=ibis.schema(ENTRIES))


def orders(*rows: tuple[str, str]) -> ibis.Table:
    frame = pd.DataFrame(rows or [("o1", "ann"), ("o2", "ann")], columns=["order_id", "customer_id"])
    return ibis.memtable(frame, schema=ibis.schema({"order_id": "string", "customer_id": "string"}))


@pytest.fixture(scope="module", params=[Points(), BUSY], ids=["as usual", "busy"])
def one(request: pytest.FixtureRequest) -> Made:
    return made(simulated, long_lived(points=request.param, customer_count=600))


def table_of(one: Made) -> ibis.Table:
    return ibis.memtable(one.arrow["points"])


def test_lots_by_hand() -> None:
    found = points_ledger.lots(book(ANN), as_of=AS_OF).order_by("entry_id").to_pandas()
    assert found[["entry_id", "earned_points", *PARTS]].to_numpy().tolist() == [
        ["p1", 100, 100, 0, 0, 0],
        ["p2", 50, 20, 30, 0, 0],
        ["p4", 7, 0, 0, 0, 7],
        ["p6", 10, 0, 0, 4, 6],
    ]
    assert [str(day)[:10] for day in found["earned_on"]] == ["2024-01-01", "2024-02-01", "2024-03-02", "2024-02-10"]


def test_lots_are_those_of_the_simulation(one: Made) -> None:
    found = fetch(points_ledger.lots(table_of(one), as_of=AS_OF).order_by("entry_id"))
    truth = one.truth["lots"].rename(columns={"adjusted_points": "other_points"}).sort_values("entry_id")
    columns = ["customer_id", "entry_id", "kind", "earned_points", *PARTS]
    pd.testing.assert_frame_equal(
        found[columns], truth[columns].reset_index(drop=True), check_dtype=False, check_index_type=False
    )
    assert (found[PARTS].sum() > 0).all(), "each fate occurs"


def _expiry_ages(points: ibis.Table, *, as_of: date) -> ibis.Table:
    return points_ledger._expiry_ages(points_ledger._line(points, as_of=as_of))


def test_entries_after_as_of_and_the_order_of_rows_change_nothing(one: Made) -> None:
    day = date(2023, 11, 30)
    table = one.arrow["points"]
    early = table.filter(pa.compute.less(table["at"], pa.scalar(pd.Timestamp(day) + pd.Timedelta(days=1))))
    mixed = ibis.memtable(table.to_pandas().sample(frac=1, random_state=1), schema=ibis.schema(table.schema))
    for feature in (points_ledger.lots, points_ledger.flows, _expiry_ages):
        frames = [fetch(feature(part, as_of=day)) for part in (table_of(one), ibis.memtable(early), mixed)]
        a, b, c = (frame.sort_values(list(frame.columns)).reset_index(drop=True) for frame in frames)
        assert len(a) > 0
        pd.testing.assert_frame_equal(a, b)
        pd.testing.assert_frame_equal(a, c)


def test_points_expire_at_the_age_of_the_simulation(one: Made) -> None:
    ages = fetch(_expiry_ages(table_of(one), as_of=AS_OF))
    months = one.company.points.expire_months
    assert set(ages["age_days"]) <= ({365, 366} if months == 12 else {59, 60, 61, 62})
    assert ages["point_count"].sum() == one.truth["lots"]["expired_points"].sum()


def test_flows_sum_to_the_balance(one: Made) -> None:
    flows = fetch(points_ledger.flows(table_of(one), as_of=AS_OF))
    assert flows["points"].sum() == one.truth["lots"]["outstanding_points"].sum()
    assert flows["entry_count"].sum() == len(one.arrow["points"])
    assert not flows.duplicated(["month", "kind"]).any()


def test_cohorts_and_the_settled_are_sums_of_lots(one: Made) -> None:
    lots = points_ledger.lots(table_of(one), as_of=AS_OF)
    found, frame = fetch(points_ledger.cohorts(lots)), fetch(lots)
    month = pd.to_datetime(frame["earned_on"]).dt.to_period("M").dt.to_timestamp()
    by_hand = frame.groupby(month)[["earned_points", *PARTS]].sum()
    assert (found.set_index("month")[["earned_points", *PARTS]] == by_hand).all(axis=None)
    until = date(2023, 6, 30)
    row = fetch(points_ledger.settled(lots, until=until)).iloc[0]
    early = (
        frame[pd.to_datetime(frame["earned_on"]) <= pd.Timestamp(until)].groupby("customer_id").sum(numeric_only=True)
    )
    assert row["customer_count"] == len(early)
    assert row["expired_points_x_earned_points"] == (early["expired_points"] * early["earned_points"]).sum()
    assert row["redeemed_points_x_redeemed_points"] == (early["redeemed_points"] ** 2).sum()


def test_a_sound_ledger_passes_every_check(one: Made) -> None:
    placed = one.orders
    bought = pd.DataFrame(
        {"order_id": placed.order_id, "customer_id": one.people.customer_id[placed.customer_row]}
    ).astype(str)
    found = fetch(points_ledger.checks(table_of(one), ibis.memtable(bought), as_of=AS_OF))
    assert len(found) == 6
    assert list(found["breach_count"]) == [0] * 6
    assert found["first_example"].isna().all()
    assert found["row_count"].iloc[[0, 1, 2]].eq(len(one.arrow["points"])).all()
    assert found["row_count"].iloc[5] == one.truth["lots"]["customer_id"].nunique()


@pytest.mark.parametrize(
    ("rows", "broken"),
    [
        ([], {}),
        ([("q1", "ann", "2024-05-01", "gift", 5, None)], {0: (1, "q1")}),
        ([("q1", "ann", "2024-05-01", "earn", 0, "o1"), ("q0", "bob", "2024-03-01", "referral", -1, None)],
         {1: (2, "q0")}),
        ([("q1", "ann", "2024-05-01", "redeem", 9, "o1")], {1: (1, "q1")}),
        ([("q1", "ann", "2024-01-01T09:00", "adjust", -1, None)], {2: (1, "q1")}),
        ([("q1", "bob", "2024-05-01", "adjust", -7, None)], {2: (1, "q1"), 5: (1, "bob")}),
        ([("q1", "ann", "2024-05-01", "earn", 1, None)], {3: (1, "q1")}),
        ([("q1", "ann", "2024-05-01", "earn", 1, "o77"), ("q2", "bob", "2024-05-01", "earn", 1, "o1")],
         {4: (2, "q1")}),
    ],
)  # fmt: skip
def test_each_check_finds_its_own_breaches(rows: Rows, broken: dict[int, tuple[int, str]]) -> None:
    found = fetch(points_ledger.checks(book(ANN + rows), orders(), as_of=AS_OF))
    breaches = found[found["breach_count"] > 0]
    assert (
        dict(zip(breaches.index, breaches[["breach_count", "first_example"]].apply(tuple, axis=1), strict=True))
        == broken
    )


def test_at_one_instant_what_was_added_comes_first() -> None:
    rows: Rows = [("a", "ann", "2024-01-01", "redeem", -5, "o1"), ("b", "ann", "2024-01-01", "earn", 5, "o1")]
    assert fetch(points_ledger.checks(book(rows), orders(), as_of=AS_OF))["breach_count"].sum() == 0
    late: Rows = [rows[0], ("b", "ann", "2024-01-02", "earn", 5, "o1")]
    assert list(fetch(points_ledger.checks(book(late), orders(), as_of=AS_OF))["breach_count"]) == [0, 0, 1, 0, 0, 0]


def test_without_order_ids_links_are_not_asked_for() -> None:
    assert len(fetch(points_ledger.checks(book(ANN).drop("order_id"), orders(), as_of=AS_OF))) == 4


def test_the_ledger_is_settled_up_to_the_life_of_points(one: Made) -> None:
    found = points_ledger.ledger(table_of(one), ibis.memtable(pd.DataFrame({"order_id": ["x"], "customer_id": ["y"]})),
                          as_of=AS_OF, days=91)  # fmt: skip
    assert found.life_days in ((365, 366) if one.company.points.expire_months == 12 else (61, 62))
    assert found.settled_until == AS_OF - timedelta(days=found.life_days)
    lots = one.truth["lots"]
    over = lots[lots["at"] < pd.Timestamp(found.settled_until) + pd.Timedelta(days=1)]
    assert found.settled["earned_points"].iloc[0] == over["earned_points"].sum()
    assert found.settled["outstanding_points"].iloc[0] == over["outstanding_points"].sum() == 0
    left = lots[lots["outstanding_points"] > 0]
    assert found.holder_count == left["customer_id"].nunique()
    # a year's life is 365 or 366 days: those about to expire are known to a day or two
    soon = [left.loc[left["expires_at"] <= pd.Timestamp(AS_OF) + pd.Timedelta(days=days), "outstanding_points"].sum()
            for days in (88, 93)]  # fmt: skip
    assert soon[0] <= found.expiring["expiring_points"].sum() <= soon[1]
    assert found.expiring["expires_in_days"].between(1, 91).all()


def test_who_loses_points_soon_by_hand() -> None:
    lots = points_ledger.lots(book(ANN), as_of=date(2024, 3, 20))
    by = {"as_of": date(2024, 3, 20), "life_days": 60}
    # p2 of 1 February has 12 days left of 60, p6 of 10 February 21, p4 of 2 March 42
    assert fetch(points_ledger.expiring(lots, days=12, **by)).to_numpy().tolist() == [["ann", 30, 12]]
    assert len(fetch(points_ledger.expiring(lots, days=11, **by))) == 0
    far = fetch(points_ledger.expiring(lots, days=91, **by).order_by("customer_id")).to_numpy().tolist()
    assert far == [["ann", 37, 12], ["bob", 6, 21]]


def test_a_few_odd_expiries_do_not_tell_how_long_points_live() -> None:
    odd: Rows = [(f"e{at}", f"c{at}", "2024-01-01", "earn", 100, "o1") for at in range(50)]
    odd.append(("z", "c7", "2024-02-01", "expire", -100, None))
    found = points_ledger.ledger(book(odd), orders(), as_of=AS_OF, days=91)
    assert found.life_days == 31
    assert found.settled_until is None, "49 of 50 lived on"
    assert not len(found.settled)


def test_no_expiry_and_no_entry_at_all() -> None:
    earned: Rows = [("a", "ann", "2024-01-01", "earn", 100, "o1")]
    kept = points_ledger.ledger(book(earned), orders(), as_of=AS_OF, days=91)
    assert (kept.life_days, kept.settled_until, len(kept.settled), len(kept.expiring)) == (None, None, 0, 0)
    none = points_ledger.ledger(book(earned), orders(), as_of=date(2023, 12, 31), days=91)
    assert (len(none.flows), len(none.cohorts), none.holder_count) == (0, 0, 0)
    assert none.checks["row_count"].sum() == none.checks["breach_count"].sum() == 0


def test_the_life_of_points_passes_over_the_last_hundredth() -> None:
    ages = pd.DataFrame({"age_days": [30, 365, 366, 900], "point_count": [1, 500, 494, 5]})
    assert points_ledger.life_days(ages) == 366
    assert points_ledger.life_days(ages.head(0)) is None


def test_nothing_is_said_to_expire_where_it_is_not_known_when() -> None:
    rows: Rows = [(f"e{at}", f"c{at}", "2024-01-01", "earn", 100, None) for at in range(20)]
    rows.append(("x", "c0", "2024-01-17", "expire", -100, None))
    found = points_ledger.ledger(book(rows), orders(), as_of=date(2024, 1, 10) + timedelta(days=20), days=91)
    assert found.settled_until is None
    assert found.expiring.empty
