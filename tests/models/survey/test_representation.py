"""Whom the answers represent, by hand."""

from __future__ import annotations

import pandas as pd
import pytest

from helpers.models.survey import design, representation


def test_shares_beside_those_of_customers() -> None:
    """One interview of four is of the south, where half of the customers are; its weight of 3 of 6 mends it."""
    about = pd.DataFrame({"region": ["north", "north", "north", "south", "south", None]})
    known = {"region": pd.Series({"north": 50, "south": 50})}
    sample = design.design([1.0, 1, 1, 3, 7, 1])
    is_in = pd.Series([True, True, True, True, False, True])
    found = representation.represented(about, known, design=sample, is_in=is_in)
    assert found["level"].tolist() == ["south", "north"]
    south = found.iloc[0]
    assert (south["customer_share"], south["answered_share"], south["weighted_share"]) == (0.5, 0.25, 0.5)
    assert south["difference"] == pytest.approx((0.25 - 0.5) / 0.5)
    assert south["weighted_difference"] == 0
    assert found["n"].tolist() == [1, 3]
