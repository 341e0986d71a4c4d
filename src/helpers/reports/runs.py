"""From parameters to published folders: lock, execute, and finish each report as soon as its last notebook has run."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

from helpers.connectors.staged_once import STAGED_VARIABLE
from helpers.connectors.staging import SPILL_VARIABLE
from helpers.contract.coverage import DAYS_VARIABLE, PURCHASES_VARIABLE
from helpers.contract.privacy import ERASED_VARIABLE
from helpers.contract.sharing import SHARE_VARIABLE
from helpers.display.pages import REFUSE_VARIABLE
from helpers.display.tables import KEEP_VARIABLE
from helpers.errors import ParamsError, RefusedError, RunError, message
from helpers.params import Report
from helpers.project import project_root
from helpers.reports import cluster, execution, past_customers, publishing
from helpers.reports.finishing import ERRORS, Result, finish
from helpers.reports.run_events import Event, EventKind, Tell, untold
from helpers.watching import WATCHED_VARIABLE

Key: TypeAlias = tuple[str, date]
"""A report and its day."""


@dataclass(frozen=True)
class Limits:
    """What a run may use: processes of this machine, or a cluster, by the address of its scheduler."""

    workers: int = 2
    seconds: float | None = None
    memory_bytes: int | None = None
    wait_seconds: float = 600.0
    scheduler: str | None = None


def run(
    reports: Sequence[Report],
    *,
    out: Path,
    limits: Limits,
    engine: execution.EngineName = "in-process",
    tell: Tell = untold,
) -> list[Result]:
    """Execute every notebook of every report, and publish each report whole, or not at all, when it is ready.

    A report that another run holds is waited for after all others are done, and delays none of them.

    Parameters
    ----------
    reports
        Validated; no two of the same name and day.
    out
        The folder of all reports; made where it is missing.
    limits
        Workers, and what each notebook and each wait may take.
    engine
        `in-process` (fast) or `kernel` (a real Jupyter kernel for each notebook).
    tell
        Told each step as it happens.

    Returns
    -------
    list of Result
        One for each report, in their order.

    Raises
    ------
    ParamsError
        Two reports have the same name and day.
    RunError
        `out` cannot be used.
    """
    _refuse_same_names(reports)
    begun = time.monotonic()
    one = _Run(out.absolute(), limits, engine, tell)  # notebooks run in the project, wherever the caller stands
    results = one.those_free(reports)
    for name in dict.fromkeys(report.name for report in reports if _key(report) not in results):
        waited = time.monotonic() - begun
        patience = replace(limits, wait_seconds=max(0.0, limits.wait_seconds - waited))
        results |= replace(one, limits=patience).one_held([report for report in reports if report.name == name])
    in_order = [results[_key(report)] for report in reports]
    if len(in_order) > 1:
        tell(Event("sum", _summary(in_order)))
    return in_order


def _summary(results: Sequence[Result]) -> str:
    """How many reports ended how, in one line."""
    ends = Counter(
        each.published.status if each.published else "refused" if isinstance(each.error, RefusedError) else "failed"
        for each in results
    )
    return f"{len(results)} reports: {', '.join(f'{count} {end}' for end, count in sorted(ends.items()))}"


def _key(report: Report) -> Key:
    return report.name, report.as_of


def _refuse_same_names(reports: Sequence[Report]) -> None:
    keys = [_key(report) for report in reports]
    files = {name: {report.path for report in reports if report.name == name} for name, _ in keys}
    doubled = sorted({name for name, day in keys if keys.count((name, day)) > 1 or len(files[name]) > 1})
    if doubled:
        problems = [f"`{name}`: {', '.join(str(r.path) for r in reports if r.name == name)}" for name in doubled]
        raise ParamsError(message("Each report of a run must have a name of its own", problems))


@dataclass(frozen=True)
class _Run:
    """What all reports of a run share."""

    out: Path
    limits: Limits
    engine: execution.EngineName
    tell: Tell

    def those_free(self, reports: Sequence[Report]) -> dict[Key, Result]:
        """Run the reports that no other run holds; the others have no result."""
        with ExitStack() as stack:
            held = set()
            for name in sorted({report.name for report in reports}):
                try:
                    stack.enter_context(publishing.lock(self.out, name))
                except publishing.HeldError:
                    held.add(name)
            publishing.recover(self.out)
            return self._together([report for report in reports if report.name not in held])

    def one_held(self, reports: Sequence[Report]) -> dict[Key, Result]:
        """Wait for a report, all of whose days are given, and run it; where it is not let go, that is its result."""
        name = reports[0].name

        def say(text: str) -> None:
            self.tell(Event("wait", text, report=name))

        try:
            with publishing.lock(self.out, name, wait_seconds=self.limits.wait_seconds, say=say):
                return self._together(reports)
        except publishing.HeldError as error:
            results = [Result(report, None, error) for report in reports]
            for result in results:
                self._told(result)
            return {_key(result.report): result for result in results}

    def _together(self, reports: Sequence[Report]) -> dict[Key, Result]:
        """Run reports whose locks are held, notebook beside notebook."""
        if not reports:
            return {}
        works = {_key(report): publishing.begin(self.out, report.name, report.as_of) for report in reports}
        jobs = {
            _key(report): _jobs(
                report,
                works[_key(report)],
                has_past=self._has_past(report, reports),
                staged=publishing.spill(works[_last_day(report, reports)]) / "staged",
            )
            for report in reports
        }
        owners = {job.output: report for report in reports for job in jobs[_key(report)]}
        outcomes: dict[Path, execution.Outcome] = {}
        results: dict[Key, Result] = {}

        def on_begin(job: execution.Job) -> None:
            report = owners[job.output]
            self.tell(_event("begin", report, f"{job.notebook.stem}: begins", notebook=job.notebook.stem))

        def on_done(outcome: execution.Outcome) -> None:
            report = owners[outcome.job.output]
            outcomes[outcome.job.output] = outcome
            self.tell(_ended(report, outcome))
            for each in _days_in_turn(report, reports, results):
                of_report = [outcomes[job.output] for job in jobs[_key(each)] if job.output in outcomes]
                if len(of_report) < len(jobs[_key(each)]):
                    return
                results[_key(each)] = self._finished(each, works[_key(each)], of_report)

        self._execute(
            [job for each in jobs.values() for job in each],
            time_limit_seconds=self.limits.seconds,
            memory_limit_bytes=self.limits.memory_bytes,
            engine=self.engine,
            on_begin=on_begin,
            on_done=on_done,
        )
        return results

    def _has_past(self, report: Report, reports: Sequence[Report]) -> bool:
        """Whether there is a report of an earlier day, or will be one when this one is finished."""
        published = publishing.published_days(self.out, report.name)
        days = [*published, *(each.as_of.isoformat() for each in reports if each.name == report.name)]
        return min(days) < report.as_of.isoformat()

    @property
    def _execute(self) -> Callable[..., list[execution.Outcome]]:
        """What executes jobs: processes of this machine, or a cluster."""
        if self.limits.scheduler is None:
            return partial(execution.execute, workers=self.limits.workers)
        return partial(cluster.execute, scheduler=self.limits.scheduler)

    def _finished(self, report: Report, work: publishing.Work, outcomes: Sequence[execution.Outcome]) -> Result:
        result = finish(report, work, outcomes, out=self.out)
        self._told(result)
        try:
            publishing.write_index(self.out)
        except RunError as error:  # what was published stands and is reported
            self.tell(_event("warn", report, f"The list of reports is not up to date: {error}"))
        return result

    def _told(self, result: Result) -> None:
        report, published, error = result.report, result.published, result.error
        if published:
            self.tell(_event("publish", report, f"{published.status}, {published.path}", exit_code=0))
            if published.cleaned:
                days = ", ".join(published.cleaned)
                self.tell(_event("warn", report, f"rows of erased customers are gone from the reports of {days}"))
            if result.light != "green":
                self.tell(_event("warn", report, f"data health is {result.light}, read the page"))
        if error:
            kind: EventKind = "refuse" if isinstance(error, RefusedError) else "fail"
            self.tell(Event(kind, str(error), report.name, report.as_of.isoformat(), exit_code=error.exit_code))


def _days_in_turn(report: Report, reports: Sequence[Report], done: Mapping[Key, Result]) -> list[Report]:
    """The days of a report that are not finished yet, the earliest first: each is compared with the one before it."""
    days = [each for each in reports if each.name == report.name and _key(each) not in done]
    return sorted(days, key=lambda each: each.as_of)


def _last_day(report: Report, reports: Sequence[Report]) -> Key:
    """The day of a report that is finished last, so that what its folder holds is there for all of its days."""
    return report.name, max(each.as_of for each in reports if each.name == report.name)


def _event(kind: EventKind, report: Report, text: str, **more: Any) -> Event:
    day = report.as_of.isoformat()
    return Event(kind, f"{report.name} {day}: {text}", report.name, day, **more)


def _ended(report: Report, outcome: execution.Outcome) -> Event:
    state = "failed" if outcome.error else "done"
    name, seconds, peak_bytes = outcome.job.notebook.stem, outcome.seconds, outcome.peak_bytes
    text = f"{name}: {state} in {seconds:.1f} s, {peak_bytes / 2**20:.0f} MB"
    code = ERRORS[outcome.error.kind].exit_code if outcome.error else 0
    return _event("end", report, text, notebook=name, seconds=seconds, peak_bytes=peak_bytes, exit_code=code)


def _jobs(report: Report, work: publishing.Work, *, has_past: bool, staged: Path) -> list[execution.Job]:
    (work.folder / "notebooks").mkdir()
    spill = publishing.spill(work)
    asked = {PURCHASES_VARIABLE: str(spill / past_customers.PURCHASES_FILE)} if has_past else {}
    return [
        execution.Job(
            notebook=project_root() / "notebooks" / f"{name}.ipynb",
            output=work.folder / "notebooks" / f"{name}.ipynb",
            parameters=params.model_dump(mode="json"),
            environment={
                KEEP_VARIABLE: str(work.folder / "tables" / name),
                SPILL_VARIABLE: str(spill),
                STAGED_VARIABLE: str(staged),
                SHARE_VARIABLE: str(spill / "checked"),
                ERASED_VARIABLE: str(spill / f"{name}.erased.parquet"),
                DAYS_VARIABLE: str(spill / f"{name}.days.parquet"),
                REFUSE_VARIABLE: report.publication.refuse,
                **asked,
                WATCHED_VARIABLE: "0",
            },
            cwd=project_root(),
        )
        for name, params in report.params.items()
    ]
