"""The service desk: how fast customers are answered and helped, open tickets included, and how content they are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from helpers.models.statistics.intervals import wilson_bounds
from helpers.models.survey import estimators, proportions
from helpers.models.survey.design import design
from helpers.models.survival import survivors
from helpers.models.survival.survivors import Survivors

WAITS = ("reply", "resolution")
SATISFIED = 4
"""The lowest of the two best marks of five."""
AGES_DAYS = (1, 3, 7, 30)
"""Where bands of the age of open tickets end."""
COLUMNS = [
    "measure", "group_by", "group", "estimate", "low", "high", "n", "open_count", "customer_count", "closed_only",
]  # fmt: skip


@dataclass(frozen=True)
class Targets:
    """Within how many hours of the opening a ticket is to be answered first, and to be resolved."""

    reply_hours: float
    resolution_hours: float


def desk(tickets: pd.DataFrame, *, targets: Targets, level: float, groups: Sequence[str] = ()) -> pd.DataFrame:
    """What the desk comes to, for all tickets and by group.

    Parameters
    ----------
    tickets
        A row per ticket, as `features.service_tickets.waits` gives it.
    targets
        The hours within which customers are to be answered and helped.
    level
        Coverage of the intervals, 0 to 1.
    groups
        Columns of the tickets by whose values they are told apart.

    Returns
    -------
    pandas.DataFrame
        A row per measure and group: measure, group_by (`all` or the name of a column; `reply` and `resolution`: whether
        it came within its target; `age` of open tickets), group, estimate, low, high, n (tickets), open_count (those
        that still wait), customer_count, closed_only (the same by those that no longer wait). Measures:
        reply_median_hours, resolution_median_hours; reply_within_target_share, resolution_within_target_share;
        reopened_share (of resolved tickets); satisfied_share (of marks, the best two); backlog_count (a full count,
        without an interval).

    Notes
    -----
    A ticket that still waits has waited at least so long: it is censored, by Kaplan and Meier, while those that
    no longer wait are the quick ones among the latest. A ticket that was resolved without a reply on record is not
    counted among replies. Shares of marks and of reopened tickets know that a customer may have several.
    """
    rows = [row for part in _parts(tickets, groups) for row in _measured(*part, targets, level)]
    for wait, hours in zip(WAITS, (targets.reply_hours, targets.resolution_hours), strict=True):
        known = tickets[tickets[f"{wait}_hours"].notna()]
        is_quick = known[f"{wait}_hours"] <= hours
        rows += [_marks(known[is_quick], wait, "within target", level), _marks(known[~is_quick], wait, "later", level)]
    frame = pd.DataFrame([*rows, *_backlog(tickets)], columns=COLUMNS)
    return frame[frame["n"] > 0].reset_index(drop=True)


def _parts(tickets: pd.DataFrame, groups: Sequence[str]) -> Iterator[tuple[pd.DataFrame, str, str]]:
    yield tickets, "all", "all"
    for name in groups:
        for group, part in tickets.groupby(name, sort=True):
            yield part, name, str(group)


def _measured(part: pd.DataFrame, by: str, group: str, targets: Targets, level: float) -> list[tuple[object, ...]]:
    rows = []
    for wait, hours in zip(WAITS, (targets.reply_hours, targets.resolution_hours), strict=True):
        rows += _waited(part, wait, hours, level, by, group)
    resolved = part[part["resolution_hours"].notna() & part["reopened_count"].notna()]
    again = resolved["reopened_count"] > 0
    rows.append(("reopened_share", by, group, *_share(again, resolved["customer_id"], level)))
    return [*rows, _marks(part, by, group, level)]


def _waited(
    part: pd.DataFrame, wait: str, target: float, level: float, by: str, group: str
) -> list[tuple[object, ...]]:
    """The median wait, and the share within its target."""
    hours, watched = part[f"{wait}_hours"], part["watched_hours"]
    is_told = hours.notna() | part["resolution_hours"].isna()
    hours, watched = hours[is_told], watched[is_told]
    if not len(hours):
        return []
    is_over = hours.notna().to_numpy()
    curve = survivors.survivors(hours.fillna(watched), is_over)
    median = survivors.median_age(curve, level=level)
    closed = hours.dropna()
    counts = (len(hours), int((~is_over).sum()), part.loc[is_told, "customer_id"].nunique())
    within, low, high = _within(curve, target, level, watched_count=int((watched >= target).sum()))
    quick = float((closed <= target).mean()) if len(closed) else np.nan
    middle = float(closed.median()) if len(closed) else np.nan
    return [
        (f"{wait}_median_hours", by, group, median.value, median.low, median.high, *counts, middle),
        (f"{wait}_within_target_share", by, group, within, low, high, *counts, quick),
    ]


def _within(curve: Survivors, target: float, level: float, *, watched_count: int) -> tuple[float, float, float]:
    """The share within a target, with its interval: where all or none are, Wilson's of those watched so long."""
    # behind the last of all, when nobody waits any longer, the curve stays where it is
    asked = min(target, curve.watched) if len(curve.share) and curve.share[-1] == 0 else target
    at = survivors.at_ages(curve, [asked], level=level).iloc[0]
    within, low, high = 1 - at["survival_share"], 1 - at["high"], 1 - at["low"]
    if within in (0, 1):
        low, high = (float(end) for end in wilson_bounds(within * watched_count, watched_count, level=level))
    return float(within), float(low), float(high)


def _marks(part: pd.DataFrame, by: str, group: str, level: float) -> tuple[object, ...]:
    marked = part[part["satisfaction"].notna()]
    return ("satisfied_share", by, group, *_share(marked["satisfaction"] >= SATISFIED, marked["customer_id"], level))


def _share(is_so: pd.Series, customers: pd.Series, level: float) -> tuple[object, ...]:
    """A share of tickets, with an interval that knows whose they are; the counts behind it."""
    n = len(is_so)
    if not n:
        return (np.nan, np.nan, np.nan, 0, 0, 0, np.nan)
    sample = design(np.ones(n), clusters=[customers.to_numpy(dtype=str)])
    found = estimators.means(is_so.to_numpy(dtype=float), design=sample)
    low, high = proportions.bounds(found.values, found.errors, found.counts, degrees=found.degrees, level=level)
    value = float(found.values[0])
    return (value, float(low[0]), float(high[0]), n, 0, customers.nunique(), value)


def _backlog(tickets: pd.DataFrame) -> list[tuple[object, ...]]:
    """How many tickets are open, by how many days they have been."""
    is_open = tickets[tickets["resolution_hours"].isna()]
    age = is_open["watched_hours"] / 24
    rows: list[tuple[object, ...]] = []
    for low, high in zip((0, *AGES_DAYS), (*AGES_DAYS, np.inf), strict=True):
        own = is_open[(age > low) & (age <= high)]
        name = f"over {low} days" if high == np.inf else f"{low} to {high} days"
        count = len(own)
        rows.append(
            ("backlog_count", "age", name, float(count), np.nan, np.nan, count, count, own["customer_id"].nunique(),
             np.nan)
        )  # fmt: skip
    return rows
