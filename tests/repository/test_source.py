"""Rules for the source that no linter knows, and the documents that must agree with it."""

from __future__ import annotations

import ast
import re
import runpy
import tomllib
from pathlib import Path

import pytest
import yaml

from helpers.params import read_report

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "helpers"
MODULES = sorted(PACKAGE.rglob("*.py"))
TEMPLATES = sorted(
    path for path in PACKAGE.rglob("*") if path.suffix in {".j2", ".html", ".css", ".svg", ".tpl", ".js"}
)
REPORTS = sorted((ROOT / "params").glob("*.yml"))
# A namespace is a name, not an address: nothing fetches it.
NAMESPACES = re.compile(r"http://www\.w3\.org/(?:1998/Math/MathML|1999/xhtml|1999/xlink|2000/svg|XML/1998/namespace)")
OUTSIDE = re.compile(r"(?:https?|ftp|wss?):\s*/\s*/|(?:src|href|url|@import)\s*[=(]?\s*[\"']?\s*//", re.IGNORECASE)


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def forbidden(tree: ast.AST) -> list[str]:
    """The statements that would hide an error or vanish under `python -O`."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Assert):
            found.append(f"line {node.lineno}: assert")
        if not isinstance(node, ast.ExceptHandler):
            continue
        broad = node.type is None or (
            isinstance(node.type, ast.Name) and node.type.id in {"Exception", "BaseException"}
        )
        silent = all(isinstance(step, ast.Pass | ast.Continue) or _is_constant(step) for step in node.body)
        if node.type is None or (broad and silent):
            found.append(f"line {node.lineno}: an except that catches all")
    return found


def _is_constant(step: ast.stmt) -> bool:
    return isinstance(step, ast.Expr) and isinstance(step.value, ast.Constant)


def test_no_assert_and_no_swallowed_error() -> None:
    wrong = {name_of(path): forbidden(ast.parse(read(path))) for path in MODULES}
    assert {name: lines for name, lines in wrong.items() if lines} == {}


@pytest.mark.parametrize(
    "code",
    [
        "assert x",
        "try:\n    f()\nexcept:\n    raise",
        "try:\n    f()\nexcept Exception:\n    pass",
        "try:\n    f()\nexcept BaseException as error:\n    ...",
    ],
)
def test_what_is_forbidden_is_seen(code: str) -> None:
    assert len(forbidden(ast.parse(code))) == 1


def outside_addresses(text: str) -> list[str]:
    return OUTSIDE.findall(NAMESPACES.sub("", text))


def test_templates_hold_no_outside_address() -> None:
    wrong = {name_of(path): outside_addresses(read(path)) for path in TEMPLATES}
    assert {name: addresses for name, addresses in wrong.items() if addresses} == {}


def test_an_outside_address_is_seen() -> None:
    assert outside_addresses('<link href="https://x.org/a.css">') != []
    assert outside_addresses('<script src="//x.org/a.js"></script>') != []
    assert outside_addresses("@import url(//x.org/a.css)") != []
    assert outside_addresses('<svg xmlns="http://www.w3.org/2000/svg"></svg>') == []


def test_every_report_file_validates() -> None:
    reports = {path.stem: read_report(path) for path in REPORTS}
    assert [report.name for report in reports.values()] == list(reports)
    assert [name for name, report in reports.items() if not report.params] == []


@pytest.mark.parametrize("name", ["cdnow", "demo", "grocery", "online_retail"])
def test_the_real_reports_are_there(name: str) -> None:
    assert ROOT / "params" / f"{name}.yml" in REPORTS


def test_the_map_of_files_is_what_the_tool_writes() -> None:
    tool = runpy.run_path(str(ROOT / "tools" / "architecture.py"))
    assert tool["written"]() == read(ROOT / "docs" / "ARCHITECTURE.md"), "run `make map` and commit it"
    assert tool["undescribed"]() == [], "a module's docstring begins with a sentence that says what is in it"


def test_the_rooms_of_the_readme_are_the_folders() -> None:
    """The map on one screen: a line for every folder of the package and for its loose modules, and no other."""
    found = re.search(r"<!-- rooms -->\s*```[a-z]*\n(.*?)```", read(ROOT / "README.md"), re.DOTALL)
    assert found is not None
    told = [line.split(maxsplit=1) for line in found[1].splitlines()]
    there = {path.name + "/" for path in PACKAGE.iterdir() if path.is_dir() and path.name != "__pycache__"}
    loose = {path.stem for path in PACKAGE.glob("*.py") if path.stem != "__init__"}
    assert {name.rstrip(",") for name, _ in told} == there | loose
    assert len(told) <= 20, "one screen"


def test_every_module_is_tested_in_its_room() -> None:
    """A module has a test module of its name, or a test of its room names it."""
    untested = []
    texts = {test: read(test) for test in (ROOT / "tests").rglob("test_*.py")}
    for path in MODULES:
        room = (ROOT / "tests").joinpath(*path.relative_to(PACKAGE).parent.parts[:1])
        stem = path.stem.strip("_")
        tests = {test.stem: text for test, text in texts.items() if test.is_relative_to(room)}
        own = any(re.fullmatch(rf"test_{stem}(_\w+)?", name) for name in tests)
        named = any(re.search(rf"\b{stem}\b", text) for text in tests.values())
        if path.name != "__init__.py" and not own and not named and stem not in THROUGH_OTHERS:
            untested.append(name_of(path))
    assert untested == []


REFERENCE = re.compile(r"`((?:[a-z_]+\.)+[A-Za-z_]+)`")


def lost_references(text: str, modules: dict[str, set[str]]) -> list[str]:
    """What a text names in backticks as `room.module.thing`, where the room or module is ours and has no such thing."""
    known = {part for name in modules for part in name.split(".")}
    lost = []
    for found in REFERENCE.findall(text):
        parts = found.removeprefix("helpers.").split(".")
        ends = ((name.split("."), names) for name, names in modules.items())
        is_there = any(
            own[-length:] == parts[:length] and (length == len(parts) or parts[length] in names)
            for own, names in ends
            for length in range(1, len(parts) + 1)
        )
        if not is_there and parts[0] in known and len(parts) > 1:
            lost.append(found)
    return lost


def names_in(tree: ast.AST) -> set[str]:
    """Everything that a module defines, takes or asks an attribute of."""
    kinds = {ast.FunctionDef: "name", ast.ClassDef: "name", ast.Name: "id", ast.arg: "arg", ast.Attribute: "attr"}
    return {str(getattr(node, kinds[type(node)])) for node in ast.walk(tree) if type(node) in kinds}


def test_what_a_docstring_names_is_where_it_says() -> None:
    """A module that moved, or a function that is called otherwise, leaves no name behind in the words of another."""
    modules = {
        ".".join(path.relative_to(PACKAGE).with_suffix("").parts): names_in(ast.parse(read(path))) for path in MODULES
    }
    lost = {name_of(path): lost_references(read(path), modules) for path in MODULES}
    assert {name: found for name, found in lost.items() if found} == {}


def test_a_name_that_leads_nowhere_is_seen() -> None:
    modules = {"features.split": {"split"}, "models.value.value": {"Value"}}
    assert lost_references("`features.split.split`, `value.Value`, `split.split`, `np.log`", modules) == []
    assert lost_references("`features.holdout.split`, `split.cut`", modules) == ["features.holdout.split", "split.cut"]


THROUGH_OTHERS = {"kinds", "sales", "tier_rule"}
"""Modules tested through the room that uses them; the list only shrinks."""


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def test_the_changelog_mentions_the_version() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert re.search(rf"^## {re.escape(version)}\b", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)


def test_every_make_target_explains_itself() -> None:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = re.findall(r"^([a-z]+):(.*)$", text, re.MULTILINE)
    assert {"report", "test", "lab", "check", "bench", "notebooks", "env", "clean"} <= {name for name, _ in targets}
    assert [name for name, rest in targets if not re.search(r"## \w.{10,}", rest)] == []


def test_one_way_to_check() -> None:
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    hooks = [
        (repo["repo"], hook["entry"], hook["pass_filenames"]) for repo in config["repos"] for hook in repo["hooks"]
    ]
    assert hooks == [("local", "make check", False)]
    assert "make check\nmake test\n" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
