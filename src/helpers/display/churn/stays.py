"""How long subscriptions last: survival by plan, why they end, and what goes with ending sooner."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import numpy as np
import pandas as pd

from helpers.display import language as say
from helpers.display import tables
from helpers.display.figures import SHARE_AXIS, Drawing, canvas, empty
from helpers.display.findings import Finding, estimated
from helpers.display.tables import Table
from helpers.display.theme import BLUE, GREEN, INK, ORANGE, PURPLE, SKY, VERMILION, themed
from helpers.models.churn.plans import ALL, INCIDENT, Curves, Hazards

LINES = ((BLUE, "-"), (ORANGE, "--"), (GREEN, "-."), (VERMILION, ":"), (SKY, "-"), (PURPLE, "--"))
MOST_LINES = len(LINES)
TITLE = "Subscriptions still there, by plan"


def none_delivered() -> Finding:
    """Where no subscriptions were delivered, or none could be told of."""
    return Finding("churn_stays", "How long subscriptions last is unknown: too few of them were delivered.")


def stays(curves: Curves, *, level: float) -> Finding:
    """How many subscriptions are still there after a year, or the longest time that was watched of all plans."""
    age, year = say.counted(curves.until_days, "day"), curves.year
    claim = f"{say.share(year.value)} of subscriptions are still there after {age}."
    interval = say.interval(say.share(year.low), say.share(year.high), level=level, is_start=True)
    every = _rows(curves)[ALL]
    ended, n = say.number(every["ended_count"]), say.number(every["spell_count"])
    evidence = f"{interval}; Kaplan-Meier; {ended} of {n} have ended, the others are watched on."
    return estimated("churn_stays", claim, year, "share", evidence=evidence)


def plans(curves: Curves, *, level: float) -> Finding:
    """Whether plans differ in how long subscriptions last, and by how much."""
    if curves.gap is None:
        return Finding("churn_plans", "There is one plan of subscriptions only, so there is nothing to compare.")
    age, gap, test = say.counted(curves.until_days, "day"), curves.gap, curves.test
    interval = say.interval(say.number(gap.low, digits=1), say.number(gap.high, digits=1), level=level)
    evidence = f"{interval}, in the mean of the first {age}; log-rank test of all plans {_p(test.p_value)}."
    claim = (
        f"The plan {say.quoted(curves.longest)} keeps subscribers {say.number(gap.value)} days longer than "
        f"{say.quoted(curves.shortest)}, within {age}."
        if test.p_value < 1 - level
        else "Plans do not clearly differ in how long subscriptions last."
    )
    return Finding(
        "churn_plans", claim, gap.value, gap.low, gap.high, int(curves.summary["spell_count"].iloc[0]), "days", evidence
    )


@themed
def survival(curves: Curves, *, level: float) -> Drawing:
    """A curve per plan with its band, and the numbers at risk under them."""
    names = list(curves.curves)[:MOST_LINES]
    figure, (axes,) = canvas(height=4.2)
    for name, (color, style) in zip(names, LINES, strict=False):
        own = curves.table[curves.table["stratum"] == name]
        axes.step(own["age_days"], own["survival_share"], where="post", color=color, linestyle=style, label=name)
        axes.fill_between(own["age_days"], own["low"], own["high"], step="post", color=color, alpha=0.15)
    axes.set(title=f"{TITLE} (band: {say.exact_share(level)} interval)", ylabel="share still there", ylim=(0, 1.02))
    axes.set_xlabel("days since the start; below: subscriptions at risk")
    axes.yaxis.set_major_formatter(SHARE_AXIS)
    axes.legend(fontsize=8)
    ticks = _ticks(curves.table)
    counts = curves.table.pivot(index="age_days", columns="stratum", values="at_risk_count")
    axes.set_xticks(ticks, ["\n".join([str(age), *(_at_risk(counts, age, name) for name in names)]) for age in ticks])
    return Drawing(figure, f"Of subscriptions: {'; '.join(_read(curves, name) for name in names)}.")


def _rows(curves: Curves) -> dict[str, dict[str, Any]]:
    return {str(row["stratum"]): {str(name): one for name, one in row.items()} for row in _records(curves.summary)}


def _records(frame: pd.DataFrame) -> list[dict[Hashable, Any]]:
    return frame.to_dict("records")


def _at_risk(counts: pd.DataFrame, age: int, name: str) -> str:
    value = counts[name].get(age, np.nan)
    return f"{name} {say.number(0 if value != value else value)}"


def _ticks(table: pd.DataFrame) -> list[int]:
    """Six ages at most, all of them rows of the table."""
    ages = sorted(table["age_days"].unique())
    return [int(ages[place]) for place in np.linspace(0, len(ages) - 1, min(len(ages), 6)).astype(int)]


def _read(curves: Curves, name: str) -> str:
    row = _rows(curves)[name]
    half = f"half have ended by day {say.number(row['median_days'])}"
    median = "more than half are still there" if say.is_missing(row["median_days"]) else half
    return f"{name}, n = {say.number(row['spell_count'])}: {median}"


def plan_table(curves: Curves, *, level: float) -> Table:
    """How long the subscriptions of each plan last."""
    rows, age = curves.summary, say.counted(curves.until_days, "day")
    names = {
        "stratum": "plan",
        "spell_count": "subscriptions",
        "ended_count": "ended",
        "median_days": "half ended by day",
        "median_low": "from",
        "median_high": "to",
        "mean_days": f"days in the first {curves.until_days}",
        "mean_low": "at least",
        "mean_high": "at most",
    }
    shown = rows[list(names)].rename(columns=names)
    caption = f"Subscriptions by plan; means within {age}; bounds: {say.exact_share(level)} intervals"
    return tables.table(shown, caption=caption, formats=dict.fromkeys(list(names.values())[1:], say.number))


def reasons(incidence: pd.DataFrame, *, level: float) -> Finding:
    """Why most subscriptions end. A row of `incidence` is a reason at one age, the most frequent first."""
    if incidence.empty:
        return Finding("churn_reasons", "Why subscriptions end is unknown: no reason was delivered often enough.")
    row = incidence.iloc[0]
    age = say.counted(int(row["age"]), "day")
    claim = f"{say.share(row['share'])} of subscriptions end within {age} for the reason {say.quoted(row['reason'])}."
    interval = say.interval(say.share(row["low"]), say.share(row["high"]), level=level, is_start=True)
    others = ", ".join(f"{say.quoted(r['reason'])} {say.share(r['share'])}" for r in incidence[1:].to_dict("records"))
    evidence = f"{interval}; Aalen-Johansen, other reasons compete{f'; {others}' if others else ''}."
    bounds = (row["share"], row["low"], row["high"])
    return Finding("churn_reasons", claim, *bounds, int(row["ended_count"]), "share", evidence)


def reason_table(incidence: pd.DataFrame, *, level: float) -> Table:
    """The share of subscriptions that end for each reason."""
    shown = pd.DataFrame(
        {
            "reason": incidence["reason"],
            "by day": incidence["age"],
            "ended for it": incidence["ended_count"],
            "share of all": incidence["share"],
            "from": incidence["low"],
            "to": incidence["high"],
        }
    )
    formats: dict[str, tables.Format] = dict.fromkeys(["share of all", "from", "to"], say.share)
    formats |= dict.fromkeys(["by day", "ended for it"], say.number)
    caption = f"Why subscriptions end, reasons competing; from, to: {say.exact_share(level)} interval"
    return tables.table(shown, caption=caption, formats=formats)


def incident(hazards: Hazards, *, level: float) -> Finding:
    """What a bad service incident goes with: an association, for nobody was given an incident by chance."""
    rows = hazards.table[hazards.table["term"] == INCIDENT]
    if rows.empty:
        why = hazards.problem or "too few subscribers met one, or none was delivered"
        claim = "What a bad service incident does to subscriptions is unknown."
        return Finding("churn_incident", claim, evidence=f"{why[0].upper()}{why[1:]}.")
    row = rows.iloc[0]
    is_clear = not row["low"] <= 0 <= row["high"]
    direction, times = "sooner" if row["hazard_ratio"] > 1 else "later", say.number(row["hazard_ratio"], digits=2)
    claim = "Subscriptions do not clearly end sooner after a bad service incident."
    if is_clear:
        claim = f"After a bad service incident subscriptions end {direction}: {times} times the risk of others."
    low, high = (say.number(row[f"hazard_ratio_{end}"], digits=2) for end in ("low", "high"))
    evidence = (
        f"{say.interval(low, high, level=level, is_start=True)}; Cox, of the same plan and age; "
        f"{say.number(hazards.incident_count)} of {say.number(hazards.n)} met one; an association, not an effect"
        f"{_proportion(row['proportional_p_value'], level)}."
    )
    bounds = (row["hazard_ratio"], row["hazard_ratio_low"], row["hazard_ratio_high"])
    return Finding("churn_incident", claim, *bounds, hazards.n, "", evidence)


def _proportion(p_value: float, level: float) -> str:
    return "; the ratio changes with age, and this is its mean" if p_value < 1 - level else ""


def hazard_table(hazards: Hazards, *, level: float) -> Table:
    """What goes with ending sooner, term by term."""
    rows = hazards.table
    shown = pd.DataFrame(
        {
            "term": [name if name == INCIDENT else f"plan {name}, not {hazards.base}" for name in rows["term"]],
            "risk, times": rows["hazard_ratio"],
            "from": rows["hazard_ratio_low"],
            "to": rows["hazard_ratio_high"],
            "p": rows["p_value"],
            "p, same at all ages": rows["proportional_p_value"],
        }
    )
    formats: dict[str, tables.Format] = dict.fromkeys(["risk, times", "from", "to"], _two)
    formats |= dict.fromkeys(["p", "p, same at all ages"], _three)
    caption = f"What goes with ending sooner (Cox); from, to: {say.exact_share(level)} interval"
    return tables.table(shown, caption=caption, formats=formats)


@themed
def hazard_figure(hazards: Hazards, *, level: float) -> Drawing:
    """Ratios of risk with their intervals, on a scale on which half and twice lie equally far from one."""
    rows = hazards.table
    if rows.empty:
        return empty("What goes with ending sooner", hazards.problem)
    figure, (axes,) = canvas(height=1.4 + 0.4 * len(rows))
    place = np.arange(len(rows))[::-1]
    axes.axvline(1.0, color=INK, linewidth=0.8)
    axes.hlines(place, rows["hazard_ratio_low"], rows["hazard_ratio_high"], color=BLUE, linewidth=2)
    axes.scatter(rows["hazard_ratio"], place, color=BLUE, zorder=3)
    axes.set_xscale("log", base=2)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.set_yticks(place, rows["term"])
    axes.set(title=f"Risk to end, times that of plan {hazards.base} (line: {say.exact_share(level)} interval)")
    axes.set_xlabel(f"times the risk (n = {say.number(hazards.n)})")
    axes.set_ylim(-0.6, len(rows) - 0.4)
    parts = [f"{row['term']} {say.number(row['hazard_ratio'], digits=2)}" for row in rows.to_dict("records")]
    return Drawing(figure, f"Risk to end, times that of plan {hazards.base}: {', '.join(parts)}.")


def _p(value: float) -> str:
    return "p below 0.001" if value < 0.001 else f"p = {value:.3f}"


def _two(value: float) -> str:
    return say.number(value, digits=2)


def _three(value: float) -> str:
    return "below 0.001" if value < 0.001 else say.number(value, digits=3)
