"""Tables: shown on a page with every cell escaped, and kept as CSV beside it."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from IPython.display import display

from helpers.display.lines import room
from helpers.display.wording import worded

KEEP_VARIABLE = "REGULARS_TABLES_DIR"
KEPT = "application/vnd.regulars.kept+json"
"""What a run is told of tables that were kept: by it a page links to their files."""
CSV_ENCODING = "utf-8-sig"
"""Of every CSV that is written: UTF-8 with a byte order mark, without which Excel shows no Chinese."""
DIGITS, PLACES = 10, 2
"""Significant digits of a number in a file, and its decimals where that is more: money stays exact to the cent."""
UNSEEN = "\\s\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\\x00-\\x1f\\x7f-\\x9f"
"""Blanks, control characters and marks of no width: a spreadsheet may leave them out and run what stands behind."""
FORMULA = re.compile(f"^[{UNSEEN}]*[=+\\-@\uff1d\uff0b\uff0d\uff20\u2212\ufe62-\ufe66\ufe6b]|^[\\t\\r\\n]")
FEWEST_PARTS, WHOLE_WITHIN, TWENTIETHS = 3, 0.005, 20
LONG_TEXT = 40
"""Letters of a cell that make its column one of sentences, of which a Chinese one takes the room of two."""
MANY_COLUMNS = 6
"""Columns of a table beyond which its cells stand closer, so that a page has room for all."""
Format = Callable[[Any], str]


@dataclass(frozen=True, eq=False)
class Table:
    """A table as a reader sees it: cells that are text already, a caption, and which columns hold numbers.

    One that `is_folded` is for analysts: on a page its caption stands alone until it is opened.
    """

    cells: pd.DataFrame
    caption: str
    numeric: frozenset[str]
    is_folded: bool = False
    bars: Mapping[str, Sequence[int]] = field(default_factory=dict)
    """By column: the length of the bar under each number, in twentieths of the cell."""

    def bundles(self) -> list[tuple[dict[str, Any], dict[str, Any]]]:
        """Markup for the page, in which nothing of a cell can run, and the same cells as text."""
        html = _html(self)
        if self.is_folded:
            html = f"<details><summary>{escape(self.caption)}</summary>{html}</details>"
        return [({"text/html": html, "text/plain": _plain(self.cells, self.caption)}, {})]

    def _repr_html_(self) -> str:
        return str(self.bundles()[0][0]["text/html"])


def table(
    frame: pd.DataFrame, *, caption: str, formats: Mapping[str, Format] | None = None, is_folded: bool = False
) -> Table:
    """A frame as a table to be shown.

    Parameters
    ----------
    frame
        The rows, as a reader is to see them; column names are the headings.
    caption
        What a row is, and in which unit.
    formats
        How to write the cells of a column; text as it is, and a number as Python writes it, where not given.
    is_folded
        Whether it is for analysts, and folded away on a page.
    """
    cells = frame.astype(object).copy()
    for column in cells.columns:
        write = (formats or {}).get(column, _text)
        cells[column] = [write(value) for value in frame[column]]
    written = formats or {}
    numeric = {column for column in frame.columns if column in written and frame[column].dtype.kind in "iufO"}
    parts = {column: _bars(frame[column]) for column in numeric if _are_parts(frame[column])}
    return Table(cells, caption, frozenset(numeric), is_folded, parts)


def _are_parts(values: pd.Series) -> bool:
    """Whether these are shares that make up a whole: the columns in which a bar under each number helps."""
    known = [float(value) for value in values if isinstance(value, int | float) and value == value]
    is_share = len(known) >= FEWEST_PARTS and all(0 <= value <= 1 for value in known)
    return is_share and abs(math.fsum(known) - 1) < WHOLE_WITHIN


def _bars(values: pd.Series) -> list[int]:
    return [round(TWENTIETHS * float(value)) if value == value else 0 for value in values]


def _text(value: object) -> str:
    return "–" if value is None or value is pd.NaT or value != value else str(value)


def _plain(cells: pd.DataFrame, caption: str) -> str:
    return f"{caption}\n{cells.to_string(index=False) if len(cells) else worded('(no rows)')}"


def _html(table: Table) -> str:
    cells, caption = table.cells, escape(table.caption)
    kinds = {column: _kind(table, column) for column in cells.columns}
    head = "".join(_head(column, kinds[column]) for column in cells.columns)
    rows = (
        "<tr>" + "".join(_cell("td", _barred(table, column, row), row_cells[column]) for column in kinds) + "</tr>"
        for row, row_cells in enumerate(cells.to_dict("records"))
    )
    closer = ' class="wide"' if len(kinds) > MANY_COLUMNS else ""
    return (
        f'<div class="scroll" role="region" tabindex="0" aria-label="{caption}"><table{closer}>'
        f"<caption>{caption}</caption><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


def _head(column: str, kind: str) -> str:
    """The head of a column; one without a name is no heading, which a screen reader would announce as nothing."""
    return _cell("th", kind, column, ' scope="col"') if str(column).strip() else "<td></td>"


def _cell(tag: str, kind: str, text: object, scope: str = "") -> str:
    named = f' class="{kind}"' if kind else ""
    return f"<{tag}{scope}{named}>{escape(str(text))}</{tag}>"


def _kind(table: Table, column: str) -> str:
    """How the cells of a column stand: numbers to the right, and long texts with room for their words."""
    if column in table.numeric:
        return "number"
    return "long" if max((room(str(text)) for text in table.cells[column]), default=0) > LONG_TEXT else ""


def _barred(table: Table, column: str, row: int) -> str:
    bars = table.bars.get(column)
    return f"{_kind(table, column)} bar w{bars[row]}" if bars else _kind(table, column)


def keep(frame: pd.DataFrame, name: str, *, parquet: bool = False) -> None:
    """Write a frame beside the report as `tables/<notebook>/<name>.csv`; in a bare notebook, do nothing.

    Text that a spreadsheet would run as a formula gets an apostrophe in front. Missing values are empty cells. Floats
    have ten significant digits, and two decimals at least. With `parquet` the same rows are written as
    `<name>.parquet` too, with their types and with texts as they are.
    """
    folder = os.environ.get(KEEP_VARIABLE)
    if not folder:
        return
    Path(folder).mkdir(parents=True, exist_ok=True)
    frame = rounded(frame)
    defused(frame).to_csv(Path(folder) / f"{name}.csv", index=False, lineterminator="\n", encoding=CSV_ENCODING)
    if parquet:
        frame.to_parquet(Path(folder) / f"{name}.parquet", index=False)
    display({KEPT: {"table": name}, "text/plain": f"[table] {name}.csv"}, raw=True)


def keep_all(**frames: pd.DataFrame) -> None:
    """Keep several frames, each under its name; see `keep`."""
    for name, frame in frames.items():
        keep(frame, name)


def rounded(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with its floats to ten significant digits, and to the second decimal at least."""
    floats = [column for column, kind in frame.dtypes.items() if isinstance(kind, np.dtype) and kind.kind == "f"]
    return frame.assign(**{str(column): _to_digits(frame[column].to_numpy()) for column in floats})


def _to_digits(values: np.ndarray) -> np.ndarray:
    size = np.abs(values)
    is_number = np.isfinite(values) & (size > 0)
    before = np.floor(np.log10(size, where=is_number, out=np.zeros_like(size)))
    scale = 10.0 ** np.clip(DIGITS - 1 - before, PLACES, 22)
    return np.where(is_number & (size < 2**53 / 10**PLACES), np.round(values * scale) / scale, values)


def defused(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with an apostrophe before every text that a spreadsheet would run as a formula."""
    text = frame.select_dtypes(include=["object", "string", "category"]).columns
    return frame.assign(**{column: frame[column].astype(object).map(_defused) for column in text})


def _defused(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and FORMULA.match(value) else value
