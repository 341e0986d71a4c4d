"""The numbers of a drawing, read off its axes: what a figure shows, as a table for whoever cannot see it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil, isfinite
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.collections import Collection, LineCollection, PathCollection, PolyCollection, QuadMesh
from matplotlib.colors import to_hex
from matplotlib.container import BarContainer
from matplotlib.dates import DateConverter, _SwitchableDateConverter, num2date
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator

from helpers.display import language as say
from helpers.display.wording import worded

MOST_ROWS = 60
"""Of a table of numbers: of a curve of more points every second, third or so is told."""
SIGNIFICANT_DIGITS = 4
DAYS = (DateConverter, _SwitchableDateConverter)
NEAR = 0.5
"""How far from the tick of a category its mark may stand, such as the second of two bars."""


@dataclass(frozen=True)
class _Mark:
    """One number that is drawn: whose it is, at which place, and whether it is the value or an end of its interval."""

    series: str
    place: float
    column: str
    number: float


def numbers(axes: Sequence[Axes]) -> pd.DataFrame:
    """What is drawn on these axes, a row for each place of a series, as texts; no rows where nothing can be read off.

    The columns are the panel and the series, where there are several, the place, the value, and its interval where one
    is drawn. Maps of cells have a column for each of theirs instead.
    """
    frames = {" ".join([each.get_title(loc="left")]).strip(): _of_one(each) for each in axes}
    frames = {title: frame for title, frame in frames.items() if len(frame)}
    if len(frames) < 2:
        return next(iter(frames.values()), pd.DataFrame())
    parts = [frame.assign(**{worded("panel"): title}) for title, frame in frames.items()]
    joined = pd.concat(parts, ignore_index=True).fillna("")
    return joined[[worded("panel"), *(column for column in joined if column != worded("panel"))]]


def _of_one(axes: Axes) -> pd.DataFrame:
    meshes = [each for each in axes.collections if isinstance(each, QuadMesh)]
    if meshes:
        return _cells(axes, meshes[0])
    lies = _are_words(_labels(axes.yaxis)) and not _are_words(_labels(axes.xaxis))
    across, along = (axes.xaxis, axes.yaxis) if lies else (axes.yaxis, axes.xaxis)
    marks = [mark for mark in _marks(axes, lies=lies) if isfinite(mark.place) and isfinite(mark.number)]
    names = _labels(along)
    rows: Rows = {}
    has_days = not lies and isinstance(axes.xaxis.get_converter(), DAYS)
    for mark in marks:
        place = say.day(num2date(mark.place).date()) if has_days else _place(mark.place, names)
        _enter(rows, mark, place)
    rows = _with_intervals_alone(rows)
    table = pd.DataFrame([{"series": key[0], "place": key[1], **row} for key, row in rows.items()]).fillna("")
    if not len(table):
        return table
    step = ceil(len(table) / MOST_ROWS)
    titles = {
        "series": worded("series"),
        "place": along.get_label_text() or worded("where"),
        "value": across.get_label_text() or worded("value"),
        "low": worded("low"),
        "high": worded("high"),
    }
    shown = [column for column in titles if column in table and (column != "series" or table[column].any())]
    titles = _told_apart(titles)
    return table.iloc[::step][shown].rename(columns=titles)


Rows = dict[tuple[str, str], dict[str, str]]


def _enter(rows: Rows, mark: _Mark, place: str) -> None:
    """Put a number into the row of its series and place; a second one there is of another series without a name."""
    number, at, count = _number(mark.number), (mark.series, place), 1
    while rows.get(at, {}).get(mark.column, number) != number:
        count += 1
        at = (f"{mark.series} {count}".strip(), place)
    rows.setdefault(at, {})[mark.column] = number


def _with_intervals_alone(rows: Rows) -> Rows:
    """Rows without the ends of what is no interval: the value is an end itself, as of a stalk or of a filled area."""
    whole = [row for row in rows.values() if {"value", "low", "high"} <= set(row)]
    if whole and all(row["value"] in (row["low"], row["high"]) for row in whole):
        return {key: {"value": row["value"]} for key, row in rows.items() if "value" in row}
    return rows


def _are_words(labels: dict[float, str] | None) -> bool:
    """Whether ticks are named by words: not by numbers, with signs and units or without."""
    return labels is not None and not all(text[:1] in "0123456789+-−–<>≥≤" for text in labels.values())


def _told_apart(titles: dict[str, str]) -> dict[str, str]:
    """Headings of which no two are the same."""
    taken: list[str] = []
    for column, title in titles.items():
        titles = {**titles, column: f"{title} ({column})" if title in taken else title}
        taken.append(title)
    return titles


def _cells(axes: Axes, mesh: QuadMesh) -> pd.DataFrame:
    """A map of cells, a row for each of its rows, as the numbers behind the colours."""
    values: np.ma.MaskedArray = np.ma.masked_invalid(np.ma.asarray(mesh.get_array(), dtype=float))
    heights, widths = (size - 1 for size in mesh.get_coordinates().shape[:2])
    values = values.reshape(heights, widths)
    corners = mesh.get_coordinates()
    middles = corners[0, :-1, 0] + np.diff(corners[0, :, 0]) / 2, corners[:-1, 0, 1] + np.diff(corners[:, 0, 1]) / 2
    across, down = (
        [_place(float(at), _labels(axis)) for at in at_middles]
        for at_middles, axis in zip(middles, (axes.xaxis, axes.yaxis), strict=True)
    )
    table = pd.DataFrame(dict(zip(across, _texts(values), strict=True)))
    table.insert(0, axes.yaxis.get_label_text() or " ", down)
    return table.iloc[:MOST_ROWS]


def _texts(values: Any) -> list[list[str]]:
    """The columns of a map as texts; what is hidden or missing is empty."""
    return [["" if value is np.ma.masked else _number(float(value)) for value in column] for column in values.T]


def _marks(axes: Axes, *, lies: bool) -> Iterator[_Mark]:
    """Every number that is drawn; what has no name takes that of what is drawn in its colour, as a band does."""
    drawn = [*axes.get_lines(), *axes.containers, *axes.collections]
    names = {_colour(each): _name(each) for each in drawn if _name(each)}
    for artist in drawn:
        name = _name(artist) or names.get(_colour(artist), "")
        yield from (_Mark(name, mark.place, mark.column, mark.number) for mark in _unnamed(artist, axes, lies=lies))


def _colour(artist: Any) -> str:
    if isinstance(artist, BarContainer):
        return to_hex(artist.patches[0].get_facecolor()) if artist.patches else ""
    if isinstance(artist, Line2D):
        return to_hex(artist.get_color())
    if isinstance(artist, Collection):
        colours = artist.get_edgecolor() if isinstance(artist, LineCollection) else artist.get_facecolor()
        return to_hex(colours[0]) if len(colours) else ""
    return ""


def _unnamed(artist: Any, axes: Axes, *, lies: bool) -> Iterator[_Mark]:
    if isinstance(artist, Line2D):
        if artist.get_transform() == axes.transData and not _is_reference(artist):
            yield from (_point(x, y, lies=lies) for x, y in _places(artist))
    elif isinstance(artist, BarContainer):
        drawn = [bar for bar in artist.patches if (bar.get_width() if lies else bar.get_height())]
        for bar in drawn:  # one of no length is not seen: its number may be hidden
            place = bar.get_y() + bar.get_height() / 2 if lies else bar.get_x() + bar.get_width() / 2
            yield _Mark("", float(place), "value", float(bar.get_width() if lies else bar.get_height()))
    else:
        yield from _of_collection(artist, lies=lies)


def _of_collection(drawn: Any, *, lies: bool) -> Iterator[_Mark]:
    if isinstance(drawn, PathCollection):
        for x, y in np.ma.filled(np.ma.asarray(drawn.get_offsets(), dtype=float), np.nan):
            yield _point(float(x), float(y), lies=lies)
    elif isinstance(drawn, LineCollection):
        for segment in drawn.get_segments():
            yield from _of_segment(np.asarray(segment, dtype=float), lies=lies)
    elif isinstance(drawn, PolyCollection):
        for path in drawn.get_paths():
            ends = pd.DataFrame(path.vertices, columns=["x", "y"], dtype=float).groupby("x")["y"]
            for column, by_place in (("low", ends.min()), ("high", ends.max())):
                yield from (_Mark("", x, column, y) for x, y in zip(by_place.index, by_place, strict=True))


def _of_segment(segment: np.ndarray, *, lies: bool) -> Iterator[_Mark]:
    """A short line: the interval at its place, or a mark across where it stands the other way."""
    if len(segment) < 2:
        return
    places, values = (segment[:, 1], segment[:, 0]) if lies else (segment[:, 0], segment[:, 1])
    if values[0] == values[-1] and places[0] != places[-1]:
        yield _Mark("", float(places.mean()), "value", float(values[0]))
        return
    yield _Mark("", float(places[0]), "low", float(values.min()))
    yield _Mark("", float(places[0]), "high", float(values.max()))


def _point(x: float, y: float, *, lies: bool) -> _Mark:
    return _Mark("", y, "value", x) if lies else _Mark("", x, "value", y)


def _is_reference(line: Line2D) -> bool:
    """Whether a line is one to compare with, such as a diagonal: of two points, without a name."""
    return len(line.get_xdata()) == 2 and not _name(line)


def _places(line: Line2D) -> Iterator[tuple[float, float]]:
    """The points of a line as numbers, whatever they were given as; a place that is missing is NaN."""
    ends: list[np.ma.MaskedArray[Any, Any]] = [np.ma.asarray(each, dtype=float) for each in line.get_data(orig=False)]
    return zip(*(each.filled(np.nan).tolist() for each in ends), strict=True)


def _name(artist: Any) -> str:
    label = str(artist.get_label() or "")
    return "" if label.startswith("_") else label.replace("\n", " ")


def _labels(axis: Axis) -> dict[float, str] | None:
    """The words at the ticks of an axis whose ticks were named; None where it is one of numbers."""
    if not isinstance(axis.get_major_locator(), FixedLocator):
        return None
    places = [float(at) for at in axis.get_majorticklocs()]
    texts = [str(text).replace("\n", " ") for text in axis.get_major_formatter().format_ticks(places)]
    return {at: text for at, text in zip(places, texts, strict=True) if text} or None


def _place(place: float, names: dict[float, str] | None) -> str:
    """The word at a place of an axis; of one between two named ticks, how far it is from the one before."""
    if not names:
        return _number(place)
    nearest = min(names, key=lambda at: abs(at - place))
    if abs(nearest - place) <= NEAR:
        return names[nearest]
    before = max((at for at in names if at < place), default=nearest)
    return f"{names[before]} {place - before:+.{SIGNIFICANT_DIGITS}g}"


def _number(value: float) -> str:
    return f"{value:,.{SIGNIFICANT_DIGITS}g}" if abs(value) < 10**SIGNIFICANT_DIGITS else f"{value:,.0f}"
