"""A company on disk: made anew when its mechanism changes, by one writer at a time, and never a traceback."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import pytest

from helpers.errors import RunError
from helpers.simulation import company, manifests
from helpers.simulation.settings import Company

SMALL = Company(customer_count=20)


def counted(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The folders that were written, each written slowly enough for another to ask meanwhile."""
    written: list[Path] = []
    really = company.write

    def write(settings: Company, out: Path, **options: Any) -> Path:
        written.append(out)
        time.sleep(0.3)
        return really(settings, out, **options)

    monkeypatch.setattr(company, "write", write)
    return written


def test_a_changed_mechanism_is_never_mistaken_for_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written = counted(monkeypatch)
    for _ in range(2):
        company.ensure(tmp_path / "demo", SMALL, tables=("customers",))
    assert len(written) == 1
    monkeypatch.setattr(manifests, "SCHEMAS", {"another": "contract"})
    company.ensure(tmp_path / "demo", SMALL, tables=("customers",))
    assert len(written) == 2


def test_of_two_that_ask_one_writes_and_the_other_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written = counted(monkeypatch)
    ask = [
        threading.Thread(target=company.ensure, args=(tmp_path / "demo", SMALL), kwargs={"tables": ("customers",)})
        for _ in range(2)
    ]
    for each in ask:
        each.start()
    for each in ask:
        each.join()
    assert len(written) == 1


def test_a_place_that_cannot_be_written_is_told_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(RunError, match="must be empty or not there yet"):
        company.write(SMALL, tmp_path / "file")
    with pytest.raises(RunError, match="could not be written"):
        company.write(SMALL, tmp_path / "file" / "deeper")
