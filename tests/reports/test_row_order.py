"""No figure depends on the order in which an engine gives back rows, where none was asked for."""

from __future__ import annotations

from pathlib import Path

import ibis
import pytest

from tests import commands, shuffled

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
def test_tables_are_the_same_in_whatever_order_rows_come(demo_report: Path, tmp_path: Path) -> None:
    commands.succeeding("run", ROOT / "params" / "demo.yml", "--out", tmp_path, environment={shuffled.SEED: "3"})
    found = next(tmp_path.glob("demo/*/tables"))
    expected = {path.relative_to(demo_report / "tables"): path for path in (demo_report / "tables").rglob("*.csv")}
    assert {path.relative_to(found) for path in found.rglob("*.csv")} == set(expected)
    assert [str(name) for name, path in expected.items() if path.read_bytes() != (found / name).read_bytes()] == []


def test_an_order_is_seen_below_what_keeps_it() -> None:
    table = ibis.table({"x": "int64", "y": "float64"}, name="t")
    ordered = table.order_by("x")
    assert all(shuffled.is_ordered(each) for each in (ordered, ordered.mutate(z=1), ordered.filter(table.x > 1)))
    counted = ordered.group_by("x").aggregate(n=ordered.count())
    assert not any(shuffled.is_ordered(each) for each in (table, counted, ordered.distinct()))
