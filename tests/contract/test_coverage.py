"""What the orders cover, on a few orders that one can add up."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from helpers.contract.coverage import PURCHASES_VARIABLE, Coverage, measure
from helpers.contract.loading import load
from helpers.features.purchases import purchase_days
from helpers.params import CommonParams

ROWS = (
    "order_id,customer_id,ordered_at,amount\n1,ann,2024-11-30 09:00,10\n2,ann,2024-11-30 23:59,20\n"
    "3,bob,2025-01-31 12:00,70\n4,bob,2025-01-30,-5\n5,cem,2025-02-01,1000\n"
)


@pytest.fixture(scope="module")
def covered(tmp_path_factory: pytest.TempPathFactory) -> Coverage:
    folder = tmp_path_factory.mktemp("covered")
    (folder / "orders.csv").write_text(ROWS, encoding="utf-8")
    given = {"as_of": "2025-01-31", "currency": "EUR", "orders": "orders.csv"}
    tables = load(**CommonParams.model_validate(given).delivery, root=folder)
    return measure(tables, purchase_days(tables.orders, as_of=date(2025, 1, 31)))


def test_days_customers_and_money_are_those_up_to_as_of(covered: Coverage) -> None:
    assert covered.daily.values.tolist() == [[date(2024, 11, 30), 2, 1, 30.0], [date(2025, 1, 31), 1, 1, 70.0]]
    assert (covered.customer_count, covered.order_count, covered.revenue, covered.refund_amount) == (2, 3, 100.0, 5.0)


def test_a_month_without_orders_is_there(covered: Coverage) -> None:
    assert covered.months == [("2024-11", 2, 30.0), ("2024-12", 0, 0.0), ("2025-01", 1, 70.0)]


def test_the_largest_have_their_share_of_all_revenue(covered: Coverage) -> None:
    assert covered.largest_customers.values.tolist() == [["bob", 70.0, 0.7], ["ann", 30.0, 0.3]]
    first = covered.largest_orders.iloc[0]
    assert (first["order_id"], first["customer_id"], first["day"], first["share"]) == (
        "3",
        "bob",
        date(2025, 1, 31),
        0.7,
    )
    assert isinstance(covered.largest_orders, pd.DataFrame)
    assert covered.largest_orders["amount"].tolist() == [70, 20, 10]


def test_days_without_orders_are_counted_from_the_first_to_the_last(covered: Coverage) -> None:
    # 30 November, 31 days of December and 31 of January: 63, with orders on two of them
    assert (covered.day_count, covered.empty_count) == (63, 61)
    assert covered.empty_share == pytest.approx(61 / 63)


def test_who_bought_when_is_handed_on_without_who_withdrew_where_it_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "orders.csv").write_text(ROWS, encoding="utf-8")
    consents = "customer_id,purpose,granted_at,withdrawn_at\nbob,analytics,2024-01-01,2025-01-01\n"
    (tmp_path / "consents.csv").write_text(consents, encoding="utf-8")
    given = {"as_of": "2025-01-31", "currency": "EUR", "orders": "orders.csv"}
    given |= {"other_tables": {"consents": "consents.csv"}}
    tables = load(**CommonParams.model_validate(given).delivery, root=tmp_path)
    bought = purchase_days(tables.orders, as_of=date(2025, 1, 31))
    measure(tables, bought)
    path = tmp_path / "run" / "purchases.parquet"
    monkeypatch.setenv(PURCHASES_VARIABLE, str(path))
    for _ in range(2):
        assert measure(tables, bought).customer_count == 2, "totals hold everybody"
    handed = pd.read_parquet(path)
    assert handed.assign(amount=handed["amount"].astype(float)).astype(str).values.tolist() == [
        ["ann", "2024-11-30", "30.0"]
    ]
    assert [each.name for each in path.parent.iterdir()] == [path.name]
