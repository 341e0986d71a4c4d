"""Trials made by hand, and a company whose truth is known."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd

from helpers.models.buying import rows as histories
from helpers.models.buying.fitting import Fit
from helpers.models.evaluation import holdout_days, naive_rivals, trials

LEVEL = 0.95
NAN = float("nan")
TRUTH = {"pareto_nbd": [0.55, 10.6, 0.61, 11.7], "bg_nbd": [0.2425982, 4.4136842, 0.7929899, 2.4261667]}


def fit_at(model: str, theta: list[float], *, is_identified: bool = True) -> Fit:
    """A fit that somebody else made: the judge needs no more of it."""
    nothing, k = pd.DataFrame(), len(theta)
    notes = () if is_identified else ("not identified",)
    return Fit(model, np.array(theta), nothing, nothing, -10.0, 28.0, 30.0, 1, is_identified, notes, np.eye(k))


def split_frame(*customers: tuple[int, float, float, int, float]) -> pd.DataFrame:
    """Customers as (frequency, recency_weeks, age_weeks, holdout_purchase_count, holdout_amount)."""
    names = ["frequency", "recency_weeks", "age_weeks", "holdout_purchase_count", "holdout_amount"]
    frame = pd.DataFrame(customers, columns=names)
    return frame.assign(customer_id=[f"c{at}" for at in range(len(frame))], year_before_count=0)


def small_trial(expected: dict[str, list[float]], actual: list[int], **changes: object) -> trials.Trial:
    """A trial of customers who were told apart by nothing, with these expectations, and alike chances to come back."""
    known = split_frame(*((0, 0.0, 10.0, count, 10.0 * count) for count in actual))
    plan = holdout_days.plan(date(2023, 12, 31), as_of=date(2024, 5, 19), weeks=10)
    models = [name for name in expected if name not in naive_rivals.NAIVE]
    fits = [replace(fit_at(name, TRUTH["bg_nbd"]), n=len(actual)) for name in models]
    made = trials.trial(known, rows=histories.collapse(known), fits=fits, plan=plan, level=LEVEL)
    chances = pd.DataFrame(dict.fromkeys(models, 0.5), index=known.index)
    return replace(made, expected=pd.DataFrame(expected), chances=chances, **changes)


def company(*, customers: int, seed: int, season: float = 1.0) -> tuple[pd.DataFrame, pd.DataFrame, holdout_days.Plan]:
    """Customers of a Pareto/NBD company over 39 and 39 weeks; `season` multiplies rates in the holdout."""
    rng = np.random.default_rng(seed)
    r, alpha, s, beta = TRUTH["pareto_nbd"]
    plan = holdout_days.plan(date(2024, 1, 1), as_of=date(2025, 6, 29), weeks=39)
    born = rng.integers(0, 200, customers)
    rate, life = rng.gamma(r, size=customers) / alpha, rng.exponential(size=customers)
    ends = born + 7 * life * beta / rng.gamma(s, size=customers)
    weekly, known = np.zeros(79, dtype=int), []
    for first, speed, end in zip(born, rate, ends, strict=True):
        last = min(end, 546.0)
        early = first + 0.5 + (273 - first) * rng.random(rng.poisson(speed * (273 - first) / 7))
        late = 273 + 273 * rng.random(rng.poisson(season * speed * 39))
        days = np.unique(np.concatenate([early[early < min(last, 273)], late[late < last]]).astype(int))
        days = days[days > first]
        np.add.at(weekly, days // 7 + 1, 1)
        before, after = days[days < 273], days[days >= 273]
        recency = (before.max() - first) / 7 if len(before) else 0.0
        known.append((len(before), recency, (272 - first) / 7, len(after), 20.0 * len(after)))
    weeks = pd.DataFrame({"week": np.arange(1, 79), "repeat_count": weekly[1:]})
    return split_frame(*known), weeks, plan
