"""Rows inside a field: a stray quotation mark opens it, another one rows below closes it, and all between is lost."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ibis.backends.duckdb import Backend

from helpers.connectors.layouts import Layout
from helpers.connectors.staging import identifier, quoted
from helpers.errors import ContractError, message, one_line

SHOWN_LENGTH = 60
FEWEST_COLUMNS = 3
"""Of fewer columns, text on two lines looks like a row too often."""
MOST_FORMS = 1_000


def check(connection: Backend, parquet: Path, shape: Layout, *, first_row: int, name: str) -> None:
    """No field holds lines that are rows of their own.

    Such a field holds the rest of its own row, whole rows, and the beginning of another row up to the same column: as
    many delimiters in each line as these have, and a first cell that looks like others of its column.

    Parameters
    ----------
    parquet, shape
        The rows of a text file as text, in the order of the file, and how they were told apart.
    first_row
        The number of the first of them.
    name
        The file as messages call it.

    Raises
    ------
    ContractError
        Rows were swallowed.
    """
    if len(shape.names) < FEWEST_COLUMNS:
        return
    lined = ", ".join(f"bool_or(contains({identifier(column)}, chr(10)))" for column in shape.names)
    has_lines = connection.con.execute(f"SELECT {lined} FROM read_parquet({quoted(parquet)})").fetchone() or ()
    problems = []
    for place, column in enumerate(shape.names):
        found = _suspects(connection, parquet, shape, place) if has_lines[place] else []
        for row, lines in found:
            if _looks_like_rows(connection, parquet, shape, lines, place=place):
                shown = one_line(" ".join(lines))[:SHOWN_LENGTH]
                problems.append(f'row {first_row + row:,}: `{column}` holds {len(lines)} lines ("{shown}...")')
    if problems:
        remedy = "\nIs a quotation mark stray, or not closed? Double those inside fields, or export the file again."
        raise ContractError(message(f"{name} must not hold rows inside a field", problems) + remedy)


def _suspects(connection: Backend, parquet: Path, shape: Layout, place: int) -> list[tuple[int, list[str]]]:
    """The rows in which a column holds lines with the delimiters of rows, and these lines."""
    width = len(shape.names) - 1
    marks = f"list_transform(lines, line -> length(line) - length(replace(line, {quoted(shape.delimiter)}, '')))"
    text = f"replace({identifier(shape.names[place])}, chr(13), '')"
    return connection.con.execute(
        f"WITH split AS (SELECT file_row_number AS row, string_split({text}, chr(10)) AS lines "
        f"FROM read_parquet({quoted(parquet)}, file_row_number=true) "
        f"WHERE contains({identifier(shape.names[place])}, chr(10))), "
        f"counted AS (SELECT row, lines, {marks} AS marks FROM split) "
        f"SELECT row, lines FROM counted WHERE marks[1] = {width - place} AND marks[-1] = {place} "
        f"AND len(list_filter(marks[2:-2], mark -> mark <> {width})) = 0 ORDER BY row LIMIT 10"
    ).fetchall()


def _looks_like_rows(connection: Backend, parquet: Path, shape: Layout, lines: Sequence[str], *, place: int) -> bool:
    """Whether the first whole cell of the lines has the form of cells of its column."""
    cells, column = (lines[-1], shape.names[0]) if place else (lines[0].partition(shape.delimiter)[2], shape.names[1])
    cell = cells.partition(shape.delimiter)[0]
    forms = connection.con.execute(
        f"SELECT DISTINCT {_form(identifier(column))} FROM read_parquet({quoted(parquet)}) LIMIT {MOST_FORMS}"
    ).fetchall()
    known = connection.con.execute(f"SELECT {_form('?')}", [cell]).fetchone()
    return known in forms


def _form(text: str) -> str:
    """The outline of a text as SQL: digits as 9, letters as a, however many there are."""
    return rf"regexp_replace(regexp_replace({text}, '[0-9]+', '9', 'g'), '\p{{L}}+', 'a', 'g')"
