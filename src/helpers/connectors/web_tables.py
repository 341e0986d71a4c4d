"""Tables of an HTML page, as rows of text: what many shops and warehouses export under the name of a workbook."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

from helpers.errors import ContractError

MOST_SPAN = 1_000


@dataclass
class _Table:
    rows: list[list[str]] = field(default_factory=list)
    hanging: dict[int, int] = field(default_factory=dict)
    """Places that a cell reaches down to, and the last row in which it does."""


class _Reader(HTMLParser):
    """Collects the cells of each table that holds no other table."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[_Table] = []
        self._open: list[_Table] = []
        self._cell: list[str] | None = None
        self._spans = (1, 1)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self._close_cell()
            self._open.append(_Table())
            self.tables.append(self._open[-1])
        elif tag == "tr" and self._open:
            self._close_cell()
            self._open[-1].rows.append([])
            self._skip_hanging()
        elif tag in ("td", "th") and self._open:
            self._close_cell()
            given = dict(attrs)
            self._spans = (_span(given.get("colspan")), _span(given.get("rowspan")))
            self._cell = []
        elif tag == "br" and self._cell is not None:
            self._cell.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th", "tr", "table"):
            self._close_cell()
        if tag == "table" and self._open:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        if self._cell is not None:
            self._cell.append(data)

    @property
    def is_inside_table(self) -> bool:
        """Whether the page has opened a table and not closed it."""
        return bool(self._open)

    def _close_cell(self) -> None:
        """The cell goes to its place; those that it spans stay empty, as in a workbook."""
        if self._cell is None or not self._open:
            return
        table, text = self._open[-1], " ".join("".join(self._cell).split())
        self._cell = None
        if not table.rows:
            table.rows.append([])
        row, (across, down) = table.rows[-1], self._spans
        last = len(table.rows) - 1 + down - 1
        table.hanging |= dict.fromkeys(range(len(row), len(row) + across), last)
        row += [text] + [""] * (across - 1)
        self._skip_hanging()

    def _skip_hanging(self) -> None:
        """Places of the new row that a cell above reaches down to stay empty."""
        table = self._open[-1]
        row, number = table.rows[-1], len(table.rows) - 1
        while table.hanging.get(len(row), -1) >= number:
            row.append("")


def _span(text: str | None) -> int:
    return min(max(int(text), 1), MOST_SPAN) if text is not None and text.isascii() and text.strip().isdigit() else 1


def tables(page: str, *, where: str) -> list[list[list[str]]]:
    """The tables of a page that have rows: each a list of rows, each row a list of cells.

    A cell that spans others stands in the first of them; the others are empty, as merged cells of a workbook are.

    Raises
    ------
    ContractError
        The page ends inside a table: rows are missing.
    """
    reader = _Reader()
    reader.feed(page)
    reader.close()
    if reader.is_inside_table:
        raise ContractError(f"{where} must be a whole page, found one that ends inside a table; ask for it anew.")
    return [table.rows for table in reader.tables if any(any(row) for row in table.rows)]
