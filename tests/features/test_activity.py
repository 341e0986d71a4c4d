"""Months, the comparison of two periods, and breakdowns: worked examples and invariants."""

from datetime import date
from decimal import Decimal
from itertools import product

import ibis
import pytest

from helpers.days import Window, comparable_year, latest_days, window_a_year_before, window_before
from helpers.features import activity
from helpers.features.purchases import purchase_days

AS_OF = date(2024, 4, 30)
ORDERS = [
    ("ann", "2024-01-05T09:00", "10"),
    ("ann", "2024-01-20T09:00", "5"),
    ("bob", "2024-01-31T23:59:59", "1"),
    ("ann", "2024-03-31T09:00", "20"),
    ("cyd", "2024-04-01T00:00", "7"),
    ("ann", "2024-04-30T23:59:59", "30"),
    ("dan", "2024-05-01T00:00", "99"),
]
CHANNELS = ["web", "shop", None, "shop", "web", "web", "web"]


def rows(table):
    return [tuple(row.values()) for row in table.to_pyarrow().to_pylist()]


def by_month(orders, *, as_of):
    return activity.by_month(purchase_days(orders, as_of=as_of), as_of=as_of)


def comparison(orders, *, as_of, days):
    return activity.comparison(purchase_days(orders, as_of=as_of), as_of=as_of, days=days)


def test_months_of_the_worked_example(make_orders):
    found = by_month(make_orders(ORDERS), as_of=AS_OF)
    assert found.columns == (
        "month",
        "is_complete",
        "order_count",
        "customer_count",
        "new_customer_count",
        "returning_customer_count",
        "amount",
        "new_amount",
        "returning_amount",
    )
    money = [Decimal(amount) for amount in (0, 1, 7, 16, 20, 30, 37)]
    zero, _, seven, sixteen, twenty, thirty, thirty_seven = money
    assert rows(found) == [
        (date(2024, 1, 1), False, 3, 2, 2, 0, sixteen, sixteen, zero),  # the data begin within January
        (date(2024, 2, 1), True, 0, 0, 0, 0, zero, zero, zero),
        (date(2024, 3, 1), True, 1, 1, 0, 1, twenty, zero, twenty),
        (date(2024, 4, 1), True, 2, 2, 1, 1, thirty_seven, seven, thirty),
    ]


def test_the_months_go_on_to_as_of_and_the_last_may_be_incomplete(make_orders):
    found = rows(by_month(make_orders(ORDERS[:3]), as_of=date(2024, 3, 30)))
    assert [(row[0].month, row[1], row[2]) for row in found] == [(1, False, 3), (2, True, 0), (3, False, 0)]


def test_a_first_month_is_complete_where_the_data_begin_on_its_first_day(make_orders):
    orders = make_orders([("ann", "2024-01-01T08:00:00", "1"), ("ann", "2024-02-02T08:00:00", "1")])
    assert [row[1] for row in rows(by_month(orders, as_of=date(2024, 2, 29)))] == [True, True]


def test_comparison_of_the_worked_example(make_orders):
    # 30 days to April 30 are April; the 30 before are March 2 to 31
    found = comparison(make_orders(ORDERS), as_of=AS_OF, days=30)
    assert found.columns == (
        "customer_id",
        "order_count",
        "amount",
        "previous_order_count",
        "previous_amount",
        "is_new",
    )
    assert rows(found.order_by("customer_id")) == [
        ("ann", 1, Decimal(30), 1, Decimal(20), False),
        ("cyd", 1, Decimal(7), 0, Decimal(0), True),
    ]


def test_whoever_stays_away_is_lost_and_counts_in_the_previous_period_alone(make_orders):
    found = comparison(make_orders(ORDERS), as_of=date(2024, 3, 31), days=60)
    assert rows(found.order_by("customer_id")) == [
        ("ann", 1, Decimal(20), 2, Decimal(15), False),
        ("bob", 0, Decimal(0), 1, Decimal(1), False),
    ]


def test_breakdown_keeps_the_rows_without_a_level(make_orders):
    orders = make_orders(ORDERS, channel=CHANNELS)
    found = activity.breakdown(orders, by="channel", as_of=AS_OF, days=60)
    assert found.columns == (
        "level", "order_count", "customer_count", "amount", "amount_share", "previous_amount",
        "previous_customer_count", "year_before_amount", "year_before_customer_count",
    )  # fmt: skip
    assert rows(found) == [
        ("web", 2, 2, Decimal(37), 37 / 57, Decimal(10), 1, None, 0),
        ("shop", 1, 1, Decimal(20), 20 / 57, Decimal(5), 1, None, 0),
        (None, 0, 0, Decimal(0), 0.0, Decimal(1), 1, None, 0),
    ]


def test_a_year_before_is_the_same_weekdays_52_weeks_earlier(make_orders):
    latest = latest_days(date(2024, 12, 29), 7)  # a week from Monday to Sunday
    year = window_a_year_before(latest)
    assert (year.start, year.end, year.start.weekday()) == (date(2023, 12, 25), date(2023, 12, 31), 0)
    orders = make_orders(
        [
            ("ann", "2023-12-24T10:00", "1"),  # the day before the year before
            ("ann", "2023-12-25T10:00", "8"),
            ("bob", "2023-12-31T23:59", "2"),
            ("cyd", "2024-12-20T10:00", "64"),  # the week before
            ("bob", "2024-12-29T10:00", "5"),
        ],
        channel=["web", "web", "shop", "web", "web"],
    )
    days = purchase_days(orders, as_of=latest.end)
    found = activity.comparison(days, as_of=latest.end, days=7, earlier=year).order_by("customer_id")
    assert rows(found) == [
        ("ann", 0, Decimal(0), 1, Decimal(8), False),
        ("bob", 1, Decimal(5), 1, Decimal(2), False),
    ]
    parts = activity.breakdown(orders, by="channel", as_of=latest.end, days=7, year_before=year)
    assert rows(parts) == [
        ("web", 1, 1, Decimal(5), 1.0, Decimal(64), 1, Decimal(8), 1),
        ("shop", 0, 0, Decimal(0), 0.0, Decimal(0), 0, Decimal(2), 1),
    ]


def test_a_period_longer_than_a_year_meets_no_year_before():
    assert window_a_year_before(latest_days(AS_OF, 365)) is None
    assert window_a_year_before(latest_days(AS_OF, 364)) == window_before(latest_days(AS_OF, 364))
    covered = comparable_year(date(2023, 4, 3), as_of=AS_OF, days=30)
    assert covered == Window(date(2023, 4, 3), date(2023, 5, 2))
    assert comparable_year(date(2023, 4, 4), as_of=AS_OF, days=30) is None


def test_breakdown_of_lines_counts_each_order_once(make_orders):
    lines = make_orders(
        [("ann", "2024-04-01", "1"), ("ann", "2024-04-01", "2"), ("bob", "2024-04-02", "4")],
        category=["tea", "tea", "tea"],
        product_id=["p1", "p2", "p1"],
    ).mutate(order_id=ibis.literal("o1"))
    found = activity.breakdown(lines, by="category", as_of=AS_OF, days=30)
    assert rows(found) == [("tea", 1, 2, Decimal(7), 1.0, Decimal(0), 0, None, 0)]


def test_where_nothing_was_earned_there_is_no_share(make_orders):
    orders = make_orders([("ann", "2024-04-01", "0")], channel=["web"])
    found = activity.breakdown(orders, by="channel", as_of=AS_OF, days=30)
    assert rows(found) == [("web", 1, 1, Decimal(0), None, Decimal(0), 0, None, 0)]


@pytest.mark.parametrize(("days", "as_of"), list(product((7, 91), (date(2024, 6, 30), date(2024, 12, 15)))))
def test_random_orders_agree_with_sums_by_hand(make_orders, random_rows, days, as_of):
    made = random_rows(seed=7, count=900)
    orders = make_orders(made, channel=[("web", "shop", None)[number % 3] for number in range(len(made))])
    age = [(as_of - date.fromisoformat(moment[:10])).days for _, moment, _ in made]
    now = [row for row, gone in zip(made, age, strict=True) if 0 <= gone < days]
    then = [row for row, gone in zip(made, age, strict=True) if days <= gone < 2 * days]
    compared = comparison(orders, as_of=as_of, days=days).to_pandas()
    totals = compared[["order_count", "amount", "previous_order_count", "previous_amount"]].sum()
    assert totals["order_count"] == len(now)
    assert totals["amount"] == sum(Decimal(amount) for _, _, amount in now)
    assert totals["previous_order_count"] == len(then)
    assert totals["previous_amount"] == sum(Decimal(amount) for _, _, amount in then)
    assert set(compared["customer_id"]) == {who for who, _, _ in now + then}
    earlier = {who for who, moment, _ in made if (as_of - date.fromisoformat(moment[:10])).days >= days}
    assert set(compared.loc[compared["is_new"], "customer_id"]) == {who for who, _, _ in now} - earlier
    levels = activity.breakdown(orders, by="channel", as_of=as_of, days=days).to_pandas()
    assert (levels["amount"].sum(), levels["previous_amount"].sum()) == (totals["amount"], totals["previous_amount"])
    assert levels["amount_share"].sum() == pytest.approx(1.0)
    months = by_month(orders, as_of=as_of).to_pandas()
    visible = [row for row, gone in zip(made, age, strict=True) if gone >= 0]
    assert months["order_count"].sum() == len(visible)
    assert months["amount"].sum() == sum(Decimal(amount) for _, _, amount in visible)
    assert months["new_customer_count"].sum() == len({who for who, _, _ in visible})
    assert ((months["new_amount"] + months["returning_amount"]) == months["amount"]).all()


def test_shuffled_rows_and_future_rows_change_nothing(make_orders, random_rows):
    made = random_rows(seed=8, count=300)
    future = [("new", "2025-02-01T00:00:00", "5"), (made[0][0], "2025-02-01T00:00:00", "6")]
    as_of = date(2025, 1, 31)
    one_way, other_way = make_orders(made), make_orders(future + made[::-1])
    assert rows(by_month(one_way, as_of=as_of)) == rows(by_month(other_way, as_of=as_of))
    compared = [comparison(orders, as_of=as_of, days=91).order_by("customer_id") for orders in (one_way, other_way)]
    assert rows(compared[0]) == rows(compared[1])


def test_cdnow_months_hold_all_orders(cdnow):
    months = by_month(cdnow, as_of=date(1998, 6, 30)).to_pandas()
    assert len(months) == 18
    assert months["is_complete"].all()
    assert months["order_count"].sum() == 69_659
    assert months["new_customer_count"].tolist()[0] == 7_846
    assert months["new_customer_count"].sum() == 23_570
    assert months["amount"].sum() == Decimal("2500315.63")


def test_autumn_at_online_retail_is_season_and_not_growth(connection, online_retail):
    lines = connection.read_parquet(str(online_retail / "*.parquet"))
    sold = lines.filter(lines.CustomerID.notnull() & (lines.Quantity > 0) & (lines.InvoiceNo != "581483")).distinct()
    orders = sold.select(
        customer_id=sold.CustomerID.cast("string"), ordered_at=sold.InvoiceDate,
        amount=(sold.Quantity * sold.UnitPrice).cast("decimal(12, 2)"),
    )  # fmt: skip
    until = date(2011, 12, 9)
    days = purchase_days(orders, as_of=until)
    year = comparable_year(date(2009, 12, 1), as_of=until, days=91)
    changes = []
    for earlier in (None, year):
        compared = activity.comparison(days, as_of=until, days=91, earlier=earlier)
        totals = compared.aggregate(now=compared.amount.sum(), then=compared.previous_amount.sum()).to_pandas().iloc[0]
        changes.append(float(totals["now"] / totals["then"]) - 1)
    assert changes[0] > 0.6
    assert abs(changes[1]) < 0.1
