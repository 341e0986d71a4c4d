"""Revenue by the levels of one column, such as channel or category."""

from __future__ import annotations

import numpy as np
import pandas as pd

from helpers.display import language as say
from helpers.display.charts import key_on_top
from helpers.display.figures import AMOUNT_AXIS, Drawing, canvas, empty
from helpers.display.findings import Finding, untold
from helpers.display.lines import cut
from helpers.display.theme import BLUE, FAINT, INK, ORANGE, themed
from helpers.display.wording import column_named, named, recast, vocabulary, worded

LEVELS = vocabulary("all others ({count})", "(not given)")
COLUMNS = vocabulary(
    "channel",
    "store",
    "region",
    "category",
    "product_id",
    "coupon",
    "acquisition_channel",
    "gender",
    "age_band",
    "income_band",
    "household_size",
)
"""Columns that revenue is broken down by."""

LEVEL_LETTERS = 28
"""Most letters of a level beside the axis."""
GATHERED = "all others"
"""How the level begins that gathers the small ones: it is no rival of those that have a name."""


def finding(frame: pd.DataFrame, *, by: str, days: int, currency: str) -> Finding:
    """The largest level of a breakdown.

    A row of `frame` is a level, the largest first, as `activity.breakdown` gives it: level, amount (in `currency`),
    amount_share (0 to 1), order_count.
    """
    if "is_hidden" in frame and frame["is_hidden"].head(1).any():
        column = column_named(by)
        return untold(f"leading_{by}", worded("Which {column} leads is", column=column))
    if frame["amount_share"].isna().all():
        none = worded(
            "No revenue in the latest {days} to break down by {column}.",
            days=say.counted(days, "day"),
            column=named(by),
        )
        return Finding(f"leading_{by}", none)
    first = frame.iloc[0]
    level = say.quoted(first["level"]) if isinstance(first["level"], str) else worded("the rows that name none")
    share, n = float(first["amount_share"]), int(first["order_count"])
    claim = worded(
        "By {column}, {level} leads with {share} of revenue.", column=named(by), level=level, share=say.share(share)
    )
    evidence = worded(
        "{amount} on {orders} in the latest {days} days; {levels} in all.",
        amount=say.money(first["amount"], currency=currency),
        orders=say.counted(n, "order"),
        days=days,
        levels=say.counted(len(frame), "level"),
    )
    return Finding(f"leading_{by}", claim, share, n=n, unit="share", evidence=evidence)


def none_delivered(columns: list[str]) -> Finding:
    """That no column to break revenue down by was delivered."""
    if not columns:
        return Finding("breakdown", worded("No column to break revenue down by is in the parameters."))
    why = worded("None of {columns} was delivered.", columns=say.itemised([column_named(column) for column in columns]))
    return Finding("breakdown", worded("Revenue cannot be broken down."), evidence=why)


@themed
def figure(frame: pd.DataFrame, *, by: str, currency: str, days: int) -> Drawing:
    """Revenue by the levels of one column, now and a year before; where the data do not hold that, the period before.

    A row of `frame` is a level, as `dimensions.largest` gives it: level, amount, previous_amount, year_before_amount
    (in `currency`), amount_share (0 to 1).
    """
    has_year = bool(frame["year_before_amount"].notna().any())
    earlier = "year_before_amount" if has_year else "previous_amount"
    label = worded("a year before") if has_year else worded("{days} days before", days=days)
    title = worded("Revenue by {column}", column=named(by))
    if not len(frame):
        return empty(title, worded("No level has enough customers to be shown."))
    drawn, (axes,) = canvas(height=1.3 + 0.3 * len(frame))
    place, now, before = np.arange(len(frame))[::-1], frame["amount"].astype(float), frame[earlier].astype(float)
    colors = [FAINT if str(level).startswith(GATHERED) else BLUE for level in frame["level"]]
    bars = axes.barh(place, now, 0.62, color=colors, label=worded("latest {days} days", days=days))
    marks = axes.vlines(before, place - 0.42, place + 0.42, color=ORANGE, linewidth=2.5, label=label)
    for at, amount, share in zip(place, now, frame["amount_share"], strict=True):
        if not say.is_missing(share):
            end = (max(amount, 0.0), at)
            axes.annotate(say.share(share), end, (7, 0), textcoords="offset points", va="center", color=INK)
    axes.set_yticks(place, [_short(level) for level in frame["level"]])
    axes.set(title=title, xlabel=named(currency))
    axes.xaxis.set_major_formatter(AMOUNT_AXIS)
    axes.grid(visible=False, axis="y")
    key_on_top(axes, handles=[bars, marks])
    axes.margins(x=0.08)
    parts = [
        worded("{name} {share}", name=_short(row["level"]), share=say.share(row["amount_share"]))
        for row in frame.to_dict("records")
    ]
    alt = worded(
        "Revenue by {column}, latest {days} days: {parts}.", column=named(by), days=days, parts=say.itemised(parts)
    )
    return Drawing(drawn, alt)


def _short(level: str) -> str:
    return cut(recast(level, LEVELS), letters=LEVEL_LETTERS)
