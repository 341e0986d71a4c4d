"""What a canonical table and its columns are made of: names, kinds, units, keys and dates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["id", "text", "number", "money", "instant", "day", "integer"]

MUST_BE: dict[Kind, str] = {
    "id": "an id",
    "text": "text",
    "number": "a number",
    "money": "a number",
    "integer": "a whole number",
    "instant": "a date or an instant",
    "day": "a date",
}


@dataclass(frozen=True)
class Column:
    """One canonical column; `required` says that it must be delivered, whatever the table's other columns."""

    name: str
    kind: Kind
    description: str
    unit: str = ""
    required: bool = False


@dataclass(frozen=True)
class TableSchema:
    """One canonical table: what a row of it is, its columns, and the column whose values may not repeat.

    `dated` is the column that tells when a row came to be: rows after as_of are invisible by it. `ends` are columns
    that are filled in later: what they hold after as_of is not known yet, and empty. `with_end` names columns that are
    known only with one of these: (column, its end).
    """

    name: str
    row: str
    columns: tuple[Column, ...]
    key: str | None = None
    dated: str | None = None
    ends: tuple[str, ...] = ()
    with_end: tuple[tuple[str, str], ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    def column(self, name: str) -> Column:
        """The column of that name.

        Raises
        ------
        KeyError
            The table has no such column.
        """
        return {column.name: column for column in self.columns}[name]
