"""A run publishes whole or changes nothing: lock, begin, publish, recover, and the index of all reports.

    OUT/index.html                                  every report, newest first
    OUT/<report>/<as_of>/                           a published report; manifest.json in it names its run
    OUT/<report>/.superseded/<as_of>.<n>/           what stood there before, when a later run came out differently
    OUT/<report>/.refused/<as_of>/                  why the data could not carry a report; goes when one is made
    OUT/.work/<report>/<run_id>/                    a run that is not published yet; its id begins with its day
    OUT/.work/<report>/<run_id>.journal             there while two reports change places
    OUT/.work/<report>.lock, <report>.holder        held by a live run; who holds it

A report appears, or takes the place of another, in one step of the file system. A run that is killed therefore leaves
at most its work folder. What that folder holds is told by the run id: with the manifest of its own run it was never
published and goes; beside a journal, anything else is the former report and is kept under .superseded. No
link is touched under .work, and no file or folder that does not bear the id of a run.
"""

from __future__ import annotations

import ctypes
import errno
import json
import os
import re
import secrets
import shutil
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Literal

from filelock import FileLock, Timeout

from helpers.errors import ParamsError, RunError
from helpers.project import REPORT_NAME
from helpers.reports import forgetting, index, revisions
from helpers.reports.manifest import FILE_NAME, output_checksums
from helpers.reports.refusal import FOLDER as REFUSED

FULL = {errno.ENOSPC, errno.EDQUOT}
NO_EXCHANGE = {errno.ENOSYS, errno.EINVAL, errno.ENOTSUP}
INDEX_WAIT_SECONDS = 60.0
DAY_LENGTH = len("2000-01-31")
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
RUN_ID = re.compile(r"\d{4}-\d{2}-\d{2}-\d{8}T\d{6}Z-[0-9a-f]{8}")
ENDINGS = ("", ".journal", ".former", ".spill", ".gone")
"""What a run may leave, by what follows its id in the name."""

DERIVED = (".pdf", ".xlsx")
"""Endings of files that another version of a program writes otherwise from the same pages and tables."""

Status = Literal["published", "unchanged", "revised"]


@dataclass(frozen=True)
class Work:
    """A run that is not published yet: its id, which its manifest must carry, and the folder it writes to."""

    run_id: str
    folder: Path


@dataclass(frozen=True)
class Published:
    """Where a report stands, and how it came there: new, as it was before, or in place of a superseded one.

    `cleaned` are the other days of the report whose tables lost rows of customers who were erased since.
    """

    path: Path
    status: Status
    cleaned: tuple[str, ...] = ()


class HeldError(RunError):
    """Another run holds the report."""


@contextmanager
def lock(
    out: Path, report: str, *, wait_seconds: float = 0.0, say: Callable[[str], None] = lambda line: None
) -> Iterator[None]:
    """The right to make one report, for as long as the context lasts; what a killed run left of it is cleaned up.

    Parameters
    ----------
    out
        The folder of all reports; made where it is missing.
    report
        Name of the report.
    wait_seconds
        How long to wait for another run of the same report.
    say
        Told once, before a wait begins.

    Raises
    ------
    HeldError
        Another run still holds the report.
    RunError
        `out` cannot be used.
    """
    room = _room(out, report)
    held = FileLock(f"{room}.lock")
    holder = room.with_name(f"{report}.holder")
    with _machine(out):
        room.parent.mkdir(parents=True, exist_ok=True)
        if not _acquired(held, 0):
            if wait_seconds > 0:
                say(f"Report `{report}` is being made by {_holder(holder)}: waiting up to {wait_seconds:.0f} s.")
            if not _acquired(held, wait_seconds):
                raise HeldError(
                    f"Report `{report}` is being made by {_holder(holder)}; run it again when that has ended. "
                    "Nothing was changed."
                )
    try:
        with _machine(out):
            _recover_report(out, report)
            owner = {"pid": os.getpid(), "host": socket.gethostname(), "since": _now()}
            holder.write_text(json.dumps(owner), encoding="utf-8")
        yield
    finally:
        with suppress(OSError):
            holder.unlink(missing_ok=True)
        held.release()


def begin(out: Path, report: str, as_of: date) -> Work:
    """A folder of its own for a run, on the file system of `out`; hold the lock of the report.

    Raises
    ------
    RunError
        `out` cannot be written to.
    """
    run_id = f"{as_of.isoformat()}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"
    folder = _room(out, report) / run_id
    with _machine(out):
        folder.mkdir(parents=True)
    return Work(run_id, folder)


def spill(work: Work) -> Path:
    """Where the notebooks of a run stage and spill: beside its work, so that recovery after a kill finds it too."""
    return work.folder.with_name(f"{work.run_id}.spill")


def publish(work: Work, out: Path, report: str, as_of: date, *, erased: frozenset[str] = frozenset()) -> Published:
    """Put a finished run where readers look, in one step; hold the lock of the report.

    A report already there with the same bytes (its manifest aside) stays untouched. One that differs is kept, as the
    next revision under .superseded. Reports of other days, and all revisions, lose the rows of the customers named as
    `erased`: each report of another day in one step, and its manifest says so.

    Raises
    ------
    RunError
        The file system refused, or the folder holds no manifest of this run. Nothing was published.
    """
    target = out / report / as_of.isoformat()
    if _run_id(work.folder) != work.run_id:
        raise RunError(f"{work.folder} must hold the {FILE_NAME} of its own run. Nothing was published.")
    with _machine(out):
        status = _put(work, target)
        _tidy(work.folder.parent)
        _take_back_refusal(target)
    with _machine(out, outcome="The report is published; earlier ones may still name customers who were erased"):
        days = _days_that_name(target.parent, erased)
        for day in days:
            _forget(out, report, day, erased)
        forgetting.forget_superseded(target.parent / ".superseded", erased)
    return Published(target, status, tuple(day.isoformat() for day in days))


def refuse(work: Work, out: Path, report: str, as_of: date) -> Path:
    """Put what says why there is no report where the index finds it, in one step; hold the lock of the report.

    No published report is touched. A former refusal of the same day is replaced.

    Raises
    ------
    RunError
        The file system refused.
    """
    target = out / report / REFUSED / as_of.isoformat()
    with _machine(out):
        if target.is_dir():
            exchange(work.folder, target)
            _remove(work.folder)
        else:
            _appear(work, target)
        _tidy(work.folder.parent)
    return target


def published_days(out: Path, report: str) -> list[str]:
    """The days for which a report is published, as ISO dates, the earliest first."""
    places = [path.parent.name for path in (out / report).glob(f"*/{FILE_NAME}")]
    return sorted(name for name in places if not name.startswith("."))


def take_away(folder: Path, out: Path, report: str, as_of: date) -> None:
    """Take a published, superseded or refused folder away, out of readers' reach in one step; hold the report's lock.

    Raises
    ------
    RunError
        The file system refused.
    """
    work = begin(out, report, as_of)
    with _machine(out, outcome="Some of its older days are gone"):
        folder.rename(work.folder / folder.name)
        _tidy(folder.parent)
    discard(work)


def discard(work: Work) -> None:
    """Take away what is left of a run, published or not; hold the lock of the report. Never touches a report."""
    with suppress(OSError):
        _settle(work.folder.parent, work.run_id)
        _tidy(work.folder.parent)


def recover(out: Path) -> tuple[str, ...]:
    """Clean up after runs that were killed; a run that is alive holds its lock and is left alone.

    Returns
    -------
    tuple of str
        The ids of the runs cleaned up after.

    Raises
    ------
    RunError
        `out` cannot be written to.
    """
    run_ids: list[str] = []
    with _machine(out):
        for report in _reports_at_work(out):
            with _if_free(_room(out, report).with_name(f"{report}.lock")) as free:
                run_ids += _recover_report(out, report) if free else []
        if _unfinished_index(out).exists():
            with _if_free(out / ".work" / ".index.lock") as free:
                if free:
                    _unfinished_index(out).unlink(missing_ok=True)
    return tuple(run_ids)


def write_index(out: Path) -> Path:
    """Write OUT/index.html, the latest of each report, and the page of all days of each that has changed, in one step.

    Raises
    ------
    RunError
        `out` cannot be written to; the former pages stay.
    """
    page = out / "index.html"
    with _machine(out, outcome="The reports themselves are published"):
        (out / ".work").mkdir(parents=True, exist_ok=True)
        held = FileLock(out / ".work" / ".index.lock")
        if not _acquired(held, INDEX_WAIT_SECONDS):
            raise RunError(f"{page} is being written by another run; the reports themselves are published.")
        try:
            _write_lists(out, page)
        finally:
            held.release()
    return page


def _write_lists(out: Path, page: Path) -> None:
    """Each page is written whole; what was found is remembered last, so that a kill before it only reads more again."""
    cache = out / ".work" / ".index.json"
    known = revisions.remembered(cache, out)
    found = revisions.find(out, known=known)
    reports, former = index.by_report(found), index.by_report(known)
    for name, of_report in reports.items():
        history = out / name / page.name
        if of_report != former.get(name) or not history.is_file():
            _write_whole(history, index.history(of_report), by=_unfinished_index(out))
    _write_whole(page, index.latest_of_each(reports), by=_unfinished_index(out))
    if found != known:
        _write_whole(cache, revisions.remember(found), by=_unfinished_index(out))


# Publishing, step by step: every step leaves readers a whole report, and recovery enough to know what is what.


def _put(work: Work, target: Path) -> Status:
    if not os.path.lexists(target):
        _appear(work, target)
        return "published"
    if target.is_dir() and _content(target) == _content(work.folder):
        _remove(work.folder)
        return "unchanged"
    _replace(work, target)
    return "revised"


def _content(folder: Path) -> dict[str, str]:
    """What must be equal for a report to be unchanged: of a file that is made from others, that it is there."""
    checksums = output_checksums(folder)
    return {name: "" if name.endswith(DERIVED) else digest for name, digest in checksums.items()}


def _appear(work: Work, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        work.folder.rename(target)
    except OSError:
        _tidy(target.parent)
        raise


def _take_back_refusal(target: Path) -> None:
    """Once a report of a day is published, nothing says any more that it was refused."""
    refused = target.parent / REFUSED / target.name
    if refused.is_dir() and not refused.is_symlink():
        _remove(refused)
        _tidy(refused.parent)


def _replace(work: Work, target: Path) -> None:
    kept = target.parent / ".superseded"
    journal = _journal(work.folder)
    try:
        kept.mkdir(exist_ok=True)
        journal.touch()
        exchange(work.folder, target)
        try:
            _supersede(work.folder, target)
        except OSError:
            exchange(work.folder, target)
            raise
    except OSError:
        _tidy(kept)
        raise
    journal.unlink()


def exchange(one: Path, other: Path) -> None:
    """Let two folders of one file system change places: in one step on Linux, elsewhere in three that recovery undoes.

    Where the system has no such step, readers find nothing at `other` for the moment between two renames.
    """
    try:
        _exchange_at_once(one, other)
    except OSError as error:
        if error.errno not in NO_EXCHANGE:
            raise
        former = _former(one)
        other.rename(former)
        try:
            one.rename(other)
        except OSError:
            former.rename(other)
            raise
        former.rename(one)


def _exchange_at_once(one: Path, other: Path) -> None:
    """Linux' renameat2 with RENAME_EXCHANGE, which Python does not offer."""
    at_cwd, exchange_flag = -100, 2
    if not sys.platform.startswith("linux"):
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    try:
        renameat2 = ctypes.CDLL(None, use_errno=True).renameat2
    except AttributeError:  # a C library older than the call
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS)) from None
    if renameat2(at_cwd, os.fsencode(one), at_cwd, os.fsencode(other), exchange_flag) != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), str(one), None, str(other))


def _days_that_name(reports: Path, erased: frozenset[str]) -> list[date]:
    """The days of a report of which a table has a row of one of these customers."""
    folders = [path for path in sorted(reports.iterdir()) if DAY.fullmatch(path.name) and not path.is_symlink()]
    return [date.fromisoformat(path.name) for path in folders if path.is_dir() and forgetting.names(path, erased)]


def _forget(out: Path, report: str, day: date, erased: frozenset[str]) -> None:
    """Let a published report change places with a copy that does not name these customers, and take it away."""
    target, work = out / report / day.isoformat(), begin(out, report, day)
    journal = _journal(work.folder)
    try:
        shutil.copytree(target, work.folder, symlinks=True, dirs_exist_ok=True)
        forgetting.forget(work.folder, erased)
        journal.touch()
        exchange(work.folder, target)
    except OSError:
        shutil.rmtree(work.folder, ignore_errors=True)
        journal.unlink(missing_ok=True)
        raise
    _remove(work.folder)
    journal.unlink()
    _tidy(work.folder.parent)


def _supersede(folder: Path, target: Path) -> None:
    """Keep a former report as the next revision of its day."""
    kept = target.parent / ".superseded"
    kept.mkdir(exist_ok=True)
    taken = [entry.name.removeprefix(f"{target.name}.") for entry in kept.glob(f"{target.name}.*")]
    number = 1 + max((int(text) for text in taken if text.isdecimal()), default=0)
    folder.rename(kept / f"{target.name}.{number}")


# Recovery: called with the lock of the report held, so that nothing seen here belongs to a run that is alive.


def _recover_report(out: Path, report: str) -> list[str]:
    room = _room(out, report)
    holder = room.with_name(f"{report}.holder")
    run_ids = _runs_left(room)
    for run_id in run_ids:
        _settle(room, run_id)
    if run_ids or holder.exists():  # else an empty folder is somebody else's
        _tidy(room)
    holder.unlink(missing_ok=True)
    return run_ids


def _runs_left(room: Path) -> list[str]:
    """The ids of the runs that left something; links, and files and folders of other names, are somebody else's."""
    if room.is_symlink() or not room.is_dir():
        return []
    names = [entry.name.partition(".") for entry in room.iterdir() if not entry.is_symlink()]
    return sorted({run_id for run_id, dot, end in names if dot + end in ENDINGS and RUN_ID.fullmatch(run_id)})


def _settle(room: Path, run_id: str) -> None:
    """Bring what one run left to where it belongs: a former report is kept, whatever was not published goes."""
    folder = room / run_id
    journal, former = _journal(folder), _former(folder)
    if journal.exists() and not (former.is_symlink() or folder.is_symlink()):
        target = room.parent.parent / room.name / run_id[:DAY_LENGTH]
        if former.exists() and not target.exists():
            former.rename(target)
        for place in (former, folder):
            if place.exists() and _run_id(place) != run_id:
                _supersede(place, target)
    for ending in ENDINGS:
        entry = room / f"{run_id}{ending}"
        if entry != journal and entry.exists() and not entry.is_symlink():
            _remove(entry)
    journal.unlink(missing_ok=True)


def _run_id(folder: Path) -> str | None:
    """The run that made a folder, as its manifest says; None where there is no readable one."""
    try:
        record = json.loads((folder / FILE_NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return record.get("run_id") if isinstance(record, dict) else None


def _remove(path: Path) -> None:
    """Take a file or folder away; out of reach first, so that an orphan of a killed run finds nothing to write to."""
    if path.is_dir() and not path.is_symlink():
        gone = path.with_name(path.name.partition(".")[0] + ".gone")
        if path != gone:
            shutil.rmtree(gone, ignore_errors=True)
            path.rename(gone)
        shutil.rmtree(gone)
    else:
        path.unlink(missing_ok=True)


def _tidy(room: Path) -> None:
    with suppress(OSError):
        room.rmdir()


# Small parts


def _room(out: Path, report: str) -> Path:
    if not REPORT_NAME.fullmatch(report):
        raise ParamsError(f"report name {report!r}: letters, digits, _ and - only, since it names a folder.")
    return out / ".work" / report


def _journal(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.journal")


def _former(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.former")


def _reports_at_work(out: Path) -> list[str]:
    work = out / ".work"
    entries = list(work.iterdir()) if work.is_dir() else []
    names = {entry.name.removesuffix(".holder") for entry in entries if entry.suffix == ".holder" or _runs_left(entry)}
    return sorted(name for name in names if REPORT_NAME.fullmatch(name))


def _acquired(held: FileLock, wait_seconds: float) -> bool:
    try:
        held.acquire(timeout=max(0.0, wait_seconds))
    except Timeout:
        return False
    return True


@contextmanager
def _if_free(path: Path) -> Iterator[bool]:
    """Hold a lock where nobody holds it; whether that is so."""
    held = FileLock(path)
    free = _acquired(held, 0)
    try:
        yield free
    finally:
        if free:
            held.release()


def _holder(path: Path) -> str:
    try:
        owner = json.loads(path.read_text(encoding="utf-8"))
        return f"process {owner['pid']} on {owner['host']} (since {owner['since']})"
    except (OSError, ValueError, KeyError, TypeError):
        return "another run"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _unfinished_index(out: Path) -> Path:
    return out / ".work" / ".index.html"


def _write_whole(path: Path, text: str, *, by: Path) -> None:
    """Write a file in one step, by way of another: readers see the former text or the new one, never a part."""
    try:
        by.write_text(text, encoding="utf-8")
        by.replace(path)
    except OSError:
        with suppress(OSError):
            by.unlink()
        raise


@contextmanager
def _machine(out: Path, *, outcome: str = "Nothing was published") -> Iterator[None]:
    """Say in one sentence what the file system refused, and in another what that means for the reports."""
    try:
        yield
    except OSError as error:
        raise RunError(_refusal(out, error, outcome)) from error


def _refusal(out: Path, error: OSError, outcome: str) -> str:
    at = f" at {error.filename}" if error.filename else ""
    if error.errno in FULL:
        return f"The disk of the folder {out} is full. {outcome}; make room and run again."
    for folder in (out, *out.parents):
        if folder.exists() and not folder.is_dir():
            return f"{folder} must be a folder for reports, but is a file. {outcome}."
    reason = (error.strerror or str(error)).lower()
    return f"The folder {out} must be one that can be written to: {reason}{at}. {outcome}."
