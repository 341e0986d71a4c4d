"""How answers fall on their scales: diverging bars, from the worst marks on the left to the best on the right."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from helpers.display import language as say
from helpers.display import tables
from helpers.display.design import SIDES
from helpers.display.figures import SHARE_AXIS, Drawing, canvas
from helpers.display.findings import Finding
from helpers.display.tables import Table
from helpers.display.theme import INK, PAPER, themed
from helpers.display.wording import worded


def finding(unhappy: pd.DataFrame, labels: Mapping[str, str], *, wave: str, level: float) -> Finding:
    """With what most customers are unhappy; a row of `unhappy` as `survey_scores.unhappy` gives it, the most first."""
    if not len(unhappy):
        return Finding("unhappy", worded("No question was rated."))
    row: dict[str, Any] = {str(name): value for name, value in unhappy.iloc[0].items()}
    what = say.quoted(labels.get(row["item"], row["item"]))
    if not row["counts_customers"]:
        return _by_share(row, what, wave=wave, level=level)
    count = say.number(row["customer_count"])
    interval = say.interval(say.number(row["low"]), say.number(row["high"]), level=level, is_start=True)
    claim = worded(
        "About {count} customers gave one of the worst two marks for {what}, more than for anything else.",
        count=count,
        what=what,
    )
    evidence = worded(
        "{interval}; {answers} of wave {wave}, each standing for its weight in customers.",
        interval=interval,
        answers=say.counted(row["n"], "answer"),
        wave=wave,
    )
    return Finding("unhappy", claim, row["customer_count"], row["low"], row["high"], row["n"], "count", evidence)


def _by_share(row: Mapping[str, Any], what: str, *, wave: str, level: float) -> Finding:
    low, high = say.share(row["share_low"]), say.share(row["share_high"])
    claim = worded(
        "{share} gave one of the worst two marks for {what}, more than for anything else.",
        share=say.share(row["share"]),
        what=what,
    )
    interval = say.interval(low, high, level=level, is_start=True)
    answers = say.counted(row["n"], "answer")
    evidence = worded("{interval}; {answers} of wave {wave}, weighted.", interval=interval, answers=answers, wave=wave)
    return Finding("unhappy", claim, row["share"], row["share_low"], row["share_high"], row["n"], "share", evidence)


def spread(frame: pd.DataFrame, labels: Mapping[str, str]) -> Table:
    """How far customers differ, a row per question as `survey_scores.spread` gives it."""
    named = {
        "deviation": worded("standard deviation"),
        "lower_quartile": worded("a quarter at most"),
        "median": worded("half at most"),
        "median_low": worded("from"),
        "median_high": worded("to"),
        "upper_quartile": worded("three quarters at most"),
        "design_effect": worded("design effect"),
        "n": worded("answers"),
    }
    shown = pd.DataFrame({worded("question"): [labels.get(item, item) for item in frame["item"]]})
    shown = shown.assign(**{label: frame[name] for name, label in named.items()})
    formats: dict[str, Callable[..., str]] = dict.fromkeys(named.values(), say.number)
    formats |= dict.fromkeys((named["deviation"], named["design_effect"]), _two_digits)
    caption = worded(
        "How far customers differ in their marks, and by what the design multiplies the variance of a mean"
    )
    return tables.table(shown, caption=caption, formats=formats, is_folded=True)


def _two_digits(value: float) -> str:
    """A number with two decimals."""
    return say.number(value, digits=2)


@themed
def figure(shares: pd.DataFrame, labels: Mapping[str, str], *, wave: str) -> Drawing:
    """The shares of marks of each question on both sides of its middle.

    A row of `shares` is a question and a mark, as `survey_scores.answer_shares` gives it: item, points, share,
    from_middle, best_share, n.
    """
    items = list(dict.fromkeys(shares["item"]))
    drawn, (axes,) = canvas(height=1.2 + 0.34 * len(items))
    for place, item in enumerate(reversed(items)):
        of_item = shares[shares["item"] == item]
        size = of_item["share"].to_numpy()
        colors = [SIDES[at] for at in np.linspace(0, len(SIDES) - 1, len(size)).round().astype(int)]
        left = of_item["from_middle"].to_numpy()
        axes.barh([place] * len(size), size, left=left, color=colors, edgecolor=PAPER, linewidth=0.6)
    axes.axvline(0, color=INK, linewidth=0.8)
    counts = shares.drop_duplicates("item").set_index("item")["n"]
    names = [
        worded("{name} (n = {n})", name=labels.get(item, item), n=say.number(counts[item])) for item in reversed(items)
    ]
    axes.set_yticks(range(len(items)), names)
    axes.xaxis.set_major_formatter(SHARE_AXIS)
    axes.set(
        title=worded("Marks of wave {wave}, worst (brown) to best (blue)", wave=wave),
        xlabel=worded("share of answers, weighted, from the middle"),
    )
    best = shares.drop_duplicates("item").set_index("item")["best_share"]
    told = [worded("{name} {share}", name=labels.get(item, item), share=say.share(best[item])) for item in items]
    return Drawing(drawn, worded("Share of the best two marks: {parts}.", parts=say.itemised(told)))
