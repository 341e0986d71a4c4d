"""What is published in a folder of reports: each revision with what lists say of it, read once and then remembered."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from helpers.reports.manifest import FILE_NAME
from helpers.reports.refusal import FOLDER as REFUSED

DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
LISTED = ("title", "status", "created_at", "headline", "data_health", "notebooks", "language")
"""What lists say of a revision, as its manifest names it."""
VALUE, BEGUN = "clv_total", "clv_begun"
FIGURES = ("repeat_rate", "lapsed_share", VALUE)
"""Findings whose past the list of reports draws."""
FORMAT = 2
"""Of what is remembered: another one where `Revision.told` has something new, so that manifests are read again."""


@dataclass(frozen=True)
class Revision:
    """One published folder: of a report, for a day; `number` is 0 for the one that stands, else its revision.

    `place` is the folder as seen from `out`, the folder of all reports, with slashes. `told` is what lists say of it;
    empty where its manifest cannot be read. `stamp` tells whether the manifest is still the one that was read.
    `is_refused`: no report, but what says why the data of the day could not carry one.
    """

    report: str
    as_of: str
    number: int
    out: Path
    place: str
    told: Mapping[str, Any]
    stamp: tuple[int, int]
    is_refused: bool = False

    @property
    def folder(self) -> Path:
        """Where it lies."""
        return self.out / self.place

    @property
    def title(self) -> str:
        return str(self.told.get("title") or self.report)

    @property
    def language(self) -> str:
        return "zh" if self.told.get("language") == "zh" else "en"

    @property
    def is_standing(self) -> bool:
        """Whether it is the report of its day that readers are to read."""
        return self.number == 0 and not self.is_refused


def find(out: Path, *, known: Iterable[Revision] = ()) -> list[Revision]:
    """Every revision below a folder of reports, by report, day and number; what starts with a dot is no report.

    Manifests that are as they were in `known` are not read again.
    """
    read = {each.place: each for each in known}
    return [each for report in _folders(out) for each in _of_report(out, report, read)]


def _of_report(out: Path, report: str, read: Mapping[str, Revision]) -> Iterator[Revision]:
    for day in _folders(out / report):
        yield from _revision(out, report, day, 0, f"{report}/{day}", read)
    for name in _folders(out / report / ".superseded"):
        as_of, _, number = name.rpartition(".")
        if as_of and number.isdecimal():
            yield from _revision(out, report, as_of, int(number), f"{report}/.superseded/{name}", read)
    for day in _folders(out / report / REFUSED):
        if DAY.fullmatch(day):
            yield from _revision(out, report, day, 0, f"{report}/{REFUSED}/{day}", read, is_refused=True)


def _folders(folder: Path) -> list[str]:
    """The names of the folders in a folder, in order, but for those that start with a dot; none where it is missing."""
    try:
        with os.scandir(folder) as entries:
            return sorted(each.name for each in entries if not each.name.startswith(".") and each.is_dir())
    except OSError:
        return []


def _revision(
    out: Path,
    report: str,
    as_of: str,
    number: int,
    place: str,
    read: Mapping[str, Revision],
    *,
    is_refused: bool = False,
) -> Iterator[Revision]:
    """The revision in a place, if a manifest lies there."""
    try:
        status = Path(f"{out}/{place}/{FILE_NAME}").stat()
    except (OSError, ValueError):
        return
    stamp, former = (status.st_mtime_ns, status.st_size), read.get(place)
    if former and former.stamp == stamp:
        yield former
    else:
        yield Revision(report, as_of, number, out, place, _told(out / place), stamp, is_refused)


def _told(folder: Path) -> dict[str, Any]:
    """What lists say of a published folder; empty where its manifest cannot be read."""
    try:
        record = json.loads((folder / FILE_NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(record, dict) or not record:
        return {}
    return {name: record.get(name) for name in LISTED} | {"figures": _figures(record)}


def _figures(record: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Value and unit of each of `FIGURES`; of value also months, and whether it is margin, where the params tell.

    A value of months that had begun long before the day of the report is left out, as its page has no card of it.
    """
    findings = record.get("findings")
    stated = [each for each in findings if isinstance(each, dict)] if isinstance(findings, list) else []
    told: dict[str, dict[str, Any]] = {
        each["key"]: {"value": each["value"], "unit": str(each.get("unit") or "")}
        for each in stated
        if each.get("key") in FIGURES and isinstance(each.get("value"), int | float)
    }
    if any(each.get("key") == BEGUN for each in stated):
        told.pop(VALUE, None)
    if VALUE in told:
        told[VALUE] |= _terms(record.get("parameters"))
    return told


def _terms(parameters: object) -> dict[str, Any]:
    """What the value of customers is of, as far as the params of a manifest tell."""
    stated = parameters.get("clv") if isinstance(parameters, dict) else None
    months = stated.get("value_months") if isinstance(stated, dict) else None
    if not isinstance(stated, dict) or not isinstance(months, list) or not months or not isinstance(months[0], int):
        return {}
    return {"months": months[0], "has_margin": stated.get("margin_share") is not None}


def remembered(cache: Path, out: Path) -> list[Revision]:
    """What was found in `out` when `remember` was last called; nothing where that cannot be read, or is of old."""
    try:
        told = json.loads(cache.read_text(encoding="utf-8"))
        rows = told["found"] if told["format"] == FORMAT else []
        return [Revision(**{**row, "out": out, "stamp": tuple(row["stamp"])}) for row in rows]
    except (OSError, ValueError, TypeError, KeyError):
        return []


def remember(found: Iterable[Revision]) -> str:
    """What was found, as text to write into a file for `remembered`."""
    rows = [{**vars(each), "out": None} for each in found]
    return json.dumps({"format": FORMAT, "found": rows}, ensure_ascii=False)
