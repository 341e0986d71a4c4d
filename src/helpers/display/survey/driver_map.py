"""What drives satisfaction and what to fix first: the sentence, the map of importance and performance, the table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from helpers.display import language as say
from helpers.display import tables
from helpers.display.charts import name_point
from helpers.display.figures import SHARE_AXIS, Drawing, canvas, empty
from helpers.display.findings import Finding
from helpers.display.survey.satisfaction import ends, records
from helpers.display.tables import Table
from helpers.display.theme import BLUE, FAINT, GREEN, VERMILION, themed
from helpers.display.wording import named, recast, vocabulary, worded
from helpers.models.survey.drivers import Drivers

LOOKS = {"fix": (VERMILION, "X"), "keep": (GREEN, "o"), "watch": (BLUE, "s")}
"""Colour and marker of each verdict."""
VERDICTS = vocabulary("fix", "keep", "watch")
METHODS = vocabulary("johnson", "shapley", "ordered logit")
WHY = vocabulary("Two items and {fewest} interviews with all answers are needed; found {items} and {n}.")
"""Why there are no drivers, as the model says it."""


def finding(found: Drivers, priorities: pd.DataFrame, labels: Mapping[str, str], *, level: float) -> Finding:
    """What to fix first; a row of `priorities` as `drivers.priorities` gives it, the most important first."""
    if not len(priorities):
        claim = worded("What drives satisfaction is unknown.")
        return Finding("drivers", claim, n=found.n, evidence=recast(found.why, WHY))
    to_fix = priorities[priorities["verdict"] == "fix"]
    row = records(to_fix if len(to_fix) else priorities)[0]
    name = say.quoted(labels.get(row["driver"], row["driver"]))
    share = say.share(row["importance"], digits=0)
    if len(to_fix):
        claim = worded(
            "Fix {name} first: it carries {share} of what explains satisfaction, and its marks are low.",
            name=name,
            share=share,
        )
    else:
        claim = worded(
            "Keep {name} good: it carries {share} of what explains satisfaction, most of all.", name=name, share=share
        )
    low, high = (say.share(row[end], digits=0) for end in ("low", "high"))
    interval = say.interval(low, high, level=level, is_start=True)
    if not row["is_sure"]:
        interval = worded("{interval}; that it matters more than the mean item is not sure", interval=interval)
    evidence = worded(
        "{interval}; {best} of best marks; all items explain {explained} of satisfaction; {interviews} with all "
        "answers. An association: who likes one thing may like all.",
        interval=interval,
        best=say.share(row["performance_share"]),
        explained=say.share(found.explained_share, digits=0),
        interviews=say.counted(found.n, "interview"),
    )
    return Finding("drivers", claim, row["importance"], row["low"], row["high"], found.n, "share", evidence)


@themed
def figure(priorities: pd.DataFrame, labels: Mapping[str, str]) -> Drawing:
    """The map: importance upwards with its interval, best marks to the right; the verdict by colour and marker."""
    if not len(priorities):
        return empty(worded("Importance and performance"), worded("Too few answered all items."))
    drawn, (axes,) = canvas(height=4.2)
    rows = records(priorities)
    for row in rows:
        color, marker = LOOKS[row["verdict"]]
        axes.vlines(row["performance_share"], row["low"], row["high"], color=FAINT, linewidth=1.2)
        axes.scatter(row["performance_share"], row["importance"], color=color, marker=marker, s=42, zorder=3)
        name = worded(
            "{name} ({verdict})", name=labels.get(row["driver"], row["driver"]), verdict=named(row["verdict"])
        )
        name_point(axes, (row["performance_share"], row["importance"]), name)
    axes.xaxis.set_major_formatter(SHARE_AXIS)
    axes.yaxis.set_major_formatter(SHARE_AXIS)
    axes.margins(x=0.18, y=0.12)
    axes.set(
        title=worded("Importance and performance (point and interval)"),
        xlabel=worded("customers who gave one of the best two marks"),
        ylabel=worded("share of what explains satisfaction"),
    )
    told = [
        worded(
            "{name} {verdict} ({share})",
            name=labels.get(row["driver"], row["driver"]),
            verdict=named(row["verdict"]),
            share=say.share(row["importance"]),
        )
        for row in rows
    ]
    return Drawing(drawn, worded("What to do, with importance: {parts}.", parts=say.itemised(told)))


def table(found: Drivers, labels: Mapping[str, str]) -> Table:
    """The importance of each driver by each method."""
    rows = records(found.table)
    shown = pd.DataFrame(
        {
            worded("driver"): [labels.get(row["driver"], row["driver"]) for row in rows],
            worded("method"): [named(row["method"].replace("_", " ")) for row in rows],
            worded("importance"): [_written(row, "importance") for row in rows],
            worded("interval"): [ends(_written(row, "low"), _written(row, "high")) for row in rows],
        }
    )
    caption = worded("Importance by Johnson's relative weights, exact Shapley shares, and the ordered logit (log odds)")
    return tables.table(shown, caption=caption, is_folded=True)


def _written(row: Mapping[str, Any], name: str) -> str:
    value = row[name]
    return say.number(value, digits=2) if row["method"] == "ordered_logit" else say.share(value)
