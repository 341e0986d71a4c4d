"""How notebooks are refreshed and compared: pictures and markup may differ, texts and findings may not."""

from __future__ import annotations

import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[2]
FINDINGS = "application/vnd.regulars.findings+json"
SOURCE = f"""from pathlib import Path
from uuid import uuid4
Path("ran_here").touch()
picture, markup = f"<svg id='{{uuid4()}}'/>", f"<b>{{uuid4()}}</b>"
shown = {{"image/svg+xml": picture, "text/html": markup, "text/plain": "[figure] 7 customers"}}
display(shown, raw=True, metadata={{"image/svg+xml": {{"alt": "7 customers"}}}})
findings = [{{"key": "customers", "value": 7.25, "low": None}}]
display({{"{FINDINGS}": findings, "text/plain": "7 customers"}}, raw=True)"""


@pytest.fixture(scope="module")
def refreshed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A notebook as tools/notebooks.py leaves it."""
    path = tmp_path_factory.mktemp("nbval") / "notebooks" / "good.ipynb"
    path.parent.mkdir()
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(SOURCE, id="a", metadata={"tags": ["x"]})])
    nbformat.write(notebook, path)
    tool = runpy.run_path(str(ROOT / "tools" / "notebooks.py"))
    assert tool["refresh"](path) is True
    return path


def test_a_refreshed_notebook_holds_texts_and_no_pictures(refreshed: Path) -> None:
    notebook = nbformat.read(refreshed, as_version=4)
    picture, finding = notebook.cells[0].outputs
    assert set(picture.data) == {"text/html", "text/plain"}
    assert finding.data[FINDINGS] == [{"key": "customers", "value": 7.25, "low": None}]
    assert notebook.cells[0].execution_count == 1
    assert notebook.cells[0].metadata == {"tags": ["x"]}
    assert (refreshed.parent / "ran_here").exists()


def test_nbval_compares_texts_and_findings_and_nothing_else(refreshed: Path) -> None:
    folder = refreshed.parent
    shutil.copy(ROOT / "conftest.py", folder.parent / "conftest.py")
    text = refreshed.read_text(encoding="utf-8")
    (folder / "text.ipynb").write_text(text.replace('"[figure] 7 customers"\n', '"[figure] 8 customers"\n'), "utf-8")
    (folder / "finding.ipynb").write_text(text.replace('"value": 7.25', '"value": 7.26'), "utf-8")
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--nbval", "--nbval-current-env", "-rA"]
    done = subprocess.run([*command, folder.name], capture_output=True, text=True, cwd=folder.parent, check=False)
    assert f"PASSED {folder.name}/good.ipynb::Cell 0" in done.stdout, done.stdout
    assert f"FAILED {folder.name}/text.ipynb::Cell 0" in done.stdout, done.stdout
    assert f"FAILED {folder.name}/finding.ipynb::Cell 0" in done.stdout, done.stdout
