"""Forecasts of earlier reports beside what came: worked by hand, and in worlds where they hold and where they do not."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from helpers.display.wording import speaking
from helpers.reports import overview, past_forecasts
from tests.outputs import documented
from tests.reports.test_overview import NOTEBOOKS

LAST = date(2025, 1, 31)


def made(
    folder: Path, day: date, *periods: dict[str, Any], level: float = 0.9, notebook: str = "clv", is_usable: bool = True
) -> None:
    """A published report that forecast these periods."""
    place = folder / day.isoformat() / "tables" / "clv"
    place.mkdir(parents=True)
    row = {"measure": "amount", "part": "all", "is_usable": is_usable}
    pd.DataFrame([row | period for period in periods]).to_csv(place / "forecast.csv", index=False)
    record = {"as_of": day.isoformat(), "parameters": {notebook: {"interval_level": level}}}
    (folder / day.isoformat() / "manifest.json").write_text(json.dumps(record), encoding="utf-8")


def period(starts_on: str, ends_on: str, expected: float, low: float, high: float, **more: Any) -> dict[str, Any]:
    return {"starts_on": starts_on, "ends_on": ends_on, "expected": expected, "low": low, "high": high, **more}


def by_day(amount: float = 10.0, *, count: int = 61) -> pd.DataFrame:
    """The same amount on each day until the last."""
    days = [LAST - timedelta(days=back) for back in range(count - 1, -1, -1)]
    return pd.DataFrame({"day": days, "purchase_count": 2, "amount": amount})


def judge(folder: Path, days: pd.DataFrame, *, as_of: date = LAST) -> past_forecasts.Record | None:
    return past_forecasts.judge(folder, as_of=as_of, days=days, currency="EUR")


def test_by_hand(tmp_path: Path) -> None:
    """December brings 10 a day and January 20: a week of January is 140, and the week before the forecast was 70."""
    days = by_day()
    days.loc[pd.to_datetime(days["day"]) >= "2025-01-01", "amount"] = 20.0
    week = period("2025-01-01", "2025-01-07", 150.0, 130.0, 160.0)
    next_week = period("2025-01-08", "2025-01-14", 100.0, 90.0, 120.0)
    not_over = period("2025-01-29", "2025-02-04", 100.0, 90.0, 120.0)
    of_purchases = week | {"measure": "purchase_count", "expected": 10.0, "low": 9.0, "high": 11.0}
    made(tmp_path, date(2024, 12, 31), week, next_week, not_over, of_purchases)
    record = judge(tmp_path, days)
    assert record is not None
    shown = record.amounts[["expected", "came", "carried_forward", "is_held"]].to_dict("list")
    came = {"came": [140.0, 140.0], "carried_forward": [70.0, 70.0]}
    assert shown == {"expected": [150.0, 100.0], **came, "is_held": [True, False]}
    bought = record.periods[record.periods["measure"] == "purchase_count"]
    assert bought[["came", "is_held"]].values.tolist() == [[14.0, False]]
    assert record.claim == "Of 2 past forecasts of revenue 1 held what came."
    # off by 10 and 40 of 140: half of 7.1 and 28.6 per cent; the rival by 70 of 140
    assert "1 earlier report; intervals of 90\u00a0%; typical error 17.9\u00a0%" in record.evidence
    assert "carried forward 50.0\u00a0%" in record.evidence
    assert list(record.periods) == documented("tables/overview/")["past_forecasts.csv"].split(", ")


def test_what_cannot_be_judged_is_left_out(tmp_path: Path) -> None:
    week = period("2025-01-01", "2025-01-07", 70.0, 60.0, 80.0)
    made(tmp_path, date(2024, 12, 31), week, is_usable=False)
    made(tmp_path, date(2024, 12, 30), week | {"part": "new"})
    made(tmp_path, date(2024, 12, 29), week, notebook="survey")
    made(tmp_path, LAST, week)
    (tmp_path / "2024-12-28").mkdir()
    assert judge(tmp_path, by_day()) is None, "not to be used, a part, no forecast, the day itself"
    made(tmp_path, date(2024, 12, 27), week)
    assert judge(tmp_path, by_day().iloc[:0]) is None
    record = judge(tmp_path, by_day())
    assert record is not None
    assert record.periods["made_on"].tolist() == [date(2024, 12, 27)]


@pytest.mark.parametrize(("bias", "held"), [(1.0, (0.84, 0.96)), (1.5, (0.0, 0.1))])
def test_forecasts_hold_as_often_as_they_say_where_the_world_is_theirs(
    tmp_path: Path, bias: float, held: tuple[float, float]
) -> None:
    """Weeks of Normal(700, 70 / 1.645): the interval of nine in ten is 630 to 770; where all grows by half it fails."""
    random = np.random.default_rng(3)
    weeks = 150
    start = LAST - timedelta(days=7 * weeks - 1)
    totals = random.normal(700.0, 70 / 1.6449, weeks) * bias
    days = pd.DataFrame(
        {
            "day": [start + timedelta(days=n) for n in range(7 * weeks)],
            "purchase_count": 1,
            "amount": np.repeat(totals / 7, 7),
        }
    )
    for week in range(1, weeks):
        first = start + timedelta(days=7 * week)
        last = first + timedelta(days=6)
        made(tmp_path, first - timedelta(days=1), period(str(first), str(last), 700.0, 630.0, 770.0))
    record = judge(tmp_path, days)
    assert record is not None
    assert held[0] <= record.amounts["is_held"].mean() <= held[1]


def test_the_overview_tells_it_in_both_languages(tmp_path: Path) -> None:
    made(tmp_path, date(2024, 12, 31), period("2025-01-01", "2025-01-07", 75.0, 60.0, 80.0))
    record = judge(tmp_path, by_day())
    page = overview.page(NOTEBOOKS, record=record)
    assert "Were earlier forecasts right?" in page
    assert "Of 1 past forecast of revenue 1 held what came." in page
    assert "EUR\u00a075.00 (EUR\u00a060.00 to EUR\u00a080.00)" in page
    with speaking("zh"):
        page = overview.page(NOTEBOOKS, record=record)
    section = page[page.index('id="record"') : page.index("</section>", page.index('id="record"'))]
    assert not {"forecast", "interval", "came", "held", "report"} & set(section.replace("<", " ").split())
    assert "No forecast of an earlier report can be judged yet." in overview.page(NOTEBOOKS)
