"""`make` on a bare machine: what it does there, and what it says where something is missing."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOOLS = (
    "sh", "env", "dirname", "cksum", "awk", "sort", "head", "tr", "ls", "cat", "mkdir", "rm", "make",
)  # fmt: skip


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A project on a machine without any Python: bin/ is its whole PATH."""
    (tmp_path / "bin").mkdir()
    for name in TOOLS:
        found = shutil.which(name)
        if found is None:
            pytest.skip(f"{name} is not installed")
        (tmp_path / "bin" / name).symlink_to(found)
    (tmp_path / "tools").mkdir()
    shutil.copy(ROOT / "tools" / "bootstrap.sh", tmp_path / "tools")
    for name in ("Makefile", "pyproject.toml", "uv.lock"):
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


def script(folder: Path, name: str, text: str) -> None:
    path = folder / "bin" / name
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o755)


def bootstrap(folder: Path, *groups: str, **environment: str) -> subprocess.CompletedProcess[str]:
    own = {"PATH": str(folder / "bin"), "HOME": str(folder), **environment}
    command = [str(folder / "tools" / "bootstrap.sh"), *groups]
    return subprocess.run(command, env=own, capture_output=True, text=True, check=False)


def test_no_python(bare: Path) -> None:
    done = bootstrap(bare, "grocery")
    assert done.returncode == 1
    assert "regulars: Python 3.11 or later is needed, and was not found.\n" in done.stderr
    assert "make PYTHON=/path/to/python3.11" in done.stderr


def test_an_old_python_is_named(bare: Path) -> None:
    script(bare, "python3", 'case "$2" in *exit*) exit 1 ;; *) echo 3.9.2 ;; esac')
    done = bootstrap(bare, "grocery")
    assert done.returncode == 1
    assert "Python 3.11 or later is needed, and was not found. Found: python3 is 3.9.2." in done.stderr


def test_a_python_without_venv(bare: Path) -> None:
    script(bare, "python3", f'case "$2" in *ensurepip*) exit 1 ;; *) exec {sys.executable} "$@" ;; esac')
    text = (bare / "tools" / "bootstrap.sh").read_text(encoding="utf-8")
    # What the script asks of the interpreter's own path is asked of the stand-in here.
    text = text.replace(""""$candidate" -c 'import sys; print(sys.executable)\'""", 'echo "$candidate"')
    (bare / "tools" / "bootstrap.sh").write_text(text, encoding="utf-8")
    done = bootstrap(bare, "grocery")
    assert done.returncode == 1
    assert "its modules venv and ensurepip are missing." in done.stderr
    assert "apt-get install python3-venv" in done.stderr


def test_no_network_and_a_uv_that_is_too_old(bare: Path) -> None:
    script(bare, "uv", '[ "$1" = --version ] && echo "uv 0.4.1"')
    nowhere = "http://127.0.0.1:9/simple"
    done = bootstrap(
        bare, "grocery", PYTHON=sys.executable, PIP_INDEX_URL=nowhere, PIP_RETRIES="0", PIP_CONFIG_FILE=os.devnull
    )
    assert done.returncode == 1
    assert "uv could not be installed (see above): is there a network?" in done.stderr
    assert not (bare / ".venv").exists()


def test_a_stamp_makes_the_second_call_instant(bare: Path) -> None:
    script(bare, "other-uv", OTHER_UV)
    for _ in range(2):
        done = bootstrap(bare, "grocery", "dev", PYTHON=sys.executable, UV="other-uv")
        assert done.returncode == 0, done.stderr
    assert (bare / "called").read_text(encoding="utf-8") == "sync --locked --inexact --group dev --group grocery\n"
    (bare / "uv.lock").write_text("changed", encoding="utf-8")
    bootstrap(bare, "grocery", "dev", PYTHON=sys.executable, UV="other-uv")
    assert len((bare / "called").read_text(encoding="utf-8").splitlines()) == 2


OTHER_UV = """case "$1" in
    --version) echo "uv 99.0.0 (abc 2026-01-01)" ;;
    *) echo "$@" >>called; mkdir -p .venv/bin; echo >.venv/bin/python; /bin/chmod +x .venv/bin/python ;;
esac"""


def test_make_alone_prints_the_targets(bare: Path) -> None:
    done = subprocess.run(
        ["make"], cwd=bare, env={"PATH": str(bare / "bin")}, capture_output=True, text=True, check=True
    )
    lines = done.stdout.splitlines()
    assert [line.split()[1] for line in lines] == [
        "help", "report", "test", "lab", "check", "bench", "notebooks", "messages", "env", "map", "setup", "clean",
    ]  # fmt: skip
    assert all(len(line.split()) > 4 and len(line) <= 120 for line in lines)
