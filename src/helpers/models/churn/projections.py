"""How many subscribers of each plan will be left: the shifted beta-geometric beside what was seen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pandas as pd

from helpers.models.survival import renewals
from helpers.watching import Readable


@dataclass(frozen=True, eq=False)
class Projections(Readable):
    """Projections of subscriptions.

    Attributes
    ----------
    table
        One row per stratum (a plan) and renewal, from 1: stratum, period, at_risk_count, survival_share (seen),
        projected_share, low, high.
    summary
        One row per stratum: stratum; seen_count and fitted_count (renewals seen, and those that the judged projection
        had learned from); off_share (see `renewals.Projection`); last_period, projected_share, low, high (of the last
        renewal projected; missing where there is none); problem (why it cannot be projected yet, "" where it can).
    """

    table: pd.DataFrame
    summary: pd.DataFrame


def by_plan(tenures: pd.DataFrame, *, as_of: date, smallest_group: int, level: float) -> Projections:
    """The projection of each plan that has `smallest_group` subscriptions.

    Parameters
    ----------
    tenures
        One row per subscription, as `features.tenures.tenures` gives them: plan, started_on, age_days, is_ended.
    as_of
        The day until which they were watched.
    smallest_group
        Fewest subscriptions of a plan that is told of, and fewest that must have met a renewal.
    level
        Coverage of the intervals.
    """
    sizes = tenures["plan"].value_counts()
    plans = sorted(str(plan) for plan in sizes.index[sizes >= smallest_group])
    parts, rows = [], []
    for plan in plans:
        own = tenures[tenures["plan"] == plan]
        start = pd.to_datetime(own["started_on"])
        # the first day of a subscription is counted in its age
        last = start + pd.to_timedelta(own["age_days"].astype(int) - 1, unit="D")
        cohort = renewals.of_spells(start, last, own["is_ended"], as_of=pd.Timestamp(as_of))
        made = renewals.project(cohort, smallest_group=smallest_group, level=level)
        parts.append(made.table.assign(stratum=plan))
        rows.append(_summary(plan, made))
    columns = ["stratum", "period", "at_risk_count", "survival_share", "projected_share", "low", "high"]
    table = pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)
    return Projections(table, pd.DataFrame(rows))


def _summary(plan: str, made: renewals.Projection) -> dict[str, object]:
    last = made.table.iloc[-1] if len(made.table) else pd.Series(dtype=float)
    told = {name: last.get(name, float("nan")) for name in ("projected_share", "low", "high")}
    about = {"seen_count": made.seen_count, "fitted_count": made.fitted_count, "off_share": made.off_share}
    return {"stratum": plan, **about, "last_period": last.get("period", 0), **told, "problem": made.problem}
