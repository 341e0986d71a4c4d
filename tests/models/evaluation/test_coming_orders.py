"""Who comes back at all: corrected by earlier days, and right on a later one that no correction saw."""

from __future__ import annotations

from datetime import date, timedelta

import ibis
import numpy as np
import pandas as pd
import pytest

from helpers.features import split as splits
from helpers.features.frames import fetch
from helpers.models.buying import fitting, prediction
from helpers.models.buying.registry import MODELS
from helpers.models.buying.rows import collapse
from helpers.models.evaluation import coming_orders, purchase_groups, rolling_origins, share_errors
from helpers.models.evaluation.coming_orders import ComingOrders
from helpers.models.evaluation.rolling_origins import Origins
from tests.models.evaluation.made_trials import TRUTH, fit_at, split_frame

MODEL = MODELS["pareto_nbd"]


def split(bought: pd.DataFrame, *, made_on: date, weeks: int) -> pd.DataFrame:
    days = ibis.memtable(bought).cast({"purchased_on": "date"})
    until = made_on + timedelta(weeks=weeks)
    return fetch(splits.split(days, calibration_end=made_on, as_of=until).order_by("customer_id"))


def expected_on(bought: pd.DataFrame, today: date, *, weeks: int) -> tuple[pd.DataFrame, ComingOrders, ComingOrders]:
    """The customers of a day and what came; their orders to come as earlier days correct them, and without."""
    first, past = bought["purchased_on"].min().date(), bought[bought["purchased_on"] <= pd.Timestamp(today)]
    origins = rolling_origins.plan(first, as_of=today, weeks=weeks, count=6)
    known = split(bought, made_on=today, weeks=weeks)
    rows = collapse(known)
    fit = fitting.fit(MODEL, rows, level=0.9)
    judged = []
    for day in origins.days:
        then = split(past, made_on=day, weeks=origins.weeks)
        rows_then = collapse(then)
        terms = {"fit": fitting.refit(MODEL, rows_then, near=fit.theta), "model": MODEL, "weeks": origins.weeks}
        chances = rows_then.spread(prediction.p_buys(rows_then, **terms))
        by_day = purchase_groups.by_their_day(then, rows=rows_then, as_of=day, chances=chances, **terms)
        judged.append({"made_on": day, **by_day, **purchase_groups.came_back(then, chances=chances)})
    of_today = {"fit": fit, "model": MODEL, "as_of": today, "level": 0.9}
    found = coming_orders.ahead(rows, record=pd.DataFrame(judged), origins=origins, **of_today)
    nothing = rolling_origins.track([])
    own = coming_orders.ahead(rows, record=nothing, origins=Origins(float(weeks), 0, ()), **of_today)
    return known, found, own


@pytest.mark.parametrize(("today", "weeks"), [(date(1997, 9, 30), 39), (date(1997, 12, 31), 26)])
def test_cdnow_one_time_buyers_come_back_more_than_the_model_says(
    cdnow_days: pd.DataFrame, today: date, weeks: int
) -> None:
    """Of all customers of CDNOW: on 1 October 1997 8.8 % expected, 11.1 % corrected, 14.4 % came in 38 weeks."""
    bought = cdnow_days.assign(order_count=1, amount=0.0)
    known, found, own = expected_on(bought, today, weeks=weeks)
    came = (known["holdout_purchase_count"] > 0)[known["frequency"] == 0].mean()
    once, alone = found.comebacks[0], own.comebacks[0]
    assert alone.share.value < once.share.value < came + 0.02
    assert once.share.low < came < once.share.high
    assert once.own_share == pytest.approx(alone.share.value)
    assert np.isnan(alone.share.low), "without earlier days there is no interval"


def test_each_customer_has_the_corrected_chance_of_their_past() -> None:
    known = split_frame(*[(0, 0.0, 8.0, 0, 0.0)] * 3, (2, 3.0, 9.0, 1, 5.0), (5, 8.0, 9.0, 1, 5.0))
    rows, fit, origins = collapse(known), fit_at("bg_nbd", TRUTH["bg_nbd"]), Origins(10.0, 10, (date(2024, 1, 7),) * 2)
    record = pd.DataFrame({"next_order_count": 0, "next_order_share": np.nan}, index=[0, 1])
    for past, due, came in (("once", 0.2, 0.3), ("repeatedly", 0.5, 0.5)):
        told = {f"{past}_count": 1e6, f"{past}_expected_share": due, f"{past}_actual_share": came}
        record = record.assign(**told)
    terms = {"fit": fit, "model": MODELS["bg_nbd"]}
    found = coming_orders.ahead(rows, **terms, as_of=date(2024, 3, 3), record=record, origins=origins, level=0.9)
    own = rows.spread(prediction.p_buys(rows, **terms, weeks=10.0))
    error = share_errors.pooled(np.full(2, 1e6), np.full(2, 0.2), np.full(2, 0.3), origins=origins)
    assert error.shift > 0.2
    shown = found.customers["comeback_share"]
    assert shown[:3].tolist() == pytest.approx(error.corrected(own[:3]).tolist())
    assert shown[3:].tolist() == pytest.approx(own[3:].tolist(), rel=1e-6)
    assert [(one.past, one.share.n) for one in found.comebacks] == [("once", 3), ("repeatedly", 2)]


def test_who_came_back_is_counted_by_hand() -> None:
    known = split_frame((0, 0.0, 8.0, 2, 5.0), (0, 0.0, 8.0, 0, 0.0), (0, 0.0, 8.0, 0, 0.0), (2, 3.0, 9.0, 1, 5.0))
    rows = collapse(known)
    buys = prediction.p_buys(rows, fit=fit_at("bg_nbd", TRUTH["bg_nbd"]), model=MODELS["bg_nbd"], weeks=10.0)
    found = purchase_groups.came_back(known, chances=rows.spread(buys))
    r, alpha, *_ = TRUTH["bg_nbd"]
    assert (found["once_count"], found["once_actual_share"]) == (3, pytest.approx(1 / 3))
    assert found["once_expected_share"] == pytest.approx(1 - ((alpha + 8) / (alpha + 18)) ** r)
    assert (found["repeatedly_count"], found["repeatedly_actual_share"]) == (1, 1.0)


def test_few_customers_are_not_told_of() -> None:
    record = pd.DataFrame({"next_order_count": [9, 40, 40, 40], "next_order_share": [0.5, 0.1, 0.9, 0.5]})
    for past in purchase_groups.PASTS:
        told = {f"{past}_count": [40, 40, 5, 0], f"{past}_actual_share": [0.5, 0.1, 0.4, np.nan]}
        record = record.assign(**told, **{f"{past}_expected_share": 0.4})
    told = coming_orders.without_few(record, smallest_cell=10)
    assert list(told.columns) == list(record.columns)
    assert told["next_order_count"].isna().tolist() == [True, False, False, False]
    assert told["next_order_share"].isna().tolist() == [True, True, True, False]
    assert told["once_count"].isna().tolist() == [False, False, True, False]
    assert told["once_actual_share"].isna().tolist() == [False, True, True, True]
    assert coming_orders.without_few(rolling_origins.track([]), smallest_cell=10).empty
