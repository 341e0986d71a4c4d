"""Which reports are old enough to go, and how they go: never a part of one, and never one that a run holds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from pathlib import Path

from helpers.reports import publishing, revisions
from helpers.reports.revisions import Revision


@dataclass(frozen=True)
class Outdated:
    """A folder that is old enough to go: of a report, for a day; `size` is in bytes."""

    report: str
    as_of: str
    folder: Path
    size: int


def outdated(out: Path, *, keep: int, names: Iterable[str] = ()) -> list[Outdated]:
    """What goes where the latest `keep` days of each report stay: older days, with what is superseded or refused there.

    Parameters
    ----------
    out
        The folder of all reports.
    keep
        How many days of each report stay, at least one.
    names
        The reports to look at; all where empty.
    """
    if not out.is_dir():
        return []
    chosen = [each for each in revisions.find(out) if each.report in set(names) or not names]
    groups = [list(group) for _, group in groupby(chosen, key=lambda each: each.report)]
    return [_sized(each) for group in groups for each in _old(group, keep)]


def _old(found: Sequence[Revision], keep: int) -> list[Revision]:
    stands = sorted({each.as_of for each in found if each.is_standing}, reverse=True)
    if len(stands) <= keep:
        return []
    return sorted((each for each in found if each.as_of < stands[keep - 1]), key=lambda each: each.as_of)


def _sized(revision: Revision) -> Outdated:
    size = sum(path.stat().st_size for path in revision.folder.rglob("*") if path.is_file() and not path.is_symlink())
    return Outdated(revision.report, revision.as_of, revision.folder, size)


def prune(out: Path, *, keep: int, names: Iterable[str] = ()) -> list[Outdated]:
    """Take away what is outdated, each report under its lock, and list the rest anew.

    Raises
    ------
    HeldError
        A run holds one of the reports; those before it, by name, are pruned.
    RunError
        The file system refused.
    """
    gone = []
    for name in sorted({each.report for each in outdated(out, keep=keep, names=names)}):
        with publishing.lock(out, name):
            old = outdated(out, keep=keep, names=[name])  # once more, now that nothing changes it
            for each in old:
                publishing.take_away(each.folder, out, name, date.fromisoformat(each.as_of))
            gone += old
    if gone:
        publishing.write_index(out)
    return gone
