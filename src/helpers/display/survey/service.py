"""The service desk on the page: how fast customers are answered and helped, what waits, and what a fix brought."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import pandas as pd

from helpers.display import language as say
from helpers.display import tables
from helpers.display.charts import key_on_top
from helpers.display.figures import SHARE_AXIS, Drawing, canvas, empty
from helpers.display.findings import Finding
from helpers.display.survey.satisfaction import ends, group, level_named, records
from helpers.display.tables import Table
from helpers.display.theme import BLUE, INK, ORANGE, themed
from helpers.display.wording import named, recast, vocabulary, worded, worded_n
from helpers.models.survey.feedback_desk import AGES_DAYS, Targets
from helpers.models.survey.fix_effect import FixEffect

AGES = vocabulary("{low} to {high} days", "over {low} days")
PRIORITIES = dict(
    zip(
        ("urgent", "high", "normal", "low"),
        vocabulary(
            "urgent tickets", "tickets of high priority", "tickets of normal priority", "tickets of low priority"
        ),
        strict=True,
    )
)
"""Bands of the age of open tickets, as the model calls them."""
LONG_DAYS = AGES_DAYS[2]
"""From which age on the page calls an open ticket old."""
Row = Mapping[str, Any]


def findings(desk: pd.DataFrame, targets: Targets, *, until: date, level: float) -> list[Finding]:
    """How fast customers are answered and helped, how content that leaves them, and what still waits.

    A row of `desk` as `feedback_desk.desk` gives it, without groups of few customers; `until` is the day until whose
    end tickets were watched.
    """
    hours = {"reply": targets.reply_hours, "resolution": targets.resolution_hours}
    waits = [_waited(desk, wait, target, level=level) for wait, target in hours.items()]
    return [*waits, _reopened(desk, level=level), _content(desk, level=level), _waiting(desk, until=until)]


def _row(desk: pd.DataFrame, measure: str, by: str = "all", group: str = "all") -> Row | None:
    found = desk[(desk["measure"] == measure) & (desk["group_by"] == by) & (desk["group"] == group)]
    return records(found)[0] if len(found) else None


def _bounds(row: Row, write: Any = say.share, *, level: float, is_start: bool = False) -> str:
    return say.interval(write(row["low"]), write(row["high"]), level=level, is_start=is_start)


def _hours(value: float) -> str:
    return worded("{number} hours", number=say.number(value, digits=1))


def _waited(desk: pd.DataFrame, wait: str, target: float, *, level: float) -> Finding:
    key = "first_reply" if wait == "reply" else "resolution"
    row, half = _row(desk, f"{wait}_within_target_share"), _row(desk, f"{wait}_median_hours")
    if row is None or say.is_missing(row["estimate"]):
        replied = worded("How many tickets get a first reply in time is unknown: too few were watched long enough.")
        resolved = worded("How many tickets are resolved in time is unknown: too few were watched long enough.")
        return Finding(key, replied if wait == "reply" else resolved)
    told = {"share": say.share(row["estimate"]), "hours": f"{target:g}"}
    replied = worded("{share} of tickets get a first reply within {hours} hours.", **told)
    resolved = worded("{share} of tickets are resolved within {hours} hours.", **told)
    evidence = worded(
        "{times}; {tickets}, {open} of which still wait and count as such (Kaplan-Meier); those that no longer wait "
        "alone would say {closed}.",
        times=_times(row, half, wait, level=level),
        tickets=say.counted(row["n"], "ticket"),
        open=say.number(row["open_count"]),
        closed=say.share(row["closed_only"]),
    )
    claim = replied if wait == "reply" else resolved
    return Finding(key, claim, row["estimate"], row["low"], row["high"], int(row["n"]), "share", evidence)


def _times(row: Row, half: Row | None, wait: str, *, level: float) -> str:
    """The interval of the share within target, and within how many hours half were helped, where that is known."""
    interval = _bounds(row, level=level, is_start=True)
    if half is None or say.is_missing(half["estimate"]):
        return interval
    told = {
        "interval": interval,
        "hours": _hours(half["estimate"]),
        "range": ends(*(say.number(half[end], digits=1) for end in ("low", "high"))),
    }
    replied = worded("{interval}; half of them had their first reply within {hours} ({range})", **told)
    resolved = worded("{interval}; half of them were resolved within {hours} ({range})", **told)
    return replied if wait == "reply" else resolved


def _reopened(desk: pd.DataFrame, *, level: float) -> Finding:
    row = _row(desk, "reopened_share")
    if row is None:
        return Finding("reopened", worded("How many tickets are opened again is unknown."))
    claim = worded("{share} of resolved tickets had to be opened again.", share=say.share(row["estimate"]))
    evidence = worded(
        "{interval}; {tickets}.",
        interval=_bounds(row, level=level, is_start=True),
        tickets=say.counted(row["n"], "resolved ticket"),
    )
    return Finding("reopened", claim, row["estimate"], row["low"], row["high"], int(row["n"]), "share", evidence)


def _content(desk: pd.DataFrame, *, level: float) -> Finding:
    """Who was helped in time beside who was not."""
    quick, slow = (_row(desk, "satisfied_share", "resolution", one) for one in ("within target", "later"))
    if quick is None or slow is None:
        unknown = worded("How content customers are with the service is unknown: too few gave marks.")
        return Finding("content_after_help", unknown)
    claim = worded(
        "Of those helped in time {quick} are content with the service, of the others {slow}.",
        quick=say.share(quick["estimate"], digits=0),
        slow=say.share(slow["estimate"], digits=0),
    )
    evidence = worded(
        "The best two marks of five. In time: {quick}, {quick_marks}; later: {slow}, {slow_marks}. An association: "
        "harder cases take longer.",
        quick=_bounds(quick, level=level),
        quick_marks=say.counted(quick["n"], "mark"),
        slow=_bounds(slow, level=level),
        slow_marks=say.counted(slow["n"], "mark"),
    )
    numbers = (quick["estimate"], quick["low"], quick["high"], int(quick["n"]))
    return Finding("content_after_help", claim, *numbers, "share", evidence)


def _waiting(desk: pd.DataFrame, *, until: date) -> Finding:
    backlog, every = desk[desk["measure"] == "backlog_count"], _row(desk, "resolution_within_target_share")
    count = int(every["open_count"]) if every is not None else int(backlog["n"].sum())
    old = backlog.loc[[one.startswith(("over", f"{LONG_DAYS} ")) for one in backlog["group"]], "n"].sum()
    # bands of few customers are not told, and then neither is their sum
    is_whole = int(backlog["n"].sum()) == count
    claim = worded_n(count, "{count} ticket is open.", "{count} tickets are open.", count=say.number(count))
    if is_whole and count:
        claim = worded_n(
            count,
            "{count} ticket is open, {old} of them for more than {days} days.",
            "{count} tickets are open, {old} of them for more than {days} days.",
            count=say.number(count),
            old=say.number(old),
            days=LONG_DAYS,
        )
    ages = [
        worded("{group}: {count}", group=recast(row["group"], AGES), count=say.number(row["n"]))
        for row in records(backlog)
    ]
    evidence = worded("A full count at the end of {day}.", day=say.day(until))
    if ages:
        evidence = worded("A full count at the end of {day}: {ages}.", day=say.day(until), ages=say.lined_up(ages))
    return Finding("backlog", claim, count, n=count, unit="count", evidence=evidence)


@themed
def figure(desk: pd.DataFrame, targets: Targets) -> Drawing:
    """The share answered and resolved within target, for all tickets and each group, with intervals."""
    names = {
        "reply_within_target_share": (worded("first reply"), BLUE, "o", targets.reply_hours, 0.12),
        "resolution_within_target_share": (worded("resolution"), ORANGE, "s", targets.resolution_hours, -0.12),
    }
    told = desk[desk["measure"].isin(names) & desk["estimate"].notna()]
    if not len(told):
        return empty(worded("Within target"), worded("Too few tickets were watched long enough."))
    groups = list(dict.fromkeys(zip(told["group_by"], told["group"], strict=True)))
    drawn, (axes,) = canvas(height=1.4 + 0.32 * len(groups))
    counts: dict[tuple[str, str], int] = {}
    for measure, (what, color, marker, hours, offset) in names.items():
        label = worded("{what} within {hours} hours", what=what, hours=f"{hours:g}")
        for row in records(told[told["measure"] == measure]):
            place = groups.index((row["group_by"], row["group"]))
            at = place + offset
            axes.hlines(at, row["low"], row["high"], color=color, linewidth=1.6)
            axes.plot(row["estimate"], at, marker=marker, color=color, label=label if place == 0 else None)
            counts[groups[place]] = int(row["n"])
    labels = [worded("{name} (n = {n})", name=_group(*one), n=say.number(counts[one])) for one in groups]
    axes.set_yticks(range(len(groups)), labels)
    axes.invert_yaxis()
    axes.set_xlim(0, 1)
    axes.xaxis.set_major_formatter(SHARE_AXIS)
    axes.axvline(0, color=INK, linewidth=0.5)
    axes.set(title=worded("Tickets within target (point and interval)"), xlabel=worded("share of tickets"))
    key_on_top(axes)
    words = [
        worded(
            "{group} {parts}",
            group=_group(*one),
            parts=say.itemised(
                [
                    worded("{name} {share}", name=names[name][0], share=say.share(value))
                    for name, value in _of(told, one)
                ]
            ),
        )
        for one in groups
    ]
    return Drawing(drawn, worded("Tickets within target: {parts}.", parts=say.lined_up(words)))


def _of(told: pd.DataFrame, group: tuple[str, str]) -> list[tuple[str, float]]:
    own = told[(told["group_by"] == group[0]) & (told["group"] == group[1])]
    return list(zip(own["measure"], own["estimate"], strict=True))


def _group(by: str, name: str) -> str:
    if by == "category":
        return worded("tickets on {category}", category=level_named(name))
    if by == "priority" and name in PRIORITIES:
        return named(PRIORITIES[name])
    return worded("all tickets") if by == "all" else group(by, name)


def table(desk: pd.DataFrame) -> Table:
    """What the desk comes to by group, a row each."""
    groups = list(dict.fromkeys(zip(desk["group_by"], desk["group"], strict=True)))
    kept = [one for one in groups if one[0] != "age"]
    cells = {
        worded("half answered within"): ("reply_median_hours", _hours),
        worded("answered in time"): ("reply_within_target_share", say.share),
        worded("half resolved within"): ("resolution_median_hours", _hours),
        worded("resolved in time"): ("resolution_within_target_share", say.share),
        worded("opened again"): ("reopened_share", say.share),
        worded("content"): ("satisfied_share", say.share),
    }
    counts = [_row(desk, "resolution_within_target_share", *one) for one in kept]
    shown: dict[str, list[str]] = {worded("tickets"): [_named(*one) for one in kept]}
    shown["n"] = ["–" if row is None else say.number(row["n"]) for row in counts]
    for title, (measure, write) in cells.items():
        shown[title] = [_cell(_row(desk, measure, *one), write) for one in kept]
    shown[worded("marks")] = [_marks(_row(desk, "satisfied_share", *one)) for one in kept]
    caption = worded("The desk by group, with intervals; content: the best two marks of those who gave one")
    return tables.table(pd.DataFrame(shown), caption=caption, is_folded=True)


HELPED = vocabulary("within target", "later")
"""How soon a customer was helped, as the model calls it."""


def _named(by: str, name: str) -> str:
    if by == "reply":
        return worded("first reply {when}", when=named(name))
    return worded("resolved {when}", when=named(name)) if by == "resolution" else _group(by, name)


def _cell(row: Row | None, write: Any) -> str:
    if row is None or say.is_missing(row["estimate"]):
        return "–"
    scale = 1 if write is _hours else 100
    low, high = (say.number(scale * row[end], digits=1) for end in ("low", "high"))
    return worded("{value} ({interval})", value=write(row["estimate"]), interval=ends(low, high))


def _marks(row: Row | None) -> str:
    return "–" if row is None else say.number(row["n"])


def fix(
    found: FixEffect | None, labels: Mapping[str, str], *, category: str, question: str, fixed_on: date, level: float
) -> Finding:
    """Whether those who had a trouble are more content since it was fixed, beside those who had it not."""
    trouble = say.quoted(level_named(category))
    if found is None:
        unknown = worded(
            "Whether the fix of {trouble} helped is unknown: too few marks of those who had the trouble.",
            trouble=trouble,
        )
        return Finding("fix_effect", unknown)
    name, size = say.quoted(labels.get(question, question)), say.number(abs(found.value), digits=2)
    if found.low <= 0 <= found.high:
        claim = worded(
            "The fix of {trouble} did not clearly help those who had the trouble more than the others.", trouble=trouble
        )
    else:
        told = {"trouble": trouble, "size": size}
        more = worded(
            "Since the fix, who had trouble with {trouble} gained {size} points more than the others.", **told
        )
        less = worded(
            "Since the fix, who had trouble with {trouble} gained {size} points less than the others.", **told
        )
        claim = more if found.value >= 0 else less
    low, high = (_signed(end) for end in (found.low, found.high))
    evidence = worded(
        "Difference of differences {size} points of {question}, {interval}; {moves}; fixed on {day}; {answers}. It is "
        "the fix's doing only if both would have moved alike without it.",
        size=_signed(found.value),
        question=name,
        interval=say.interval(low, high, level=level),
        moves=say.lined_up([_move(found.cells, one) for one in found.cells["group"].unique()]),
        day=say.day(fixed_on),
        answers=say.counted(found.n, "answer"),
    )
    return Finding("fix_effect", claim, found.value, found.low, found.high, found.n, "points", evidence)


def _signed(value: float) -> str:
    text = say.number(value, digits=2)
    return text if text.startswith("−") else f"+{text}"


TROUBLED = vocabulary("had the trouble", "had it not")
"""The two groups of a fix, as the model calls them."""
PERIODS = dict(zip(("before", "after"), vocabulary("before the fix", "after the fix"), strict=True))


def _move(cells: pd.DataFrame, who: str) -> str:
    before, after = (say.number(value, digits=2) for value in cells.loc[cells["group"] == who, "mean"])
    return worded("who {group}: {before} before, {after} after", group=named(who), before=before, after=after)


def fix_table(found: FixEffect | None) -> Table:
    """The mean mark of both groups before the fix and after it."""
    rows = records(found.cells) if found is not None else []
    shown = pd.DataFrame(
        {
            worded("customers who"): [named(row["group"]) for row in rows],
            worded("when"): [named(PERIODS[row["period"]]) for row in rows],
            worded("mean mark"): [say.number(row["mean"], digits=2) for row in rows],
            worded("interval"): [ends(*(say.number(row[end], digits=2) for end in ("low", "high"))) for row in rows],
            worded("answers"): [say.number(row["n"]) for row in rows],
        }
    )
    return tables.table(shown, caption=worded("Marks before a fix and after it, by who had the trouble"))
