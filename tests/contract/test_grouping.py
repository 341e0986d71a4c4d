"""Orders out of the lines of a delivery, and refunds apart from them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from helpers.contract import grouping
from helpers.contract.canonical import Tables
from helpers.contract.loading import load
from helpers.errors import ContractError
from helpers.params import CommonParams

HEAD = "order_id,customer_id,ordered_at,amount,channel\n"
LINES = "1,ann,2025-01-02 10:05,4,web\n1,ann,2025-01-02 10:00,6,shop\n2,bob,2025-01-03,5,web\n"


def read(folder: Path, rows: str, **of_orders: Any) -> Tables:
    (folder / "orders.csv").write_text(HEAD + rows, encoding="utf-8")
    given = {"as_of": "2025-01-31", "currency": "EUR", "reversal_days": 0}
    orders = {"source": "orders.csv", "grain": "line"} | of_orders
    return load(**CommonParams.model_validate(given | {"orders": orders}).delivery, root=folder)


def test_an_order_has_the_first_instant_the_sum_and_the_first_text_of_its_lines(tmp_path: Path) -> None:
    first = read(tmp_path, LINES).orders.order_by("order_id").to_pyarrow().to_pylist()[0]
    assert (first["ordered_at"], first["amount"], first["channel"]) == (datetime(2025, 1, 2, 10), Decimal(10), "shop")
    assert not set(grouping.ADDED) & set(first), "what grouping adds is for the contract alone"


def test_an_order_of_two_customers_is_named_with_its_row(tmp_path: Path) -> None:
    with pytest.raises(
        ContractError, match=r'must be one per order: 1 order with several, first at row 2 \(order "1"\)'
    ):
        read(tmp_path, LINES.replace("2025-01-02 10:00,6", "2025-01-02 10:00,6").replace("1,ann", "1,eve", 1))


@pytest.mark.parametrize(("negative", "sold", "returned"), [("net", [4, 5], []), ("refund", [10, 5], [6])])
def test_lines_below_zero_are_netted_or_refunds(
    tmp_path: Path, negative: str, sold: list[int], returned: list[int]
) -> None:
    tables = read(tmp_path, LINES + "1,ann,2025-01-04,-6,web\n", negative_amount=negative)
    amounts = [
        sorted(int(row["amount"]) for row in table.to_pyarrow().to_pylist())
        for table in (tables.orders, tables.refunds)
    ]
    assert amounts == [sorted(sold), returned]
