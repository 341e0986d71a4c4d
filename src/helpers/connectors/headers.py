"""Where the header of a delivered table stands: below titles, blank rows and notes, on one row or on several."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from helpers.connectors.staging import first_words
from helpers.errors import ContractError, ParamsError
from helpers.schema.sources import TableSource

SAMPLE_ROWS = 250
"""How many rows tell names from values."""
SEARCHED_ROWS = 40
"""How far down a header is looked for; where it stands lower, the params state it."""
LETTER = re.compile(r"[^\W\d_]")
CLOSING_WORDS = "合计|总计|小计|总额|汇总|(grand |sub ?)?totals?|sum|summe|gesamt"
CLOSING = re.compile(rf"\s*({CLOSING_WORDS})\s*[:：]?\s*", re.IGNORECASE)

Row = tuple[int, Sequence[str]]
"""The number of a row as a person counts it, and its cells as text, empty ones as ""."""


@dataclass(frozen=True)
class Header:
    """The names of the columns, the rows on which they stand, and what a person should know of that."""

    names: tuple[str, ...]
    first_row: int
    last_row: int
    notes: tuple[str, ...] = ()


def find(rows: Sequence[Row], source: TableSource, *, where: str) -> Header:
    """The header of a table, as the params state it or as its first rows show it.

    Parameters
    ----------
    rows
        The first rows, blank ones left out: enough of them to tell names from values.
    source
        Its `header_row` and `header_row_count` hold where they are given.
    where
        What messages call the table.

    Raises
    ------
    ParamsError
        The stated row is not there or is empty.
    ContractError
        The first row that could name columns holds values.
    """
    count = source.header_row_count
    if source.header_row is not None:
        top = _stated(rows, source.header_row, where=where)
    else:
        bottom = _found(rows)
        top = max(bottom - count + 1, 0)
        if count == 1 and _has_second(rows, bottom):
            count = 2
    used = [cells for _, cells in rows[top : top + count]]
    if len(used) < count:
        raise ParamsError(f"{where}: `header_row_count` must end above the last row, found {rows[-1][0]:,} rows.")
    if not any(LETTER.search(cell) for cells in used for cell in cells):
        raise ContractError(
            f"{where} must name its columns in its first line, found values there "
            f'("{first_words(rows[top][1])}"); add a header line.'
        )
    first, last = rows[top][0], rows[top + count - 1][0]
    return Header(_joined(used), first, last, _notes(rows[:top], first, last))


def _stated(rows: Sequence[Row], wanted: int, *, where: str) -> int:
    """The position of the row that the params state."""
    for position, (number, _) in enumerate(rows):
        if number == wanted:
            return position
    last = rows[-1][0] if rows else 0
    raise ParamsError(
        f"{where}: `header_row` must be a row that names the columns, among the first {last:,}; "
        f"row {wanted:,} is {'empty' if wanted < last else 'not there'}."
    )


def _found(rows: Sequence[Row]) -> int:
    """The position of the header: the first row, unless it is a title and a row that names columns stands below.

    A title fills at most half of the columns. The header below it fills more, with names alone, each once, and some
    column has values below its name.
    """
    width = _width(rows)
    if not rows or 2 * _filled(rows[0][1]) > width or width < 2:
        return 0
    for position, (_, cells) in enumerate(rows[:SEARCHED_ROWS]):
        if 2 * _filled(cells) > width and _are_names(cells) and _has_values_below(rows, position):
            return position
    return 0


def _width(rows: Sequence[Row]) -> int:
    """How many cells most rows fill: the last filled one decides, so that padding does not count."""
    reach = Counter(max((n for n, cell in enumerate(cells, start=1) if cell), default=0) for _, cells in rows)
    return max(reach, key=lambda width: (reach[width], width)) if reach else 0


def _filled(cells: Sequence[str]) -> int:
    return sum(bool(cell) for cell in cells)


def _are_names(cells: Sequence[str]) -> bool:
    names = [cell for cell in cells if cell]
    return all(LETTER.search(name) for name in names) and len(set(names)) == len(names)


def _has_values_below(rows: Sequence[Row], position: int) -> bool:
    """Whether most cells below a name hold no letter, as dates and numbers do, in at least one column."""
    below = [cells for _, cells in rows[position + 1 : position + SAMPLE_ROWS]]
    for place, name in enumerate(rows[position][1]):
        cells = [cells[place] for cells in below if place < len(cells) and cells[place]]
        if name and cells and sum(LETTER.search(cell) is None for cell in cells) > len(cells) / 2:
            return True
    return False


def _has_second(rows: Sequence[Row], position: int) -> bool:
    """Whether the next row goes on with the header: it names what the first left open, and no more."""
    if position + 2 >= len(rows):
        return False
    above, below = rows[position][1], rows[position + 1][1]
    pairs = [(_cell(above, n), _cell(below, n)) for n in range(max(len(above), len(below)))]
    has_gaps = any(not one and two for one, two in pairs) and any(one and not two for one, two in pairs)
    is_whole = all(one or two for one, two in pairs)
    return has_gaps and is_whole and _are_names(below) and _has_values_below(rows, position + 1)


def _cell(cells: Sequence[str], place: int) -> str:
    return cells[place] if place < len(cells) else ""


def _joined(header: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """A name for each column: from the rows above, whose cells reach right until the next one, down to the last."""
    width = max(map(len, header))
    levels = [_spread([_cell(cells, n) for n in range(width)]) for cells in header[:-1]]
    levels.append([_cell(header[-1], n) for n in range(width)])
    columns = zip(*levels, strict=True)
    return tuple(" ".join(dict.fromkeys(part for part in column if part)) for column in columns)


def _spread(cells: Sequence[str]) -> list[str]:
    spread: list[str] = []
    for cell in cells:
        spread.append(cell or (spread[-1] if spread else ""))
    return spread


def _notes(above: Sequence[Row], first: int, last: int) -> tuple[str, ...]:
    if first == last == 1:
        return ()
    place = f"header in row {first}" if first == last else f"header in rows {first} to {last}"
    if not above:
        return (place,)
    return (f'{place}; above it: "{first_words(above[0][1])}"',)


def closing_note(cells: Sequence[str], number: int) -> tuple[str, ...]:
    """The doubt about a last row that seems to be the sum of the others; none where it does not."""
    word = next((cell.strip() for cell in cells if CLOSING.fullmatch(cell)), None)
    if word is None:
        return ()
    return (f'row {number:,} looks like a total ("{word}"), not like an order: drop it by a rule',)
