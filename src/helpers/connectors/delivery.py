"""Tables as delivered: one call from the `source` of the params to an Ibis table, with what was read and how."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.parquet as pq
from duckdb import CatalogException
from ibis.backends.duckdb import Backend

from helpers.connectors import copies, source_registry, staged_once
from helpers.connectors.damage import readable
from helpers.connectors.demo import is_simulated
from helpers.connectors.locations import Location, expand, files
from helpers.connectors.staging import Part, identifier, make_workspace, quoted
from helpers.errors import ContractError, message
from helpers.schema.sources import TableSource

ENGINE_MEMORY = "1200MB"
UTC_NAMES = ("UTC", "Etc/UTC", "Etc/GMT", "GMT", "Zulu")
LARGE_ROWS, LARGE_BYTES = 200_000, 32_000_000
"""Rows of a table, or bytes of its files, from which on it is worth several threads."""
PARTITION = re.compile(r"(^|/)[^/=]+=[^/]*/")


@dataclass(frozen=True)
class InputFile:
    """One file that was read: its name as the params give it, the SHA-256 of its bytes, its size, and its rows."""

    name: str
    sha256: str
    byte_count: int
    row_count: int


@dataclass(frozen=True)
class Delivered:
    """A table as delivered, what it was read from, and what was found out about it.

    `table` has the delivered columns, `_file` (the name of the file) and `_row` (the number that a person would look
    for: in text files and workbooks the header is row 1). `label` names the source in messages. `is_simulated` says
    that the kit made the data itself. `zones` are the time zones that the types of columns name, other than UTC.
    """

    table: ibis.Table
    inputs: tuple[InputFile, ...]
    notes: tuple[str, ...]
    label: str
    is_simulated: bool = False
    zones: Mapping[str, str] = field(default_factory=dict)


class _Engine(Backend):
    def to_pyarrow(self, expr: ir.Expr, /, **settings: Any) -> Any:
        # Ibis 12 imports pandas for every answer, which a look at a file has no other use for: a tenth of its time
        if any(kind.is_null() for kind in expr.as_table().schema().values()):
            return super().to_pyarrow(expr, **settings)
        return expr.__pyarrow_result__(self._to_duckdb_relation(expr, **settings).to_arrow_table())

    def create_table(self, name: str, /, obj: Any = None, *, temp: bool = False, **settings: Any) -> ir.Table:
        # Ibis asks for the catalog and the database each time, and renames what may replace something
        if not temp or not isinstance(obj, ir.Table) or obj.schema().null_fields:
            return super().create_table(name, obj, temp=temp, **settings)
        self._run_pre_execute_hooks(obj)
        schema, place = obj.schema(), f"temp.main.{identifier(name)}"
        columns = ", ".join(column.sql(self.dialect) for column in schema.to_sqlglot_column_defs(self.dialect))
        try:
            self.con.execute(f"CREATE TEMPORARY TABLE {place} ({columns})")
        except CatalogException:  # it is there
            return super().create_table(name, obj, temp=temp, **settings)
        self.con.execute(f"INSERT INTO {place} {self.compile(obj)}")
        return self.table(name, database=("temp", "main"))


def are_small(files: Iterable[Path]) -> bool:
    """Whether Parquet files hold so few rows that one thread reads them with the least of the processor."""
    return sum(pq.read_metadata(file).num_rows for file in files) <= LARGE_ROWS


def connect(*, memory_limit: str | None = None, spill_dir: Path | None = None, begins_small: bool = False) -> Backend:
    """A DuckDB connection in memory that fetches nothing from the network.

    Parameters
    ----------
    memory_limit
        Such as "3GB"; where None that of the environment variable REGULARS_ENGINE_MEMORY, and 1200MB without one. What
        does not fit is spilled to disk, at little cost: DuckDB's own limit, four fifths of the machine, would leave
        nothing to the frames of a report, nor to the reports that run beside it.
    spill_dir
        Folder for spilled and staged data: a folder of its own is made there, and removed with the connection.
    begins_small
        Whether one thread works until a large table is delivered. Threads that find nothing to do ask for work again
        and again: on small tables that takes more of the processor than the work itself.
    """
    connection: Backend = _Engine().connect(autoinstall_known_extensions=False, autoload_known_extensions=False)
    folder = make_workspace(connection, spill_dir)
    _no_progress_bar(connection)
    connection.con.execute("SET TimeZone = 'UTC'")
    connection.con.execute(f"SET temp_directory = {quoted(folder)}")
    if begins_small:
        connection.con.execute("SET threads = 1")
    limit = memory_limit or os.environ.get("REGULARS_ENGINE_MEMORY") or ENGINE_MEMORY
    connection.con.execute(f"SET memory_limit = {quoted(limit)}")
    return connection


def _no_progress_bar(connection: Backend) -> None:
    # in a Jupyter kernel without ipywidgets the bar is off, and DuckDB refuses even to be told so
    row = connection.con.execute("SELECT current_setting('enable_progress_bar')").fetchone()
    if row is not None and row[0]:
        connection.con.execute("SET enable_progress_bar = false")


def deliver(connection: Backend, source: TableSource, *, root: Path) -> Delivered:
    """The table that a source names, as delivered.

    Parameters
    ----------
    connection
        From `connect`.
    source
        A file, folder or glob (text, Excel, Parquet), a database file or URL with `table`, package:NAME/FILE, or a
        built-in. Several files are united by the names of their columns.
    root
        The folder at which relative paths start.

    Returns
    -------
    Delivered
        Text files have text columns only; the other kinds keep their types. Parquet files are read where they lie;
        all others are copied to Parquet files that vanish with the connection, or with the run whose days share them.

    Raises
    ------
    ParamsError
        The source cannot be found or named so.
    ContractError
        It was found, and cannot be read.
    """
    location = expand(source.source)
    parts = _staged(connection, location, source, root=root)
    _check_rows(parts, location)
    _use_threads(connection, is_large=sum(part.row_count for part in parts) > LARGE_ROWS)
    schemas = {part.name: pq.read_schema(part.parquet) for part in parts}
    if not source.columns_differ:
        _check_alike(schemas, location)
    simulated = any(map(is_simulated, schemas.values()))
    inputs, zones = tuple(map(_input, parts)), _zones(schemas.values())
    with readable(location.shown):
        copies.check(connection, parts, _checksums(inputs), rules=source.rules, label=location.shown)
        table = _view(connection, parts)
    return Delivered(table, inputs, _notes(parts), location.shown, simulated, zones)


def _staged(connection: Backend, location: Location, source: TableSource, *, root: Path) -> list[Part]:
    asked = {"source": source.model_dump(mode="json"), "location": location.text, "root": str(root)}
    named = source_registry.named_kind(location)
    if named is not None:
        stage_named = partial(named.stage, connection, location, source=source, root=root)
        return staged_once.once(connection, asked, [], stage_named)
    there = files(location, root=root, built_ins=source_registry.BUILT_INS)
    kind = source_registry.file_kind(there, location)

    def stage() -> list[Part]:
        _use_threads(connection, is_large=sum(one.path.stat().st_size for one in there) > LARGE_BYTES)
        return [kind.stage(connection, one.path, name=one.name, source=source) for one in there]

    return staged_once.once(connection, asked, [one.path for one in there], stage)


def _use_threads(connection: Backend, *, is_large: bool) -> None:
    """All threads from now on, where a table is large; a connection that began with one keeps to it until then."""
    if is_large:
        connection.con.execute("RESET threads")


def _check_rows(parts: list[Part], location: Location) -> None:
    if not any(part.row_count for part in parts):
        raise ContractError(f"{location.shown} must hold rows, found a header without any.")


def _check_alike(schemas: dict[str, pa.Schema], location: Location) -> None:
    """Every file has the columns of the first, text where that has text."""
    first_name, first = next(iter(schemas.items()))
    problems = []
    for name, schema in schemas.items():
        missing = [column for column in first.names if column not in schema.names]
        added = [column for column in schema.names if column not in first.names]
        problems += [f"{name}: column `{column}` of {first_name} is missing" for column in missing]
        problems += [f"{name}: column `{column}` is not in {first_name}" for column in added]
        for column in set(first.names) & set(schema.names):
            if _is_text(first.field(column)) != _is_text(schema.field(column)):
                types = f"{schema.field(column).type}, in {first_name} {first.field(column).type}"
                problems.append(f"{name}: column `{column}` is {types}")
    if problems:
        raise ContractError(message(f"{location.shown} must have the same columns in all files", problems))


def _zones(schemas: Iterable[pa.Schema]) -> dict[str, str]:
    """The zone that all files name for a column, where they name one that is a place's and not UTC."""
    found: dict[str, set[str]] = {}
    for schema in schemas:
        for column in schema:
            if pa.types.is_timestamp(column.type) and column.type.tz:
                found.setdefault(column.name, set()).add(column.type.tz)
    single = {name: next(iter(zones)) for name, zones in found.items() if len(zones) == 1}
    return {name: zone for name, zone in single.items() if zone in available_timezones() and zone not in UTC_NAMES}


def _is_text(column: pa.Field) -> bool:
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    return pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)


def _notes(parts: list[Part]) -> tuple[str, ...]:
    """The notes of all parts; one that several files share appears once."""
    names: dict[str, list[str]] = {}
    for part in parts:
        for note in part.notes:
            names.setdefault(note.removeprefix(f"{part.name}: "), []).append(part.name)
    more = {note: f" and {len(named) - 1} more" if len(named) > 1 else "" for note, named in names.items()}
    return tuple(f"{named[0]}{more[note]}: {note}" for note, named in names.items())


def _view(connection: Backend, parts: list[Part]) -> ibis.Table:
    """All parts as one lazy table; nothing is read but what a query needs.

    Folders such as `month=2024-01`, as Spark writes them, become columns of text.
    """
    paths = ", ".join(quoted(part.parquet) for part in parts)
    own_rows = parts[0].first_row is None
    kept = "* EXCLUDE (_path, file_row_number" + (", _row)" if own_rows else ")")
    row = "_row" if own_rows else f"file_row_number + {_by_part(parts, [str(part.first_row) for part in parts])}"
    partitioned = any(PARTITION.search(part.name) for part in parts if part.parquet == part.origin)
    name = f"delivered_{ibis.util.guid()}"
    connection.con.execute(
        f"CREATE VIEW {identifier(name)} AS SELECT {kept}, "
        f"{_by_part(parts, [quoted(part.name) for part in parts])} AS _file, CAST({row} AS BIGINT) AS _row "
        f"FROM read_parquet([{paths}], union_by_name=true, file_row_number=true, filename='_path', "
        f"hive_partitioning={partitioned}, hive_types_autocast=false)"
    )
    return connection.table(name)


def _by_part(parts: list[Part], values: list[str]) -> str:
    if len(set(values)) == 1:
        return values[0]
    cases = " ".join(f"WHEN {quoted(part.parquet)} THEN {value}" for part, value in zip(parts, values, strict=True))
    return f"CASE _path {cases} END"


def _checksums(inputs: Iterable[InputFile]) -> dict[str, str]:
    return {one.name: one.sha256 for one in inputs}


def _input(part: Part) -> InputFile:
    if part.origin is None:
        return InputFile(part.name, "", 0, part.row_count)
    with part.origin.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    return InputFile(part.name, digest, part.origin.stat().st_size, part.row_count)
