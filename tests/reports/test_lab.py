"""`regulars lab`: scratch copies with the parameters filled in, the notebooks left alone, and JupyterLab on them."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode

from helpers import __main__ as command_line
from helpers.params import read_report
from helpers.project import project_root
from helpers.reports import lab
from helpers.watching import WATCHED_VARIABLE

PARAMS = project_root() / "params" / "cdnow.yml"
ONLY = ("exploration", "clv")


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The commands as which the process would go on, and nothing is started."""
    told: list[list[str]] = []
    monkeypatch.setattr(os, "execv", lambda _, command: told.append(command))
    monkeypatch.setenv(WATCHED_VARIABLE, "0")
    return told


def call(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    monkeypatch.setattr("sys.argv", ["regulars", "lab", *map(str, arguments)])
    with pytest.raises(SystemExit) as ended:
        command_line.main()
    return int(ended.value.code or 0)


def tagged(notebook: NotebookNode, tag: str) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if tag in cell.metadata.get("tags", [])]


def prepared(folder: Path, *, as_of: str | None = None, is_fresh: bool = False) -> list[lab.Copy]:
    return lab.prepare(read_report(PARAMS, as_of=as_of, only=ONLY), folder=folder, is_fresh=is_fresh)


def test_copies_have_the_parameters_of_the_report_and_the_notebooks_stay_clean(tmp_path: Path) -> None:
    originals = {name: (project_root() / "notebooks" / f"{name}.ipynb").read_bytes() for name in ONLY}
    copies = prepared(tmp_path, as_of="1998-03-31")
    assert [copy.path.stem for copy in copies] == list(ONLY)
    for copy in copies:
        notebook = nbformat.read(copy.path, as_version=4)
        nbformat.validate(notebook)
        (filled,) = tagged(notebook, "injected-parameters")
        assert 'as_of = "1998-03-31"' in filled.source
        assert notebook.cells.index(filled) > notebook.cells.index(tagged(notebook, "parameters")[0])
        assert all(not cell.outputs for cell in notebook.cells if cell.cell_type == "code")
        assert notebook.cells[0].source == lab.SESSION
    for name, before in originals.items():
        assert (project_root() / "notebooks" / f"{name}.ipynb").read_bytes() == before


def test_a_changed_copy_is_kept_with_parameters_filled_in_anew(tmp_path: Path) -> None:
    first, _ = prepared(tmp_path)
    notebook = nbformat.read(first.path, as_version=4)
    notebook.cells[-1].source += "\n\nMine."
    nbformat.write(notebook, first.path)
    again, untouched = prepared(tmp_path, as_of="1998-03-31")
    assert (again.is_kept, untouched.is_kept) == (True, False)
    kept = nbformat.read(first.path, as_version=4)
    assert kept.cells[-1].source.endswith("Mine.")
    (filled,) = tagged(kept, "injected-parameters")
    assert "1998-03-31" in filled.source
    assert len(tagged(kept, lab.SESSION_TAG)) == 1
    assert prepared(tmp_path)[0].is_kept, "still mine"
    assert not prepared(tmp_path, is_fresh=True)[0].is_kept
    assert "Mine." not in first.path.read_text(encoding="utf-8")


def test_it_goes_on_as_jupyterlab(
    calls: list[list[str]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert call(monkeypatch, PARAMS, "--only", "clv", "--no-browser", "--out", tmp_path, "--", "--port=8899") == 0
    copy = tmp_path / "cdnow" / "clv.ipynb"
    assert calls == [[sys.executable, "-m", "jupyterlab", str(copy), "--no-browser", "--port=8899"]]
    assert os.environ[WATCHED_VARIABLE] == "1", "kernels know that somebody watches"
    assert str(copy.name) in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nothing.yml"], "nothing.yml does not exist"),
        ([PARAMS, "--only", "survey"], "--only must name notebooks of this report"),
        ([PARAMS, "--as-of", "soon"], "as_of"),
        ([PARAMS, "params/demo.yml"], "opens one report, found 'params/demo.yml'"),
    ],
)
def test_wrong_parameters_are_one_message_and_nothing_is_written(
    calls: list[list[str]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    arguments: list[object],
    said: str,
) -> None:
    first, *rest = arguments
    assert call(monkeypatch, first, "--out", tmp_path, *rest) == 2
    told = capsys.readouterr().err
    assert told.startswith("error: ")
    assert said in told
    assert "Traceback" not in told
    assert list(tmp_path.iterdir()) == []
    assert calls == []


def test_outputs_look_as_on_the_pages() -> None:
    css = lab.stylesheet()
    for words in (".jp-OutputArea-output .evidence {", ".jp-OutputArea-output .scroll td.number", ".card {", ".w20 {"):
        assert words in css
    assert not re.search(r"^(body|table|td|:root)", css, re.MULTILINE), "nothing else of JupyterLab changes"


def test_a_real_server_answers(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = [f"--port={port}", "--allow-root", "--IdentityProvider.token="]
    command = [sys.executable, "-m", "helpers", "lab", PARAMS, "--only", "clv", "--no-browser", "--out", tmp_path, "--"]
    with (tmp_path / "log").open("wb") as log:
        server = subprocess.Popen([*map(str, command), *options], stdout=log, stderr=log)
        try:
            told = answer(f"http://127.0.0.1:{port}/api/contents", server)
        finally:
            server.terminate()
            server.wait(20)
    assert '"clv.ipynb"' in told, (tmp_path / "log").read_text(encoding="utf-8")


def answer(address: str, server: subprocess.Popen[bytes]) -> str:
    """What an address tells, as soon as it answers."""
    until = time.monotonic() + 60
    while time.monotonic() < until and server.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=5) as told:
                return str(told.read().decode())
        except OSError:
            time.sleep(0.3)
    return ""
