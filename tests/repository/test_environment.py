"""One environment, told four times: pyproject.toml, uv.lock, environment.yml and what the tools assume."""

from __future__ import annotations

import os
import runpy
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml
from rattler import MatchSpec, Version, VersionSpec

ROOT = Path(__file__).resolve().parents[2]
TOOL = runpy.run_path(str(ROOT / "tools" / "environment.py"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCK = tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))
COMMITTED = (ROOT / "environment.yml").read_text(encoding="utf-8")
SPECS = [spec for spec in yaml.safe_load(COMMITTED)["dependencies"] if isinstance(spec, str)]
OFFERED = [line.removeprefix("  # - ") for line in COMMITTED.splitlines() if line.startswith("  # - ")]
PIP = next(spec["pip"] for spec in yaml.safe_load(COMMITTED)["dependencies"] if isinstance(spec, dict))
PYPI_NAMES = {conda: TOOL["parts"](name)[0] for name, conda in TOOL["CONDA_NAMES"].items()}


def uv() -> str:
    for candidate in (shutil.which("uv"), ROOT / ".tools" / "bin" / "uv"):
        if candidate and Path(candidate).exists():
            return str(candidate)
    if os.environ.get("CI"):
        pytest.fail("uv is missing: neither on the PATH nor in .tools/", pytrace=False)
    pytest.skip("uv is missing: neither on the PATH nor in .tools/ (make test puts it there)")


def test_environment_yml_is_what_the_generator_writes() -> None:
    assert TOOL["environment"]() == COMMITTED, "run `make env` and commit environment.yml"


@pytest.mark.parametrize("spec", SPECS + OFFERED)
def test_every_spec_parses_and_the_locked_version_matches(spec: str) -> None:
    match = MatchSpec(spec, strict=True)
    if spec == "pip":
        return
    name = match.name.normalized
    locked = "3.11.7" if name == "python" else TOOL["locked_versions"]()[PYPI_NAMES.get(name, name)]
    stated = VersionSpec(match.version)
    assert stated.matches(Version(locked))
    assert not stated.matches(Version("0.0.1"))


def test_every_direct_dependency_is_in_it() -> None:
    groups = PROJECT["dependency-groups"]
    wanted = TOOL["names"]([PROJECT["project"]["dependencies"], *groups.values()])
    told = {MatchSpec(spec).name.normalized for spec in SPECS} - {"python", "pip"}
    in_pip = {line.split("==")[0] for line in PIP if "==" in line}
    assert {PYPI_NAMES.get(name, name) for name in told} | in_pip == wanted
    assert {MatchSpec(spec).name.normalized for spec in OFFERED} == {"distributed", "psycopg", "pyspark"}


def test_what_conda_lacks_comes_by_pip_at_its_locked_version() -> None:
    versions = TOOL["locked_versions"]()
    wanted = [f"{name}=={versions[name]}" for name in sorted(TOOL["PYPI_ONLY"])]
    assert [*wanted, "--editable ."] == PIP


def test_the_python_range_is_the_same_in_all() -> None:
    wanted = PROJECT["project"]["requires-python"]
    oldest = wanted.removeprefix(">=")
    assert wanted == f">={oldest}"
    assert LOCK["requires-python"] == wanted
    assert SPECS[0] == f"python={oldest}"
    assert PROJECT["tool"]["mypy"]["python_version"] == oldest
    assert PROJECT["tool"]["ruff"]["target-version"] == "py" + oldest.replace(".", "")
    assert f"OLDEST_MINOR={oldest.split('.')[1]}\n" in (ROOT / "tools" / "bootstrap.sh").read_text(encoding="utf-8")


def test_the_lock_is_of_this_pyproject() -> None:
    done = subprocess.run([uv(), "lock", "--check"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
