"""Writes the parameters cells from the params models, runs the notebooks on their defaults, keeps their text outputs.

nbval then compares with these outputs.

Pictures are taken out (their text, `[figure] ...`, stays) and so is whatever differs between machines and days, so
that a second run writes the same bytes.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode

from helpers.params import NOTEBOOKS, CommonParams

WIDTH = 120
ROOT = Path(__file__).resolve().parents[1]
NOTEBOOK_METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def refresh(path: Path) -> bool:
    """Whether the notebook's bytes changed."""
    before = path.read_bytes()
    notebook = nbformat.reads(before.decode(), as_version=4)
    if path.stem in NOTEBOOKS:
        for cell in notebook.cells:
            if "parameters" in cell.metadata.get("tags", []):
                cell.source = parameters(NOTEBOOKS[path.stem])
    NotebookClient(notebook, timeout=None, record_timing=False, resources={"metadata": {"path": path.parent}}).execute()
    clean(notebook)
    after = (nbformat.writes(notebook).rstrip("\n") + "\n").encode()
    path.write_bytes(after)
    return after != before


def parameters(model: type[CommonParams]) -> str:
    """The parameters cell of a notebook: each field with its default, its unit and what it is, under group headings."""
    defaults = model().model_dump(mode="json", exclude_defaults=False)
    lines = []
    for name, field in model.model_fields.items():
        if name in model.headings:
            lines += ["", f"# {model.headings[name]}"]
        default = {"source": defaults[name]["source"]} if name == "orders" else defaults[name]
        extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
        unit, words = str(extra.get("unit", "")), field.description or ""
        lines += _stated(
            name, default, words if not unit or unit.split(maxsplit=1)[0] in words.split() else f"{unit}: {words}"
        )
    command = [str(Path(sys.executable).with_name("ruff")), "format", "--line-length", str(WIDTH), "-"]
    done = subprocess.run(command, input="\n".join(lines), capture_output=True, text=True, check=True)
    return done.stdout.strip("\n")


def _stated(name: str, default: Any, comment: str) -> list[str]:
    """A parameter in a line, its comment behind it, or above it where both do not fit."""
    kind = "" if default is None else f": {type(default).__name__}"
    line = f"{name}{kind} = {default!r}".replace("'", '"')
    both = f"{line}  # {comment}"
    return [both] if len(both) <= WIDTH else [f"# {comment}", line]


def clean(notebook: NotebookNode) -> None:
    """Take out pictures, and what a machine or a day put in."""
    notebook.metadata = nbformat.from_dict(NOTEBOOK_METADATA)
    for cell in notebook.cells:
        cell.metadata = nbformat.from_dict({"tags": cell.metadata.tags} if cell.metadata.get("tags") else {})
        for output in cell.get("outputs", []):
            for kind in [kind for kind in output.get("data", {}) if kind.startswith("image/")]:
                del output.data[kind]


if __name__ == "__main__":
    for path in [Path(name) for name in sys.argv[1:]] or sorted((ROOT / "notebooks").glob("*.ipynb")):
        print(f"{path.name}: {'written again' if refresh(path) else 'unchanged'}")
