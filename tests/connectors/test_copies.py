"""A file that lies twice in the folder of a delivery is told, however it is named, packed, encoded or sorted."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from ibis.backends.duckdb import Backend

from helpers.connectors.delivery import connect, deliver
from helpers.errors import ContractError
from helpers.schema.sources import TableSource

TEXT = "day,customer,amount\n2025-01-02,Ann,10\n2025-01-02,Zoë,20\n2025-01-03,Ann,10\n"
OTHER = TEXT.replace("20\n", "21\n")
SORTED = "day,customer,amount\n2025-01-03,Ann,10\n2025-01-02,Zoë,20\n2025-01-02,Ann,10\n"


@pytest.fixture(scope="module")
def connection() -> Backend:
    return connect()


def told(connection: Backend, folder: Path, files: dict[str, Any], **stated: Any) -> str:
    """What a delivery of these files is refused for; the number of its rows where it is not."""
    for name, content in files.items():
        path = folder / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, dict):
            pq.write_table(pa.table(content), path)
        else:
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
    try:
        delivered = deliver(connection, TableSource(source="in", **stated), root=folder)
    except ContractError as error:
        return str(error)
    return str(delivered.table.count().execute())


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"a.csv": TEXT, "a (1).csv": TEXT}, "in/a (1).csv, in/a.csv hold the same bytes (3 rows each)"),
        ({"a.csv": TEXT, "a.csv.gz": gzip.compress(TEXT.encode())}, "in/a.csv, in/a.csv.gz hold the same rows"),
        ({"a.csv": TEXT, "b.csv": TEXT.replace("\n", "\r\n")}, "hold the same rows"),
        ({"a.csv": TEXT, "b.csv": TEXT.replace(",", ";")}, "hold the same rows"),
        ({"a.csv": TEXT, "b.csv": TEXT.encode("cp1252")}, "hold the same rows"),
        ({"a.csv": TEXT, "b.csv": SORTED}, "hold the same rows"),
        ({"a.csv": TEXT, "old/a.csv": TEXT, "z.csv": OTHER}, "in/a.csv, in/old/a.csv hold the same bytes"),
        ({"a.parquet": {"id": [1, 2]}, "b.parquet": {"id": [2, 1]}}, "hold the same rows (2 rows each)"),
    ],
)
def test_copies_are_told(connection: Backend, tmp_path: Path, files: dict[str, Any], said: str) -> None:
    refusal = told(connection, tmp_path, files)
    assert refusal.startswith("in must hold each file once; 1 problem.\n")
    assert said in refusal
    assert "{rule: repeated rows, duplicates: true, do: note}" in refusal


@pytest.mark.parametrize(
    ("files", "stated", "row_count"),
    [
        ({"a.csv": TEXT, "b.csv": OTHER}, {}, 6),
        ({"a.csv": TEXT, "b.csv": TEXT}, {"rules": [{"rule": "twice", "duplicates": True}]}, 6),
        ({"a.csv": "id\n1\n1\n2\n", "b.csv": "id\n1\n2\n2\n"}, {}, 6),
        ({"month=1/a.csv": TEXT, "month=2/a.csv": TEXT}, {}, 6),
        ({"month=1/a.parquet": {"id": [1, 2]}, "month=2/a.parquet": {"id": [1, 2]}}, {}, 4),
    ],
)
def test_what_is_no_copy_is_read(
    connection: Backend, tmp_path: Path, files: dict[str, Any], stated: dict[str, Any], row_count: int
) -> None:
    assert told(connection, tmp_path, files, **stated) == str(row_count)
