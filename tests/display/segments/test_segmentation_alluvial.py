"""The alluvial diagram: the heights are the counts, nothing is lost, no two labels meet, and the words say the numbers."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.patches import PathPatch, Rectangle

from helpers.display.segments import alluvial
from helpers.display.segments.alluvial import NEW, NONE

DAYS = {"since": date(2024, 10, 1), "until": date(2024, 12, 31), "level": 0.95}


def frame(cells: dict[tuple[str, str], int], *, kind: str = "stage") -> pd.DataFrame:
    """As the model gives it, with made-up intervals."""
    sources = list(dict.fromkeys(source for source, _ in cells))
    targets = list(dict.fromkeys([*(one for one in sources if one != NEW), *(target for _, target in cells)]))
    rows = [(kind, one, other, cells.get((one, other), 0)) for one in sources for other in targets]
    told = pd.DataFrame(rows, columns=["kind", "from", "to", "customer_count"])
    share = told["customer_count"] / told.groupby("from")["customer_count"].transform("sum")
    return told.assign(share=share, low=share / 2, high=(1 + share) / 2)


CELLS = {
    ("low", "low"): 50,
    ("low", "high"): 30,
    ("high", "high"): 15,
    ("high", "low"): 4,
    ("low", NONE): 1,
    (NEW, "low"): 20,
}


def ribbons(drawing: Any, color: str | None = None) -> list[PathPatch]:
    return [
        patch
        for patch in drawing.figure.axes[0].patches
        if isinstance(patch, PathPatch) and (color is None or color_of(patch) == color)
    ]


def color_of(patch: PathPatch) -> str:
    return "#" + "".join(f"{round(255 * part):02x}" for part in patch.get_facecolor()[:3])


def bars(drawing: Any) -> list[Rectangle]:
    return [patch for patch in drawing.figure.axes[0].patches if isinstance(patch, Rectangle)]


def labels(drawing: Any) -> list[str]:
    return [text.get_text() for text in drawing.figure.axes[0].texts]


def test_bars_and_ribbons_are_as_high_as_their_counts() -> None:
    drawing = alluvial.flows(frame(CELLS), **DAYS, smallest_share=0.0)
    inch = alluvial.TALL / 120
    heights = [bar.get_height() for bar in bars(drawing)]
    assert heights == pytest.approx([count * inch for count in (81, 19, 20, 74, 45, 1)])
    found = ribbons(drawing)
    assert len(found) == 6
    # a ribbon's path starts at its upper edge and comes back at its lower
    assert sum(path.get_path().vertices[-2][1] - path.get_path().vertices[0][1] for path in found) == pytest.approx(
        alluvial.TALL
    )
    for path in found:
        (_, top), *_, (_, low) = path.get_path().vertices[:-1]
        upper, lower = path.get_path().vertices[3][1], path.get_path().vertices[4][1]
        assert low - top == pytest.approx(lower - upper), "as high on the right as on the left"


def test_ribbons_leave_no_bar_and_do_not_overlap_at_it() -> None:
    drawing = alluvial.flows(frame(CELLS), **DAYS, smallest_share=0.0)
    for corners in ((0, -2), (3, 4)):
        spans = sorted(tuple(path.get_path().vertices[list(corners), 1]) for path in ribbons(drawing))
        sides = [bar for bar in bars(drawing) if (bar.get_x() < 0.5) == (corners == (0, -2))]
        assert all(one[1] <= other[0] + 1e-9 for one, other in pairwise(spans))
        for top, low in spans:
            assert any(b.get_y() - 1e-9 <= top and low <= b.get_y() + b.get_height() + 1e-9 for b in sides)


def test_labels_tell_counts_on_both_sides_and_the_change() -> None:
    drawing = alluvial.flows(frame(CELLS), **DAYS)
    assert labels(drawing) == [
        "low  81", "high  19", "not yet a customer  20", "low  74 (−7)", "high  45 (+26)", "no stage  1 (+1)",
    ]  # fmt: skip
    assert drawing.figure.axes[0].get_title(loc="left") == (
        "Customers by stage on 1 October 2024 and on 31 December 2024 (n = 120)"
    )
    assert drawing.alt.replace("\u00a0", " ") == (
        "Customers by stage on 1 October 2024 and on 31 December 2024, n = 120: low 81 to 74, high 19 to 45, no stage 0 to "
        "1. Largest moves: low to high 30, 37.0 % of those there (95 % interval 18.5 % to 68.5 %); high to low 4, 21.1 % of "
        "those there (95 % interval 10.5 % to 60.5 %); low to no stage 1, 1.2 % of those there (95 % interval 0.6 % to 50.6 %)."
    )


def test_ordered_groups_stand_with_the_highest_on_top_and_turn_colour_with_direction() -> None:
    drawing = alluvial.flows(frame(CELLS), **DAYS, is_ordered=True, smallest_share=0.0)
    assert labels(drawing)[:3] == ["high  19", "low  81", "not yet a customer  20"]
    legend = [text.get_text() for text in drawing.figure.axes[0].get_legend().get_texts()]
    assert legend == ["stayed", "moved up", "moved down", "joined or left", "new customers"]
    hatches = {patch.get_hatch() for patch in ribbons(drawing) if patch.get_hatch()}
    assert hatches == {"///", "xx", "..."}, "not by colour alone"
    up = ribbons(drawing, alluvial.LOOKS["moved up"][0])
    assert len(up) == 1
    assert up[0].get_path().vertices[0][1] > up[0].get_path().vertices[3][1], "upwards on the page"


def test_small_flows_become_stubs_and_are_not_lost() -> None:
    names = [f"s{place}" for place in range(11)]
    cells = {(one, other): 1000 if one == other else 2 for one in names for other in names}
    drawing = alluvial.flows(frame(cells), **DAYS)
    assert len(ribbons(drawing)) == 11 + 22, "eleven who stayed, and a stub at each bar of both sides"
    inch = alluvial.TALL / (11 * 1020)
    stub = ribbons(drawing)[-1].get_path().vertices
    assert np.ptp(stub[:, 1]) == pytest.approx(20 * inch)
    assert "smaller flows" in [text.get_text() for text in drawing.figure.axes[0].get_legend().get_texts()]


def test_no_two_labels_meet() -> None:
    names = [f"重要价值客户与很长的名字{place}" for place in range(11)]
    cells = {(one, one): 1 for one in names} | {(names[0], names[0]): 100_000}
    drawing = alluvial.flows(frame(cells), **DAYS)
    canvas = FigureCanvasAgg(drawing.figure)
    canvas.draw()
    renderer = canvas.get_renderer()
    boxes = [text.get_window_extent(renderer) for text in drawing.figure.axes[0].texts]
    assert len(boxes) == 22
    assert not any(one.overlaps(other) for place, one in enumerate(boxes) for other in boxes[place + 1 :])
    assert all(box.x0 >= 0 and box.x1 <= drawing.figure.bbox.x1 for box in boxes)


@pytest.mark.parametrize(
    ("cells", "why"),
    [({}, "There is no customer yet."), ({(NEW, "low"): 3}, "Nobody was a customer on 1 October 2024 yet.")],
)
def test_without_a_move_to_draw_it_says_why(cells: dict[tuple[str, str], int], why: str) -> None:
    drawing = alluvial.flows(frame(cells), **DAYS)
    assert drawing.alt.endswith(f": {why}")
    assert labels(drawing) == [why]


def test_where_nobody_moved() -> None:
    drawing = alluvial.flows(frame({("a", "a"): 2}, kind="eleven_segments"), **DAYS)
    assert drawing.alt.endswith("n = 2: a 2 to 2. Nobody changed their segment.")
    assert drawing.figure.get_supxlabel() == "Nobody changed their segment."


def test_long_names_keep_their_end() -> None:
    assert alluvial.short("重要价值客户群体编号第1号很长的名字") == "重要价值客户群…长的名字"
    assert alluvial.short("short") == "short"
    assert alluvial.short("") == ""
    assert alluvial.short("x" * 24) == "x" * 24
    assert len(alluvial.short("x" * 25)) == 25
