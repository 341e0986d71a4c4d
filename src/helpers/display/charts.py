"""What drawings share: lines named at their ends, cells coloured and written, units above what they measure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.axis import Tick
from matplotlib.colors import ListedColormap, to_hex
from matplotlib.dates import num2date
from matplotlib.figure import Figure, SubFigure
from matplotlib.lines import Line2D
from matplotlib.text import Annotation
from matplotlib.ticker import FuncFormatter
from matplotlib.transforms import Bbox, ScaledTranslation, Transform

from helpers.display import language as say
from helpers.display.design import HEAT, SIDES, STRONG_HEAT, STRONG_SIDES, points
from helpers.display.lines import broken
from helpers.display.theme import BLANK, INK, PAPER, SOFT

ROW = 1.6
"""Height of a line of text, in sizes of its type, with what laying out takes from the axes."""
KEY_ROW = 15
"""Points of a row of a legend."""
ON_TOP = "on top"
NAME_LETTERS = 16
"""Letters of a line's name before it goes on below; a Chinese one takes the room of two."""
POINTS_PER_INCH = 72
EDGE = 2
"""Dots between the edge of a picture and what stands in it."""
NAMES_A_POINT = "names a point"
BESIDE = (
    *((7, 0), (-7, 0), (0, 8), (0, -8), (7, 9), (7, -9), (-7, 9), (-7, -9)),
    *((7, 20), (7, -20), (-7, 20), (-7, -20), (0, 20), (0, -20)),
)
"""Where the name of a point may stand, in points beside it, the best first."""
MARK = 5
"""Dots about the middle of a point that its mark takes."""
TICK_GAP = 4
"""Dots between the names of two ticks."""
UNIT_GAP, UNIT_ROOM = 5, 17
"""Points between the axes and their unit, and between the unit and the title."""


@dataclass(frozen=True)
class _End:
    """Where a line ends, in parts of the axes, and its name; `top` is its highest place, which orders equal ends."""

    height: float
    top: float
    name: str

    @property
    def row_count(self) -> int:
        return self.name.count("\n") + 1


def name_lines(axes: Axes) -> None:
    """Write the label of each line at its right end, in place of a legend; names that would meet are moved apart."""
    ends = sorted(filter(None, map(_end, axes.get_lines())), key=lambda end: (end.height, end.top))
    row = points("note") * ROW / (POINTS_PER_INCH * axes.bbox.height / axes.get_figure(root=True).dpi)
    floor, places = 0.0, []
    for end in ends:
        places.append(max(end.height, floor + row * end.row_count / 2))
        floor = places[-1] + row * end.row_count / 2
    above = max(0.0, floor - 1.0)
    for end, place in zip(ends, places, strict=True):
        axes.annotate(
            end.name, (1.02, place - above), xycoords="axes fraction", va="center", fontsize=points("note"), color=INK,
            linespacing=1.1, annotation_clip=False,
        )  # fmt: skip


def _end(line: Line2D) -> _End | None:
    """The right end of a line; None where it has no name, or no end."""
    heights = np.asarray(line.get_ydata(), dtype=float)
    known = heights[np.isfinite(heights)]
    if not len(known) or str(line.get_label()).startswith("_"):
        return None
    seen = line.axes.transAxes.inverted().transform(line.axes.transData.transform([(0, known[-1]), (0, known.max())]))
    return _End(float(seen[0, 1]), float(seen[1, 1]), broken(str(line.get_label()), letters=NAME_LETTERS))


def name_point(axes: Axes, at: tuple[float, float], name: str) -> None:
    """Write a name beside a point; where names of several points meet, drawing moves them apart."""
    written = axes.annotate(
        name, at, xytext=BESIDE[0], textcoords="offset points", ha="left", va="center", fontsize=points("note"),
        color=INK,
    )  # fmt: skip
    written.set_label(NAMES_A_POINT)
    written.set_in_layout(False)  # room for names at the edge would leave the points little of a phone


def part_names(figure: Figure) -> None:
    """Lay each name of a point where it covers least of the others and of the edge; the figure must be laid out."""
    for axes in figure.axes:
        names = [text for text in axes.texts if text.get_label() == NAMES_A_POINT]
        spots = [axes.transData.transform(text.xy) for text in names]
        taken = [Bbox.from_extents(x - MARK, y - MARK, x + MARK, y + MARK) for x, y in spots]
        for text in names:
            boxes = [_laid(text, beside, figure) for beside in BESIDE]
            best = min(range(len(boxes)), key=lambda at: _covered(boxes[at], taken, axes.figure.bbox))
            taken.append(_laid(text, BESIDE[best], figure))


def _laid(text: Annotation, beside: tuple[float, float], figure: Figure) -> Bbox:
    """The box of a name that is laid so many points beside its point."""
    across, up = beside
    text.set_position(beside)
    text.set_ha("left" if across > 0 else "right" if across < 0 else "center")
    text.set_va("center" if abs(up) < MARK else "bottom" if up > 0 else "top")
    return text.get_window_extent(figure._get_renderer())


def _covered(box: Bbox, taken: Sequence[Bbox], panel: Bbox) -> float:
    """Dots of what is taken, or beyond the edge of the panel, that a box covers."""
    shared = (Bbox.intersection(box, other) for other in taken)
    inside = Bbox.intersection(box, panel)
    beyond = box.width * box.height - (inside.width * inside.height if inside else 0)
    return beyond + sum(both.width * both.height for both in shared if both)


def key_on_top(axes: Axes, *, columns: int = 2, handles: Sequence[Artist] | None = None) -> None:
    """The legend, of these `handles` or of all that have a label, between the title and the axes: it hides nothing."""
    key = axes.legend(
        loc="lower left", bbox_to_anchor=(0, 1), bbox_transform=_above(axes), borderaxespad=0, borderpad=0,
        ncols=columns, columnspacing=1.2, handles=handles,
    )  # fmt: skip
    key.set_label(ON_TOP)
    _lift_title(axes)


def _above(axes: Axes) -> Transform:
    """Places in parts of the axes, over their unit where they have one."""
    unit = UNIT_ROOM if axes.get_ylabel() else 0
    return axes.transAxes + ScaledTranslation(0, (UNIT_GAP + unit) / POINTS_PER_INCH, axes.figure.dpi_scale_trans)


def _lift_title(axes: Axes) -> None:
    """Leave room between the axes and their title for the unit and for the lines of the key on top."""
    key, unit = axes.get_legend(), UNIT_ROOM if axes.get_ylabel() else 0
    columns = np.array_split([text.get_text().count("\n") + 1 for text in key.get_texts()], key._ncols)
    axes._set_title_offset_trans(2 * UNIT_GAP + unit + max(map(sum, columns)) * KEY_ROW)


def rename_key(axes: Axes, names: Sequence[str]) -> None:
    """Other words for the same entries of the key on top of these axes; lines more or fewer move the title."""
    for text, name in zip(axes.get_legend().get_texts(), names, strict=True):
        text.set_text(name)
    _lift_title(axes)


def key_names(axes: Axes) -> tuple[str, ...]:
    """The names of the entries of the key on top of these axes; none where there is no such key."""
    key = axes.get_legend()
    is_on_top = key is not None and key.get_label() == ON_TOP
    return tuple(text.get_text() for text in key.get_texts()) if is_on_top else ()


def days_below(axes: Axes) -> None:
    """Write the days of a horizontal axis as months over their years; a day within a month with its number."""
    axes.xaxis.set_major_formatter(FuncFormatter(_day_below))


def _day_below(value: float, _position: int | None = None) -> str:
    day = num2date(value).date()
    return f"{say.short_month(day)}\n{day.year}" if day.day == 1 else f"{day:%m-%d}\n{day.year}"


@contextmanager
def uncrowded(figure: Figure | SubFigure) -> Iterator[None]:
    """Leave out ticks below the axes whose names would meet the one before, while a figure is drawn."""
    hidden = [tick for axes in figure.axes if axes.axison for tick in _crowded(axes, figure)]
    for tick in hidden:
        tick.label1.set_visible(False)
    yield
    for tick in hidden:
        tick.label1.set_visible(True)


def _crowded(axes: Axes, figure: Figure | SubFigure) -> list[Tick]:
    """The ticks whose names are too near to the last that is kept, or cut; names that are turned stand closer."""
    end, crowded = -math.inf, []
    for tick in axes.xaxis._update_ticks():
        if not tick.label1.get_visible() or not tick.label1.get_text() or tick.label1.get_rotation():
            continue
        box = tick.label1.get_window_extent(figure._get_renderer())
        if box.x0 < end + TICK_GAP or box.x1 > axes.figure.bbox.x1 + EDGE:
            crowded.append(tick)
        else:
            end = box.x1
    return crowded


def cells(
    axes: Axes,
    values: np.ndarray,
    *,
    texts: Sequence[Sequence[str]] | None = None,
    limits: tuple[float, float],
    is_two_sided: bool = False,
    size: str = "note",
) -> object:
    """A grid of coloured cells with what is written in each; the first row stands at the top.

    Parameters
    ----------
    values
        Rows and columns; a cell that is NaN stays grey.
    texts
        What is written in each cell, in ink that is read on its colour.
    limits
        The values of the lightest and the strongest colour; of both sides where `is_two_sided`, about a middle.
    size
        Of the writing, a step of the scale.

    Returns
    -------
    The coloured cells, for a bar that explains the colours.
    """
    colours, strong = (SIDES, STRONG_SIDES) if is_two_sided else (HEAT, STRONG_HEAT)
    low, high = limits
    mesh = axes.pcolormesh(
        np.ma.masked_invalid(values), cmap=ListedColormap(colours), vmin=low, vmax=high, edgecolor=PAPER, linewidth=1.5
    )
    axes.set_facecolor(BLANK)
    axes.invert_yaxis()
    axes.grid(visible=False)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    for row, line in enumerate(texts or []):
        for column, text in enumerate(line):
            if not text:
                continue
            value = values[row, column]
            ink = PAPER if to_hex(mesh.to_rgba(value)) in strong else INK
            ink = SOFT if math.isnan(value) else ink
            axes.text(column + 0.5, row + 0.5, text, ha="center", va="center", fontsize=points(size), color=ink)
    return mesh


def unit_on_top(axes: Axes) -> None:
    """Lay the label of the vertical axis over it, so that nobody must turn their head, and the title above that."""
    if not axes.get_ylabel() or axes.get_label() == "<colorbar>":
        return
    lift = ScaledTranslation(0, UNIT_GAP / POINTS_PER_INCH, axes.figure.dpi_scale_trans)
    axes.yaxis.label.set(rotation=0, ha="left", va="bottom", color=SOFT)
    axes.yaxis.set_label_coords(0, 1, transform=axes.transAxes + lift)
    if axes.get_legend() is None or axes.get_legend().get_label() != ON_TOP:
        axes._set_title_offset_trans(UNIT_GAP + UNIT_ROOM)  # setting the title again would undo its size


def flush_left(figure: Figure | SubFigure) -> None:
    """Begin titles, units and keys where the numbers and names beside the axes begin; the figure must be laid out."""
    for axes in figure.axes:
        ticks = axes.yaxis._update_ticks() if axes.axison else []
        boxes, _ = axes.yaxis._get_ticklabel_bboxes(ticks, figure._get_renderer())
        edge = axes.figure.bbox.x0 + EDGE
        begin = max(edge, min([axes.bbox.x0, *(box.x0 for box in boxes)]))
        start = axes.transAxes.inverted().transform((begin, 0))[0]
        axes._left_title.set_x(start)
        if key_names(axes):
            axes.get_legend().set_bbox_to_anchor((start, 1), transform=_above(axes))
        if axes.get_ylabel() and axes.get_label() != "<colorbar>":
            lift = ScaledTranslation(0, UNIT_GAP / POINTS_PER_INCH, axes.figure.dpi_scale_trans)
            axes.yaxis.set_label_coords(start, 1, transform=axes.transAxes + lift)


def keep_inside(figure: Figure | SubFigure) -> None:
    """Move labels below their axes until none goes on beyond the edge of its panel; the figure must be laid out."""
    for axes in figure.axes:
        label, panel = axes.xaxis.label, axes.figure.bbox
        if not label.get_text():
            continue
        box = label.get_window_extent(figure._get_renderer())
        shift = max(panel.x0 + EDGE - box.x0, 0) + min(panel.x1 - EDGE - box.x1, 0)
        label.set_x(label.get_position()[0] + shift / axes.bbox.width)
