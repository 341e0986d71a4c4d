"""A report against the one before it: what has moved, at which rate it is said in vain, and what else changed."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from helpers.models.statistics.intervals import wilson
from helpers.reports import overview
from helpers.reports.comparison import compare, has_moved, last_before
from tests.reports.test_next_steps import with_findings
from tests.reports.test_overview import NOTEBOOKS


def finding(
    value: float | None, low: float | None, high: float | None, *, key: str = "k", unit: str = "share"
) -> dict[str, Any]:
    return {
        "notebook": "exploration",
        "key": key,
        "claim": f"{key} now.",
        "value": value,
        "low": low,
        "high": high,
        "unit": unit,
    }


def record(*findings: dict[str, Any], day: str = "2025-01-31", **parameters: object) -> dict[str, Any]:
    stated = {"exploration": {"as_of": day, **parameters}}
    return {"as_of": day, "findings": list(findings), "parameters": stated, "packages": {"pandas": "3.0"}}


@pytest.mark.parametrize(
    ("before", "now", "moved"),
    [
        ((0.50, 0.47, 0.53), (0.55, 0.51, 0.59), False),  # 0.05 against the root of 0.03 and 0.04 squared, 0.05
        ((0.50, 0.47, 0.53), (0.551, 0.511, 0.59), True),
        ((0.551, 0.511, 0.59), (0.50, 0.47, 0.53), True),
        ((0.50, 0.47, 0.53), (0.50, 0.40, 0.60), False),
        ((0.50, 0.40, 0.53), (0.551, 0.511, 0.70), True),  # the far sides of both intervals do not matter
    ],
)
def test_a_figure_moved_where_the_difference_leaves_the_interval_of_both(
    before: tuple[float, ...], now: tuple[float, ...], moved: bool
) -> None:
    assert has_moved(finding(*now), finding(*before)) is moved


def test_two_reports_of_one_world_say_moved_at_the_rate_of_their_intervals() -> None:
    """Customers who are not the same in both reports, of whom the same share buys again: one in twenty is a false alarm."""
    random = np.random.default_rng(5)
    told = 0
    for before, now in random.binomial(400, 0.2, size=(2000, 2)):
        shares = [wilson(int(count), 400, level=0.95) for count in (before, now)]
        was, is_now = (finding(one.value, one.low, one.high) for one in shares)
        told += has_moved(is_now, was)
    assert 0.035 < told / 2000 < 0.065


def test_what_moved_is_told_with_what_it_was() -> None:
    before = record(
        finding(0.5, 0.4, 0.6, key="lapsed"), finding(100.0, 90.0, 110.0, key="order", unit="EUR"),
        finding(0.1, None, None, key="bare"), finding(7.0, 6.0, 8.0, key="gone", unit="days"), horizon_days=91,
    )  # fmt: skip
    now = record(
        finding(0.8, 0.7, 0.9, key="lapsed"), finding(101.0, 91.0, 111.0, key="order", unit="EUR"),
        finding(0.9, 0.8, 1.0, key="bare"), finding(7.0, 6.0, 8.0, key="new", unit="days"),
        day="2025-02-28", horizon_days=182,
    ) | {"packages": {"pandas": "3.1"}}  # fmt: skip
    since = compare(now, before)
    assert [(one.claim, one.was.replace("\u00a0", " ")) for one in since.moved] == [("lapsed now.", "50.0 %")]
    assert (since.compared_count, since.day, since.href) == (2, "31 January 2025", "../2025-01-31/")
    assert since.others == ("Other parameters: horizon_days.", "Other versions of pandas.")
    told = with_findings(NOTEBOOKS["exploration"], "lapsed", answer=("order",))
    page = overview.page({**NOTEBOOKS, "exploration": told}, since=since)
    assert '<a href="exploration.html#Who-is-it?">Why</a>' in page
    assert '<a href="../2025-01-31/index.html">report of' in page
    assert "Of 2 figures with an interval in both reports 1 moved" in page
    assert page.index("Less.") < page.index("lapsed now.")


def test_the_first_report_says_that_it_is_the_first() -> None:
    assert "This is the first report of this name" in overview.page(NOTEBOOKS)


def test_the_report_before_is_the_latest_that_can_be_read(tmp_path: Path) -> None:
    for day in ("2024-12-31", "2025-01-31", "2025-02-28", "2025-03-31"):
        (tmp_path / day).mkdir()
        (tmp_path / day / "manifest.json").write_text(json.dumps(record(day=day)), encoding="utf-8")
    (tmp_path / "2025-02-28" / "manifest.json").write_text("{", encoding="utf-8")
    found = last_before(tmp_path, date(2025, 3, 31))
    assert found is not None
    assert found["as_of"] == "2025-01-31"
    assert last_before(tmp_path, date(2024, 12, 31)) is None
    assert last_before(tmp_path / "none", date(2024, 12, 31)) is None
