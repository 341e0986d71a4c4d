"""The sentence on data health and the ledger."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pandas as pd

from helpers.display import data_health
from helpers.display.findings import Finding
from helpers.display.showing import show

PEOPLE = pd.DataFrame({"last_on": pd.to_datetime(["2025-01-20", "2025-01-05"]), "days_since_last": [11, 26]})


def plain(finding: Finding) -> str:
    return finding.sentence.replace("\u00a0", " ")


def left_out(dropped: int) -> pd.DataFrame:
    columns = ["table", "read_count", "dropped_count", "dropped_share"]
    return pd.DataFrame([("orders", 100, dropped, dropped / 100), ("products", 5, 2, 0.4)], columns=columns)


def test_health_names_the_worst_rule_and_the_age_of_the_data() -> None:
    columns = ["table", "rule", "row_count", "share"]
    worst = pd.DataFrame([("products", "no price", 2, 0.4), ("orders", "no customer", 20, 0.2)], columns=columns)
    assert plain(data_health.summary(left_out(20), worst, PEOPLE, light="red")) == (
        'Data health is red: 20 of 100 rows of orders (20.0 %) were left out by rule ("no customer" took 20), 40.0 % of '
        'products by "no price" and the last order is of 20 January 2025, 11 days before the day of the report.'
    )
    assert "all 100 rows of orders were used, 40.0 % of products" in plain(
        data_health.summary(left_out(0), worst.head(1), PEOPLE, light="red")
    )
    fresh = PEOPLE.assign(days_since_last=0)
    assert plain(data_health.summary(left_out(0), worst.head(0), fresh, light="green")) == (
        "Data health is green: all 100 rows of orders were used and the last order is of 20 January 2025."
    )


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
    frame = frame.assign(share=[1.0, 0.25, 1.0, 1.0])
    show(data_health.ledger(frame, currency="元"))
    lines = shown[0]["text/plain"].splitlines()
    assert [line.split()[0] for line in lines[2:]] == ["orders", "orders", "customers"], "all customers kept: one line"
    plain, html = shown[0]["text/plain"].replace("\u00a0", " "), shown[0]["text/html"]
    assert "25.0 %" in plain
    assert "−1.50" in plain
    assert "&lt;no&gt;" in html
