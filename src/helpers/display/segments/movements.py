"""Who moved between two dates: the sentences, the fan of sizes ahead, the matrix; `alluvial` draws the flows."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from helpers.days import holds_whole_years
from helpers.display import language as say
from helpers.display import tables
from helpers.display.figures import AMOUNT_AXIS, Drawing, canvas, empty
from helpers.display.findings import Finding, estimated, untold
from helpers.display.segments.alluvial import flows, noun_of, plain, short
from helpers.display.tables import Table
from helpers.display.theme import BLUE, FAINT, themed
from helpers.models.segments.movements import ALL, NEW, NONE, REASONS, LargestChange, ProjectionError
from helpers.models.statistics.intervals import SMALLEST, Estimate

__all__ = ["fan", "flows", "ladder", "matrix", "outlook", "reasons", "summary"]

"""Panels of the fan beside one another."""


def summary(
    moved: Estimate,
    transitions: pd.DataFrame,
    values: pd.DataFrame,
    *,
    since: date,
    until: date,
    currency: str,
    level: float,
) -> Finding:
    """How many customers changed their group, and which move was the largest, in customers and in money.

    `moved` is the share of customers known at `since`; a row of `transitions` and of `values` is a pair of groups.
    """
    key, noun = f"moved_{_kind(transitions)}", noun_of(transitions)
    came = transitions[transitions["from"] == NEW]
    new = int(came["customer_count"].sum()) if came["customer_count"].notna().all() else 0  # of few nothing is told
    if not moved.n:
        joined = f"; the {say.counted(new, 'customer')} of {say.day(until)} came after it" if new else ""
        return Finding(key, f"Nobody was a customer on {say.day(since)} yet, so there are no moves{joined}.", n=0)
    span = f"between {say.day(since)} and {say.day(until)}"
    claim = f"{say.share(moved.value)} of customers moved to another {noun} {span}."
    interval = say.interval(say.share(moved.low), say.share(moved.high), level=level, is_start=True)
    first = f"{interval}; {say.number(round(moved.value * moved.n))} of {say.counted(moved.n, 'customer')}"
    parts = [first, *_largest(transitions, values, noun, currency, level)]
    if new:
        parts.append(f"{say.counted(new, 'customer')} came new")
    is_even = not moved.value or holds_whole_years((until - since).days)
    season = "" if is_even else " Season may be in it: no year before is beside it."
    return estimated(key, claim, moved, "share", evidence=f"{'; '.join(parts)}.{season}")


def reasons(why: pd.DataFrame, *, since: date, until: date, level: float) -> Finding:
    """Why customers are in another group: they bought, only time passed, or a cut moved; a row of `why` is a reason."""
    rows, noun = {row["reason"]: row for row in why.to_dict("records")}, noun_of(why)
    bought, aged, cut = (rows[name] for name in REASONS)
    key, moved = f"aged_{_kind(why)}", aged["moved_count"]
    if say.is_missing(aged["customer_count"]):
        return untold(key, f"How many moved to another {noun} by time alone is")
    span = f"from {say.day(since)} to {say.day(until)}"
    claim, evidence = f"Nobody moved to another {noun} {span}.", []
    if moved:
        claim = (
            f"Of {say.counted(moved, 'customer')} who moved to another {noun}, {say.number(aged['customer_count'])} "
            "had bought nothing."
        )
        passed = "time alone took these past a cut"
        evidence = [
            f"{_rate(aged['share'], aged['low'], aged['high'], level)} of all: {passed}, {span}",
            f"{say.number(bought['customer_count'])} had bought",
        ]
    if not say.is_missing(cut["customer_count"]) and cut["customer_count"]:
        evidence.append(
            f"{say.counted(cut['customer_count'], 'more customer')} would have been in another {noun} on "
            f"{say.day(since)} by the cuts of that day, which have moved since"
        )
    rests_on = f"{'; '.join(evidence)}." if evidence else ""
    return Finding(key, claim, aged["share"], aged["low"], aged["high"], aged["n"], "share", rests_on)


def _largest(transitions: pd.DataFrame, values: pd.DataFrame, noun: str, currency: str, level: float) -> list[str]:
    """The largest move in customers, and in money the same or another one; nothing where nobody moved."""
    moves, worth = _moves(transitions), _moves(values)
    if not len(moves):
        return []
    row = moves.nlargest(1, "customer_count").to_dict("records")[0]
    largest = (
        f"largest move: {_way(row, noun)}, {say.counted(row['customer_count'], 'customer')}, "
        f"{_rate(row['share'], row['low'], row['high'], level)} of those who were there"
    )
    if not worth["value_share"].max() > 0:
        return [largest]
    best = worth.nlargest(1, "value_amount").to_dict("records")[0]
    amount, share = say.money(best["value_amount"], currency=currency), say.share(best["value_share"])
    if (best["from"], best["to"]) == (row["from"], row["to"]):
        return [f"{largest}, and the one with most revenue ({amount} so far, {share} of all)"]
    return [largest, f"move with most revenue: {_way(best, noun)} ({amount} so far, {share} of all)"]


def ladder(rates: pd.DataFrame, *, since: date, until: date, level: float) -> Finding:
    """How many moved up and down an order of groups; a row of `rates` is a group, or all of them, and a direction."""
    noun, key = noun_of(rates), f"upgrades_{_kind(rates)}"
    rows = {row["direction"]: row for row in rates[rates["from"] == ALL].to_dict("records")}
    n = int(rows["same"]["n"]) if rows else 0
    if not n:
        return Finding(key, f"Nobody was in a {noun} on {say.day(since)}, so nobody could move up or down.", n=0)
    up, down, same, left = (rows[name] for name in ("upgrade", "downgrade", "same", "left"))
    rose, fell = (_rate(row["share"], row["low"], row["high"], level) for row in (up, down))
    claim = (
        f"{say.share(up['share'])} of customers rose to a higher {noun} and {say.share(down['share'])} fell to a lower."
    )
    evidence = (
        f"Of {say.counted(n, 'customer')} with a {noun} on {say.day(since)}, {rose} were in a higher one on "
        f"{say.day(until)} and {fell} in a lower one; {say.share(same['share'])} kept theirs"
    )
    if left["customer_count"]:
        evidence += f", {say.share(left['share'])} had none any more"
    return Finding(key, claim, up["share"], up["low"], up["high"], n, "share", f"{evidence}.")


def outlook(
    projection: pd.DataFrame,
    change: LargestChange,
    *,
    until: date,
    period_days: int,
    level: float,
    error: ProjectionError | None = None,
) -> Finding:
    """Which group would change most if customers went on moving so, and how such a projection did a period earlier.

    A row of `projection` is a group and a period; `change` is the largest one in it.
    """
    key, noun, n = f"outlook_{_kind(projection)}", noun_of(projection), change.customer_count
    if not n:
        return Finding(key, f"There is no customer yet whose {noun} could be projected.", n=0)
    if not change.group:
        why = f"a {noun} that has customers on {say.day(until)} had none at the earlier date to learn from"
        return Finding(key, f"The sizes of the {noun}s cannot be projected: {why}.", n=n)
    interval = say.interval(say.number(change.low), say.number(change.high), level=level, is_start=True)
    subject = _subject(change.group, noun)
    claim = (
        f"{subject[0].upper()}{subject[1:]} would go from {say.number(change.start_count)} to "
        f"{say.counted(round(change.end_count), 'customer')}, the largest change of a {noun}."
    )
    evidence = (
        f"{interval}; on {say.day(until + timedelta(days=change.periods * period_days))}, if customers went on moving "
        f"as in the {say.counted(period_days, 'day')} to {say.day(until)} and nobody new came.{_trial(error)}"
    )
    return Finding(key, claim, change.end_count, change.low, change.high, n, "count", evidence)


def _trial(error: ProjectionError | None) -> str:
    """How far off the projection was when it was tried, and the sizes left as they were."""
    if error is None:
        return " It could not be tried on an earlier period."
    better = "better than" if error.is_better else "no better than"
    held = "" if error.held_count is None else f"; its intervals held {error.held_count} of {error.group_count} sizes"
    return (
        f" Tried a period earlier, it put {say.counted(round(error.misplaced_count), 'customer')} in the wrong place, "
        f"{better} sizes left as they were ({say.number(round(error.unmoved_misplaced_count))}){held}"
        f"{'; with that it failed, so no interval is given' if error.is_failed else ''}."
    )


@themed
def fan(projection: pd.DataFrame, *, until: date, period_days: int, level: float) -> Drawing:
    """The sizes of the groups ahead, a panel each, with their intervals; a row is a group and a period."""
    title = f"Customers by {noun_of(projection)} if they go on moving so, nobody new"
    peopled = projection.loc[projection["customer_count"] > 0, "group"]
    shown = projection[projection["group"].isin(peopled)]
    if not len(shown) or shown["customer_count"].isna().any():
        return empty(title, "The sizes cannot be projected.")
    groups, noun = list(shown["group"].unique()), noun_of(shown)
    figure, panels = canvas(columns=len(groups), height=2.2)
    for panel, group in zip(panels, groups, strict=True):
        _panel(panel, shown[shown["group"] == group], short(plain(group, noun)))
    people = int(shown.loc[shown["period"] == 0, "customer_count"].sum())
    bands = shown["low"].notna().all()
    why_not = "too few for intervals" if people < SMALLEST else "no intervals, since those of an earlier period failed"
    interval = f"band: {say.exact_share(level)} interval" if bands else why_not
    periods = f"periods of {say.counted(period_days, 'day')} after {say.day(until)}"
    heading = f"{title}: {periods} (n = {say.number(people)}, {interval})"
    return Drawing(figure, _fan_alt(shown, noun, title), title=heading)


def _panel(axes: Axes, rows: pd.DataFrame, name: str) -> None:
    period, size = rows["period"], rows["customer_count"]
    axes.axhline(size.iloc[0], color=FAINT, linestyle="--", linewidth=1)
    axes.fill_between(period, rows["low"], rows["high"], color=BLUE, alpha=0.2, linewidth=0)
    axes.plot(period, size, color=BLUE, marker="o", markersize=3.5)
    top = float(np.nanmax([size.max(), rows["high"].max()]))
    axes.set_ylim(0, 1.25 * top)
    axes.annotate(say.number(round(size.iloc[0])), (0, size.iloc[0]), (0, 6), textcoords="offset points")
    end = (period.iloc[-1], rows["high"].fillna(size).iloc[-1])
    axes.annotate(say.number(round(size.iloc[-1])), end, (0, 3), textcoords="offset points", ha="right")
    axes.set_title(name)
    axes.set(xlabel="periods", ylabel="customers")
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.yaxis.set_major_formatter(AMOUNT_AXIS)


def _fan_alt(shown: pd.DataFrame, noun: str, title: str) -> str:
    ends = shown[shown["period"] == shown["period"].max()].set_index("group")
    starts = shown[shown["period"] == 0].set_index("group")["customer_count"]
    parts = [
        f"{plain(group, noun)} {say.number(starts[group])} to {say.number(round(row['customer_count']))}"
        + ("" if say.is_missing(row["low"]) else f" ({say.number(row['low'])} to {say.number(row['high'])})")
        for group, row in ends.iterrows()
    ]
    return f"{title}, {say.counted(int(shown['period'].max()), 'period')} ahead: {'; '.join(parts)}."


def matrix(transitions: pd.DataFrame, *, since: date, until: date, level: float) -> Table:
    """The transition matrix as a table: a row per group before, a column per group after, shares with intervals.

    Of pairs of few customers, whose counts are missing, nothing is shown. For kinds of few groups, such as tiers;
    groups that nobody was in before have no row.
    """
    noun = noun_of(transitions)
    cells = transitions.assign(text=[_cell(row) for row in transitions.to_dict("records")])
    totals = cells.groupby("from", sort=False)["customer_count"].sum()
    is_whole = cells.groupby("from", sort=False)["customer_count"].apply(lambda counts: counts.notna().all())
    wide = cells.pivot(index="from", columns="to", values="text").reindex(
        index=totals.index[totals > 0], columns=cells["to"].unique()
    )
    wide = wide.rename(columns=lambda group: f"to {plain(group, noun) if group == NONE else group}")
    shown = wide.assign(**{f"{noun} on {say.day(since)}": [plain(group, noun) for group in wide.index]})
    shown.insert(0, "customers", [int(totals[group]) if is_whole[group] else None for group in wide.index])
    return tables.table(
        shown[[shown.columns[-1], *shown.columns[:-1]]],
        caption=f"Where the customers of each {noun} were on {say.day(until)}: share of the row, "
        f"{say.exact_share(level)} interval (none under ten customers)",
        formats={"customers": say.number},
    )


def _cell(row: Mapping[Hashable, Any]) -> str:
    if say.is_missing(row["low"]):
        return say.share(row["share"])
    low, high = (say.number(100 * row[bound], digits=1) for bound in ("low", "high"))
    return f"{say.share(row['share'])} ({low} to {high})"


def _moves(pairs: pd.DataFrame) -> pd.DataFrame:
    """The pairs of different groups that known customers went between."""
    is_move = (pairs["from"] != pairs["to"]) & (pairs["from"] != NEW) & (pairs["customer_count"] > 0)
    return pairs[is_move]


def _way(row: Mapping[Hashable, Any], noun: str) -> str:
    return f"{_named(row['from'], noun)} to {_named(row['to'], noun)}"


def _named(group: str, noun: str) -> str:
    return plain(group, noun) if group in (NEW, NONE) else say.quoted(group)


def _subject(group: str, noun: str) -> str:
    return f"those with no {noun}" if group == NONE else say.quoted(group)


def _rate(share: float, low: float, high: float, level: float) -> str:
    return f"{say.share(share)} ({say.interval(say.share(low), say.share(high), level=level)})"


def _kind(frame: pd.DataFrame) -> str:
    return str(frame["kind"].iloc[0]) if len(frame) else "segment"
