"""The naive rivals, by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from helpers.features import split as splits
from helpers.models.evaluation import holdout_days, naive_rivals
from tests.models.evaluation.made_trials import split_frame


def test_the_past_rate_by_hand() -> None:
    known = split_frame((4, 6.0, 8.0, 0, 0.0), (0, 0.0, 8.0, 0, 0.0), (1, 1 / 7, 1 / 7, 0, 0.0), (0, 0.0, 0.0, 0, 0.0))
    plan = holdout_days.plan(date(2024, 1, 1), as_of=date(2024, 5, 19), weeks=10)
    found = naive_rivals.naive(known, plan=plan)
    # an age of a day would make one purchase 70 in ten weeks
    assert found["past_rate"].tolist() == [5.0, 0.0, 10.0, 0.0]
    assert list(found) == ["past_rate"]


@pytest.mark.parametrize(
    ("first_on", "reaches"), [(date(2023, 3, 14), False), (date(2023, 3, 13), True), (date(2020, 1, 1), True)]
)
def test_a_year_before_counts_where_the_data_reach_back_through_it(first_on: date, reaches: bool) -> None:
    plan = holdout_days.plan(first_on, as_of=date(2024, 5, 19), weeks=10)
    assert splits.year_before(plan.calibration_end, as_of=plan.as_of).start == date(2023, 3, 13)
    known = split_frame((4, 6.0, 8.0, 0, 0.0)).assign(year_before_count=3)
    found = naive_rivals.naive(known, plan=plan)
    assert ("year_before" in found) == reaches
    assert not reaches or found["year_before"].tolist() == [3.0]


def test_the_weeks_a_year_before_are_those_of_the_feature() -> None:
    for weeks in (1, 10, 51.5, 52, 53, 104, 105):
        last = date(2024, 5, 19)
        start = splits.year_before(last - timedelta(weeks=weeks), as_of=last).start
        for first_on in (start, start + timedelta(days=1)):
            plan = replace(
                holdout_days.plan(date(2010, 1, 1), as_of=last, weeks=weeks),
                first_on=first_on,
            )
            assert ("year_before" in naive_rivals.naive(split_frame((0, 0.0, 8.0, 0, 0.0)), plan=plan)) == (
                first_on == start
            )


def test_the_segment_mean_is_what_such_customers_bought_next() -> None:
    plan = holdout_days.plan(date(2024, 1, 1), as_of=date(2024, 5, 19), weeks=10)
    assert plan.earlier_weeks == 5
    once, often = [(0, 0.0, 3.0, 1, 0.0)] * 10, [(3, 2.0, 3.0, 4, 0.0)] * 9 + [(3, 2.0, 3.0, 14, 0.0)]
    asleep, alone = [(0, 0.0, 4.5, 0, 0.0)] * 10, [(0, 0.0, 40.0, 11, 0.0)]
    earlier = split_frame(*once, *often, *asleep, *alone)
    pauses = [(0, 0.0, pause, 0, 0.0) for pause in (2.0, 8.0, 40.0, 60.0)]
    known = split_frame(*pauses, (5, 4.0, 5.0, 0, 0.0))
    found = naive_rivals.naive(known, plan=plan, earlier=earlier)["segment_mean"]
    # twice as long: 1 becomes 2, nothing stays nothing; a pause that one customer or none had takes the mean of all who
    # bought once, (10 x 1 + 11) / 21; and the most frequent take that of the most frequent, 5
    assert found.tolist() == [2.0, 0.0, 2.0, 2.0, 10.0]
