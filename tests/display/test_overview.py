"""What `regulars check` shows of the orders, on figures small enough to add up."""

from __future__ import annotations

from datetime import date

import pytest

from helpers.contract.coverage import Coverage, Day, LargeOrder
from helpers.display import overview
from helpers.schema.sources import OrdersSource

DAYS = (
    Day(date(2025, 1, 30), 2, 1, 10.0),
    Day(date(2025, 1, 31), 1, 1, 20.0),
    Day(date(2025, 3, 2), 6, 2, 270.0),
)
LARGEST = (LargeOrder("o1", "ann", date(2025, 3, 2), 150.0, 0.5),)
COVERED = Coverage(DAYS, 4, 12.5, (), LARGEST)


def facts(**orders: str) -> dict[str, str]:
    source = OrdersSource.model_validate({"source": "a.csv"} | orders)
    found = overview.facts(COVERED, orders=source, currency="EUR")
    return {name: value.replace("\u00a0", " ") for name, value in found}


def test_the_facts_are_those_of_the_orders() -> None:
    assert facts() == {
        "customers": "4",
        "orders": "9",
        "revenue": "EUR 300.00",
        "refunds": "EUR 12.50",
        "first and last day": "2025-01-30 to 2025-03-02 (32 days)",
        "days without orders": "29 (90.6 %)",
        "a row is": "an order",
        "orders by month": "▅·█  2025-01 to 2025-03, 0 to 6",
        "revenue by month": "▂·█  2025-01 to 2025-03, 0 to 270",
    }


@pytest.mark.parametrize(("of", "words"), [("row", "its own"), ("order", "its order's, told on each line")])
def test_the_grain_says_whose_the_amount_is(of: str, words: str) -> None:
    assert facts(grain="line", amount_of=of)["a row is"] == f"a line of an order; the amount is {words}"


def test_a_month_without_orders_is_seen_in_the_line_of_bars() -> None:
    assert overview.sparkline([0, 1, 50, 100]) == "·▁▅█"
    assert overview.sparkline([5, 5]) == "██"


def test_the_largest_are_named_with_their_share() -> None:
    rows = overview.largest(LARGEST, currency="EUR")
    assert [cell.replace("\u00a0", " ") for cell in rows[0]] == ["o1", "ann", "2025-03-02", "EUR 150.00", "50.0 %"]
