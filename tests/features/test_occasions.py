"""Histories by occasion: a worked example, periods that are over, and agreement with a plain count."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from helpers.features import occasions

ORDERS = [
    ("ann", "2023-11-30T10:00", "1"),
    ("ann", "2023-12-01T10:00", "1"),
    ("ann", "2023-12-31T23:59:59", "1"),  # the same month: one occasion
    ("ann", "2024-02-29T00:00", "1"),
    ("ann", "2024-03-15T00:00", "1"),  # in a month that is not over
    ("bob", "2024-02-10T00:00", "1"),
    ("cyd", "2024-03-01T00:00", "1"),  # first came in it
    ("dan", "2023-06-10T00:00", "1"),
    ("dan", "2024-05-01T00:00", "1"),  # after the day
]


def by_customer(orders, **arguments):
    frame = occasions.histories(orders, **arguments).to_pandas().set_index("customer_id")
    return {name: tuple(int(value) for value in row) for name, row in frame.iterrows()}


def test_months(make_orders):
    found = by_customer(make_orders(ORDERS), as_of=date(2024, 3, 30), period_months=1)
    assert found == {"ann": (2, 3, 3), "bob": (0, 0, 0), "dan": (0, 0, 8)}


def test_the_last_day_of_a_month_closes_it(make_orders):
    found = by_customer(make_orders(ORDERS), as_of=date(2024, 3, 31), period_months=1)
    assert found == {"ann": (3, 4, 4), "bob": (0, 0, 1), "cyd": (0, 0, 0), "dan": (0, 0, 9)}


def test_quarters_and_years(make_orders):
    orders = make_orders(ORDERS)
    assert by_customer(orders, as_of=date(2024, 3, 31), period_months=3)["ann"] == (1, 1, 1)
    years = by_customer(orders, as_of=date(2024, 12, 30), period_months=12)
    assert years == {"ann": (0, 0, 0), "dan": (0, 0, 0)}
    assert by_customer(orders, as_of=date(2024, 12, 31), period_months=12)["dan"] == (1, 1, 1)


def test_random_orders_are_counted_as_by_hand(make_orders, random_rows):
    rows = random_rows(seed=4, count=500)
    found = by_customer(make_orders(rows), as_of=date(2024, 8, 31), period_months=1)
    frame = pd.DataFrame(rows, columns=["who", "at", "amount"])
    month = pd.to_datetime(frame["at"], format="ISO8601").dt.to_period("M")
    frame = frame.assign(month=month)[month <= pd.Period("2024-08")]
    expected = {}
    for who, months in frame.groupby("who")["month"]:
        first, last = months.min(), months.max()
        expected[who] = (months.nunique() - 1, (last - first).n, (pd.Period("2024-08") - first).n)
    assert found == expected


def test_misuse(make_orders):
    with pytest.raises(ValueError, match="period_months must divide a year, found 5"):
        occasions.histories(make_orders(ORDERS), as_of=date(2024, 3, 31), period_months=5)
