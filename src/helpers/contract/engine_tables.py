"""What the contract asks of an engine on which tables stay: tables made once, texts in one order, clocks of a zone."""

from __future__ import annotations

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir
from ibis.backends import BaseBackend

from helpers.connectors.temporary_tables import temporary


@ibis.udf.scalar.builtin(name="convert_to")
def _encoded(text: str, encoding: str) -> dt.Binary:
    """The bytes of a text, on PostgreSQL."""


@ibis.udf.scalar.builtin(name="timezone")
def _postgres_clock(zone: str, at: dt.Timestamp(timezone="UTC")) -> dt.Timestamp(scale=6):  # type: ignore  # noqa: PGH003
    """The wall clock of a zone, on PostgreSQL."""


@ibis.udf.scalar.builtin(name="from_utc_timestamp")
def _spark_clock(at: dt.Timestamp(scale=6), zone: str) -> dt.Timestamp(scale=6):  # type: ignore  # noqa: PGH003
    """The same on Spark."""


def made_once(connection: BaseBackend, name: str, table: ir.Table) -> ir.Table:
    """The rows of an expression, made once on the engine and gone with its session; texts are in the order of bytes.

    Spark, which has no temporary tables, keeps the rows in its memory, and on its disks where they do not fit.
    """
    if connection.name == "pyspark":
        return table.cache()
    return temporary(connection, name, table)


def bytewise(column: ir.Value) -> ir.Value:
    """A column to order rows by, texts by their bytes, whatever the language of the database."""
    if column.type().is_string() and _engine(column) == "postgres":
        return _encoded(column, "UTF8")
    return column


def wall_clock_there(at: ir.TimestampValue, time_zone: str | None) -> ir.TimestampValue:
    """The wall clock of a zone, or of UTC where None, at instants that know theirs."""
    if time_zone is None:
        return at.cast("timestamp")
    if _engine(at) == "pyspark":
        return _spark_clock(at.cast("timestamp"), time_zone)
    return _postgres_clock(time_zone, at)


def _engine(column: ir.Value) -> str:
    return column._find_backend().name
