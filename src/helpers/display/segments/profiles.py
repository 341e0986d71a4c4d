"""Who the customers of a segment are: what sets them apart, what is hidden, how value is spread."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from helpers.display import language as say
from helpers.display.figures import Drawing, canvas, empty
from helpers.display.findings import Finding
from helpers.display.lines import cut
from helpers.display.segments.naming import in_words
from helpers.display.theme import BLUE, INK, ORANGE, themed
from helpers.display.wording import column_named, named, vocabulary, worded
from helpers.models.segments.profiles import HiddenCells
from helpers.schemes.scheme import Scheme

(DEVIATIONS,) = vocabulary("Where segments differ most from all customers")
ATTRIBUTES = vocabulary(
    "region", "acquisition_channel", "channel", "age_band", "gender", "category", "store", "income_band"
)
"""Columns that segments are often profiled by."""
NAME_LETTERS = 26
"""Most letters of a segment's name beside the axis."""
LIFT_TICKS = (
    (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20),
    (0.35, 0.5, 0.7, 1, 1.5, 2, 3),
    (0.7, 0.8, 0.9, 1, 1.1, 1.25, 1.5),
)
"""Of the axis of lifts: the first of these of which at least so many lie between its ends."""
FEWEST_TICKS = 4
FARTHEST = (0.05, 20.0)
"""Lifts at which the axis of the deviations ends: an interval down to nothing has no end on a logarithmic one."""


def strongest(profiles: pd.DataFrame, rows: pd.DataFrame, *, level: float, scheme: Scheme | None = None) -> Finding:
    """What sets a segment apart most; `rows` are the strongest cells of `profiles`, the surest first."""
    compared, key = int(profiles["lift"].notna().sum()), "strongest_profile"
    if not compared:
        no_column = worded(
            "Segments cannot be compared with all customers: no attribute with two levels was delivered."
        )
        no_cell = worded("Segments cannot be compared with all customers: no cell that may be shown has a base.")
        return Finding(key, no_column if profiles.empty else no_cell, n=0)
    if rows.empty:
        evidence = worded(
            "None of {comparisons} has an interval that leaves out a lift of 1.",
            comparisons=say.counted(compared, "comparison"),
        )
        alike = worded("No segment stands apart from all customers.")
        return Finding(key, alike, n=compared, evidence=evidence)
    first = in_words(rows, scheme, columns=["segment"]).to_dict("records")[0]
    value, low, high = (float(first[column]) for column in ("lift", "low", "high"))
    return Finding(key, _claim(first), value, low, high, int(first["known_count"]), "ratio", _evidence(first, level))


def _claim(row: Any) -> str:
    said = {
        "share": say.share(row["customer_share"]),
        "segment": say.quoted(row["segment"]),
        "trait": _trait(row),
        "base": say.share(row["base_share"]),
    }
    of_customers = worded("{share} of {segment} have {trait}, against {base} of all.", **said)
    of_orders = worded("{share} of the orders of {segment} have {trait}, against {base} of all.", **said)
    return of_orders if row["is_divided"] else of_customers


def _evidence(row: Any, level: float) -> str:
    """How many times as common, allowing for chance, and of how many customers it is known."""
    low, high = (say.number(row[name], digits=2) for name in ("low", "high"))
    customers = say.counted(int(row["known_count"]), "customer")
    if int(row["segment_count"]) > int(row["known_count"]):
        customers = worded("{customers} of whom it is known", customers=customers)
    said = {
        "lift": say.number(row["lift"], digits=2),
        "interval": say.interval(low, high, level=level),
        "customers": customers,
    }
    plain = worded(
        "Allowing for chance {lift} times the base ({interval}), the most of any segment; {customers}.", **said
    )
    divided = worded(
        "Allowing for chance {lift} times the base ({interval}), the most of any segment; {customers}, each counting "
        "the same.",
        **said,
    )
    return divided if row["is_divided"] else plain


def hidden(cells: HiddenCells, *, smallest_cell: int) -> Finding:
    """How many cells are not shown, and why."""
    if not cells.cell_count:
        return Finding("hidden_cells", worded("There is no profile, so no cell to hide."), n=0)
    if not cells.hidden_count:
        claim = worded("No cell is hidden: each that is not empty has {count} customers or more.", count=smallest_cell)
        return Finding("hidden_cells", claim, 0.0, n=cells.cell_count, unit="share")
    claim = worded(
        "{count} of {cells} are hidden, to protect people.",
        count=say.number(cells.hidden_count),
        cells=say.counted(cells.cell_count, "cell"),
    )
    evidence = worded(
        "Those of fewer than {count} customers, and as many others as it takes so that no total gives one away.",
        count=smallest_cell,
    )
    return Finding("hidden_cells", claim, cells.hidden_share, n=cells.cell_count, unit="share", evidence=evidence)


def concentration(frame: pd.DataFrame, *, top_share: float, level: float, scheme: Scheme | None = None) -> Finding:
    """In which segment value hangs on fewest; one row of `frame` is a segment, as in `models.segments.profiles`."""
    key, known = "segment_top_share", frame[frame["top_amount_share"].notna()]
    if known.empty:
        return Finding(key, worded("No segment has customers and value enough to say how it is spread."), n=0)
    known = in_words(known, scheme, columns=["segment"])
    ranked = known.sort_values("top_amount_share", ascending=False, kind="stable").to_dict("records")
    most, least = ranked[0], ranked[-1]
    claim = worded(
        "In {segment} the best {top_share} of customers bring {share} of its value.",
        segment=say.quoted(most["segment"]),
        top_share=say.exact_share(top_share),
        share=say.share(most["top_amount_share"]),
    )
    sure = say.interval(say.share(most["low"]), say.share(most["high"]), level=level, is_start=True)
    parts = [sure, say.counted(int(most["customer_count"]), "customer")]
    if len(known) > 1:
        parts.append(worded("the most of {segments}", segments=say.counted(len(known), "segment")))
        share, segment = say.share(least["top_amount_share"]), say.quoted(least["segment"])
        parts.append(worded("the least is {share} in {segment}", share=share, segment=segment))
    value, low, high = (float(most[column]) for column in ("top_amount_share", "low", "high"))
    evidence = worded("{parts}.", parts=say.lined_up(parts))
    return Finding(key, claim, value, low, high, int(most["customer_count"]), "share", evidence)


@themed
def deviations(rows: pd.DataFrame, *, scheme: Scheme | None = None) -> Drawing:
    """The strongest cells as points with intervals; a row is as `models.segments.profiles.strongest` gives it."""
    if rows.empty:
        return empty(named(DEVIATIONS), worded("No interval leaves out a lift of 1."))
    rows = in_words(rows, scheme, columns=["segment"])
    figure, (axes,) = canvas(height=1.2 + 0.42 * len(rows))
    place = np.arange(len(rows))[::-1]
    for at, row in zip(place, rows.to_dict("records"), strict=True):
        is_more = row["lift"] > 1
        colour, marker = (ORANGE, ">") if is_more else (BLUE, "<")
        axes.hlines(at, row["low"], row["high"], color=colour, linewidth=2)
        axes.plot(row["lift"], at, color=colour, marker=marker, markersize=7)
    axes.axvline(1, color=INK, linewidth=0.8)
    axes.set_xscale("log", base=2)
    low, high = min(float(rows["low"].min()), 0.9), max(float(rows["high"].max()), 1.1)
    ladders = [[tick for tick in ticks if low <= tick <= high] for ticks in LIFT_TICKS]
    ticks = next((ticks for ticks in ladders if len(ticks) >= FEWEST_TICKS), ladders[-1])
    axes.set_xticks(ticks, [f"{tick:g}×" for tick in ticks])
    axes.minorticks_off()
    axes.set_xlim(max(low, FARTHEST[0]) / 1.05, min(high, FARTHEST[1]) * 1.05)
    labels = [
        worded("{title} (n = {n})", title=cut(row["segment"], letters=NAME_LETTERS), n=say.number(row["known_count"]))
        + f"\n{_trait(row, 16)}"
        for row in rows.to_dict("records")
    ]
    axes.set_yticks(place, labels)
    axes.set_ylim(-0.6, len(rows) - 0.4)
    axes.grid(visible=False, axis="y")
    axes.set_title(worded("{title} (point and interval)", title=named(DEVIATIONS)))
    axes.set_xlabel(worded("times as common as among all customers, shrunk"))
    parts = [_place(row) for row in rows.to_dict("records")]
    alt = worded("{title}: {parts}.", title=named(DEVIATIONS), parts=say.lined_up(parts))
    return Drawing(figure, alt)


def _place(row: Any) -> str:
    """A cell in words: what, in which segment, how many times as common."""
    lift, low, high = (say.number(row[name], digits=2) for name in ("lift", "low", "high"))
    return worded(
        "{trait} in {segment} {lift} times ({low} to {high})",
        trait=_trait(row),
        segment=row["segment"],
        lift=lift,
        low=low,
        high=high,
    )


def _trait(row: Any, length: int | None = None) -> str:
    level = row["level"] if length is None else cut(row["level"], letters=length)
    return worded("{attribute} {level}", attribute=_word(row["attribute"]), level=say.quoted(level))


def _word(attribute: str) -> str:
    return column_named(attribute)
