"""Results as the last line of a cell, and errors of ours: what a person sees who watches, and what a log keeps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from helpers.display import figures
from helpers.display.findings import Finding
from helpers.display.tables import table
from helpers.models.buying.fitting import Fit
from helpers.params import NOTEBOOKS
from helpers.watching import SESSION_VARIABLE, WATCHED_VARIABLE, Readable, is_watched


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
