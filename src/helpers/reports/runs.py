"""From parameters to a published folder: lock, execute, render, record, publish; or change nothing and say why."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from helpers.connectors.staging import SPILL_VARIABLE
from helpers.contract.privacy import ERASED_VARIABLE
from helpers.display.tables import KEEP_VARIABLE
from helpers.errors import ContractError, FitError, NotebookError, ParamsError, RegularsError, RunError, message
from helpers.params import Report
from helpers.project import project_root
from helpers.reports import comparison, execution, forgetting, manifest, overview, publishing
from helpers.reports.rendering import render, without_inputs

ERRORS: dict[str, type[RegularsError]] = {
    "params": ParamsError,
    "contract": ContractError,
    "model": FitError,
    "notebook": NotebookError,
    "machine": RunError,
}


@dataclass(frozen=True)
class Result:
    """How the run of one report ended: published somewhere with this data-health light, or stopped by an error."""

    report: Report
    published: publishing.Published | None
    error: RegularsError | None
    light: str = ""


@dataclass(frozen=True)
class Limits:
    """What a run may use."""

    workers: int = 2
    seconds: float | None = None
    memory_bytes: int | None = None
    wait_seconds: float = 600.0


def run(
    reports: Sequence[Report],
    *,
    out: Path,
    limits: Limits,
    engine: execution.EngineName = "in-process",
    say: Callable[[str], None] = lambda line: None,
    done: Callable[[], None] = lambda: None,
) -> list[Result]:
    """Execute every notebook of every report, and publish each report whole or not at all.

    Parameters
    ----------
    reports
        Validated; no two of the same name.
    out
        The folder of all reports; made where it is missing.
    limits
        Workers, and what each notebook and each wait may take.
    engine
        `in-process` (fast) or `kernel` (a real Jupyter kernel for each notebook).
    say, done
        Told each step in a line of text; called once for each finished notebook.

    Raises
    ------
    ParamsError
        Two reports have the same name.
    RunError
        `out` cannot be used, or another run holds a report for too long.
    """
    _refuse_same_names(reports)
    out = out.absolute()  # notebooks run in the folder of the project, wherever the caller stands

    def report_outcome(outcome: execution.Outcome) -> None:
        name = next(name for name, each in jobs.items() if outcome.job in each)
        say(f"{name}: {_said(outcome)}")
        done()

    with ExitStack() as stack:
        for report in sorted(reports, key=lambda each: each.name):
            stack.enter_context(publishing.lock(out, report.name, wait_seconds=limits.wait_seconds, say=say))
        publishing.recover(out)
        works = {report.name: publishing.begin(out, report.name, report.as_of) for report in reports}
        jobs = {report.name: _jobs(report, works[report.name]) for report in reports}
        outcomes = execution.execute(
            [job for each in jobs.values() for job in each],
            workers=limits.workers,
            time_limit_seconds=limits.seconds,
            memory_limit_bytes=limits.memory_bytes,
            engine=engine,
            on_done=report_outcome,
        )
        by_job = {outcome.job.output: outcome for outcome in outcomes}
        results = [
            _finish(report, works[report.name], [by_job[job.output] for job in jobs[report.name]], out)
            for report in reports
        ]
        _list_reports(out, say)
    return results


def _list_reports(out: Path, say: Callable[[str], None]) -> None:
    """Bring the list of reports up to date; where that fails, what was published stands and is reported."""
    try:
        publishing.write_index(out)
    except RunError as error:
        say(f"The list of reports is not up to date: {error}")


def _refuse_same_names(reports: Sequence[Report]) -> None:
    names = [report.name for report in reports]
    doubled = sorted({name for name in names if names.count(name) > 1})
    if doubled:
        problems = [f"`{name}`: {', '.join(str(r.path) for r in reports if r.name == name)}" for name in doubled]
        raise ParamsError(message("Each report of a run must have a name of its own", problems))


def _light(notebooks: dict[str, NotebookNode]) -> str:
    """The data-health light of a report: the worst of its pages'."""
    return str((manifest.unhealthiest_page(notebooks) or {}).get("light", ""))


def _jobs(report: Report, work: publishing.Work) -> list[execution.Job]:
    (work.folder / "notebooks").mkdir()
    return [
        execution.Job(
            notebook=project_root() / "notebooks" / f"{name}.ipynb",
            output=work.folder / "notebooks" / f"{name}.ipynb",
            parameters=params.model_dump(mode="json"),
            environment={
                KEEP_VARIABLE: str(work.folder / "tables" / name),
                SPILL_VARIABLE: str(_spill(work)),
                ERASED_VARIABLE: str(_spill(work) / f"{name}.erased.parquet"),
            },
            cwd=project_root(),
        )
        for name, params in report.params.items()
    ]


def _spill(work: publishing.Work) -> Path:
    """Where the notebooks of a run stage and spill: beside its work, so that recovery after a kill finds it too."""
    return work.folder.with_name(f"{work.run_id}.spill")


def _said(outcome: execution.Outcome) -> str:
    state = "failed" if outcome.error else "done"
    return f"{outcome.job.notebook.stem}: {state} in {outcome.seconds:.1f} s, {outcome.peak_bytes / 2**20:.0f} MB"


def _finish(report: Report, work: publishing.Work, outcomes: list[execution.Outcome], out: Path) -> Result:
    try:
        failed = [outcome for outcome in outcomes if outcome.error]
        if failed:
            raise _error(report, failed, _keep_failed(report, work, out))
        notebooks = _render(report, work, outcomes, out)
        return Result(report, _publish(report, work, notebooks, outcomes, out), None, _light(notebooks))
    except RegularsError as error:
        return Result(report, None, error)
    except OSError as error:
        return Result(
            report, None, RunError(f"Report `{report.name}` could not be written: {error}. Nothing was published.")
        )
    finally:
        shutil.rmtree(_spill(work), ignore_errors=True)
        publishing.discard(work)


def _error(report: Report, failed: list[execution.Outcome], kept: Path) -> RegularsError:
    lines = [f"{o.error.message}\n(notebook `{o.job.notebook.stem}`)" for o in failed if o.error]
    kinds = [outcome.error.kind for outcome in failed if outcome.error]
    text = "\n".join(dict.fromkeys(lines))
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


def _render(
    report: Report, work: publishing.Work, outcomes: list[execution.Outcome], out: Path
) -> dict[str, NotebookNode]:
    """Write the pages; returns the notebooks as executed, and leaves them without the inputs, which the manifest tells.

    The inputs hold counts and checksums of whole files: what is published must not change by rows after as_of.
    """
    notebooks = {}
    names = [outcome.job.notebook.stem for outcome in outcomes]
    for name, outcome in zip(names, outcomes, strict=True):
        notebook = nbformat.read(outcome.job.output, as_version=4)
        try:
            page = render(notebook, name=name, names=names)
        except RegularsError:
            raise
        except Exception as error:
            raise NotebookError(f"notebook `{name}` ran, but cannot become a page: {error!r}") from error
        (work.folder / f"{name}.html").write_text(page, encoding="utf-8")
        nbformat.write(without_inputs(notebook), outcome.job.output)
        notebooks[name] = notebook
    since = _since_last(report, notebooks, out)
    (work.folder / overview.FILE_NAME).write_text(overview.page(notebooks, since=since), encoding="utf-8")
    return notebooks


def _since_last(report: Report, notebooks: dict[str, NotebookNode], out: Path) -> comparison.Comparison | None:
    before = comparison.last_before(out / report.name, report.as_of)
    if before is None:
        return None
    now = {
        "findings": manifest.findings_of(notebooks),
        "parameters": manifest.stated(report),
        "packages": manifest.package_versions(),
    }
    return comparison.compare(now, before)


def _publish(
    report: Report,
    work: publishing.Work,
    notebooks: dict[str, NotebookNode],
    outcomes: list[execution.Outcome],
    out: Path,
) -> publishing.Published:
    record = manifest.manifest(
        report,
        run_id=work.run_id,
        folder=work.folder,
        notebooks=notebooks,
        seconds={outcome.job.notebook.stem: outcome.seconds for outcome in outcomes},
    )
    manifest.write(record, work.folder)
    erased = forgetting.erased_customers(_spill(work))
    return publishing.publish(work, out, report.name, report.as_of, erased=erased)
