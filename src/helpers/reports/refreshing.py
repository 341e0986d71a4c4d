"""One page of a report made anew beside pages that stay as they are, each with where it comes from."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from helpers.params import Report
from helpers.reports.manifest import FILE_NAME

OF_A_PAGE = ("run_id", "created_at", "git_revision", "python", "inputs", "notes")
"""What the manifest tells of each page by itself, beside its parameters, seed and duration."""
BY_PAGE = ("parameters", "seeds", "durations_seconds")
"""What the manifest tells by the name of the notebook."""


@dataclass(frozen=True)
class Kept:
    """The pages of a published report that a run leaves as they are.

    `names` are all pages of the report as published, `notebooks` those kept, as they ran; `manifest` is its record.
    """

    folder: Path
    names: list[str] = field(default_factory=list)
    notebooks: Mapping[str, NotebookNode] = field(default_factory=dict)
    manifest: Mapping[str, Any] = field(default_factory=dict)

    def copy_missing(self, folder: Path) -> None:
        """Put the pages, tables and notebooks that are kept beside those that were made."""
        for name in self.notebooks:
            page = folder / f"{name}.html"
            if not page.exists():
                shutil.copyfile(self.folder / page.name, page)
            shutil.copyfile(self.folder / "notebooks" / f"{name}.ipynb", folder / "notebooks" / f"{name}.ipynb")
            tables = self.folder / "tables" / name
            if tables.is_dir():
                shutil.copytree(tables, folder / "tables" / name)

    def record(self, made: Mapping[str, Any]) -> dict[str, Any]:
        """The manifest of the report as it stands now: each page with the run that made it.

        Parameters
        ----------
        made
            The manifest of the run that made the others, which knows of all pages but not how these came about.
        """
        names = [each["name"] for each in made["notebooks"]]
        own = {key: made[key] for key in OF_A_PAGE}
        former = {name: self._provenance(name) for name in self.notebooks}
        provenance = {name: former.get(name, own) for name in names}
        told = {key: _in_order(names, self.by_page(key, made[key])) for key in BY_PAGE}
        new = [each for each in made["findings"] if each["notebook"] not in self.notebooks]
        return {
            **made,
            **told,
            "inputs": _unique(item for name in names for item in provenance[name]["inputs"]),
            "notes": list(dict.fromkeys(note for name in names for note in provenance[name]["notes"])),
            "findings": self.findings(new, names),
            "provenance": provenance,
        }

    def findings(self, made: Iterable[dict[str, Any]], names: Sequence[str]) -> list[dict[str, Any]]:
        """The findings of the pages made and of those kept, as these were told, in the order of the notebooks."""
        kept = [each for each in self.manifest.get("findings", ()) if each["notebook"] in self.notebooks]
        return sorted([*kept, *made], key=lambda each: names.index(each["notebook"]))

    def by_page(self, key: str, made: Mapping[str, Any]) -> dict[str, Any]:
        """What the manifest tells under a key by the name of the notebook: of the pages kept, and of those made."""
        kept = {name: value for name, value in self.manifest.get(key, {}).items() if name in self.notebooks}
        return {**kept, **made}

    def _provenance(self, name: str) -> dict[str, Any]:
        return self.manifest.get("provenance", {}).get(name) or {key: self.manifest.get(key) for key in OF_A_PAGE}


def kept_pages(published: Path, report: Report) -> Kept:
    """The pages of a published report that stay as they are when some of its notebooks alone are run.

    Parameters
    ----------
    published
        The folder where the report stands, if it does.
    report
        What is run; pages of its other notebooks stay.
    """
    path = published / FILE_NAME
    if not report.others or not path.is_file():
        return Kept(published)
    record = json.loads(path.read_text(encoding="utf-8"))
    names = [each["name"] for each in record["notebooks"]]
    stored = {name: published / "notebooks" / f"{name}.ipynb" for name in names if name in report.others}
    notebooks = {name: nbformat.read(file, as_version=4) for name, file in stored.items()}
    return Kept(published, names, notebooks, record)


def in_order(report: Report, notebooks: Mapping[str, NotebookNode]) -> dict[str, NotebookNode]:
    """The notebooks of a report in the order in which it shows them."""
    return _in_order(report.notebooks, notebooks)


def _in_order(names: Iterable[str], values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: values[name] for name in names if name in values}


def _unique(items: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return list({json.dumps(item, sort_keys=True): item for item in items}.values())
