"""The code cells of a notebook, run in this process with parameters of a test, for what their names then hold."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pytest
from IPython.display import display

NOTEBOOKS = Path(__file__).resolve().parents[1] / "notebooks"


def run(name: str, *, until: str | None = None, **parameters: Any) -> dict[str, Any]:
    """What the cells of the notebook `name` leave, up to the first that holds the text `until`, where it is given.

    `parameters` take the place of those of the parameters cell; nothing is shown and no file is kept.
    """
    notebook = nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4)
    names: dict[str, Any] = {"display": display}
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("REGULARS_TABLES_DIR", raising=False)
        patch.setattr("helpers.display.showing.display", _nothing)
        patch.setattr("helpers.display.findings.display", _nothing)
        patch.setattr("helpers.display.pages.display", _nothing)
        for cell in notebook.cells:
            tags = cell.metadata.get("tags", [])
            if cell.cell_type != "code" or "analyst" in tags:
                continue
            if until is not None and until in cell.source:
                break
            exec(compile(cell.source, f"<{name}>", "exec"), names)
            if "parameters" in tags:
                names.update(parameters)
    return names


def _nothing(*_args: Any, **_named: Any) -> None:
    pass
