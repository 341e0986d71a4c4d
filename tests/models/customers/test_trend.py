"""The last whole month beside the best one, by hand."""

from __future__ import annotations

from datetime import date
from math import isnan

import pandas as pd

from helpers.models.customers import trend

MONTHS = pd.DataFrame(
    [
        ("2024-10-01", True, 4, 3, 40.0, 10.0),
        ("2024-11-01", True, 0, 0, 0.0, 0.0),
        ("2024-12-01", True, 2, 2, 20.0, 5.0),
        ("2025-01-01", False, 9, 9, 90.0, 90.0),
    ],
    columns=["month", "is_complete", "order_count", "customer_count", "amount", "returning_amount"],
).assign(month=lambda frame: pd.to_datetime(frame["month"]))


def test_only_whole_months_count() -> None:
    assert trend.of_months(MONTHS) == trend.Trend(3, 1, date(2024, 12, 1), 20.0, 2, 0.25, date(2024, 10, 1), 40.0)
    assert trend.of_months(MONTHS.tail(1)) is None


def test_the_earlier_of_two_best_months_and_no_share_of_nothing() -> None:
    level = trend.of_months(MONTHS.assign(amount=20.0))
    assert level is not None
    assert level.best_month == date(2024, 10, 1)
    nothing = trend.of_months(MONTHS.iloc[[1]])
    assert nothing is not None
    assert isnan(nothing.returning_share)
