"""Concentration: worked examples, ties and invariants."""

from datetime import date
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest

from helpers.features import concentration
from helpers.features.purchases import per_customer, purchase_days
from helpers.models.statistics import intervals


@pytest.fixture
def customers_of(connection):
    def make(amounts, *, ids=None):
        ids = [f"c{number:03d}" for number in range(len(amounts))] if ids is None else ids
        decimals = pa.array([Decimal(str(amount)) for amount in amounts], pa.decimal128(18, 4))
        name = f"customers_{abs(hash((tuple(map(str, amounts)), tuple(ids))))}"
        return connection.create_table(name, pa.table({"customer_id": ids, "amount": decimals}), overwrite=True)

    return make


def rows(table):
    return [tuple(row.values()) for row in table.to_pyarrow().to_pylist()]


def test_abc_of_the_worked_example(customers_of):
    found = concentration.abc(customers_of([10, 60, 0, 20, 10]))
    assert found.columns == ("abc_class", "customer_count", "amount", "customer_share", "amount_share")
    assert rows(found) == [
        ("A", 2, Decimal(80), 0.4, 0.8),
        ("B", 2, Decimal(20), 0.4, 0.2),
        ("C", 1, Decimal(0), 0.2, 0.0),
    ]


def test_a_class_border_is_met_exactly_where_a_double_would_slip(customers_of):
    # 0.7 of 0.1 + 0.2 + 0.7 and its like: a customer with exactly the border ahead of it is in the next class
    found = rows(concentration.abc(customers_of(["0.7", "0.2", "0.1"]), abc_shares=(0.7, 0.9)))
    assert [(row[0], row[1]) for row in found] == [("A", 1), ("B", 1), ("C", 1)]


def test_lorenz_curve_of_the_worked_example(customers_of):
    found = concentration.lorenz_curve(customers_of([10, 60, 0, 20, 10]), point_count=11)
    assert found.columns == ("customer_share", "amount_share")
    shares = [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0]
    held = [0.0, 0.0, 0.0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.7, 1.0]
    assert rows(found) == [pytest.approx(point) for point in zip(shares, held, strict=True)]


@pytest.mark.parametrize(("people", "points"), [(1, 2), (1, 101), (7, 101), (100, 101), (250, 101), (101, 11)])
def test_every_point_of_the_curve_is_there_and_on_the_curve(customers_of, people, points):
    amounts = sorted(np.random.default_rng(people).integers(0, 50, people) * 100 + 100)
    found = np.array(rows(concentration.lorenz_curve(customers_of(amounts), point_count=points)))
    expected = np.interp(
        np.linspace(0, 1, points), np.arange(people + 1) / people, np.r_[0, np.cumsum(amounts)] / sum(amounts)
    )
    assert found[:, 0] == pytest.approx(np.linspace(0, 1, points))
    assert found[:, 1] == pytest.approx(expected)


def test_equal_amounts_are_never_torn_apart(customers_of):
    amounts, ids = [5, 5, 5, 5, 1], ["e", "d", "c", "b", "a"]
    for order in (ids, ids[:4][::-1] + ["a"]):
        found = rows(concentration.abc(customers_of(amounts, ids=order)))
        assert [row[:2] for row in found] == [("A", 4), ("C", 1)]


def test_without_revenue_there_is_no_concentration(customers_of):
    customers = customers_of([0, 0, 0])
    assert {row[1] for row in rows(concentration.lorenz_curve(customers, point_count=3))} == {None}
    assert rows(concentration.abc(customers)) == [("C", 3, Decimal(0), 1.0, None)]


def test_the_curve_the_classes_and_the_estimates_agree_on_random_customers(customers_of):
    amounts = np.random.default_rng(5).integers(0, 400, 300) / 4
    customers = customers_of(amounts)
    curve = dict(rows(concentration.lorenz_curve(customers)))
    top = intervals.top_share(amounts, share=0.2, level=0.95)
    assert 1 - curve[0.8] == pytest.approx(top.value, abs=1e-12)
    held = np.cumsum(np.sort(amounts)) / amounts.sum()
    assert held[239] == pytest.approx(curve[0.8], abs=1e-12)
    classes = rows(concentration.abc(customers))
    assert [row[0] for row in classes] == ["A", "B", "C"]
    assert (sum(row[1] for row in classes), sum(row[2] for row in classes)) == (300, Decimal(str(amounts.sum())))


def test_another_currency_scales_the_money_and_leaves_the_shares(customers_of):
    amounts = np.random.default_rng(6).integers(0, 400, 200)
    small, large = (concentration.abc(customers_of(amounts * times)).to_pandas() for times in (1, 100))
    assert small.drop(columns="amount").equals(large.drop(columns="amount"))
    assert (100 * small["amount"]).equals(large["amount"])
    curves = [rows(concentration.lorenz_curve(customers_of(amounts * times))) for times in (1, 100)]
    assert curves[0] == curves[1]


@pytest.mark.parametrize("shares", [(0.95, 0.8), (0.8, 0.8), (0.0, 0.5), (0.5, 1.0)])
def test_class_borders_must_rise_between_0_and_1(customers_of, shares):
    with pytest.raises(ValueError, match=f"shares must rise between 0 and 1, found {shares[0]}, {shares[1]}"):
        concentration.abc(customers_of([1, 2]), abc_shares=shares)


@pytest.mark.parametrize(
    ("source", "as_of", "people", "money", "gini"),
    [
        ("cdnow", date(1998, 6, 30), 23_570, "2500315.63", 0.6346),
        ("journey", date(2018, 1, 31), 2_469, "4596039.58", 0.525),
    ],
)
def test_published_concentration(request, source, as_of, people, money, gini):
    days = purchase_days(request.getfixturevalue(source), as_of=as_of)
    customers = per_customer(days, as_of=as_of, unit="weeks").select("customer_id", "amount").to_pandas()
    assert (len(customers), customers["amount"].sum()) == (people, Decimal(money))
    amounts = customers["amount"].astype(float)
    digits = len(str(gini)) - 2
    assert round(intervals.gini(amounts, level=0.95).value, digits) == gini
    if source == "cdnow":
        assert round(intervals.top_share(amounts, share=0.2, level=0.95).value, 3) == 0.678
