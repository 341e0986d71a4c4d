"""The record of a run."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path

import pytest

from helpers.reports import manifest


def test_checksums_are_of_every_file_but_the_manifest(tmp_path: Path) -> None:
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "a.csv").write_bytes(b"x")
    (tmp_path / "manifest.json").write_bytes(b"{}")
    assert manifest.output_checksums(tmp_path) == {"tables/a.csv": hashlib.sha256(b"x").hexdigest()}


def test_versions_are_of_the_packages_asked_for() -> None:
    found = manifest.package_versions()
    assert {"pandas", "ibis-framework", "lifetimes", "regulars"} <= set(found)
    assert all(version[0].isdigit() for version in found.values())


def test_the_revision_says_where_files_differ_from_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def git(*arguments: str) -> None:
        who = ["-c", "user.name=a", "-c", "user.email=a@b"]
        subprocess.run(["git", "-C", str(tmp_path), *who, *arguments], check=True, capture_output=True)

    monkeypatch.setattr(manifest, "project_root", lambda: tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert manifest.git_revision() is None
    git("init")
    (tmp_path / "a").write_text("1")
    git("add", ".")
    git("commit", "-m", "first")
    clean = manifest.git_revision()
    assert clean is not None
    assert len(clean) == 40
    (tmp_path / "a").write_text("2")
    assert manifest.git_revision() == f"{clean}-modified"
