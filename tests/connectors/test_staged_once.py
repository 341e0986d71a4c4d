"""Files staged once for all days of a run: the same parts, which outlive their connection; what changed is read anew."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from helpers.connectors import textfiles
from helpers.connectors.delivery import connect, deliver
from helpers.connectors.staged_once import STAGED_VARIABLE
from helpers.errors import ContractError
from helpers.schema.sources import TableSource


@pytest.fixture
def staged(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that were staged."""
    names: list[str] = []
    stage = textfiles.KIND.stage

    def counted(connection: Any, path: Path, *, name: str, source: TableSource) -> Any:
        names.append(name)
        return stage(connection, path, name=name, source=source)

    monkeypatch.setitem(textfiles.KIND.__dict__, "stage", counted)
    return names


@pytest.fixture
def shared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(STAGED_VARIABLE, str(tmp_path / "staged"))
    return tmp_path / "staged"


def told(tmp_path: Path, **source: Any) -> tuple[Any, ...]:
    """What one connection of its own is told of a delivery."""
    delivered = deliver(connect(), TableSource(**{"source": "*.csv", **source}), root=tmp_path)
    return delivered.table.to_pandas().to_dict("list"), delivered.inputs, delivered.notes, delivered.label


def test_the_second_to_ask_stages_nothing_and_is_told_the_same(tmp_path, shared, staged, monkeypatch):
    (tmp_path / "a.csv").write_text("x;y\n1;2\n3;\n", encoding="utf-8")
    (tmp_path / "b.csv").write_bytes("x;y\nü;4\n".encode("cp1252"))
    first = told(tmp_path)
    assert told(tmp_path) == first
    assert staged == ["a.csv", "b.csv"]
    assert len(list(shared.rglob("*.parquet"))) == 2
    monkeypatch.delenv(STAGED_VARIABLE)
    assert told(tmp_path) == first, "as who shares nothing"
    assert staged == ["a.csv", "b.csv"] * 2


def test_a_file_that_was_written_to_is_staged_anew(tmp_path, shared, staged):
    (tmp_path / "a.csv").write_text("x\n1\n", encoding="utf-8")
    before = told(tmp_path)
    (tmp_path / "a.csv").write_text("x\n2\n", encoding="utf-8")
    os.utime(tmp_path / "a.csv", ns=(1, 1))  # of the same size, and maybe within one tick of the clock of files
    assert told(tmp_path) != before
    assert told(tmp_path)[0]["x"] == ["2"]
    assert len(staged) == 2


def test_another_question_is_staged_anew(tmp_path, shared, staged):
    (tmp_path / "a.csv").write_text("x;y\n1;2\n", encoding="utf-8")
    assert told(tmp_path)[0]["y"] == ["2"]
    assert "x;y" in told(tmp_path, delimiter=",")[0]
    assert len(staged) == 2


def test_a_fault_is_met_by_each_and_is_no_part(tmp_path, shared, staged):
    (tmp_path / "a.csv").write_text("", encoding="utf-8")
    for _ in range(2):
        with pytest.raises(ContractError):
            told(tmp_path)
    assert len(staged) == 2
    assert not list(shared.rglob("parts.json"))


def test_rows_of_the_params_are_shared_too(tmp_path, shared):
    rows = [{"x": "1"}, {"x": "2"}]
    assert told(tmp_path, source="rows", rows=rows) == told(tmp_path, source="rows", rows=rows)
    assert told(tmp_path, source="rows", rows=rows[:1])[0]["x"] == ["1"]


def test_parquet_files_are_read_where_they_lie(tmp_path, shared):
    (tmp_path / "a.csv").write_text("x\n1\n", encoding="utf-8")
    connection = connect()
    deliver(connection, TableSource(source="a.csv"), root=tmp_path).table.select("x").to_parquet(tmp_path / "b.parquet")
    made = set(shared.rglob("*.parquet"))
    assert told(tmp_path, source="b.parquet") == told(tmp_path, source="b.parquet")
    assert set(shared.rglob("*.parquet")) == made
