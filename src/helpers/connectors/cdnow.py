"""The built-in data: CDNOW, in the files that the lifetimes package brings (Fader and Hardie, 69,659 orders)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from ibis.backends.duckdb import Backend

from helpers.connectors.locations import Location, installed
from helpers.connectors.source_kinds import NamedKind
from helpers.connectors.staging import Part, new_file
from helpers.errors import ContractError
from helpers.schema.sources import TableSource

if TYPE_CHECKING:
    import pandas as pd

FILES = {"cdnow": ("CDNOW_master.txt", True), "cdnow_sample": ("CDNOW_sample.txt", False)}


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
    import pandas as pd  # of this source alone: who reads others need not wait for it

    file, has_header = FILES[name]
    path = installed("lifetimes") / "datasets" / file
    lines = pd.read_csv(path, sep=r"\s+", header=None, skiprows=int(has_header), dtype="string[pyarrow]", engine="c")
    if lines.shape[1] not in (4, 5) or lines.isna().any(axis=None):
        raise ContractError(
            f"{file} of the lifetimes package must have 4 or 5 fields in every line; reinstall lifetimes."
        )
    parquet = new_file(connection, ".parquet")
    pq.write_table(_orders(lines, first_line=1 + has_header), parquet)
    return Part(name, parquet, path, len(lines), None)


def _orders(lines: pd.DataFrame, *, first_line: int) -> pa.Table:
    fields = [pa.array(lines[column], type=pa.string()) for column in lines.columns]
    return pa.table(
        {
            "customer_id": fields[0],
            "ordered_at": pc.strptime(fields[-3], format="%Y%m%d", unit="s").cast(pa.date32()),
            "quantity": fields[-2].cast(pa.int64()),
            "amount": fields[-1].cast(pa.decimal128(18, 4)),
            "_row": pa.array(range(first_line, first_line + len(lines)), type=pa.int64()),
        }
    )


KIND = NamedKind(is_named, stage_named, built_ins=tuple(FILES))
