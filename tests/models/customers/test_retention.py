"""The pooled retention curve, by hand."""

from __future__ import annotations

from datetime import date

import pandas as pd

from helpers.models.customers import retention
from helpers.models.statistics.intervals import wilson

COLUMNS = ["cohort", "age_months", "customer_count", "cohort_size", "is_observed"]


def grid(*rows: tuple[str, int, float, int, bool]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=COLUMNS)


NAN = float("nan")
ACTIVITY = grid(
    ("1", 0, 10, 10, True), ("1", 1, 4, 10, True), ("1", 2, 2, 10, True),
    ("2", 0, 20, 20, True), ("2", 1, 5, 20, True), ("2", 2, NAN, 20, False),
)  # fmt: skip
REACH = ACTIVITY.assign(customer_count=[10, 5, 2, 20, 5, NAN])


def test_each_age_pools_the_cohorts_that_are_old_enough() -> None:
    curve = retention.pooled(ACTIVITY, REACH, level=0.95)
    assert curve[["age_months", "n", "share", "reach_share"]].to_numpy().tolist() == [
        [1, 30, 9 / 30, 10 / 30],
        [2, 10, 2 / 10, 2 / 10],
    ]
    expected = wilson(9, 30, level=0.95)
    assert curve.loc[0, ["low", "high"]].tolist() == [expected.low, expected.high]


def test_without_an_observed_month_there_is_no_curve() -> None:
    young = ACTIVITY[ACTIVITY["age_months"] == 0]
    curve = retention.pooled(young, REACH, level=0.95)
    assert curve.empty
    assert "reach_high" in curve.columns


def test_the_repeat_rate_counts_days_and_not_orders() -> None:
    customers = pd.DataFrame({"purchase_count": [1, 1, 2, 5], "order_count": [9, 1, 2, 5]})
    assert retention.repeat_rate(customers, level=0.95) == wilson(2, 4, level=0.95)


def test_what_the_oldest_cohort_brought() -> None:
    earned = pd.DataFrame(
        {
            "cohort": pd.to_datetime(["2024-11-01"] * 3 + ["2024-12-01"]), "cohort_size": [5, 5, 5, 9],
            "share": [10.0, 4.0, float("nan"), 3.0], "is_observed": [True, True, False, True],
        }
    )  # fmt: skip
    found = retention.oldest_cohort(earned)
    assert found == retention.CohortValue(date(2024, 11, 1), 5, 10.0, 4.0, 1)
    assert found.amount == 14.0
    assert retention.oldest_cohort(earned.assign(is_observed=False)) is None
