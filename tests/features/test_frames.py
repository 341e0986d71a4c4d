"""From an expression to pandas."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import ibis
import pandas as pd

from helpers.features.frames import fetch


def test_money_comes_as_the_nearest_float_and_days_as_datetimes() -> None:
    table = ibis.memtable(
        {
            "who": ["a", "b"],
            "amount": [Decimal("59.0600"), Decimal("0.1000")],
            "day": [date(2025, 1, 1), date(2025, 1, 2)],
        },
        schema=ibis.schema({"who": "string", "amount": "decimal(18, 4)", "day": "date"}),
    )
    frame = fetch(table.order_by("who"))
    assert frame["amount"].tolist() == [59.06, 0.1]
    assert frame["amount"].dtype == "float64"
    assert pd.api.types.is_datetime64_any_dtype(frame["day"])
    assert frame["who"].tolist() == ["a", "b"]
