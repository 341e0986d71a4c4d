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
from helpers.display.survey.satisfaction import UNITS, interval_of_change, records, written, written_change
from helpers.display.tables import Table
from helpers.display.theme import BLUE, INK, ORANGE, themed
from helpers.models.survey.samples import Surveyed

CONTROLS = {"holm": "Holm", "benjamini_hochberg": "Benjamini and Hochberg"}


def finding(moves: pd.DataFrame, labels: Mapping[str, str], came: Surveyed, *, level: float, families: str) -> Finding:
    """The surest move into the last wave, or that there is none; `moves` as `waves.moves` gives it."""
    last = moves[moves["to_wave"] == came.latest_wave]
    if not len(last):
        return Finding("moved", "There is one wave only, so nothing can be said of moves.")
    real = last[last["is_real"]]
    rule = f"{say.counted(len(last), 'test')} as one family ({CONTROLS[families]})"
    before = str(last["from_wave"].iloc[0])
    if not len(real):
        evidence = f"{rule}, level {say.exact_share(level)}."
        claim = f"No score has clearly moved since wave {before}."
        return Finding("moved", claim, n=came.latest_count, evidence=evidence)
    row = records(real.sort_values("adjusted_p_value", kind="stable"))[0]
    way = "rose" if row["difference"] > 0 else "fell"
    statistic = row["statistic"]
    size = written_change(abs(row["difference"]), statistic).lstrip("+")
    others = f"{say.counted(len(real), 'score')} moved clearly"
    evidence = (
        f"{say.exact_share(level)} interval {interval_of_change(row)}; {say.number(row['n'])} answers in the smaller "
        f"wave; {others}, {rule}."
    )
    unit = " points" if statistic == "mean" else ""
    claim = f"{_named(row, labels)} {way} by {size}{unit} since wave {before}: the surest move."
    numbers = (row["difference"], row["low"], row["high"], int(row["n"]))
    return Finding("moved", claim, *numbers, UNITS[statistic], evidence)


def _named(row: Mapping[str, Any], labels: Mapping[str, str]) -> str:
    name = say.quoted(labels.get(row["item"], row["item"]))
    return {
        "mean": f"Marks for {name}",
        "top_2_share": f"The share of best marks for {name}",
        "net_promoter_score": "The net promoter score",
    }[row["statistic"]]


def table(moves: pd.DataFrame, labels: Mapping[str, str]) -> Table:
    """Every move with its interval and whether it is real, a row per measure and pair of waves."""
    rows = records(moves)
    shown = pd.DataFrame(
        {
            "question": [labels.get(row["item"], row["item"]) for row in rows],
            "measure": [row["statistic"].replace("_", " ").replace("top 2 share", "best two marks") for row in rows],
            "from": moves["from_wave"],
            "to": moves["to_wave"],
            "move": [written_change(row["difference"], row["statistic"]) for row in rows],
            "interval": [interval_of_change(row) for row in rows],
            "is it real?": ["yes" if row["is_real"] else "not clearly" for row in rows],
            "answers": moves["n"],
        }
    )
    return tables.table(shown, caption="Moves from wave to wave", formats={"answers": say.number}, is_folded=True)


@themed
def figure(scores: pd.DataFrame, labels: Mapping[str, str]) -> Drawing:
    """The mean of each item by wave with its interval; a row of `scores` as `survey_scores.scores` gives it."""
    means = scores[(scores["group"] == "all") & scores["weighted"] & (scores["statistic"] == "mean")]
    means = means.dropna(subset=["estimate"])
    title = "Mean of each question by wave (point and interval)"
    if not len(means):
        return empty(title, "No question was answered often enough.")
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
    axes.set(title=title, xlabel=f"points; from above: waves {', '.join(waves)} (the last in blue, round)")
    axes.tick_params(colors=INK)
    last = records(means[means["wave"] == waves[-1]])
    told = ", ".join(f"{labels.get(r['item'], r['item'])} {written(r['estimate'], 'mean')}" for r in last)
    return Drawing(drawn, f"Means of wave {waves[-1]}: {told}.")
