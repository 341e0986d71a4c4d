"""The models of leaving on real shops: better than recency alone in log-loss, or the page says that they are not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from helpers.contract import loading
from helpers.display.churn import forecasts
from helpers.features import leaving, lifecycle, purchases
from helpers.models.churn import leaving_models
from helpers.models.churn.leaving_models import RECENCY, Sample
from helpers.params.report_files import read_report


def samples(params: Path) -> list[tuple[Sample, Sample]]:
    """What models learn from and are judged on, as the notebook takes them."""
    told = read_report(params, only=["churn"]).params["churn"]
    data = loading.load(**told.delivery).with_consent()
    bought = purchases.purchase_days(data.orders, as_of=told.as_of).cache()
    rule = lifecycle.Rule(**told.stage_rules)
    times = {"lead_days": told.lead_days, "horizon_days": told.comeback_days, "count": 3}
    trial_days = leaving_models.origins(data.observed.first_on, as_of=told.as_of, **times)
    windows_of = {on: each.window(on) for each in trial_days for on in (each.learn_on, each.judge_on)}
    known = leaving.standing(bought, days=list(windows_of), rule=rule)
    stayed = leaving.stayed(bought, windows_of=windows_of)
    taken = {on: leaving_models.sample(known[on], stayed[on], day=on, features=leaving.FEATURES) for on in windows_of}
    return [(taken[each.learn_on], taken[each.judge_on]) for each in trial_days]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["cdnow", "online_retail"])
def test_real_shops_are_told_better_than_by_recency_alone(
    root: Path, name: str, request: pytest.FixtureRequest
) -> None:
    if name == "online_retail":
        request.getfixturevalue("regulars_data")
    made = leaving_models.judge(samples(root / "params" / f"{name}.yml"), seed=1, level=0.95)
    assert made is not None
    assert made.table["origin"].nunique() == 3
    losses = made.table.groupby("model")["log_loss"].mean()
    assert losses[made.best] < losses[RECENCY]
    assert made.gap.low > 0, "on the latest day, beyond chance"
    claim = forecasts.summary(made, horizon_days=182, lead_days=14, level=0.95).claim
    assert claim == f"{made.best.capitalize()} tells who leaves better than how long a customer has been away."


def test_where_nothing_beats_recency_the_page_says_so() -> None:
    """Customers who leave by how long they have been away and by nothing else."""
    pair = []
    for seed in (1, 2):
        draw = np.random.default_rng(seed)
        away = draw.integers(0, 180, 1_500).astype(float)
        noise = {"purchase_count": 1.0 + draw.poisson(3, 1_500), "comeback_share": draw.random(1_500)}
        features = pd.DataFrame({"days_since_last": away} | noise)
        left = (draw.random(1_500) < 1 / (1 + np.exp(3 - np.log1p(away)))).astype(float)
        pair.append(Sample(pd.Timestamp("2024-01-01").date(), pd.Series(range(1_500)), features, left))
    made = leaving_models.judge([(pair[0], pair[1])], seed=1, level=0.95)
    assert made is not None
    claim = forecasts.summary(made, horizon_days=182, lead_days=14, level=0.95).claim
    assert claim == "No model tells clearly better who leaves than how long a customer has been away."
