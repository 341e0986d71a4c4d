"""Small tables that the params themselves state, row by row, such as the questions of a survey."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from ibis.backends.duckdb import Backend

from helpers.connectors.locations import Location
from helpers.connectors.source_kinds import NamedKind
from helpers.connectors.staging import Part, header, new_file
from helpers.errors import ParamsError
from helpers.schema.sources import TableSource

NAME = "rows"


def is_named(location: Location) -> bool:
    """Whether a source is the rows that stand beside it in the params."""
    return location.text == NAME


def stage(connection: Backend, location: Location, *, source: TableSource, root: Path) -> list[Part]:  # noqa: ARG001 - as every kind
    """The rows as a Parquet file of texts; a column that a row does not state is empty in it.

    Raises
    ------
    ParamsError
        No row is stated.
    """
    if not source.rows:
        raise ParamsError(f"`source: {NAME}` needs `rows` beside it: a list of rows, each with its columns and values.")
    names = header(dict.fromkeys(name for row in source.rows for name in row), where="`rows`")
    columns = {name: [None if row.get(name) is None else str(row[name]) for row in source.rows] for name in names}
    table = pa.table({name: pa.array(values, pa.string()) for name, values in columns.items()})
    parquet = new_file(connection, ".parquet")
    pq.write_table(table, parquet)
    return [Part(f"params ({NAME})", parquet, None, table.num_rows, 1)]


KIND = NamedKind(is_named, stage, built_ins=(NAME,))
