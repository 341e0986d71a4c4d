"""The page that lists all published reports: one self-contained file, the same bytes for the same reports."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from itertools import groupby
from pathlib import Path
from typing import Any
from urllib.parse import quote

from helpers.reports.manifest import FILE_NAME
from helpers.reports.overview import FILE_NAME as OVERVIEW
from helpers.reports.refusal import FOLDER as REFUSED

DAY = re.compile(r"\d{4}-\d{2}-\d{2}")

STYLE = """
:root { color-scheme: light; --ink: #1f2933; --soft: #52606d; --line: #d9dee4; --blue: #00568a }
body { font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "PingFang SC", "Microsoft YaHei", sans-serif;
  color: var(--ink); max-width: 46rem; margin: 0 auto; padding: 1rem 1.25rem 3rem; overflow-wrap: anywhere }
h1 { font-size: 1.8rem; padding-bottom: .6rem; border-bottom: 3px solid var(--blue) }
h2 { font-size: 1.3rem; margin: 2rem 0 0 } h3 { font-size: 1rem; margin: 1rem 0 0 }
code, .quiet { color: var(--soft); font-size: .85rem } p { margin: .25rem 0 }
ul { margin: .25rem 0; padding-left: 1.25rem } a { color: var(--blue) }
li a { display: inline-block; padding: .35rem 0; font-weight: 600 }
section + section { border-top: 1px solid var(--line) }
summary { color: var(--soft) }
@media print { details > ul { display: block } a { color: inherit } }
"""

PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>Reports</title>
<style>{style}</style>
</head>
<body>
<main>
<h1>Reports</h1>
{body}</main>
</body>
</html>
"""


@dataclass(frozen=True)
class Revision:
    """One published folder: of a report, for a day; `number` is 0 for the one that stands, else its revision.

    `is_refused`: no report, but what says why the data of the day could not carry one.
    """

    report: str
    as_of: str
    number: int
    folder: Path
    record: dict[str, Any]
    is_refused: bool = False

    @property
    def title(self) -> str:
        return str(self.record.get("title") or self.report)


def revisions(out: Path) -> list[Revision]:
    """Every published revision below a folder of reports, by report, day and number; what starts with a dot is none."""
    reports = sorted(path for path in out.iterdir() if path.is_dir() and not path.name.startswith("."))
    return [revision for folder in reports for revision in _of_report(folder)]


def _of_report(folder: Path) -> list[Revision]:
    return [*_standing(folder), *_superseded(folder), *_refused(folder)]


def _refused(folder: Path) -> list[Revision]:
    places = [
        path.parent for path in sorted(folder.glob(f"{REFUSED}/*/{FILE_NAME}")) if DAY.fullmatch(path.parent.name)
    ]
    return [Revision(folder.name, place.name, 0, place, _record(place), is_refused=True) for place in places]


def _standing(folder: Path) -> list[Revision]:
    places = [path.parent for path in sorted(folder.glob(f"*/{FILE_NAME}")) if not path.parent.name.startswith(".")]
    return [Revision(folder.name, place.name, 0, place, _record(place)) for place in places]


def _superseded(folder: Path) -> list[Revision]:
    revisions = []
    for path in sorted(folder.glob(f".superseded/*/{FILE_NAME}")):
        as_of, _, number = path.parent.name.rpartition(".")
        if as_of and number.isdecimal():
            revisions.append(Revision(folder.name, as_of, int(number), path.parent, _record(path.parent)))
    return revisions


def page(revisions: Iterable[Revision]) -> str:
    """The page of all revisions: by the title of the report, newest day first, superseded ones beneath their day."""
    reports = {name: list(group) for name, group in groupby(_in_order(revisions), key=lambda each: each.report)}
    titles = {name: _newest(group).title for name, group in reports.items()}
    names = sorted(reports, key=lambda name: (titles[name].casefold(), name))
    body = "".join(_report(titles[name], reports[name]) for name in names) or "<p>No report is published yet.</p>\n"
    digest = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    return PAGE.format(policy=policy, style=STYLE, body=body)


def _in_order(revisions: Iterable[Revision]) -> list[Revision]:
    """By report; in it the newest day first; in a day the one that stands, then the latest superseded."""
    by_number = sorted(revisions, key=lambda each: (each.is_refused, each.number > 0, -each.number))
    by_day = sorted(by_number, key=lambda each: each.as_of, reverse=True)
    return sorted(by_day, key=lambda each: each.report)


def _newest(group: list[Revision]) -> Revision:
    return next((each for each in group if each.number == 0 and not each.is_refused), group[0])


def _report(title: str, group: list[Revision]) -> str:
    days = "".join(_day(as_of, list(each)) for as_of, each in groupby(group, key=lambda revision: revision.as_of))
    return f"<section>\n<h2>{escape(title)}</h2>\n<p><code>{escape(group[0].report)}</code></p>\n{days}</section>\n"


def _day(as_of: str, group: list[Revision]) -> str:
    stands = [each for each in group if each.number == 0 and not each.is_refused]
    former = [each for each in group if each.number > 0]
    text = f"<h3>As of {escape(as_of)}</h3>\n"
    for each in stands:
        headline = str(each.record.get("headline") or "")
        text += f"<p>{escape(headline)}</p>\n" if headline else ""
        text += f'<p class="quiet">{escape(_made(each))}</p>\n{_links(each)}'
    for each in (each for each in group if each.is_refused):
        link = _link(each, "Why it was not published", OVERVIEW)
        text += (
            f"<p>Not published. {escape(str(each.record.get('headline') or ''))}</p>\n<ul>\n<li>{link}</li>\n</ul>\n"
        )
    if former:
        inner = "".join(f"<p>Revision {each.number}, {escape(_made(each))}</p>\n{_links(each)}" for each in former)
        text += f"<details>\n<summary>Superseded revisions: {len(former)}</summary>\n{inner}</details>\n"
    return text


def _made(revision: Revision) -> str:
    record = revision.record
    if not record:
        return "its manifest cannot be read"
    status = str(record.get("status") or "published")
    return f"{status} {record.get('created_at') or 'at an unknown time'}"


def _links(revision: Revision) -> str:
    notebooks = revision.record.get("notebooks")
    stated = [each for each in notebooks if isinstance(each, dict)] if isinstance(notebooks, list) else []
    links = [
        _link(revision, str(each.get("title") or each.get("name") or ""), str(each.get("html") or ""))
        for each in stated
    ]
    if (revision.folder / OVERVIEW).is_file():
        links.insert(0, _link(revision, "Overview", OVERVIEW))
    links.append(_link(revision, "manifest", FILE_NAME))
    return "<ul>\n" + "".join(f"<li>{link}</li>\n" for link in links) + "</ul>\n"


def _link(revision: Revision, text: str, name: str) -> str:
    """A link to a file of the revision; its text alone where the manifest names no file in that folder."""
    file, folder = revision.folder / name, revision.folder.resolve()
    if not name or not file.is_file() or not file.resolve().is_relative_to(folder):
        return f'{escape(text)} <span class="quiet">(missing)</span>'
    superseded = (".superseded", f"{revision.as_of}.{revision.number}")
    stands = (REFUSED, revision.as_of) if revision.is_refused else (revision.as_of,)
    place = superseded if revision.number else stands
    address = "/".join(quote(part, safe="") for part in (revision.report, *place, *Path(name).parts))
    return f'<a href="{escape(address)}">{escape(text)}</a>'


def _record(folder: Path) -> dict[str, Any]:
    """The manifest of a published folder; empty where it cannot be read."""
    try:
        record = json.loads((folder / FILE_NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}
