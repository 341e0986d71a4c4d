"""A drawing and its words: what every figure of the kit is, and how it reaches a page."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from hashlib import sha256
from io import StringIO
from typing import Any

from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, PercentFormatter

from helpers.display.theme import themed

SVG = "image/svg+xml"
SHARE_AXIS = PercentFormatter(xmax=1, decimals=0)


def _amount_axis(value: float, _position: int | None = None) -> str:
    for floor, unit in ((1e9, "bn"), (1e6, "m"), (1e3, "k")):
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
AMOUNT_AXIS = FuncFormatter(_amount_axis)


@dataclass(frozen=True)
class Drawing:
    """A figure with the sentence that says its numbers to those who cannot see it."""

    figure: Figure
    alt: str

    def bundle(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """SVG for the eye, the alt text for everyone else and for nbval."""
        return {SVG: svg(self.figure), "text/plain": f"[figure] {self.alt}"}, {SVG: {"alt": self.alt}}


@themed
def canvas(*, columns: int = 1, height: float = 3.4, share_y: bool = False) -> tuple[Figure, list[Axes]]:
    """An empty figure of a page's width with `columns` axes side by side, tied to no window and no global state."""
    figure = Figure(figsize=(9, height))
    axes = figure.subplots(1, columns, sharey=share_y, squeeze=False)[0]
    return figure, list(axes)


@themed
def svg(figure: Figure) -> str:
    """The figure as SVG text; the same figure gives the same bytes on every run and on every processor."""
    layout = figure.get_layout_engine()
    if layout is not None:
        # `savefig` would lay out and draw twice; once is enough, and asking again moves nothing
        layout.execute(figure)
        figure.set_layout_engine("none")
    text = StringIO()
    FigureCanvasSVG(figure).print_svg(text, metadata={"Date": None, "Creator": None})
    return settled(NOT_XML.sub("\ufffd", text.getvalue()))


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
    axes.text(0.5, 0.5, why, ha="center", va="center", transform=axes.transAxes)
    axes.set_axis_off()
    return Drawing(figure, f"{title}: {why}")
