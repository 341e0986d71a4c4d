"""Early warnings on the simulated company, whose declines are known: this kit beside its simple rival.

    python benchmarks/bench_warnings.py                 # four companies of 8,000 customers
    python benchmarks/bench_warnings.py --customers 2000 --companies 1

A table of visits: of the customers whose rate began to fall in the first four of fourteen weeks watched, the shares
that the CUSUM and the last four weeks against the twelve before warn of by the last of these weeks, and that are warned
of still; of those whose rate did not change, the share warned of in vain, to be at most the stated one. Notebooks never
read the truth of the simulated company, so this table stands here and not on the page.
"""

from __future__ import annotations

import argparse
from datetime import date, timedelta

import numpy as np
import pandas as pd

from helpers.models.churn import early_warning, recent_weeks
from helpers.models.churn.early_warning import Terms
from helpers.simulation.company import simulate
from helpers.simulation.settings import Company

AS_OF = date(2024, 6, 30)
TERMS = Terms(baseline_weeks=16, watch_weeks=14, fall_share=0.35, false_alarm_share=0.0125)
STARTS = 4
"""Of the weeks watched the first, in which a decline must begin to count: ten are left to notice it."""


def planted(customer_count: int, *, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Visits by customer and week, who began to decline early in the weeks watched, and who did not change."""
    made = simulate(Company(customer_count=customer_count, seed=seed), tables=["customers", "events"])
    people = made.truth.frames["customers"]["customers"].set_index("customer_id")
    truth = made.truth.frames["events"]["activity"].set_index("customer_id").reindex(people.index)
    begins = pd.Timestamp(AS_OF - timedelta(days=7 * TERMS.weeks - 1))
    watched_from, ends = begins + pd.Timedelta(weeks=TERMS.baseline_weeks), pd.Timestamp(AS_OF + timedelta(days=1))
    onset = pd.to_datetime(truth["onset_at"])
    born = pd.to_datetime(people["joined_on"])
    there = people.index[(born < begins) & ~(onset < watched_from)]
    events = made.tables["events"].select(["customer_id", "at", "kind"]).to_pandas()
    visits = events[(events["kind"] == "visit") & (events["at"] >= begins) & (events["at"] < ends)]
    week = ((visits["at"] - begins).dt.days // 7).rename("week")
    counts = visits.groupby(["customer_id", week]).size().rename("event_count").reset_index()
    table = early_warning.matrix(counts, pd.Series(there), weeks=TERMS.weeks)
    onset, pattern = onset.reindex(there), truth["pattern"].reindex(there)
    is_early = (onset < watched_from + pd.Timedelta(weeks=STARTS)) & (pattern == "declining")
    return table, is_early.to_numpy(), (onset.isna() | (onset >= ends)).to_numpy()


def compared(customer_count: int, *, seeds: range) -> pd.DataFrame:
    """One row per method: found, standing and false (shares), declined_count and steady_count."""
    rows = []
    for seed in seeds:
        counts, falls, steady = planted(customer_count, seed=seed)
        first = TERMS.baseline_weeks
        known = early_warning.baselines(counts[:, :first].sum(axis=1), weeks=first)
        common = early_warning.levels(counts[:, :first], counts[:, first:], known, fall_share=TERMS.fall_share)
        limits = early_warning.tuned(known, weekly=common.weekly, terms=TERMS, seed=seed)
        means = known.means[:, None] * common.weekly
        paths = early_warning.cusum(counts[:, first:], means, fall_share=TERMS.fall_share)
        # a warning of the CUSUM stands
        latched = np.maximum.accumulate(paths >= limits.thresholds[:, None], axis=1)
        limit, *_ = recent_weeks.tuned(known, terms=TERMS, false_alarm_share=TERMS.false_alarm_share, seed=seed)
        fading = recent_weeks.chances(counts, first=first) <= limit
        for name, told in (("CUSUM", latched), ("last 4 weeks against the 12 before", fading)):
            found, last = told.any(axis=1), told[:, -1]
            counted = (found[falls].sum(), last[falls].sum(), found[steady].sum(), falls.sum(), steady.sum())
            rows.append((name, *map(int, counted)))
    sums = pd.DataFrame(rows, columns=["method", "found", "standing", "false", "declined_count", "steady_count"])
    sums = sums.groupby("method").sum()
    shares = sums[["found", "standing"]].div(sums["declined_count"], axis=0)
    return shares.assign(false=sums["false"] / sums["steady_count"]).join(sums[["declined_count", "steady_count"]])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, default=8_000)
    parser.add_argument("--companies", type=int, default=4)
    told = parser.parse_args()
    print(compared(told.customers, seeds=range(told.companies)).round(4).to_string())


if __name__ == "__main__":
    main()
