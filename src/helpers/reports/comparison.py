"""What has changed since the last report of the same name: which findings moved, and what else is not as it was."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from helpers.display import language as say
from helpers.display.wording import sentences, worded
from helpers.reports.manifest import FILE_NAME, read

Record = Mapping[str, Any]


@dataclass(frozen=True)
class Moved:
    """A finding that is clearly not what it was: its notebook and key, what is said of it today, and what it was."""

    notebook: str
    key: str
    claim: str
    was: str


@dataclass(frozen=True)
class Comparison:
    """A report against the one before it.

    Parameters
    ----------
    day
        The day of the report before.
    href
        Where it lies, as seen from this report.
    moved
        Findings whose difference is larger than their intervals allow for.
    compared_count
        How many findings have an interval in both.
    others
        What else is not as it was, a sentence each.
    """

    day: str
    href: str
    moved: tuple[Moved, ...]
    compared_count: int
    others: tuple[str, ...]

    @property
    def summary(self) -> str:
        """How many figures moved, of those that can be compared."""
        count = say.counted(self.compared_count, "figure")
        if not self.compared_count:
            return worded("No figure has an interval in both reports, so none can be compared.")
        if not self.moved:
            return worded(
                "Of {figures} with an interval in both reports none has moved by more than chance would explain.",
                figures=count,
            )
        return worded(
            "Of {figures} with an interval in both reports {moved} moved by more than chance would explain.",
            figures=count,
            moved=len(self.moved),
        )

    @property
    def told(self) -> str:
        """The summary, and what else is not as it was."""
        return sentences(self.summary, *self.others)


def last_before(folder: Path, as_of: date) -> Record | None:
    """The manifest of the latest day before `as_of` in the folder of a report; None where there is none to read."""
    days = sorted(path.parent.name for path in folder.glob(f"*/{FILE_NAME}") if path.parent.name < as_of.isoformat())
    for day in reversed(days):
        record = read(folder / day)
        if record is not None and record.get("as_of") == day:
            return record
    return None


def compare(now: Record, before: Record) -> Comparison:
    """A manifest against that of an earlier day.

    A finding has moved where its difference lies outside the interval that its two intervals make by the method of
    variance estimates recovery (Zou and Donner 2008, Statistics in Medicine 27, equation 8). That takes the two as
    independent: of figures that did not change, at most the share that their intervals leave out is said to have
    moved, and fewer where both reports hold the same customers.
    """
    earlier = {(one["notebook"], one["key"]): one for one in before["findings"]}
    pairs = [(one, earlier.get((one["notebook"], one["key"]))) for one in now["findings"]]
    known = [
        (one, was) for one, was in pairs if was and one["unit"] == was["unit"] and _is_known(one) and _is_known(was)
    ]
    moved = tuple(
        Moved(one["notebook"], one["key"], one["claim"], say.in_unit(was["value"], was["unit"]))
        for one, was in known
        if has_moved(one, was)
    )
    day = date.fromisoformat(before["as_of"])
    others = (*_parameters(now["parameters"], before["parameters"]), *_packages(now["packages"], before["packages"]))
    return Comparison(say.day(day), f"../{before['as_of']}/", moved, len(known), others)


def has_moved(now: Record, before: Record) -> bool:
    """Whether the difference of two findings that have intervals is larger than these allow for."""
    lower, upper = (before, now) if now["value"] >= before["value"] else (now, before)
    gap = upper["value"] - lower["value"]
    return bool(gap > math.hypot(upper["value"] - upper["low"], lower["high"] - lower["value"]))


def _is_known(finding: Record) -> bool:
    return all(finding[name] is not None for name in ("value", "low", "high"))


def _parameters(now: Record, before: Record) -> list[str]:
    """Parameters that were stated otherwise, but for the day."""
    names = {
        name
        for notebook in now.keys() & before.keys()
        for name in now[notebook].keys() | before[notebook].keys()
        if name != "as_of" and now[notebook].get(name) != before[notebook].get(name)
    }
    return [worded("Other parameters: {names}.", names=say.listed(sorted(names)))] if names else []


def _packages(now: Record, before: Record) -> Iterable[str]:
    names = sorted(name for name in now.keys() | before.keys() if now.get(name) != before.get(name))
    return [worded("Other versions of {names}.", names=say.listed(names))] if names else []
