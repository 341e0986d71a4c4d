"""The data-health light, on ledgers small enough to read."""

from __future__ import annotations

import pandas as pd
import pytest

from helpers.contract import health

LIMITS = {"stale_days": 31, "warn_share": 0.01, "alarm_share": 0.1}


def ledger(dropped: int, *, read: int = 1000) -> pd.DataFrame:
    rows = [("orders", "rows read", "read", read), ("orders", "zero amount", "noted", read)]
    rows += [("orders", "no customer", "dropped", dropped)] if dropped else []
    return pd.DataFrame(rows, columns=["table", "rule", "outcome", "row_count"])


@pytest.mark.parametrize(
    ("dropped", "idle_days", "light"),
    [(0, 0, "green"), (10, 30, "green"), (11, 0, "amber"), (100, 0, "amber"), (101, 0, "red"), (0, 31, "red")],
)
def test_the_light_changes_just_above_each_limit(dropped: int, idle_days: int, light: str) -> None:
    assert health.light(ledger(dropped), idle_days=idle_days, **LIMITS) == light


def test_the_worst_rule_counts_and_not_the_sum() -> None:
    two = pd.concat([ledger(60), ledger(50).tail(1).assign(rule="no price")])
    assert health.worst_dropped_share(two) == 0.06
    assert health.dropped_shares(two)["rule"].tolist() == ["no customer", "no price"]


def test_a_small_table_is_judged_by_its_own_rows() -> None:
    both = pd.concat([ledger(1), ledger(5, read=10).assign(table="customers")])
    assert health.light(both, idle_days=0, **LIMITS) == "red"


def test_shares_are_of_the_rows_of_the_own_table() -> None:
    both = pd.concat([ledger(60), ledger(50).tail(1).assign(rule="no price"), ledger(2, read=8).assign(table="items")])
    shares = health.with_shares(both).set_index(["table", "rule"])["share"]
    assert shares["orders", "no customer"] == 0.06
    assert shares["items", "no customer"] == 0.25
    assert shares["items", "rows read"] == 1.0


def test_all_rules_together_leave_out_so_many_rows_of_a_table() -> None:
    both = pd.concat([ledger(60), ledger(50).tail(1).assign(rule="no price"), ledger(2, read=8).assign(table="items")])
    assert health.left_out(both).to_dict("records") == [
        {"table": "items", "read_count": 8, "dropped_count": 2, "dropped_share": 0.25},
        {"table": "orders", "read_count": 1000, "dropped_count": 110, "dropped_share": 0.11},
    ]
    assert health.left_out(ledger(0))["dropped_share"].tolist() == [0.0]
