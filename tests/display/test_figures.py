"""Drawings: the same bytes every time, words for those who cannot see, no trace in the process."""

from __future__ import annotations

import dataclasses
import re
import sys
from typing import Any
from xml.etree import ElementTree

import matplotlib as mpl
import pytest
from matplotlib.figure import Figure

from helpers.display import figures
from helpers.display.showing import show
from helpers.display.theme import FONT, theme, themed
from helpers.watching import WATCHED_VARIABLE


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
    assert shown[0]["metadata"] == {figures.SVG: {"alt": "One line.", "title": "", "is_dense": False}}
    assert shown[0][figures.SVG].startswith("<?xml")


@themed
def panels(count: int) -> figures.Drawing:
    figure, all_axes = figures.canvas(columns=count, height=2)
    for number, axes in enumerate(all_axes):
        axes.plot([0, 1], [0, number])
        axes.set_title(f"panel {number}", loc="left")
    return figures.Drawing(figure, "All panels.", title="Of panels")


def width_of(svg: str) -> float:
    return float(re.search(r'width="([0-9.]+)pt"', svg)[1])


def test_panels_reach_the_page_one_by_one_so_that_a_phone_can_stack_them(shown: list[dict[str, Any]]) -> None:
    show(panels(5))
    told = [output["metadata"][figures.SVG] for output in shown]
    assert [each["across"] for each in told] == [3] * 5
    assert [each["title"] for each in told] == ["Of panels", "", "", "", ""]
    assert told[0]["alt"] == "All panels."
    assert told[3]["alt"] == "panel 3: described with the panel before."
    assert all(width_of(output[figures.SVG]) == pytest.approx(72 * 9 / 3, abs=5) for output in shown)
    assert len({output[figures.SVG] for output in shown}) == 5


def test_a_single_picture_is_drawn_once_more_for_a_phone() -> None:
    label = "A title that is too long for a phone, which is why it must be broken"
    ((data, _),) = drawing(label).bundles()
    wide, phone = data[figures.SVG], data[figures.PHONE]
    assert width_of(wide) == pytest.approx(72 * 9, abs=1)
    assert width_of(phone) == pytest.approx(72 * figures.PHONE_INCHES, abs=1)


def laid_out(made: figures.Drawing) -> list[Any]:
    (axes,) = made.figure.axes
    return [axes.get_title(), axes.get_title(loc="left"), axes.get_position().bounds, *made.figure.get_size_inches()]


def test_drawing_for_a_phone_leaves_the_figure_as_it_was() -> None:
    made = drawing("A title that is too long for a phone, which is why it must be broken")
    figures.svg(made.figure)
    before = laid_out(made)
    made.bundles()
    assert laid_out(made) == before


def test_texts_are_measured_by_one_renderer_until_the_size_changes() -> None:
    figure = drawing().figure
    first = figure._get_renderer()
    assert figure._get_renderer() is first
    figure.set_size_inches(3, 3)
    narrow = figure._get_renderer()
    assert narrow is not first
    figure.set_dpi(50)
    assert figure._get_renderer() is not narrow


def test_a_figure_reads_the_same_as_one_of_matplotlib(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = drawing().bundles()
    monkeypatch.setattr(figures, "_MeasuredFigure", Figure)
    assert drawing().bundles() == kept


def test_a_picture_whose_labels_leave_no_room_on_a_phone_keeps_its_width() -> None:
    made = drawing()
    (axes,) = made.figure.axes
    axes.set_yticks([0, 1], ["a name that is much too long for the width of any phone, " * 2, "b"])
    ((data, told),) = made.bundles()
    assert figures.PHONE not in data
    assert told[figures.SVG]["is_dense"]
    assert axes.get_position().bounds[2] > 0


def test_a_dense_picture_keeps_its_width() -> None:
    ((data, told),) = dataclasses.replace(drawing(), is_dense=True).bundles()
    assert figures.PHONE not in data
    assert told[figures.SVG]["is_dense"]


def test_drawing_leaves_the_process_as_it_was() -> None:
    before = dict(mpl.rcParams)
    drawing()
    assert dict(mpl.rcParams) == before
    assert "matplotlib.pyplot" not in sys.modules or not sys.modules["matplotlib.pyplot"].get_fignums()


@pytest.mark.filterwarnings("error:Glyph")
def test_chinese_is_drawn_with_the_carried_font() -> None:
    text = figures.svg(drawing("重要价值客户 客单价").figure)
    assert FONT in theme()["font.family"]
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


def test_for_whoever_watches_a_figure_is_no_wider_than_the_notebook_and_its_numbers_fold_below(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(WATCHED_VARIABLE, "0")
    assert "text/html" not in drawing().bundles()[0][0]
    monkeypatch.setenv(WATCHED_VARIABLE, "1")
    first, second = (data["text/html"] for data, _ in panels(2).bundles())
    assert first.startswith("<p><strong>Of panels</strong></p><img ")
    assert 'alt="All panels." style="display:block;max-width:100%"' in first
    assert second.startswith("<img ")
    assert drawing().bundles()[0][0]["text/html"].count("<details>") == 1
    assert drawing()._repr_html_().count("<details>") == 1
