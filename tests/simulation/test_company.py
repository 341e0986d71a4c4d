"""The company as a whole: the same bytes, block by block, written whole or not at all."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from functools import cache
from hashlib import sha256
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from helpers.contract import loading
from helpers.errors import RunError
from helpers.schema import SCHEMAS, deliverable
from helpers.schema.sources import OrdersSource, TableSource
from helpers.simulation import company, population
from helpers.simulation.company import ensure, make_block, simulate, write
from helpers.simulation.defect_settings import Defects
from helpers.simulation.manifests import TABLES, manifest
from helpers.simulation.settings import Company

SMALL = Company(customer_count=300)


@cache
def everything() -> company.Simulation:
    return simulate(SMALL)


@pytest.fixture
def blocks_of_100(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks so small that a company of 300 has three."""
    for module in ("population", "settings"):
        monkeypatch.setattr(f"helpers.simulation.{module}.BLOCK_SIZE", 100)


def digests(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.mark.usefixtures("blocks_of_100")
def test_same_seed_same_bytes(tmp_path: Path) -> None:
    first, second = write(SMALL, tmp_path / "a"), write(SMALL, tmp_path / "b")
    assert digests(first) == digests(second)
    assert {name.split("/")[0] for name in digests(first)} == {*TABLES, "manifest.json"}
    files = list((first / "orders").rglob("*.parquet"))
    assert len(files) == 3
    assert all(company.SIMULATED in pq.read_schema(file).metadata for file in files)
    other = digests(write(replace(SMALL, seed=2), tmp_path / "c"))
    assert not {name for name in other if other[name] == digests(first)[name]} - {
        name for name in other if name.startswith(("products", "campaigns/", "survey_questions"))
    }


@pytest.mark.usefixtures("blocks_of_100")
def test_a_block_alone_is_the_block_of_the_whole(tmp_path: Path) -> None:
    out = write(SMALL, tmp_path / "whole")
    alone = make_block(SMALL, 2)
    for name, table in alone.tables.items():
        assert pq.ParquetFile(out / name / "block=0002" / "part.parquet").read().equals(table), name
    larger = make_block(replace(SMALL, customer_count=1_000), 2)
    assert all(larger.tables[name].equals(table) for name, table in alone.tables.items())


@pytest.mark.usefixtures("blocks_of_100")
def test_the_blocks_in_memory_are_the_blocks_on_disk(tmp_path: Path) -> None:
    out, simulation = write(SMALL, tmp_path / "out"), simulate(SMALL)
    for name, table in simulation.tables.items():
        files = sorted((out / name).rglob("*.parquet"))
        assert pa.concat_tables([pq.ParquetFile(file).read() for file in files]).equals(table), name
    assert len(simulation.tables["customers"]) == 300
    assert len(simulation.tables["products"]) == len(simulation.truth.frames["catalogue"]["products"])
    assert simulation.truth.frames["customers"]["customers"]["customer_id"].is_unique
    assert simulation.truth.company == SMALL


@pytest.mark.parametrize("table", TABLES)
def test_a_table_is_the_same_whichever_others_are_made(table: str) -> None:
    assert simulate(SMALL, tables=[table]).tables[table].equals(everything().tables[table])


@pytest.mark.parametrize("name", ["order_id", "entry_id", "ticket_id", "pool_id", "response_id"])
@pytest.mark.usefixtures("blocks_of_100")
def test_ids_do_not_repeat_in_other_blocks(name: str) -> None:
    table = {"order_id": "orders", "entry_id": "points", "ticket_id": "tickets", "pool_id": "quota_pools"}.get(name)
    tables = simulate(SMALL, tables=[table or "survey_responses"]).tables[table or "survey_responses"].to_pandas()
    by_block = tables.groupby(name)["customer_id"].nunique()
    assert by_block.max() == 1


def test_an_unknown_table_is_named() -> None:
    with pytest.raises(ValueError, match=r"found 'order'\. Did you mean `orders`\?"):
        simulate(SMALL, tables=["order"])


def test_every_table_has_only_columns_of_its_schema() -> None:
    known = SCHEMAS | {"order_lines": deliverable("orders")}
    lines = simulate(SMALL, tables=["order_lines"]).tables
    assert set(everything().tables) == set(SCHEMAS) - {"campaign_contacts", "coupon_redemptions"}
    for name, table in (everything().tables | lines).items():
        assert table.column_names == [column for column in known[name].names if column in table.column_names], name
        missing = {column.name for column in known[name].columns if column.required} - set(table.column_names)
        assert not missing, name


def test_every_customer_of_a_table_is_known() -> None:
    ids = set(everything().tables["customers"]["customer_id"].to_pylist())
    for name, table in everything().tables.items():
        if "customer_id" in table.column_names:
            assert set(table["customer_id"].to_pylist()) - {None} <= ids, name


def test_the_default_company_looks_like_a_shop() -> None:
    orders = simulate(Company(), tables=["orders"]).tables["orders"].to_pandas()
    counts = orders["customer_id"].value_counts()
    assert 0.2 < (counts > 1).mean() < 0.4, "share of customers who came back"
    first = ~orders.sort_values("ordered_at").duplicated("customer_id")
    amounts = orders["amount"].astype(float)
    month = orders["ordered_at"].dt.to_period("M")
    returning = amounts[~first].groupby(month).sum() / amounts.groupby(month).sum()
    assert returning.iloc[6:].between(0.2, 0.5).all(), "share of revenue from returning customers"
    assert 100 < amounts.median() < 200
    assert (amounts.groupby(month).size() > 100).all()


def test_the_contract_takes_what_is_written(tmp_path: Path) -> None:
    out = write(SMALL, tmp_path / "demo", tables=["order_lines", "products", "customers", "orders"])
    sources = {
        "orders": OrdersSource(source=str(out / "order_lines"), grain="line"),
        "products": TableSource(source=str(out / "products")),
        "customers": TableSource(source=str(out / "customers")),
    }
    tables = loading.load(sources, as_of=SMALL.end, currency=SMALL.currency, stale_days=60)
    true = pq.read_table(out / "orders").to_pandas()
    assert tables.orders.count().execute() == len(true)
    assert tables.orders.amount.sum().execute() == true["amount"].sum()
    assert tables.orders.discount_amount.sum().execute() == true["discount_amount"].sum()
    assert tables.order_items is not None
    assert "kept" in set(tables.ledger["outcome"])


# ------------------------------------------------------------------------------------------------------------- defects


@pytest.mark.usefixtures("blocks_of_100")
def test_defects_are_planted_once_and_listed() -> None:
    planted = Defects(duplicate_count=4, orphan_count=3, wrong_currency_count=2, phone_count=1)
    made = simulate(replace(SMALL, defects=planted), tables=["orders", "survey_responses"])
    listed = made.truth.frames["defects"]["defects"]
    assert listed["defect"].value_counts().to_dict() == {
        "duplicate": 4, "orphan": 3, "wrong currency": 2, "phone": 1,
    }  # fmt: skip
    assert len(made.tables["orders"]) == len(simulate(SMALL, tables=["orders"]).tables["orders"]) + 9
    assert made.tables["orders"]["currency"].to_pylist().count("USD") == 2
    assert made.tables["orders"]["currency"].null_count == 0


def test_tables_without_defects_do_not_need_those_with() -> None:
    faulty = replace(SMALL, defects=Defects(duplicate_count=4))
    assert simulate(faulty, tables=["tickets"]).tables["tickets"].equals(everything().tables["tickets"])


# ------------------------------------------------------------------------------------------- writing whole, or not at all


def test_a_folder_with_files_is_not_written_into(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(RunError, match="must be empty or not there yet"):
        write(SMALL, tmp_path)
    with pytest.raises(RunError, match="must be a simulated company or not there yet"):
        ensure(tmp_path, SMALL)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_ensure_writes_once_and_again_when_settings_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls, real = [], company.write
    monkeypatch.setattr(company, "write", lambda *given, **named: (calls.append(given), real(*given, **named))[1])
    out = tmp_path / "cache" / "demo"
    assert ensure(out, SMALL, tables=["orders"]) == out
    before = digests(out)
    ensure(out, SMALL, tables=["orders"])
    assert (len(calls), digests(out)) == (1, before)
    ensure(out, replace(SMALL, seed=7), tables=["orders"])
    assert len(calls) == 2
    assert digests(out) != before
    ensure(out, replace(SMALL, seed=7), tables=["orders", "customers"])
    assert (len(calls), (out / "customers").is_dir()) == (3, True)
    assert [path.name for path in out.parent.iterdir() if not path.name.endswith(".lock")] == ["demo"]


def test_a_run_that_is_stopped_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = ensure(tmp_path / "demo", SMALL, tables=["orders"])
    before = digests(out)

    def stopped(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(company.pq, "write_table", stopped)
    with pytest.raises(KeyboardInterrupt):
        ensure(out, replace(SMALL, seed=7), tables=["orders"])
    with pytest.raises(KeyboardInterrupt):
        ensure(tmp_path / "new", SMALL, tables=["orders"])
    assert digests(out) == before
    assert sorted(path.name for path in tmp_path.iterdir() if not path.name.endswith(".lock")) == ["demo"]


def test_the_manifest_tells_the_settings(tmp_path: Path) -> None:
    out = write(replace(SMALL, end=date(2023, 6, 30)), tmp_path / "out", tables=["customers"])
    told = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert told == manifest(replace(SMALL, end=date(2023, 6, 30)), tables=["customers"])
    assert told["simulated"] is True
    assert told["settings"]["end"] == "2023-06-30"
    assert told["settings"]["catalogue"]["categories"][0]["name_zh"] == "茶叶"
    assert told["tables"] == ["customers"]
    assert told["libraries"]["numpy"] == np.__version__


def test_dates_of_people_lie_within_the_company() -> None:
    frame: pd.DataFrame = simulate(SMALL, tables=["customers"]).tables["customers"].to_pandas()
    assert frame["first_seen_on"].between(SMALL.start, SMALL.end).all()
    assert population.population(SMALL, block=0).customer_id.tolist() == frame["customer_id"].tolist()
