"""Every block of code in README and docs runs, or names what is there."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import textwrap
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
import typer.main
import yaml

from helpers.__main__ import app
from helpers.params import read_report
from tests import shops

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "data" / "README.md",
    *sorted((ROOT / "docs").glob("*.md")),
]
FENCED = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
INDENTED = re.compile(r"(?<=\n\n)(?:    .*\n)+")
REGULARS = ".venv/bin/regulars "


def fenced(language: str) -> list[Any]:
    """The fenced blocks of a language, each with the document that holds it."""
    found = [
        (path.name, text)
        for path in DOCUMENTS
        for kind, text in FENCED.findall(path.read_text("utf-8"))
        if kind == language
    ]
    return [pytest.param(text, id=f"{name}-{number}") for number, (name, text) in enumerate(found)]


def indented(path: Path) -> list[str]:
    """The indented blocks of a document, without their indent."""
    return [textwrap.dedent(block) for block in INDENTED.findall(FENCED.sub("", path.read_text(encoding="utf-8")))]


def shell_lines() -> list[str]:
    """Every line of the documents that is typed into a shell, inline ones too."""
    lines = [line for path in DOCUMENTS for block in indented(path) for line in block.splitlines()]
    inline = [
        code for path in DOCUMENTS for code in re.findall(r"`([^`\n]+)`", FENCED.sub("", path.read_text("utf-8")))
    ]
    return [line for line in lines + inline if re.match(r"(\.venv/bin/\w+|make|regulars) ", line)]


@lru_cache
def ran(code: str) -> dict[str, Any]:
    """The names that a block of Python leaves when it runs as it stands."""
    names: dict[str, Any] = {}
    exec(compile(code, "document", "exec"), names)
    return names


@pytest.mark.parametrize("code", fenced("python"))
def test_python_runs_literally(code: str) -> None:
    assert ran(code)


def test_the_snippet_on_value_gives_the_published_numbers() -> None:
    """Fader, Hardie and Lee (2005): the parameters of Pareto/NBD on the sample of CDNOW."""
    code = next(str(block.values[0]) for block in fenced("python") if "pareto_nbd" in str(block.values[0]))
    assert ran(code)["fit"].theta == pytest.approx([0.5533, 10.578, 0.6060, 11.664], rel=5e-3)


@pytest.mark.parametrize("text", fenced("yaml"))
def test_fenced_yaml_is_read(text: str) -> None:
    assert yaml.safe_load(text)


def test_what_may_be_stated_in_params_is_a_report(tmp_path: Path) -> None:
    """The blocks `rules:` and `segmentation:` of README, put into a report."""
    blocks = [block for block in indented(ROOT / "README.md") if re.match(r"(rules|segmentation):\n", block)]
    assert len(blocks) == 2
    rules, segmentation = (next(b for b in blocks if b.startswith(name)) for name in ("rules", "segmentation"))
    text = "title: shop\nas_of: 2025-01-31\norders:\n  source: orders.csv\n" + re.sub(
        "^", "  ", rules, flags=re.MULTILINE
    )
    path = tmp_path / "shop.yml"
    path.write_text(f"{text.rstrip()}\n{segmentation}", encoding="utf-8")
    assert read_report(path).params["segmentation"].orders.rules


@pytest.mark.slow
def test_own_data_as_the_readme_says(tmp_path: Path) -> None:
    """`new`, `check` and `run` typed as they stand, in a copy of the project that has the orders."""
    for name in ("src", "notebooks", "params"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "data" / "raw").mkdir(parents=True)
    shops.write_csv(tmp_path / "data" / "raw" / "orders.csv", shops.orders())
    block = next(block for block in indented(ROOT / "README.md") if "regulars new" in block)
    for line in block.splitlines():
        command = [sys.executable, "-m", "helpers", *shlex.split(line.removeprefix(REGULARS))]
        environment = {**os.environ, "PYTHONPATH": str(tmp_path / "src")}
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{line}\n{done.stderr}"
    assert (tmp_path / "reports" / "index.html").exists()


def test_every_command_is_one() -> None:
    """Commands, their options, targets of make and report files that documents name exist."""
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert [problem for line in shell_lines() for problem in problems(line, targets)] == []


def problems(line: str, targets: set[str]) -> list[str]:
    """What a line of shell names that is not there."""
    program, *words = line.split()
    if program == "make":
        return [f"{line}: no target {words[0]}"] if re.fullmatch("[a-z]+", words[0]) and words[0] not in targets else []
    if not program.endswith("regulars"):
        return []
    command = typer.main.get_command(app)
    assert hasattr(command, "commands")
    known = command.commands.get(words[0])
    if known is None:
        return [f"{line}: no command {words[0]}"]
    options = {option for parameter in known.params for option in parameter.opts}
    stated = [word.partition("=")[0] for word in words if word.startswith("--")]
    made = {"params/shop.yml", "params/x.yml"}
    files = [word for word in words if re.fullmatch(r"params/[a-z_]+\.yml", word) and word not in made]
    return [f"{line}: no option {name}" for name in stated if name not in options] + [
        f"{line}: no file {name}" for name in files if not (ROOT / name).exists()
    ]


@pytest.mark.parametrize(
    "line",
    ["make reports", "regulars go params/cdnow.yml", "regulars run params/no.yml", "regulars run params/cdnow.yml --x"],
)
def test_a_command_that_is_none_is_seen(line: str) -> None:
    assert len(problems(line, {"report"})) == 1
    assert problems("regulars run params/cdnow.yml --only clv", set()) == []
