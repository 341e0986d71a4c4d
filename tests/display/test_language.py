"""How numbers read: one way each."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from helpers.display import language as say

NAN = float("nan")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (say.number(1234567), "1,234,567"),
        (say.number(-3.14159, digits=2), "−3.14"),
        (say.number(NAN), "–"),
        (say.number(None), "–"),
        (say.share(0.48859), "48.9\u00a0%"),
        (say.share(1, digits=0), "100\u00a0%"),
        (say.share(NAN), "–"),
        (say.exact_share(0.95), "95\u00a0%"),
        (say.exact_share(0.999), "99.9\u00a0%"),
        (say.exact_share(0.005), "0.5\u00a0%"),
        (say.signed_share(0.02), "+2.0\u00a0%"),
        (say.signed_share(-0.031), "−3.1\u00a0%"),
        (say.signed_share(NAN), "–"),
        (say.money(Decimal("2500315.63"), currency="USD"), "USD\u00a02.50\u00a0million"),
        (say.money(3.2e9, currency="元"), "元\u00a03.20\u00a0billion"),
        (say.money(69450.4, currency="USD"), "USD\u00a069,450"),
        (say.money(35.894, currency="USD"), "USD\u00a035.89"),
        (say.money(1000, currency="USD"), "USD\u00a01,000"),
        (say.money(999.99, currency="USD"), "USD\u00a0999.99"),
        (say.money(-1000, currency="USD"), "USD\u00a0−1,000"),
        (say.money(1_000_000, currency="USD"), "USD\u00a01.00\u00a0million"),
        (say.money(None, currency="USD"), "–"),
        (say.day(date(1998, 6, 30)), "30 June 1998"),
        (say.month(date(1998, 6, 1)), "June 1998"),
        (say.weekday(1), "Monday"),
        (say.weekday(7), "Sunday"),
        (say.counted(1, "customer"), "1 customer"),
        (say.counted(23570, "customer"), "23,570 customers"),
        (say.counted(2, "day", "days"), "2 days"),
        (say.interval("1", "2", level=0.95), "95\u00a0% interval 1 to 2"),
        (say.interval("–", "–", level=0.95), "no interval can be given"),
        (say.listed(["a"]), "a"),
        (say.listed(["a", "b", "c"]), "a, b and c"),
    ],
)
def test_reads(text: str, expected: str) -> None:
    assert text == expected


@pytest.mark.parametrize(
    ("value", "unit", "told"),
    [
        (0.125, "share", "12.5 %"),
        (1234, "count", "1,234"),
        (30, "days", "30 days"),
        (7, "", "7"),
        (69_450, "USD", "USD 69,450"),
        (None, "share", "–"),
        (None, "EUR", "–"),
    ],
)
def test_a_number_in_its_unit(value: float | None, unit: str, told: str) -> None:
    assert say.in_unit(value, unit).replace("\u00a0", " ") == told
