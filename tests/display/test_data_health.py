"""The sentence on data health and the ledger."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pandas as pd
import pytest

from helpers.contract.coverage import Coverage, Day
from helpers.contract.health import Health, LeftOut, Reason
from helpers.display import data_health
from helpers.display.findings import Finding
from helpers.display.showing import show

AS_OF = date(2025, 1, 31)
DAYS = (Day(date(2025, 1, 5), 1, 1, 10.0), Day(date(2025, 1, 20), 1, 1, 10.0))
COVERED = Coverage(DAYS, 2, 0.0, (), ())


def plain(finding: Finding) -> str:
    return finding.sentence.replace("\u00a0", " ")


def left_out(dropped: int, *, withdrawn: int = 0) -> dict[str, LeftOut]:
    return {"orders": LeftOut(100, dropped, withdrawn), "products": LeftOut(5, 2, 0)}


def test_green_data_tell_what_was_used_and_how_fresh_it_is() -> None:
    green = Health("green", ())
    assert plain(data_health.summary(COVERED, green, left_out(0))) == (
        "Data health is green: all 100 rows of orders were used, and the last order is of 20 January 2025."
    )
    finding = data_health.summary(COVERED, green, left_out(1))
    assert "1 of 100 rows of orders (1.0 %) were left out" in plain(finding)
    assert finding.value == 0.01


def test_customers_without_consent_are_why_pages_have_fewer() -> None:
    finding = data_health.summary(COVERED, Health("green", ()), left_out(0, withdrawn=3))
    assert plain(finding).endswith(
        "3 rows are of customers who withdrew consent to analysis, and count in totals only."
    )


def test_every_reason_is_told_the_worst_first() -> None:
    stale = Reason("stale", "red", 31, 31, date(2024, 12, 31), AS_OF)
    dropped = Reason("dropped", "amber", 0.05, 0.01, name="orders: no customer")
    assert plain(data_health.summary(COVERED, Health("red", (stale, dropped)), left_out(5))) == (
        "Data health is red: the last order is of 31 December 2024, 31 days before the day of the report (limit 31); "
        "5.0 % of the rows of orders were left out by rule “no customer” (limit 1 %)."
    )


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        (
            Reason("far", "red", 1, 183, date(2042, 10, 3), date(2042, 10, 3)),
            "1 order of 3 October 2042 lies more than 183 days from all others (a wrong date?)",
        ),
        (
            Reason("far", "red", 2, 183, date(1970, 1, 1), date(1970, 1, 2)),
            "2 orders of 1 January 1970 to 2 January 1970 lie more than 183 days from all others (a wrong date?)",
        ),
        (
            Reason("hole", "amber", 90, 62, date(2024, 1, 1), date(2024, 4, 1)),
            "no order was delivered between 1 January 2024 and 1 April 2024, 90 days (limit 62)",
        ),
        (Reason("young", "red", 2 / 7, 8), "the orders cover 0.3 weeks, and this page needs 8"),
        (Reason("few_orders", "red", 1, 50), "there is 1 order, and this page needs 50"),
        (Reason("few_customers", "amber", 40, 100), "there are 40 customers, and this page needs 100"),
        (Reason("refunds", "amber", 0.25, 0.2), "refunds are 25.0 % of revenue (limit 20 %)"),
        (Reason("customer", "amber", 0.3, 0.1), "one customer makes 30.0 % of revenue (limit 10 %)"),
        (Reason("order", "amber", 0.3, 0.1), "one order makes 30.0 % of revenue (limit 10 %)"),
        (
            Reason("reversed", "amber", 3, 0.1),
            "an order as large as 300.0 % of revenue was undone by a refund, and left out with it (limit 10 %)",
        ),
        (
            Reason("unknown", "amber", 0.4, 0.1),
            "40.0 % of orders are of customers whom the customer table does not know (limit 10 %)",
        ),
        (Reason("currency", "amber", 1, 0), "1 row in another currency was left out by a rule"),
        (Reason("currency", "amber", 7, 0), "7 rows in another currency were left out by a rule"),
    ],
)
def test_a_reason_reads_as_part_of_a_sentence(reason: Reason, words: str) -> None:
    assert data_health.reason_words(reason).replace("\u00a0", " ") == words


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
