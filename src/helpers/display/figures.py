"""A drawing and its words: what every figure of the kit is, and how it reaches a page."""

from __future__ import annotations

from dataclasses import dataclass
from io import StringIO

from IPython.display import display
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from helpers.display.theme import themed

SVG = "image/svg+xml"


@dataclass(frozen=True)
class Drawing:
    """A figure with the sentence that says its numbers to those who cannot see it."""

    figure: Figure
    alt: str


@themed
def canvas(*, columns: int = 1, height: float = 3.4, share_y: bool = False) -> tuple[Figure, list[Axes]]:
    """An empty figure of a page's width with `columns` axes side by side, tied to no window and no global state."""
    figure = Figure(figsize=(9, height))
    axes = figure.subplots(1, columns, sharey=share_y, squeeze=False)[0]
    return figure, list(axes)


@themed
def svg(figure: Figure) -> str:
    """The figure as SVG text; the same figure gives the same bytes on every run."""
    layout = figure.get_layout_engine()
    if layout is not None:
        # matplotlib would lay out and draw twice on saving; once is enough, and asking again moves nothing
        layout.execute(figure)
        figure.set_layout_engine("none")
    text = StringIO()
    figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
    return text.getvalue()


def show(drawing: Drawing) -> None:
    """Show a drawing in a notebook: SVG for the eye, the alt text for everyone else and for nbval."""
    display(
        {SVG: svg(drawing.figure), "text/plain": f"[figure] {drawing.alt}"},
        raw=True,
        metadata={SVG: {"alt": drawing.alt}},
    )
