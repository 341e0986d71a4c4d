"""Imports run one way, and importing has no effect."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "helpers"
MODULES = sorted(path for path in PACKAGE.rglob("*.py"))
GROUND = {"errors", "days", "project", "randomness", "redaction", "threads", "validation", "watching"}
# What a room may import of the others; itself and the ground always. Params stop at the notebook: only the reports and
# the command line know them. Display may name the models' result types and vocabularies, and calls no fit.
ALLOWED: dict[str, set[str]] = {
    **dict.fromkeys(GROUND, GROUND),
    "schema": set(),
    "schemes": set(),
    "params": {"schema", "schemes"},
    "simulation": {"schema"},
    "connectors": {"schema", "simulation"},
    "contract": {"schema", "connectors"},
    "features": {"schema", "schemes", "contract"},
    "models": {"schema", "schemes", "contract", "features"},
    # of connectors what was read, for the manifest; of contract what the orders cover and how healthy they are
    "display": {"schema", "schemes", "connectors", "contract", "models"},
    "reports": {"params", "schema", "schemes", "connectors", "contract", "features", "models", "display"},
}
ALLOWED["__main__"] = {*ALLOWED, "reports"}
ROOMS = tuple(ALLOWED)
DRAWING = {"matplotlib", "seaborn", "plotly", "altair"}
FITTING = {"scipy", "statsmodels", "sklearn", "lifetimes"}


def module_name(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported(tree: ast.AST, module: str) -> set[str]:
    """Every module a tree imports, anywhere in it; `from a import b` counts as `a.b`, since b may be a module."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                base = ".".join([*module.split(".")[: -node.level], *filter(None, [base])])
            found |= {f"{base}.{alias.name}" for alias in node.names}
    return found


def wrong_directions(module: str, tree: ast.AST) -> list[str]:
    room = module.split(".")[1] if "." in module else ""
    if not room:
        return []
    rooms = {name.split(".")[1] for name in imported(tree, module) if name.startswith("helpers.")} & set(ROOMS)
    return sorted(rooms - ALLOWED[room] - GROUND - {room})


def test_every_room_is_known() -> None:
    assert {module_name(path).split(".")[1] for path in MODULES if "." in module_name(path)} <= set(ROOMS)


def trees() -> dict[str, ast.Module]:
    return {module_name(path): ast.parse(path.read_text(encoding="utf-8")) for path in MODULES}


def test_imports_run_one_way() -> None:
    wrong = {module: wrong_directions(module, tree) for module, tree in trees().items()}
    assert {module: rooms for module, rooms in wrong.items() if rooms} == {}


@pytest.mark.parametrize(
    ("module", "line", "wrong"),
    [
        ("helpers.connectors.delivery", "from helpers.features import windows", ["features"]),
        ("helpers.connectors.delivery", "from ..features import windows", ["features"]),
        ("helpers.features.windows", "def f():\n    import helpers.models.statistics.intervals", ["models"]),
        ("helpers.params", "from helpers.contract import loading", ["contract"]),
        ("helpers.models.statistics.intervals", "from helpers import errors, display", ["display"]),
        ("helpers.models.statistics.intervals", "from . import lifts", []),
        ("helpers.reports.runs", "from helpers.models.statistics import intervals", []),
        ("helpers.contract.loading", "from helpers.params import CommonParams", ["params"]),
        ("helpers.models.value.value", "from helpers.params import ClvParams", ["params"]),
    ],
)
def test_a_wrong_direction_is_seen(module: str, line: str, wrong: list[str]) -> None:
    assert wrong_directions(module, ast.parse(line)) == wrong


def libraries_out_of_place(module: str, tree: ast.AST) -> set[str]:
    """Libraries that draw, below display; libraries that fit, in display."""
    tops = {name.split(".")[0] for name in imported(tree, module)}
    if module.startswith(("helpers.models", "helpers.features", "helpers.contract", "helpers.connectors")):
        return tops & DRAWING
    return tops & FITTING if module.startswith("helpers.display") else set()


def test_models_draw_nothing_and_display_fits_nothing() -> None:
    wrong = {module: libraries_out_of_place(module, tree) for module, tree in trees().items()}
    assert {module: names for module, names in wrong.items() if names} == {}
    assert libraries_out_of_place("helpers.models.value.value", ast.parse("import seaborn as sns")) == {"seaborn"}
    assert libraries_out_of_place("helpers.display.figures", ast.parse("from scipy import stats")) == {"scipy"}


def doubled(modules: Iterable[str]) -> dict[str, list[str]]:
    """Modules of one name: display names its topics as the models do, and is left out."""
    by_name: dict[str, list[str]] = {}
    for module in modules:
        if not module.startswith("helpers.display."):
            by_name.setdefault(module.rsplit(".", 1)[-1], []).append(module)
    return {name: found for name, found in by_name.items() if len(found) > 1}


def test_no_two_modules_have_one_name() -> None:
    found = doubled(module_name(path) for path in MODULES if path.name != "__init__.py")
    assert found == {}
    assert doubled(["helpers.a.x", "helpers.b.x", "helpers.display.x"]) == {"x": ["helpers.a.x", "helpers.b.x"]}


# Third-party libraries come first, so that what is compared is what our own modules add.
EFFECTS = """
import json, sys
modules = json.loads(sys.argv[1])
import logging, os, random, warnings
import ibis, matplotlib, matplotlib.pyplot, numpy, pandas, pydantic, yaml
try:
    import seaborn, nbconvert, papermill, typer, nbclient, lifetimes, scipy.stats, statsmodels.api, IPython
except ImportError:
    pass

def options(prefix, node):
    for name in dir(node):
        child = getattr(node, name)
        if type(child).__name__ == "DictWrapper":
            yield from options(f"{prefix}{name}.", child)
        else:
            yield f"{prefix}{name}", repr(child)

def pandas_options():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")   # to read an option may warn that it is deprecated
        return dict(options("", pandas.options))

def state():
    names = [name for name in logging.root.manager.loggerDict if name.startswith("helpers")]
    loggers = {name: logging.getLogger(name) for name in names}
    return {
        "pandas options": pandas_options(),
        "warnings filters": repr(warnings.filters),
        "logging": [repr(logging.root.handlers), logging.root.level,
                    [(name, repr(one.handlers), one.level) for name, one in sorted(loggers.items())
                     if one.handlers or one.level]],
        "matplotlib rcParams": {key: repr(value) for key, value in matplotlib.rcParams.items() if "backend" not in key},
        "numpy options": repr(numpy.get_printoptions()),
        "folder": os.getcwd(),
        "environment": dict(os.environ),
        "seeds": [repr(random.getstate()), repr(numpy.random.get_state())],
        "excepthook": repr(sys.excepthook),
        "path": list(sys.path),
        "ibis options": repr(ibis.options),
    }

before = state()
import importlib
changed = {}
for module in modules:
    importlib.import_module(module)
    after = state()
    found = [key for key in before if before[key] != after[key]]
    if found:
        changed[module] = found
    before = after
print("CHANGED" + json.dumps(changed))
"""


def effects(modules: list[str], folder: Path) -> dict[str, list[str]]:
    """Which state each module changed when it was imported, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", EFFECTS, json.dumps(modules)], capture_output=True, text=True, cwd=folder, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    text, _, changed = done.stdout.partition("CHANGED")
    assert text == "", "a module prints when it is imported"
    return json.loads(changed)


def test_importing_has_no_effect(tmp_path: Path) -> None:
    assert effects([module_name(path) for path in MODULES], tmp_path) == {}
    assert list(tmp_path.iterdir()) == []


WITH_EFFECT = {
    "pandas options": "import pandas; pandas.set_option('display.max_rows', 7)",
    "warnings filters": "import warnings; warnings.simplefilter('ignore')",
    "logging": "import logging; logging.getLogger('helpers.x').setLevel(10)",
    "matplotlib rcParams": "import matplotlib; matplotlib.rcParams['font.size'] = 3",
    "numpy options": "import numpy; numpy.set_printoptions(precision=2)",
    "folder": "import os; os.chdir('..')",
    "environment": "import os; os.environ['TZ'] = 'UTC'",
    "seeds": "import numpy; numpy.random.seed(1)",
    "path": "import sys; sys.path.append('elsewhere')",
    "ibis options": "import ibis; ibis.options.interactive = True",
}


def test_an_effect_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    modules = {f"with_effect_{index}": state for index, state in enumerate(WITH_EFFECT)}
    for module, state in modules.items():
        (tmp_path / f"{module}.py").write_text(WITH_EFFECT[state], encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert effects(list(modules), tmp_path) == {module: [state] for module, state in modules.items()}
