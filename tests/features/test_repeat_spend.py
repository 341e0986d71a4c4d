"""Spend on the first day and on the days after it: a worked example, and the published sums of CDNOW."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from helpers.features import purchases, repeat_spend

AS_OF = date(2024, 3, 31)
ORDERS = [
    ("ann", "2024-01-01T09:00", "10.00"),
    ("ann", "2024-01-01T21:00", "5.50"),  # the same day: still the first purchase
    ("ann", "2024-01-15T10:00", "20.00"),
    ("ann", "2024-01-15T11:00", "1.00"),  # the same day: one repeat purchase
    ("ann", "2024-03-31T23:59:59", "4.00"),
    ("ann", "2024-04-01T00:00", "99.00"),  # after as_of
    ("bob", "2024-02-11T00:00", "7.00"),
    ("cyd", "2024-02-11T00:00", "0.00"),
    ("cyd", "2024-02-12T00:00", "0.00"),
]


def days_of(orders):
    """All purchase days, later ones too: what is asked of them is told the day."""
    return purchases.purchase_days(orders, as_of=date(2030, 1, 1))


def rows(table):
    return [tuple(row.values()) for row in table.order_by("customer_id").to_pyarrow().to_pylist()]


def test_the_worked_example(make_orders):
    found = repeat_spend.repeat_spend(days_of(make_orders(ORDERS)), as_of=AS_OF)
    assert found.columns == ("customer_id", "repeat_count", "repeat_amount", "first_amount", "mean_amount")
    assert rows(found) == [
        ("ann", 2, Decimal("25.00"), Decimal("15.50"), 12.5),
        ("bob", 0, Decimal("0.00"), Decimal("7.00"), None),
        ("cyd", 1, Decimal("0.00"), Decimal("0.00"), 0.0),
    ]


def test_first_and_repeat_are_all_the_money_and_all_the_days(make_orders, random_rows):
    orders, as_of = make_orders(random_rows(seed=9, count=600)), date(2024, 6, 30)
    found = repeat_spend.repeat_spend(days_of(orders), as_of=as_of).order_by("customer_id").to_pandas()
    people = (
        purchases.per_customer(purchases.purchase_days(orders, as_of=as_of), as_of=as_of, unit="weeks")
        .order_by("customer_id")
        .to_pandas()
    )
    assert found["repeat_count"].tolist() == people["frequency"].tolist()
    assert (found["repeat_amount"] + found["first_amount"]).tolist() == people["amount"].tolist()


def test_shuffled_rows_and_future_rows_change_nothing(make_orders, random_rows):
    made, as_of = random_rows(seed=10, count=300), date(2024, 6, 30)
    future = [(who, f"2025-{1 + n % 12:02d}-01", "5") for n, (who, _, _) in enumerate(made[:50])]
    expected = rows(repeat_spend.repeat_spend(days_of(make_orders(made)), as_of=as_of))
    assert rows(repeat_spend.repeat_spend(days_of(make_orders(future + made[::-1])), as_of=as_of)) == expected


def test_cdnow_sample_has_its_published_spend(cdnow_sample):
    """Facts of the calibration: 946 repeat buyers, sales of 173,115.55, frequency and mean spend hardly correlated."""
    found = repeat_spend.repeat_spend(days_of(cdnow_sample), as_of=date(1997, 9, 30)).to_pandas()
    assert found["repeat_count"].sum() == 2_457
    assert found["repeat_amount"].sum() + found["first_amount"].sum() == Decimal("173115.55")
    repeat = found[found["repeat_count"] > 0]
    assert len(repeat) == 946
    mean = repeat["repeat_amount"].astype(float) / repeat["repeat_count"]
    assert mean.corr(repeat["repeat_count"]) == pytest.approx(0.1139, abs=5e-5)
