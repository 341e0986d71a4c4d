"""Tables checked once for all notebooks of a report: the same tables and ledger, and the same one fault for each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

from helpers.contract import checking, loading
from helpers.contract.canonical import Tables
from helpers.contract.sharing import SHARE_VARIABLE
from helpers.errors import ContractError
from helpers.schema.sources import Exclusions, OrdersSource, TableSource
from tests import shops

REFUNDED = [("r1", "客1", "2025-01-30", "-12.34", "shop"), ("far", "客2", "1999-01-01", "9.99", "shop")]


@pytest.fixture
def checks(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the tables that were checked."""
    names: list[str] = []
    check = checking.check

    def counted(connection: Any, stated: Any, **more: Any) -> Any:
        names.append(stated.name)
        return check(connection, stated, **more)

    monkeypatch.setattr(checking, "check", counted)
    return names


@pytest.fixture
def sources(tmp_path: Path) -> dict[str, TableSource]:
    path = shops.write_csv(tmp_path / "orders.csv", [*shops.orders(60, after=3), *REFUNDED])
    people = tmp_path / "people.csv"
    people.write_text("customer_id,region\n客1,North\n客2,\n", encoding="utf-8")
    consents = tmp_path / "consents.csv"
    consents.write_text(
        "customer_id,purpose,granted_at,withdrawn_at\n客3,analytics,2024-01-01,2025-01-10\n", encoding="utf-8"
    )
    return {
        "orders": OrdersSource(source=str(path)),
        "customers": TableSource(source=str(people)),
        "consents": TableSource(source=str(consents)),
    }


def load(sources: dict[str, TableSource], **more: Any) -> Tables:
    settings = {"as_of": shops.AS_OF, "currency": "CNY", "stale_days": 31, "exclusions": Exclusions(far_days=183)}
    return loading.load(sources, **(settings | more))


def rows(tables: Tables) -> dict[str, pd.DataFrame]:
    named = {name: getattr(tables, name) for name in ("orders", "refunds", "customers", "withdrawn")}
    return {name: table.to_pandas() for name, table in {**named, **tables.others}.items()}


def test_the_second_to_ask_checks_nothing_and_gets_the_same(
    checks: list[str], sources: dict[str, TableSource], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = load(sources)
    monkeypatch.setenv(SHARE_VARIABLE, str(tmp_path / "checked"))
    first = load(sources)
    assert checks == ["orders", "customers", "consents"] * 2
    second = load(sources)
    assert len(checks) == 6
    for tables in (first, second):
        pd.testing.assert_frame_equal(tables.ledger, alone.ledger)
        assert tables.far_days == alone.far_days != ()
        assert tables.orders.schema() == alone.orders.schema()
        for name, frame in rows(alone).items():
            pd.testing.assert_frame_equal(rows(tables)[name], frame)
        for name in ("observed", "inputs", "notes", "remarks", "rows_after", "is_simulated", "other_currency_count"):
            assert getattr(tables, name) == getattr(alone, name), name


def test_one_thread_reads_small_tables_and_all_read_large_ones(
    sources: dict[str, TableSource], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def threads() -> int:
        return int(load(sources).backend.con.execute("SELECT current_setting('threads')").fetchone()[0])

    all_threads = int(duckdb.connect().execute("SELECT current_setting('threads')").fetchone()[0])  # type: ignore[index]
    monkeypatch.setenv(SHARE_VARIABLE, str(tmp_path / "shared"))
    assert threads() == 1
    monkeypatch.setattr("helpers.connectors.delivery.LARGE_ROWS", 1)
    assert threads() == all_threads


def test_another_question_is_checked_again(
    checks: list[str], sources: dict[str, TableSource], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SHARE_VARIABLE, str(tmp_path / "checked"))
    given = {"orders": sources["orders"]}
    load(given)
    for other in ({"stale_days": 7}, {"exclusions": Exclusions()}, {"currency": "USD"}, {"time_zone": "Asia/Shanghai"}):
        before = len(checks)
        load(given, **other)
        assert len(checks) == before + 1, other


def test_a_fault_is_found_once_and_told_to_each(
    checks: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SHARE_VARIABLE, str(tmp_path / "checked"))
    broken = shops.write_csv(
        tmp_path / "b.csv", [("o1", "a", "2025-01-01", "12.50", "x"), ("o2", "b", "2025-01-02", "a lot", "x")]
    )
    said = set()
    for _ in range(3):
        with pytest.raises(ContractError) as caught:
            load({"orders": OrdersSource(source=str(broken))})
        said.add(str(caught.value))
    assert len(said) == 1
    assert "a lot" in said.pop()
    assert checks == ["orders"]
