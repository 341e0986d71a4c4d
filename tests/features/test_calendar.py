"""Weekday and hour, worked by hand."""

from datetime import date
from decimal import Decimal

from helpers.features import calendar
from helpers.features.purchases import purchase_days

ORDERS = [
    ("ann", "2024-01-01T00:00:00", "1"),  # a Monday
    ("bob", "2024-01-08T00:59:59", "2"),
    ("ann", "2024-01-07T23:59:59", "4"),  # a Sunday
    ("ann", "2024-02-29T12:00:00", "8"),  # a Thursday
    ("ann", "2024-03-01T00:00:00", "99"),
]


def rows(table):
    return [tuple(row.values()) for row in table.to_pyarrow().to_pylist()]


def test_weekday_hour_of_the_worked_example(make_orders):
    found = calendar.weekday_hour(make_orders(ORDERS), as_of=date(2024, 2, 29))
    assert found.columns == ("weekday", "hour", "order_count", "amount")
    assert rows(found) == [(1, 0, 2, Decimal(3)), (4, 12, 1, Decimal(8)), (7, 23, 1, Decimal(4))]


def test_days_without_a_time_stand_at_hour_0(make_orders):
    orders = make_orders(ORDERS)
    orders = orders.mutate(ordered_at=orders.ordered_at.date())
    found = calendar.weekday_hour(orders, as_of=date(2024, 2, 29))
    assert rows(found) == [(1, 0, 2, Decimal(3)), (4, 0, 1, Decimal(8)), (7, 0, 1, Decimal(4))]


def test_weekday_orders_of_the_worked_example(make_orders):
    days = purchase_days(make_orders(ORDERS), as_of=date(2024, 3, 1))
    found = calendar.weekday_orders(days, as_of=date(2024, 2, 29), weekday=1)
    assert found.columns == ("customer_id", "weekday_order_count", "order_count")
    assert rows(found.order_by("customer_id")) == [("ann", 1, 3), ("bob", 1, 1)]


def test_random_orders_keep_the_sums_in_any_order(make_orders, random_rows):
    made = random_rows(seed=4, count=500)
    found = rows(calendar.weekday_hour(make_orders(made), as_of=date(2025, 1, 31)))
    assert sum(row[2] for row in found) == 500
    assert sum(row[3] for row in found) == sum(Decimal(amount) for _, _, amount in made)
    assert rows(calendar.weekday_hour(make_orders(made[::-1]), as_of=date(2025, 1, 31))) == found
