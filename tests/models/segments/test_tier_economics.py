"""What tiers bring and cost, and how far the next one is: by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from helpers.models.segments import tier_economics

ORDER = ["blue", "gold", "black"]
MONEY = {"margin_share": 0.5, "point_amount": 0.1, "level": 0.95}


def customers() -> pd.DataFrame:
    """12 blue of 10 and 30 in turn, 3 gold of 100, 5 without a tier who bring nothing, one of a tier not named."""
    amounts = [10.0, 30.0] * 6 + [100.0] * 3 + [0.0] * 5 + [50.0]
    held = ["blue"] * 12 + ["gold"] * 3 + [None] * 5 + ["odd"]
    redeemed = [20] * 3 + [0] * 9 + [50] + [0] * 8
    return pd.DataFrame(
        {
            "tier": held,
            "order_count": [1, 4] * 6 + [2] * 3 + [0] * 5 + [1],
            "amount": amounts,
            "earned_points": [5] * 21,
            "redeemed_points": redeemed,
            "balance_points": [10] * 21,
        }
    )


def test_tiers_by_hand() -> None:
    found = tier_economics.economics(customers(), order=ORDER, **MONEY).set_index("tier")
    assert list(found.index) == ["(no tier)", "odd", "blue", "gold", "black"]
    assert found["customer_count"].tolist() == [5, 1, 12, 3, 0]
    assert found["revenue_amount"].tolist() == [0, 50, 240, 300, 0]
    assert np.isclose(found["customer_share"].sum(), 1)
    assert np.isclose(found["revenue_share"].sum(), 1)
    blue = found.loc["blue"]
    assert (blue["mean_amount"], blue["margin_amount"], blue["points_amount"], blue["net_amount"]) == (20, 120, 6, 114)
    # mean 20, s.d. 10.4447, error 3.0151, t(11) 2.2010, for the logarithm: 20 exp(±2.2010 × 3.0151 / 20)
    assert np.isclose(blue["mean_low"], 20 * np.exp(-2.2010 * 3.0151 / 20), atol=1e-3)
    assert np.isclose(blue["mean_high"], 20 * np.exp(2.2010 * 3.0151 / 20), atol=1e-3)
    # Wilson for 3 of 12, as tabulated: 0.0889 to 0.5323
    assert np.round([blue["redeemer_low"], blue["redeemer_high"]], 4).tolist() == [0.0889, 0.5323]
    assert blue["liability_amount"] == 12
    assert np.isnan(found.loc["gold", "mean_low"]), "three customers have no interval"
    assert np.isnan(found.loc["black", "mean_amount"]), "the mean of nobody is missing, not 0"


def test_what_was_not_stated_is_missing() -> None:
    found = tier_economics.economics(customers(), order=ORDER, margin_share=None, point_amount=None, level=0.95)
    assert found[["margin_amount", "points_amount", "liability_amount", "net_amount"]].isna().all(axis=None)
    found = tier_economics.economics(customers(), order=ORDER, margin_share=None, point_amount=0.1, level=0.95)
    assert found.set_index("tier").loc["blue", "net_amount"] == 234, "without a margin, revenue less points"


def test_scaling_and_shuffling() -> None:
    plain = tier_economics.economics(customers(), order=ORDER, **MONEY)
    more = customers().assign(amount=lambda rows: rows["amount"] * 100).sample(frac=1, random_state=1)
    scaled = tier_economics.economics(more, order=ORDER, **MONEY)
    for column in ("revenue_amount", "mean_amount", "mean_low", "mean_high"):
        assert np.allclose(scaled[column], 100 * plain[column], equal_nan=True)
    assert np.allclose(scaled["revenue_share"], plain["revenue_share"])


@pytest.mark.parametrize("rows", [0, 2])
def test_thin_data(rows: int) -> None:
    thin = customers().assign(amount=0.0).head(rows)
    found = tier_economics.economics(thin, order=ORDER, **MONEY)
    assert found["customer_count"].sum() == rows
    assert found["revenue_share"].isna().all()
    assert found["customer_share"].sum() == (1 if rows else 0)
    assert found["customer_share"].isna().all() == (rows == 0), "a share of nobody is missing"


def test_distances_by_hand() -> None:
    rows = [
        ("blue", "gold", 40.0, 1, True),
        ("blue", "gold", 60.0, 0, False),
        ("blue", "gold", 0.0, 0, False),
        ("gold", None, np.nan, np.nan, False),
        (None, "blue", 5.0, 0, True),
        ("gold", "black", 500.0, 4, False),
    ]
    columns = ["tier", "next_tier", "missing_amount", "missing_order_count", "is_one_order_away"]
    found = tier_economics.distances(pd.DataFrame(rows, columns=columns), order=ORDER)
    assert found.to_numpy().tolist() == [
        ["(no tier)", "blue", 1, 0, 1, 5.0, 0.0],
        ["blue", "gold", 3, 1, 1, 50.0, 0.5],
        ["gold", "black", 1, 0, 0, 500.0, 4.0],
    ]
    assert len(tier_economics.distances(pd.DataFrame(rows[3:4], columns=columns), order=ORDER)) == 0


def test_near_the_next_tier_over_all_tiers() -> None:
    columns = ["customer_count", "reached_count", "one_order_count"]
    frame = pd.DataFrame([(1, 0, 1), (3, 1, 1)], columns=columns)
    assert tier_economics.near_next(frame, smallest_cell=1) == tier_economics.Near(4, 2, 0.5, 1)
    assert tier_economics.near_next(frame, smallest_cell=2).reached_count == 0, "one is few"
    assert tier_economics.near_next(frame.head(0), smallest_cell=1).below_count == 0
