"""Revenue by the levels of one column, such as channel or category."""

from __future__ import annotations

import numpy as np
import pandas as pd

from helpers.display import language as say
from helpers.display.figures import AMOUNT_AXIS, Drawing, canvas, empty
from helpers.display.findings import Finding, untold
from helpers.display.theme import BLUE, FAINT, themed


def finding(frame: pd.DataFrame, *, by: str, days: int, currency: str) -> Finding:
    """The largest level of a breakdown.

    A row of `frame` is a level, the largest first, as `activity.breakdown` gives it: level, amount (in `currency`),
    amount_share (0 to 1), order_count.
    """
    if "is_hidden" in frame and frame["is_hidden"].head(1).any():
        return untold(f"leading_{by}", f"Which {by.replace('_', ' ')} leads is")
    if frame["amount_share"].isna().all():
        return Finding(f"leading_{by}", f"No revenue in the latest {say.counted(days, 'day')} to break down by {by}.")
    first = frame.iloc[0]
    level = say.quoted(first["level"]) if isinstance(first["level"], str) else "the rows that name none"
    share, n = float(first["amount_share"]), int(first["order_count"])
    claim = f"By {by}, {level} leads with {say.share(share)} of revenue."
    evidence = (
        f"{say.money(first['amount'], currency=currency)} on {say.counted(n, 'order')} in the latest {days} days; "
        f"{say.counted(len(frame), 'level')} in all."
    )
    return Finding(f"leading_{by}", claim, share, n=n, unit="share", evidence=evidence)


def none_delivered(columns: list[str]) -> Finding:
    """That no column to break revenue down by was delivered."""
    if not columns:
        return Finding("breakdown", "No column to break revenue down by is in the parameters.")
    why = f"None of {', '.join(columns)} was delivered."
    return Finding("breakdown", "Revenue cannot be broken down.", evidence=why)


@themed
def figure(frame: pd.DataFrame, *, by: str, currency: str, days: int) -> Drawing:
    """Revenue by the levels of one column, now and a year before; where the data do not hold that, the period before.

    A row of `frame` is a level, as `dimensions.largest` gives it: level, amount, previous_amount, year_before_amount
    (in `currency`), amount_share (0 to 1).
    """
    has_year = bool(frame["year_before_amount"].notna().any())
    earlier, label = ("year_before_amount", "a year before") if has_year else ("previous_amount", f"{days} days before")
    if not len(frame):
        return empty(f"Revenue by {by}", "No level has enough customers to be shown.")
    drawn, (axes,) = canvas(height=1.2 + 0.34 * len(frame))
    place = np.arange(len(frame))[::-1]
    axes.barh(place + 0.2, frame["amount"].astype(float), 0.4, color=BLUE, label=f"latest {days} days")
    axes.barh(place - 0.2, frame[earlier].astype(float), 0.4, color=FAINT, label=label)
    axes.set_yticks(place, [_short(level) for level in frame["level"]])
    axes.set(title=f"Revenue by {by}", xlabel=currency)
    axes.xaxis.set_major_formatter(AMOUNT_AXIS)
    axes.grid(visible=False, axis="y")
    axes.legend(fontsize=8, loc="lower right", bbox_to_anchor=(1, 1), ncols=2)
    parts = [f"{_short(row['level'])} {say.share(row['amount_share'])}" for row in frame.to_dict("records")]
    return Drawing(drawn, f"Revenue by {by}, latest {days} days: {', '.join(parts)}.")


def _short(level: str, *, length: int = 28) -> str:
    return level if len(level) <= length else level[: length - 1] + "…"
