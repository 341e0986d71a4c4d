"""What stands unused goes: a public name that no notebook, document, command or other module reaches is found."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.repository.callers import cells, unreached

ROOT = Path(__file__).resolve().parents[2]
ENTRIES = ["helpers.__main__.main", "helpers.reports.engine.InProcessEngine"]
PYTHON = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
VOCABULARY = re.compile(r"^([A-Z_]+) = vocabulary\(", re.MULTILINE)
KEPT = {
    # the truth of the simulated company, to which tests hold the models
    "helpers.simulation.comments.TOPICS",
    "helpers.simulation.comments.texts",
    "helpers.simulation.company.Simulation",
    "helpers.simulation.company.Truth",
    "helpers.simulation.company.simulate",
    "helpers.simulation.survey_design.expected_means",
    "helpers.simulation.worlds.WORLDS",
}


def readers() -> list[str]:
    """Whoever may call the package: notebooks, tools, and the Python blocks of the documents."""
    documents = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    blocks = [block for path in documents for block in PYTHON.findall(path.read_text(encoding="utf-8"))]
    code = ["\n".join(cells(path)) for path in sorted((ROOT / "notebooks").glob("*.ipynb"))]
    return code + blocks + [path.read_text(encoding="utf-8") for path in sorted((ROOT / "tools").glob("*.py"))]


def vocabularies() -> set[str]:
    """The tuples of words that are said by what a lower layer chooses: the catalogue is made from them, by name."""
    package = ROOT / "src" / "helpers"
    return {
        ".".join(["helpers", *path.relative_to(package).with_suffix("").parts, name])
        for path in package.rglob("*.py")
        for name in VOCABULARY.findall(path.read_text(encoding="utf-8"))
    }


def test_every_public_name_is_reached() -> None:
    found = set(unreached(ROOT / "src" / "helpers", readers(), ENTRIES))
    assert "helpers.display.customers.steps.STEPS" in vocabularies()
    assert sorted(found - KEPT - vocabularies()) == [], (
        "nothing in the package, a notebook or a document reaches these: delete"
    )


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A package in which each kind of call occurs once."""
    files = {
        "__init__.py": "",
        "rates.py": "LIMIT = 3\nSPARE = 4\ndef used():\n    return LIMIT\ndef unused():\n    return unused() + _own()\n"
        "def _own(): ...\ndef only_of_unused(): ...\ndef by_text(): ...",
        "shown/__init__.py": "from helpers.shown import bars",
        "shown/bars.py": "from helpers import rates\nimport numpy as np\ndef draw():\n    return np.spare(rates.used())\n"
        "def spare(): ...\ndef log(): ...\nclass Kind: ...\ndef tell(kind: Kind): ...",
        "commands.py": "from helpers.shown.bars import log\napp = object()\n@app.command()\ndef run():\n    log()",
    }
    for name, text in files.items():
        path = tmp_path / "helpers" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path / "helpers"


def test_what_nobody_reaches_is_found(package: Path) -> None:
    cell = "from helpers import shown\nshown.bars.draw()\nshown.bars.tell"
    found = unreached(package, [cell], ["helpers.rates.by_text"])
    assert found == [
        "helpers.rates.SPARE",
        "helpers.rates.only_of_unused",
        "helpers.rates.unused",
        "helpers.shown.bars.spare",
    ]
    assert "helpers.rates.used" in unreached(package, [re.sub(r"draw\(\)", "tell", cell)], [])
