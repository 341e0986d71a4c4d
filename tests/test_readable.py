"""Results as the last line of a cell, and errors of ours: what a person sees who watches, and what a log keeps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pytest
from IPython.core.displaypub import CapturingDisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from helpers.display import figures, progress
from helpers.display.findings import Finding
from helpers.display.tables import table
from helpers.models.buying.fitting import Fit
from helpers.params import NOTEBOOKS
from helpers.readable import Readable
from helpers.watching import SESSION_VARIABLE, WATCHED_VARIABLE, is_watched


@pytest.fixture
def shell() -> Iterator[InteractiveShell]:
    shell = InteractiveShell.instance()
    shell.reset()
    yield shell
    InteractiveShell.clear_instance()


def last_line(shell: InteractiveShell, value: object) -> str:
    """The HTML of a value, as IPython asks for it."""
    return str(shell.display_formatter.format(value, include={"text/html"})[0]["text/html"])


@dataclass(frozen=True, eq=False)
class Fitted(Readable):
    theta: np.ndarray
    table: pd.DataFrame
    notes: tuple[str, ...]
    inner: Finding | None = None


def test_a_result_shows_its_fields(shell: InteractiveShell) -> None:
    frame = pd.DataFrame({"x": range(20)})
    html = last_line(shell, Fitted(np.linspace(0, 1, 50), frame, ("a < b",)))
    assert "theta" in html
    assert "0.0204082" in html
    assert "50 in all" in html
    assert "20 rows" in html
    assert html.count("<tr>") < 20, "a long frame is cut"
    assert "a &lt; b" in html


def test_fits_parameters_findings_tables_and_figures_are_readable(shell: InteractiveShell) -> None:
    theta, told = np.array([0.553, 10.578]), pd.DataFrame({"parameter": ["r", "alpha"], "estimate": [0.553, 10.578]})
    fit = last_line(shell, Fit("bg_nbd", theta, told, told, -9582.4, 1.0, 2.0, 2357, True, ("Watch out.",), np.eye(2)))
    for words in ("bg_nbd", "alpha", "10.578", "-9582.4", "2357", "Watch out."):
        assert words in fit
    for model in NOTEBOOKS.values():
        shown = last_line(shell, model())
        for name, field in model.model_fields.items():
            assert f">{name}</td>" in shown
            assert field.description
    assert "29.4 % <b>" not in last_line(shell, Finding("a", "29.4 % <b>", evidence="n = 3"))
    assert "n = 3" in last_line(shell, Finding("a", "Claim.", evidence="n = 3"))
    assert "<caption>Rows</caption>" in last_line(shell, table(pd.DataFrame({"x": [1]}), caption="Rows"))
    picture = last_line(shell, figures.empty("Title", "nothing was delivered"))
    assert 'alt="Title: nothing was delivered"' in picture
    assert "max-width:100%" in picture


RAISES = "from helpers.params import ExplorationParams\nExplorationParams.from_cell({'as_of': 'no day'})"


def printed(shell: InteractiveShell, source: str) -> str:
    with capture_output(display=False) as told:
        shell.run_cell(source)
    return str(told.stdout) + str(told.stderr)


def test_an_error_of_ours_is_one_message_to_whoever_watches(
    shell: InteractiveShell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(WATCHED_VARIABLE, "1")
    told = printed(shell, RAISES)
    assert told.startswith("ParamsError: the parameters cell must meet the parameters of the kit; 1 problem.")
    assert "Traceback" not in told
    assert ".py" not in told
    assert "Traceback" in printed(shell, "1 / 0"), "an error of the notebook itself is shown whole"


def test_the_log_of_a_run_keeps_every_step(shell: InteractiveShell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(WATCHED_VARIABLE, "0")
    told = printed(shell, RAISES)
    assert "Traceback" in told
    assert "common.py" in told
    assert "1 problem." in told


def test_who_watches(monkeypatch: pytest.MonkeyPatch, shell: InteractiveShell) -> None:
    monkeypatch.delenv(WATCHED_VARIABLE, raising=False)
    monkeypatch.setenv(SESSION_VARIABLE, "a.ipynb")
    assert not is_watched(), "no kernel: a run inside a session of JupyterLab"
    shell.kernel = object()
    assert is_watched()
    monkeypatch.setenv(WATCHED_VARIABLE, "0")
    assert not is_watched()


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
