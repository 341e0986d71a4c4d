"""What the segmentation notebook refuses before anything runs."""

from __future__ import annotations

import pytest

from helpers.errors import ParamsError
from helpers.params import SegmentationParams

HOLEY = {
    "title": "Half",
    "source": "made up",
    "axes": {"r": "scores"},
    "segments": [{"name": "recent", "advice": "write", "where": {"r": [3, 5]}}],
}
WHOLE = HOLEY | {"segments": [{"name": "all", "advice": "write", "where": {"r": [1, 5]}}]}
WRITE = {"segment": "Lost", "offer": "letter", "channel": "post", "owner": "x"}


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"scheme": "mine"}, "`scheme` 'mine' must be one of `schemes`"),
        ({"schemes": ["elven_segments"]}, "'elven_segments' is not a scheme. Did you mean `eleven_segments`?"),
        ({"own_schemes": {"half": HOLEY}}, "`own_schemes.half`: 2 cells in no segment: 1, 2"),
        ({"comeback_days": 0}, "`comeback_days`: input should be greater than or equal to 1, found 0"),
        ({"lapsed_share": 1.0}, "`lapsed_share`: input should be less than 1, found 1.0"),
        (
            {"rfm_bins": "custom"},
            "`rfm_bins: custom` needs `rfm_cuts` of days_since_last, order_count and value_amount",
        ),
        ({"rfm_cuts": {"order_count": [1, 3, 2, 4]}}, "`rfm_cuts.order_count` must rise, found [1.0, 3.0, 2.0, 4.0]"),
        ({"actions": [{"segment": "Lost", "offr": "x"}]}, "'actions.0.offr' is not a parameter. Did you mean `offer`?"),
        (
            {"actions": [WRITE | {"segment": "Champion"}]},
            "action 1: 'Champion' is no segment. Did you mean `Champions`?",
        ),
        (
            {"actions": [WRITE, WRITE | {"owner": "y"}]},
            "action 2: 'letter by post' for 'Lost' is stated before, as action 1",
        ),
        ({"scheme": "four_tiers", "actions": [WRITE]}, "`actions` must fit `scheme` 'four_tiers': action 1: 'Lost'"),
        (
            {"tier_rules": [{"tier": "银", "orders": 5}, {"tier": "金", "orders": 3}]},
            "`tier_rules`: tier '金' asks for less than '银' below it",
        ),
        ({"tier_rules": [{"tier": "金"}, {"tier": "金"}]}, "`tier_rules`: tier '金' is named 2 times"),
        ({"own_schemes": {"Stage": WHOLE}, "schemes": ["Stage"]}, "'Stage' is the name of another column"),
        ({"scheme": "x", "rfm_bins": "custom"}, "`rfm_bins: custom` needs `rfm_cuts`"),
        ({"scheme": "x", "rfm_bins": "custom"}, "`scheme` 'x' must be one of"),
        ({"tier_rules": [{"tier": "gold", "amonut": 1}]}, "Did you mean `amount`?"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_remedy(values: dict[str, object], told: str) -> None:
    with pytest.raises(ParamsError) as caught:
        SegmentationParams.from_cell(values)
    assert told in str(caught.value)


def test_what_lapsed_claims_and_when_it_is_looked_back_upon() -> None:
    params = SegmentationParams.from_cell({"comeback_days": 90, "lapsed_share": 0.05, "movement_days": 28})
    assert params.lapsed_claim == {"comeback_days": 90, "lapsed_share": 0.05}
    assert params.stage_rules == params.lapsed_claim | {"slipping_share": 0.5, "loyal_purchase_count": 4}
    assert params.record_ages == (90, 118)
