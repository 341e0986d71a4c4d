"""Where delivered files wait: gone with the connection, and inside the folder that a run names."""

from __future__ import annotations

import gc
import os
import signal
from pathlib import Path

import pytest

from helpers.connectors import staging
from helpers.connectors.delivery import connect
from helpers.connectors.staging import SPILL_VARIABLE, header, identifier, new_file, quoted
from helpers.errors import ContractError


def test_staged_files_lie_where_the_run_says_and_go_with_the_connection(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SPILL_VARIABLE, str(tmp_path / "spill"))
    connection = connect()
    path = new_file(connection, ".parquet")
    path.write_bytes(b"x")
    assert path.is_relative_to(tmp_path / "spill")
    del connection
    gc.collect()
    assert not path.exists()


def test_names_are_quoted_for_sql() -> None:
    assert quoted("it's") == "'it''s'"
    assert identifier('a"b') == '"a""b"'


def test_headers_are_trimmed_named_and_told_apart() -> None:
    assert header([" a ", None, "\ufeffb"], where="x.csv") == ("a", "column_2", "b")
    with pytest.raises(ContractError, match=r"column `a` must be there once, found 2 times \(columns 1, 3\)"):
        header(["a", "b", "A"], where="x.csv")
    with pytest.raises(ContractError, match="the kit itself needs this name"):
        header(["_row"], where="x.csv")


def test_a_forked_child_never_removes_its_parents_files(tmp_path: Path) -> None:
    connection = connect(spill_dir=tmp_path)
    folder = new_file(connection, ".x").parent
    child = os.fork()
    if child == 0:
        staging._remove(folder, os.getppid())
        os._exit(0)
    os.waitpid(child, 0)
    assert folder.is_dir()


def test_orders_that_a_killed_process_left_go_with_the_next_call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staging, "YOUNG_SECONDS", 0.0)
    living = new_file(connection := connect(spill_dir=tmp_path), ".parquet")
    living.write_bytes(b"orders")
    foreign = tmp_path / "regulars-mine"
    foreign.mkdir()
    (tmp_path / "regulars-link").symlink_to(foreign)
    child = os.fork()
    if child == 0:
        killed = connect(spill_dir=tmp_path)
        new_file(killed, ".parquet").write_bytes(b"orders")
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    assert len(list(tmp_path.glob("regulars-*/*.parquet"))) == 2
    other = connect(spill_dir=tmp_path)
    assert list(tmp_path.glob("regulars-*/*.parquet")) == [living]
    assert foreign.is_dir()
    assert (tmp_path / "regulars-link").is_symlink()
    del connection, other
