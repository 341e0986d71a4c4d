"""The built-in data: CDNOW, in the files that the lifetimes package brings (Fader and Hardie, 69,659 orders)."""

from __future__ import annotations

import io
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
from ibis.backends.duckdb import Backend

from helpers.connectors.locations import Location, installed
from helpers.connectors.source_kinds import NamedKind
from helpers.connectors.staging import Part, new_file
from helpers.errors import ContractError
from helpers.schema.sources import TableSource

FILES = {"cdnow": ("CDNOW_master.txt", True), "cdnow_sample": ("CDNOW_sample.txt", False)}
COLUMNS = {
    "customer_id": pa.string(),
    "ordered_at": pa.timestamp("s"),
    "quantity": pa.int64(),
    "amount": pa.decimal128(18, 4),
    "_row": pa.int64(),
}


def is_named(location: Location) -> bool:
    """Whether a source is one of the two files of CDNOW."""
    return location.text in FILES


def stage_named(connection: Backend, location: Location, *, source: TableSource, root: Path) -> list[Part]:  # noqa: ARG001 - as every kind
    """The file of CDNOW that the source names."""
    return [stage(connection, location.text)]


def stage(connection: Backend, name: str) -> Part:
    """One row per order of CDNOW: customer_id, ordered_at, quantity (CDs), amount (US dollars).

    `cdnow` is the whole cohort of 23,570 customers, `cdnow_sample` the published one-in-ten sample of 2,357, under the
    same customer ids.
    """
    file, has_header = FILES[name]
    path = installed("lifetimes") / "datasets" / file
    rows = [line.split() for line in path.read_text(encoding="ascii").splitlines()[int(has_header) :]]
    if {len(row) for row in rows} not in ({4}, {5}):
        raise ContractError(
            f"{file} of the lifetimes package must have 4 or 5 fields in every line; reinstall lifetimes."
        )
    parquet = new_file(connection, ".parquet")
    pq.write_table(_orders(rows, first_line=1 + has_header), parquet)
    return Part(name, parquet, path, len(rows), None)


def _orders(rows: list[list[str]], *, first_line: int) -> pa.Table:
    # as text of one form: Arrow imports pandas, for half a second, to make an array of Python's own objects
    lines = (f"{row[0]},{row[-3]},{row[-2]},{row[-1]},{line}\n" for line, row in enumerate(rows, start=first_line))
    reading = pacsv.ReadOptions(column_names=list(COLUMNS))
    types = pacsv.ConvertOptions(column_types=COLUMNS, timestamp_parsers=["%Y%m%d"])
    orders = pacsv.read_csv(io.BytesIO("".join(lines).encode("ascii")), read_options=reading, convert_options=types)
    return orders.cast(orders.schema.set(1, pa.field("ordered_at", pa.date32())))


KIND = NamedKind(is_named, stage_named, built_ins=tuple(FILES))
