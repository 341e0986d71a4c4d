"""A table of a database, streamed by Arrow record batches into Parquet."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import duckdb
import ibis
import pyarrow as pa
import pyarrow.parquet as pq
from ibis.backends import BaseBackend
from ibis.backends.duckdb import Backend
from ibis.common.exceptions import IbisError

from helpers.connectors.locations import Location
from helpers.connectors.source_kinds import FileKind, NamedKind
from helpers.connectors.staging import Part, header, new_file
from helpers.errors import ContractError, ParamsError, RegularsError, nearest
from helpers.schema.sources import TableSource

BATCH_ROWS = 100_000
ELSEWHERE = ("http", "https", "ftp", "sftp", "s3", "gs", "hdfs")
URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
SQLITE = b"SQLite format 3\0"


def stage_file(connection: Backend, path: Path, *, name: str, source: TableSource) -> Part:
    """A table of a DuckDB or SQLite file."""
    with path.open("rb") as stream:
        head = stream.read(16)
    if head == SQLITE:
        opened: BaseBackend = ibis.sqlite.connect(path)
    elif head[8:12] == b"DUCK":
        opened = _duckdb(path, name)
    else:
        raise ContractError(f"{name} must be a DuckDB or SQLite file, as its ending says, found neither.")
    return _stage(connection, opened, name=name, source=source, origin=path)


def is_url(location: Location) -> bool:
    """Whether a source is the URL of a database."""
    return URL.match(location.text) is not None


def stage_url(connection: Backend, location: Location, *, source: TableSource, root: Path) -> list[Part]:
    """A table of a database that Ibis reaches by its URL; a URL of a DuckDB or SQLite file is read as that file.

    Raises
    ------
    ParamsError
        The URL names an unknown kind of database, or cannot be reached. No message of this
        function shows a value from the environment.
    """
    scheme, _, rest = location.text.partition("://")
    if scheme in ("duckdb", "sqlite") and rest:
        path = root / Path(rest).expanduser()
        if not path.is_file():
            raise ParamsError(f"{location.shown} must name a database file, found nothing there.")
        return [stage_file(connection, path, name=location.shown, source=source)]
    if scheme in ELSEWHERE:
        raise ParamsError(f"{location.shown} must lie on this machine, or in a database: fetch the file first.")
    url, table = apart(location.text)
    source, name = source.model_copy(update={"table": source.table or table}), apart(location.shown)[0]
    try:
        return [_stage(connection, ibis.connect(url), name=name, source=source, origin=None)]
    except RegularsError:
        raise
    except Exception as error:  # noqa: BLE001 - each driver raises classes of its own, and may quote the password
        raise ParamsError(unreachable(scheme, location, error)) from None


def apart(url: str) -> tuple[str, str | None]:
    """The URL of a database without `table=NAME` in its query, and that name; the URL as it is where there is none."""
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    if "table" not in query:
        return url, None
    table = query.pop("table")
    return urlunsplit(parts._replace(query=urlencode(query, safe="/:${}"))), table


def _duckdb(path: Path, name: str) -> BaseBackend:
    try:
        return ibis.duckdb.connect(path, read_only=True)
    except duckdb.Error as error:
        raise ContractError(f"{name} must be a DuckDB file that can be opened: {str(error).splitlines()[0]}") from None


def unreachable(scheme: str, location: Location, error: Exception) -> str:
    """Why a database cannot be reached, without any value from the environment."""
    if isinstance(error, ModuleNotFoundError | ImportError):
        return f"{location.shown}: install what {scheme} needs with `uv add 'ibis-framework[{scheme}]'`."
    reason = location.redacted(str(error)).strip().splitlines()
    return f"{location.shown} must be a database that can be reached: {reason[0] if reason else type(error).__name__}"


def _stage(connection: Backend, opened: BaseBackend, *, name: str, source: TableSource, origin: Path | None) -> Part:
    try:
        table = named_table(opened, name=name, wanted=source.table)
        header(table.columns, where=f"{name}, table `{source.table}`")
        parquet = new_file(connection, ".parquet")
        row_count = _write(table.to_pyarrow_batches(chunk_size=BATCH_ROWS), table.schema().to_pyarrow(), parquet)
    finally:
        opened.disconnect()
    return Part(f"{name}, table {source.table}", parquet, origin, row_count, 1)


def named_table(opened: BaseBackend, *, name: str, wanted: str | None) -> ibis.Table:
    """The table of a database by its name, which may begin with its schema and a point.

    Raises
    ------
    ParamsError
        None is named, or there is none of that name.
    """
    tables = sorted(opened.list_tables())
    if wanted is None:
        raise ParamsError(f"{name} is a database: state `table`, one of {', '.join(tables) or 'none'}.")
    schema, _, table = wanted.rpartition(".")
    if not schema and table not in tables:
        raise ParamsError(f"{name} must have the table `{wanted}`, found {', '.join(tables)}.{nearest(wanted, tables)}")
    try:
        return opened.table(table, database=schema or None)
    except IbisError as error:
        raise ParamsError(f"{name} must have the table `{wanted}`: {str(error).splitlines()[0]}") from None


def _write(batches: Iterable[pa.RecordBatch], schema: pa.Schema, parquet: Path) -> int:
    row_count = 0
    with pq.ParquetWriter(parquet, schema) as writer:
        for batch in batches:
            writer.write_batch(batch.cast(schema))
            row_count += batch.num_rows
    return row_count


KIND = FileKind(
    "database", (".duckdb", ".ddb", ".db", ".sqlite", ".sqlite3"), "DuckDB or SQLite (.duckdb, .db)", stage_file
)
URL_KIND = NamedKind(is_url, stage_url)
