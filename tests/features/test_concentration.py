"""Concentration: worked examples, ties, invariants, and the published figures of CDNOW and the Complete Journey."""

from datetime import date
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest

from helpers.features import concentration
from helpers.features.purchases import per_customer, purchase_days


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


def one(table):
    (row,) = table.to_pyarrow().to_pylist()
    return row


def gini_by_definition(amounts):
    """Half the mean absolute difference between any two customers, over the mean."""
    x = np.asarray(amounts, dtype=float)
    return float(np.abs(x[:, None] - x[None, :]).mean() / (2 * x.mean()))


def test_concentration_of_the_worked_example(customers_of):
    # 0 10 10 20 60: ranks 1..5, sum(i x) = 20 + 30 + 80 + 300 = 430, G = 860 / 500 - 6/5 = 0.52
    found = one(concentration.concentration(customers_of([10, 60, 0, 20, 10]), top_share=0.2))
    assert found == {
        "customer_count": 5,
        "amount": Decimal(100),
        "gini": pytest.approx(0.52, abs=1e-15),
        "top_share": 0.2,
        "top_share_amount": pytest.approx(60.0),
        "top_amount_share": pytest.approx(0.6),
    }


def test_a_top_that_ends_within_a_customer_counts_in_proportion(customers_of):
    # the top 30 % of five customers are one and a half: 60 + 20 / 2
    found = one(concentration.concentration(customers_of([10, 60, 0, 20, 10]), top_share=0.3))
    assert found["top_amount_share"] == pytest.approx(0.7)


def test_lorenz_of_the_worked_example(customers_of):
    found = concentration.lorenz(customers_of([10, 60, 0, 20, 10]))
    assert found.columns == ("customer_rank", "customer_id", "amount", "customer_share", "amount_share", "abc_class")
    # 60 is A alone: the 20 has 60 % ahead of it, below 80 %; the two 10s have exactly 80 % ahead, below 95 %
    assert rows(found) == [
        (1, "c002", Decimal(0), 0.2, 0.0, "C"),
        (2, "c000", Decimal(10), 0.4, 0.1, "B"),
        (3, "c004", Decimal(10), 0.6, 0.2, "B"),
        (4, "c003", Decimal(20), 0.8, 0.4, "A"),
        (5, "c001", Decimal(60), 1.0, 1.0, "A"),
    ]


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
    forwards = concentration.lorenz(customers_of(amounts, ids=ids))
    backwards = concentration.lorenz(customers_of(amounts, ids=ids[:4][::-1] + ["a"]))
    assert rows(forwards) == rows(backwards)
    assert [row[1] for row in rows(forwards)] == ["a", "b", "c", "d", "e"]
    assert {row[5] for row in rows(forwards) if row[2] == 5} == {"A"}
    assert rows(concentration.abc(customers_of(amounts)))[0][:2] == ("A", 4)


def test_everybody_alike_and_one_for_all(customers_of):
    alike = one(concentration.concentration(customers_of([3] * 10), top_share=0.2))
    assert (alike["gini"], alike["top_amount_share"]) == (0.0, pytest.approx(0.2))
    alone = one(concentration.concentration(customers_of([0] * 9 + [7]), top_share=0.2))
    assert (alone["gini"], alone["top_amount_share"]) == (pytest.approx(0.9), pytest.approx(1.0))


def test_without_revenue_there_is_no_concentration(customers_of):
    customers = customers_of([0, 0, 0])
    found = one(concentration.concentration(customers, top_share=0.2))
    assert (found["gini"], found["top_amount_share"], found["amount"]) == (None, None, 0)
    assert {row[1] for row in rows(concentration.lorenz_curve(customers, point_count=3))} == {None}
    assert rows(concentration.abc(customers)) == [("C", 3, Decimal(0), 1.0, None)]


def test_the_table_the_line_and_the_curve_agree_on_random_customers(customers_of):
    amounts = np.random.default_rng(5).integers(0, 400, 300) / 4
    customers = customers_of(amounts)
    line = one(concentration.concentration(customers, top_share=0.2))
    assert line["gini"] == pytest.approx(gini_by_definition(amounts), abs=1e-12)
    curve = dict(rows(concentration.lorenz_curve(customers)))
    assert 1 - curve[0.8] == pytest.approx(line["top_amount_share"], abs=1e-12)
    lorenz = concentration.lorenz(customers).to_pandas()
    assert lorenz["amount_share"].iloc[239] == pytest.approx(curve[0.8], abs=1e-12)
    by_class = lorenz.groupby("abc_class")["amount"].agg(["count", "sum"])
    assert [(row[0], row[1], row[2]) for row in rows(concentration.abc(customers))] == list(
        by_class.itertuples(name=None)
    )


def test_another_currency_scales_the_money_and_leaves_the_shares(customers_of):
    amounts = np.random.default_rng(6).integers(0, 400, 200)
    small, large = customers_of(amounts), customers_of(amounts * 100)
    for make in (concentration.lorenz, concentration.abc):
        drop = ["amount"]
        assert make(small).to_pandas().drop(columns=drop).equals(make(large).to_pandas().drop(columns=drop))
    before, after = (one(concentration.concentration(table, top_share=0.2)) for table in (small, large))
    assert after["amount"] == 100 * before["amount"]
    assert after["top_share_amount"] == pytest.approx(100 * before["top_share_amount"])
    assert (after["gini"], after["top_amount_share"]) == pytest.approx((before["gini"], before["top_amount_share"]))


@pytest.mark.parametrize("shares", [(0.95, 0.8), (0.8, 0.8), (0.0, 0.5), (0.5, 1.0)])
def test_class_borders_must_rise_between_0_and_1(customers_of, shares):
    with pytest.raises(ValueError, match=f"shares must rise between 0 and 1, found {shares[0]}, {shares[1]}"):
        concentration.abc(customers_of([1, 2]), abc_shares=shares)


def test_cdnow_has_its_published_concentration(cdnow):
    customers = per_customer(purchase_days(cdnow, as_of=date(1998, 6, 30)), as_of=date(1998, 6, 30), unit="weeks")
    found = one(concentration.concentration(customers, top_share=0.2))
    assert (found["customer_count"], found["amount"]) == (23_570, Decimal("2500315.63"))
    assert round(found["gini"], 4) == 0.6346
    assert round(found["top_amount_share"], 3) == 0.678


def test_complete_journey_has_its_published_concentration(journey):
    customers = per_customer(purchase_days(journey, as_of=date(2018, 1, 31)), as_of=date(2018, 1, 31), unit="weeks")
    found = one(concentration.concentration(customers, top_share=0.2))
    assert (found["customer_count"], found["amount"]) == (2_469, Decimal("4596039.58"))
    assert round(found["gini"], 3) == 0.525
