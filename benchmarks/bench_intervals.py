"""How often intervals of totals hold what comes: on rolling origins of real data, and in worlds that no model knows.

Every case is a day of the past (or of a simulated one): the model is fitted to what was known, its total of the weeks
ahead has its interval as the model alone gives it and with the error of earlier totals, and both are compared with what
came. Needed is the half width, in logarithms, that nine in ten of the errors of the model's total stayed within.

    .venv/bin/python benchmarks/bench_intervals.py --seeds 20
    .venv/bin/python benchmarks/bench_intervals.py --only cdnow,grocery
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import ibis
import numpy as np
import pandas as pd

from helpers.contract import loading
from helpers.days import week_origin
from helpers.errors import FitError
from helpers.features import purchases as purchase_features
from helpers.features import timeline
from helpers.features.frames import fetch
from helpers.models.buying import fitting, prediction
from helpers.models.buying.registry import MODELS
from helpers.models.evaluation import rolling_origins
from helpers.models.evaluation.common_drift import CommonPast
from helpers.models.evaluation.rolling_origins import AMOUNT, PURCHASES
from helpers.models.forecast import periods, season_clock
from helpers.models.spend import spend_choice
from helpers.params.report_files import read_report
from helpers.project import project_root
from helpers.randomness import stream
from helpers.simulation.worlds import FIRST_DAY, WORLDS, World, purchases

LEVEL, DRAWS, ORIGINS = 0.9, 99, 6
KNOWN_WEEKS, AHEAD_WEEKS = 104, (26, 52)
STEPS = {"cdnow": (26, 6, (13, 26, 39)), "grocery": (16, 4, (4, 8, 13)), "online_retail": (26, 6, (13, 26, 39))}
"""Of each data set, the first origin and the weeks between origins, and the horizons."""

OTHERS = {
    "none: the model is true": World(),
    "a little of all": World(season=0.25, shock=0.12, yearly_decline=0.3, spend_log_scatter=0.6),
}
"""Worlds besides: the one that the model knows, and one in which several things are a little wrong at once."""


@dataclass(frozen=True)
class Case:
    """One total: of which data, made when, for how many weeks."""

    name: str
    bought: pd.DataFrame
    made_on: date
    weeks: int
    model: str


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seeds", type=int, default=20)
    arguments.add_argument("--first-seed", type=int, default=1_000)
    arguments.add_argument("--only", default="", help="names, with commas; all where not given")
    given = arguments.parse_args()
    only = set(given.only.split(",")) if given.only else set()
    rows = []
    for case in cases(range(given.first_seed, given.first_seed + given.seeds), only):
        rows += tried(case)
    print(table(pd.DataFrame(rows)))


def cases(seeds: range, only: set[str]) -> Iterator[Case]:
    for name, world in (WORLDS | OTHERS).items():
        if only and name not in only:
            continue
        model = "bg_nbd" if name == "the other model's truth" else "pareto_nbd"
        for seed in seeds:
            bought = purchases(world, seed=seed)
            made_on = FIRST_DAY + timedelta(weeks=KNOWN_WEEKS) - timedelta(days=1)
            yield from (Case(name, bought, made_on, weeks, model) for weeks in AHEAD_WEEKS)
    for name, (first, step, horizons) in STEPS.items():
        if only and name not in only:
            continue
        bought = delivered(name)
        start, end = bought["purchased_on"].min(), bought["purchased_on"].max()
        length = (end - start).days // 7
        for weeks in horizons:
            for at in range(first, length - weeks + 1, step):
                yield Case(name, bought, (start + pd.Timedelta(weeks=at)).date(), weeks, "pareto_nbd")


def delivered(name: str) -> pd.DataFrame:
    """The purchases of a report of params/."""
    params = read_report(project_root() / "params" / f"{name}.yml", only=["clv"]).params["clv"]
    data = loading.load(**params.delivery).with_consent()
    return fetch(purchase_features.purchase_days(data.orders, as_of=params.as_of))


def known(bought: pd.DataFrame, *, made_on: date, weeks: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What `features.split` and `features.repeat_spend` give on a day, in pandas."""
    then, until = pd.Timestamp(made_on), pd.Timestamp(made_on) + pd.Timedelta(weeks=weeks)
    seen = bought[bought["purchased_on"] <= then]
    first = seen.groupby("customer_id")["purchased_on"].transform("min")
    amount = seen["amount"].astype(float)
    parts = seen.assign(again=amount.where(seen["purchased_on"] > first, 0.0), opening=amount)
    people = parts.groupby("customer_id").agg(
        first_on=("purchased_on", "min"), last_on=("purchased_on", "max"), count=("purchased_on", "size"),
        again=("again", "sum"), all=("opening", "sum"),
    )  # fmt: skip
    after = bought[(bought["purchased_on"] > then) & (bought["purchased_on"] <= until)]
    came = after.groupby("customer_id")["amount"].agg(["size", "sum"]).reindex(people.index).fillna(0.0)
    first_after = after.groupby("customer_id")["purchased_on"].min().reindex(people.index)
    frequency = people["count"].to_numpy() - 1
    split = pd.DataFrame(
        {
            "frequency": frequency,
            "recency_weeks": (people["last_on"] - people["first_on"]).dt.days.to_numpy() / 7,
            "age_weeks": (then - people["first_on"]).dt.days.to_numpy() / 7,
            "holdout_purchase_count": came["size"].to_numpy(),
            "holdout_amount": came["sum"].to_numpy(dtype=float),
            "holdout_first_on": first_after.to_numpy(),
        }
    )
    again = people["again"].to_numpy()
    mean = np.where(frequency > 0, again / np.maximum(frequency, 1), np.nan)
    opening = people["all"].to_numpy() - again
    return split, pd.DataFrame({"repeat_count": frequency, "mean_amount": mean, "first_amount": opening})


def tried(case: Case) -> list[dict[str, object]]:
    model = MODELS[case.model]
    split, spend = known(case.bought, made_on=case.made_on, weeks=case.weeks)
    common = common_past(case, split)
    rows = common.clock.rows(model, split, until=case.made_on)
    timed = common.clock.timed(model, since=case.made_on)
    fit = fitting.fit(timed, rows, level=LEVEL)
    ahead = prediction.predict(rows, fit=fit, model=timed, weeks=case.weeks, draws=DRAWS, seed=1, level=LEVEL)
    choice = spend_choice.choose(spend, level=LEVEL)
    spending = spend_choice.spending_of(choice, spend, draws=DRAWS, seed=1)
    money = spending.draw(slice(None), ahead.counts, stream(1, "money of the benchmark")).sum(axis=1)
    expected = ahead.customers["expected_purchase_count"].to_numpy() @ spending.expected
    first_on = case.bought["purchased_on"].min().date()
    origins = rolling_origins.plan(first_on, as_of=case.made_on, weeks=case.weeks, count=ORIGINS)
    record = rolling_origins.track([judged(case, day, origins.weeks, fit.theta, common) for day in origins.days])
    ratios = common.ratios(fit.theta, model=model, weeks=origins.weeks)
    totals = {
        PURCHASES: (ahead.total.value, ahead.counts.sum(axis=1, dtype=float), split["holdout_purchase_count"].sum()),
        AMOUNT: (expected, money, split["holdout_amount"].sum()),
    }
    errors = {name: rolling_origins.pooled(record, origins=origins, measure=name, ratios=ratios) for name in totals}
    return [row(case, errors[name], name, *total) for name, total in totals.items()]


def common_past(case: Case, split: pd.DataFrame) -> CommonPast:
    days = ibis.memtable(case.bought).cast({"purchased_on": "date"})
    origin = week_origin(case.bought["purchased_on"].min().date(), end=case.made_on)
    by_week = fetch(timeline.by_week(days, origin=origin, as_of=case.made_on))
    births = fetch(timeline.births(days, as_of=case.made_on))
    weekly = periods.history(by_week, births, origin=origin, as_of=case.made_on, period_weeks=1)
    return CommonPast(weekly, season_clock.learned(split, model=MODELS[case.model], weekly=weekly))


def judged(case: Case, made_on: date, weeks: int, near: np.ndarray, common: CommonPast) -> dict[str, object]:
    split, spend = known(case.bought, made_on=made_on, weeks=weeks)
    try:
        each = spend_choice.choose(spend, level=LEVEL).customers["expected_spend_amount"].to_numpy()
    except FitError:
        each = None
    of = {"made_on": made_on, "model": MODELS[case.model], "near": near, "weeks": weeks, "spend": each}
    return rolling_origins.judged(split, common=common, **of)


def row(case: Case, error: rolling_origins.PastError, measure: str, *total: object) -> dict[str, object]:
    expected, draws, came = total
    moved = draws * error.factors(case.weeks, draws=len(draws), seed=1)
    own, wide = (prediction.interval(one, level=LEVEL) for one in (draws, moved))
    return {
        "case": case.name,
        "measure": measure,
        "held_before": own[0] <= came <= own[1],
        "held": wide[0] <= came <= wide[1],
        "error": abs(np.log(came / expected)),
        "width_before": np.log(own[1] / own[0]) / 2,
        "width": np.log(wide[1] / wide[0]) / 2,
    }


def table(rows: pd.DataFrame) -> str:
    lines = [
        "| data | total of | cases | held by the model alone | held now | needed half width | half width now | times |",
        "|---|---|--:|--:|--:|--:|--:|--:|",
    ]
    for (name, measure), part in rows.groupby(["case", "measure"], sort=False):
        needed, width = float(part["error"].quantile(0.9)), float(part["width"].mean())
        shares = [f"{100 * part[column].mean():.0f}" for column in ("held_before", "held")]
        of = "purchases" if measure == PURCHASES else "revenue"
        lines.append(
            f"| {name} | {of} | {len(part)} | {shares[0]} | {shares[1]} | {needed:.3f} | {width:.3f} | "
            f"{width / needed:.1f} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
