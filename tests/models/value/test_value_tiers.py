"""Tiers and the whale curve, by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from helpers.errors import FitError
from helpers.models.value.value_tiers import TIERS, tiers, whale_curve


def people(amounts: list[float], *, low: list[float] | None = None, high: list[float] | None = None) -> pd.DataFrame:
    return pd.DataFrame({"clv_amount": amounts, "clv_low": low or amounts, "clv_high": high or amounts})


def test_a_customer_is_in_the_tier_in_which_the_value_of_the_better_ones_ends() -> None:
    # 100 in all; the best holds 40, then 30 (reaches 70), 15 (85), 10, 5
    found = tiers(people([5.0, 40.0, 15.0, 30.0, 10.0]), shares=(0.5, 0.8))
    assert list(found.labels) == ["low", "high", "middle", "high", "low"]
    assert found.table["tier"].tolist() == list(TIERS)
    assert found.table["customer_count"].tolist() == [2, 1, 2]
    assert found.table["amount"].tolist() == [70.0, 15.0, 15.0]
    assert found.table["amount_share"].tolist() == [0.7, 0.15, 0.15]
    assert found.table["least_amount"].tolist() == [30.0, 15.0, 5.0]


def test_equal_values_are_never_torn_apart_and_order_changes_nothing() -> None:
    amounts = [10.0] * 6 + [1.0] * 4
    assert list(tiers(people(amounts)).labels) == ["high"] * 6 + ["low"] * 4
    assert list(tiers(people(amounts[::-1])).labels) == ["low"] * 4 + ["high"] * 6


def test_who_straddles_a_border() -> None:
    # borders: 30 of the high tier, 15 of the middle one
    low = [5.0, 31.0, 1.0, 29.0, 10.0]
    high = [14.9, 90.0, 15.0, 31.0, 15.0]
    found = tiers(people([5.0, 40.0, 15.0, 30.0, 10.0], low=low, high=high))
    assert found.table["straddle_count"].tolist() == [1, 1, 1], "30 by its low, 15 by its low, 10 by its high"
    assert found.table["straddle_share"].tolist() == [0.5, 1.0, 0.5]
    assert found.straddle_share == pytest.approx(0.6)


def test_an_interval_that_begins_at_a_border_does_not_straddle_it() -> None:
    # the borders are 30 and 15: an interval from 30 on is on the better side, one from just below it is not
    sure = tiers(
        people([40.0, 30.0, 15.0, 10.0, 5.0], low=[30.0, 30.0, 15.0, 1.0, 1.0], high=[90.0, 90.0, 29.0, 14.0, 6.0])
    )
    assert sure.table["straddle_count"].tolist() == [0, 0, 0]
    unsure = tiers(
        people([40.0, 30.0, 15.0, 10.0, 5.0], low=[29.9, 30.0, 14.9, 1.0, 1.0], high=[90.0, 90.0, 29.0, 15.0, 6.0])
    )
    assert unsure.table["straddle_count"].tolist() == [1, 1, 1]


def test_who_reaches_a_border_exactly_ends_the_tier() -> None:
    # of 100, the better ones hold 0, 50 and 80: at a border the next tier begins
    assert list(tiers(people([50.0, 30.0, 20.0])).labels) == ["high", "middle", "low"]
    # a little short of the border, the next one still belongs to the better tier
    assert list(tiers(people([49.9, 30.0, 20.1])).labels) == ["high", "high", "middle"]


def test_worthless_customers_are_low_and_hold_no_share() -> None:
    found = tiers(people([10.0, 0.0, -4.0]))
    assert list(found.labels) == ["high", "low", "low"]
    assert found.table["amount_share"].tolist()[0] == pytest.approx(10 / 6)
    assert found.table["customer_count"].sum() == 3


def test_shares_are_of_what_is_worth_something_and_a_border_ends_a_tier() -> None:
    # of 11 above zero the better ones hold 0, 6 and 9: losses make nobody's share larger
    assert list(tiers(people([6.0, 3.0, 2.0, -5.0])).labels) == ["high", "middle", "low", "low"]
    assert list(tiers(people([5.0, 3.0, 2.0])).labels) == ["high", "middle", "low"]


def test_where_nobody_is_worth_anything_all_are_low() -> None:
    found = tiers(people([0.0, -1.0]))
    assert list(found.labels) == ["low", "low"]
    assert found.table["amount_share"].isna().all()
    assert found.straddle_share == 0.0


def test_one_customer_is_the_high_tier() -> None:
    table = tiers(people([3.0])).table
    assert table["customer_count"].tolist() == [1, 0, 0]
    assert table["amount_share"].tolist() == [1.0, 0.0, 0.0]
    assert np.isnan(table["straddle_share"].iloc[1])


@pytest.mark.parametrize("amounts", [[], [1.0, float("nan")]])
def test_no_tiers_without_values(amounts: list[float]) -> None:
    with pytest.raises(FitError, match="a value must be known for every customer"):
        tiers(people(amounts))


@pytest.mark.parametrize("shares", [(0.8, 0.5), (0.0, 0.5), (0.5, 1.0)])
def test_shares_must_rise(shares: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="shares must rise between 0 and 1"):
        tiers(people([1.0]), shares=shares)


def test_the_whale_rises_above_all_where_some_customers_cost_money() -> None:
    curve = whale_curve(people([-2.0, 8.0, 4.0, 0.0]), point_count=5)
    assert curve["customer_share"].tolist() == [0.0, 0.25, 0.5, 0.75, 1.0]
    assert curve["amount_share"].tolist() == pytest.approx([0.0, 0.8, 1.2, 1.2, 1.0])


def test_no_whale_where_all_together_are_worth_nothing() -> None:
    curve = whale_curve(people([1.0, -2.0]))
    assert curve.columns.tolist() == ["customer_share", "amount_share"]
    assert len(curve) == 0
    with pytest.raises(ValueError, match="point_count must be 2 or more"):
        whale_curve(people([1.0]), point_count=1)
