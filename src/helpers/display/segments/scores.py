"""Scores and segments on the page: who they are, what they are worth, and what a score means in plain units."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

from helpers.display import language as say
from helpers.display import tables
from helpers.display.charts import cells as written_cells
from helpers.display.figures import SHARE_AXIS, Drawing, canvas, empty
from helpers.display.findings import Finding, untold
from helpers.display.lines import cut
from helpers.display.segments import naming
from helpers.display.tables import Table
from helpers.display.theme import BLUE, FAINT, themed
from helpers.display.wording import named, sentences, spoken, worded, worded_n
from helpers.models.segments.newness import FALSE_ABOVE, false_names
from helpers.schemes.scheme import Scheme, Segment, dead_segments

LETTERS = {"days_since_last": "R", "order_count": "F", "value_amount": "M"}
UNKNOWN = (math.nan, math.nan, False)
CENT, ONE = Decimal("0.01"), Decimal(1)
LONGEST = 30
"""Width of a segment's name on a figure, in letters; the tables have the whole of it."""


def summary(
    sizes: pd.DataFrame,
    *,
    scheme: Scheme,
    as_of: date,
    window_days: int | None,
    currency: str,
    customer_count: int | None = None,
) -> Finding:
    """Which segment brings most, which is the largest; a row of `sizes` is a segment of this scheme that may be shown.

    Every customer is counted, so there is no interval: nothing was sampled. `customer_count` is how many there are,
    where not all segments are shown.
    """
    rows = sizes.to_dict("records")
    people = int(sizes["customer_count"].sum()) if customer_count is None else customer_count
    if people and not sizes["customer_count"].any():
        return untold("segments", worded("No segment is large enough to be told of, so their sizes are"))
    if not people:
        none = worded("Nobody had ordered by {day}, so there are no segments.", day=say.day(as_of))
        return Finding("segments", none, n=0)
    largest, best = (max(rows, key=lambda row: row[by]) for by in ("customer_count", "revenue_amount"))
    everybody = {"customers": say.counted(people, "customer"), "day": say.day(as_of)}
    most = {"segment": _called(scheme, largest["segment"]), "count": say.number(largest["customer_count"])}
    most["share"] = say.share(largest["customer_share"])
    if sizes["revenue_share"].isna().all():
        claim = worded("No segment has more customers than {segment}, {count} ({share}).", **most)
        return Finding("segments", claim, n=people, evidence=_worthless(sizes, window_days, **everybody))
    claim = worded(
        "{share} of customers are {segment} and bring {revenue} of revenue.",
        share=say.share(best["customer_share"]),
        segment=_called(scheme, best["segment"]),
        revenue=say.share(best["revenue_share"]),
    )
    base = worded(
        "Of {customers} by {day}, {count}; {money}, {orders}",
        **everybody,
        count=say.number(best["customer_count"]),
        money=say.money(best["revenue_amount"], currency=currency),
        orders=_orders_of(window_days),
    )
    others = ""
    if largest["customer_count"] > best["customer_count"]:
        revenue = say.share(largest["revenue_share"])
        others = worded(
            "no segment has more customers than {segment}, {count} ({share}), with {revenue} of revenue",
            **most,
            revenue=revenue,
        )
    elif best["customer_count"] < people:
        others = worded("no segment has more customers")
    evidence = worded("{parts}.", parts=say.lined_up([base, others] if others else [base]))
    return Finding("segments", claim, best["revenue_share"], n=people, unit="share", evidence=evidence)


def _orders_of(window_days: int | None) -> str:
    if window_days is None:
        return worded("all orders")
    return worded("orders of the latest {days}", days=say.counted(window_days, "day"))


def _worthless(sizes: pd.DataFrame, window_days: int | None, **everybody: str) -> str:
    """Why the value of segments is unknown."""
    if window_days is not None and not sizes["order_count"].sum():
        return worded(
            "Of {customers} by {day}; no order lies in the latest {days}, so frequency and value are 0 for everybody: "
            "a longer `rfm_window_days` would tell them apart.",
            **everybody,
            days=say.counted(window_days, "day"),
        )
    return worded("Of {customers} by {day}; nothing was earned, so the value of segments is unknown.", **everybody)


def newness(
    rows: pd.DataFrame,
    *,
    scheme: Scheme | None = None,
    as_of: date,
    level: float,
    elsewhere: pd.DataFrame | None = None,
    schemes: Mapping[str, Scheme] | None = None,
) -> Finding:
    """Whether segments that are called new are new in days; a row is such a segment, as `newness.newness` has it.

    `elsewhere` are those of the other `schemes` in the tables, as `newness.of_schemes` has them; false ones are told.
    """
    there, also = rows[rows["customer_count"] > 0], _false_elsewhere(elsewhere, schemes or {})
    if there.empty and rows["customer_count"].isna().any():
        return untold("late_share", worded("Whether those called new are new is"))
    if there.empty:
        unnamed = worded("No segment's name says that its customers are new.")
        return Finding("late_share", unnamed if rows.empty else worded("Nobody is called new."), n=0, evidence=also)
    row = there.nlargest(1, "late_share").to_dict("records")[0]
    name = say.quoted(naming.segment_name(scheme, row["segment"]) if scheme else row["segment"])
    said = {"name": name, "share": say.share(row["late_share"]), "limit": say.counted(row["limit_days"], "day")}
    is_false = row["late_share"] > FALSE_ABOVE
    true = worded("{share} of customers called {name} first ordered more than {limit} ago.", **said)
    false = worded(
        "The name {name} is false: {share} of customers called {name} first ordered more than {limit} ago.", **said
    )
    interval = say.interval(say.share(row["low"]), say.share(row["high"]), level=level, is_start=True)
    base = worded(
        "{interval}; {count} of {customers}, before {day}.",
        interval=interval,
        count=say.number(row["late_count"]),
        customers=say.counted(row["customer_count"], "customer"),
        day=say.day(as_of),
    )
    bounds = (row["late_share"], row["low"], row["high"])
    evidence = sentences(base, _mended(row, limit=said["limit"]) if is_false else "", also)
    return Finding("late_share", false if is_false else true, *bounds, row["customer_count"], "share", evidence)


def _mended(row: Mapping[Any, Any], *, limit: str) -> str:
    """How late those are whose name is false, and by which cuts nobody would be called so falsely."""
    return worded(
        "Half of all of them first ordered {days} days ago or longer; with custom cuts of the days since the "
        "last order ({cuts}) nobody who last ordered more than {limit} ago would be called so.",
        days=say.number(row["median_days"]),
        cuts=say.listed([say.number(cut) for cut in _cuts(row["limit_days"])]),
        limit=limit,
    )


def _false_elsewhere(rows: pd.DataFrame | None, schemes: Mapping[str, Scheme]) -> str:
    """The sentence on names of other schemes that are false; nothing where none is."""
    if rows is None or (false := false_names(rows)).empty:
        return ""
    names = [_of_scheme(row["segment"], row["scheme"], schemes) for row in false.to_dict("records")]
    return worded_n(
        len(names),
        "In the tables {names} is called so falsely, too.",
        "In the tables {names} are called so falsely, too.",
        names=say.listed(names),
    )


def _of_scheme(segment: str, scheme: str, schemes: Mapping[str, Scheme]) -> str:
    """A segment with the scheme that it is of."""
    name = naming.segment_name(schemes[scheme], segment) if scheme in schemes else segment
    title = say.quoted(naming.title(schemes[scheme])) if scheme in schemes else scheme
    return worded("{segment} of {scheme}", segment=say.quoted(name), scheme=title)


def _cuts(limit_days: int) -> list[int]:
    """Cuts of recency of which the upper three scores lie within so many days, the fourth within twice as many."""
    return [-(-limit_days // 4) + 1, -(-limit_days // 2) + 1, limit_days + 1, 2 * limit_days + 1]


def _called(scheme: Scheme, name: str) -> str:
    """A segment in a sentence, in English a Chinese name with its gloss behind it."""
    segment = next((segment for segment in scheme.segments if segment.name == name), None)
    gloss = f" ({segment.en})" if segment and segment.en and spoken() == "en" else ""
    return say.quoted(naming.segment_name(scheme, name)) + gloss


def unused(score_sizes: pd.DataFrame, *, schemes: Mapping[str, Scheme], bins: str = "quantile") -> Finding:
    """Which scores nobody has, and which segments nobody can be in; a row of `score_sizes` is a score of a measure.

    `bins` is how the scores were cut.
    """
    empty_scores = score_sizes[score_sizes["customer_count"] == 0]
    scores = [f"{LETTERS[row['measure']]} {row['score']}" for row in empty_scores.to_dict("records")]
    claim, evidence = worded("All five scores occur."), []
    if scores:
        claim = worded("Nobody has {scores}.", scores=_or(scores))
        equal = worded("Customers who are equal in a measure share one score, so a score can be left over.")
        cut = worded("The cuts ({bins}) leave it over.", bins=bins)
        evidence = [equal if bins.startswith("quantile") else cut]
    evidence += [_dead(scheme, dead) for scheme in schemes.values() if (dead := dead_segments(scheme))]
    return Finding("unused_scores", claim, float(len(scores)), unit="count", evidence=sentences(*evidence))


def _dead(scheme: Scheme, names: list[str]) -> str:
    return worded(
        "By {scheme} nobody can ever be in {segments}: the rules before have all their customers.",
        scheme=say.quoted(naming.title(scheme)),
        segments=_or([say.quoted(naming.segment_name(scheme, name)) for name in names]),
    )


def _or(items: list[str]) -> str:
    if len(items) == 1:
        return items[0]
    return worded("{items} or {item}", items=say.itemised(items[:-1]), item=items[-1])


def meaning(thresholds: pd.DataFrame, score_sizes: pd.DataFrame, *, window_days: int | None, currency: str) -> Table:
    """What R, F and M are, and what each score of them means.

    A row of `thresholds` is a bin of a scheme, as `small_groups.hide_edges` gives it.
    """
    headings = _headings(window_days, currency)
    bins = {
        (row["measure"], row["score"]): (row["from"], row["to"], row["is_hidden"])
        for row in thresholds[thresholds["scheme"] == "scores"].to_dict("records")
    }
    counts = score_sizes.set_index(["measure", "score"])["customer_count"]
    of_score = worded("score")
    shown, formats = pd.DataFrame({of_score: range(5, 0, -1)}), {}
    for measure, (heading, grain) in headings.items():
        shown[heading] = [_range(*bins.get((measure, score), UNKNOWN), grain=grain) for score in shown[of_score]]
        customers = worded("customers, {letter}", letter=LETTERS[measure])
        shown[customers] = [counts.get((measure, score), 0) for score in shown[of_score]]
        formats[customers] = say.number
    caption = worded(
        "What a score means: 5 is the best, both ends of a range belong to it, equal customers share a score"
    )
    return tables.table(shown, caption=caption, formats=formats)


def _headings(window_days: int | None, currency: str) -> dict[str, tuple[str, Decimal]]:
    """What each measure is called over a table, and the finest step that it goes in."""
    recency = worded("R: days since the last order")
    frequency = worded("F: orders of all time")
    value = worded("M: revenue of all time, {currency}", currency=named(currency))
    if window_days is not None:
        days = say.counted(window_days, "day")
        frequency = worded("F: orders in {days}", days=days)
        value = worded("M: revenue in {days}, {currency}", days=days, currency=named(currency))
    return {"days_since_last": (recency, ONE), "order_count": (frequency, ONE), "value_amount": (value, CENT)}


def _range(low: float, end: float, is_hidden: bool, *, grain: Decimal) -> str:
    """From the first to the last value of a bin, both included; in the frame it is half-open."""
    if is_hidden:
        return say.number(None)
    digits = 0 if grain == ONE else 2
    first = None if math.isnan(low) else _up(low, grain)
    last = None if math.isnan(end) else _up(end, grain) - grain
    if first is not None and last is not None and last < first:
        return worded("not used")
    if first is None and last is None:
        return worded("any")
    if first is None:
        return worded("{number} or less", number=say.number(last, digits=digits))
    if last is None:
        return worded("{number} or more", number=say.number(first, digits=digits))
    if first == last:
        return say.number(first, digits=digits)
    return worded("{low} to {high}", low=say.number(first, digits=digits), high=say.number(last, digits=digits))


def _up(value: float, grain: Decimal) -> Decimal:
    return math.ceil(Decimal(repr(value)) / grain) * grain


@themed
def heat_map(grid: pd.DataFrame, *, currency: str) -> Drawing:
    """Customers by recency and frequency score; a row of `grid` is a pair of scores, as `rfm.score_grid` gives it.

    Of pairs of few customers, whose counts are missing, nothing is shown.
    """
    title = worded("Customers by recency and frequency")
    if not len(grid):
        return empty(title, worded("Nobody has ordered yet."))
    figure, (axes,) = canvas(height=4.2)
    cells = {(int(row["r_score"]), int(row["f_score"])): row for row in grid.to_dict("records")}
    counts = np.array(
        [[_float(cells.get((r, f), {}).get("customer_count", 0)) for f in range(1, 6)] for r in range(5, 0, -1)]
    )
    texts = [[_cell(cells.get((r, f)), currency=currency) for f in range(1, 6)] for r in range(5, 0, -1)]
    written_cells(axes, counts, texts=texts, limits=(0, max(1.0, float(np.nanmax([*counts.ravel(), 0])))), size="small")
    axes.set_xticks(np.arange(5) + 0.5, [worded("1\nseldom"), "2", "3", "4", worded("5\noften")])
    axes.set_yticks(np.arange(5) + 0.5, [worded("5, lately"), "4", "3", "2", worded("1, long ago")])
    axes.set(xlabel=worded("frequency score (F)"), ylabel=worded("recency score (R)"))
    people = say.number(int(grid["customer_count"].sum()))
    axes.set_title(worded("{title}: number, and mean revenue of each (n = {n})", title=title, n=people))
    return Drawing(figure, _map_alt(cells, title, people, currency), is_dense=True)


def _map_alt(cells: Mapping[tuple[int, int], Mapping[Hashable, Any]], title: str, n: str, currency: str) -> str:
    shown = [at for at in cells if not say.is_missing(cells[at]["customer_count"])]
    whole = worded("{title}, {n} in all", title=title, n=n)
    part = worded("{title}, {n} in the cells that are not hidden", title=title, n=n)
    of_whom = whole if len(shown) == len(cells) else part
    if not shown:
        return worded("{parts}.", parts=of_whom)
    most = max(shown, key=lambda at: cells[at]["customer_count"])
    best = max(shown, key=lambda at: cells[at]["mean_amount"])
    return worded(
        "{people}: most have R {r} and F {f} ({customers}); those with R {best_r} and F {best_f} are worth most each "
        "({money}).",
        people=of_whom,
        r=most[0],
        f=most[1],
        customers=say.counted(int(cells[most]["customer_count"]), "customer"),
        best_r=best[0],
        best_f=best[1],
        money=say.money(cells[best]["mean_amount"], currency=currency),
    )


def _cell(row: Mapping[Hashable, Any] | None, *, currency: str) -> str:
    """What is written of a pair of scores: how many customers, and what they are worth each."""
    if row is None or row["customer_count"] == 0:
        return worded("nobody")
    if say.is_missing(row["customer_count"]):
        return worded("hidden")
    return f"{say.number(row['customer_count'])}\n{say.money(row['mean_amount'], currency=currency)}"


@themed
def sizes(frame: pd.DataFrame, *, scheme: Scheme) -> Drawing:
    """Each segment's share of customers and of revenue; a row of `frame` is a segment of this scheme."""
    title, people = worded("Segments: share of customers and of revenue"), int(frame["customer_count"].sum())
    if not people:
        return empty(title, worded("There is nobody to show."))
    figure, (axes,) = canvas(height=1.1 + 0.46 * len(frame))
    place = np.arange(len(frame))[::-1]
    axes.barh(place + 0.2, frame["customer_share"], 0.38, color=FAINT)
    axes.barh(place - 0.2, frame["revenue_share"].fillna(0), 0.38, color=BLUE)
    for at, row in zip(place, frame.to_dict("records"), strict=True):
        customers, revenue = say.counted(row["customer_count"], "customer"), say.share(row["revenue_share"])
        text = worded("{customers} ({share})", customers=customers, share=say.share(row["customer_share"]))
        axes.text(row["customer_share"], at + 0.2, f" {text}", va="center")
        part = 0 if say.is_missing(row["revenue_share"]) else row["revenue_share"]
        axes.text(part, at - 0.2, f" {worded('{share} of revenue', share=revenue)}", va="center")
    axes.set_yticks(place, [_label(scheme, name) for name in frame["segment"]])
    widest = max(frame["customer_share"].max(), frame["revenue_share"].fillna(0).max())
    axes.set(xlim=(0, 1.3 * widest), ylim=(-0.6, len(frame) - 0.4), xlabel=worded("share of all"))
    axes.set_xticks([at for at in axes.get_xticks() if at <= min(1, 1.3 * widest)])
    axes.set_title(worded("{title} (n = {n})", title=title, n=say.number(people)))
    axes.xaxis.set_major_formatter(SHARE_AXIS)
    axes.grid(visible=False, axis="y")
    parts = [
        worded(
            "{segment} {customers}, {share}",
            segment=naming.segment_name(scheme, row["segment"]),
            customers=say.counted(row["customer_count"], "customer"),
            share=say.share(row["revenue_share"]),
        )
        for row in frame.to_dict("records")
    ]
    alt = worded(
        "{scheme}, with the share of revenue: {parts}.", scheme=naming.title(scheme), parts=say.lined_up(parts)
    )
    return Drawing(figure, alt)


def advice(frame: pd.DataFrame, *, scheme: Scheme, currency: str) -> Table:
    """What one does with each segment, by the scheme; a row of `frame` is a segment of this scheme."""
    known = {segment.name: segment for segment in scheme.segments}
    there = frame[frame["customer_count"] > 0]
    customers, of_all = worded("customers"), worded("of all revenue")
    revenue = worded("revenue, {currency}", currency=named(currency))
    shown = pd.DataFrame(
        {
            worded("segment"): [_glossed(known.get(name), name) for name in there["segment"]],
            customers: there["customer_count"],
            revenue: there["revenue_amount"],
            of_all: there["revenue_share"],
            worded("what one does"): [naming.advice(scheme, name) for name in there["segment"]],
        }
    )
    formats: dict[str, tables.Format] = {customers: say.number, of_all: say.share, revenue: say.number}
    caption = worded("{scheme}: the segments that anybody is in, and the scheme's advice", scheme=naming.title(scheme))
    return tables.table(shown, caption=caption, formats=formats)


def advised(frame: pd.DataFrame, *, scheme: Scheme) -> Finding:
    """What the scheme advises, where no action is stated: for the segment of most revenue and the largest other one."""
    known = {segment.name: segment for segment in scheme.segments if segment.advice}
    there = frame[(frame["customer_count"] > 0) & frame["segment"].isin(list(known))]
    if not len(there):
        none = worded("No action is stated, and the scheme has no advice for these customers.")
        return Finding("advice", none)
    first = there.nlargest(1, "revenue_amount")["segment"].iloc[0]
    others = there[there["segment"] != first].nlargest(1, "customer_count")["segment"].tolist()
    parts = [
        worded(
            "for {segment}: {advice}", segment=_called(scheme, name), advice=naming.advice(scheme, name).rstrip(".。")
        )
        for name in (first, *others)
    ]
    evidence = worded("The scheme advises {parts}.", parts=say.lined_up(parts))
    return Finding("advice", worded("No action is stated."), evidence=evidence)


def _float(count: Any) -> float:
    return math.nan if say.is_missing(count) else float(count)


def _glossed(segment: Segment | None, name: str) -> str:
    """A segment with its name in the other language, where the scheme has one; in Chinese its Chinese name alone."""
    if isinstance(segment, naming.Described):
        return segment.said
    gloss = (segment.en or segment.zh) if segment else None
    if spoken() == "zh":
        return (segment.zh if segment else None) or name
    return f"{name} ({gloss})" if gloss else name


def _label(scheme: Scheme, name: str) -> str:
    """A segment on an axis, in English the gloss of a Chinese name on a line of its own."""
    segment = next((segment for segment in scheme.segments if segment.name == name), None)
    gloss = segment.en if segment and spoken() == "en" else None
    if isinstance(segment, naming.Described):
        return segment.said.replace(", ", ",\n", 1).replace("，", "，\n", 1)
    lines = [naming.segment_name(scheme, name), *([gloss] if gloss else [])]
    return "\n".join(cut(line, letters=LONGEST) for line in lines)
