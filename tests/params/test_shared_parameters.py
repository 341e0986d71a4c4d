"""Parameters that several notebooks share mean the same in each, and pages that speak of stages get the same rules."""

from __future__ import annotations

import pytest

from helpers.params import NOTEBOOKS, ChurnParams, ClvParams, SegmentationParams
from helpers.params.shared_parameters import refuse_repeated_models

OF_STAGES = ("movement_days", "comeback_days", "slipping_share", "loyal_purchase_count")
OF_BUYING = ("holdout_weeks", "models", "off_share", "season_factors")


@pytest.mark.parametrize(
    ("names", "one", "other"), [(OF_STAGES, SegmentationParams, ChurnParams), (OF_BUYING, ClvParams, ChurnParams)]
)
def test_a_shared_parameter_is_one_for_all_notebooks(names: tuple[str, ...], one: type, other: type) -> None:
    """Bounds, words, unit and default: pages of one report could contradict each other by any of them."""
    first, second = (model.model_json_schema()["properties"] for model in (one, other))
    for name in names:
        assert first[name] == second[name]
        assert first[name]["description"]


def test_the_seed_is_one_for_all_that_have_one() -> None:
    found = [model.model_json_schema()["properties"].get("seed") for model in NOTEBOOKS.values()]
    assert [each for each in found if each][1:] == [each for each in found if each][:-1]


def test_stages_of_both_pages_go_by_the_same_rules() -> None:
    stated = {"comeback_days": 90, "slipping_share": 0.4, "lapsed_share": 0.2, "loyal_purchase_count": 5}
    told = [model(**stated) for model in (SegmentationParams, ChurnParams)]
    assert [each.stage_rules for each in told] == [stated, stated]
    assert [each.lapsed_claim for each in told] == 2 * [{"comeback_days": 90, "lapsed_share": 0.2}]


def test_models_are_named_once() -> None:
    refuse_repeated_models(["bg_nbd", "pareto_nbd"])
    with pytest.raises(ValueError, match="`models` must each be named once, found bg_nbd, bg_nbd"):
        refuse_repeated_models(["bg_nbd", "bg_nbd"])
