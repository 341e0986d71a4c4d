"""Counting checked rows: groups by rule and outcome, and sums over them. `checking` makes those rows."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

from helpers.connectors.delivery import connect
from helpers.contract import checking, counting, rules
from helpers.schema.sources import OrdersSource, Rule

TEXT = (
    "order_id,customer_id,ordered_at,amount\n1,a,2025-01-01,5\n2,,2025-01-02,7\n3,b,2025-01-03,-2\n4,b,2025-02-09,9\n"
)


def test_rows_are_counted_by_what_became_of_them(tmp_path: Path) -> None:
    (tmp_path / "o.csv").write_text(TEXT, encoding="utf-8")
    source = OrdersSource(source="o.csv", rules=[Rule(rule="no customer", column="customer_id", missing=True)])
    connection = connect()
    stated = checking.state(connection, "orders", source, root=tmp_path)
    assert checking.mapping_problems(stated) == []
    checked = checking.check(connection, stated, as_of=date(2025, 1, 31), terms=checking.Terms("EUR"))
    counts = counting.count(checked, currency="EUR")
    assert (counts.count(), counts.amount()) == (3, Decimal(10)), "the row after as_of is not there"
    dropped = counts.of(outcomes=[rules.DROPPED])
    assert (dropped.count(), dropped.amount()) == (1, Decimal(7))
    refunds = counts.of(outcomes=[rules.REFUND])
    assert (refunds.count(), refunds.amount()) == (1, Decimal(-2))
    assert counting.row_name(checked, dropped.first()) == "row 3"
    first = counting.entries(checked, counts)[0]
    assert (first.rule, first.row_count) == ("rows read", 3)
    assert checking.first_instant(checked).date() == date(2025, 1, 1)
