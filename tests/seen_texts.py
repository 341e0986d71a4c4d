"""What is written in a figure, and where: which texts its edge cuts, and which names of ticks meet."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise

import pytest
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text

from helpers.display import charts, figures

SLACK = 2
"""Dots by which a text may reach over the edge or into the next: letters have room about them."""


@dataclass
class Watched:
    """What is cut and what meets in the figures that were drawn, each with the width in dots of its figure."""

    widths: list[float] = field(default_factory=list)
    cut: list[tuple[float, str]] = field(default_factory=list)
    meeting: list[tuple[float, str, str]] = field(default_factory=list)


@contextmanager
def watching() -> Iterator[Watched]:
    """Watch every figure that is drawn for a page or a phone."""
    watched = Watched()

    @contextmanager
    def looked_at(figure: Figure) -> Iterator[None]:
        with charts.uncrowded(figure):
            _look(figure, watched)
            yield

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(figures, "uncrowded", looked_at)
        yield watched


def _look(figure: Figure, watched: Watched) -> None:
    width = figure.bbox.width
    watched.widths.append(width)
    for axes in filter(Axes.get_visible, figure.axes):
        panel = axes.figure.bbox
        axes.get_tightbbox(figure._get_renderer())  # moves the labels to where they will be drawn
        for text in _texts(axes):
            box = text.get_window_extent(figure._get_renderer())
            if min(box.x0 - panel.x0, panel.x1 - box.x1, box.y0 - panel.y0, panel.y1 - box.y1) < -SLACK:
                watched.cut.append((width, _said(text)))
        names = [name for name in _names(axes, "x") if not name.get_rotation()]
        for one, other in pairwise(sorted(names, key=lambda name: name.get_window_extent().x0)):
            if one.get_window_extent().x1 > other.get_window_extent().x0 + SLACK:
                watched.meeting.append((width, one.get_text(), other.get_text()))


def _texts(axes: Axes) -> Iterator[Artist]:
    written = [*axes.texts, axes._left_title, axes.title]
    names = [*_names(axes, "x"), *_names(axes, "y"), axes.xaxis.label, axes.yaxis.label] if axes.axison else []
    yield from (text for text in [*written, *names] if text.get_visible() and text.get_text().strip())
    if key := axes.get_legend():
        yield key


def _names(axes: Axes, which: str) -> list[Text]:
    """The names of the ticks between the ends of an axis."""
    axis = axes.xaxis if which == "x" else axes.yaxis
    names = [tick.label1 for tick in axis._update_ticks()] if axes.axison else []
    return [name for name in names if name.get_visible() and name.get_text().strip()]


def _said(text: Artist) -> str:
    return text.get_text() if isinstance(text, Text) else "the key"
