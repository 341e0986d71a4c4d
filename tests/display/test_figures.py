"""Drawings: the same bytes every time, words for those who cannot see, no trace in the process."""

from __future__ import annotations

import sys
from typing import Any

import matplotlib as mpl
import pytest

from helpers.display import figures
from helpers.display.showing import show
from helpers.display.theme import CJK_FONT, theme, themed


@themed
def drawing(label: str = "orders") -> figures.Drawing:
    figure, (axes,) = figures.canvas(height=2)
    axes.plot([0, 1], [0, 1], label=label)
    axes.set(title=label, xlabel="$ & <x>")
    axes.legend()
    return figures.Drawing(figure, "One line.")


def test_the_same_figure_has_the_same_bytes() -> None:
    one, two = figures.svg(drawing().figure), figures.svg(drawing().figure)
    assert one == two
    assert "<dc:date>" not in one


def test_a_drawing_is_shown_with_its_words(shown: list[dict[str, Any]]) -> None:
    show(drawing())
    assert shown[0]["text/plain"] == "[figure] One line."
    assert shown[0]["metadata"] == {figures.SVG: {"alt": "One line."}}
    assert shown[0][figures.SVG].startswith("<?xml")


def test_drawing_leaves_the_process_as_it_was() -> None:
    before = dict(mpl.rcParams)
    drawing()
    assert dict(mpl.rcParams) == before
    assert "matplotlib.pyplot" not in sys.modules or not sys.modules["matplotlib.pyplot"].get_fignums()


@pytest.mark.filterwarnings("error:Glyph")
def test_chinese_is_drawn_with_the_carried_font() -> None:
    text = figures.svg(drawing("重要价值客户 客单价").figure)
    assert CJK_FONT in theme()["font.family"]
    assert text.count("<use ") > 8 or text.count("<path ") > 8, "each character is an outline of its own"
