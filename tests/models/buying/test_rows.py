"""Histories as weighted rows: who is counted together, and who is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from helpers.errors import FitError
from helpers.models.buying import rows
from helpers.models.buying.registry import MODELS


def frame(*days: tuple[float, float, float]) -> pd.DataFrame:
    """Histories from (frequency, days to the last purchase, days of watching)."""
    found = pd.DataFrame(days, columns=["frequency", "recency_weeks", "age_weeks"])
    found[["recency_weeks", "age_weeks"]] /= 7
    return found.assign(customer_id=[f"c{at}" for at in range(len(found))])


def test_customers_equal_to_the_day_are_one_row_and_no_others() -> None:
    found = rows.collapse(frame((2, 30, 100), (0, 0, 100), (2, 31, 100), (2, 30, 100), (2, 30, 101), (3, 30, 100)))
    assert (len(found), found.customer_count) == (5, 6)
    days = np.column_stack([found.frequency, found.recency * 7, found.age * 7])
    assert days == pytest.approx(
        np.array([[0, 0, 100], [2, 30, 100], [2, 30, 101], [2, 31, 100], [3, 30, 100]], dtype=float)
    )
    assert found.weight.tolist() == [1, 2, 1, 1, 1]
    assert found.index.tolist() == [1, 0, 3, 1, 2, 4]
    assert found.spread(found.frequency).tolist() == [2, 0, 2, 2, 2, 3]


def test_the_unit_is_the_mean_age_of_a_customer() -> None:
    assert rows.collapse(frame((0, 0, 7), (0, 0, 7), (0, 0, 28))).unit == pytest.approx(2.0)
    assert rows.collapse(frame((0, 0, 0))).unit == 1.0


def test_some_rows_keep_their_weight() -> None:
    found = rows.collapse(frame((0, 0, 7), (0, 0, 7), (0, 0, 28))).some(np.array([0]))
    assert (found.weight.tolist(), found.age.tolist(), found.index.tolist()) == ([2.0], [1.0], [0])


@pytest.mark.parametrize("name", MODELS)
def test_collapsing_changes_no_likelihood(name: str, cdnow_sample: pd.DataFrame) -> None:
    theta, model = np.array([0.5, 8.0, 0.7, 3.0]), MODELS[name]
    few = rows.collapse(cdnow_sample)
    x, recency, age = (cdnow_sample[column].to_numpy(dtype=float) for column in rows.COLUMNS)
    each = rows.Rows(x, recency, age, np.ones(len(x)), np.arange(len(x)))
    assert len(few) < 0.5 * len(each)
    assert few.weight @ model.log_likelihood(theta, few)[0] == pytest.approx(model.log_likelihood(theta, each)[0].sum())
    assert few.spread(model.p_alive(theta, few)) == pytest.approx(model.p_alive(theta, each))


def test_shuffling_customers_shuffles_the_index_alone(cdnow_sample: pd.DataFrame) -> None:
    order = np.random.default_rng(5).permutation(len(cdnow_sample))
    before = cdnow_sample.copy()
    found, shuffled = rows.collapse(cdnow_sample), rows.collapse(cdnow_sample.iloc[order])
    for name in ("frequency", "recency", "age", "weight"):
        assert np.array_equal(getattr(found, name), getattr(shuffled, name))
    assert np.array_equal(found.index[order], shuffled.index)
    pd.testing.assert_frame_equal(cdnow_sample, before)


def test_every_kind_of_impossible_history_is_named_at_once() -> None:
    bad = frame((1, 20, 10), (2.5, 5, 10), (0, 3, 10), (2, 0, 10), (0, 0, -7), (0, 0, 10.5), (1, 5, float("nan")))
    with pytest.raises(FitError) as error:
        rows.collapse(bad)
    headline, *found = str(error.value).splitlines()
    assert headline == "histories of buying must be possible; 5 problems."
    rules = [
        ("`frequency` must be a whole number, 0 or more", "1 customer", "c1: frequency 2.5, recency_weeks 0.714286"),
        ("`age_weeks` must be a number, 0 or more", "2 customers", "c4: frequency 0, recency_weeks 0, age_weeks -1"),
        ("`recency_weeks` must lie between 0 and `age_weeks`", "3 customers", "c0: frequency 1, recency_weeks 2.85714"),
        (
            "`recency_weeks` must be 0 for who bought once and above 0 for who came back",
            "2 customers",
            "c2: frequency 0",
        ),
        ("`recency_weeks` and `age_weeks` must be whole days, in weeks", "2 customers", "c5: frequency 0"),
    ]
    assert len(found) == len(rules)
    for line, (rule, count, first) in zip(found, rules, strict=True):
        assert line.startswith(f"- {rule}: {count}, first customer {first}")


def test_weeks_rounded_to_two_decimals_are_still_days() -> None:
    found = rows.collapse(pd.DataFrame({"frequency": [2], "recency_weeks": [30.43], "age_weeks": [38.86]}))
    assert (found.recency[0] * 7, found.age[0] * 7) == (213, 272)


def test_nobody_is_refused() -> None:
    with pytest.raises(FitError, match="there must be one customer at least, found none"):
        rows.collapse(frame((0, 0, 7)).head(0))


def test_more_purchases_than_can_be_told_apart_are_refused() -> None:
    with pytest.raises(FitError, match=r"1,000,000,000,000 purchases in 36,501 days are not"):
        rows.collapse(frame((1e12, 36_500, 36_500)))


@pytest.mark.parametrize(
    ("histories", "told"),
    [
        (
            frame((0, 0, 70), (0, 0, 140), (0, 0, 0)),
            "All 3 customers bought once, in 30 customer-weeks of watching: how often they come back, and when they stop, is not known; while they are customers it is less than once in 10 weeks, with 95 % confidence.",
        ),
        (
            frame((0, 0, 0), (0, 0, 0)),
            "All 2 customers first bought on the last day of watching: nothing is known yet of what they do next.",
        ),
        (
            frame((3, 60, 70), (3, 10, 70)),
            "All 2 customers have come back equally often, 3 times: chance alone would spread them more, so how customers differ is unknown.",
        ),
        (frame((3, 60, 70)), "There is one customer: how customers differ is unknown from one history."),
    ],
)
def test_what_no_model_can_read_is_said(histories: pd.DataFrame, told: str) -> None:
    assert rows.collapse(histories).remarks == (told,)


def test_many_and_various_customers_need_no_remark(cdnow_sample: pd.DataFrame) -> None:
    assert rows.collapse(cdnow_sample).remarks == ()
