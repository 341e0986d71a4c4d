"""From executed notebooks to a published folder: render, record, publish; or refuse, or keep how far it came."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd
from nbformat import NotebookNode

from helpers.display.wording import speaking
from helpers.errors import (
    ContractError,
    FitError,
    NotebookError,
    ParamsError,
    RefusedError,
    RegularsError,
    RunError,
)
from helpers.params import Report
from helpers.reports import (
    comparison,
    execution,
    forgetting,
    manifest,
    next_steps,
    overview,
    past_customers,
    past_forecasts,
    printing,
    publishing,
    ranking,
    refreshing,
    refusal,
    workbook,
)
from helpers.reports.rendering import render, sections, without_inputs

ERRORS: dict[str, type[RegularsError]] = {
    "params": ParamsError,
    "contract": ContractError,
    "model": FitError,
    "notebook": NotebookError,
    "machine": RunError,
    "refused": RefusedError,
}


@dataclass(frozen=True)
class Result:
    """How the run of one report ended: published somewhere with this data-health light, or stopped by an error."""

    report: Report
    published: publishing.Published | None
    error: RegularsError | None
    light: str = ""


def finish(report: Report, work: publishing.Work, outcomes: Sequence[execution.Outcome], *, out: Path) -> Result:
    """Publish a report whose notebooks have run, or say why not; the work folder goes in any case.

    Parameters
    ----------
    report, work
        What was run, and where.
    outcomes
        One for each notebook of the report that was executed.
    out
        The folder of all reports.
    """
    with speaking(report.language):
        return _finished(report, work, outcomes, out)


def _finished(report: Report, work: publishing.Work, outcomes: Sequence[execution.Outcome], out: Path) -> Result:
    try:
        failed = [outcome for outcome in outcomes if outcome.error and outcome.error.kind != "refused"]
        if failed:
            raise _error(report, failed, _keep_failed(report, work, out))
        if any(outcome.error for outcome in outcomes):
            raise _refusal(report, work, outcomes, out)
        return _published(report, work, outcomes, out)
    except RegularsError as error:
        return Result(report, None, error)
    except OSError as error:
        return Result(
            report, None, RunError(f"Report `{report.name}` could not be written: {error}. Nothing was published.")
        )
    finally:
        shutil.rmtree(publishing.spill(work), ignore_errors=True)
        publishing.discard(work)


def _error(report: Report, failed: Sequence[execution.Outcome], kept: Path) -> RegularsError:
    """One error for all notebooks that failed: each fault once, with the notebooks that met it."""
    names: dict[str, list[str]] = {}
    for outcome in failed:
        if outcome.error:
            names.setdefault(outcome.error.message, []).append(f"`{outcome.job.notebook.stem}`")
    kinds = [outcome.error.kind for outcome in failed if outcome.error]
    text = "\n".join(f"{said}\n(notebook{'s' * (len(of) > 1)} {', '.join(of)})" for said, of in names.items())
    return ERRORS[kinds[0]](f"{text}\nReport `{report.name}`: nothing was published; see {kept} for how far it came.")


def _keep_failed(report: Report, work: publishing.Work, out: Path) -> Path:
    """Move the notebooks of a failed run where the analyst finds them, out of the way of published reports."""
    kept = out / ".failed" / report.name / report.as_of.isoformat()
    shutil.rmtree(kept, ignore_errors=True)
    made = work.folder / "notebooks"
    if made.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(made, kept)
    return kept


def _refusal(report: Report, work: publishing.Work, outcomes: Sequence[execution.Outcome], out: Path) -> RefusedError:
    """Say where the index finds it why the data cannot carry the report; the last good one stays the latest."""
    notebooks = {outcome.job.notebook.stem: _executed(outcome) for outcome in outcomes}
    shutil.rmtree(work.folder / "tables", ignore_errors=True)
    error = refusal.write(
        report,
        run_id=work.run_id,
        folder=work.folder,
        notebooks=notebooks,
        seconds=_seconds(outcomes),
        last_good=max(publishing.published_days(out, report.name), default=None),
    )
    publishing.refuse(work, out, report.name, report.as_of)
    return error


def _seconds(outcomes: Sequence[execution.Outcome]) -> dict[str, float]:
    return {outcome.job.notebook.stem: outcome.seconds for outcome in outcomes}


def _executed(outcome: execution.Outcome) -> NotebookNode:
    """The notebook as executed; the file is left without the inputs, which the manifest tells.

    The inputs hold counts and checksums of whole files: what is published must not change by rows after as_of.
    """
    notebook = nbformat.read(outcome.job.output, as_version=4)
    nbformat.write(without_inputs(notebook), outcome.job.output)
    return notebook


def _published(report: Report, work: publishing.Work, outcomes: Sequence[execution.Outcome], out: Path) -> Result:
    made = {outcome.job.notebook.stem: _executed(outcome) for outcome in outcomes}
    kept = refreshing.kept_pages(out / report.name / report.as_of.isoformat(), report)
    notebooks = refreshing.in_order(report, {**kept.notebooks, **made})
    kept.copy_missing(work.folder)
    erased = forgetting.erased_customers(publishing.spill(work))
    forgetting.forget(work.folder / "tables", erased)  # of the pages kept, which were made before
    now = _as_of_now(report, kept, made)
    steps = _next_steps(report, work.folder, notebooks, now)
    for name in notebooks:
        if name in made or kept.names != list(notebooks):
            own = [{**each, "href": each["fragment"]} for each in steps if each["notebook"] == name]
            page = _page(notebooks[name], name, list(notebooks), own)
            (work.folder / f"{name}.html").write_text(page, encoding="utf-8")
    before = comparison.last_before(out / report.name, report.as_of)
    page = overview.page(
        notebooks,
        since=comparison.compare(now, before) if before else None,
        record=_past_forecasts(report, work, out),
        customers=_past_customers(report, work, out),
        steps=[{**each, "href": f"{each['notebook']}.html{each['fragment']}"} for each in steps],
        weights=ranking.weights(now["findings"], work.folder / "tables"),
        files=_files(report),
    )
    (work.folder / overview.FILE_NAME).write_text(page, encoding="utf-8")
    _also(report, work.folder, list(notebooks))
    record = manifest.manifest(
        report, run_id=work.run_id, folder=work.folder, notebooks=notebooks, seconds=_seconds(outcomes)
    )
    manifest.write(kept.record(record), work.folder)
    published = publishing.publish(work, out, report.name, report.as_of, erased=erased)
    return Result(report, published, None, str((manifest.unhealthiest_page(notebooks) or {}).get("light", "")))


def _as_of_now(report: Report, kept: refreshing.Kept, made: Mapping[str, NotebookNode]) -> dict[str, Any]:
    """What a report is compared by with the one before it: findings, parameters and versions of all its pages."""
    return {
        "findings": kept.findings(manifest.findings_of(made), report.notebooks),
        "parameters": kept.by_page("parameters", manifest.stated(report)),
        "packages": manifest.package_versions(),
    }


def _next_steps(
    report: Report, folder: Path, notebooks: Mapping[str, NotebookNode], now: Mapping[str, Any]
) -> list[dict[str, str]]:
    """What there is to do by all pages, in words, kept as a table."""
    steps = next_steps.of_report(
        folder / "tables",
        findings=now["findings"],
        parameters=now["parameters"],
        lights={name: str(head["light"]) for name, head in manifest.pages(notebooks).items()},
        owners=report.publication.owners,
    )
    next_steps.keep(steps, folder)
    places = {name: sections(notebook) for name, notebook in notebooks.items()}
    return next_steps.in_words(steps, currency=next(iter(report.params.values())).currency, places=places)


def _files(report: Report) -> list[str]:
    """What is made of the pages and tables where the report asks for it, by name."""
    asked = {printing.FILE_NAME: report.publication.pdf, workbook.FILE_NAME: report.publication.xlsx}
    return [name for name, is_asked in asked.items() if is_asked]


def _also(report: Report, folder: Path, names: Sequence[str]) -> None:
    """What is made of the pages and tables where the report asks for it."""
    if report.publication.xlsx:
        workbook.write(folder, title=report.title, as_of=report.as_of)
    if report.publication.pdf:
        pages = [overview.FILE_NAME, *(f"{name}.html" for name in names)]
        printing.write(folder, pages=pages, title=report.title, as_of=report.as_of)


def _past_forecasts(report: Report, work: publishing.Work, out: Path) -> past_forecasts.Record | None:
    """What earlier reports forecast beside what came, kept as a table; by the days that any notebook handed on."""
    handed = next(publishing.spill(work).glob("*.days.parquet"), None)
    if handed is None:
        return None
    currency, days = next(iter(report.params.values())).currency, pd.read_parquet(handed)
    record = past_forecasts.judge(out / report.name, as_of=report.as_of, days=days, currency=currency)
    if record is not None:
        past_forecasts.keep(record, work.folder)
    return record


def _past_customers(report: Report, work: publishing.Work, out: Path) -> past_customers.Record | None:
    """What earlier reports predicted of single customers beside what these did, kept as a table."""
    purchases = publishing.spill(work) / past_customers.PURCHASES_FILE
    if not purchases.is_file():
        return None
    params = list(report.params.values())
    record = past_customers.judge(
        out / report.name,
        as_of=report.as_of,
        purchases=purchases,
        level=params[0].interval_level,
        smallest_cell=max(each.smallest_cell for each in params),
        currency=params[0].currency,
    )
    past_customers.keep(record, work.folder)
    return record


def _page(notebook: NotebookNode, name: str, names: list[str], steps: Sequence[Mapping[str, str]]) -> str:
    try:
        return render(notebook, name=name, names=names, steps=steps)
    except RegularsError:
        raise
    except Exception as error:
        raise NotebookError(f"notebook `{name}` ran, but cannot become a page: {error!r}") from error
