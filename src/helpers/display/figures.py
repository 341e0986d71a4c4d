"""A drawing and its words: what every figure of the kit is, and how it reaches a page."""

from __future__ import annotations

import math
import re
import warnings
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from html import escape
from io import StringIO
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backend_bases import RendererBase
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure, SubFigure
from matplotlib.ticker import FuncFormatter, PercentFormatter
from matplotlib.transforms import Bbox

from helpers.display.charts import flush_left, keep_inside, key_names, part_names, rename_key, uncrowded, unit_on_top
from helpers.display.drawn import numbers
from helpers.display.lines import broken
from helpers.display.measured_texts import quicken
from helpers.display.tables import table
from helpers.display.theme import themed
from helpers.display.wording import spoken, worded
from helpers.watching import is_watched

SVG = "image/svg+xml"
PHONE = "image/vnd.regulars.phone+svg"
"""A figure drawn once more for the width of a phone, beside the one for a page."""
NUMBERS = "image/vnd.regulars.numbers+html"
"""The numbers of a figure as a table that folds, beside its picture."""
PAGE_INCHES, PHONE_INCHES = 9.0, 4.2
MOST_ACROSS = 3
"""Panels side by side on a wide page; further ones stand below."""
LETTERS_PER_INCH, SMALL_LETTERS_PER_INCH = 10.5, 13.5
"""Of a title, and of the label of an axis."""
KEY_LETTERS = 6
"""Room that the mark of an entry of a key takes, and the blank behind."""
SHARE_AXIS = PercentFormatter(xmax=1, decimals=0)


AXIS_SCALES = {"en": ((1e9, "bn"), (1e6, "m"), (1e3, "k")), "zh": ((1e8, "亿"), (1e4, "万"))}
"""From where on ticks are in larger units, by language."""


def _amount_axis(value: float, _position: int | None = None) -> str:
    for floor, unit in AXIS_SCALES[spoken()]:
        if abs(value) >= floor:
            return f"{value / floor:g}{unit}"
    return f"{value:g}"


# matplotlib writes six decimals of a point. Rounded to two, a float that differs in its eleventh digit draws the same.
# The borders between two roundings lie a little beside the numbers that layouts and shares often hit exactly.
PLACES = 100
BORDER = 0.5137
PLACED = re.compile(r' (?:d|x|y|x1|y1|x2|y2|cx|cy|r|width|height|points|transform)="[^"]*"')
NUMBER = re.compile(r"(?:scale|matrix)\([^)]*\)|-?\d+\.\d{3,}")
MADE_ID = re.compile(r'(?<=\bid=")[a-zA-Z]+[0-9a-f]{10}(?=")')
NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
"""Characters of a label that no XML may hold, or that no browser shows: the page would lose the whole figure."""
WINDOW = re.compile(r'width="[^"]*" height="[^"]*" viewBox="[^"]*"')
POINTS_PER_INCH = 72
AMOUNT_AXIS = FuncFormatter(_amount_axis)


@dataclass(frozen=True)
class Drawing:
    """A figure with the sentence that says its numbers to those who cannot see it.

    Parameters
    ----------
    figure
        As `canvas` gives it. Its panels reach the page one by one, so that they stand side by side where there is room
        and below each other on a phone.
    alt
        The numbers of the whole figure in words.
    title
        A heading over the figure and all its panels, which stands on the page and not in the picture.
    is_dense
        Whether it is too dense to be drawn for the width of a phone, such as a map of many written cells: there it
        keeps its width and scrolls.
    told
        The numbers of a figure from whose axes they cannot be read off, such as flows: texts, under their heads.
    """

    figure: Figure
    alt: str
    title: str = ""
    is_dense: bool = False
    told: pd.DataFrame | None = None

    def bundles(self) -> list[Bundle]:
        """One output for each panel: SVG for the eye, the alt text for everyone else and for nbval."""
        panels = self.figure.subfigs
        if not panels:
            return [self._whole()]
        _laid_out(self.figure)
        across = min(len(panels), MOST_ACROSS)
        return [self._panel(panel, number, across) for number, panel in enumerate(panels)]

    def _repr_html_(self) -> str:
        """All panels as pictures below each other, no wider than the notebook, each with its numbers folded below."""
        title = f"<p><strong>{escape(self.title)}</strong></p>" if self.title else ""
        return title + "".join(_pictured(data, told) for data, told in self.bundles())

    def _whole(self) -> Bundle:
        data: dict[str, Any] = {SVG: svg(self.figure), "text/plain": f"[figure] {self.alt}", **self._numbers()}
        phone = None if self.is_dense else _phone_svg(self.figure)
        if phone is not None:
            data[PHONE] = phone
        return _watched(data, {SVG: {"alt": self.alt, "title": self.title, "is_dense": phone is None}})

    def _numbers(self) -> dict[str, str]:
        return _folded(numbers(self.figure.axes) if self.told is None else self.told)

    def _panel(self, panel: SubFigure, number: int, across: int) -> Bundle:
        name = " ".join(axes.get_title(loc="left") for axes in panel.axes if axes.get_title(loc="left"))
        alt = self.alt if number == 0 else worded("{panel}: described with the panel before.", panel=name)
        told = {"alt": alt, "across": across, "title": self.title if number == 0 else ""}
        data = {SVG: svg(self.figure, panel=panel), "text/plain": f"[figure] {alt}", **_folded(numbers(panel.axes))}
        return _watched(data, {SVG: told})


def _folded(frame: pd.DataFrame) -> dict[str, str]:
    """The numbers of a figure as a table that is folded away; nothing where there are none."""
    if not len(frame):
        return {}
    shown = table(
        frame,
        caption=worded("The numbers of this figure"),
        formats={str(column): str for column in frame},
        is_folded=True,
    )
    return {NUMBERS: shown._repr_html_()}


Bundle = tuple[dict[str, Any], dict[str, Any]]


def _watched(data: dict[str, Any], told: dict[str, Any]) -> Bundle:
    """An output as it is; where somebody watches the notebook, also as JupyterLab shows it, which knows no phone."""
    if is_watched():
        title = told[SVG]["title"]
        data["text/html"] = (f"<p><strong>{escape(title)}</strong></p>" if title else "") + _pictured(data, told)
    return data, told


def _pictured(data: dict[str, Any], told: dict[str, Any]) -> str:
    source, alt = f"data:{SVG};base64,{b64encode(data[SVG].encode()).decode()}", escape(told[SVG]["alt"])
    return f'<img src="{source}" alt="{alt}" style="display:block;max-width:100%">{data.get(NUMBERS, "")}'


class _MeasuredFigure(Figure):
    """A figure that keeps what measures its texts until its size or its canvas change.

    matplotlib makes one anew whenever a text is measured outside a drawing, and forgets with it how large each text is.
    """

    def _get_renderer(self) -> RendererBase:
        kept: dict[tuple[object, ...], RendererBase] = self.__dict__.setdefault("_kept_renderers", {})
        key = (type(self.canvas), self.dpi, *self.get_size_inches())
        if key not in kept:
            kept[key] = super()._get_renderer()
            quicken(kept[key], dpi=self.dpi)
        return kept[key]

    def draw(self, renderer: RendererBase) -> None:
        quicken(renderer, dpi=self.dpi)
        super().draw(renderer)


@themed
def canvas(*, columns: int = 1, height: float = 3.4, share_y: bool = False) -> tuple[Figure, list[Axes]]:
    """An empty figure of a page's width, tied to no window and no global state, with `columns` panels of one axes each.

    More than three panels make the figure wider: on the page they go on below.
    """
    across = min(columns, MOST_ACROSS)
    figure = _MeasuredFigure(figsize=(PAGE_INCHES / across * columns, height))
    if columns == 1:
        return figure, [figure.subplots()]
    axes = [panel.subplots() for panel in figure.subfigures(1, columns)]
    for other in axes[1:] if share_y else []:
        other.sharey(axes[0])
    return figure, axes


@themed
def svg(figure: Figure, *, panel: SubFigure | None = None) -> str:
    """The figure, or one panel of it, as SVG text; the same figure gives the same bytes on every processor."""
    _laid_out(figure)
    drawn_part = panel or figure  # what is hidden need not be put right
    flush_left(drawn_part)
    keep_inside(drawn_part)
    part_names(figure)
    text = StringIO()
    with _alone(figure, panel), uncrowded(drawn_part):
        # `savefig` would draw everything twice, and a panel cut out by `bbox_inches` too
        FigureCanvasSVG(figure).print_svg(text, metadata={"Date": None, "Creator": None})
    drawn = text.getvalue() if panel is None else _cut_out(text.getvalue(), figure, panel)
    return settled(NOT_XML.sub("\ufffd", drawn))


def _cut_out(text: str, figure: Figure, panel: SubFigure) -> str:
    """The SVG text of a figure, seen through a window of the size of this panel."""
    left, bottom, right, top = panel.bbox.extents * POINTS_PER_INCH / figure.dpi
    width, height = right - left, top - bottom
    above = POINTS_PER_INCH * figure.get_figheight() - top
    window = f'width="{width:g}pt" height="{height:g}pt" viewBox="{left:g} {above:g} {width:g} {height:g}"'
    return WINDOW.sub(window, text, count=1)


def _laid_out(figure: Figure) -> None:
    """Lay the figure out once: matplotlib would do it twice on saving, and asking again moves nothing."""
    layout = figure.get_layout_engine()
    if layout is not None:
        for axes in figure.axes:
            unit_on_top(axes)
        layout.execute(figure)
        figure.set_layout_engine("none")


@contextmanager
def _alone(figure: Figure, panel: SubFigure | None) -> Iterator[None]:
    """The figure with one of its panels visible alone, while it is drawn; with all where None is named."""
    others = [each for each in figure.subfigs if panel not in (None, each)]
    for each in others:
        each.set_visible(False)
    yield
    for each in others:
        each.set_visible(True)


def _phone_svg(figure: Figure) -> str | None:
    """A figure that is laid out, drawn for the width of a phone; None where its labels leave no room there."""
    with warnings.catch_warnings(), _narrow(figure):
        warnings.filterwarnings("error", message="constrained_layout not applied")
        try:
            return svg(figure)
        except UserWarning:
            return None


@contextmanager
def _narrow(figure: Figure) -> Iterator[None]:
    """A figure that is laid out, at the width of a phone and with titles broken into lines, while it is drawn."""
    size = figure.get_size_inches().copy()
    as_it_was = [_Place.of(axes) for axes in figure.axes]
    figure.set_size_inches(PHONE_INCHES, size[1])
    figure.set_layout_engine("constrained")
    for place in as_it_was:
        place.narrowed()
    yield
    figure.set_layout_engine("none")
    figure.set_size_inches(size)
    for place in as_it_was:
        place.restored()


@dataclass(frozen=True)
class _Place:
    """Where axes stand on a page, their title, the label below them and the entries of the key on top."""

    axes: Axes
    box: Bbox
    title: str
    below: str
    below_at: float
    key: tuple[str, ...]

    @classmethod
    def of(cls, axes: Axes) -> _Place:
        """The place of axes as they stand now."""
        below = axes.xaxis.label
        title, at = axes.get_title(loc="left"), below.get_position()[0]
        return cls(axes, axes.get_position(), title, below.get_text(), at, key_names(axes))

    def narrowed(self) -> None:
        """Break the title, the label and the key into lines that have room on a phone; all stay where they stand."""
        self.axes._left_title.set_text(broken(self.title, letters=int(LETTERS_PER_INCH * PHONE_INCHES)))
        self.axes.xaxis.label.set_text(broken(self.below, letters=int(SMALL_LETTERS_PER_INCH * PHONE_INCHES)))
        if self.key:
            across = SMALL_LETTERS_PER_INCH * PHONE_INCHES / self.axes.get_legend()._ncols
            rename_key(self.axes, [broken(name, letters=int(across) - KEY_LETTERS) for name in self.key])

    def restored(self) -> None:
        """Put everything back to where it stood, with its own words."""
        self.axes._left_title.set_text(self.title)
        self.axes.xaxis.label.set(text=self.below, x=self.below_at)
        self.axes.set_position(self.box)
        if self.key:
            rename_key(self.axes, self.key)


def settled(text: str) -> str:
    """SVG text whose points have two decimals, and whose ids do not depend on the decimals that were cut off."""
    rounded = PLACED.sub(lambda attribute: NUMBER.sub(_rounded, attribute[0]), text)
    made = list(dict.fromkeys(MADE_ID.findall(rounded)))
    if not made:
        return rounded
    any_id = re.compile("|".join(made))
    salt = sha256(any_id.sub("", rounded).encode()).hexdigest()[:8]
    names = {name: f"{name[0]}{salt}-{count}" for count, name in enumerate(made)}
    return any_id.sub(lambda name: names[name[0]], rounded)


def _rounded(number: re.Match[str]) -> str:
    if not number[0][-1].isdigit():
        return number[0]  # a factor, not a place
    text = f"{math.floor(float(number[0]) * PLACES + BORDER) / PLACES:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


@themed
def empty(title: str, why: str) -> Drawing:
    """A figure that cannot be drawn says why in its place."""
    figure, (axes,) = canvas(height=1.2)
    axes.set_title(title)
    lines = broken(why, letters=int(SMALL_LETTERS_PER_INCH * PHONE_INCHES))
    axes.text(0.5, 0.5, lines, ha="center", va="center", transform=axes.transAxes)
    axes.set_axis_off()
    return Drawing(figure, worded("{title}: {why}", title=title, why=why))
