"""Whoever works in a notebook: whether somebody watches it run, and what a result looks like to them."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from functools import cached_property
from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

WATCHED_VARIABLE = "REGULARS_WATCHED"
"""1 or 0: whether somebody watches the notebooks of this process; runs set it to 0, and `regulars lab` to 1."""
SESSION_VARIABLE = "JPY_SESSION_NAME"
"""Set by a Jupyter server in the kernels that it starts for a person."""

MOST_ROWS, MOST_ITEMS, LONGEST_TEXT = 8, 6, 200
SIGNIFICANT_DIGITS = 6


def is_watched() -> bool:
    """Whether somebody watches this notebook: as the environment says, else where a Jupyter server started it."""
    stated = os.environ.get(WATCHED_VARIABLE)
    if stated is not None:
        return stated == "1"
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    return SESSION_VARIABLE in os.environ and hasattr(shell, "kernel")


class Readable:
    """A dataclass that shows itself in a notebook: a row for each field, frames as tables, long arrays cut.

    Fields that are not in its `repr` stand for the frames that it makes of them, its cached properties.
    """

    def _repr_html_(self) -> str:
        if not is_dataclass(self):
            raise TypeError(f"`Readable` is for dataclasses, found {type(self).__name__}")
        names = [field.name for field in fields(self) if field.repr and not field.name.startswith("_")]
        names += [name for kind in type(self).__mro__ for name, own in vars(kind).items() if _is_frame(own)]
        rows = [(escape(name), _shown(getattr(self, name))) for name in names]
        return html_table(type(self).__name__, ("", ""), rows)


def _is_frame(attribute: object) -> bool:
    """Whether an attribute of a class is what its fields come to, made when it is asked for: the frame of some rows."""
    return isinstance(attribute, cached_property)


def html_table(caption: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table for a notebook; the cells of `rows` are markup already, the caption and the heads are text."""
    head = "".join(f'<th style="text-align:left">{escape(text)}</th>' for text in heads) if any(heads) else ""
    body = "".join(
        "<tr>" + "".join(f'<td style="text-align:left;vertical-align:top">{cell}</td>' for cell in row) + "</tr>"
        for row in rows
    )
    top = f"<thead><tr>{head}</tr></thead>" if head else ""
    caption = f'<caption style="text-align:left;font-weight:bold">{escape(caption)}</caption>'
    return f"<table>{caption}{top}<tbody>{body}</tbody></table>"


def _shown(value: Any) -> str:
    """A value as markup of a line or a few: frames in full only where they are small."""
    import numpy as np
    import pandas as pd

    if isinstance(value, pd.DataFrame):
        cut = f"<p>{len(value):,} rows, the first {MOST_ROWS}</p>" if len(value) > MOST_ROWS else ""
        return cut + value.head(MOST_ROWS).to_html(index=False, border=0)
    if isinstance(value, pd.Series):
        return _listed(value.to_numpy())
    if isinstance(value, np.ndarray):
        return _listed(value) if value.ndim == 1 else escape(f"array of {' × '.join(map(str, value.shape))}")
    if isinstance(value, Mapping):
        return "<br>".join(f"{escape(str(key))}: {_shown(inner)}" for key, inner in value.items()) or "none"
    if isinstance(value, Readable):
        return f"<details><summary>{escape(type(value).__name__)}</summary>{value._repr_html_()}</details>"
    if isinstance(value, tuple | list):
        return "<br>".join(map(_shown, value)) or "none"
    return escape(_text(value))


def _listed(values: NDArray[Any]) -> str:
    first = ", ".join(map(_text, values[:MOST_ITEMS].tolist()))
    return escape(first if len(values) <= MOST_ITEMS else f"{first}, … ({len(values):,} in all)")


def _text(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, float):
        return f"{value:.{SIGNIFICANT_DIGITS}g}"
    columns = getattr(value, "columns", None)
    if columns is not None:  # a table that lies in a database: its rows are not asked for
        return f"table: {', '.join(map(str, columns))}"
    text = str(value)
    return text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]} …"
