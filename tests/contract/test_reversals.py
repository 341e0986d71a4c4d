"""Orders that a refund of their whole amount undid: matched by hand, and out of every table."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from helpers.contract.canonical import Tables
from helpers.contract.coverage import measure
from helpers.contract.loading import load
from helpers.features.purchases import purchase_days
from helpers.params import CommonParams

HEAD = "order_id,customer_id,ordered_at,amount\n"
PLAIN = "1,ann,2025-01-02 10:00,10\n2,bob,2025-01-03 10:00,20\n"
Load = Callable[..., Tables]


@pytest.fixture
def read(tmp_path: Path) -> Load:
    def loaded(rows: str, *, head: str = HEAD, reversal_days: int = 3, **of_orders: Any) -> Tables:
        (tmp_path / "orders.csv").write_text(head + rows, encoding="utf-8")
        given = {"as_of": "2025-01-31", "currency": "EUR", "reversal_days": reversal_days}
        params = CommonParams.model_validate(given | {"orders": {"source": "orders.csv", **of_orders}})
        return load(**params.delivery, root=tmp_path)

    return loaded


def amounts(tables: Tables) -> tuple[list[int], list[int]]:
    """What was sold and what was given back, in order of size."""
    return tuple(  # type: ignore[return-value]
        sorted(int(amount) for amount in table.to_pandas()["amount"]) for table in (tables.orders, tables.refunds)
    )


def line(tables: Tables, outcome: str) -> tuple[int, Decimal]:
    found = tables.ledger[tables.ledger["outcome"] == outcome]
    return int(found["row_count"].sum()), sum(found["amount"], Decimal(0))


def test_an_order_undone_under_another_id_leaves_orders_and_refunds(read: Load) -> None:
    tables = read(PLAIN + "541431,eve,2025-01-18 10:01,77184\nC541433,eve,2025-01-18 10:17,-77184\n")
    assert amounts(tables) == ([10, 20], [])
    assert line(tables, "reversed") == (2, Decimal("0.00"))
    assert line(tables, "kept") == (2, Decimal("30.00"))
    assert line(tables, "read") == (4, Decimal("30.00"))
    undone = tables.reversed_orders
    assert undone is not None
    assert undone.select("order_id", "refund_id").to_pyarrow().to_pylist() == [
        {"order_id": "541431", "refund_id": "C541433"}
    ]
    assert measure(tables, purchase_days(tables.orders, as_of=date(2025, 1, 31))).reversed_amount == 77184


@pytest.mark.parametrize(
    ("refund", "is_undone"),
    [
        ("eve,2025-01-18 09:00,-50", True),  # clocks of two systems differ: the day counts
        ("eve,2025-01-21 23:00,-50", True),
        ("eve,2025-01-22 00:00,-50", False),
        ("eve,2025-01-17 12:00,-50", False),
        ("ann,2025-01-18 12:00,-50", False),
        ("eve,2025-01-18 12:00,-49.99", False),
    ],
)
def test_customer_amount_and_days_must_fit(read: Load, refund: str, is_undone: bool) -> None:
    tables = read(PLAIN + f"3,eve,2025-01-18 10:00,50\nR,{refund}\n")
    assert (amounts(tables)[0] == [10, 20]) == is_undone
    assert (tables.reversed_orders is not None) == is_undone


def test_a_refund_undoes_one_order_only(read: Load) -> None:
    twice = "3,eve,2025-01-18 10:00,50\n4,eve,2025-01-18 11:00,50\nR,eve,2025-01-18 12:00,-50\n"
    assert amounts(read(PLAIN + twice)) == ([10, 20, 50], [])
    more = "3,eve,2025-01-18 10:00,50\nR,eve,2025-01-18 12:00,-50\nS,eve,2025-01-19 12:00,-50\n"
    assert amounts(read(PLAIN + more)) == ([10, 20], [50])


def test_no_days_mean_that_nothing_is_undone(read: Load) -> None:
    tables = read(PLAIN + "3,eve,2025-01-18 10:00,50\nR,eve,2025-01-18 12:00,-50\n", reversal_days=0)
    assert amounts(tables) == ([10, 20, 50], [50])
    assert tables.reversed_orders is None


def test_all_lines_of_an_undone_order_leave_its_products(read: Load) -> None:
    head = "order_id,customer_id,ordered_at,product_id,quantity,unit_price\n"
    rows = (
        "1,ann,2025-01-02,tea,1,10\n2,bob,2025-01-03,tea,2,10\n"
        "3,eve,2025-01-18,23843,70,10\n3,eve,2025-01-18,pot,1,5\nC3,eve,2025-01-19,23843,-70,10\nC3,eve,2025-01-19,pot,-1,5\n"
    )
    tables = read(rows, head=head, grain="line")
    assert tables.order_items is not None
    assert set(tables.order_items.to_pandas()["product_id"]) == {"tea"}
    assert line(tables, "reversed") == (4, Decimal("0.00"))
    assert line(tables, "refund") == (0, Decimal(0))


def test_refunds_by_a_rule_are_matched_and_counted_once(read: Load) -> None:
    rule = {"rule": "cancelled", "column": "order_id", "matches": "^C", "do": "refund"}
    tables = read(PLAIN + "3,eve,2025-01-18,50\nC3,eve,2025-01-19,50\nC4,ann,2025-01-19,4\n", rules=[rule])
    assert amounts(tables) == ([10, 20], [4])
    assert line(tables, "refund") == (1, Decimal("4.00"))
    assert line(tables, "reversed") == (2, Decimal("100.00"))
    assert line(tables, "read")[1] == line(tables, "reversed")[1] + line(tables, "kept")[1] + line(tables, "refund")[1]
