"""The code cells of a notebook, run in this process: the one way in which tests do so."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import nbformat
import pytest
from IPython.display import display
from nbformat import NotebookNode

NOTEBOOKS = Path(__file__).resolve().parents[1] / "notebooks"
THAT_SHOW = ("helpers.display.showing.display", "helpers.display.pages.display", "IPython.display.display")
"""The last for whoever imports it where it is called."""


def read(name: str) -> NotebookNode:
    """The notebook of this name."""
    return nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4)


def namespace() -> dict[str, Any]:
    """The names with which the first cell begins."""
    return {"__name__": "__main__", "display": display}


def run_one(source: str, names: dict[str, Any], *, where: str = "cell") -> None:
    """Run the source of a cell in the namespace of those before it."""
    exec(compile(source, f"<{where}>", "exec"), names)


@contextmanager
def unseen(seen: list[str] | None = None) -> Iterator[None]:
    """Nothing is shown, but for its texts that go to `seen`, and no file is kept."""

    def show(shown: dict[str, Any], **_: Any) -> None:
        if seen is not None:
            seen.append(str(shown.get("text/plain", "")))

    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("REGULARS_TABLES_DIR", raising=False)
        for name in THAT_SHOW:
            patch.setattr(name, show)
        yield


@contextmanager
def undrawn() -> Iterator[None]:
    """Figures are made and told in words and numbers, and no picture is drawn of them: that takes half of a run."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("helpers.display.figures.svg", lambda *_, **__: "")
        patch.setattr("helpers.display.figures._phone_svg", lambda _: None)
        patch.setattr("helpers.display.figures._laid_out", lambda _: None)
        yield


def run(
    name: str, *, until: str | None = None, seen: list[str] | None = None, is_drawn: bool = False, **parameters: Any
) -> dict[str, Any]:
    """What the cells of the notebook `name` leave, up to the first that holds the text `until`, where it is given.

    The texts of what they show are added to `seen`; figures are drawn where `is_drawn` says so. `parameters` take the place of those of the parameters cell. Cells for analysts are left out, as in a report.
    """
    names = namespace()
    with unseen(seen), nullcontext() if is_drawn else undrawn():
        for cell in read(name).cells:
            tags = cell.metadata.get("tags", [])
            if cell.cell_type != "code" or "analyst" in tags:
                continue
            if until is not None and until in cell.source:
                break
            run_one(cell.source, names, where=name)
            if "parameters" in tags:
                names.update(parameters)
    return names
