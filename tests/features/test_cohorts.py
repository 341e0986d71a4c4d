"""Cohorts: a worked example, the difference between not bought and not yet observable, published CDNOW counts."""

from datetime import date
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from helpers.features import cohorts
from helpers.features.purchases import purchase_days

AS_OF = date(2024, 4, 15)
ORDERS = [
    ("ann", "2024-01-31T23:59:59", "10"),
    ("ann", "2024-02-01T00:00:00", "20"),
    ("ann", "2024-04-10T12:00:00", "40"),
    ("bob", "2024-01-05T12:00:00", "1"),
    ("bob", "2024-01-06T12:00:00", "2"),
    ("cyd", "2024-03-01T00:00:00", "5"),
    ("dan", "2024-04-15T23:59:59", "6"),
    ("dan", "2024-04-16T00:00:00", "99"),
    ("eve", "2024-05-01T00:00:00", "99"),
]
JAN, MAR, APR = date(2024, 1, 1), date(2024, 3, 1), date(2024, 4, 1)


def cohort_activity(orders, *, as_of):
    return cohorts.cohort_activity(purchase_days(orders, as_of=as_of), as_of=as_of)


def cohort_reach(orders, *, as_of):
    return cohorts.cohort_reach(purchase_days(orders, as_of=as_of), as_of=as_of)


def rows(table):
    return [tuple(row.values()) for row in table.to_pyarrow().to_pylist()]


def test_activity_of_the_worked_example(make_orders):
    found = cohort_activity(make_orders(ORDERS), as_of=AS_OF)
    assert found.columns == ("cohort", "age_months", "customer_count", "order_count", "amount")
    assert rows(found) == [
        (JAN, 0, 2, 3, Decimal(13)),
        (JAN, 1, 1, 1, Decimal(20)),
        (JAN, 3, 1, 1, Decimal(40)),
        (MAR, 0, 1, 1, Decimal(5)),
        (APR, 0, 1, 1, Decimal(6)),
    ]


def test_reach_counts_whoever_comes_at_that_age_or_later(make_orders):
    found = cohort_reach(make_orders(ORDERS), as_of=AS_OF)
    assert found.columns == ("cohort", "age_months", "customer_count")
    assert rows(found) == [(JAN, 0, 2), (JAN, 1, 1), (JAN, 2, 1), (JAN, 3, 1), (MAR, 0, 1), (APR, 0, 1)]


def test_retention_tells_nobody_bought_from_not_yet_observable(make_orders):
    activity = cohort_activity(make_orders(ORDERS), as_of=AS_OF).to_pandas()
    found = cohorts.retention(activity, as_of=AS_OF)
    assert list(found.columns) == ["cohort", "age_months", "customer_count", "cohort_size", "share", "is_observed"]
    grid = found.pivot(index="cohort", columns="age_months", values="customer_count")
    nan = np.nan
    # April is not over on the 15th: its cells are blank, although ann and dan bought in it; February's zero is a zero
    assert grid.to_numpy().tolist() == pytest.approx(
        np.array([[2, 1, 0, nan], [1, nan, nan, nan], [nan, nan, nan, nan]]), nan_ok=True
    )
    assert found["is_observed"].tolist() == [True, True, True, False, True] + [False] * 7
    assert found["is_observed"].equals(found["customer_count"].notna())
    assert found["cohort_size"].tolist() == [2] * 4 + [1] * 8
    assert found["share"][:3].tolist() == [1.0, 0.5, 0.0]


def test_on_its_last_day_a_month_is_observed(make_orders):
    activity = cohort_activity(make_orders(ORDERS), as_of=date(2024, 4, 30)).to_pandas()
    found = cohorts.retention(activity, as_of=date(2024, 4, 30)).set_index(["cohort", "age_months"])
    assert found.loc[(pd.Timestamp(JAN), 3), "customer_count"] == 1
    assert found.loc[(pd.Timestamp(APR), 0), "customer_count"] == 1
    assert np.isnan(found.loc[(pd.Timestamp(APR), 1), "customer_count"])


def test_retention_of_money_is_relative_to_the_first_month(make_orders):
    activity = cohort_activity(make_orders(ORDERS), as_of=AS_OF).to_pandas()
    found = cohorts.retention(activity, as_of=AS_OF, measure="amount")
    assert found["amount"][:3].tolist() == [13.0, 20.0, 0.0]
    assert found["share"][:3].tolist() == [1.0, 20 / 13, 0.0]
    assert found["cohort_size"][0] == 2


def test_a_first_month_without_revenue_has_no_share(make_orders):
    orders = make_orders([("ann", "2024-01-01", "0"), ("ann", "2024-02-01", "3")])
    activity = cohort_activity(orders, as_of=date(2024, 2, 29)).to_pandas()
    found = cohorts.retention(activity, as_of=date(2024, 2, 29), measure="amount")
    assert found["amount"].tolist() == [0.0, 3.0]
    assert found["share"].isna().all()


def test_reach_has_a_retention_too(make_orders):
    reach = cohort_reach(make_orders(ORDERS), as_of=AS_OF).to_pandas()
    found = cohorts.retention(reach, as_of=AS_OF)
    assert found["customer_count"][:3].tolist() == [2.0, 1.0, 1.0]
    with pytest.raises(ValueError, match="measure must be one of customer_count; found 'amount'"):
        cohorts.retention(reach, as_of=AS_OF, measure="amount")


def test_retention_leaves_its_input_alone(make_orders):
    activity = cohort_activity(make_orders(ORDERS), as_of=AS_OF).to_pandas()
    copy = activity.copy(deep=True)
    cohorts.retention(activity, as_of=AS_OF)
    pd.testing.assert_frame_equal(activity, copy)


def test_random_orders_keep_the_sums(make_orders, random_rows):
    made = random_rows(seed=3, count=900)
    as_of = date(2024, 7, 20)
    seen = [(who, moment, amount) for who, moment, amount in made if moment[:10] <= "2024-07-20"]
    orders = make_orders(made[::-1] + [("new", "2024-07-21T00:00", "9")])
    activity = cohort_activity(orders, as_of=as_of).to_pandas()
    reach = cohort_reach(orders, as_of=as_of).to_pandas()
    assert activity["order_count"].sum() == len(seen)
    assert activity["amount"].sum() == sum(Decimal(amount) for _, _, amount in seen)
    sizes = activity[activity["age_months"] == 0].set_index("cohort")["customer_count"]
    assert sizes.sum() == len({who for who, _, _ in seen})
    assert reach[reach["age_months"] == 0].set_index("cohort")["customer_count"].equals(sizes)
    both = activity.merge(reach, on=["cohort", "age_months"], suffixes=("", "_reached"))
    assert len(both) == len(activity)
    assert (both["customer_count_reached"] >= both["customer_count"]).all()
    assert (reach.groupby("cohort")["customer_count"].diff().dropna() <= 0).all()


def test_cdnow_january_cohort_has_its_published_size(cdnow):
    activity = cohort_activity(cdnow, as_of=date(1998, 6, 30)).to_pandas()
    found = cohorts.retention(activity, as_of=date(1998, 6, 30))
    january = found[found["cohort"] == pd.Timestamp(1997, 1, 1)]
    assert january["customer_count"].tolist()[:2] == [7_846, 1_157]
    assert january["is_observed"].all()
    assert len(january) == 18
    assert activity.loc[activity["age_months"] == 0, "customer_count"].sum() == 23_570


def test_revenue_per_customer_divides_by_the_whole_cohort(make_orders):
    activity = cohort_activity(make_orders(ORDERS), as_of=AS_OF).to_pandas()
    found = cohorts.revenue_per_customer(activity, as_of=AS_OF)
    january = found[found["cohort"] == pd.Timestamp(JAN)]["share"].tolist()
    assert january[:3] == [13 / 2, 20 / 2, 0.0]
    assert np.isnan(january[3]), "April is not over"
