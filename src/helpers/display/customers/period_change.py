"""What changed against the period before: revenue and its three factors."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from helpers.display import language as say
from helpers.display import tables
from helpers.display.figures import SHARE_AXIS, Drawing, canvas, empty
from helpers.display.findings import Finding
from helpers.display.tables import Table
from helpers.display.theme import BLUE, INK, themed


def finding(measures: pd.DataFrame, *, days: int, as_of: date, currency: str, level: float) -> Finding:
    """Revenue of the latest period against the one before.

    A row of `measures` is a measure, revenue among them, as `changes.measures` gives it: measure, current, previous,
    change, low, high (relative, -1 or more), n.
    """
    row = measures.set_index("measure").loc["revenue"].astype(float).to_dict()
    amount, moved, low, high = row["current"], row["change"], row["low"], row["high"]
    now = f"In the {say.counted(days, 'day')} to {say.day(as_of)} revenue was {say.money(amount, currency=currency)}"
    if say.is_missing(row["previous"]):
        why = "the data do not reach back through the same time before"
        return Finding("revenue_change", f"{now}; there is no comparison, since {why}.")
    if say.is_missing(moved):
        return Finding("revenue_change", f"{now}; nothing was earned in the same time before to compare it with.")
    direction = "more" if moved >= 0 else "less"
    interval = say.interval(say.signed_share(low), say.signed_share(high), level=level)
    clear = ", so no clear change" if low <= 0 <= high else ""
    sentence = f"{now}, {say.share(abs(moved))} {direction} than in the {days} days before ({interval}){clear}."
    return Finding("revenue_change", sentence, moved, low, high, int(row["n"]), "share")


@themed
def figure(frame: pd.DataFrame) -> Drawing:
    """Relative changes with their intervals; a row of `frame` is a measure: measure, change, low, high."""
    if frame["change"].isna().all():
        return empty("Change against the period before", "There is nothing to compare the latest period with.")
    drawn, (axes,) = canvas(height=1.1 + 0.36 * len(frame))
    place = np.arange(len(frame))[::-1]
    axes.axvline(0, color=INK, linewidth=0.8)
    axes.hlines(place, frame["low"], frame["high"], color=BLUE, linewidth=2)
    axes.scatter(frame["change"], place, color=BLUE, zorder=3)
    axes.set_yticks(place, frame["measure"])
    axes.set_ylim(-0.6, len(frame) - 0.4)
    axes.set(title="Change against the period before (point and interval)", xlabel="relative change")
    axes.xaxis.set_major_formatter(SHARE_AXIS)
    parts = [f"{row['measure']} {say.signed_share(row['change'])}" for row in frame.to_dict("records")]
    return Drawing(drawn, f"Change against the period before: {', '.join(parts)}.")


def table(frame: pd.DataFrame, *, days: int, currency: str) -> Table:
    """Both periods and the interval of the change.

    A row of `frame` is a measure, as `changes.measures` gives it: measure, current, previous, change, low, high.
    """
    shown = frame[["measure", "current", "previous", "change", "low", "high"]].set_axis(
        ["measure", f"latest {days} days", f"{days} days before", "change", "from", "to"], axis="columns"
    )
    shown = shown.assign(measure=[f"{name}, {currency}" if "revenue" in name else name for name in shown["measure"]])
    sized: dict[str, tables.Format] = dict.fromkeys(shown.columns[1:3], _sized)
    signed: dict[str, tables.Format] = dict.fromkeys(shown.columns[3:], say.signed_share)
    return tables.table(
        shown, caption="Customers × orders per customer × revenue per order = revenue", formats=sized | signed
    )


def _sized(value: float) -> str:
    """Counts and large sums without decimals, small sums and ratios with two."""
    return say.number(value, digits=0 if abs(value) >= 1000 or value == round(value, 0) else 2)
