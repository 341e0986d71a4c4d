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
        (
            {"slipping_share": 0.9, "dormancy_share": 0.9},
            "`slipping_share` 0.9 must be below `dormancy_share` 0.9",
        ),
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
        ({"scheme": "x", "slipping_share": 0.99, "dormancy_share": 0.5}, "`slipping_share` 0.99 must be below"),
        ({"scheme": "x", "slipping_share": 0.99, "dormancy_share": 0.5}, "`scheme` 'x' must be one of"),
        ({"tier_rules": [{"tier": "gold", "amonut": 1}]}, "Did you mean `amount`?"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_remedy(values: dict[str, object], told: str) -> None:
    with pytest.raises(ParamsError) as caught:
        SegmentationParams.from_cell(values)
    assert told in str(caught.value)
