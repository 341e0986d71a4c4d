"""Who the customers of a segment are: what sets them apart, what is hidden, how value is spread."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from helpers.display import language as say
from helpers.display.figures import Drawing, canvas, empty
from helpers.display.findings import Finding
from helpers.display.theme import BLUE, INK, ORANGE, themed
from helpers.models.segments.profiles import HiddenCells

DEVIATIONS = "Where segments differ most from all customers"
FARTHEST = (0.05, 20.0)
"""Lifts at which the axis of the deviations ends: an interval down to nothing has no end on a logarithmic one."""


def strongest(profiles: pd.DataFrame, rows: pd.DataFrame, *, level: float) -> Finding:
    """What sets a segment apart most; `rows` are the strongest cells of `profiles`, the surest first."""
    compared = int(profiles["lift"].notna().sum())
    if not compared:
        why = "no attribute with two levels was delivered" if profiles.empty else "no cell that may be shown has a base"
        return Finding("strongest_profile", f"Segments cannot be compared with the base: {why}.", n=0)
    if rows.empty:
        evidence = f"None of {say.counted(compared, 'comparison')} has an interval that leaves out a lift of 1."
        return Finding(
            "strongest_profile", "No segment stands apart from all customers.", n=compared, evidence=evidence
        )
    first = rows.to_dict("records")[0]
    ratio = say.interval(say.number(first["low"], digits=2), say.number(first["high"], digits=2), level=level)
    share, base, segment = (
        say.share(first["customer_share"]),
        say.share(first["base_share"]),
        say.quoted(first["segment"]),
    )
    customers = say.counted(int(first["known_count"]), "customer")
    unknown = int(first["segment_count"]) - int(first["known_count"])
    of_whom = " of whom it is known" if unknown else ""
    each = ", each counting the same" if first["is_divided"] else ""
    orders = "the orders of " if first["is_divided"] else ""
    claim = f"{share} of {orders}{segment} have {_trait(first)}, against {base} of all."
    evidence = (
        f"Allowing for chance {say.number(first['lift'], digits=2)} times the base ({ratio}), the most of any segment; "
        f"{customers}{of_whom}{each}."
    )
    value, low, high = (float(first[column]) for column in ("lift", "low", "high"))
    return Finding("strongest_profile", claim, value, low, high, int(first["known_count"]), "ratio", evidence)


def hidden(cells: HiddenCells, *, smallest_cell: int) -> Finding:
    """How many cells are not shown, and why."""
    if not cells.cell_count:
        return Finding("hidden_cells", "There is no profile, so no cell to hide.", n=0)
    if not cells.hidden_count:
        why = f"each that is not empty has {smallest_cell} customers or more"
        return Finding("hidden_cells", f"No cell is hidden: {why}.", 0.0, n=cells.cell_count, unit="share")
    claim = (
        f"{say.number(cells.hidden_count)} of {say.counted(cells.cell_count, 'cell')} are hidden, to protect people."
    )
    evidence = (
        f"Those of fewer than {smallest_cell} customers, and as many others as it takes so that no total gives one "
        "away."
    )
    return Finding("hidden_cells", claim, cells.hidden_share, n=cells.cell_count, unit="share", evidence=evidence)


def concentration(frame: pd.DataFrame, *, top_share: float, level: float) -> Finding:
    """In which segment value hangs on fewest; one row of `frame` is a segment, as in `models.segments.profiles`."""
    key, known = "segment_top_share", frame[frame["top_amount_share"].notna()]
    if known.empty:
        return Finding(key, "No segment has customers and value enough to say how it is spread.", n=0)
    ranked = known.sort_values("top_amount_share", ascending=False, kind="stable").to_dict("records")
    most, least = ranked[0], ranked[-1]
    sure = say.interval(say.share(most["low"]), say.share(most["high"]), level=level, is_start=True)
    claim = (
        f"In {say.quoted(most['segment'])} the best {say.exact_share(top_share)} of customers bring "
        f"{say.share(most['top_amount_share'])} of its value."
    )
    evidence = f"{sure}; {say.counted(int(most['customer_count']), 'customer')}"
    if len(known) > 1:
        evidence += f"; the most of {say.counted(len(known), 'segment')}; the least is "
        evidence += f"{say.share(least['top_amount_share'])} in {say.quoted(least['segment'])}"
    value, low, high = (float(most[column]) for column in ("top_amount_share", "low", "high"))
    return Finding(key, claim, value, low, high, int(most["customer_count"]), "share", f"{evidence}.")


@themed
def deviations(rows: pd.DataFrame) -> Drawing:
    """The strongest cells as points with intervals; a row is as `models.segments.profiles.strongest` gives it."""
    if rows.empty:
        return empty(DEVIATIONS, "no interval leaves out a lift of 1")
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
    ticks = [
        tick for tick in (0.05, 0.1, 0.2, 0.35, 0.5, 0.7, 0.85, 1, 1.2, 1.5, 2, 3, 5, 10, 20) if low <= tick <= high
    ]
    axes.set_xticks(ticks, [f"{tick:g}×" for tick in ticks])
    axes.minorticks_off()
    axes.set_xlim(max(low, FARTHEST[0]) / 1.05, min(high, FARTHEST[1]) * 1.05)
    labels = [
        f"{_short(row['segment'])} (n = {say.number(row['known_count'])})\n{_trait(row, 16)}"
        for row in rows.to_dict("records")
    ]
    axes.set_yticks(place, labels)
    axes.set_ylim(-0.6, len(rows) - 0.4)
    axes.grid(visible=False, axis="y")
    axes.set(title=f"{DEVIATIONS} (point and interval)", xlabel="times as common as among all customers, shrunk")
    parts = [
        f"{_trait(row)} in {row['segment']} {row['lift']:.2f} times ({row['low']:.2f} to {row['high']:.2f})"
        for row in rows.to_dict("records")
    ]
    return Drawing(figure, f"{DEVIATIONS}: {'; '.join(parts)}.")


def _trait(row: Any, length: int | None = None) -> str:
    level = row["level"] if length is None else _short(row["level"], length)
    return f"{_word(row['attribute'])} {say.quoted(level)}"


def _word(attribute: str) -> str:
    return attribute.replace("_", " ")


def _short(text: str, length: int = 26) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"
