"""The effect of a fix: by hand, and covered at its nominal rate, where it is planted and where there is none."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from helpers.models.survey import design, fix_effect
from helpers.models.survey.fix_effect import effect, marks

FIXED = date(2024, 6, 1)


def test_by_hand() -> None:
    """Means of 2 and 4 before, 4 and 5 after: those with the trouble gained one point more."""
    rows = [(True, False, [1, 3]), (True, True, [3, 5]), (False, False, [4, 4]), (False, True, [5, 5])]
    given = pd.DataFrame(
        [(had, after, mark) for had, after, values in rows for mark in values],
        columns=["had_trouble", "is_after", "mark"],
    )
    given = given.assign(weight=1.0, unit=range(8), customer_id=[str(n) for n in range(8)])
    found = effect(given, level=0.95, smallest_base=2)
    assert found is not None
    assert found.value == pytest.approx(1)
    assert found.cells["mean"].tolist() == pytest.approx([2, 4, 4, 5])
    assert effect(given, level=0.95, smallest_base=3) is None


def test_who_answered_before_the_trouble_is_of_neither_group() -> None:
    interviews = pd.DataFrame(
        {
            "customer_id": ["1", "1", "2", "3", "4", None],
            "answered_on": pd.to_datetime(
                ["2024-05-01", "2024-06-01", "2024-05-20", "2024-05-31", "2024-01-01", "2024-06-02"]
            ),
        }
    )
    troubles = pd.DataFrame({"customer_id": ["1", "2"], "first_on": pd.to_datetime(["2024-05-10", "2024-05-10"])})
    sample = design.design(np.ones(6))
    found = marks(interviews, pd.Series([1.0] * 6), troubles, design=sample, fixed_on=FIXED, days=60)
    told = list(zip(found["customer_id"], found["had_trouble"], found["is_after"], strict=True))
    assert told == [("1", True, True), ("2", True, False), ("3", False, False)]


def world(seed: int, *, planted: float) -> pd.DataFrame:
    """Marks of 600 customers in 80 sampled places; by the fix those with the trouble gain `planted` points.

    What a place gains differs: its answers are not independent, and errors that take them so are too small.
    """
    draw = np.random.default_rng(seed)
    of = np.repeat(np.arange(600), draw.integers(1, 4, 600))
    place = draw.integers(0, 80, 600)[of]
    own, had = draw.normal(0, 0.8, 600)[of], (draw.random(600) < 0.4)[of]
    is_after = draw.random(len(of)) < 0.5
    gain = planted + draw.normal(0, 0.9, 80)[place]
    mark = 3 + own - 0.5 * had + 0.4 * is_after + gain * (had & is_after) + draw.normal(0, 0.6, len(of))
    frame = pd.DataFrame({"customer_id": of.astype(str), "mark": mark, "had_trouble": had, "is_after": is_after})
    return frame.assign(weight=draw.uniform(0.8, 1.25, len(of)), unit=place)


@pytest.mark.slow
@pytest.mark.parametrize("planted", [0.0, 0.5])
def test_a_planted_effect_is_covered_at_its_nominal_rate(planted: float) -> None:
    held, alone = [], []
    for seed in range(120):
        given = world(seed, planted=planted)
        found = effect(given, level=0.9, smallest_base=30)
        assert found is not None
        held.append(found.low <= planted <= found.high)
        cells = found.cells.set_index(["group", "period"])["mean"]
        had = fix_effect.GROUPS[0]
        alone.append(cells[(had, "after")] - cells[(had, "before")] - planted)
    assert abs(np.mean(held) - 0.9) <= 3.5 * np.sqrt(0.09 / len(held))
    # before and after alone takes for the fix what moved everybody
    assert np.mean(alone) > 0.3
