"""The built-in demo company: made on first use, known as simulated wherever its files go, joined without a gap."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

from helpers.connectors import demo
from helpers.contract import loading
from helpers.errors import ParamsError
from helpers.params import ExplorationParams, read_report
from helpers.project import project_root
from helpers.schema import SCHEMAS


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("project")


def demo_params(**changes: object) -> ExplorationParams:
    params = read_report(project_root() / "params" / "demo.yml").params["exploration"]
    return ExplorationParams.model_validate(params.model_dump() | changes)


def test_it_is_made_once_and_found_again(root: Path) -> None:
    first = demo.files("orders", root=root)
    made = first[0].path.stat().st_mtime_ns
    assert [one.path.stat().st_mtime_ns for one in demo.files("orders", root=root)] == [made]
    assert first[0].name.startswith("demo/orders/")


def test_an_unknown_table_is_named_with_its_nearest(root: Path) -> None:
    with pytest.raises(ParamsError, match=r"no table 'ordres'\. Did you mean `orders`"):
        demo.files("ordres", root=root)


def test_the_demo_report_joins_every_canonical_table(root: Path) -> None:
    params = demo_params()
    known = set(SCHEMAS) - {"campaign_contacts", "coupon_redemptions"}  # its campaigns go to customers drawn by chance
    assert {"orders", "products", "customers", *params.other_tables} == known
    tables = loading.load(**params.delivery, root=root)
    assert set(tables.others) == known - {"orders", "order_items", "products", "customers"}
    rules = set(tables.ledger["rule"])
    assert not [rule for rule in rules if " not in " in rule], "no row points to nothing"
    assert set(tables.ledger["outcome"]) <= {"read", "noted", "kept", "erased"}
    assert tables.is_simulated
    items = tables.order_items
    assert items is not None
    assert items.count().to_pyarrow().as_py() == int(
        tables.ledger.query("table == 'order_items' and outcome == 'kept'")["row_count"].iloc[0]
    )
    assert {"customer_id", "ordered_at", "category"} <= set(items.columns)


def test_copied_files_still_say_that_they_are_simulated(root: Path, tmp_path: Path) -> None:
    shutil.copy(demo.files("orders", root=root)[0].path, tmp_path / "orders.parquet")
    tables = loading.load(
        **ExplorationParams(as_of=date(2024, 12, 31), orders="orders.parquet").delivery, root=tmp_path
    )
    assert tables.is_simulated
    assert not loading.load(**ExplorationParams().delivery).is_simulated
    mixed = {"orders": "cdnow", "customers": {"source": "demo"}}
    assert loading.load(**ExplorationParams.model_validate(mixed).delivery, root=root).is_simulated, (
        "some of it is enough"
    )


def test_what_happens_after_as_of_is_not_known_yet(root: Path) -> None:
    day = date(2024, 3, 31)
    early, late = (loading.load(**demo_params(as_of=when).delivery, root=root) for when in (day, date(2024, 12, 31)))
    for name, table in early.others.items():
        schema = SCHEMAS[name]
        dates = [*schema.ends, *([schema.dated] if schema.dated else [])]
        seen = table.aggregate(**{column: table[column].max().cast("date") for column in dates})
        latest = seen.to_pyarrow().to_pylist()[0] if dates else {}
        assert all(value is None or value <= day for value in latest.values()), (name, latest)
    open_early = early.others["subscriptions"]
    ended = late.others["subscriptions"].filter(lambda row: row.ended_on > day, lambda row: row.started_on <= day)
    both = ended.count().to_pyarrow().as_py()
    assert both > 0
    still = open_early.ended_on.isnull().sum().to_pyarrow().as_py()
    assert still >= both, "they are still active on that day"
    for name, column, end in [("subscriptions", "end_reason", "ended_on"), ("tickets", "satisfaction", "resolved_at")]:
        table = early.others[name]
        told = table.filter(table[column].notnull() & table[end].isnull()).count().to_pyarrow().as_py()
        assert told == 0, f"{column} is not known before the end"
