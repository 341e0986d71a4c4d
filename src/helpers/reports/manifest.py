"""The record of a run: what went in, what came out, with what, and how long it took."""

from __future__ import annotations

import hashlib
import json
import math
import platform
import re
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from helpers.contract.health import LIGHTS
from helpers.display.findings import collected
from helpers.display.wording import named
from helpers.params import Report
from helpers.project import project_root
from helpers.reports.execution import SEED
from helpers.reports.rendering import inputs_of, is_answer, notes_of, page_of

FILE_NAME = "manifest.json"
CHUNK = 1 << 20


def sha256(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(CHUNK):
            digest.update(block)
    return digest.hexdigest()


def manifest(
    report: Report, *, run_id: str, folder: Path, notebooks: Mapping[str, NotebookNode], seconds: Mapping[str, float]
) -> dict[str, Any]:
    """The manifest of a finished run, as plain JSON.

    Parameters
    ----------
    report
        What was run.
    run_id
        The name of this run, unlike any other.
    folder
        Holds every output but the manifest itself.
    notebooks, seconds
        By notebook: as executed, and how long it took.
    """
    outputs = {name: outputs_of(notebook) for name, notebook in notebooks.items()}
    return {
        "manifest_version": 1,
        "run_id": run_id,
        "report": report.name,
        "title": report.title,
        "as_of": report.as_of.isoformat(),
        "language": report.language,
        "status": "published",
        "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "params_file": report.path.name,
        "parameters": stated(report),
        "owners": dict(report.publication.owners),
        "seeds": dict.fromkeys(report.params, SEED),
        "inputs": _unique([item for shown in outputs.values() for item in inputs_of(shown)]),
        "notes": list(dict.fromkeys(note for shown in outputs.values() for note in notes_of(shown))),
        "git_revision": git_revision(),
        "python": platform.python_version(),
        "packages": package_versions(),
        "durations_seconds": {name: round(value, 3) for name, value in seconds.items()},
        "notebooks": [
            {"name": name, "title": _title(notebook), "html": f"{name}.html"} for name, notebook in notebooks.items()
        ],
        "data_health": (unhealthiest_page(notebooks) or {}).get("light"),
        "data_health_reasons": {
            name: page["health"] for name, page in pages(notebooks).items() if page["light"] != "green"
        },
        "headline": _headline(notebooks),
        "findings": findings_of(notebooks),
        "forgotten": [],
        "outputs": output_checksums(folder),
    }


def outputs_of(notebook: NotebookNode) -> list[Any]:
    """What the cells of a notebook left, in order."""
    return [output for cell in notebook.cells for output in cell.get("outputs", [])]


def findings_of(notebooks: Mapping[str, NotebookNode]) -> list[dict[str, Any]]:
    """The findings of executed notebooks, each with the name of its notebook."""
    return [{"notebook": name, **one} for name, shown in notebooks.items() for one in collected(outputs_of(shown))]


def stated(report: Report) -> dict[str, dict[str, Any]]:
    """The parameters of each notebook as plain JSON."""
    return {name: params.model_dump(mode="json") for name, params in report.params.items()}


def write(record: Mapping[str, Any], folder: Path) -> None:
    """Write the manifest into the folder of its run."""
    (folder / FILE_NAME).write_text(_json(record), encoding="utf-8")


def _json(record: Mapping[str, Any]) -> str:
    """The record as JSON that every reader takes: a number that is none is null."""
    return json.dumps(_finite(record), indent=1, ensure_ascii=False, sort_keys=False, allow_nan=False) + "\n"


def _finite(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _finite(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def read(folder: Path) -> dict[str, Any] | None:
    """The manifest in the folder of a report; None where there is none that can be read."""
    try:
        record = json.loads((folder / FILE_NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return record if isinstance(record, dict) else None


def retell_outputs(folder: Path, *, forgotten_count: int) -> None:
    """Tell the outputs of a report anew, from which so many rows of erased customers were taken; in one step."""
    path = folder / FILE_NAME
    if not path.is_file():
        return
    record = json.loads(path.read_text(encoding="utf-8"))
    unfinished = folder.with_name(f"{folder.name}.{FILE_NAME}")
    now = {"at": datetime.now(UTC).isoformat(timespec="seconds"), "row_count": forgotten_count}
    record = record | {"forgotten": [*record.get("forgotten", []), now], "outputs": output_checksums(folder)}
    unfinished.write_text(_json(record), encoding="utf-8")
    unfinished.replace(path)


def output_checksums(folder: Path) -> dict[str, str]:
    """The SHA-256 of every file below a folder but its manifest, by relative path."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != FILE_NAME)
    return {path.relative_to(folder).as_posix(): sha256(path) for path in files}


def package_versions() -> dict[str, str]:
    """The installed version of each package that the kit asks for by name."""
    names = sorted({re.split(r"[\s\[<>=!~;]", line)[0] for line in requires("regulars") or []} | {"regulars"})
    versions = {}
    for name in names:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            continue
    return versions


def git_revision() -> str | None:
    """The commit of the kit's checkout, `-modified` where files differ from it; None outside a checkout."""
    command = ["git", "-C", str(project_root()), "describe", "--always", "--abbrev=40", "--dirty=-modified", "--match="]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() or None


def _title(notebook: NotebookNode) -> str:
    return named(str(notebook.cells[0].source.partition("\n")[0]).lstrip("# ").strip())


def pages(notebooks: Mapping[str, NotebookNode]) -> dict[str, dict[str, Any]]:
    """The head of the page of each notebook that has one."""
    shown = {
        name: page_of([o for cell in notebook.cells for o in cell.get("outputs", [])])
        for name, notebook in notebooks.items()
    }
    return {name: page for name, page in shown.items() if page}


def unhealthiest_page(notebooks: Mapping[str, NotebookNode]) -> dict[str, Any] | None:
    """The head of the page whose data are the least healthy, the first of equals."""
    return max(pages(notebooks).values(), key=lambda page: LIGHTS.index(page["light"]), default=None)


def _headline(notebooks: Mapping[str, NotebookNode]) -> str:
    """The first sentence of the first answer; where the data are not sound, the sentence that says so."""
    page = unhealthiest_page(notebooks)
    if page and page["light"] != "green":
        return str(page["health"])
    cells = [cell for notebook in notebooks.values() for cell in notebook.cells if is_answer(cell)]
    findings = collected([output for cell in cells for output in cell.get("outputs", [])])
    return str(findings[0]["claim"]) if findings else ""


def _unique(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return list({json.dumps(item, sort_keys=True): item for item in items}.values())
