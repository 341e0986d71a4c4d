"""Schemes: the built-in ones against where they come from, and every way in which one can fail to be whole."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import pytest
import yaml

from helpers.errors import ParamsError
from helpers.params.segmentation import SegmentationParams
from helpers.schemes.scheme import Scheme, built_in, built_in_names, choice_problems, chosen, dead_segments
from helpers.validation import validated

TWO = {
    "title": "Two",
    "axes": {"f": 3, "m": "median"},
    "segments": [{"name": "good", "cells": "11 10"}, {"name": "other", "cells": "01 00"}],
}


def scheme(**changes: Any) -> Scheme:
    return validated(Scheme, TWO | changes, "own_schemes.two")


def refusal(**changes: Any) -> str:
    with pytest.raises(ParamsError) as caught:
        scheme(**changes)
    return str(caught.value)


def segments(**cells: str) -> list[dict[str, str]]:
    return [{"name": name, "cells": its} for name, its in cells.items()]


@pytest.mark.parametrize("name", built_in_names())
def test_a_built_in_scheme_is_whole_and_says_what_to_do_and_where_it_is_from(name: str) -> None:
    found = built_in(name)
    assert set(found.cells()) == set(found.grid())
    assert set(found.cells().values()) | set(dead_segments(found)) == set(found.names)
    assert all(segment.advice.endswith((".", ".)")) for segment in found.segments)
    assert found.source != Scheme.model_fields["source"].default
    chinese = [segment for segment in found.segments if not segment.name.isascii()]
    assert all(segment.en for segment in chinese)


def test_the_schemes_of_the_kit_are_those_of_the_params() -> None:
    assert set(built_in_names()) == set(SegmentationParams.model_fields["schemes"].default)


def test_eleven_segments_hold_125_cells_in_the_published_numbers() -> None:
    found = built_in("eleven_segments")
    assert Counter(found.cells().values()) == {
        "Champions": 7, "Loyal": 8, "Potential Loyalist": 24, "New Customers": 7, "Promising": 16, "Need Attention": 8,
        "About To Sleep": 8, "At Risk": 22, "Cannot Lose Them": 8, "Hibernating": 11, "Lost": 6,
    }  # fmt: skip
    published = {"555": "Champions", "543": "Loyal", "323": "Potential Loyalist", "311": "New Customers"}
    published |= {"313": "Promising", "324": "Need Attention", "251": "About To Sleep", "124": "At Risk"}
    published |= {"113": "Cannot Lose Them", "211": "Hibernating", "151": "Lost"}
    assert {cell: found.cells()[cell] for cell in published} == published
    assert found.segments[0].zh == "冠军客户"


def test_the_grid_of_recency_and_frequency_is_the_published_regular_expressions() -> None:
    patterns = {
        "[1-2][1-2]": "Hibernating", "[1-2][3-4]": "At Risk", "[1-2]5": "Can't Lose", "3[1-2]": "About To Sleep",
        "33": "Need Attention", "[3-4][4-5]": "Loyal Customers", "41": "Promising", "51": "New Customers",
        "[4-5][2-3]": "Potential Loyalists", "5[4-5]": "Champions",
    }  # fmt: skip
    for cell, segment in built_in("rf_grid").cells().items():
        assert [name for pattern, name in patterns.items() if re.fullmatch(pattern, cell)] == [segment]


def test_rules_of_r_are_tried_in_their_order_and_the_dead_ones_are_known() -> None:
    old = built_in("r_rfm_02")
    assert dead_segments(old) == ["New Customers", "Promising", "Can't Lose Them"]
    assert Counter(old.cells().values())["Others"] == 36
    # 122 fits At Risk (R 1-2, F and M 2-5) and Lost (all 1-2): the first has it
    assert old.claims()["122"] == ["At Risk", "Lost"]
    assert (old.cells()["122"], old.cells()["121"], old.cells()["515"]) == ("At Risk", "Lost", "Others")
    assert dead_segments(built_in("r_rfm_03")) == []
    assert built_in("r_rfm_03").cells()["554"] == "Potential Loyalist"


def test_the_eight_types_name_value_by_m_and_the_rest_by_r_and_f() -> None:
    for cell, segment in built_in("eight_types").cells().items():
        r, f, m = cell
        kind = {"11": "价值", "01": "保持", "10": "发展", "00": "挽留"}[r + f]
        assert segment == f"{'重要' if m == '1' else '一般'}{kind}客户"
    assert built_in("four_quadrants").cells() == {
        "00": "低频低价值", "01": "低频高价值", "10": "高频低价值", "11": "高频高价值",
    }  # fmt: skip


def test_the_four_tiers_are_taken_in_their_order() -> None:
    # digits: value (0 lowest three tenths, 2 top fifth), recency, frequency, dormant
    cells = built_in("four_tiers").cells()
    assert (cells["2111"], cells["1430"], cells["0430"], cells["0441"]) == (
        "高价值客户",
        "潜力客户",
        "潜力客户",
        "低价值客户",
    )
    assert (cells["0440"], cells["1551"], cells["0111"], cells["0110"]) == (
        "普通客户",
        "普通客户",
        "低价值客户",
        "普通客户",
    )


def test_a_scheme_of_ones_own_reads_from_yaml() -> None:
    text = """
    title: 我的 scheme
    axes: {r: 90, m: {quantiles: [0.5, 0.9]}}
    is_ordered: true
    otherwise: 其他
    segments:
    - {name: "best, recent", where: {r: 1, m: 2}}
    - {name: good, where: {m: [1, 2]}}
    - {name: 其他}
    """
    found = validated(Scheme, yaml.safe_load(text), "own_schemes.mine")
    assert found.cells() == {
        "00": "其他", "01": "good", "02": "good", "10": "其他", "11": "good", "12": "best, recent",
    }  # fmt: skip
    assert found.source == "stated for this report"


def test_a_cell_without_a_segment_is_named() -> None:
    assert refusal(segments=segments(good="11", other="01")) == (
        "own_schemes.two must meet the parameters of the kit; 1 problem.\n- 2 cells in no segment: 00, 10"
    )


def test_all_that_is_not_covered_is_told_at_once_and_five_are_shown() -> None:
    told = refusal(
        axes={"r": "scores", "f": "scores"},
        segments=[{"name": "a", "where": {"r": [2, 5]}}, {"name": "b", "where": {"r": [3, 5]}}],
    )
    assert "5 cells in no segment: 11, 12, 13, 14, 15; 15 cells in several segments: 31 (a and b), " in told
    assert "35 (a and b) and 10 more; 1 segment that no cell reaches: b" in told


def test_an_ordered_scheme_may_claim_twice_but_must_cover_all() -> None:
    twice = segments(a="11 10", b="11 01 00", c="01")
    assert dead_segments(scheme(segments=twice, is_ordered=True)) == ["c"]
    assert "2 cells in several segments: 01 (b and c), 11 (a and b)" in refusal(segments=twice)
    assert "1 cell in no segment: 00" in refusal(segments=segments(a="11 10", b="01"), is_ordered=True)
    rest = [*segments(a="11"), {"name": "rest"}]
    assert scheme(segments=rest, otherwise="rest").cells() == {"00": "rest", "01": "rest", "10": "rest", "11": "a"}


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"segments": [{"name": "a", "cells": 9}]}, "YAML reads a bare 011 as the number 9"),
        ({"segments": [{"name": "a", "cells": [11, 10]}]}, "must be quoted text"),
        ({"segments": segments(a="11 12", b="10 01 00")}, "segment 'a': no such cells: 12; they go from 00 to 11"),
        ({"segments": segments(a="11 11 10", b="01 00")}, "segment 'a': names a cell twice"),
        ({"segments": [*segments(a="11 10 01 00"), {"name": "b"}]}, "segment 'b': needs `cells` or `where`"),
        ({"segments": [*segments(a="11 10"), *segments(a="01 00")]}, "segment 'a' is named twice"),
        ({"otherwise": "rest"}, "`otherwise` must name one of the segments, found 'rest'"),
        ({"otherwise": "other"}, "segment 'other': has the rest and takes no cells"),
        (
            {"segments": [{"name": "a", "where": {"r": 1}}, *segments(b="11")]},
            "segment 'a': `where.r` asks for 1 to 1, but the axis is not in this scheme",
        ),
        (
            {"segments": [{"name": "a", "where": {"f": [0, 5]}}]},
            "segment 'a': `where.f` asks for 0 to 5, but the axis is 0 to 1",
        ),
        ({"segments": [{"name": "a", "cells": "11", "where": {"f": 1}}]}, "takes `cells` or `where`, not both"),
        ({"axes": {"f": "flag"}}, "axis `f` must be cut by anything but flag, found 'flag'"),
        ({"axes": {"is_dormant": "median"}}, "axis `is_dormant` must be cut by flag, found 'median'"),
        ({"axes": {"m": [0.8, 0.3]}}, "`quantiles` must rise between 0 and 1, found [0.8, 0.3]"),
        ({"axes": {"m": {}}}, "needs a `cut` (scores, median, mean, flag or a number) or `quantiles`, and not both"),
        ({"axes": {"m": float("nan")}}, "finite number"),
        ({"axes": {"x": "median"}}, "`axes.x"),
        ({"colour": "red"}, "'colour' is not a parameter."),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_scheme_is_said(changes: dict[str, Any], sentence: str) -> None:
    assert sentence in refusal(**changes)


def test_schemes_are_chosen_by_name_each_once() -> None:
    own = {"two": scheme()}
    found = chosen(["two", "rf_grid", "two"], own=own)
    assert list(found) == ["two", "rf_grid"]
    assert found["two"] is own["two"]


def test_unknown_and_taken_names_are_told_at_once() -> None:
    own = {"rf_grid": scheme(), "stage": scheme(), "a b": scheme(), "我的": scheme()}
    with pytest.raises(ParamsError) as caught:
        chosen(["eleven_segment", "我的"], own=own)
    assert str(caught.value).splitlines() == [
        "the schemes must be known, each by a name of its own; 4 problems.",
        "- `own_schemes`: 'rf_grid' is a scheme of the kit; take another name",
        "- `own_schemes`: 'stage' is the name of another column",
        "- `own_schemes`: 'a b' must begin with a letter and hold letters, digits and _ only, 40 at most",
        "- 'eleven_segment' is not a scheme. Did you mean `eleven_segments`?",
    ]
    assert choice_problems(["two"], own={"two": scheme()}) == []
