"""Names of lines that never meet, ink that is read on its cell, and titles that begin inside the picture."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, pairwise

import numpy as np
import pytest
from matplotlib.transforms import Bbox

from helpers.display import figures
from helpers.display.charts import cells, key_names, key_on_top, name_lines, name_point
from helpers.display.design import points
from helpers.display.lines import broken, cut, room
from helpers.display.theme import INK, PAPER, SOFT, themed
from tests import seen_texts


@themed
def named_lines(*ends: float) -> list[tuple[float, str]]:
    """Where the names of lines that end at these heights stand, in parts of the axes, and what they say."""
    _, (axes,) = figures.canvas()
    for number, end in enumerate(ends):
        axes.plot([0, 1], [0, end], label=f"line {number}")
    axes.plot([0, 1], [1, 1], label="_unnamed")
    axes.set_ylim(0, 1)
    name_lines(axes)
    return sorted((text.xy[1], text.get_text()) for text in axes.texts)


def test_a_name_stands_at_the_end_of_its_line() -> None:
    assert named_lines(0.2, 0.7) == [(pytest.approx(0.2), "line 0"), (pytest.approx(0.7), "line 1")]


def test_names_that_would_meet_are_moved_apart_and_stay_inside() -> None:
    places = [place for place, _ in named_lines(0.99, 0.98, 0.97, 0.98)]
    row = points("note") / (72 * 3.4)
    assert all(above - below > row for below, above in pairwise(places))
    assert max(places) <= 1


@themed
def test_what_is_written_is_paper_on_strong_colours_and_ink_on_the_others() -> None:
    _, (axes,) = figures.canvas()
    texts = [["none", "most", ""], ["some", "unseen", "half"]]
    values = np.array([[0, 10, 1], [2, np.nan, 4.9]], dtype=float)
    cells(axes, values, texts=texts, limits=(0, 10))
    inks = {text.get_text(): text.get_color() for text in axes.texts}
    assert inks == {"none": INK, "most": PAPER, "some": INK, "unseen": SOFT, "half": INK}


@themed
def test_titles_begin_where_the_numbers_beside_the_axes_do_and_never_outside() -> None:
    figure, both = figures.canvas(columns=2)
    for axes in both:
        axes.plot([0, 1], [0, 11_000])
        axes.set(title="Orders", ylabel="count")
    figures.svg(figure)
    for axes in both:
        title, panel = axes._left_title.get_window_extent(), axes.figure.bbox
        assert panel.x0 < title.x0 < axes.bbox.x0
        assert axes.yaxis.label.get_rotation() == 0, "read without turning one's head"
        assert axes.yaxis.label.get_window_extent().y0 > axes.bbox.y1


def test_lines_are_broken_and_cut_by_the_room_that_they_take() -> None:
    assert room("重要价值客户 n") == 14
    assert broken("不可失去的重要价值客户群", letters=16).split("\n") == ["不可失去的重要价", "值客户群"]
    assert broken("customers of the north (n = 5)", letters=28).split("\n")[1] == "(n\u00a0=\u00a05)", "held together"
    assert cut("重要价值客户", letters=8) == "重要价…"
    assert cut("Hibernating", letters=11) == "Hibernating"


@themed
def test_a_chinese_name_of_a_line_is_broken_where_it_is_as_wide_as_a_latin_one() -> None:
    _, (axes,) = figures.canvas()
    axes.plot([0, 1], [0, 1], label="不可失去的重要价值客户群")
    name_lines(axes)
    assert [text.get_text() for text in axes.texts] == ["不可失去的重要价\n值客户群"]


@themed
def below(text: str, ticks: Sequence[str]) -> figures.Drawing:
    figure, (axes,) = figures.canvas()
    axes.plot(range(len(ticks)), range(len(ticks)))
    axes.set_xticks(range(len(ticks)), ticks)
    axes.set_yticks([0, 1], ["a name beside the axes", "another of them here"])
    axes.set_xlabel(text)
    return figures.Drawing(figure, "One line.")


def test_below_the_axes_nothing_is_cut_and_no_names_meet_on_a_page_or_a_phone() -> None:
    label = "difference of shares (in brackets: customers of the arm)"
    made = below(label, [f"month {number}" for number in range(8)])
    with seen_texts.watching() as watched:
        made.bundles()
    assert len(set(watched.widths)) == 2, "a page and a phone"
    assert watched.cut == []
    assert watched.meeting == []
    (axes,) = made.figure.axes
    assert axes.get_xlabel() == label, "as it was"
    assert all(tick.label1.get_visible() for tick in axes.xaxis.get_major_ticks())


@themed
def test_a_key_on_top_goes_on_below_where_a_phone_has_no_room() -> None:
    figure, (axes,) = figures.canvas()
    for number in range(3):
        axes.plot([0, 1], [0, number], label=f"interval of what was redeemed {number}")
    axes.set_title("Points")
    key_on_top(axes, columns=3)
    title = axes.titleOffsetTrans.get_matrix()[1, 2]
    with figures._narrow(figure):
        figures._laid_out(figure)
        key = axes.get_legend()
        assert key.get_window_extent().x1 < figure.bbox.width
        assert axes.titleOffsetTrans.get_matrix()[1, 2] > title, "more lines, so the title stands higher"
    assert key_names(axes) == tuple(f"interval of what was redeemed {number}" for number in range(3))
    assert axes.titleOffsetTrans.get_matrix()[1, 2] == title


@themed
def test_names_of_points_that_stand_close_are_moved_apart_and_stay_inside() -> None:
    figure, (axes,) = figures.canvas()
    axes.set(xlim=(0, 1), ylim=(0, 1))
    for number in range(4):
        name_point(axes, (0.9, 0.5 + number / 200), f"escalators and walkways {number}")
    figures.svg(figure)
    boxes = [text.get_window_extent() for text in axes.texts]
    assert not any(Bbox.intersection(one, other) for one, other in combinations(boxes, 2))
    assert all(figure.bbox.x0 <= box.x0 and box.x1 <= figure.bbox.x1 for box in boxes)


@themed
def test_a_key_on_top_begins_with_the_title_so_that_long_names_beside_the_axes_take_no_room_from_it() -> None:
    figure, (axes,) = figures.canvas()
    for measure in ("first reply within 24 hours", "resolution within 72 hours"):
        axes.plot([0, 1], [0, 1], label=measure)
    axes.set_yticks([0, 1], ["tickets of a long name", "tickets of normal priority (n = 1,234)"])
    axes.set_title("Tickets")
    key_on_top(axes)
    with seen_texts.watching() as watched:
        figures.Drawing(figure, "Two.").bundles()
    assert watched.cut == []
    assert len(set(watched.widths)) == 2, "a page and a phone"
