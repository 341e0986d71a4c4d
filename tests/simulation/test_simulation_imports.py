"""The modules of the simulation import in one direction, and no module shares its name with one of another room."""

from __future__ import annotations

import ast
from graphlib import TopologicalSorter
from pathlib import Path

from helpers.project import project_root

PACKAGE = project_root() / "src" / "helpers"


def imports(path: Path) -> set[str]:
    """The modules of the simulation that a module of it imports, anywhere in its text."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module == "helpers.simulation":
            found |= {name.name for name in node.names if (PACKAGE / "simulation" / f"{name.name}.py").exists()}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("helpers.simulation."):
            found.add(str(node.module).split(".")[2])
    return found


def modules() -> dict[str, set[str]]:
    return {path.stem: imports(path) for path in (PACKAGE / "simulation").glob("*.py") if path.stem != "__init__"}


def test_no_module_of_the_simulation_imports_in_a_circle() -> None:
    graph = modules()
    assert set().union(*graph.values()) <= set(graph)
    assert len(list(TopologicalSorter(graph).static_order())) == len(graph)  # raises on a circle


def test_only_the_company_knows_all_families() -> None:
    generating = {name for name in modules() if "def generate(" in (PACKAGE / "simulation" / f"{name}.py").read_text()}
    assert [name for name, imported in modules().items() if generating <= imported] == ["company"]
    assert not modules()["settings"] & generating


def test_no_two_modules_of_the_rooms_have_one_name() -> None:
    rooms = ("features", "models", "contract", "connectors")
    others = {path.stem for room in rooms for path in (PACKAGE / room).rglob("*.py") if path.stem != "__init__"}
    assert not others & set(modules())
