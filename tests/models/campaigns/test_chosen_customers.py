"""Campaigns to chosen customers: shares and means by hand, and nothing of few customers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from helpers.models.campaigns import chosen_customers

SENT = pd.DataFrame(
    {
        "campaign_id": ["b", "a"],
        "kind": "mail",
        "starts_on": pd.to_datetime(["2024-06-01", "2024-05-01"]),
        "ends_on": pd.to_datetime(["2024-06-10", "2024-05-10"]),
        "sent_count": [100, 40],
        "redeemed_count": [25, 3],
        "known_count": [50, 40],
        "before_amount": [500.0, 80.0],
        "during_amount": [750.0, 80.0],
        "other_count": [0, 200],
        "other_before_amount": [0.0, 400.0],
        "other_during_amount": [0.0, 500.0],
    }
)


def test_shares_and_means_by_hand_the_earliest_first() -> None:
    """A quarter of 100 redeemed: Wilson's interval has its middle at (25 + z^2 / 2) / (100 + z^2)."""
    found = chosen_customers.read(SENT, smallest_cell=1, level=0.95).set_index("campaign_id")
    assert list(found.index) == ["a", "b"]
    assert found.loc["b", ["redeemed_share", "before_each_amount", "during_each_amount"]].tolist() == [0.25, 10, 15]
    assert found.loc["b", ["low", "high"]].sum() / 2 == pytest.approx((25 + 1.92073) / (100 + 3.84146), rel=1e-5)
    assert np.isnan(found.loc["b", "other_before_each_amount"]), "where there are no others nothing is told of them"
    assert found.loc["a", ["other_before_each_amount", "other_during_each_amount"]].tolist() == [2, 2.5]


def test_few_who_redeemed_hide_the_campaign() -> None:
    found = chosen_customers.read(SENT, smallest_cell=10, level=0.95).set_index("campaign_id")
    assert found["is_hidden"].to_dict() == {"a": True, "b": False}
    assert np.isnan(found.loc["a", "redeemed_share"])
