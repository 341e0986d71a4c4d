"""Runs the notebooks on their defaults and writes their text outputs into them: what nbval then compares with.

Pictures are taken out (their text, `[figure] ...`, stays) and so is whatever differs between machines and days, so
that a second run writes the same bytes.
"""

from __future__ import annotations

import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOK_METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def refresh(path: Path) -> bool:
    """Whether the notebook's bytes changed."""
    before = path.read_bytes()
    notebook = nbformat.reads(before.decode(), as_version=4)
    NotebookClient(notebook, timeout=None, record_timing=False, resources={"metadata": {"path": path.parent}}).execute()
    clean(notebook)
    after = (nbformat.writes(notebook).rstrip("\n") + "\n").encode()
    path.write_bytes(after)
    return after != before


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
