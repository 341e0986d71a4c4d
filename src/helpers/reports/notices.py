"""What is said of a run to whoever waits for it: health, what to do, claims, what moved, or why there is no report.

A notice is in the language of the report. It holds claims and counts, which are of many customers each, and never a
row, a file or a value of the data.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote

from helpers.display.wording import TAGS, named, speaking, vocabulary, worded
from helpers.errors import ParamsError, RefusedError, one_line
from helpers.params import Report, Unread
from helpers.reports import next_steps
from helpers.reports.comparison import compare, last_before
from helpers.reports.finishing import Result
from helpers.reports.manifest import FILE_NAME
from helpers.reports.overview import FILE_NAME as OVERVIEW

MOST_CLAIMS = 12
MOST_STEPS = 6
STATUSES = vocabulary("published", "unchanged", "revised", "refused", "failed")
QUOTED = re.compile(r"\"[^\"\n]*\"|“[^”\n]*”|'[^'\n]*'")
"""In a message, what stands in the data: for the log, and for nobody outside."""
STYLE = "font-family:Arial,'PingFang SC','Microsoft YaHei',sans-serif;font-size:15px;line-height:1.5;color:#1f2933"
COLOURS = {"green": "#05734f", "amber": "#8f5f00", "red": "#b3261e"}


@dataclass(frozen=True)
class Notice:
    """What is said of one report after a run.

    Attributes
    ----------
    report, title, as_of
        Which report, whose customers, and the day it speaks from, as an ISO date.
    status
        published, unchanged, revised, refused or failed.
    language
        In which it is said; `status` and `health` are codes.
    health
        The light of data health; empty where there is no report.
    claims
        What the report claims, one sentence each, the first ones.
    moved
        What is clearly not as the report before it said.
    steps
        What to do, the first things.
    reason
        Why there is no report; empty where there is one.
    address
        Where its overview is found; empty where nobody said under which address the reports are.
    page
        The file of the overview; None where there is no report.
    """

    report: str
    title: str
    as_of: str
    status: str
    health: str = ""
    claims: tuple[str, ...] = ()
    moved: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()
    reason: str = ""
    address: str = ""
    page: Path | None = None
    language: str = "en"

    @property
    def subject(self) -> str:
        """One line: what it is of, and how it ended."""
        with speaking(self.language):
            told = {"title": self.title, "day": self.as_of, "status": named(self.status)}
            if self.health:
                text = worded("{title}, {day}: {status}, data health {light}", **told, light=named(self.health))
            else:
                text = worded("{title}, {day}: {status}", **told)
        return one_line(text)


def notice(result: Result, *, out: Path) -> Notice:
    """What is to be said of a report whose run has ended.

    Parameters
    ----------
    result
        How it ended.
    out
        The folder of all reports, in which the report of an earlier day is looked for.
    """
    with speaking(result.report.language):
        return replace(_notice(result, out), language=result.report.language)


def _notice(result: Result, out: Path) -> Notice:
    report, as_of = result.report, result.report.as_of.isoformat()
    if result.published is None:
        status = "refused" if isinstance(result.error, RefusedError) else "failed"
        reason = QUOTED.sub("…", str(result.error))
        return Notice(report.name, report.title, as_of, status, reason=reason)
    record = _record(result.published.path)
    before = last_before(out / report.name, report.as_of)
    base = report.publication.address
    place = "/".join(quote(part, safe="") for part in (report.name, as_of, OVERVIEW))
    return Notice(
        report.name,
        report.title,
        as_of,
        result.published.status,
        health=result.light,
        claims=tuple(_claims(record))[:MOST_CLAIMS],
        moved=tuple(_moved(record, before))[:MOST_CLAIMS],
        steps=tuple(next_steps.told(result.published.path, currency=_currency(report)))[:MOST_STEPS],
        address=f"{base.rstrip('/')}/{place}" if base else "",
        page=result.published.path / OVERVIEW,
    )


def unread_notice(unread: Unread, error: ParamsError, *, day: str) -> Notice:
    """What is to be said of a parameter file that is no report, on the day that it was to be run."""
    reason = QUOTED.sub("…", str(error))
    return Notice(unread.name, unread.title, day, "failed", reason=reason, language=unread.language)


def is_wanted(notice: Notice, when: str) -> bool:
    """Whether a notice is to be sent: `always`; at a `change` of the report, or none; at a `failure` alone."""
    if notice.status in ("failed", "refused"):
        return True
    return when == "always" or (when == "change" and notice.status != "unchanged")


def _currency(report: Report) -> str:
    return next(iter(report.params.values())).currency


def _record(folder: Path) -> dict[str, Any]:
    return dict(json.loads((folder / FILE_NAME).read_text(encoding="utf-8")))


def _claims(record: Mapping[str, Any]) -> Iterable[str]:
    """The claims of a report, the headline first, each once."""
    claims = [str(record["headline"]), *(str(each["claim"]) for each in record["findings"])]
    return dict.fromkeys(claim for claim in claims if claim)


def _moved(record: Mapping[str, Any], before: Mapping[str, Any] | None) -> Iterable[str]:
    """What is clearly not as the report before it said, each claim with what it was."""
    if before is not None:
        since = compare(record, before)
        for each in since.moved:
            yield worded("{claim} (on {day}: {value})", claim=each.claim, day=since.day, value=each.was)


def as_text(notice: Notice) -> str:
    """A notice as plain text."""
    lines = [notice.subject, ""]
    if notice.reason:
        lines += [notice.reason, ""]
    for heading, sentences in _parts(notice):
        lines += [heading, *(f"- {sentence}" for sentence in sentences), ""]
    return "\n".join([*lines, *([notice.address] if notice.address else [])]).rstrip() + "\n"


def as_markdown(notice: Notice, *, longest: int) -> str:
    """A notice as the small Markdown of 企业微信 and 钉钉, of at most so many bytes of UTF-8."""
    lines = [f"**{notice.subject}**"]
    if notice.reason:
        lines += [f"> {line}" for line in notice.reason.splitlines()]
    for heading, sentences in _parts(notice):
        lines += ["", f"**{heading}**", *(f"- {sentence}" for sentence in sentences)]
    if notice.address:
        lines += ["", f"[{notice.report} {notice.as_of}]({notice.address})"]
    return _cut("\n".join(lines), longest)


def _cut(text: str, longest: int) -> str:
    content = text.encode("utf-8")
    return text if len(content) <= longest else content[: longest - 3].decode("utf-8", errors="ignore") + "…"


def as_html(notice: Notice) -> str:
    """A notice as the HTML that mail programs show: one table, styles on the tags, nothing loaded from outside."""
    colour = COLOURS.get(notice.health, "#b3261e")
    rows = [
        f'<tr><td style="border-left:5px solid {colour};padding:4px 12px"><b>{escape(notice.subject)}</b></td></tr>'
    ]
    if notice.reason:
        rows.append(_row("<br>".join(map(escape, notice.reason.splitlines()))))
    for heading, sentences in _parts(notice):
        items = "".join(f"<li>{escape(sentence)}</li>" for sentence in sentences)
        rows.append(_row(f"<b>{escape(heading)}</b><ul>{items}</ul>"))
    if notice.address:
        rows.append(_row(f'<a href="{escape(notice.address)}">{escape(notice.report)} {escape(notice.as_of)}</a>'))
    table = f'<table role="presentation" style="{STYLE};max-width:600px" cellpadding="0" cellspacing="0">'
    head = f'<meta charset="utf-8"><title>{escape(notice.subject)}</title>'
    opened = f'<!DOCTYPE html><html lang="{TAGS[notice.language]}"><head>{head}</head><body>'
    return f"{opened}{table}{''.join(rows)}</table></body></html>\n"


def _row(markup: str) -> str:
    return f'<tr><td style="padding:8px 12px">{markup}</td></tr>'


def _parts(notice: Notice) -> list[tuple[str, tuple[str, ...]]]:
    with speaking(notice.language):
        headings = worded("What moved:"), worded("What to do:"), worded("Claims:")
    parts = zip(headings, (notice.moved, notice.steps, notice.claims), strict=True)
    return [(heading, sentences) for heading, sentences in parts if sentences]
