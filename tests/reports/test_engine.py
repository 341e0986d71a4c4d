from __future__ import annotations

import contextlib
import json
import logging
import sys
import threading
from pathlib import Path

import nbformat
import papermill
import pytest
from nbformat import NotebookNode, v4
from papermill.exceptions import PapermillExecutionError

from helpers.reports import kernel
from helpers.reports.engine import canonical

EVERY_KIND = """
import sys, warnings
print('out')
print('err', file=sys.stderr)
print('out again')
warnings.warn('gone')
---
import pandas as pd
pd.DataFrame({'a': [1, 2]})
---
1 + 1;
---
from IPython.display import HTML, clear_output, display
display({'image/png': 'iVBO', 'text/plain': '[figure] alt'}, raw=True, metadata={'image/png': {'alt': 'alt'}})
(1, 2)
---
handle = display('first', display_id='one')
print('between')
handle.update(HTML('<b>second</b>'))
---
import matplotlib.pyplot as plt
figure, axes = plt.subplots(figsize=(1, 1))
print('before')
bars = axes.bar([1], [2])
---
print('cleared')
clear_output(wait=True)
print('stays')
---
%matplotlib inline
plt.figure(figsize=(1, 1));
---
await __import__('asyncio').sleep(0)
_
---

---
!echo from a shell
---
class Bundle:
    def _repr_mimebundle_(self, include=None, exclude=None):
        return {'image/png': b'PNG', 'application/json': {1: (2, 3)}, 'text/plain': 'bundle'}
Bundle()
---
pd?
---
{}['missing']
---
print('never')
""".strip().split("\n---\n")


def notebook(*sources: str) -> NotebookNode:
    parameters = v4.new_code_cell("a = 1", id="parameters", metadata={"tags": ["parameters"]})
    cells = [v4.new_code_cell(source, id=f"cell-{number}") for number, source in enumerate(sources)]
    return v4.new_notebook(cells=[parameters, v4.new_markdown_cell("# Title", id="title"), *cells])


def executed(tmp_path: Path, *sources: str, engine: str = "regulars", tags: tuple[str, ...] = ()) -> NotebookNode:
    """The notebook that papermill saved, whether it raised or not; `tags` are those of the first cell."""
    given = notebook(*sources)
    given.cells[2].metadata["tags"] = list(tags)
    path = tmp_path / f"{engine}.ipynb"
    kernel.register()
    settings = {"engine_name": engine, "kernel_name": "python3", "language": "python", "progress_bar": False}
    with contextlib.suppress(PapermillExecutionError):
        papermill.execute_notebook(given, path, {"a": 2}, **settings)
    return nbformat.read(path, as_version=4)


def outputs(tmp_path: Path, *sources: str, tags: tuple[str, ...] = ()) -> list[NotebookNode]:
    """The outputs of the first cell given."""
    cells = executed(tmp_path, *sources, tags=tags).cells
    return next(cell.outputs for cell in cells if cell.get("id") == "cell-0")


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> dict[str, NotebookNode]:
    folder = tmp_path_factory.mktemp("both")
    return {engine: executed(folder, *EVERY_KIND, engine=engine) for engine in ("regulars", kernel.ENGINE)}


def test_both_engines_leave_the_same_canonical_notebook(both: dict[str, NotebookNode]) -> None:
    ours, theirs = (nbformat.writes(canonical(each)) for each in both.values())
    assert ours == theirs
    for word in ("out again", "[figure] alt", "second", "stays", "from a shell", "KeyError", "image/png", '"bundle"'):
        assert word in ours
    for word in ("gone", "cleared", "first", "never\\n"):
        assert f"{word}\\n" not in ours


def test_two_runs_leave_the_same_bytes(tmp_path: Path) -> None:
    runs = [executed(tmp_path, "print(a)", "1/0") for _ in range(2)]
    assert runs[0] != runs[1]
    assert nbformat.writes(canonical(runs[0])) == nbformat.writes(canonical(runs[1]))


def test_canonical_keeps_parameters_and_states_and_drops_paths_and_times(both: dict[str, NotebookNode]) -> None:
    for each in both.values():
        result = canonical(each)
        assert set(result.metadata.papermill) == {"exception", "parameters", "version"}
        assert {frozenset(cell.metadata.papermill) for cell in result.cells if "papermill" in cell.metadata} == {
            frozenset({"exception", "status"})
        }
        assert "execution" not in result.cells[3].metadata
        assert [cell.id for cell in result.cells if "injected-parameters" in cell.metadata.get("tags", [])] == [
            "injected-parameters"
        ]
        nbformat.validate(result)


def test_canonical_changes_no_input(both: dict[str, NotebookNode]) -> None:
    before = json.dumps(both["regulars"])
    canonical(both["regulars"])
    assert json.dumps(both["regulars"]) == before


def test_streams_in_pieces_are_united_around_what_is_displayed() -> None:
    pieces = [
        v4.new_output("stream", name="stderr", text="e1"),
        v4.new_output("stream", name="stdout", text="o1"),
        v4.new_output("stream", name="stderr", text="e2"),
        v4.new_output("display_data", data={"text/plain": "shown"}),
        v4.new_output("stream", name="stdout", text="o2"),
    ]
    given = v4.new_notebook(cells=[v4.new_code_cell("x", outputs=pieces)])
    texts = [output.get("text", "shown") for output in canonical(given).cells[0].outputs]
    assert texts == ["o1", "e1e2", "shown", "o2"]


def test_a_trailing_semicolon_shows_nothing(tmp_path: Path) -> None:
    assert outputs(tmp_path, "1 + 1;") == []
    assert outputs(tmp_path, "1 + 1")[0].execution_count == 3


def test_a_cell_tagged_raises_exception_does_not_stop_the_notebook(tmp_path: Path) -> None:
    source = "raise ValueError('meant')"
    assert executed(tmp_path, source, "print('on')", tags=("raises-exception",)).cells[-1].outputs
    assert not executed(tmp_path, source, "print('on')").cells[-1].outputs


def test_a_cell_tagged_skip_execution_is_skipped(tmp_path: Path) -> None:
    assert outputs(tmp_path, "print('on')", tags=("skip-execution",)) == []


@pytest.mark.parametrize("engine", ["regulars", kernel.ENGINE])
def test_a_cell_for_analysts_is_not_run_by_either_engine(tmp_path: Path, engine: str) -> None:
    """It can neither take a report's time nor fail it."""
    result = executed(tmp_path, "1 / 0", "print('on')", engine=engine, tags=("analyst",))
    analysts, last = result.cells[-2:]
    assert analysts.outputs == []
    assert analysts.execution_count is None
    assert last.outputs[0].text == "on\n"


@pytest.mark.parametrize("method", ["_repr_html_", "__repr__"])
def test_an_error_while_a_value_is_shown_stops_the_notebook(tmp_path: Path, method: str) -> None:
    bad = f"class Bad:\n    def {method}(self):\n        raise ValueError('shown')\nBad()"
    result = executed(tmp_path, bad, "print('on')")
    assert result.cells[-2].outputs[0].evalue == "shown"
    assert result.cells[-1].outputs == []


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("input('Name? ')", "StdinNotImplementedError: `input()` has nobody to ask"),
        ("import getpass\ngetpass.getpass()", "StdinNotImplementedError: `getpass()` has nobody to ask"),
        ("import sys\nsys.stdin.readline()", "StdinNotImplementedError: `sys.stdin` has nobody to ask"),
        ("exit()", "RuntimeError: `exit()` cannot end a report"),
        ("get_ipython().enable_gui('qt')", "UsageError: A report has no window for the 'qt' event loop"),
    ],
)
def test_what_needs_a_person_is_refused_by_name(tmp_path: Path, source: str, told: str) -> None:
    found = outputs(tmp_path, source)
    assert any(told in f"{each.get('ename')}: {each.get('evalue')}" or told in each.get("text", "") for each in found)


def test_warnings_go_to_the_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, logger="papermill"):
        assert outputs(tmp_path, "import warnings\nwarnings.warn('look here')") == []
    assert "UserWarning: look here" in caplog.text


def test_the_kernel_sends_warnings_to_the_log_too(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, logger="papermill"):
        result = executed(tmp_path, "import warnings\nwarnings.warn('look here')", engine=kernel.ENGINE)
    assert result.cells[-1].outputs == []
    assert "UserWarning: look here" in caplog.text


def test_the_process_is_afterwards_as_it_was(tmp_path: Path) -> None:
    def state() -> tuple[object, ...]:
        names = (
            hasattr(sys, "ps1"),
            "get_ipython" in vars(__builtins__) if hasattr(__builtins__, "__dict__") else None,
        )
        return (sys.modules["__main__"], sys.stdout, sys.stderr, sys.stdin, sys.displayhook, list(sys.path), *names)

    before = state(), threading.active_count()
    executed(tmp_path, "import sys\nsys.path.append('elsewhere')", "1/0")
    assert (state(), threading.active_count()) == before


def test_no_history_is_kept_on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    executed(tmp_path, "1")
    assert not (home / ".ipython").exists()


def test_the_notebook_is_saved_before_each_cell(tmp_path: Path) -> None:
    source = f"import json\nsaved = json.load(open({str(tmp_path / 'regulars.ipynb')!r}))\n"
    states = outputs(tmp_path, source + "print([cell['metadata']['papermill']['status'] for cell in saved['cells']])")
    assert states[0].text == "['completed', 'completed', 'completed', 'running']\n"


def test_what_a_notebook_speaks_ends_with_it(tmp_path: Path) -> None:
    spoken = "from helpers.display import wording\nwording.speak({language})\nwording.spoken()"
    assert outputs(tmp_path, spoken.format(language="'zh'"))[0].data["text/plain"] == "'zh'"
    assert outputs(tmp_path, spoken.format(language="wording.spoken()"))[0].data["text/plain"] == "'en'"
