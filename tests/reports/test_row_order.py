"""No figure depends on the order in which an engine gives back rows, where none was asked for."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
def test_tables_are_the_same_in_whatever_order_rows_come(demo_report: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.shuffled", "run", "params/demo.yml", "--out", str(tmp_path), "--quiet"]
    environment = os.environ | {"REGULARS_TEST_SEED": "3"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = next(tmp_path.glob("demo/*/tables"))
    expected = {path.relative_to(demo_report / "tables"): path for path in (demo_report / "tables").rglob("*.csv")}
    assert {path.relative_to(found) for path in found.rglob("*.csv")} == set(expected)
    assert [str(name) for name, path in expected.items() if path.read_bytes() != (found / name).read_bytes()] == []
