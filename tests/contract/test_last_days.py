"""The day a first report speaks from: the last that is not far from the others."""

from __future__ import annotations

from datetime import date, timedelta

import ibis

from helpers.contract.last_days import find


def days(*extra: str, count: int = 60) -> ibis.Table:
    usual = [(date(2024, 1, 1) + timedelta(days=n)).isoformat() for n in range(count) for _ in range(3)]
    return ibis.memtable({"day": [*usual, *extra]})


def test_the_last_day() -> None:
    seen = find(days(), "day", date_format=None, time_zone=None)
    assert (seen.as_of, seen.doubts, seen.far_years) == (date(2024, 2, 29), (), ())


def test_days_far_from_all_others_are_asked_about() -> None:
    seen = find(days("2042-10-03", "1970-01-01"), "day", date_format=None, time_zone=None)
    assert (seen.as_of, seen.far_years) == (date(2024, 2, 29), (1970,))
    assert len(seen.doubts) == 1
    assert seen.doubts[0] == (
        "2 rows of 1970-01-01, 2042-10-03 are far from all others, 2024-01-01 to 2024-02-29: a mistake? `as_of` is "
        "2024-02-29, so that later rows are not seen; else pass `--as-of`."
    )


def test_a_shop_that_paused_for_a_year_is_not_far_from_itself() -> None:
    again = [f"2025-06-{day:02d}" for day in range(1, 30)]
    seen = find(days(*again), "day", date_format=None, time_zone=None)
    assert (seen.as_of, seen.far_years) == (date(2025, 6, 29), ())


def test_without_dates() -> None:
    assert find(days(), None, date_format=None, time_zone=None).as_of is None
    seen = find(ibis.memtable({"day": ["01/02/2024", "03/04/2024"]}), "day", date_format=None, time_zone=None)
    assert "(`--date-format`)" in seen.doubts[0]
