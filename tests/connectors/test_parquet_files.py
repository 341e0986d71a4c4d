"""Parquet files are read where they lie."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from helpers.connectors import parquet_files
from helpers.errors import ContractError


def test_a_file_is_a_part_of_its_own_and_not_copied(tmp_path: Path) -> None:
    path = tmp_path / "orders.parquet"
    pq.write_table(pa.table({"客户": ["a", "b"], "amount": [1, 2]}), path)
    part = parquet_files.part(path, name="orders.parquet")
    assert (part.parquet, part.origin, part.row_count, part.first_row) == (path, path, 2, 1)
    assert list(tmp_path.iterdir()) == [path]


def test_what_is_no_parquet_is_refused_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "orders.parquet"
    path.write_text("customer,amount\n")
    with pytest.raises(ContractError, match=r"orders\.parquet must be a Parquet file, as its ending says, found none"):
        parquet_files.part(path, name="orders.parquet")


def test_decimals_beyond_the_engine_are_refused(tmp_path: Path) -> None:
    """DuckDB reads decimals of more than 38 digits as other numbers."""
    pq.write_table(pa.table({"amount": pa.array([Decimal("1.50")], pa.decimal256(50, 2))}), tmp_path / "a.parquet")
    with pytest.raises(ContractError, match=r"a\.parquet: column `amount` must be a decimal of 38 digits at most"):
        parquet_files.part(tmp_path / "a.parquet", name="a.parquet")
