"""Survival by plan: a curve for each, what parts them, and what goes with leaving sooner."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from helpers.errors import FitError
from helpers.models.statistics.intervals import Estimate
from helpers.models.survival import cox, proportionality
from helpers.models.survival.log_rank import Test, log_rank
from helpers.models.survival.survivors import (
    Difference,
    Survivors,
    at_ages,
    mean_difference,
    median_age,
    restricted_mean,
    survivors,
)
from helpers.watching import Readable

ALL = "all"
STEP_DAYS = 7
YEAR_DAYS = 365
INCIDENT = "after a bad incident"


@dataclass(frozen=True, eq=False)
class Curves(Readable):
    """Survival of subscriptions.

    Attributes
    ----------
    curves
        By plan; only plans of enough subscriptions.
    table
        One row per stratum (a plan, or all) and week of age: stratum, age_days, survival_share, low, high,
        at_risk_count.
    summary
        One row per stratum: stratum; spell_count; ended_count; median_days, median_low, median_high (missing where more
        than half are still there); mean_days, mean_low, mean_high (within the first `until_days`).
    until_days
        The age to which means are taken: a year, or less where less was watched of some plan.
    year
        The share of all subscriptions that are still there at `until_days`.
    test
        Whether the plans leave alike; NaN with one plan.
    gap
        How much longer the longest-lived plan lasts than the shortest-lived, in days, within `until_days`.
    """

    curves: dict[str, Survivors]
    table: pd.DataFrame
    summary: pd.DataFrame
    until_days: int
    year: Estimate
    test: Test
    gap: Difference | None
    longest: str
    shortest: str


def curves(tenures: pd.DataFrame, *, smallest_group: int, level: float) -> Curves | None:
    """Survival by plan; None where no plan has `smallest_group` subscriptions.

    Parameters
    ----------
    tenures
        One row per subscription, as `features.tenures.tenures` gives them: plan, age_days, is_ended.
    smallest_group
        Fewest subscriptions of a plan that is told of.
    level
        Coverage of the intervals (log-log for shares).
    """
    sizes = tenures["plan"].value_counts()
    plans = sorted(str(plan) for plan in sizes.index[sizes >= smallest_group])
    if not plans:
        return None
    by_plan = {plan: _curve(tenures[tenures["plan"] == plan]) for plan in plans}
    every = {ALL: _curve(tenures)} | by_plan
    until = int(min(YEAR_DAYS, *(curve.watched for curve in every.values())))
    table = pd.concat([_weekly(name, curve, level) for name, curve in every.items()], ignore_index=True)
    summary = pd.DataFrame([_summary(name, curve, until, level) for name, curve in every.items()])
    here = at_ages(every[ALL], [until], level=level).iloc[0]
    year = Estimate(here["survival_share"], here["low"], here["high"], every[ALL].n)
    told = tenures[tenures["plan"].isin(plans)]
    test = log_rank(told["age_days"], told["is_ended"], groups=told["plan"])
    means = summary.set_index("stratum")["mean_days"].drop(ALL)
    longest, shortest = str(means.idxmax()), str(means.idxmin())
    pair = by_plan[longest], by_plan[shortest]
    gap = mean_difference(*pair, until=until, level=level) if len(plans) > 1 else None
    return Curves(by_plan, table, summary, until, year, test, gap, longest, shortest)


@dataclass(frozen=True, eq=False)
class Hazards(Readable):
    """What goes with leaving sooner.

    Attributes
    ----------
    table
        One row per term, as `cox.table` gives it, with proportional_p_value: of the test that its ratio is the same at
        all ages.
    base
        The plan that the others are compared with: the largest.
    n, ended_count, incident_count
        Subscriptions, how many ended, and how many met a bad incident while they ran.
    problem
        Why there is no model; "" where there is.
    """

    table: pd.DataFrame
    base: str
    n: int
    ended_count: int
    incident_count: int
    problem: str = ""


def hazards(tenures: pd.DataFrame, *, smallest_group: int, level: float) -> Hazards:
    """Cox's model of the end of subscriptions by plan, and by a bad incident from the day of it on.

    An incident is a covariate that changes in time: a subscription counts without it until its day and with it from
    then on. Counting who ever met one as with it from the start would make incidents look harmless, since one must
    stay to meet one (immortal time).
    """
    sizes = tenures["plan"].value_counts()
    base = str(sizes.index[0]) if len(sizes) else ""
    others = sorted(str(plan) for plan in sizes.index[1:] if sizes[plan] >= smallest_group)
    told = tenures[tenures["plan"].isin([base, *others])].reset_index(drop=True)
    met, ended = int(told["incident_days"].notna().sum()), int(told["is_ended"].sum())
    spells = _split_at_incident(told)
    terms = pd.DataFrame({plan: (spells["plan"] == plan).astype(float) for plan in others})
    if met >= smallest_group:
        terms[INCIDENT] = spells["is_after"].astype(float)
    about = (base, len(told), ended, met)
    if terms.empty or ended < smallest_group:
        return Hazards(_no_terms(), *about, problem="there are too few plans, incidents or endings to compare")
    try:
        fit = cox.cox(spells["stop"], spells["is_ended"], terms, start=spells["start"])
    except FitError as error:
        return Hazards(_no_terms(), *about, problem=str(error))
    tests = proportionality.proportionality(fit)["p_value"].to_numpy()[: len(fit.terms)]
    return Hazards(cox.table(fit, level=level).assign(proportional_p_value=tests), *about)


def _split_at_incident(tenures: pd.DataFrame) -> pd.DataFrame:
    """One row per stretch of a subscription without, or with, an incident: start, stop, is_ended, is_after."""
    stop, at = tenures["age_days"].astype(float), tenures["incident_days"].astype(float)
    before = tenures.assign(start=0.0, stop=at.fillna(stop), is_after=False)
    before["is_ended"] = tenures["is_ended"] & at.isna()
    after = tenures.assign(start=at, stop=stop, is_after=True)
    return pd.concat([before[before["stop"] > 0], after[at.notna()]], ignore_index=True)


def _no_terms() -> pd.DataFrame:
    names = "log_hazard_ratio standard_error low high hazard_ratio hazard_ratio_low hazard_ratio_high p_value".split()
    columns = {name: pd.Series(dtype=float) for name in [*names, "proportional_p_value"]}
    return pd.DataFrame({"term": pd.Series(dtype=object), **columns})


def _curve(tenures: pd.DataFrame) -> Survivors:
    return survivors(tenures["age_days"], tenures["is_ended"])


def _weekly(name: str, curve: Survivors, level: float) -> pd.DataFrame:
    ages = np.arange(0, curve.watched + 1, STEP_DAYS)
    told = at_ages(curve, ages, level=level).rename(columns={"age": "age_days"})
    told = told.astype({"age_days": int}).drop(columns="standard_error")
    return told.assign(stratum=name)[["stratum", "age_days", "survival_share", "low", "high", "at_risk_count"]]


def _summary(name: str, curve: Survivors, until: int, level: float) -> dict[str, object]:
    median, mean = median_age(curve, level=level), restricted_mean(curve, until=until, level=level)
    return {
        "stratum": name,
        "spell_count": curve.n,
        "ended_count": int(curve.ended.sum()),
        "median_days": median.value,
        "median_low": median.low,
        "median_high": median.high,
        "mean_days": mean.value,
        "mean_low": mean.low,
        "mean_high": mean.high,
    }
