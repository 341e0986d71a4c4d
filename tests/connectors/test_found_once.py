"""What is found out once: by the first who asks, and again where that failed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from helpers.connectors.found_once import find_once, place_of


def test_the_first_finds_out_and_others_read(tmp_path: Path) -> None:
    file = place_of(str(tmp_path), {"b": 1, "a": 2}) / "facts.json"
    find_once(file, lambda: {"by": "the first", "where": tmp_path})
    find_once(file, lambda: pytest.fail("it was known"))
    assert json.loads(file.read_text(encoding="utf-8")) == {"by": "the first", "where": str(tmp_path)}
    assert place_of(str(tmp_path), {"a": 2, "b": 1}) == file.parent
    assert place_of(str(tmp_path), {"a": 2, "b": 2}) != file.parent


def test_an_error_leaves_nothing_and_the_next_finds_out(tmp_path: Path) -> None:
    file = place_of(str(tmp_path), ["a"]) / "facts.json"
    with pytest.raises(ZeroDivisionError):
        find_once(file, lambda: 1 / 0)
    assert not file.exists()
    find_once(file, lambda: 1)
    assert file.read_text(encoding="utf-8") == "1"
