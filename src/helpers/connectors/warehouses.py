"""Tables that stay where they lie: on PostgreSQL, Spark or BigQuery, read by expressions that run there."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlparse, urlsplit

import ibis
import ibis.expr.types as ir
import pyarrow as pa
from ibis.backends import BaseBackend
from ibis.backends.duckdb import Backend as DuckDB
from ibis.util import gen_name

from helpers.connectors.databases import apart, named_table, unreachable
from helpers.connectors.delivery import Delivered, InputFile
from helpers.connectors.locations import Location, expand
from helpers.connectors.temporary_tables import temporary
from helpers.errors import ContractError, ParamsError, RegularsError, message
from helpers.schema.sources import TableSource

if TYPE_CHECKING:
    import pandas as pd  # imported where it is used: who looks at a file has no use for it

PARQUET = "parquet:"
"""Before the folder of Parquet files that Spark reads where the cluster sees it, in place of a table of its catalog."""
PORTION = 20_000
"""The rows of an answer of PostgreSQL that are fetched at a time, so that few are held as objects of Python."""
SAMPLE_ROWS = 50_000
"""The rows of a table that are fetched to propose its first params."""
SPARK = {
    "spark.sql.execution.arrow.pyspark.enabled": "true",  # without it nulls become NaN
    "spark.sql.session.timeZone": "UTC",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.log.level": "ERROR",
}
"""What every session of ours sets; all else is the cluster's, or of spark-defaults.conf."""
LOCAL_SPARK = {
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.sql.shuffle.partitions": str(4 * (os.cpu_count() or 1)),  # the 200 of a cluster take longer than the work
}
"""What a session on this machine sets besides."""


@dataclass(frozen=True)
class Warehouse:
    """A kind of engine on which the tables of a report may stay.

    `schemes` begin its URLs, `connect` opens one, `drivers` are the modules whose errors are the engine's, `install`
    gets them.
    """

    schemes: tuple[str, ...]
    connect: Callable[[str], BaseBackend]
    drivers: tuple[str, ...]
    install: str


@dataclass(frozen=True)
class Address:
    """Where the tables of a report stay: the kind of engine, and the URL without the name of a table."""

    kind: Warehouse
    location: Location


def _postgres(url: str) -> BaseBackend:
    import pandas as pd
    from ibis.backends.postgres import Backend
    from ibis.backends.postgres.converter import PostgresPandasData

    class Postgres(Backend):
        def execute(self, expr: ir.Expr, /, **settings: Any) -> Any:
            # Ibis 12 holds an answer whole three times: as the driver got it, as objects of Python, and as a frame
            self._run_pre_execute_hooks(expr)
            table = expr.as_table()
            schema, query = table.schema(), self.compile(table, **settings)

            def frame(rows: list[Any]) -> pd.DataFrame:
                told = pd.DataFrame.from_records(rows, columns=schema.names, coerce_float=True)
                return PostgresPandasData.convert_table(told, schema)

            with self.con.transaction(), self.con.cursor(name=gen_name("portions")) as cursor:
                cursor.execute(query)
                first = cursor.fetchmany(PORTION)
                rest = iter(lambda: cursor.fetchmany(PORTION), []) if len(first) == PORTION else ()
                portions = [frame(first), *map(frame, rest)]
            whole = portions[0] if len(portions) == 1 else _joined(portions, schema)
            return expr.__pandas_result__(whole)

        def _create_cached_table(self, name: str, expr: ir.Table) -> ir.Table:
            # Ibis 12 leaves it without statistics, and its texts in the language of the database
            return temporary(self, name, expr)

    address = urlparse(url)
    connection = Postgres()._from_url(address, **dict(parse_qsl(address.query)))
    with connection.begin() as cursor:
        cursor.execute("SET TIME ZONE 'UTC'")
        cursor.execute("SET cursor_tuple_fraction = 1")  # all rows of a cursor are fetched
    return connection


def _joined(portions: list[pd.DataFrame], schema: ibis.Schema) -> pd.DataFrame:
    """The portions of an answer; a number that is missing in all rows of one portion stays a number in the others."""
    import pandas as pd

    numbers = [name for name, kind in schema.items() if kind.is_integer() or kind.is_floating()]
    known = [one.drop(columns=[name for name in numbers if one[name].isna().all()]) for one in portions]
    return pd.concat(known, ignore_index=True).reindex(columns=list(schema.names))


def _spark(url: str) -> BaseBackend:
    from ibis.backends.pyspark import Backend
    from pyspark.sql import SparkSession

    class Spark(Backend):
        def _create_cached_table(self, name: str, expr: ibis.Table) -> ibis.Table:
            # Ibis 12 does not put small frames that an expression holds onto Spark before it is cached
            self._run_pre_execute_hooks(expr)
            return super()._create_cached_table(name, expr)

    host = urlsplit(url).netloc
    is_local = host == "local"
    builder: Any = SparkSession.builder.appName("regulars").master("local[*]" if is_local else f"spark://{host}")
    for name, value in (SPARK | LOCAL_SPARK if is_local else SPARK).items():
        builder = builder.config(name, value)
    Spark.register_options()
    return Spark().connect(builder.getOrCreate())


WAREHOUSES = (
    Warehouse(("postgres", "postgresql"), _postgres, ("psycopg",), "uv sync --extra postgres"),
    Warehouse(("spark",), _spark, ("pyspark", "py4j"), "uv sync --extra spark"),
    # through Ibis alone: no test of the kit has ever reached BigQuery
    Warehouse(("bigquery",), ibis.connect, ("google",), "uv add 'ibis-framework[bigquery]'"),
)
"""The engines on which tables stay: a new one is a line here."""


def address(sources: Mapping[str, TableSource], *, beside: Collection[str] = ()) -> Address | None:
    """Where the tables of a report stay; None where all of them are read into the engine of the kit.

    Tables whose names are in `beside` may be in files while the others stay.

    Raises
    ------
    ParamsError
        Some stay and others do not, or they stay in several places: nothing is carried from one engine to another.
    """
    places = {name: _address(source) for name, source in sources.items()}
    first = places["orders"]
    elsewhere = {
        name: place
        for name, place in places.items()
        if place != first and not (first is not None and place is None and name in beside)
    }
    if elsewhere:
        shown = f"at {first.location.shown}" if first else "in files, or copied"
        problems = [
            f"`{name}`: is {f'at {place.location.shown}' if place else 'in files, or copied'}"
            for name, place in elsewhere.items()
        ]
        remedy = "put them there, or state `copied: true` for the tables of databases, which fetches all of their rows"
        raise ParamsError(message(f"the tables of a report must lie where the orders do ({shown}); {remedy}", problems))
    return first


def stays(source: TableSource) -> bool:
    """Whether a table stays on an engine of its own."""
    return _address(source) is not None


def _address(source: TableSource) -> Address | None:
    location = expand(source.source)
    scheme, separator, _ = location.text.partition("://")
    kind = next((kind for kind in WAREHOUSES if separator and scheme in kind.schemes), None)
    if kind is None or source.copied:
        return None
    return Address(kind, Location(apart(location.text)[0], apart(location.shown)[0], location.secrets))


def _table_name(source: TableSource, place: Address) -> str:
    name = source.table or apart(expand(source.source).text)[1]
    if name is None:
        raise ParamsError(f"{place.location.shown} is a database: state `table`, or end the URL with ?table=NAME.")
    return name


def reach(place: Address) -> BaseBackend:
    """A connection to the engine on which tables stay.

    Raises
    ------
    ParamsError
        It cannot be reached, or its driver is not installed; no message shows a value from the environment.
    """
    try:
        return place.kind.connect(place.location.text)
    except RegularsError:
        raise
    except ModuleNotFoundError:
        raise ParamsError(f"{place.location.shown}: install what it needs with `{place.kind.install}`.") from None
    except Exception as error:  # noqa: BLE001 - each driver raises classes of its own, and may quote the password
        raise ParamsError(unreachable(place.kind.schemes[0], place.location, error)) from None


def remain(connection: BaseBackend, source: TableSource, place: Address) -> Delivered:
    """The table of a source as it lies on its engine: no row of it is fetched.

    Raises
    ------
    ParamsError
        There is no such table.
    ContractError
        It has no rows.
    """
    wanted, shown = _table_name(source, place), place.location.shown
    if wanted.startswith(PARQUET) and place.kind.schemes == ("spark",):
        table = connection.read_parquet(wanted.removeprefix(PARQUET))
    else:
        table = named_table(connection, name=shown, wanted=wanted)
    row_count = int(table.count().to_pyarrow().as_py())
    if not row_count:
        raise ContractError(f"{shown}, table {wanted}, must hold rows, found none.")
    name = f"{shown}, table {wanted}"
    return Delivered(table, (InputFile(name, "", 0, row_count),), (), name)


def sampled(connection: DuckDB, source: TableSource) -> tuple[Delivered, ir.Table]:
    """The first rows of a table that stays on its engine, as delivered, and that table: for whoever looks at it first.

    Raises
    ------
    ParamsError, ContractError
        As `remain`.
    """
    place = address({"orders": source})
    if place is None:
        raise TypeError(f"{source.source} does not stay on an engine of its own")
    with answering(place):
        there = remain(reach(place), source, place)
        rows = there.table.limit(SAMPLE_ROWS).to_pyarrow()
    numbered = rows.append_column("_row", pa.array(range(1, rows.num_rows + 1), pa.int64()))
    here = numbered.append_column("_file", pa.array([there.label] * rows.num_rows, pa.string()))
    count = there.inputs[0].row_count
    notes = (f"{count:,} rows lie there; the proposals are made from {rows.num_rows:,} of them, the days from all.",)
    return replace(there, table=connection.create_table("sampled", here, temp=True), notes=notes), there.table


@contextmanager
def answering(place: Address | None) -> Iterator[None]:
    """What is done inside runs on the engine of the tables: what it refuses is told as a fault of the data.

    Raises
    ------
    ContractError
        The engine could not run a query; its own reason follows, without values from the environment.
    """
    try:
        yield
    except RegularsError:
        raise
    except Exception as error:
        if place is None or type(error).__module__.partition(".")[0] not in place.kind.drivers:
            raise
        reason = (place.location.redacted(str(error)).strip().splitlines() or [type(error).__name__])[0]
        said = f"{place.location.shown} must run what the contract asks of it, found: {reason.rstrip('. ')}."
        raise ContractError(said) from error
