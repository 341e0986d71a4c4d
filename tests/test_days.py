"""Days by name, and the days of a backfill, from a calendar that one can look at."""

from __future__ import annotations

from datetime import date

import pytest

from helpers.days import named_day, period_ends


@pytest.mark.parametrize(
    ("name", "today", "day"),
    [
        ("today", date(2025, 3, 1), date(2025, 3, 1)),
        ("yesterday", date(2025, 3, 1), date(2025, 2, 28)),
        ("yesterday", date(2024, 3, 1), date(2024, 2, 29)),
        ("yesterday", date(2025, 1, 1), date(2024, 12, 31)),
        ("last-month-end", date(2025, 3, 31), date(2025, 2, 28)),
        ("last-month-end", date(2025, 1, 1), date(2024, 12, 31)),
    ],
)
def test_a_word_is_a_day_seen_from_today(name: str, today: date, day: date) -> None:
    assert named_day(name, today=today) == day


def test_another_word_names_no_day() -> None:
    with pytest.raises(ValueError, match=r"must be one of today, yesterday, last-month-end; found 'tomorrow'"):
        named_day("tomorrow", today=date(2025, 3, 1))


def test_months_end_on_their_last_day() -> None:
    ends = period_ends(date(2024, 1, 31), date(2024, 5, 30), every="month")
    assert ends == [date(2024, 1, 31), date(2024, 2, 29), date(2024, 3, 31), date(2024, 4, 30)]
    assert period_ends(date(2025, 2, 1), date(2025, 2, 27), every="month") == []


def test_weeks_end_on_sunday() -> None:
    assert period_ends(date(2025, 1, 5), date(2025, 1, 25), every="week") == [
        *(date(2025, 1, 5), date(2025, 1, 12), date(2025, 1, 19)),
    ]
