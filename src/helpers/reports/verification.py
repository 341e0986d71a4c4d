"""A published report run again from its manifest: the same to the byte, or what differs, where, and what may be why."""

from __future__ import annotations

import csv
import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import nbformat
from pydantic import ValidationError

from helpers.display.language import counted
from helpers.display.tables import CSV_ENCODING
from helpers.errors import ParamsError, RunError, message
from helpers.params import NOTEBOOKS, CommonParams, Publication, Report
from helpers.project import project_root
from helpers.reports import execution, past_customers, past_forecasts, printing, publishing, runs, workbook
from helpers.reports.manifest import FILE_NAME, output_checksums, read
from helpers.reports.publishing import DERIVED
from helpers.reports.run_events import Tell, untold
from helpers.validation import problems

Record = Mapping[str, Any]


@dataclass(frozen=True)
class Verification:
    """What came of running a published report again.

    Parameters
    ----------
    tampered
        Files of the report that are not what its manifest says: changed, missing or added since, a sentence each.
    reasons
        What went in otherwise than then: inputs, versions, the kit itself, customers erased since, a sentence each.
    differences
        What came out otherwise than then, a sentence each, with the first cell or row that differs.
    output_count
        How many files were compared.
    """

    tampered: tuple[str, ...]
    reasons: tuple[str, ...]
    differences: tuple[str, ...]
    output_count: int

    @property
    def is_same(self) -> bool:
        """Whether every file is what the manifest says, and came out the same to the byte."""
        return not self.tampered and not self.differences


def verify(
    folder: Path, *, limits: runs.Limits, engine: execution.EngineName = "in-process", tell: Tell = untold
) -> Verification:
    """Run a published report again, with the parameters of its manifest, elsewhere; the report is left alone.

    Parameters
    ----------
    folder
        OUT/<report>/<as_of>.
    limits, engine, tell
        As for `runs.run`.

    Raises
    ------
    RunError
        The folder holds no manifest that can be read.
    ParamsError
        The parameters of the manifest do not fit the kit as it is today.
    RegularsError
        The run failed, for the reason that the error gives.
    """
    record = _manifest(folder)
    report = _report(record, folder / FILE_NAME)
    with tempfile.TemporaryDirectory(prefix="regulars-verify-") as room:
        _show_earlier(folder, report, out=Path(room))
        [result] = runs.run([report], out=Path(room), limits=limits, engine=engine, tell=_of_notebooks(tell))
        if result.published is None:
            raise result.error or RunError(f"{folder} could not be run again.")
        made = result.published.path
        again = _manifest(made)
        return Verification(
            tuple(_tampered(record["outputs"], output_checksums(folder))),
            tuple(_reasons(record, again)),
            tuple(_differences(folder, made, record["outputs"], again["outputs"])),
            len(record["outputs"]),
        )


def _of_notebooks(tell: Tell) -> Tell:
    """Tells of notebooks alone: what the run says of publishing is of a folder that goes again."""
    return lambda event: tell(event) if event.kind in ("begin", "end") else None


def _manifest(folder: Path) -> Record:
    record = read(folder)
    if record is None or record.get("status") != "published":
        raise RunError(
            f"{folder / FILE_NAME} must be the manifest of a published report; name a folder OUT/<report>/<as_of>."
        )
    return record


def _report(record: Record, path: Path) -> Report:
    """The report as its manifest states it, whatever its params file says by now; nothing is refused for its data."""
    params: dict[str, CommonParams] = {}
    faults: list[str] = []
    for name, values in record["parameters"].items():
        if name not in NOTEBOOKS:
            faults.append(f"there is no notebook `{name}` any more")
            continue
        try:
            params[name] = NOTEBOOKS[name].model_validate_json(json.dumps(values))
        except ValidationError as error:
            faults += problems(NOTEBOOKS[name], error)
    if faults:
        raise ParamsError(message(f"The parameters in {path} must fit the kit as it is today", faults))
    file = project_root() / "params" / record["params_file"]
    made = {"pdf": printing.FILE_NAME in record["outputs"], "xlsx": workbook.FILE_NAME in record["outputs"]}
    whole = Publication(refuse="never", owners=record.get("owners", {}), **made)
    return Report(record["report"], file, params, tuple(params), whole)


def _show_earlier(folder: Path, report: Report, *, out: Path) -> None:
    """Let the run see what its overview tells of the reports before: their manifests and what they predicted."""
    for day in publishing.published_days(folder.parents[1], report.name):
        for name in (
            (FILE_NAME, past_forecasts.FORECAST, *past_customers.FILES) if day < report.as_of.isoformat() else ()
        ):
            source, target = folder.parent / day / name, out / report.name / day / name
            if source.is_file():
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, target)


def _tampered(recorded: Mapping[str, str], found: Mapping[str, str]) -> Iterator[str]:
    for name in sorted(recorded.keys() | found.keys()):
        if name not in found:
            yield f"{name} is missing"
        elif name not in recorded:
            yield f"{name} was added"
        elif recorded[name] != found[name]:
            yield f"{name} was changed"


def _reasons(then: Record, now: Record) -> Iterator[str]:
    """What went in otherwise: inputs by name, then versions of Python, of packages and of the kit."""
    before, after = ({one["name"]: one for one in record["inputs"]} for record in (then, now))
    for name in sorted(before.keys() | after.keys()):
        if name not in before or name not in after:
            yield f"input {name} is {'new' if name in after else 'not read any more'}"
        elif before[name] != after[name]:
            rows = f"{before[name]['row_count']:,} rows then, {after[name]['row_count']:,} now"
            yield f"input {name} has another content: {rows}"
    versions = {"python": then["python"], **then["packages"]}, {"python": now["python"], **now["packages"]}
    for name in sorted(versions[0].keys() | versions[1].keys()):
        was, is_now = (each.get(name, "none") for each in versions)
        if was != is_now:
            yield f"{name} {was} then, {is_now} now"
    if then["git_revision"] != now["git_revision"]:
        yield f"the kit's revision {then['git_revision']} then, {now['git_revision']} now"
    for one in then["forgotten"]:
        day = date.fromisoformat(one["at"][:10])
        yield f"{counted(one['row_count'], 'row')} of erased customers went from the report on {day}"


def _differences(then: Path, now: Path, recorded: Mapping[str, str], found: Mapping[str, str]) -> Iterator[str]:
    for name in sorted(recorded.keys() | found.keys()):
        if recorded.get(name) == found.get(name) or name.endswith(DERIVED):
            continue
        if name not in found:
            yield f"{name} is not made any more"
        elif name not in recorded:
            yield f"{name} was not there"
        else:
            yield f"{name} {_where(then / name, now / name)}"


def _where(then: Path, now: Path) -> str:
    """Where two files of one name differ first, without telling any value of a customer."""
    if not then.is_file():
        return "differs from what the manifest says"
    if then.suffix == ".ipynb":
        return _first_cell(then, now)
    if then.suffix == ".csv":
        return _first_row(then, now)
    return "differs"


def _first_cell(then: Path, now: Path) -> str:
    before, after = (nbformat.read(path, as_version=4).cells for path in (then, now))
    if len(before) != len(after):
        return f"has {len(after)} cells instead of {len(before)}"
    for number, (one, other) in enumerate(zip(before, after, strict=True), start=1):
        if one.source != other.source:
            return f"has another cell {number}, which begins with `{_first_line(other.source)}`"
        if one != other:
            return f"differs from cell {number} on, which begins with `{_first_line(other.source)}`"
    return "differs"


def _first_line(source: str) -> str:
    return source.strip().partition("\n")[0]


def _first_row(then: Path, now: Path) -> str:
    before, after = (list(csv.reader(path.read_text(encoding=CSV_ENCODING).splitlines())) for path in (then, now))
    if before[:1] != after[:1]:
        return "has other columns"
    changed = [number for number, pair in enumerate(zip(before, after, strict=False)) if pair[0] != pair[1]]
    count = f"{len(before) - 1:,} rows then, {len(after) - 1:,} now"
    if not changed:
        return f"has {count}"
    row = changed[0]
    columns = [name for name, *cells in zip(before[0], before[row], after[row], strict=False) if cells[0] != cells[1]]
    return f"differs in {counted(len(changed), 'row')} ({count}), first in row {row:,}: {', '.join(columns)}"
