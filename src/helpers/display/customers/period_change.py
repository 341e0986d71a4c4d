"""What changed against the same days a year before, or the period before: revenue and its three factors."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from datetime import date

import numpy as np
import pandas as pd

from helpers.days import holds_whole_years
from helpers.display import language as say
from helpers.display import tables
from helpers.display.cards import Card, Cards, change
from helpers.display.charts import key_on_top
from helpers.display.figures import SHARE_AXIS, Drawing, canvas, empty
from helpers.display.findings import Finding
from helpers.display.tables import Table
from helpers.display.theme import BLUE, INK, ORANGE, themed
from helpers.display.wording import named, sentences, vocabulary, worded
from helpers.models.customers.changes import YEAR_COLUMNS

Measure = dict[Hashable, float]
MEASURES = vocabulary(
    "revenue",
    "customers who bought",
    "orders per customer",
    "revenue per order",
)
"""As the model calls them."""


def findings(measures: pd.DataFrame, *, days: int, as_of: date, currency: str, level: float) -> list[Finding]:
    """Revenue of the latest period against the same days a year before, where the data hold it, and before it.

    The first is the one to lead with. A row of `measures` is a measure, revenue among them, as
    `changes.with_year_before` gives it: measure, current, previous, change, low, high (relative, -1 or more), n, and
    the same of the year before.
    """
    (row,) = measures[measures["measure"] == "revenue"].drop(columns="measure").astype(float).to_dict("records")
    now = {"amount": say.money(row["current"], currency=currency), "day": say.day(as_of)}
    now["days"] = say.counted(days, "day")
    of_year: Measure = {name: row[column] for name, column in YEAR_COLUMNS.items()}
    before = _against_before(now, row, has_year=not say.is_missing(of_year["previous"]), days=days, level=level)
    if say.is_missing(of_year["change"]):
        return [before]
    claim, interval = _moved(of_year, than=worded("the same {days} days a year before", days=days), level=level)
    return [_told("revenue_year_change", claim, of_year, _evidence(interval, now)), before]


def _evidence(interval: str, now: Mapping[str, str]) -> str:
    return worded("{interval}; revenue was {amount} in the {days} to {day}.", interval=interval, **now)


def _against_before(now: Mapping[str, str], row: Measure, *, has_year: bool, days: int, level: float) -> Finding:
    alone = worded("Revenue was {amount} in the {days} to {day}.", **now)
    if say.is_missing(row["previous"]):
        why = worded("There is no comparison: the data do not reach back through the same time before.")
        return Finding("revenue_change", alone, evidence=why)
    if say.is_missing(row["change"]):
        why = worded("There is no comparison: nothing was earned in the same time before.")
        return Finding("revenue_change", alone, evidence=why)
    claim, interval = _moved(row, than=worded("the {days} days before", days=days), level=level)
    evidence = _evidence(interval, now)
    if not holds_whole_years(days):
        other_days = worded("Season may be in it: these are other days of the year.")
        no_year = worded("Season may be in it: the data hold no year before to compare with.")
        evidence = sentences(evidence, other_days if has_year else no_year)
    return _told("revenue_change", claim, row, evidence)


def _moved(row: Measure, *, than: str, level: float) -> tuple[str, str]:
    """The claim, and the interval that it rests on."""
    low, high = row["low"], row["high"]
    interval = say.interval(say.signed_share(low), say.signed_share(high), level=level, is_start=True)
    size = say.share(abs(row["change"]))
    if low <= 0 <= high:
        unclear = worded("Revenue has not clearly changed against {period}.", period=than)
        return unclear, worded("{change}, {interval}", change=say.signed_share(row["change"]), interval=interval)
    rose = worded("Revenue rose {size} against {period}.", size=size, period=than)
    fell = worded("Revenue fell {size} against {period}.", size=size, period=than)
    return rose if row["change"] >= 0 else fell, interval


def _told(key: str, claim: str, row: Measure, evidence: str) -> Finding:
    return Finding(key, claim, row["change"], row["low"], row["high"], int(row["n"]), "share", evidence)


def cards(measures: pd.DataFrame, months: pd.DataFrame, *, days: int, currency: str) -> Cards:
    """Revenue and its factors in the latest period, each with its change and the months before.

    `measures` as `findings` takes it; a row of `months` is a whole month, with a column for each measure, as
    `trend.by_measure` gives it.
    """
    has_year = measures["year_change"].notna().any()
    against = worded("the year before") if has_year else worded("the {days} days before", days=days)
    prefix = "year_" if has_year else ""
    return Cards(
        tuple(
            Card(
                worded("{measure}, {days} days", measure=_capital(named(row["measure"])), days=days),
                say.money(row["current"], currency=currency) if "revenue" in row["measure"] else _sized(row["current"]),
                change(*(row[f"{prefix}{name}"] for name in ("change", "low", "high")), against=against),
                tuple(months[row["measure"]].astype(float)),
            )
            for row in measures.to_dict("records")
        )
    )


@themed
def figure(frame: pd.DataFrame) -> Drawing:
    """Relative changes with their intervals, against the year before and the period before.

    A row of `frame` is a measure, as `changes.with_year_before` gives it: measure, change, low, high, year_change,
    year_low, year_high.
    """
    title = worded("Change against the period before")
    before, a_year_before = worded("against the period before"), worded("against the same days a year before")
    drawn_of = [("", before, BLUE, "o"), ("year_", a_year_before, ORANGE, "s")]
    known = [one for one in drawn_of if frame[f"{one[0]}change"].notna().any()]
    if not known:
        return empty(title, worded("There is nothing to compare the latest period with."))
    if len(known) > 1:
        title = worded("Change against the same days a year before, and the period before")
    drawn, (axes,) = canvas(height=1.2 + 0.36 * len(frame) * len(known))
    place = np.arange(len(frame))[::-1]
    axes.axvline(0, color=INK, linewidth=0.8)
    for at, (prefix, label, color, marker) in enumerate(known):
        line = place + 0.3 * (at - (len(known) - 1) / 2)
        axes.hlines(line, frame[f"{prefix}low"], frame[f"{prefix}high"], color=color, linewidth=2)
        axes.scatter(frame[f"{prefix}change"], line, color=color, marker=marker, zorder=3, label=label)
    axes.set_yticks(place, [named(measure) for measure in frame["measure"]])
    axes.set_ylim(-0.6, len(frame) - 0.4)
    axes.set(title=worded("{title} (point and interval)", title=title), xlabel=worded("relative change"))
    axes.xaxis.set_major_formatter(SHARE_AXIS)
    if len(known) > 1:
        key_on_top(axes, columns=1)
    return Drawing(drawn, sentences(*(_alt(frame, prefix, label) for prefix, label, *_ in reversed(known))))


def _alt(frame: pd.DataFrame, prefix: str, label: str) -> str:
    parts = [
        worded("{name} {share}", name=named(row["measure"]), share=say.signed_share(row[f"{prefix}change"]))
        for row in frame.to_dict("records")
    ]
    return worded("Change {label}: {parts}.", label=label, parts=say.itemised(parts))


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]


def table(frame: pd.DataFrame, *, days: int, currency: str) -> Table:
    """The periods and the intervals of the changes.

    A row of `frame` is a measure, as `changes.with_year_before` gives it: measure, current, previous, change, low,
    high, year_before, year_change, year_low, year_high.
    """
    names = {"measure": worded("measure"), "current": worded("latest {days} days", days=days)}
    if frame["year_before"].notna().any():
        names |= {
            "year_before": worded("a year before"),
            "year_change": worded("year change"),
            "year_low": worded("year from"),
            "year_high": worded("year to"),
        }
    names |= {"previous": worded("{days} days before", days=days), "change": worded("change")}
    names |= {"low": worded("from"), "high": worded("to")}
    measures = [_with_unit(measure, currency) for measure in frame["measure"]]
    shown = frame[list(names)].assign(measure=measures).rename(columns=names)
    sizes = {names[name] for name in ("current", "previous", "year_before") if name in names}
    formats: dict[str, tables.Format] = {
        name: _sized if name in sizes else say.signed_share for name in shown.columns[1:]
    }
    caption = worded("Customers × orders per customer × revenue per order = revenue")
    return tables.table(shown, caption=caption, formats=formats)


def _with_unit(measure: str, currency: str) -> str:
    if "revenue" not in measure:
        return named(measure)
    return worded("{measure}, {currency}", measure=named(measure), currency=named(currency))


def _sized(value: float) -> str:
    """Counts and large sums without decimals, small sums and ratios with two."""
    return say.number(value, digits=0 if abs(value) >= 1000 or value == round(value, 0) else 2)
