"""The tables of the exploration notebook."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pandas as pd

from helpers.display.exploration import tables


def test_the_ledger_shows_shares_of_its_own_table(shown: list[dict[str, Any]]) -> None:
    frame = pd.DataFrame(
        [
            ("orders", "rows read", "read", 200, Decimal("10.00"), ""),
            ("orders", "<no> customer", "dropped", 50, Decimal("-1.50"), 'row 3: customer_id ""'),
            ("customers", "rows read", "read", 10, None, ""),
            ("customers", "rows kept", "kept", 10, None, ""),
        ],
        columns=["table", "rule", "outcome", "row_count", "amount", "first_example"],
    )
    tables.ledger(frame, currency="元")
    lines = shown[0]["text/plain"].splitlines()
    assert [line.split()[0] for line in lines[2:]] == ["orders", "orders", "customers"], "all customers kept: one line"
    plain, html = shown[0]["text/plain"].replace("\u00a0", " "), shown[0]["text/html"]
    assert "25.0 %" in plain
    assert "−1.50" in plain
    assert "&lt;no&gt;" in html


def test_changes_and_steps_name_the_period(shown: list[dict[str, Any]]) -> None:
    row = ("revenue", 2000.0, 1000.0, 1.0, 0.5, 1.5)
    tables.changes(
        pd.DataFrame([row], columns="measure current previous change low high".split()), days=28, currency="元"
    )
    assert "revenue, 元" in shown[0]["text/plain"]
    assert "latest 28 days" in shown[0]["text/plain"]
    assert "+100.0" in shown[0]["text/plain"]
    step = ("a", 120, 1.2, 5.0, 4.0, float("nan"))
    tables.steps(
        pd.DataFrame([step], columns="step pool_count customer_count amount low high".split()), days=28, currency="元"
    )
    assert "元 in 28 days" in shown[1]["text/plain"]
    assert "–" in shown[1]["text/plain"]
