"""The days that are held out: for old data, young data and a holdout that was asked for."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from helpers.models.evaluation import holdout_days


def test_the_last_weeks_are_held_out() -> None:
    plan = holdout_days.plan(date(1997, 1, 1), as_of=date(1998, 6, 30), weeks=39)
    assert plan.calibration_end == date(1997, 9, 30)
    assert plan.weeks == 39
    # the segment mean looks back as far as the holdout, or half way to the first day
    assert plan.earlier_end == date(1997, 5, 17)
    old = holdout_days.plan(date(1990, 1, 1), as_of=date(1998, 6, 30), weeks=39)
    assert (old.calibration_end - old.earlier_end).days == 39 * 7
    assert old.earlier_weeks == 39


@pytest.mark.parametrize(
    ("day_count", "held"),
    [(546, 273), (545, 266), (60, 28), (56, 28), (55, 0), (1, 0)],
)
def test_young_data_hold_out_half_or_nothing(day_count: int, held: int) -> None:
    last = date(1998, 6, 30)
    plan = holdout_days.plan(last - timedelta(days=day_count - 1), as_of=last, weeks=39)
    assert plan.weeks * 7 == held
    assert plan.calibration_end == (last - timedelta(days=held) if held else None)
    assert (plan.earlier_weeks > 0) == bool(held)


def test_a_holdout_that_was_asked_for_may_be_short() -> None:
    assert holdout_days.plan(date(2024, 1, 1), as_of=date(2024, 1, 31), weeks=1).weeks == 1
