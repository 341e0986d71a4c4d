"""What moved between the waves of a survey: which moves are real, in a sentence, a table and a figure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from helpers.display import language as say
from helpers.display import tables
from helpers.display.figures import Drawing, canvas, empty
from helpers.display.findings import Finding
from helpers.display.survey.satisfaction import UNITS, interval_of_change, measure, records, written, written_change
from helpers.display.tables import Table
from helpers.display.theme import BLUE, INK, ORANGE, themed
from helpers.display.wording import named, vocabulary, worded
from helpers.models.survey.samples import Surveyed

CONTROLS = dict(zip(("holm", "benjamini_hochberg"), ("Holm", *vocabulary("Benjamini and Hochberg")), strict=True))
"""By whom families of tests are controlled."""


def finding(moves: pd.DataFrame, labels: Mapping[str, str], came: Surveyed, *, level: float, families: str) -> Finding:
    """The surest move into the last wave, or that there is none; `moves` as `waves.moves` gives it."""
    last = moves[moves["to_wave"] == came.latest_wave]
    if not len(last):
        return Finding("moved", worded("There is one wave only, so nothing can be said of moves."))
    real = last[last["is_real"]]
    tests = say.counted(len(last), "test")
    rule = worded("{tests} as one family ({control})", tests=tests, control=named(CONTROLS[families]))
    before = str(last["from_wave"].iloc[0])
    if not len(real):
        evidence = worded("{rule}, level {level}.", rule=rule, level=say.exact_share(level))
        claim = worded("No score has clearly moved since wave {wave}.", wave=before)
        return Finding("moved", claim, n=came.latest_count, evidence=evidence)
    row = records(real.sort_values("adjusted_p_value", kind="stable"))[0]
    statistic = row["statistic"]
    size = written_change(abs(row["difference"]), statistic).lstrip("+")
    evidence = worded(
        "{level} interval {interval}; {n} answers in the smaller wave; {scores} moved clearly, {rule}.",
        level=say.exact_share(level),
        interval=interval_of_change(row),
        n=say.number(row["n"]),
        scores=say.counted(len(real), "score"),
        rule=rule,
    )
    if statistic == "mean":
        size = worded("{number} points of the scale", number=size)
    told = {"what": _named(row, labels), "size": size, "wave": before}
    rose = worded("{what} rose by {size} since wave {wave}: the surest move.", **told)
    fell = worded("{what} fell by {size} since wave {wave}: the surest move.", **told)
    claim = rose if row["difference"] > 0 else fell
    numbers = (row["difference"], row["low"], row["high"], int(row["n"]))
    return Finding("moved", claim, *numbers, UNITS[statistic], evidence)


def _named(row: Mapping[str, Any], labels: Mapping[str, str]) -> str:
    name = say.quoted(labels.get(row["item"], row["item"]))
    return {
        "mean": worded("Marks for {name}", name=name),
        "top_2_share": worded("The share of best marks for {name}", name=name),
        "net_promoter_score": worded("The net promoter score"),
    }[row["statistic"]]


def table(moves: pd.DataFrame, labels: Mapping[str, str]) -> Table:
    """Every move with its interval and whether it is real, a row per measure and pair of waves."""
    rows = records(moves)
    shown = pd.DataFrame(
        {
            worded("question"): [labels.get(row["item"], row["item"]) for row in rows],
            worded("measure"): [measure(row["statistic"]) for row in rows],
            worded("from wave"): moves["from_wave"],
            worded("to wave"): moves["to_wave"],
            worded("move"): [written_change(row["difference"], row["statistic"]) for row in rows],
            worded("interval"): [interval_of_change(row) for row in rows],
            worded("is it real?"): [worded("yes") if row["is_real"] else worded("not clearly") for row in rows],
            worded("answers"): moves["n"],
        }
    )
    caption = worded("Moves from wave to wave")
    return tables.table(shown, caption=caption, formats={worded("answers"): say.number}, is_folded=True)


@themed
def figure(scores: pd.DataFrame, labels: Mapping[str, str]) -> Drawing:
    """The mean of each item by wave with its interval; a row of `scores` as `survey_scores.scores` gives it."""
    means = scores[(scores["group"] == "all") & scores["weighted"] & (scores["statistic"] == "mean")]
    means = means.dropna(subset=["estimate"])
    title = worded("Mean of each question by wave (point and interval)")
    if not len(means):
        return empty(title, worded("No question was answered often enough."))
    waves, items = sorted(means["wave"].unique()), list(dict.fromkeys(means["item"]))
    drawn, (axes,) = canvas(height=1.2 + 0.42 * len(items))
    lines = np.arange(len(items))[::-1]
    for offset, wave in zip(np.linspace(0.2, -0.2, len(waves)), waves, strict=True):
        of_wave = means[means["wave"] == wave].set_index("item").reindex(items)
        line = lines + offset
        is_last = wave == waves[-1]
        color = BLUE if is_last else ORANGE
        axes.hlines(line, of_wave["low"], of_wave["high"], color=color, linewidth=1.4)
        marker, size = ("o", 22) if is_last else ("s", 12)
        axes.scatter(of_wave["estimate"], line, color=color, s=size, marker=marker, zorder=3)
    axes.set_yticks(lines, [labels.get(item, item) for item in items])
    legend = worded("points; from above: waves {waves} (the last in blue, round)", waves=say.itemised(waves))
    axes.set(title=title, xlabel=legend)
    axes.tick_params(colors=INK)
    last = records(means[means["wave"] == waves[-1]])
    told = [
        worded("{name} {share}", name=labels.get(row["item"], row["item"]), share=written(row["estimate"], "mean"))
        for row in last
    ]
    return Drawing(drawn, worded("Means of wave {wave}: {parts}.", wave=waves[-1], parts=say.itemised(told)))
