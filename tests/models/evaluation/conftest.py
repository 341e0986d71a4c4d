"""The trials that tests of the judges share: CDNOW's sample, and a company whose truth is known."""

from __future__ import annotations

from datetime import date, timedelta

import ibis
import pandas as pd
import pytest

from helpers.contract import loading
from helpers.days import week_origin
from helpers.features import purchases, timeline
from helpers.features import split as splits
from helpers.features.frames import fetch
from helpers.models.buying import fitting
from helpers.models.buying import rows as histories
from helpers.models.buying.registry import MODELS
from helpers.models.evaluation import holdout_days, trials
from helpers.params import ExplorationParams
from helpers.simulation.worlds import FIRST_DAY, World
from helpers.simulation.worlds import purchases as purchases_of
from tests.models.evaluation.made_trials import LEVEL, TRUTH, company, fit_at

SEED_OF_NEAR_TOTALS = 1
"""A world in which BG/NBD comes nearer in total than the model that made it."""


def sample_days() -> ibis.Table:
    """The purchase days of CDNOW's sample of 2,357 customers."""
    orders = loading.load(**ExplorationParams(orders={"source": "cdnow_sample"}).delivery).orders
    return purchases.purchase_days(orders, as_of=date(1998, 6, 30))


@pytest.fixture(scope="session")
def sample() -> trials.Trial:
    """CDNOW's sample of 2,357 customers, 39 weeks and 39 weeks, with three models and the rivals."""
    bought = sample_days()
    plan = holdout_days.plan(date(1997, 1, 1), as_of=date(1998, 6, 30), weeks=39)
    days = [(plan.calibration_end, plan.as_of), (plan.earlier_end, plan.calibration_end)]
    known, earlier = (
        fetch(splits.split(bought, calibration_end=end, as_of=last).order_by("customer_id")) for end, last in days
    )
    rows = histories.collapse(known)
    fits = [fitting.fit(model, rows, level=LEVEL) for model in MODELS.values()]
    return trials.trial(known, rows=rows, fits=fits, plan=plan, earlier=earlier, level=LEVEL)


@pytest.fixture(scope="session")
def restless() -> trials.Trial:
    """3,000 customers of whom many leave at once, 52 weeks and 52 weeks, with three models and no rival."""
    world = World(week_count=104, join_weeks=40, r=1.5, alpha_weeks=10.0, s=0.6, beta_weeks=3.0)
    plan = holdout_days.plan(FIRST_DAY, as_of=FIRST_DAY + timedelta(weeks=104, days=-1), weeks=52)
    bought = ibis.memtable(purchases_of(world, seed=SEED_OF_NEAR_TOTALS)).cast({"purchased_on": "date"})
    known = fetch(splits.split(bought, calibration_end=plan.calibration_end, as_of=plan.as_of).order_by("customer_id"))
    rows = histories.collapse(known)
    fits = [fitting.fit(model, rows, level=LEVEL) for model in MODELS.values()]
    return trials.trial(known, rows=rows, fits=fits, plan=plan, level=LEVEL)


@pytest.fixture(scope="session")
def sample_weeks() -> pd.DataFrame:
    origin = week_origin(date(1997, 1, 1), end=date(1997, 9, 30))
    until = {"as_of": date(1998, 6, 30), "born_until": date(1997, 9, 30)}
    return fetch(timeline.by_week(sample_days(), origin=origin, **until))


@pytest.fixture(scope="session")
def truth() -> tuple[trials.Trial, pd.DataFrame]:
    known, weeks, plan = company(customers=3000, seed=1)
    fits = [fit_at(name, theta) for name, theta in TRUTH.items()]
    trial = trials.trial(known, rows=histories.collapse(known), fits=fits[:1], plan=plan, level=LEVEL)
    return trial, weeks
