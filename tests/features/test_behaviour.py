"""How customers behave: a worked example small enough to check by hand, and what may not change a number."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import ibis
import pyarrow as pa
import pytest

from helpers.features import behaviour

AS_OF = date(2024, 6, 30)
ORDERS = [
    ("ann", "2024-01-06T10:00:00", "10"),  # a Saturday
    ("ann", "2024-01-06T20:00:00", "30"),
    ("ann", "2024-03-04T18:00:00", "20"),  # a Monday, 58 days later
    ("bob", "2024-06-30T23:59:59", "0"),  # a Sunday, the day of the report
    ("cyd", "2024-02-01T17:59:59", "0.03"),
    ("cyd", "2024-02-02T09:00:00", "0.03"),
    ("cyd", "2024-02-05T09:00:00", "0.03"),
]
DISCOUNTS = [Decimal(0), Decimal(10), None, Decimal(5), None, None, None]
LATER = [("ann", "2024-07-01T00:00:00", "999"), ("dan", "2024-07-01T00:00:00", "5")]
ANN_MONTHS = 177 / 30.436875  # January 6 to June 30, both included
LEAST_MONTHS = 91 / 30.436875


def items(connection, rows, *, category=True):
    names = ["order_id", "customer_id", "ordered_at", "product_id", "category"]
    lines = [dict(zip(names, row, strict=True)) | {"ordered_at": datetime.fromisoformat(row[2])} for row in rows]
    types = [(name, pa.timestamp("us") if name == "ordered_at" else pa.string()) for name in names]
    table = connection.create_table(ibis.util.gen_name("items"), pa.Table.from_pylist(lines, schema=pa.schema(types)))
    return table if category else table.drop("category")


def events(connection, rows):
    table = {
        "customer_id": [row[0] for row in rows],
        "at": pa.array([datetime.fromisoformat(row[1]) for row in rows], pa.timestamp("us")),
        "kind": pa.array([row[2] for row in rows], pa.string()),
    }
    return connection.create_table(ibis.util.gen_name("events"), pa.table(table))


LINES = [
    ("o0", "ann", "2024-01-06T10:00:00", "p1", "茶"),
    ("o0", "ann", "2024-01-06T10:00:00", "p1", "茶"),  # the same product on two lines is one
    ("o0", "ann", "2024-01-06T10:00:00", "p2", "cup"),
    ("o1", "ann", "2024-01-06T20:00:00", "p1", "茶"),
    ("o2", "ann", "2024-03-04T18:00:00", "p3", None),
    ("o9", "ann", "2024-07-01T00:00:00", "p4", "pot"),
]
EVENTS = [
    ("ann", "2024-01-05T23:59:59", "visit"),  # before the first order
    ("ann", "2024-01-06T00:00:00", "visit"),
    ("ann", "2024-06-30T23:59:59", "visit"),
    ("ann", "2024-02-02T10:00:00", "加购"),
    ("ann", "2024-07-01T00:00:00", "visit"),  # after the day of the report
    ("cyd", "2024-07-01T00:00:00", "share"),
    ("eve", "2024-02-02T10:00:00", "visit"),  # never ordered
    ("ann", "2024-02-02T10:00:00", None),
]


def people(table):
    return {row["customer_id"]: row for row in table.to_pyarrow().to_pylist()}


@pytest.fixture(scope="module")
def found(make_orders, connection):
    orders = make_orders(
        ORDERS + LATER, discount_amount=pa.array([*DISCOUNTS, Decimal(1), Decimal(1)], pa.decimal128(18, 4))
    )
    return behaviour.per_customer(orders, items(connection, LINES), events(connection, EVENTS), as_of=AS_OF)


def test_the_columns_and_the_customers(found):
    assert found.columns == (
        "customer_id", "order_count", "purchases_per_month", "days_between", "mean_amount", "amount_variation",
        "weekend_share", "evening_share", "discount_share", "items_per_order", "category_count", "top_category_share",
        "visit_per_month", "加购_per_month",
    )  # fmt: skip
    assert sorted(people(found)) == ["ann", "bob", "cyd"]


def test_a_customer_of_three_orders_on_two_days(found):
    ann = people(found)["ann"]
    assert ann["order_count"] == 3
    assert ann["purchases_per_month"] == pytest.approx(2 / ANN_MONTHS)
    assert ann["days_between"] == 58
    assert ann["mean_amount"] == 20
    assert ann["amount_variation"] == pytest.approx(0.5)  # 10, 30, 20: deviation 10
    assert ann["weekend_share"] == pytest.approx(2 / 3)
    assert ann["evening_share"] == pytest.approx(2 / 3)  # 20:00, and 18:00 on the stroke
    assert ann["discount_share"] == pytest.approx(10 / 70)
    assert ann["items_per_order"] == pytest.approx(4 / 3)
    assert ann["category_count"] == 2
    assert ann["top_category_share"] == pytest.approx(2 / 3)
    assert ann["visit_per_month"] == pytest.approx(2 / ANN_MONTHS)
    assert ann["加购_per_month"] == pytest.approx(1 / ANN_MONTHS)


def test_what_one_order_cannot_tell_is_missing_and_what_did_not_happen_is_zero(found):
    bob = people(found)["bob"]
    assert bob["purchases_per_month"] == pytest.approx(1 / LEAST_MONTHS)
    assert [bob[name] for name in ("days_between", "amount_variation", "items_per_order", "category_count")] == [
        None
    ] * 4
    assert [bob[name] for name in ("weekend_share", "evening_share", "discount_share")] == [1, 1, 1]
    assert bob["mean_amount"] == bob["visit_per_month"] == 0


def test_equal_amounts_do_not_vary_at_all(found):
    cyd = people(found)["cyd"]
    assert cyd["amount_variation"] == 0
    assert cyd["days_between"] == 2  # pauses of one and three days
    assert cyd["evening_share"] == 0  # a second before 18:00


def test_columns_are_there_only_where_their_data_are(make_orders, connection):
    orders = make_orders(ORDERS)
    plain = ("customer_id", "order_count", "purchases_per_month", "days_between", "mean_amount", "amount_variation")
    bare = behaviour.per_customer(orders, None, None, as_of=AS_OF)
    assert bare.columns == (*plain, "weekend_share", "evening_share")
    days = orders.mutate(ordered_at=orders.ordered_at.date())
    assert behaviour.per_customer(days, None, None, as_of=AS_OF).columns == (*plain, "weekend_share")
    lines = items(connection, LINES, category=False)
    assert behaviour.per_customer(days, lines, None, as_of=AS_OF).columns == (
        *plain,
        "weekend_share",
        "items_per_order",
    )
    nothing = events(connection, EVENTS).limit(0)
    assert behaviour.per_customer(days, None, nothing, as_of=AS_OF).columns == (*plain, "weekend_share")


def test_a_day_and_an_instant_tell_the_same(make_orders):
    orders = make_orders(ORDERS)
    of_instants = behaviour.per_customer(orders, None, None, as_of=AS_OF).drop("evening_share")
    of_days = behaviour.per_customer(orders.mutate(ordered_at=orders.ordered_at.date()), None, None, as_of=AS_OF)
    assert people(of_days) == people(of_instants)


def test_nothing_after_as_of_changes_a_number(make_orders, connection, found):
    orders = make_orders(ORDERS, discount_amount=pa.array(DISCOUNTS, pa.decimal128(18, 4)))
    seen = [row for row in EVENTS if row[1] < "2024-07"]
    without = behaviour.per_customer(orders, items(connection, LINES[:-1]), events(connection, seen), as_of=AS_OF)
    assert people(without) == people(found)


def test_the_order_of_rows_changes_nothing(make_orders, random_rows):
    rows = random_rows(seed=5, count=400)
    forward, back = (
        behaviour.per_customer(make_orders(some), None, None, as_of=date(2024, 12, 31)) for some in (rows, rows[::-1])
    )
    assert people(forward) == people(back)


def test_the_currency_scales_amounts_and_nothing_else(make_orders):
    dear = [(who, moment, str(100 * Decimal(amount))) for who, moment, amount in ORDERS]
    cheap, costly = (
        people(behaviour.per_customer(make_orders(rows), None, None, as_of=AS_OF)) for rows in (ORDERS, dear)
    )
    for who, row in cheap.items():
        assert costly[who]["mean_amount"] == pytest.approx(100 * row["mean_amount"])
        assert costly[who] | {"mean_amount": 0} == pytest.approx(row | {"mean_amount": 0})


def test_the_eight_most_frequent_kinds_have_a_column(connection):
    rows = [("ann", "2024-01-06T00:00:00", f"k{number}") for number in range(10) for _ in range(10 - number // 2)]
    assert behaviour.event_kinds(events(connection, rows), as_of=AS_OF) == [f"k{number}" for number in range(8)]
    assert behaviour.event_kinds(events(connection, rows), as_of=date(2024, 1, 5)) == []


def test_kinds_of_one_name_but_for_case_or_of_a_name_that_is_taken(make_orders, connection):
    rows = [("ann", "2024-01-06T00:00:00", kind) for kind in ("visit", "visit", "visit", "Visit", "Visit", "Purchases")]
    found = behaviour.per_customer(make_orders(ORDERS), None, events(connection, rows), as_of=AS_OF)
    ann = people(found)["ann"]
    assert [round(ann[name] * ANN_MONTHS) for name in found.columns[-3:]] == [3, 2, 1]
    assert found.columns[-3:] == ("visit_per_month", "other_Visit_per_month", "other_Purchases_per_month")
    assert round(ann["purchases_per_month"] * ANN_MONTHS) == 2


def test_all_customers_of_cdnow_are_there_once(cdnow):
    found = behaviour.per_customer(cdnow, None, None, as_of=date(1998, 6, 30))
    row = found.aggregate(rows=found.count(), ids=found.customer_id.nunique(), orders=found.order_count.sum())
    assert row.to_pyarrow().to_pylist() == [{"rows": 23570, "ids": 23570, "orders": 69659}]
