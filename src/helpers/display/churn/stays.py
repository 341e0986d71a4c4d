"""How long subscriptions last: survival by plan, why they end, and what goes with ending sooner."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import numpy as np
import pandas as pd

from helpers.display import language as say
from helpers.display import tables
from helpers.display.charts import key_on_top
from helpers.display.churn.churn_words import p_value_of
from helpers.display.figures import SHARE_AXIS, Drawing, canvas, empty
from helpers.display.findings import Finding, Lacking, estimated
from helpers.display.tables import Table
from helpers.display.theme import BLUE, GREEN, INK, ORANGE, PURPLE, SKY, VERMILION, themed
from helpers.display.wording import named, recast, vocabulary, worded
from helpers.models.churn.plans import ALL, INCIDENT, Curves, Hazards

LINES = ((BLUE, "-"), (ORANGE, "--"), (GREEN, "-."), (VERMILION, ":"), (SKY, "-"), (PURPLE, "--"))
MOST_LINES = len(LINES)
UNTOLD = vocabulary("not told", "other")
TERMS = vocabulary("all", "after a bad incident")
"""Names that the models give beside those of plans."""
PROBLEMS = vocabulary(
    "there are too few plans, incidents or endings to compare",
    "Cox's model needs somebody who left, found nobody; watch longer.",
    "Cox's model of {names} found no best fit: does some value of a term never end?",
    "Cox's model: {names} must vary among those at risk when somebody leaves.",
    "Cox's model: of {names} one is the sum of others; leave one out.",
)


def too_few(*, is_delivered: bool) -> Finding:
    """Where no subscriptions were delivered, or too few to tell of."""
    if is_delivered:
        return Lacking("churn_stays", worded("More subscriptions would show how long they last: these are too few."))
    return Lacking(
        "churn_stays",
        worded("A table of subscriptions would show how long they last, why they end and which may end next."),
    )


def stays(curves: Curves, *, level: float) -> Finding:
    """How many subscriptions are still there after a year, or the longest time that was watched of all plans."""
    age, year = say.counted(curves.until_days, "day"), curves.year
    claim = worded("{share} of subscriptions are still there after {days}.", share=say.share(year.value), days=age)
    interval = say.interval(say.share(year.low), say.share(year.high), level=level, is_start=True)
    every = _rows(curves)[ALL]
    ended, n = say.number(every["ended_count"]), say.number(every["spell_count"])
    evidence = worded(
        "{interval}; Kaplan-Meier; {ended} of {count} have ended, the others are watched on.",
        interval=interval,
        ended=ended,
        count=n,
    )
    return estimated("churn_stays", claim, year, "share", evidence=evidence)


def plans(curves: Curves, *, level: float) -> Finding:
    """Whether plans differ in how long subscriptions last, and by how much."""
    if curves.gap is None:
        return Finding("churn_plans", worded("There is one plan of subscriptions only, so nothing to compare."))
    age, gap, test = say.counted(curves.until_days, "day"), curves.gap, curves.test
    interval = say.interval(say.number(gap.low, digits=1), say.number(gap.high, digits=1), level=level)
    evidence = worded(
        "{interval}, in the mean of the first {days}; log-rank test of all plans: p {p}.",
        interval=interval,
        days=age,
        p=p_value_of(test.p_value),
    )
    claim = worded("Plans do not clearly differ in how long subscriptions last.")
    if test.p_value < 1 - level:
        claim = worded(
            "The plan {longest} keeps subscribers {gap} days longer than {shortest}, within {days}.",
            longest=say.quoted(curves.longest),
            gap=say.number(gap.value),
            shortest=say.quoted(curves.shortest),
            days=age,
        )
    bounds, n = (gap.value, gap.low, gap.high), int(curves.summary["spell_count"].iloc[0])
    return Finding("churn_plans", claim, *bounds, n, "days", evidence)


@themed
def survival(curves: Curves, *, level: float) -> Drawing:
    """A curve per plan with its band, and the numbers at risk under them."""
    names = list(curves.curves)[:MOST_LINES]
    figure, (axes,) = canvas(height=4.2)
    for name, (color, style) in zip(names, LINES, strict=False):
        own = curves.table[curves.table["stratum"] == name]
        axes.step(own["age_days"], own["survival_share"], where="post", color=color, linestyle=style, label=named(name))
        axes.fill_between(own["age_days"], own["low"], own["high"], step="post", color=color, alpha=0.15)
    axes.set_title(worded("Subscriptions still there, by plan (band: {level} interval)", level=say.exact_share(level)))
    axes.set(ylabel=worded("share still there"), ylim=(0, 1.02))
    axes.set_xlabel(worded("days since the start; below: subscriptions at risk"))
    axes.yaxis.set_major_formatter(SHARE_AXIS)
    key_on_top(axes)
    ticks = _ticks(curves.table)
    counts = curves.table.pivot(index="age_days", columns="stratum", values="at_risk_count")
    axes.set_xticks(ticks, ["\n".join([str(age), *(_at_risk(counts, age, name) for name in names)]) for age in ticks])
    read = say.lined_up([_read(curves, name) for name in names])
    return Drawing(figure, worded("Of subscriptions: {plans}.", plans=read))


def _rows(curves: Curves) -> dict[str, dict[str, Any]]:
    return {str(row["stratum"]): {str(name): one for name, one in row.items()} for row in _records(curves.summary)}


def _records(frame: pd.DataFrame) -> list[dict[Hashable, Any]]:
    return frame.to_dict("records")


def _at_risk(counts: pd.DataFrame, age: int, name: str) -> str:
    value = counts[name].get(age, np.nan)
    return worded("{plan} {count}", plan=named(name), count=say.number(0 if value != value else value))


def _ticks(table: pd.DataFrame) -> list[int]:
    """Six ages at most, all of them rows of the table."""
    ages = sorted(table["age_days"].unique())
    return [int(ages[place]) for place in np.linspace(0, len(ages) - 1, min(len(ages), 6)).astype(int)]


def _read(curves: Curves, name: str) -> str:
    row = _rows(curves)[name]
    who = {"plan": named(name), "n": say.number(row["spell_count"])}
    if say.is_missing(row["median_days"]):
        return worded("{plan}, n = {n}: more than half are still there", **who)
    return worded("{plan}, n = {n}: half have ended by day {day}", day=say.number(row["median_days"]), **who)


def plan_table(curves: Curves, *, level: float) -> Table:
    """How long the subscriptions of each plan last."""
    rows, age = curves.summary, say.counted(curves.until_days, "day")
    names = {
        "stratum": worded("plan"),
        "spell_count": worded("subscriptions"),
        "ended_count": worded("ended"),
        "median_days": worded("half ended by day"),
        "median_low": worded("from"),
        "median_high": worded("to"),
        "mean_days": worded("days in the first {count}", count=curves.until_days),
        "mean_low": worded("at least"),
        "mean_high": worded("at most"),
    }
    shown = rows.assign(stratum=[named(str(name)) for name in rows["stratum"]])[list(names)].rename(columns=names)
    caption = worded(
        "Subscriptions by plan; means within {days}; bounds: {level} intervals",
        days=age,
        level=say.exact_share(level),
    )
    return tables.table(shown, caption=caption, formats=dict.fromkeys(list(names.values())[1:], say.number))


def reasons(incidence: pd.DataFrame, *, level: float) -> Finding:
    """Why most subscriptions end. A row of `incidence` is a reason at one age, the most frequent first."""
    if incidence.empty:
        none = worded("Why subscriptions end is unknown: no reason was delivered often enough.")
        return Finding("churn_reasons", none)
    row = incidence.iloc[0]
    age = say.counted(int(row["age"]), "day")
    claim = worded(
        "{share} of subscriptions end within {days} for the reason {reason}.",
        share=say.share(row["share"]),
        days=age,
        reason=_reason(row["reason"]),
    )
    interval = say.interval(say.share(row["low"]), say.share(row["high"]), level=level, is_start=True)
    evidence = worded("{interval}; Aalen-Johansen, other reasons compete.", interval=interval)
    if len(incidence) > 1:
        others = [
            worded("{reason} {share}", reason=_reason(other["reason"]), share=say.share(other["share"]))
            for other in incidence[1:].to_dict("records")
        ]
        evidence = worded(
            "{interval}; Aalen-Johansen, other reasons compete; {others}.",
            interval=interval,
            others=say.itemised(others),
        )
    bounds = (row["share"], row["low"], row["high"])
    return Finding("churn_reasons", claim, *bounds, int(row["ended_count"]), "share", evidence)


def _reason(text: str) -> str:
    """A reason as it was delivered, in quotation marks; that none was told, and all rare ones, are said without."""
    return named(text) if text in UNTOLD else say.quoted(text)


def _bare(text: str) -> str:
    return named(text) if text in UNTOLD else text


def reason_table(incidence: pd.DataFrame, *, level: float) -> Table:
    """The share of subscriptions that end for each reason."""
    shown = pd.DataFrame(
        {
            worded("reason"): [_bare(str(text)) for text in incidence["reason"]],
            worded("by day"): incidence["age"],
            worded("ended for it"): incidence["ended_count"],
            worded("share of all"): incidence["share"],
            worded("from"): incidence["low"],
            worded("to"): incidence["high"],
        }
    )
    shares = [worded("share of all"), worded("from"), worded("to")]
    formats: dict[str, tables.Format] = dict.fromkeys(shares, say.share)
    formats |= dict.fromkeys([worded("by day"), worded("ended for it")], say.number)
    caption = worded(
        "Why subscriptions end, reasons competing; from, to: {level} interval", level=say.exact_share(level)
    )
    return tables.table(shown, caption=caption, formats=formats)


def incident(hazards: Hazards, *, level: float) -> Finding:
    """What a bad service incident goes with: an association, for nobody was given an incident by chance."""
    rows = hazards.table[hazards.table["term"] == INCIDENT]
    if rows.empty:
        claim = worded("What a bad service incident does to subscriptions is unknown.")
        few = worded("Too few subscribers met one, or no tickets were delivered.")
        why = worded("{problem}.", problem=_problem(hazards)) if hazards.problem else few
        return Finding("churn_incident", claim, evidence=why)
    row = rows.iloc[0]
    is_clear = not row["low"] <= 0 <= row["high"]
    times = say.number(row["hazard_ratio"], digits=2)
    claim = worded("Subscriptions do not clearly end sooner after a bad service incident.")
    if is_clear and row["hazard_ratio"] > 1:
        claim = worded(
            "After a bad service incident subscriptions end sooner: {times} times the risk of others.", times=times
        )
    elif is_clear:
        claim = worded(
            "After a bad service incident subscriptions end later: {times} times the risk of others.", times=times
        )
    low, high = (say.number(row[f"hazard_ratio_{end}"], digits=2) for end in ("low", "high"))
    told = {
        "interval": say.interval(low, high, level=level, is_start=True),
        "count": say.number(hazards.incident_count),
        "all": say.number(hazards.n),
    }
    evidence = worded(
        "{interval}; Cox, of the same plan and age; {count} of {all} met one; an association, not an effect.", **told
    )
    if row["proportional_p_value"] < 1 - level:
        evidence = worded(
            "{interval}; Cox, of the same plan and age; {count} of {all} met one; an association, not an effect; the "
            "ratio changes with age, and this is its mean.",
            **told,
        )
    bounds = (row["hazard_ratio"], row["hazard_ratio_low"], row["hazard_ratio_high"])
    return Finding("churn_incident", claim, *bounds, hazards.n, "", evidence)


def _problem(hazards: Hazards) -> str:
    """Why there is no model, as a sentence begins and without its end."""
    text = recast(hazards.problem, PROBLEMS).rstrip(".。")
    return f"{text[:1].upper()}{text[1:]}"


def hazard_table(hazards: Hazards, *, level: float) -> Table:
    """What goes with ending sooner, term by term."""
    rows = hazards.table
    shown = pd.DataFrame(
        {
            worded("compared"): [_term(str(name), hazards.base) for name in rows["term"]],
            worded("risk, times"): rows["hazard_ratio"],
            worded("from"): rows["hazard_ratio_low"],
            worded("to"): rows["hazard_ratio_high"],
            worded("p"): rows["p_value"],
            worded("p, same at all ages"): rows["proportional_p_value"],
        }
    )
    formats: dict[str, tables.Format] = dict.fromkeys([worded("risk, times"), worded("from"), worded("to")], _two)
    formats |= dict.fromkeys([worded("p"), worded("p, same at all ages")], p_value_of)
    caption = worded("What goes with ending sooner (Cox); from, to: {level} interval", level=say.exact_share(level))
    return tables.table(shown, caption=caption, formats=formats)


def _term(name: str, base: str) -> str:
    if name == INCIDENT:
        return named(name)
    return worded("plan {plan}, not {base}", plan=name, base=base)


@themed
def hazard_figure(hazards: Hazards, *, level: float) -> Drawing:
    """Ratios of risk with their intervals, on a scale on which half and twice lie equally far from one."""
    rows = hazards.table
    if rows.empty:
        return empty(worded("What goes with ending sooner"), recast(hazards.problem, PROBLEMS))
    figure, (axes,) = canvas(height=1.4 + 0.4 * len(rows))
    place = np.arange(len(rows))[::-1]
    axes.axvline(1.0, color=INK, linewidth=0.8)
    axes.hlines(place, rows["hazard_ratio_low"], rows["hazard_ratio_high"], color=BLUE, linewidth=2)
    axes.scatter(rows["hazard_ratio"], place, color=BLUE, zorder=3)
    axes.set_xscale("log", base=2)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.set_yticks(place, [named(str(name)) for name in rows["term"]])
    axes.set_title(
        worded(
            "Risk to end, times that of plan {plan} (line: {level} interval)",
            plan=hazards.base,
            level=say.exact_share(level),
        )
    )
    axes.set_xlabel(worded("times the risk (n = {n})", n=say.number(hazards.n)))
    axes.set_ylim(-0.6, len(rows) - 0.4)
    parts = [
        worded("{term} {times}", term=named(row["term"]), times=say.number(row["hazard_ratio"], digits=2))
        for row in rows.to_dict("records")
    ]
    alt = worded("Risk to end, times that of plan {plan}: {terms}.", plan=hazards.base, terms=say.itemised(parts))
    return Drawing(figure, alt)


def _two(value: float) -> str:
    return say.number(value, digits=2)
