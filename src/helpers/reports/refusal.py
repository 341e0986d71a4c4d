"""A report that its data cannot carry: the page that says what is wrong with them in place of any claim."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from helpers.contract.health import LIGHTS
from helpers.display import language as say
from helpers.errors import RefusedError
from helpers.params import Report
from helpers.reports import manifest
from helpers.reports.overview import FILE_NAME, rendered

FOLDER = ".refused"
"""In the folder of a report: what was refused, a folder for each day."""


def write(
    report: Report,
    *,
    run_id: str,
    folder: Path,
    notebooks: Mapping[str, NotebookNode],
    seconds: Mapping[str, float],
    last_good: str | None,
) -> RefusedError:
    """Write the page and the manifest of a refused run into its folder.

    Parameters
    ----------
    report, run_id
        What was run, and the name of the run.
    folder
        The folder of the run, with its notebooks.
    notebooks, seconds
        By notebook: as far as it came, and how long that took.
    last_good
        The day of the latest published report; None where there is none.

    Returns
    -------
    RefusedError
        What is to be said of it.
    """
    reasons = _reasons(report, notebooks)
    text = rendered(
        "refused.html.j2",
        page=manifest.unhealthiest_page(notebooks) or {},
        reasons=reasons,
        params_file=report.path.name,
        last_good=last_good,
        version=version("regulars"),
    )
    (folder / FILE_NAME).write_text(text, encoding="utf-8")
    record = manifest.manifest(report, run_id=run_id, folder=folder, notebooks=notebooks, seconds=seconds)
    manifest.write(record | {"status": "refused", "findings": [], "notebooks": []}, folder)
    lines = [f"{each['sentence']}\n(notebooks: {each['names']})" for each in reasons]
    stays = f"the report of {last_good} stays the latest" if last_good else "no earlier report is published"
    return RefusedError("\n".join([*lines, f"Report `{report.name}`: refused, nothing was published; {stays}."]))


def _reasons(report: Report, notebooks: Mapping[str, NotebookNode]) -> list[dict[str, Any]]:
    """Each sentence on data health that is a reason to refuse, once, with the notebooks that said it."""
    refuse = report.publication.refuse
    names: dict[str, list[str]] = {}
    for name, page in manifest.pages(notebooks).items():
        if refuse != "never" and LIGHTS.index(page["light"]) >= LIGHTS.index(refuse):
            names.setdefault(str(page["health"]), []).append(name)
    return [{"sentence": sentence, "names": say.itemised(each)} for sentence, each in names.items()]
