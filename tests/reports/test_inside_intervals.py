"""No number that a run prints lies outside its own interval: findings, and tables with bounds beside a number."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pandas as pd
import pytest

NUMBERS = {
    "forecast": [("expected", "low", "high"), ("expected", "half_low", "half_high"), ("half_low", "low", "high")],
    "values": [("amount", "low", "high")],
    "tiers": [("amount", "low", "high"), ("amount_share", "share_low", "share_high")],
    "channels": [
        ("value_amount", "low", "high"),
        ("clv_to_cac", "clv_to_cac_low", "clv_to_cac_high"),
        ("payback_months", "payback_low", "payback_high"),
    ],
}
"""Of tables of lifetime value: each number with its bounds."""
SURE = 1e-6
"""Findings have seven significant digits: a bound that is the number may differ from it by rounding."""


@pytest.fixture(params=["cdnow_report", "demo_report"])
def report(request: pytest.FixtureRequest) -> Path:
    return Path(request.getfixturevalue(request.param))


def outside(value: float, low: float, high: float) -> bool:
    slack = SURE * abs(value) if math.isfinite(value) else 0.0
    return value < low - slack or value > high + slack


def test_no_finding_lies_outside_its_own_interval(report: Path) -> None:
    findings = json.loads((report / "manifest.json").read_text(encoding="utf-8"))["findings"]
    bounded = [one for one in findings if None not in (one["value"], one["low"], one["high"])]
    assert len(bounded) > 15
    assert not [one["key"] for one in bounded if outside(one["value"], one["low"], one["high"])]


def test_no_total_of_a_table_lies_outside_its_own_interval(report: Path) -> None:
    folder, seen = report / "tables" / "clv", 0
    for name, numbers in NUMBERS.items():
        if not (folder / f"{name}.csv").exists():
            continue
        table = pd.read_csv(folder / f"{name}.csv")
        for columns in numbers:
            rows = table[list(columns)].dropna()
            seen += len(rows)
            assert not [row for row in rows.itertuples(index=False) if outside(*row)], (name, columns)
    assert seen > 50


@pytest.mark.parametrize(
    ("value", "low", "high", "is_outside"),
    [(5, 4, 6, False), (4, 4, 6, False), (3.9, 4, 6, True), (6.1, 4, 6, True), (-5, -6, -4, False), (0, 0, 0, False)],
)
def test_a_number_outside_is_seen(value: float, low: float, high: float, is_outside: bool) -> None:
    assert outside(value, low, high) == is_outside
