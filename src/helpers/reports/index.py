"""The pages that list published reports: one of the latest of each, and one for each with all its days."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import groupby
from typing import Any
from urllib.parse import quote

from helpers.display import language as say
from helpers.display.cards import Card, Cards
from helpers.display.wording import TAGS, named, speaking, vocabulary, worded
from helpers.reports.manifest import FILE_NAME
from helpers.reports.overview import FILE_NAME as OVERVIEW
from helpers.reports.overview import rendered
from helpers.reports.prose import short_name
from helpers.reports.refusal import FOLDER as REFUSED
from helpers.reports.revisions import FIGURES, Revision

LABELS = dict(
    zip(
        FIGURES,
        vocabulary("Customers who came back", "Customers who lapsed", "Value of today's customers"),
        strict=True,
    )
)
"""What the figures of a report are called that are drawn over its days."""
MOST_DRAWN = 24
"""Days of a report whose figures are drawn, the latest ones."""


def by_report(found: Iterable[Revision]) -> dict[str, list[Revision]]:
    """The revisions of each report, by its name: the newest day first, in it the one that stands first."""
    by_number = sorted(found, key=lambda each: (each.is_refused, each.number > 0, -each.number))
    by_day = sorted(by_number, key=lambda each: each.as_of, reverse=True)
    by_name = sorted(by_day, key=lambda each: each.report)
    return {name: list(group) for name, group in groupby(by_name, key=lambda each: each.report)}


def latest_of_each(reports: Mapping[str, Sequence[Revision]]) -> str:
    """The page of all reports, by title: of each the latest one, its figures over its days, and a link to them all.

    What is said of a report is in its language, and so is the page where all reports have the same; else it is English.
    """
    told = [_entry(name, group) for name, group in reports.items()]
    languages = {_newest(group).language for group in reports.values()}
    ordered = sorted(told, key=lambda each: (each["title"].casefold(), each["name"]))
    with speaking(languages.pop() if len(languages) == 1 else "en"):
        return rendered("reports.html.j2", reports=ordered)


def history(revisions: Sequence[Revision]) -> str:
    """The page of one report: all its days, the newest first, with what was superseded and why a day was refused."""
    days = groupby(revisions, key=lambda each: each.as_of)
    name, newest = revisions[0].report, _newest(revisions)
    with speaking(newest.language):
        told = [{"day": _in_words(as_of), **_day(list(group))} for as_of, group in days]
        return rendered("history.html.j2", title=newest.title, name=name, days=told)


def _newest(revisions: Sequence[Revision]) -> Revision:
    return next((each for each in revisions if each.is_standing), revisions[0])


def _entry(name: str, revisions: Sequence[Revision]) -> dict[str, Any]:
    newest, stands = _newest(revisions), [each for each in revisions if each.is_standing]
    later = [each for each in revisions if each.is_refused and each.as_of > newest.as_of]
    with speaking(newest.language):
        return {
            "name": name,
            "title": newest.title,
            "language": TAGS[newest.language],
            "newest": _told(newest, here=f"{quote(name, safe='')}/"),
            "refused": [_told(each, here=f"{quote(name, safe='')}/") for each in later[:1]],
            "history": f"{quote(name, safe='')}/{OVERVIEW}",
            "count": say.counted(len(stands), "report"),
            "cards": _cards(stands[:MOST_DRAWN][::-1]),
        }


def _day(revisions: Sequence[Revision]) -> dict[str, Any]:
    return {
        "stands": [_told(each) for each in revisions if each.is_standing],
        "refused": [_told(each) for each in revisions if each.is_refused],
        "former": [_told(each) for each in revisions if each.number > 0],
    }


def _told(revision: Revision, *, here: str = "") -> dict[str, Any]:
    """What a page says of a revision; links are seen from the folder of its report, or from `here` and there."""
    told = revision.told
    notebooks = told.get("notebooks")
    stated = [each for each in notebooks if isinstance(each, dict)] if isinstance(notebooks, list) else []
    pages = [(_name(each), str(each.get("html") or "")) for each in stated]
    if (revision.folder / OVERVIEW).is_file():
        pages.insert(0, (worded("Why it was not published") if revision.is_refused else worded("Overview"), OVERVIEW))
    pages.append((worded("manifest"), FILE_NAME))
    light = told.get("data_health")
    return {
        "day": _in_words(revision.as_of),
        "number": revision.number,
        "headline": str(told.get("headline") or ""),
        "light": light if light in ("green", "amber", "red") else "",
        "made": _made(told) if told else worded("its manifest cannot be read"),
        "links": [{"text": text, "href": _href(revision, file, here)} for text, file in pages],
    }


def _made(told: Mapping[str, Any]) -> str:
    status = named(str(told.get("status") or STATUSES[0]))
    if not told.get("created_at"):
        return worded("{status} at an unknown time", status=status)
    return worded("{status} {time}", status=status, time=_in_words(str(told["created_at"])))


def _name(notebook: Mapping[str, Any]) -> str:
    """What a page is called: by its notebook, or by its title where that has no name."""
    return short_name(str(notebook["name"])) if notebook.get("name") else str(notebook.get("title") or "")


def _in_words(written: str) -> str:
    """A day or a time as manifests write it, in words; any other text as it stands."""
    try:
        time = datetime.fromisoformat(written)
    except ValueError:
        return written
    day = say.day(time.date())
    return worded("{day}, {time} UTC", day=day, time=f"{time.astimezone(UTC):%H:%M}") if time.tzinfo else day


STATUSES = vocabulary("published", "refused")


def _href(revision: Revision, name: str, here: str) -> str:
    """The address of a file of the revision; empty where the manifest names no file in that folder."""
    file, folder = revision.folder / name, revision.folder.resolve()
    if not name or not file.is_file() or not file.resolve().is_relative_to(folder):
        return ""
    stands = (REFUSED, revision.as_of) if revision.is_refused else (revision.as_of,)
    place = (".superseded", f"{revision.as_of}.{revision.number}") if revision.number else stands
    return here + "/".join(quote(part, safe="") for part in (*place, name))


def _cards(days: Sequence[Revision]) -> str:
    """The figures of a report over its days, the latest last, as markup in which nothing of a text can run.

    A figure that the latest day does not have is not shown: one of an earlier day would pass for its.
    """
    cards, told = [], [each.told.get("figures") or {} for each in days]
    for key in LABELS:
        past = [figures[key] for figures in told if key in figures]
        if told and key in told[-1]:
            latest = past[-1]
            alike = tuple(float(each["value"]) for each in past if _kind(each) == _kind(latest))
            cards.append(Card(_label(key, latest), say.in_unit(latest["value"], latest["unit"]), past=alike))
    return Cards(tuple(cards)).bundles()[0][0]["text/html"] if cards else ""


def _label(key: str, figure: Mapping[str, Any]) -> str:
    if "months" in figure:
        return say.value_ahead(figure["months"], has_margin=figure["has_margin"])
    return named(LABELS[key])


def _kind(figure: Mapping[str, Any]) -> tuple[object, ...]:
    """What must be the same of two figures that are drawn side by side."""
    return tuple(figure.get(name) for name in ("unit", "months", "has_margin"))
