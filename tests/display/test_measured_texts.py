"""Texts measured once a process: what matplotlib itself measures and draws, to the last digit."""

from __future__ import annotations

from io import StringIO

import matplotlib as mpl
import matplotlib.textpath
import pytest
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties

from helpers.display import figures, measured_texts
from helpers.display.theme import theme

TEXTS = ("Kunden", "客户 12", "1,234 £", "aaa", "two\nlines", "", "\N{SQUARE ROOT}2")


def drawn(figure: Figure) -> str:
    """A figure with many texts, laid out and drawn twice, as SVG text."""
    with mpl.rc_context(theme()):
        axes = figure.subplots()
        axes.plot([0, 1500], [2, 3], label=TEXTS[1])
        axes.set_title(TEXTS[0])
        axes.set_xlabel(TEXTS[1], fontsize="large")
        axes.legend()
        for number, text in enumerate(TEXTS):
            axes.text(0.1 * number, 0.1 * number, text, rotation=15 * number, fontsize=6 + number, in_layout=False)
        out = StringIO()
        for _ in range(2):
            figure.canvas = FigureCanvasSVG(figure)
            figure.canvas.print_svg(out, metadata={"Date": None, "Creator": None})
        return out.getvalue()


def test_a_figure_of_ours_is_drawn_as_matplotlib_draws_it() -> None:
    with mpl.rc_context(theme()):
        plain, ours = Figure(figsize=(5, 3)), figures.canvas()[0]
    ours.clear()
    ours.set_size_inches(5, 3)
    assert drawn(ours) == drawn(plain)


@pytest.mark.parametrize("size", [7, 12.5])
def test_measures_are_those_of_matplotlib_however_often_they_are_asked(size: float) -> None:
    prop = FontProperties(family=theme()["font.family"], size=size)
    for text in " ".join(TEXTS).split() * 2:
        asked = (text, prop, False)
        measured = measured_texts.TRACED.get_text_width_height_descent(*asked)
        assert measured == matplotlib.textpath.TextToPath().get_text_width_height_descent(*asked)


def test_a_property_that_changes_afterwards_changes_no_answer() -> None:
    prop = FontProperties(family=theme()["font.family"], size=10)
    before = measured_texts.TRACED.get_text_width_height_descent("text", prop, False)
    heights = measured_texts.line_heights(prop, dpi=72)
    prop.set_size(20)
    assert measured_texts.TRACED.get_text_width_height_descent("text", prop, False)[0] == 2 * before[0]
    assert measured_texts.line_heights(prop, dpi=72) == tuple(2 * each for each in heights if each is not None)


def test_each_text_is_measured_and_traced_once() -> None:
    text = "seen by this test alone"
    kept = [measured_texts._Traced._measured, measured_texts._Traced._outlined]
    drawn_part, (axes,) = figures.canvas()
    axes.set_title(text)
    figures.svg(drawn_part)
    before = [each.cache_info().misses for each in kept]
    for _ in range(2):
        again, (axes,) = figures.canvas()
        axes.set_title(text)
        figures.svg(again)
    assert [each.cache_info().misses for each in kept] == before
    assert all(each.cache_info().hits for each in kept)
