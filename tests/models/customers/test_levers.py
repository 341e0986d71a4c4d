"""What small steps would be worth, by hand."""

from __future__ import annotations

from math import sqrt

import pandas as pd
import pytest

from helpers.models.customers import levers


def test_steps_by_hand() -> None:
    # those who bought once: 25 orders (five twice in a day) of 750; regulars' orders are worth 100
    people = pd.DataFrame(
        {
            "purchase_count": [1] * 20 + [3] * 5,
            "order_count": [1] * 15 + [2] * 5 + [3] * 5,
            "amount": [30.0] * 15 + [60.0] * 5 + [300.0] * 5,
        }
    )
    compared = pd.DataFrame(
        {
            "order_count": [0] * 12 + [2] * 3,
            "previous_order_count": [1] * 12 + [0] * 3,
            "amount": [0.0] * 12 + [50.0] * 3,
            "previous_amount": [10.0] * 12 + [0.0] * 3,
            "is_new": [False] * 12 + [True] * 3,
        }
    )
    told = levers.steps(people, compared, step_share=0.1, level=0.95, is_covered=True)
    assert told["customer_count"].tolist() == pytest.approx([2.0, 1.2, 0.3])
    assert told["pool_count"].tolist() == [20, 12, 3]
    assert told["amount"].tolist() == pytest.approx([60.0, 12.0, 15.0])
    assert told.loc[0, ["low", "high"]].tolist() == pytest.approx([60.0, 60.0]), "all their orders are worth 30"
    half = 0.1 * 1.959964 * sqrt(12 * 100.0)
    assert told.loc[1, ["low", "high"]].tolist() == pytest.approx([12 - half, 12 + half], rel=1e-6)
    assert told.loc[2, ["low", "high"]].isna().all(), "three customers are too few for an interval"
    unknown = levers.steps(people, compared, step_share=0.1, level=0.95, is_covered=False)
    assert unknown["amount"].isna().tolist() == [False, True, True]
    assert unknown["step"].notna().all()


def test_in_margin_every_amount_is_its_share_of_revenue() -> None:
    worth = pd.DataFrame({"step": ["a"], "customer_count": [3.0], "amount": [10.0], "low": [8.0], "high": [12.0]})
    told = levers.in_margin(worth, margin_share=0.4).iloc[0].to_dict()
    assert told == {"step": "a", "customer_count": 3.0, "amount": 4.0, "low": 3.2, "high": pytest.approx(4.8)}
    assert levers.in_margin(worth, margin_share=None).equals(worth)
