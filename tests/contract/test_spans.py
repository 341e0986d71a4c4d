"""Days that lie far from all others, and how they leave what the data cover."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from helpers.contract.loading import load
from helpers.contract.spans import is_far
from helpers.params import CommonParams


def daily(*days: tuple[str, int]) -> pd.DataFrame:
    return pd.DataFrame({"day": [date.fromisoformat(day) for day, _ in days], "order_count": [n for _, n in days]})


def test_a_few_orders_far_before_or_after_are_far() -> None:
    frame = daily(("1970-01-01", 1), ("2024-01-01", 60), ("2024-03-01", 60), ("2042-10-03", 1))
    assert is_far(frame, far_days=183).tolist() == [True, False, False, True]
    assert not is_far(frame, far_days=40_000).any()


def test_a_part_with_many_orders_is_not_far() -> None:
    assert not is_far(daily(("2023-01-01", 5), ("2024-01-01", 100)), far_days=183).any()
    assert is_far(daily(("2023-01-01", 1), ("2024-01-01", 3)), far_days=183).tolist() == [True, False], (
        "one is always few"
    )


def test_the_day_between_parts_must_be_longer_than_the_limit() -> None:
    assert not is_far(daily(("2024-01-01", 100), ("2024-07-02", 1)), far_days=183).any()
    assert is_far(daily(("2024-01-01", 100), ("2024-07-03", 1)), far_days=183).tolist() == [False, True]


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
    assert tables.far_days is not None
    assert tables.far_days["day"].iloc[0] == date(1970, 1, 1)
    assert len(tables.far_days) == (2 if as_of.startswith("2042") else 1)
