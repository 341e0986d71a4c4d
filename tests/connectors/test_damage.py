"""Parquet whose footer is fine and whose pages are not: an error of the data, wherever it shows."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from helpers.connectors.damage import readable
from helpers.connectors.delivery import connect, deliver
from helpers.contract import loading, scaffolding
from helpers.contract.canonical import Tables
from helpers.errors import ContractError
from helpers.schema.sources import OrdersSource, TableSource


@pytest.fixture
def content(tmp_path: Path) -> bytes:
    count = 20_000
    columns = {
        "order_id": [f"o{n}" for n in range(count)],
        "customer_id": [f"c{n % 900}" for n in range(count)],
        "ordered_at": [date(2024, 1, 1 + n % 28) for n in range(count)],
        "amount": [n * 0.01 for n in range(count)],
    }
    pq.write_table(pa.table(columns), tmp_path / "whole.parquet")
    return (tmp_path / "whole.parquet").read_bytes()


def load(root: Path) -> Tables:
    orders = OrdersSource(source="a.parquet")
    return loading.load({"orders": orders}, as_of=date(2024, 1, 31), currency="EUR", stale_days=31, root=root)


@pytest.mark.parametrize("start", [300, 5_000, 60_000])
def test_broken_pages_are_one_error(tmp_path: Path, content: bytes, start: int) -> None:
    (tmp_path / "a.parquet").write_bytes(
        content[:start] + bytes(7 * n % 256 for n in range(900)) + content[start + 900 :]
    )
    with pytest.raises(ContractError, match=r'must be readable to the end, found damage: .*"a\.parquet"') as caught:
        load(tmp_path)
    assert str(tmp_path) not in str(caught.value)
    with pytest.raises(ContractError, match="must be readable to the end"):
        scaffolding.propose("x", "a.parquet", root=tmp_path)


@pytest.mark.parametrize("part", [slice(None, -100), slice(None, 50), slice(2_000, None), slice(0, 0)])
def test_a_cut_file_is_one_error(tmp_path: Path, content: bytes, part: slice) -> None:
    (tmp_path / "a.parquet").write_bytes(content[part])
    with pytest.raises(ContractError, match=r"a\.parquet must be"):
        deliver(connect(), TableSource(source="a.parquet"), root=tmp_path)


def test_faults_of_our_own_stay_what_they_are() -> None:
    with pytest.raises(duckdb.BinderException), readable("x"):
        duckdb.sql("SELECT nothing_of_that_name").fetchall()
