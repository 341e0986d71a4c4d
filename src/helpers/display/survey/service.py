"""The service desk on the page: how fast customers are answered and helped, what waits, and what a fix brought."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import pandas as pd

from helpers.display import language as say
from helpers.display import tables
from helpers.display.figures import SHARE_AXIS, Drawing, canvas, empty
from helpers.display.findings import Finding
from helpers.display.survey.satisfaction import records
from helpers.display.tables import Table
from helpers.display.theme import BLUE, INK, ORANGE, themed
from helpers.models.survey.feedback_desk import AGES_DAYS, Targets
from helpers.models.survey.fix_effect import FixEffect

WORDS = {"reply": ("get a first reply", "had their first reply"), "resolution": ("are resolved", "were resolved")}
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
    return f"{say.number(value, digits=1)} hours"


def _waited(desk: pd.DataFrame, wait: str, target: float, *, level: float) -> Finding:
    key = "first_reply" if wait == "reply" else "resolution"
    row, half = _row(desk, f"{wait}_within_target_share"), _row(desk, f"{wait}_median_hours")
    if row is None or say.is_missing(row["estimate"]):
        return Finding(key, f"How many tickets {WORDS[wait][0]} in time is unknown: too few were watched long enough.")
    claim = f"{say.share(row['estimate'])} of tickets {WORDS[wait][0]} within {target:g} hours."
    middle = ""
    if half is not None and not say.is_missing(half["estimate"]):
        middle = f"; half of them {WORDS[wait][1]} within {_hours(half['estimate'])} "
        middle += f"({say.number(half['low'], digits=1)} to {say.number(half['high'], digits=1)})"
    evidence = (
        f"{_bounds(row, level=level, is_start=True)}{middle}; {say.counted(row['n'], 'ticket')}, "
        f"{say.number(row['open_count'])} of which still wait and count as such (Kaplan-Meier); those that no longer "
        f"wait alone would say {say.share(row['closed_only'])}."
    )
    return Finding(key, claim, row["estimate"], row["low"], row["high"], int(row["n"]), "share", evidence)


def _reopened(desk: pd.DataFrame, *, level: float) -> Finding:
    row = _row(desk, "reopened_share")
    if row is None:
        return Finding("reopened", "How many tickets are opened again is unknown.")
    claim = f"{say.share(row['estimate'])} of resolved tickets had to be opened again."
    evidence = f"{_bounds(row, level=level, is_start=True)}; {say.counted(row['n'], 'resolved ticket')}."
    return Finding("reopened", claim, row["estimate"], row["low"], row["high"], int(row["n"]), "share", evidence)


def _content(desk: pd.DataFrame, *, level: float) -> Finding:
    """Who was helped in time beside who was not."""
    quick, slow = (_row(desk, "satisfied_share", "resolution", one) for one in ("within target", "later"))
    if quick is None or slow is None:
        return Finding(
            "content_after_help", "How content customers are with the service is unknown: too few gave marks."
        )
    first, second = say.share(quick["estimate"], digits=0), say.share(slow["estimate"], digits=0)
    claim = f"Of those helped in time {first} are content with the service, of the others {second}."
    evidence = (
        f"The best two marks of five. In time: {_bounds(quick, level=level)}, {say.counted(quick['n'], 'mark')}; "
        f"later: {_bounds(slow, level=level)}, {say.counted(slow['n'], 'mark')}. An association: harder cases take "
        "longer."
    )
    numbers = (quick["estimate"], quick["low"], quick["high"], int(quick["n"]))
    return Finding("content_after_help", claim, *numbers, "share", evidence)


def _waiting(desk: pd.DataFrame, *, until: date) -> Finding:
    backlog, every = desk[desk["measure"] == "backlog_count"], _row(desk, "resolution_within_target_share")
    count = int(every["open_count"]) if every is not None else int(backlog["n"].sum())
    old = backlog.loc[[one.startswith(("over", f"{LONG_DAYS} ")) for one in backlog["group"]], "n"].sum()
    # bands of few customers are not told, and then neither is their sum
    is_whole = int(backlog["n"].sum()) == count
    aged = f", {say.number(old)} of them for more than {LONG_DAYS} days" if is_whole and count else ""
    ages = "; ".join(f"{row['group']}: {say.number(row['n'])}" for row in records(backlog))
    evidence = f"A full count at the end of {say.day(until)}{': ' * bool(ages)}{ages}."
    claim = f"{say.counted(count, 'ticket is', 'tickets are')} open{aged}."
    return Finding("backlog", claim, count, n=count, unit="count", evidence=evidence)


@themed
def figure(desk: pd.DataFrame, targets: Targets) -> Drawing:
    """The share answered and resolved within target, for all tickets and each group, with intervals."""
    names = {
        "reply_within_target_share": ("first reply", BLUE, "o", targets.reply_hours),
        "resolution_within_target_share": ("resolution", ORANGE, "s", targets.resolution_hours),
    }
    told = desk[desk["measure"].isin(names) & desk["estimate"].notna()]
    if not len(told):
        return empty("Within target", "Too few tickets were watched long enough.")
    groups = list(dict.fromkeys(zip(told["group_by"], told["group"], strict=True)))
    drawn, (axes,) = canvas(height=1.4 + 0.32 * len(groups))
    counts: dict[tuple[str, str], int] = {}
    for measure, (what, color, marker, hours) in names.items():
        label = f"{what} within {hours:g} hours"
        for row in records(told[told["measure"] == measure]):
            place = groups.index((row["group_by"], row["group"]))
            at = place + (-0.12 if what == "resolution" else 0.12)
            axes.hlines(at, row["low"], row["high"], color=color, linewidth=1.6)
            axes.plot(row["estimate"], at, marker=marker, color=color, label=label if place == 0 else None)
            counts[groups[place]] = int(row["n"])
    labels = [f"{_group(by, group)} (n = {say.number(counts[by, group])})" for by, group in groups]
    axes.set_yticks(range(len(groups)), labels)
    axes.invert_yaxis()
    axes.set_xlim(0, 1)
    axes.xaxis.set_major_formatter(SHARE_AXIS)
    axes.axvline(0, color=INK, linewidth=0.5)
    axes.legend(fontsize=8, loc="best")
    axes.set(title="Tickets within target (point and interval)", xlabel="share of tickets")
    words = "; ".join(
        f"{_group(*one)} {', '.join(f'{names[m][0]} {say.share(e)}' for m, e in _of(told, one))}" for one in groups
    )
    return Drawing(drawn, f"Tickets within target: {words}.")


def _of(told: pd.DataFrame, group: tuple[str, str]) -> list[tuple[str, float]]:
    own = told[(told["group_by"] == group[0]) & (told["group"] == group[1])]
    return list(zip(own["measure"], own["estimate"], strict=True))


def _group(by: str, group: str) -> str:
    return "all tickets" if by == "all" else f"{by}: {group}"


def table(desk: pd.DataFrame) -> Table:
    """What the desk comes to by group, a row each."""
    groups = list(dict.fromkeys(zip(desk["group_by"], desk["group"], strict=True)))
    kept = [one for one in groups if one[0] != "age"]
    cells = {
        "half answered within": ("reply_median_hours", _hours),
        "answered in time": ("reply_within_target_share", say.share),
        "half resolved within": ("resolution_median_hours", _hours),
        "resolved in time": ("resolution_within_target_share", say.share),
        "opened again": ("reopened_share", say.share),
        "content": ("satisfied_share", say.share),
    }
    counts = [_row(desk, "resolution_within_target_share", *one) for one in kept]
    shown: dict[str, list[str]] = {"tickets": [_named(*one) for one in kept]}
    shown["n"] = ["–" if row is None else say.number(row["n"]) for row in counts]
    for title, (measure, write) in cells.items():
        shown[title] = [_cell(_row(desk, measure, *one), write) for one in kept]
    shown["marks"] = [_marks(_row(desk, "satisfied_share", *one)) for one in kept]
    caption = "The desk by group, with intervals; content: the best two marks of those who gave one"
    return tables.table(pd.DataFrame(shown), caption=caption, is_folded=True)


def _named(by: str, group: str) -> str:
    titles = {"reply": "first reply", "resolution": "resolved"}
    return f"{titles[by]} {group}" if by in titles else _group(by, group)


def _cell(row: Row | None, write: Any) -> str:
    if row is None or say.is_missing(row["estimate"]):
        return "–"
    low, high = (write(row[end]).removesuffix(" hours").removesuffix(f"{say.NBSP}%") for end in ("low", "high"))
    return f"{write(row['estimate'])} ({low} to {high})"


def _marks(row: Row | None) -> str:
    return "–" if row is None else say.number(row["n"])


def fix(
    found: FixEffect | None, labels: Mapping[str, str], *, category: str, question: str, fixed_on: date, level: float
) -> Finding:
    """Whether those who had a trouble are more content since it was fixed, beside those who had it not."""
    if found is None:
        claim = (
            f"Whether the fix of {say.quoted(category)} helped is unknown: too few marks of those who had the trouble."
        )
        return Finding("fix_effect", claim)
    name, size = say.quoted(labels.get(question, question)), say.number(abs(found.value), digits=2)
    way = "more" if found.value >= 0 else "less"
    if found.low <= 0 <= found.high:
        claim = (
            f"The fix of {say.quoted(category)} did not clearly help those who had the trouble more than the others."
        )
    else:
        claim = (
            f"Since the fix, who had trouble with {say.quoted(category)} gained {size} points {way} than the others."
        )
    low, high = (_signed(end) for end in (found.low, found.high))
    moved = "; ".join(_move(found.cells, group) for group in found.cells["group"].unique())
    evidence = (
        f"Difference of differences {_signed(found.value)} points of {name}, {say.interval(low, high, level=level)}; "
        f"{moved}; fixed on {say.day(fixed_on)}; {say.counted(found.n, 'answer')}. It is the fix's doing only if both "
        "would have moved alike without it."
    )
    return Finding("fix_effect", claim, found.value, found.low, found.high, found.n, "points", evidence)


def _signed(value: float) -> str:
    text = say.number(value, digits=2)
    return text if text.startswith("−") else f"+{text}"


def _move(cells: pd.DataFrame, group: str) -> str:
    before, after = (say.number(value, digits=2) for value in cells.loc[cells["group"] == group, "mean"])
    return f"who {group}: {before} before, {after} after"


def fix_table(found: FixEffect | None) -> Table:
    """The mean mark of both groups before the fix and after it."""
    rows = records(found.cells) if found is not None else []
    shown = pd.DataFrame(
        {
            "customers who": [row["group"] for row in rows],
            "when": [f"{row['period']} the fix" for row in rows],
            "mean mark": [say.number(row["mean"], digits=2) for row in rows],
            "interval": [f"{say.number(row['low'], digits=2)} to {say.number(row['high'], digits=2)}" for row in rows],
            "answers": [say.number(row["n"]) for row in rows],
        }
    )
    return tables.table(shown, caption="Marks before a fix and after it, by who had the trouble")
