"""A cell that takes long shows its steps to whoever watches, and leaves nothing behind."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from IPython.core.displaypub import CapturingDisplayPublisher
from IPython.core.interactiveshell import InteractiveShell

from helpers.display import progress
from helpers.watching import WATCHED_VARIABLE

LONG = "first = 1\nimport time\nfor at in range(2):\n    time.sleep(0.15)\nlast = first"


@pytest.fixture
def bars(shell: InteractiveShell, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[dict[str, Any]]]:
    monkeypatch.setattr(progress, "PATIENCE_SECONDS", 0.05)
    monkeypatch.setattr(progress, "EVERY_SECONDS", 0.05)
    monkeypatch.setattr(shell, "display_pub", CapturingDisplayPublisher())
    yield shell.display_pub.outputs
    for event in ("pre_run_cell", "post_run_cell"):
        shell.events.callbacks[event] = []


def test_a_long_cell_shows_its_steps_and_leaves_nothing(
    shell: InteractiveShell, bars: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(WATCHED_VARIABLE, "1")
    progress.follow()
    progress.follow()
    shell.run_cell("1 + 1")
    assert [each for each in bars if each.get("transient")] == [], "a short cell shows none"
    shell.run_cell(LONG)
    shown = [each["data"] for each in bars if each.get("transient")]
    assert shown[0]["text/plain"] == "[step 3 of 4, 0 s] time.sleep(0.15)"
    assert '<progress value="2" max="4"' in shown[0]["text/html"]
    assert shown[-1] == {"text/plain": "", "text/html": ""}
    assert len({str(each["transient"]) for each in bars if each.get("transient")}) == 1, "one bar, however often asked"


def test_no_bar_where_nobody_watches(
    shell: InteractiveShell, bars: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(WATCHED_VARIABLE, "0")
    progress.follow()
    shell.run_cell(LONG)
    assert bars == []


def test_the_bar_names_the_function_of_the_kit_that_works(
    shell: InteractiveShell, bars: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(WATCHED_VARIABLE, "1")
    progress.follow()
    shell.user_ns["slowly"] = __import__("helpers.errors", fromlist=["message"]).message
    shell.run_cell("import time\nslowly('a', (time.sleep(0.2) or 'b' for _ in range(1)))")
    shown = [each["data"]["text/plain"] for each in bars if each.get("transient")]
    assert shown[0].endswith("· errors.message")
