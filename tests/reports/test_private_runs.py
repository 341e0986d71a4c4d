"""A run on a company with erased customers and withdrawn consents: not a byte of them is left where it must not be."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest

from tests import commands, shops

GONE, SHY = "erased-7f3a", "shy-91cc"
TABLES = """customers: {folder}/customers.csv
other_tables:
  consents: {folder}/consents.csv
  erasures: {folder}/erasures.csv
"""


def planted(folder: Path) -> Path:
    """The params of a shop of which one customer was erased and one withdrew consent; both bought often."""
    rows = shops.orders()
    for place, who in enumerate((GONE, SHY)):
        days = [shops.AS_OF - timedelta(days=20 * step + place) for step in range(1, 12)]
        rows += [(f"{who}-{step}", who, day.isoformat(), "9.99", "shop") for step, day in enumerate(days)]
    people = sorted({row[1] for row in rows})
    (folder / "customers.csv").write_text(
        "customer_id,region\n" + "".join(f"{who},North\n" for who in people), encoding="utf-8"
    )
    (folder / "consents.csv").write_text(
        f"customer_id,purpose,granted_at,withdrawn_at\n{SHY},analytics,2024-01-01,2025-01-10\n", encoding="utf-8"
    )
    (folder / "erasures.csv").write_text(
        f"customer_id,requested_at,erased_at\n{GONE},2025-01-02,2025-01-12\n", encoding="utf-8"
    )
    source = shops.write_csv(folder / "orders.csv", rows)
    return shops.write_params(
        folder / "shop.yml",
        source,
        more=TABLES.format(folder=folder) + "\nleast_customers: 90\n",
        notebook="exploration, segmentation, clv",
    )


def content(path: Path) -> bytes:
    """The bytes of a file; of a Parquet file, which packs its texts, the rows as text."""
    return pd.read_parquet(path).to_csv().encode() if path.suffix == ".parquet" else path.read_bytes()


@pytest.mark.slow
def test_no_byte_that_a_run_leaves_names_who_was_erased_or_withdrew(tmp_path: Path) -> None:
    commands.succeeding("run", planted(tmp_path), "--out", tmp_path / "out")
    files = [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert len(files) > 20
    for path in files:
        assert GONE.encode() not in content(path), path
        assert SHY.encode() not in content(path), path
    folder = tmp_path / "out" / "shop" / "2025-01-31"
    tables = list((folder / "tables").rglob("customers.csv"))
    assert len(tables) == 3
    assert all("客1," in path.read_text(encoding="utf-8") for path in tables), "others are there"
    assert "customer was erased" in next((folder / "tables").rglob("ledger.csv")).read_text(encoding="utf-8")
    assert json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["data_health_reasons"] == {}
