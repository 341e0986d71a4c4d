"""Who counts as new: by hand, in worlds whose truth is known, and on data of a panel and of a closed sample."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import ibis
import numpy as np
import pandas as pd
import pytest

from helpers.days import months_from
from helpers.features import activity, cohorts
from helpers.features.frames import fetch
from helpers.models.customers import arrivals, retention
from helpers.models.statistics.intervals import Estimate, wilson
from helpers.simulation import worlds

JAN = date(2024, 1, 1)
OLD = worlds.World(customer_count=2_000, week_count=312, join_weeks=312, r=1.2, alpha_weeks=3)
"""A business of six years, with new customers in each week of them, who buy every few weeks."""
BEGAN, DATA_BEGIN = worlds.FIRST_DAY, date(2026, 1, 1)


def months(*counts: int, first: date = JAN, is_last_over: bool = True) -> pd.DataFrame:
    starts = pd.date_range(first.replace(day=1), periods=len(counts), freq="MS")
    whole = [first.day == 1, *[True] * (len(counts) - 1)][:-1] + [is_last_over]
    return pd.DataFrame({"month": starts, "is_complete": whole, "new_customer_count": counts})


def read_off(*counts: int, began_on: date | None = None, first: date = JAN, is_last_over: bool = True):
    made = months(*counts, first=first, is_last_over=is_last_over)
    return arrivals.read_off(made, first_on=first, began_on=began_on)


def test_months_are_left_out_until_one_is_usual() -> None:
    # the median after the first month is 100, and 1.1 times that are 110 a month of mean length: three, and three again
    usual = (105, 100, 95, 110, 100, 90, 105, 100, 95)
    found = read_off(400, 180, 130, *usual)
    assert found == arrivals.Arrivals(date(2024, 7, 1), "found old", 1610, 1010)
    assert read_off(400, 180, 130, *usual[:6]).new_from == date(2024, 5, 1), "at most half of nine months"


def test_an_even_start_is_no_sign_of_old_customers() -> None:
    assert read_off(100, 90, 105, 100, 110).evidence == "no sign"
    assert read_off(100, 90, 105, 100, 110).left_out_count == 0
    assert read_off(9, 5, 4, 5, 6).evidence == "no sign", "chance alone makes nine of five"


def test_stated_days_decide() -> None:
    burst = (400, 180, 130, 105, 100, 95, 110, 100, 90, 105)
    assert read_off(*burst, began_on=date(2024, 1, 1)) == arrivals.Arrivals(JAN, "stated new", 1415)
    assert read_off(*burst, began_on=date(2024, 1, 15)).left_out_count == 0
    assert read_off(*burst, began_on=date(2023, 12, 31)).new_from == date(2024, 6, 1)
    even = read_off(100, 90, 105, 100, 110, began_on=date(2015, 1, 1))
    assert (even.new_from, even.evidence, even.left_out_count) == (date(2024, 2, 1), "stated old", 100)


def test_a_first_month_of_few_days_counts_by_the_day() -> None:
    # eleven days with 40 are as many a day as usual months of 110; with 130 they are three times as many
    assert read_off(40, 105, 115, 110, 100, 108, first=date(2024, 1, 21)).evidence == "no sign"
    found = read_off(130, 105, 115, 110, 100, 108, first=date(2024, 1, 21))
    assert (found.evidence, found.new_from) == ("found old", date(2024, 3, 1)), "the stretch has 28 days at least"


def test_a_month_that_is_not_over_says_nothing() -> None:
    assert read_off(100, 95, 105, 100, 2, is_last_over=False) == replace(
        read_off(100, 95, 105, 100), customer_count=402
    )
    assert read_off(300, 80, is_last_over=False).evidence == "too short"
    assert read_off(300).evidence == "too short"


def test_a_panel_that_nobody_joins_has_no_usual_month() -> None:
    found = read_off(1982, 185, 113, 47, 45, 21, 21, 16, 16, 6, 11, 6)  # the Complete Journey
    assert (found.new_from, found.left_out_count, found.has_usual_month) == (date(2024, 2, 1), 1982, False)


def test_cohorts_are_closed_where_many_would_have_come() -> None:
    assert read_off(78, 84, 72, *[0] * 15).closed_after == date(2024, 3, 1)
    assert read_off(78, 84, 72, *[0] * 15).evidence == "no sign"
    assert read_off(78, 84, 72, 0).closed_after is None, "one month may be chance"
    assert read_off(1, 0, 1, 0, 0, 0).closed_after is None, "ten would not have come"


def grids(days: ibis.Table, *, as_of: date) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    return (
        fetch(activity.by_month(days, as_of=as_of)),
        cohorts.retention(fetch(cohorts.cohort_activity(days, as_of=as_of)), as_of=as_of),
        cohorts.retention(fetch(cohorts.cohort_reach(days, as_of=as_of)), as_of=as_of),
    )


def next_month(bought: pd.DataFrame, *, began_on: date | None = None) -> tuple[arrivals.Arrivals, Estimate]:
    """Retention of new customers in the month after their first, as a report has it."""
    made = ibis.memtable(bought)
    days = made.mutate(purchased_on=made.purchased_on.date())
    first, as_of = bought["purchased_on"].min().date(), bought["purchased_on"].max().date()
    by_month, active, reached = grids(days, as_of=as_of)
    arrived = arrivals.read_off(by_month, first_on=first, began_on=began_on)
    row = retention.pooled(arrived.of_new(active), arrived.of_new(reached), level=0.95).iloc[0]
    return arrived, Estimate(row["share"], row["low"], row["high"], int(row["n"]))


def truth(bought: pd.DataFrame) -> float:
    """The share of customers who joined after the data begin, and bought in the month after their first."""
    month = bought["purchased_on"].dt.to_period("M")
    first = month.groupby(bought["customer_id"]).min()
    own = bought["customer_id"].map(first)
    age = 12 * (month.dt.year - own.dt.year) + month.dt.month - own.dt.month
    last = bought["purchased_on"].max().to_period("M")
    is_new = (first >= pd.Period(DATA_BEGIN, "M")) & (first < last - 1)
    back = first.index.isin(bought.loc[age == 1, "customer_id"])
    return float(back[is_new].mean())


def test_data_of_an_old_business_give_the_retention_of_its_new_customers() -> None:
    made = [worlds.purchases(OLD, seed=seed) for seed in range(4)]
    seen = [bought[bought["purchased_on"] >= pd.Timestamp(DATA_BEGIN)] for bought in made]
    found = [next_month(one) for one in seen]
    assert {arrived.evidence for arrived, _ in found} == {"found old"}
    true = [truth(bought) for bought in made]
    held = [share.low <= right <= share.high for (_, share), right in zip(found, true, strict=True)]
    assert sum(held) >= 3
    assert np.mean([share.value - right for (_, share), right in zip(found, true, strict=True)]) > -0.012
    everybody = [next_month(one, began_on=DATA_BEGIN)[1].value for one in seen]
    assert np.mean(everybody) > np.mean(true) + 0.01, "old customers who buy often make it better than it is"


def test_a_business_that_began_with_its_data_keeps_its_first_cohort() -> None:
    bought = worlds.purchases(replace(OLD, week_count=104, join_weeks=104), seed=1)
    arrived, found = next_month(bought)
    assert (arrived.evidence, arrived.left_out_count) == ("no sign", 0)
    # an opening brings as many again in the first month: who says so loses nobody
    opening = worlds.purchases(replace(OLD, week_count=104, join_weeks=4, customer_count=600), seed=2)
    crowd = pd.concat([bought, opening.assign(customer_id="o" + opening["customer_id"])])
    assert next_month(crowd)[0].evidence == "found old"
    stated, of_all = next_month(crowd, began_on=BEGAN)
    assert (stated.evidence, stated.left_out_count) == ("stated new", 0)
    assert of_all.n > found.n + 500


def test_the_first_quarter_of_cdnow_is_of_new_customers(cdnow_days: pd.DataFrame) -> None:
    bought = cdnow_days.assign(order_count=1, amount=1.0)  # one customer in ten
    arrived, found = next_month(bought)
    assert (arrived.evidence, arrived.customer_count, arrived.closed_after) == ("no sign", 2_357, date(1997, 3, 1))
    assert found.n == 2_357
    assert months_from(arrived.new_from, date(1997, 1, 1)) == 0


@pytest.mark.data
def test_the_complete_journey_is_a_panel_of_old_customers(complete_journey: Path) -> None:
    """84.0 % bought again in the month after their first where four in five were customers already."""
    lines = pd.read_parquet(
        complete_journey / "transactions.parquet", columns=["household_id", "transaction_timestamp"]
    )
    day = pd.to_datetime(lines["transaction_timestamp"]).dt.normalize().astype("datetime64[s]")
    bought = pd.DataFrame({"customer_id": lines["household_id"].astype(str), "purchased_on": day}).drop_duplicates()
    year = bought[bought["purchased_on"].between("2017-01-01", "2017-12-31")].assign(order_count=1, amount=1.0)
    arrived, found = next_month(year)
    assert (arrived.new_from, arrived.has_usual_month) == (date(2017, 2, 1), False)
    assert found.value == pytest.approx(0.638, abs=0.005)
    everybody = next_month(year, began_on=date(2017, 1, 1))[1]
    assert everybody.value == pytest.approx(0.84, abs=0.005)
    assert found == wilson(round(found.value * found.n), found.n, level=0.95)
    assert np.isfinite([found.low, found.high]).all()
