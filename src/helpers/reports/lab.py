"""Scratch copies of notebooks for JupyterLab, with the parameters of a report filled in: the notebooks stay clean."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from IPython.display import display

from helpers.display.design import light_properties
from helpers.display.progress import follow
from helpers.errors import RunError
from helpers.params import Report
from helpers.project import project_root
from helpers.watching import WATCHED_VARIABLE

if TYPE_CHECKING:
    from nbformat import NotebookNode

FOLDER = "lab"
"""Beside notebooks/, where the copies stand: lab/<report>/<notebook>.ipynb."""
OURS = "regulars"
"""Under which the metadata of a copy say from what it was made."""
SESSION_TAG = "regulars-session"
SESSION = """# Outputs look as on the pages, and a cell that takes more than two seconds shows what it is doing.
from helpers.reports.lab import begin

begin()"""
OUTPUT = ".jp-OutputArea-output"
"""What JupyterLab calls an output of a cell."""
OF_A_PAGE = (".finding", ".evidence", ".card", ".spark", ".h", ".w", ".scroll", "table", "caption", "th", "td", "thead")
"""How the selectors of the rules begin that what is shown in a notebook shares with pages."""
OF_THE_THEME = "--ink:var(--jp-content-font-color1);--soft:var(--jp-content-font-color2);--line:var(--jp-border-color2)"
RULE = re.compile(r"^([^{}@\n]+)\{([^{}]*)\}", re.MULTILINE)
FILLED_IN = ("injected-parameters", SESSION_TAG)
"""Cells that are made anew with every start."""


@dataclass(frozen=True)
class Copy:
    """A scratch copy: where it stands, and whether it is one that was changed by hand before and has been kept."""

    path: Path
    is_kept: bool


def prepare(report: Report, *, folder: Path, is_fresh: bool = False) -> list[Copy]:
    """Write a copy of each notebook of a report, with its parameters filled in and without outputs.

    Parameters
    ----------
    report
        Validated; a notebook for each of its `params`.
    folder
        Of the copies; made where it is missing.
    is_fresh
        Whether copies that were changed by hand are replaced too. Else these stay, with the parameters filled in anew.

    Returns
    -------
    list of Copy
        In the order of the report.

    Raises
    ------
    RunError
        The folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return [
            _copied(name, params.model_dump(mode="json"), folder, is_fresh=is_fresh)
            for name, params in report.params.items()
        ]
    except OSError as error:
        raise RunError(f"The copies could not be written to {folder}: {error.strerror}.") from None


def open_lab(copies: Sequence[Copy], *, options: Sequence[str] = ()) -> None:
    """Become JupyterLab on these copies, the first of them open; their kernels know that somebody watches.

    Never comes back: the process is JupyterLab from then on, and ends when that is shut down. `options` are Jupyter's.
    """
    os.environ[WATCHED_VARIABLE] = "1"
    os.execv(sys.executable, [sys.executable, "-m", "jupyterlab", str(copies[0].path), *options])  # noqa: S606


def begin() -> None:
    """What a copy does first: outputs look as on the pages, and cells that take long show their progress."""
    display({"text/html": f"<style>{stylesheet()}</style>", "text/plain": ""}, raw=True)
    follow()


def stylesheet() -> str:
    """The rules of the pages for findings, cards and tables, as outputs of a notebook need them."""
    css = (files("helpers.reports") / "templates" / "regulars" / "page.css").read_text(encoding="utf-8")
    css = css.partition("@media")[0]
    rules = [f"{OUTPUT} {{ {light_properties()}{OF_THE_THEME} }}"]
    for selectors, body in RULE.findall(css):
        ours = [each.strip() for each in selectors.split(",") if each.strip().startswith(OF_A_PAGE)]
        if ours:
            within = [f"{OUTPUT} {each if each[0] == '.' else f'.scroll {each}'}" for each in ours]
            rules.append(f"{', '.join(within)} {{{body}}}")
    return "\n".join(rules)


def _copied(name: str, parameters: Mapping[str, Any], folder: Path, *, is_fresh: bool) -> Copy:
    import nbformat
    from papermill.parameterize import parameterize_notebook

    path = folder / f"{name}.ipynb"
    original = nbformat.read(project_root() / "notebooks" / f"{name}.ipynb", as_version=4)
    kept = None if is_fresh else _changed_by_hand(path)
    notebook = kept or _without_outputs(original)
    made_from = notebook.metadata.get(OURS, {}).get("made_from", _fingerprint(notebook))
    notebook.cells = [cell for cell in notebook.cells if SESSION_TAG not in _tags(cell)]
    for cell in notebook.cells:
        cell.metadata.setdefault("tags", [])
    notebook.metadata["papermill"] = {}
    filled = parameterize_notebook(notebook, dict(parameters), kernel_name="python3", language="python")
    filled.cells.insert(0, nbformat.v4.new_code_cell(SESSION, metadata={"tags": [SESSION_TAG]}))
    filled.metadata[OURS] = {"made_from": made_from}
    filled.metadata.pop("papermill", None)
    nbformat.write(filled, path)
    return Copy(path, kept is not None)


def _changed_by_hand(path: Path) -> NotebookNode | None:
    """The copy that is there, where a person has changed it since it was made; None else."""
    import nbformat

    if not path.exists():
        return None
    try:
        copy = nbformat.read(path, as_version=4)
    except (ValueError, KeyError, AttributeError) as error:
        raise RunError(f"{path} is no notebook ({error}); move it away, or pass --fresh to replace it.") from None
    return None if copy.metadata.get(OURS, {}).get("made_from") == _fingerprint(copy) else copy


def _without_outputs(notebook: NotebookNode) -> NotebookNode:
    """The notebook without what it showed of other data."""
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return notebook


def _fingerprint(notebook: NotebookNode) -> str:
    """Of what a person writes into a notebook: its cells but those that are filled in, and no outputs."""
    told = [
        [cell.cell_type, cell.source.rstrip()]
        for cell in notebook.cells
        if not any(tag in FILLED_IN for tag in _tags(cell))
    ]
    return sha256(json.dumps(told).encode()).hexdigest()


def _tags(cell: NotebookNode) -> list[str]:
    return list(cell.metadata.get("tags", []))
