"""The built-in data: CDNOW, in the files that the lifetimes package brings (Fader and Hardie, 69,659 orders)."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
from ibis.backends.duckdb import Backend

from helpers.data.locations import installed
from helpers.data.staging import Part, new_file
from helpers.errors import ContractError

FILES = {"cdnow": ("CDNOW_master.txt", True), "cdnow_sample": ("CDNOW_sample.txt", False)}
SCHEMA = pa.schema(
    [
        ("customer_id", pa.string()),
        ("ordered_at", pa.date32()),
        ("quantity", pa.int64()),
        ("amount", pa.decimal128(18, 4)),
        ("_row", pa.int64()),
    ]
)


def stage(connection: Backend, name: str) -> Part:
    """One row per order of CDNOW: customer_id, ordered_at, quantity (CDs), amount (US dollars).

    `cdnow` is the whole cohort of 23,570 customers, `cdnow_sample` the published one-in-ten sample of 2,357, under the
    same customer ids.
    """
    file, has_header = FILES[name]
    path = installed("lifetimes") / "datasets" / file
    rows = [(number, line.split()) for number, line in enumerate(path.read_text("ascii").splitlines(), start=1)]
    orders = [_order(number, fields) for number, fields in rows[has_header:] if fields]
    parquet = new_file(connection, ".parquet")
    pq.write_table(pa.Table.from_pylist(orders, schema=SCHEMA), parquet)
    return Part(name, parquet, path, len(orders), None)


def _order(number: int, fields: list[str]) -> dict[str, object]:
    if len(fields) not in (4, 5):
        raise ContractError(
            f"the file of the built-in data must have 4 or 5 fields in line {number}; reinstall lifetimes."
        )
    return {
        "customer_id": fields[0],
        "ordered_at": datetime.strptime(fields[-3], "%Y%m%d").date(),
        "quantity": int(fields[-2]),
        "amount": Decimal(fields[-1]),
        "_row": number,
    }
