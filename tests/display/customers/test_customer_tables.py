"""The tables of the exploration notebook."""

from __future__ import annotations

from typing import Any

import pandas as pd

from helpers.display.customers import period_change, steps
from helpers.display.showing import show


def test_changes_and_steps_name_the_period(shown: list[dict[str, Any]]) -> None:
    columns = "measure current previous change low high year_before year_change year_low year_high".split()
    row = ("revenue", 2000.0, 1000.0, 1.0, 0.5, 1.5, *[float("nan")] * 4)
    show(period_change.table(pd.DataFrame([row], columns=columns), days=28, currency="元"))
    assert "revenue, 元" in shown[0]["text/plain"]
    assert "latest 28 days" in shown[0]["text/plain"]
    assert "+100.0" in shown[0]["text/plain"]
    step = ("a", 120, 1.2, 5.0, 4.0, float("nan"))
    show(
        steps.table(
            pd.DataFrame([step], columns="step pool_count customer_count amount low high".split()),
            days=28,
            has_margin=True,
            currency="元",
        )
    )
    assert "margin in 28 days, 元" in shown[1]["text/plain"]
    assert "–" in shown[1]["text/plain"]
    assert "year" not in shown[0]["text/plain"]
    of_year = pd.DataFrame([(*row[:6], 1600.0, 0.25, 0.1, 0.4)], columns=columns)
    show(period_change.table(of_year, days=28, currency="元"))
    assert "a year before" in shown[2]["text/plain"]
    assert "+25.0" in shown[2]["text/plain"]
