"""Tables: shown on a page with every cell escaped, and kept as CSV beside it."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from helpers.display.wording import worded

KEEP_VARIABLE = "REGULARS_TABLES_DIR"
DIGITS, PLACES = 10, 2
"""Significant digits of a number in a file, and its decimals where that is more: money stays exact to the cent."""
UNSEEN = "\\s\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\\x00-\\x1f\\x7f-\\x9f"
"""Blanks, control characters and marks of no width: a spreadsheet may leave them out and run what stands behind."""
FORMULA = re.compile(f"^[{UNSEEN}]*[=+\\-@\uff1d\uff0b\uff0d\uff20\u2212\ufe62-\ufe66\ufe6b]|^[\\t\\r\\n]")
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

    def bundles(self) -> list[tuple[dict[str, Any], dict[str, Any]]]:
        """Markup for the page, in which nothing of a cell can run, and the same cells as text."""
        html = _html(self.cells, self.caption, self.numeric)
        if self.is_folded:
            html = f"<details><summary>{escape(self.caption)}</summary>{html}</details>"
        return [({"text/html": html, "text/plain": _plain(self.cells, self.caption)}, {})]


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
    return Table(cells, caption, frozenset(numeric), is_folded)


def _text(value: object) -> str:
    return "–" if value is None or value is pd.NaT or value != value else str(value)


def _plain(cells: pd.DataFrame, caption: str) -> str:
    return f"{caption}\n{cells.to_string(index=False) if len(cells) else worded('(no rows)')}"


def _html(cells: pd.DataFrame, caption: str, numeric: frozenset[str]) -> str:
    def cell(tag: str, column: str, text: object) -> str:
        kind = ' class="number"' if column in numeric else ""
        scope = ' scope="col"' if tag == "th" else ""
        return f"<{tag}{scope}{kind}>{escape(str(text))}</{tag}>"

    head = "".join(cell("th", column, column) for column in cells.columns)
    rows = (
        "<tr>" + "".join(cell("td", column, text) for column, text in zip(cells.columns, row, strict=True)) + "</tr>"
        for row in cells.itertuples(index=False)
    )
    return (
        f'<div class="scroll" role="region" tabindex="0" aria-label="{escape(caption)}"><table>'
        f"<caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


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
    defused(frame).to_csv(Path(folder) / f"{name}.csv", index=False, lineterminator="\n")
    if parquet:
        frame.to_parquet(Path(folder) / f"{name}.parquet", index=False)


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
