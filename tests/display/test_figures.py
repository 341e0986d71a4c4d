"""Drawings: the same bytes every time, words for those who cannot see, no trace in the process."""

from __future__ import annotations

import re
import sys
from typing import Any
from xml.etree import ElementTree

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


@themed
def _points(shift: float) -> str:
    figure, (axes, other) = figures.canvas(columns=2, height=2)
    axes.scatter([0.1, 0.7, 0.9 * (1 + shift)], [1 / 3 + shift, 0.5, 2 / 3])
    axes.fill_between([0, 1 + shift], [0.2, 0.3 * (1 + shift)], alpha=0.3)
    other.plot([0, 1], [0.5 + shift, 0.25 - shift], "o-", clip_on=True)
    other.bar([0, 1], [0.5 * (1 - shift), 0.125 + shift])
    return figures.svg(figure)


@pytest.mark.parametrize("shift", [1e-11, -1e-11, 3e-10])
def test_the_last_digits_of_a_float_draw_the_same_bytes(shift: float) -> None:
    """Processors differ in the eleventh digit of a sum; half a cent of a point is where a rounding could flip."""
    assert _points(shift) == _points(0)
    assert _points(1e-2) != _points(0)


def test_a_place_has_two_decimals_and_a_factor_keeps_its_own() -> None:
    text = figures.settled('<path id="m0123456789" d="M 1.234567 -0.001" transform="scale(0.015625)"/>')
    assert text.startswith('<path id="m')
    assert 'd="M 1.23 0" transform="scale(0.015625)"' in text
    assert "0123456789" not in text


def test_ids_follow_from_what_is_drawn() -> None:
    one, two = (figures.settled(f'<path id="m{id_}" d="M 1 1"/><use href="#m{id_}"/>') for id_ in ("0" * 10, "1" * 10))
    other = figures.settled('<path id="m0000000000" d="M 2 1"/>')
    name = one.split('"')[1]
    assert one == two
    assert f'href="#{name}"' in one
    assert name not in other


@pytest.mark.filterwarnings("ignore:Glyph")
def test_no_label_breaks_a_figure() -> None:
    figure, (axes,) = figures.canvas()
    labels = ["a\x00b", "\x1b[31mred", "x\x0b\x0c", "]]>", "<b>&amp;", "\ufffe", "a--b", "$x^$"]
    axes.barh(labels, range(len(labels)))
    axes.set_title("\x07title")
    text = figures.svg(figure)
    ElementTree.fromstring(text)
    assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f]", text)
