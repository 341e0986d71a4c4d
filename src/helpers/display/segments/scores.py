"""Scores and segments on the page: who they are, what they are worth, and what a score means in plain units."""

from __future__ import annotations

import math
import unicodedata
from bisect import bisect_left
from collections.abc import Hashable, Mapping
from datetime import date
from decimal import Decimal
from itertools import accumulate
from typing import Any

import numpy as np
import pandas as pd

from helpers.display import language as say
from helpers.display import tables
from helpers.display.charts import cells as written_cells
from helpers.display.figures import SHARE_AXIS, Drawing, canvas, empty
from helpers.display.findings import Finding, untold
from helpers.display.tables import Table
from helpers.display.theme import BLUE, FAINT, themed
from helpers.schemes.scheme import Scheme, Segment, dead_segments

LETTERS = {"days_since_last": "R", "order_count": "F", "value_amount": "M"}
MOST = 0.5
"""Share of a segment's customers above which a name that is not true of them is called false."""
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
        return untold("segments", "No segment is large enough to be told of, so their sizes are")
    if not people:
        return Finding("segments", f"Nobody had ordered by {say.day(as_of)}, so there are no segments.", n=0)
    largest, best = (max(rows, key=lambda row: row[by]) for by in ("customer_count", "revenue_amount"))
    base = f"Of {say.counted(people, 'customer')} by {say.day(as_of)}"
    most = f"no segment has more customers than {_called(scheme, largest['segment'])}, {_people(largest)}"
    if sizes["revenue_share"].isna().all():
        why = "nothing was earned, so the value of segments is unknown"
        if window_days is not None and not sizes["order_count"].sum():
            why = (
                f"no order lies in the latest {say.counted(window_days, 'day')}, so frequency and value are 0 for "
                "everybody: a longer `rfm_window_days` would tell them apart"
            )
        claim = f"{most[0].upper()}{most[1:]}."
        return Finding("segments", claim, n=people, evidence=f"{base}; {why}.")
    when = "all orders" if window_days is None else f"orders of the latest {say.counted(window_days, 'day')}"
    money = say.money(best["revenue_amount"], currency=currency)
    claim = (
        f"{say.share(best['customer_share'])} of customers are {_called(scheme, best['segment'])} and bring "
        f"{say.share(best['revenue_share'])} of revenue."
    )
    evidence = f"{base}, {say.number(best['customer_count'])}; {money}, {when}"
    if largest["customer_count"] > best["customer_count"]:
        evidence += f"; {most}, with {say.share(largest['revenue_share'])} of revenue"
    elif best["customer_count"] < people:
        evidence += "; no segment has more customers"
    return Finding("segments", claim, best["revenue_share"], n=people, unit="share", evidence=f"{evidence}.")


def newness(rows: pd.DataFrame, *, as_of: date, level: float, elsewhere: pd.DataFrame | None = None) -> Finding:
    """Whether segments that are called new are new in days; a row is such a segment, as `newness.newness` has it.

    `elsewhere` are those of the other schemes in the tables, as `newness.of_schemes` has them; false ones are told.
    """
    there, also = rows[rows["customer_count"] > 0], _false_elsewhere(elsewhere)
    if there.empty and rows["customer_count"].isna().any():
        return untold("late_share", "Whether those called new are new is")
    if there.empty:
        why = "No segment's name says that its customers are new" if rows.empty else "Nobody is called new"
        return Finding("late_share", f"{why}.{also}", n=0)
    row = there.nlargest(1, "late_share").to_dict("records")[0]
    name, limit = say.quoted(row["segment"]), say.counted(row["limit_days"], "day")
    interval = say.interval(say.share(row["low"]), say.share(row["high"]), level=level, is_start=True)
    late = f"{say.share(row['late_share'])} of customers called {name} first ordered more than {limit} ago"
    claim = f"The name {name} is false: {late}." if row["late_share"] > MOST else f"{late}."
    evidence = (
        f"{interval}; {say.number(row['late_count'])} of {say.counted(row['customer_count'], 'customer')}, before "
        f"{say.day(as_of)}"
    )
    if row["late_share"] > MOST:
        evidence += (
            f", half of all of them {say.number(row['median_days'])} days ago or longer; with `rfm_bins: custom` and "
            f"`rfm_cuts` of days_since_last {_cuts(row['limit_days'])} nobody who last ordered more than {limit} ago "
            "would be called so"
        )
    bounds = (row["late_share"], row["low"], row["high"])
    return Finding("late_share", claim, *bounds, row["customer_count"], "share", f"{evidence}.{also}")


def _false_elsewhere(rows: pd.DataFrame | None) -> str:
    """The sentence on names of other schemes that are false; nothing where none is."""
    if rows is None or not (is_false := rows["late_share"] > MOST).any():
        return ""
    names = [f"{say.quoted(row['segment'])} of {row['scheme']}" for row in rows[is_false].to_dict("records")]
    return f" In the tables {say.listed(names)} {'is' if len(names) == 1 else 'are'} called so falsely, too."


def _cuts(limit_days: int) -> list[int]:
    """Cuts of recency of which the upper three scores lie within so many days, the fourth within twice as many."""
    return [-(-limit_days // 4) + 1, -(-limit_days // 2) + 1, limit_days + 1, 2 * limit_days + 1]


def _called(scheme: Scheme, name: str) -> str:
    """A segment in a sentence, a Chinese name with its English gloss behind it."""
    named = next((segment for segment in scheme.segments if segment.name == name), None)
    return say.quoted(name) + (f" ({named.en})" if named and named.en else "")


def _people(row: Mapping[Any, Any]) -> str:
    return f"{say.number(row['customer_count'])} ({say.share(row['customer_share'])})"


def unused(score_sizes: pd.DataFrame, *, schemes: Mapping[str, Scheme], bins: str = "quantile") -> Finding:
    """Which scores nobody has, and which segments nobody can be in; a row of `score_sizes` is a score of a measure.

    `bins` is how the scores were cut.
    """
    empty_scores = score_sizes[score_sizes["customer_count"] == 0]
    named = [f"{LETTERS[row['measure']]} {row['score']}" for row in empty_scores.to_dict("records")]
    sentence, evidence = "All five scores occur.", []
    if named:
        why = "customers who are equal in a measure share one score, so a score can be left over"
        if not bins.startswith("quantile"):
            why = f"the cuts ({bins}) leave it over"
        sentence, evidence = f"Nobody has {_or(named)}.", [f"{why[0].upper()}{why[1:]}."]
    for scheme in schemes.values():
        if dead := dead_segments(scheme):
            evidence.append(
                f"By {say.quoted(scheme.title)} nobody can ever be in {_or([say.quoted(name) for name in dead])}: "
                "the rules before have all their customers."
            )
    return Finding("unused_scores", sentence, float(len(named)), unit="count", evidence=" ".join(evidence))


def _or(items: list[str]) -> str:
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} or {items[-1]}"


def meaning(thresholds: pd.DataFrame, score_sizes: pd.DataFrame, *, window_days: int | None, currency: str) -> Table:
    """What R, F and M are, and what each score of them means.

    A row of `thresholds` is a bin of a scheme, as `small_groups.hide_edges` gives it.
    """
    of_window = "of all time" if window_days is None else f"in {say.counted(window_days, 'day')}"
    headings = {
        "days_since_last": ("R: days since the last order", ONE),
        "order_count": (f"F: orders {of_window}", ONE),
        "value_amount": (f"M: revenue {of_window}, {currency}", CENT),
    }
    bins = {
        (row["measure"], row["score"]): (row["from"], row["to"], row["is_hidden"])
        for row in thresholds[thresholds["scheme"] == "scores"].to_dict("records")
    }
    counts = score_sizes.set_index(["measure", "score"])["customer_count"]
    shown = pd.DataFrame({"score": range(5, 0, -1)})
    for measure, (heading, grain) in headings.items():
        shown[heading] = [_range(*bins.get((measure, score), UNKNOWN), grain=grain) for score in shown["score"]]
        shown[f"customers, {LETTERS[measure]}"] = [counts.get((measure, score), 0) for score in shown["score"]]
    return tables.table(
        shown,
        caption="What a score means: 5 is the best, both ends of a range belong to it, equal customers share a score",
        formats={f"customers, {letter}": say.number for letter in LETTERS.values()},
    )


def _range(low: float, end: float, is_hidden: bool, *, grain: Decimal) -> str:
    """From the first to the last value of a bin, both included; in the frame it is half-open."""
    if is_hidden:
        return say.number(None)
    digits = 0 if grain == ONE else 2
    first = None if math.isnan(low) else _up(low, grain)
    last = None if math.isnan(end) else _up(end, grain) - grain
    if first is not None and last is not None and last < first:
        return "not used"
    if first is None:
        return "any" if last is None else f"{say.number(last, digits=digits)} or less"
    if last is None:
        return f"{say.number(first, digits=digits)} or more"
    if first == last:
        return say.number(first, digits=digits)
    return f"{say.number(first, digits=digits)} to {say.number(last, digits=digits)}"


def _up(value: float, grain: Decimal) -> Decimal:
    return math.ceil(Decimal(repr(value)) / grain) * grain


@themed
def heat_map(grid: pd.DataFrame, *, currency: str) -> Drawing:
    """Customers by recency and frequency score; a row of `grid` is a pair of scores, as `rfm.score_grid` gives it.

    Of pairs of few customers, whose counts are missing, nothing is shown.
    """
    title = "Customers by recency and frequency"
    if not len(grid):
        return empty(title, "Nobody has ordered yet.")
    figure, (axes,) = canvas(height=4.2)
    cells = {(int(row["r_score"]), int(row["f_score"])): row for row in grid.to_dict("records")}
    counts = np.array(
        [[_float(cells.get((r, f), {}).get("customer_count", 0)) for f in range(1, 6)] for r in range(5, 0, -1)]
    )
    texts = [[_cell(cells.get((r, f)), currency=currency) for f in range(1, 6)] for r in range(5, 0, -1)]
    written_cells(axes, counts, texts=texts, limits=(0, max(1.0, float(np.nanmax([*counts.ravel(), 0])))), size="small")
    axes.set_xticks(np.arange(5) + 0.5, ["1\nseldom", "2", "3", "4", "5\noften"])
    axes.set_yticks(np.arange(5) + 0.5, ["5, lately", "4", "3", "2", "1, long ago"])
    axes.set(xlabel="frequency score (F)", ylabel="recency score (R)")
    people = int(grid["customer_count"].sum())
    shown = [at for at in cells if not say.is_missing(cells[at]["customer_count"])]
    all_of_them = "in all" if len(shown) == len(cells) else "in the cells that are not hidden"
    axes.set_title(f"{title}: number, and mean revenue of each (n = {say.number(people)})")
    alt = f"{title}, {say.number(people)} {all_of_them}"
    if shown:
        most = max(shown, key=lambda at: cells[at]["customer_count"])
        best = max(shown, key=lambda at: cells[at]["mean_amount"])
        alt += (
            f": most have R {most[0]} and F {most[1]} ({say.counted(int(cells[most]['customer_count']), 'customer')}); "
            f"those with R {best[0]} and F {best[1]} are worth most each "
            f"({say.money(cells[best]['mean_amount'], currency=currency)})"
        )
    return Drawing(figure, f"{alt}.", is_dense=True)


def _cell(row: Mapping[Hashable, Any] | None, *, currency: str) -> str:
    """What is written of a pair of scores: how many customers, and what they are worth each."""
    if row is None or row["customer_count"] == 0:
        return "nobody"
    if say.is_missing(row["customer_count"]):
        return "hidden"
    return f"{say.number(row['customer_count'])}\n{say.money(row['mean_amount'], currency=currency)}"


@themed
def sizes(frame: pd.DataFrame, *, scheme: Scheme) -> Drawing:
    """Each segment's share of customers and of revenue; a row of `frame` is a segment of this scheme."""
    title = f"Segments: share of customers and of revenue (n = {say.number(int(frame['customer_count'].sum()))})"
    if not frame["customer_count"].sum():
        return empty("Segments: share of customers and of revenue", "There is nobody to show.")
    figure, (axes,) = canvas(height=1.1 + 0.46 * len(frame))
    place = np.arange(len(frame))[::-1]
    axes.barh(place + 0.2, frame["customer_share"], 0.38, color=FAINT)
    axes.barh(place - 0.2, frame["revenue_share"].fillna(0), 0.38, color=BLUE)
    for at, row in zip(place, frame.to_dict("records"), strict=True):
        text = f"{say.counted(row['customer_count'], 'customer')} ({say.share(row['customer_share'])})"
        axes.text(row["customer_share"], at + 0.2, f" {text}", va="center")
        part = 0 if say.is_missing(row["revenue_share"]) else row["revenue_share"]
        axes.text(part, at - 0.2, f" {say.share(row['revenue_share'])} of revenue", va="center")
    glosses = {segment.name: segment for segment in scheme.segments}
    axes.set_yticks(place, [_label(glosses.get(name), name) for name in frame["segment"]])
    widest = max(frame["customer_share"].max(), frame["revenue_share"].fillna(0).max())
    axes.set(xlim=(0, 1.3 * widest), ylim=(-0.6, len(frame) - 0.4), xlabel="share of all")
    axes.set_xticks([at for at in axes.get_xticks() if at <= min(1, 1.3 * widest)])
    axes.set_title(title)
    axes.xaxis.set_major_formatter(SHARE_AXIS)
    axes.grid(visible=False, axis="y")
    parts = [
        f"{row['segment']} {say.counted(row['customer_count'], 'customer')}, {say.share(row['revenue_share'])}"
        for row in frame.to_dict("records")
    ]
    return Drawing(figure, f"{scheme.title}, with the share of revenue: {'; '.join(parts)}.")


def advice(frame: pd.DataFrame, *, scheme: Scheme, currency: str) -> Table:
    """What one does with each segment, by the scheme; a row of `frame` is a segment of this scheme."""
    known = {segment.name: segment for segment in scheme.segments}
    there = frame[frame["customer_count"] > 0]
    shown = pd.DataFrame(
        {
            "segment": [_glossed(known.get(name), name) for name in there["segment"]],
            "customers": there["customer_count"],
            f"revenue, {currency}": there["revenue_amount"],
            "of all revenue": there["revenue_share"],
            "what one does": [known[name].advice if name in known else "" for name in there["segment"]],
        }
    )
    formats: dict[str, tables.Format] = {"customers": say.number, "of all revenue": say.share}
    caption = f"{scheme.title}: the segments that anybody is in, and the scheme's advice"
    return tables.table(shown, caption=caption, formats=formats | {f"revenue, {currency}": say.number})


def advised(frame: pd.DataFrame, *, scheme: Scheme) -> Finding:
    """What the scheme advises, where no action is stated: for the segment of most revenue and the largest other one."""
    known = {segment.name: segment for segment in scheme.segments if segment.advice}
    there = frame[(frame["customer_count"] > 0) & frame["segment"].isin(list(known))]
    if not len(there):
        return Finding("advice", "No action is stated, and the scheme has no advice for these customers.")
    first = there.nlargest(1, "revenue_amount")["segment"].iloc[0]
    others = there[there["segment"] != first].nlargest(1, "customer_count")["segment"].tolist()
    parts = [f"for {_called(scheme, name)}: {known[name].advice.rstrip('.')}" for name in (first, *others)]
    return Finding("advice", "No action is stated.", evidence=f"The scheme advises {'; '.join(parts)}.")


def _float(count: Any) -> float:
    return math.nan if say.is_missing(count) else float(count)


def _glossed(segment: Segment | None, name: str) -> str:
    """A segment with its name in the other language, where the scheme has one."""
    gloss = (segment.en or segment.zh) if segment else None
    return f"{name} ({gloss})" if gloss else name


def _label(segment: Segment | None, name: str) -> str:
    """A segment on an axis, an English gloss on a line of its own."""
    lines = [name, segment.en] if segment and segment.en else [name]
    return "\n".join(map(_cut, lines))


def _cut(line: str) -> str:
    """A line cut to LONGEST, a Chinese character being as wide as two letters."""
    widths = list(accumulate(1 + (unicodedata.east_asian_width(letter) in "WF") for letter in line))
    return line if widths[-1] <= LONGEST else f"{line[: bisect_left(widths, LONGEST)]}…"
