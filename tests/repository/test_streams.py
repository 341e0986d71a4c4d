"""Random numbers come from named streams alone, and no two places of the package share one."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "src" / "helpers"
GROUND = "randomness.py"
OWN = {"default_rng", "SeedSequence", "RandomState", "PCG64"}


def calls(tree: ast.AST) -> list[tuple[str, ast.Call]]:
    """Every call, with the last part of the name of what is called."""
    found = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return [(getattr(one.func, "attr", getattr(one.func, "id", "")), one) for one in found]


def trees(folder: Path) -> dict[str, ast.Module]:
    return {str(path.relative_to(PACKAGE)): ast.parse(path.read_text("utf-8")) for path in sorted(folder.rglob("*.py"))}


def of_their_own(folder: Path) -> list[str]:
    """Calls that make a random generator without a name."""
    made = [
        (file, name, call.lineno) for file, tree in trees(folder).items() for name, call in calls(tree) if name in OWN
    ]
    return [f"{file}, line {line}: {name}" for file, name, line in made if not file.endswith(GROUND)]


def names(folder: Path) -> list[str]:
    """The name of the stream in each call of `stream`, as it is written."""
    found = [call for tree in trees(folder).values() for name, call in calls(tree) if name == "stream"]
    return [ast.unparse(call.args[1]) for call in found if len(call.args) > 1]


def test_models_make_no_generator_of_their_own() -> None:
    rooms = ("buying", "spend", "value", "evaluation", "forecast", "segments")
    assert [one for room in rooms for one in of_their_own(PACKAGE / "models" / room)] == []


def test_no_two_places_draw_from_one_stream() -> None:
    found = names(PACKAGE / "models")
    assert len(found) >= 8
    assert [name for name, count in Counter(found).items() if count > 1] == []
