"""Weeks of purchases: a worked example, the weeks' edges, and the published weeks of CDNOW."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from helpers.days import week_origin
from helpers.features import purchases, timeline

ORIGIN, AS_OF = date(2024, 1, 1), date(2024, 1, 17)
ORDERS = [
    ("ann", "2023-12-31T10:00", "1.00"),  # before the origin: left out, but what follows is a repeat
    ("ann", "2024-01-01T10:00", "2.00"),
    ("bob", "2024-01-01T09:00", "4.00"),
    ("bob", "2024-01-01T21:00", "8.00"),  # the same day: one purchase
    ("bob", "2024-01-07T23:59:59", "16.00"),  # the last instant of week 1
    ("bob", "2024-01-15T00:00:00", "32.00"),  # week 3, nobody in week 2
    ("cyd", "2024-01-16T00:00:00", "64.00"),
    ("cyd", "2024-01-17T00:00:00", "128.00"),
    ("cyd", "2024-01-18T00:00:00", "256.00"),  # after as_of
]


def days_of(orders):
    """All purchase days, later ones too: what is asked of them is told the day."""
    return purchases.purchase_days(orders, as_of=date(2030, 1, 1))


def rows(table):
    return [tuple(row.values()) for row in table.to_pyarrow().to_pylist()]


def test_weeks_of_the_worked_example(make_orders):
    found = timeline.by_week(days_of(make_orders(ORDERS)), origin=ORIGIN, as_of=AS_OF)
    assert found.columns == ("week", "new_customer_count", "repeat_count", "amount")
    assert rows(found) == [(1, 1, 2, Decimal("30.00")), (3, 1, 2, Decimal("224.00"))]


def test_customers_born_later_can_be_left_out(make_orders):
    found = timeline.by_week(days_of(make_orders(ORDERS)), origin=ORIGIN, as_of=AS_OF, born_until=date(2024, 1, 15))
    assert rows(found) == [(1, 1, 2, Decimal("30.00")), (3, 0, 1, Decimal("32.00"))]
    born = timeline.by_week(days_of(make_orders(ORDERS)), origin=ORIGIN, as_of=AS_OF, born_until=date(2024, 1, 16))
    assert rows(born) == rows(timeline.by_week(days_of(make_orders(ORDERS)), origin=ORIGIN, as_of=AS_OF))


def test_births_of_the_worked_example(make_orders):
    found = timeline.births(days_of(make_orders(ORDERS)), as_of=AS_OF)
    assert found.columns == ("first_on", "customer_count", "amount")
    assert rows(found) == [
        (date(2023, 12, 31), 1, Decimal("1.00")),
        (date(2024, 1, 1), 1, Decimal("12.00")),
        (date(2024, 1, 16), 1, Decimal("64.00")),
    ]


def test_weeks_and_births_hold_every_purchase_once(make_orders, random_rows):
    orders, as_of = make_orders(random_rows(seed=7, count=600)), date(2024, 6, 30)
    people = purchases.per_customer(purchases.purchase_days(orders, as_of=as_of), as_of=as_of, unit="weeks").to_pandas()
    weeks = timeline.by_week(days_of(orders), origin=people["first_on"].min().date(), as_of=as_of).to_pandas()
    assert weeks["repeat_count"].sum() == people["frequency"].sum()
    assert weeks["new_customer_count"].sum() == len(people)
    assert weeks["amount"].sum() == people["amount"].sum()
    assert timeline.births(days_of(orders), as_of=as_of).customer_count.sum().to_pyarrow().as_py() == len(people)


def test_shuffled_rows_and_future_rows_change_nothing(make_orders, random_rows):
    made, as_of = random_rows(seed=8, count=300), date(2024, 6, 30)
    future = [(who, f"2025-{1 + n % 12:02d}-01", "5") for n, (who, _, _) in enumerate(made[:50])]
    for make in (
        lambda orders: timeline.by_week(days_of(orders), origin=date(2023, 1, 1), as_of=as_of),
        lambda orders: timeline.births(days_of(orders), as_of=as_of),
    ):
        assert rows(make(make_orders(future + made[::-1]))) == rows(make(make_orders(made)))


@pytest.mark.parametrize(
    ("first", "end", "origin"),
    [
        (date(1997, 1, 1), date(1997, 9, 30), date(1997, 1, 1)),  # 39 whole weeks
        (date(1997, 1, 2), date(1997, 9, 30), date(1997, 1, 1)),
        (date(1997, 1, 8), date(1997, 9, 30), date(1997, 1, 8)),
        (date(1997, 9, 30), date(1997, 9, 30), date(1997, 9, 24)),
    ],
)
def test_weeks_can_be_counted_so_that_one_ends_with_the_calibration(first, end, origin):
    assert week_origin(first, end=end) == origin
    assert ((end - origin).days + 1) % 7 == 0


def test_cdnow_sample_has_its_published_weeks(cdnow_sample):
    """Actual repeat purchases as printed in the BTYD walkthrough, weeks 20 to 25, and totals at weeks 39 and 78."""
    found = timeline.by_week(days_of(cdnow_sample), origin=date(1997, 1, 1), as_of=date(1998, 6, 30)).to_pandas()
    weeks = found.set_index("week")["repeat_count"].reindex(range(1, 79), fill_value=0)
    assert weeks.loc[20:25].tolist() == [73, 55, 70, 33, 56, 99]
    assert weeks.cumsum().loc[20:25].tolist() == [1359, 1414, 1484, 1517, 1573, 1672]
    assert (weeks.loc[:39].sum(), weeks.sum()) == (2_457, 4_339)
    assert found["new_customer_count"].sum() == 2_357
