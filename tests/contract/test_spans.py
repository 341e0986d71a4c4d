"""Days that lie far from all others, and how they leave what the data cover."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from helpers.contract.loading import load
from helpers.contract.spans import is_far
from helpers.params import CommonParams


def far(*days: tuple[str, int], far_days: int = 183) -> list[bool]:
    return is_far([date.fromisoformat(day) for day, _ in days], [n for _, n in days], far_days=far_days)


def test_a_few_orders_far_before_or_after_are_far() -> None:
    days = ("1970-01-01", 1), ("2024-01-01", 60), ("2024-03-01", 60), ("2042-10-03", 1)
    assert far(*days) == [True, False, False, True]
    assert not any(far(*days, far_days=40_000))


def test_a_part_with_many_orders_is_not_far() -> None:
    assert not any(far(("2023-01-01", 5), ("2024-01-01", 100)))
    assert far(("2023-01-01", 1), ("2024-01-01", 3)) == [True, False], "one is always few"


def test_the_first_of_parts_with_as_many_orders_is_the_body() -> None:
    assert far(("2023-01-01", 1), ("2024-01-01", 1)) == [False, True]
    assert far() == []


def test_the_day_between_parts_must_be_longer_than_the_limit() -> None:
    assert not any(far(("2024-01-01", 100), ("2024-07-02", 1)))
    assert far(("2024-01-01", 100), ("2024-07-03", 1)) == [False, True]


@pytest.mark.parametrize(("as_of", "until"), [("2042-10-03", date(2024, 5, 9)), ("2024-05-31", date(2024, 5, 31))])
def test_a_misdated_order_does_not_extend_what_was_watched(tmp_path: Path, as_of: str, until: date) -> None:
    rows = [f"{day},c{day % 3},2024-05-0{day},10" for day in range(1, 10)] + [
        "10,c1,2042-10-03,10",
        "11,c2,1970-01-01,10",
    ]
    (tmp_path / "orders.csv").write_text("order_id,customer_id,ordered_at,amount\n" + "\n".join(rows), encoding="utf-8")
    given = {"as_of": as_of, "currency": "EUR", "orders": "orders.csv"}
    tables = load(**CommonParams.model_validate(given).delivery, root=tmp_path)
    assert (tables.observed.first_on, tables.observed.watched_until) == (date(2024, 5, 1), until)
    assert tables.far_days[0].day == date(1970, 1, 1)
    assert len(tables.far_days) == (2 if as_of.startswith("2042") else 1)
