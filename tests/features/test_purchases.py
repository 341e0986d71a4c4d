"""Purchases per customer: a worked example, invariants, and the published figures of CDNOW."""

from datetime import date
from decimal import Decimal

import pytest

from helpers.features import purchases

AS_OF = date(2024, 3, 31)
ORDERS = [
    ("ann", "2024-01-01T09:00", "10.00"),
    ("ann", "2024-01-01T21:00", "5.50"),  # the same day: one purchase
    ("ann", "2024-01-15T10:00", "20.00"),
    ("ann", "2024-03-25T10:00", "1.00"),
    ("bob", "2024-02-11T00:00", "0.00"),
    ("cyd", "2024-03-31T23:59:59", "7.25"),
    ("ann", "2024-04-01T00:00", "99.00"),  # after as_of, to the second
    ("dan", "2024-05-01T00:00", "99.00"),
]


def bought(orders, as_of=AS_OF):
    return purchases.purchase_days(orders, as_of=as_of)


def rows(table):
    return [tuple(row.values()) for row in table.to_pyarrow().to_pylist()]


def by_customer(table):
    return rows(table.order_by(table.columns[:2]))


def test_purchase_days_of_the_worked_example(make_orders):
    found = purchases.purchase_days(make_orders(ORDERS), as_of=AS_OF)
    assert found.columns == ("customer_id", "purchased_on", "order_count", "amount")
    assert by_customer(found) == [
        ("ann", date(2024, 1, 1), 2, Decimal("15.50")),
        ("ann", date(2024, 1, 15), 1, Decimal("20.00")),
        ("ann", date(2024, 3, 25), 1, Decimal("1.00")),
        ("bob", date(2024, 2, 11), 1, Decimal("0.00")),
        ("cyd", date(2024, 3, 31), 1, Decimal("7.25")),
    ]


def test_per_customer_of_the_worked_example(make_orders):
    found = purchases.per_customer(bought(make_orders(ORDERS)), as_of=AS_OF, unit="weeks")
    assert found.columns == (
        "customer_id",
        "order_count",
        "purchase_count",
        "frequency",
        "recency_weeks",
        "age_weeks",
        "days_since_last",
        "first_on",
        "last_on",
        "amount",
    )
    assert by_customer(found) == [
        ("ann", 4, 3, 2, 84 / 7, 90 / 7, 6, date(2024, 1, 1), date(2024, 3, 25), Decimal("36.50")),
        ("bob", 1, 1, 0, 0.0, 49 / 7, 49, date(2024, 2, 11), date(2024, 2, 11), Decimal("0.00")),
        ("cyd", 1, 1, 0, 0.0, 0.0, 0, date(2024, 3, 31), date(2024, 3, 31), Decimal("7.25")),
    ]


@pytest.mark.parametrize(("unit", "days"), [("days", 1), ("weeks", 7), ("months", 30.436875)])
def test_the_unit_changes_the_scale_and_never_the_grain(make_orders, unit, days):
    found = (
        purchases.per_customer(bought(make_orders(ORDERS)), as_of=AS_OF, unit=unit).to_pandas().set_index("customer_id")
    )
    assert found.loc["ann", "frequency"] == 2
    assert found.loc["ann", f"recency_{unit}"] == pytest.approx(84 / days)
    assert found.loc["ann", f"age_{unit}"] == pytest.approx(90 / days)


def test_purchase_counts_and_gaps_of_the_worked_example(make_orders):
    days = bought(make_orders(ORDERS))
    assert rows(purchases.purchase_counts(days, as_of=AS_OF)) == [(1, 2), (3, 1)]
    assert rows(purchases.gap_counts(days, as_of=AS_OF)) == [(14, 1), (70, 1)]


def test_short_gaps_of_the_worked_example(make_orders):
    days = bought(make_orders(ORDERS))
    found = purchases.short_gaps(days, as_of=AS_OF, longest_days=14)
    assert found.columns == ("customer_id", "short_gap_count", "gap_count")
    assert rows(found) == [("ann", 1, 2)]
    assert rows(purchases.short_gaps(days, as_of=AS_OF, longest_days=13.5)) == [("ann", 0, 2)]


def test_days_without_a_time_serve_as_well(make_orders):
    orders = make_orders(ORDERS)
    of_days = bought(orders.mutate(ordered_at=orders.ordered_at.date()))
    assert by_customer(of_days) == by_customer(bought(orders))


def test_purchase_days_of_later_serve_an_earlier_day(make_orders, random_rows):
    orders = make_orders(random_rows(seed=4, count=400))
    early, late = date(2024, 3, 31), date(2024, 9, 30)
    known, more = bought(orders, early), bought(orders, late)
    assert more.count().execute() > known.count().execute()
    for make in (purchases.purchase_counts, purchases.gap_counts):
        assert rows(make(more, as_of=early)) == rows(make(known, as_of=early))
    for make, how in ((purchases.per_customer, {"unit": "days"}), (purchases.short_gaps, {"longest_days": 20})):
        assert by_customer(make(more, as_of=early, **how)) == by_customer(make(known, as_of=early, **how))


def test_random_orders_agree_with_a_count_by_hand(make_orders, random_rows):
    made = random_rows(seed=1, count=800)
    as_of = date(2024, 6, 30)
    days: dict[str, set[date]] = {}
    money: dict[str, Decimal] = {}
    for customer, moment, amount in made:
        if (day := date.fromisoformat(moment[:10])) <= as_of:
            days.setdefault(customer, set()).add(day)
            money[customer] = money.get(customer, Decimal(0)) + Decimal(amount)
    found = by_customer(purchases.per_customer(bought(make_orders(made), as_of), as_of=as_of, unit="days"))
    assert [(row[0], row[2], row[7], row[8], row[9]) for row in found] == [
        (who, len(days[who]), min(days[who]), max(days[who]), money[who]) for who in sorted(days)
    ]
    gaps = purchases.gap_counts(bought(make_orders(made), as_of), as_of=as_of).to_pandas()
    assert gaps["gap_count"].sum() == sum(row[3] for row in found)
    assert (gaps["gap_days"] * gaps["gap_count"]).sum() == sum(row[4] for row in found)


def test_shuffled_rows_and_future_rows_change_nothing(make_orders, random_rows):
    made = random_rows(seed=2, count=400)
    as_of = date(2024, 6, 30)
    future = [(who, f"2025-{1 + n % 12:02d}-01", "5") for n, (who, _, _) in enumerate(made[:50])]
    expected = by_customer(bought(make_orders(made), as_of))
    assert by_customer(bought(make_orders(made[::-1] + future), as_of)) == expected


def test_an_unknown_unit_is_refused(make_orders):
    with pytest.raises(ValueError, match="unit must be one of days, weeks, months; found 'years'"):
        purchases.per_customer(bought(make_orders(ORDERS)), as_of=AS_OF, unit="years")


def test_cdnow_has_its_published_customers_and_revenue(cdnow):
    found = purchases.per_customer(bought(cdnow, date(1998, 6, 30)), as_of=date(1998, 6, 30), unit="weeks").to_pandas()
    assert len(found) == 23_570
    assert found["amount"].sum() == Decimal("2500315.63")
    assert found["order_count"].sum() == 69_659
    assert found["order_count"].sum() - found["purchase_count"].sum() == 2_068
    counts = (
        purchases.purchase_counts(bought(cdnow, date(1998, 6, 30)), as_of=date(1998, 6, 30))
        .to_pandas()
        .set_index("purchase_count")
    )
    assert counts.loc[1, "customer_count"] == 12_054
    assert counts["customer_count"].sum() == 23_570


def test_cdnow_gives_what_lifetimes_gives(cdnow):
    from lifetimes import utils as lifetimes

    orders = cdnow.to_pandas()
    expected = lifetimes.summary_data_from_transaction_data(
        orders, "customer_id", "ordered_at", observation_period_end="1998-06-30", freq="D", freq_multiplier=7
    )
    found = purchases.per_customer(bought(cdnow, date(1998, 6, 30)), as_of=date(1998, 6, 30), unit="weeks").to_pandas()
    found = found.set_index("customer_id").sort_index()
    assert list(found.index) == list(expected.index)
    for ours, theirs in (("frequency", "frequency"), ("recency_weeks", "recency"), ("age_weeks", "T")):
        assert (found[ours] - expected[theirs]).abs().max() < 1e-12
