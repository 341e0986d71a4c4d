"""Names of lines that never meet, ink that is read on its cell, and titles that begin inside the picture."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from helpers.display import figures
from helpers.display.charts import cells, name_lines
from helpers.display.design import points
from helpers.display.theme import INK, PAPER, SOFT, themed


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
