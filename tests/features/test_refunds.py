"""What customers paid and got back, by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import ibis
import pandas as pd

from helpers.features import purchases, refunds

KINDS = {"customer_id": "string", "ordered_at": "timestamp", "amount": "decimal(18, 4)"}


def table(*rows: tuple[str, str, str]) -> ibis.Table:
    frame = pd.DataFrame([(who, pd.Timestamp(at), Decimal(amount)) for who, at, amount in rows], columns=list(KINDS))
    return ibis.memtable(frame, schema=ibis.schema(KINDS))


def test_each_customer_of_either_table_has_a_row() -> None:
    orders = table(
        ("a", "2025-01-01", "10"), ("a", "2025-01-02", "5"), ("b", "2025-01-02", "7"), ("b", "2025-02-01", "1")
    )
    back = table(("a", "2025-01-03", "2.5"), ("c", "2025-01-03", "4"), ("c", "2025-02-01", "9"))
    days = purchases.purchase_days(orders, as_of=date(2025, 1, 31))
    got = refunds.per_customer(days, back, as_of=date(2025, 1, 31)).order_by("customer_id").to_pandas()
    assert got.astype({"amount": float, "refund_amount": float}).to_numpy().tolist() == [
        ["a", 2, 15.0, 1, 2.5],
        ["b", 1, 7.0, 0, 0.0],
        ["c", 0, 0.0, 1, 4.0],
    ]
