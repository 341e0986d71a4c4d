"""The lines of the ledger: each table from its rows read to its rows kept, and what joins tables between them."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from helpers.contract import bookkeeping
from helpers.contract.loading import load
from helpers.params import CommonParams

ORDERS = (
    "order_id,customer_id,ordered_at,amount\n1,ann,2025-01-02 09:00,4\n2,ann,2025-01-02 17:00,6\n3,bob,2025-01-03,5\n"
    "4,eve,2025-01-04,0\n"
)


def test_a_ledger_runs_from_what_was_read_to_what_was_kept(tmp_path: Path) -> None:
    (tmp_path / "orders.csv").write_text(ORDERS, encoding="utf-8")
    (tmp_path / "customers.csv").write_text("customer_id,region\nann,N\nbob,S\ncem,S\n", encoding="utf-8")
    given = {"as_of": "2025-01-31", "currency": "EUR", "orders": "orders.csv", "customers": "customers.csv"}
    ledger = load(**CommonParams.model_validate(given).delivery, root=tmp_path).ledger
    assert [tuple(row) for row in ledger.to_numpy()] == [
        ("orders", "rows read", "read", 4, Decimal("15.00"), ""),
        ("orders", "zero amount", "noted", 1, Decimal("0.00"), "row 5"),
        ("orders", "second order on a day", "noted", 1, Decimal("6.00"), "row 3"),
        ("orders", "customer_id not in customers", "noted", 1, Decimal("0.00"), "row 5"),
        ("orders", "rows kept", "kept", 4, Decimal("15.00"), ""),
        ("customers", "rows read", "read", 3, None, ""),
        ("customers", "rows kept", "kept", 3, None, ""),
    ]
    assert ("customer_id", "customers") in bookkeeping.LINKS
