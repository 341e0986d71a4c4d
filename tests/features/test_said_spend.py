"""What was bought before an answer and after it: nothing of the other side, or of its day, can change it."""

from __future__ import annotations

import pandas as pd
import pytest

from helpers.features import said_spend
from helpers.features.frames import fetch
from tests.answers import WINDOWS, bought, given

BEFORE = [("1", -61, 7.0), ("1", -60, 10.0), ("1", -1, 20.0), ("2", -5, 1.0)]
LATER = [("1", 1, 100.0), ("1", 30, 200.0), ("1", 31, 900.0)]


def around(*rows: tuple[str, int, float]) -> pd.DataFrame:
    return fetch(said_spend.around_answers(bought(*rows), given("1", "2", "3"), **WINDOWS)).set_index("response_id")


def test_windows_by_hand() -> None:
    """A purchase of the day of the answer is neither earlier nor later; who had bought nothing before is left out."""
    found = around(*BEFORE, *LATER, ("1", 0, 5_000.0), ("3", 2, 50.0))
    assert found.index.tolist() == ["r0", "r1"]
    assert found["later_amount"].tolist() == [300, 0]
    assert found["later_count"].tolist() == [2, 0]
    assert found["earlier_amount"].tolist() == [30, 1]
    assert found["days_since_last"].tolist() == [1, 5]


@pytest.mark.parametrize("added", [("1", 0, 1e6), ("1", -1, 1e6), ("2", -30, 1e6), ("1", -200, 1e6)])
def test_nothing_before_the_answer_or_on_its_day_changes_what_came_after(added: tuple[str, int, float]) -> None:
    outcome = ["later_amount", "later_count"]
    assert around(*BEFORE, *LATER, added)[outcome].equals(around(*BEFORE, *LATER)[outcome])


@pytest.mark.parametrize("added", [("1", 0, 1e6), ("1", 1, 1e6), ("2", 25, 1e6)])
def test_nothing_from_the_answer_on_changes_what_is_held_equal(added: tuple[str, int, float]) -> None:
    held = ["earlier_amount", "earlier_count", "days_since_last"]
    assert around(*BEFORE, *LATER, added)[held].equals(around(*BEFORE, *LATER)[held])
    stood = [
        fetch(said_spend.standing(bought(*BEFORE, *LATER, *more), given("1", "2"), None, earlier_days=60))
        for more in ([], [added])
    ]
    assert stood[0].equals(stood[1])
    assert stood[0]["earlier_amount"].tolist() == [30, 1]
    assert stood[0]["age_days"].tolist() == [61, 5]
