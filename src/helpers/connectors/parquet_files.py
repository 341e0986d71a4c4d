"""Parquet files, read where they lie."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from ibis.backends.duckdb import Backend

from helpers.connectors.source_kinds import FileKind
from helpers.connectors.staging import Part, header
from helpers.errors import ContractError
from helpers.schema.sources import TableSource

MAGIC = b"PAR1"


def stage(connection: Backend, path: Path, *, name: str, source: TableSource) -> Part:  # noqa: ARG001 - as every kind
    """The file itself: nothing is copied."""
    return part(path, name=name)


def part(path: Path, *, name: str) -> Part:
    """A Parquet file as a part of a delivery; its header must have columns that can be told apart."""
    try:
        with path.open("rb") as stream, pq.ParquetFile(path) as file:
            is_whole = stream.read(4) == MAGIC
            schema, row_count = file.schema_arrow, file.metadata.num_rows
    except (pa.ArrowException, OSError, ValueError):
        raise ContractError(f"{name} must be a Parquet file, as its ending says, found none.") from None
    if not is_whole:
        raise ContractError(f"{name} must be a whole Parquet file, found one without its beginning; ask for it anew.")
    header(schema.names, where=name)
    wide = [field.name for field in schema if pa.types.is_decimal256(field.type)]
    if wide:  # DuckDB would read other numbers, and not say so
        raise ContractError(f"{name}: column `{wide[0]}` must be a decimal of 38 digits at most; write it as one.")
    return Part(name, path, path, row_count, 1)


KIND = FileKind("Parquet", (".parquet", ".pq"), "Parquet (.parquet)", stage)
