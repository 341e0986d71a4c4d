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
from helpers.display.wording import sentences, worded
from helpers.models.segments.movements import ALL, NEW, NONE, REASONS, LargestChange, ProjectionError
from helpers.models.statistics.intervals import SMALLEST, Estimate

__all__ = ["fan", "flows", "ladder", "matrix", "outlook", "reasons", "summary"]


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
    dates = {"since": say.day(since), "until": say.day(until)}
    came = transitions[transitions["from"] == NEW]
    new = int(came["customer_count"].sum()) if came["customer_count"].notna().all() else 0  # of few nothing is told
    if not moved.n:
        nobody = worded("Nobody was a customer on {since} yet, so there are no moves.", **dates)
        all_new = worded(
            "Nobody was a customer on {since} yet, so there are no moves; the {customers} of {until} came after it.",
            **dates,
            customers=say.counted(new, "customer"),
        )
        return Finding(key, all_new if new else nobody, n=0)
    claim = worded(
        "{share} of customers moved to another {noun} between {since} and {until}.",
        share=say.share(moved.value),
        noun=noun,
        **dates,
    )
    first = worded(
        "{interval}; {count} of {customers}",
        interval=say.interval(say.share(moved.low), say.share(moved.high), level=level, is_start=True),
        count=say.number(round(moved.value * moved.n)),
        customers=say.counted(moved.n, "customer"),
    )
    parts = [first, *_largest(transitions, values, noun, currency, level)]
    if new:
        parts.append(worded("{customers} came new", customers=say.counted(new, "customer")))
    is_even = not moved.value or holds_whole_years((until - since).days)
    season = "" if is_even else worded("Season may be in it: no year before is beside it.")
    return estimated(key, claim, moved, "share", evidence=sentences(_told(parts), season))


def reasons(why: pd.DataFrame, *, since: date, until: date, level: float) -> Finding:
    """Why customers are in another group: they bought, only time passed, or a cut moved; a row of `why` is a reason."""
    rows, noun = {row["reason"]: row for row in why.to_dict("records")}, noun_of(why)
    bought, aged, cut = (rows[name] for name in REASONS)
    key, moved = f"aged_{_kind(why)}", aged["moved_count"]
    if say.is_missing(aged["customer_count"]):
        return untold(key, worded("How many moved to another {noun} by time alone is", noun=noun))
    terms = {"noun": noun, "since": say.day(since), "until": say.day(until)}
    claim, evidence = worded("Nobody moved to another {noun} from {since} to {until}.", **terms), []
    if moved:
        claim = worded(
            "Of {customers} who moved to another {noun}, {count} had bought nothing.",
            customers=say.counted(moved, "customer"),
            count=say.number(aged["customer_count"]),
            noun=noun,
        )
        passed = worded(
            "{rate} of all: time alone took these past a cut, from {since} to {until}",
            rate=_rate(aged["share"], aged["low"], aged["high"], level),
            **terms,
        )
        evidence = [passed, worded("{count} had bought", count=say.number(bought["customer_count"]))]
    if not say.is_missing(cut["customer_count"]) and cut["customer_count"]:
        moved_cut = worded(
            "{customers} would have been in another {noun} on {since} by the cuts of that day, which have moved since",
            customers=say.counted(cut["customer_count"], "more customer"),
            **terms,
        )
        evidence.append(moved_cut)
    rests_on = _told(evidence) if evidence else ""
    return Finding(key, claim, aged["share"], aged["low"], aged["high"], aged["n"], "share", rests_on)


def _largest(transitions: pd.DataFrame, values: pd.DataFrame, noun: str, currency: str, level: float) -> list[str]:
    """The largest move in customers, and in money the same or another one; nothing where nobody moved."""
    moves, worth = _moves(transitions), _moves(values)
    if not len(moves):
        return []
    row = moves.nlargest(1, "customer_count").to_dict("records")[0]
    largest = worded(
        "largest move: {way}, {customers}, {rate} of those who were there",
        way=_way(row, noun),
        customers=say.counted(row["customer_count"], "customer"),
        rate=_rate(row["share"], row["low"], row["high"], level),
    )
    if not worth["value_share"].max() > 0:
        return [largest]
    best = worth.nlargest(1, "value_amount").to_dict("records")[0]
    money = {"amount": say.money(best["value_amount"], currency=currency), "share": say.share(best["value_share"])}
    if (best["from"], best["to"]) == (row["from"], row["to"]):
        return [
            worded(
                "{largest}, and the one with most revenue ({amount} so far, {share} of all)", largest=largest, **money
            )
        ]
    most = worded("move with most revenue: {way} ({amount} so far, {share} of all)", way=_way(best, noun), **money)
    return [largest, most]


def ladder(rates: pd.DataFrame, *, since: date, until: date, level: float) -> Finding:
    """How many moved up and down an order of groups; a row of `rates` is a group, or all of them, and a direction."""
    noun, key = noun_of(rates), f"upgrades_{_kind(rates)}"
    rows = {row["direction"]: row for row in rates[rates["from"] == ALL].to_dict("records")}
    n, terms = int(rows["same"]["n"]) if rows else 0, {"noun": noun, "since": say.day(since)}
    if not n:
        nobody = worded("Nobody was in a {noun} on {since}, so nobody could move up or down.", **terms)
        return Finding(key, nobody, n=0)
    up, down, same, left = (rows[name] for name in ("upgrade", "downgrade", "same", "left"))
    rose, fell = (_rate(row["share"], row["low"], row["high"], level) for row in (up, down))
    claim = worded(
        "{up} of customers rose to a higher {noun} and {down} fell to a lower.",
        up=say.share(up["share"]),
        down=say.share(down["share"]),
        noun=noun,
    )
    evidence = worded(
        "Of {customers} with a {noun} on {since}, {rose} were in a higher one on {until} and {fell} in a lower one; "
        "{same} kept theirs",
        customers=say.counted(n, "customer"),
        rose=rose,
        fell=fell,
        until=say.day(until),
        same=say.share(same["share"]),
        **terms,
    )
    if left["customer_count"]:
        evidence = worded(
            "{evidence}, {share} had none any more", evidence=evidence, share=say.share(left["share"]), noun=noun
        )
    return Finding(key, claim, up["share"], up["low"], up["high"], n, "share", _told([evidence]))


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
        return Finding(key, worded("There is no customer yet whose {noun} could be projected.", noun=noun), n=0)
    if not change.group:
        claim = worded(
            "Sizes by {noun} cannot be projected: a {noun} that has customers on {until} had none at the earlier date "
            "to learn from.",
            noun=noun,
            until=say.day(until),
        )
        return Finding(key, claim, n=n)
    change_of = {"start": say.number(change.start_count), "noun": noun}
    change_of["customers"] = say.counted(round(change.end_count), "customer")
    of_none = worded(
        "Those with no {noun} would go from {start} to {customers}, the largest change of a {noun}.", **change_of
    )
    of_group = worded(
        "{group} would go from {start} to {customers}, the largest change of a {noun}.",
        group=say.quoted(change.group),
        **change_of,
    )
    evidence = worded(
        "{interval}; on {day}, if customers went on moving as in the {days} to {until} and nobody new came.",
        interval=say.interval(say.number(change.low), say.number(change.high), level=level, is_start=True),
        day=say.day(until + timedelta(days=change.periods * period_days)),
        days=say.counted(period_days, "day"),
        until=say.day(until),
    )
    claim = of_none if change.group == NONE else of_group
    rests_on = sentences(evidence, _trial(error))
    return Finding(key, claim, change.end_count, change.low, change.high, n, "count", rests_on)


def _trial(error: ProjectionError | None) -> str:
    """How far off the projection was when it was tried, and the sizes left as they were."""
    if error is None:
        return worded("It could not be tried on an earlier period.")
    misplaced = {"customers": say.counted(round(error.misplaced_count), "customer")}
    misplaced["count"] = say.number(round(error.unmoved_misplaced_count))
    better = worded(
        "Tried a period earlier, it put {customers} in the wrong place, better than sizes left as they were ({count})",
        **misplaced,
    )
    no_better = worded(
        "Tried a period earlier, it put {customers} in the wrong place, no better than sizes left as they were "
        "({count})",
        **misplaced,
    )
    parts = [better if error.is_better else no_better]
    if error.held_count is not None:
        held = worded("its intervals held {held} of {total} sizes", held=error.held_count, total=error.group_count)
        parts.append(held)
    if error.is_failed:
        parts.append(worded("with that it failed, so no interval is given"))
    return _told(parts)


def _told(parts: list[str]) -> str:
    """Parts of one sentence, the last with a stop."""
    return worded("{parts}.", parts=say.lined_up(parts))


@themed
def fan(projection: pd.DataFrame, *, until: date, period_days: int, level: float) -> Drawing:
    """The sizes of the groups ahead, a panel each, with their intervals; a row is a group and a period."""
    title = worded("Customers by {noun} if they go on moving so, nobody new", noun=noun_of(projection))
    peopled = projection.loc[projection["customer_count"] > 0, "group"]
    shown = projection[projection["group"].isin(peopled)]
    if not len(shown) or shown["customer_count"].isna().any():
        return empty(title, worded("The sizes cannot be projected."))
    groups, noun = list(shown["group"].unique()), noun_of(shown)
    figure, panels = canvas(columns=len(groups), height=2.2)
    for panel, group in zip(panels, groups, strict=True):
        _panel(panel, shown[shown["group"] == group], short(plain(group, noun)))
    people = int(shown.loc[shown["period"] == 0, "customer_count"].sum())
    bands = shown["low"].notna().all()
    few, failed = worded("too few for intervals"), worded("no intervals, since those of an earlier period failed")
    why_not = few if people < SMALLEST else failed
    interval = worded("band: {level} interval", level=say.exact_share(level)) if bands else why_not
    heading = worded(
        "{title}: periods of {days} after {day} (n = {n}, {interval})",
        title=title,
        days=say.counted(period_days, "day"),
        day=say.day(until),
        n=say.number(people),
        interval=interval,
    )
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
    axes.set(xlabel=worded("periods"), ylabel=worded("customers"))
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.yaxis.set_major_formatter(AMOUNT_AXIS)


def _fan_alt(shown: pd.DataFrame, noun: str, title: str) -> str:
    ends = shown[shown["period"] == shown["period"].max()].set_index("group")
    starts = shown[shown["period"] == 0].set_index("group")["customer_count"]
    parts = [_way_ahead(plain(str(group), noun), starts[group], row) for group, row in ends.iterrows()]
    return worded(
        "{title}, {periods} ahead: {parts}.",
        title=title,
        periods=say.counted(int(shown["period"].max()), "period"),
        parts=say.lined_up(parts),
    )


def _way_ahead(group: str, start: int, end: pd.Series) -> str:
    """A group with its size today and the one projected, with the interval where it has one."""
    said = {"group": group, "start": say.number(start), "end": say.number(round(end["customer_count"]))}
    if say.is_missing(end["low"]):
        return worded("{group} {start} to {end}", **said)
    bounds = {"low": say.number(end["low"]), "high": say.number(end["high"])}
    return worded("{group} {start} to {end} ({low} to {high})", **said, **bounds)


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
    calls = {group: plain(group, noun) if group == NONE else group for group in wide.columns}
    wide = wide.rename(columns={group: worded("to {group}", group=name) for group, name in calls.items()})
    customers, before = worded("customers"), worded("{noun} on {day}", noun=noun, day=say.day(since))
    wide.insert(0, customers, [int(totals[group]) if is_whole[group] else None for group in wide.index])
    wide.insert(0, before, [plain(group, noun) for group in wide.index])
    caption = worded(
        "Where the customers of each {noun} were on {day}: share of the row, {level} interval (none under ten "
        "customers)",
        noun=noun,
        day=say.day(until),
        level=say.exact_share(level),
    )
    return tables.table(wide, caption=caption, formats={customers: say.number})


def _cell(row: Mapping[Hashable, Any]) -> str:
    if say.is_missing(row["low"]):
        return say.share(row["share"])
    low, high = (say.number(100 * row[bound], digits=1) for bound in ("low", "high"))
    return worded("{value} ({low} to {high})", value=say.share(row["share"]), low=low, high=high)


def _moves(pairs: pd.DataFrame) -> pd.DataFrame:
    """The pairs of different groups that known customers went between."""
    is_move = (pairs["from"] != pairs["to"]) & (pairs["from"] != NEW) & (pairs["customer_count"] > 0)
    return pairs[is_move]


def _way(row: Mapping[Hashable, Any], noun: str) -> str:
    source, target = (plain(group, noun) if group in (NEW, NONE) else say.quoted(group) for group in _ends(row))
    return worded("{source} to {target}", source=source, target=target)


def _ends(row: Mapping[Hashable, Any]) -> tuple[str, str]:
    return row["from"], row["to"]


def _rate(share: float, low: float, high: float, level: float) -> str:
    interval = say.interval(say.share(low), say.share(high), level=level)
    return worded("{share} ({interval})", share=say.share(share), interval=interval)


def _kind(frame: pd.DataFrame) -> str:
    return str(frame["kind"].iloc[0]) if len(frame) else "segment"
