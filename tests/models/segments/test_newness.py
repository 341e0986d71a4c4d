"""Whether segments that are called new are new, in days: by hand, and on CDNOW, where nobody came for over a year."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from helpers.models.segments import newness
from helpers.models.statistics import intervals

DAY = date(2024, 6, 30)


def test_by_hand():
    firsts = ["2024-06-30", "2024-03-31", "2024-03-30", "2023-06-30", "2020-01-01"]
    buyers = pd.DataFrame({"first_on": pd.to_datetime(firsts), "rf": ["New"] * 4 + ["Lost"]})
    buyers = buyers.assign(purchase_count=[1, 1, 2, 1, 9], days_since_last=[0, 91, 40, 366, 700])
    found = newness.newness(buyers, kind="rf", limits={"New": 91, "Fresh": 30}, as_of=DAY, level=0.95)
    row = found.set_index("segment").loc["New"]
    assert row[["limit_days", "customer_count", "late_count", "late_share"]].tolist() == [91, 4, 2, 0.5]
    assert row["median_days"] == (91 + 92) / 2
    assert row[newness.EXTREMES].tolist() == [1, 2, 0, 366]
    assert found.loc[0, ["low", "high"]].isna().all()
    assert found.loc[1, "customer_count"] == 0
    assert found.loc[1, ["median_days", "late_share"]].isna().all()


def test_many_have_an_interval():
    buyers = pd.DataFrame({"first_on": pd.to_datetime(["2024-06-01"] * 30 + ["2024-01-01"] * 10), "rf": "New"})
    buyers = buyers.assign(purchase_count=1, days_since_last=3)
    row = newness.newness(buyers, kind="rf", limits={"New": 91}, as_of=DAY, level=0.9).iloc[0]
    bounds = intervals.wilson(10, 40, level=0.9)
    assert row[["low", "high"]].tolist() == [bounds.low, bounds.high]


def test_false_names_have_what_is_true_of_them_on_each_of_several_days():
    columns = ["segment", "late_share", *newness.EXTREMES]
    now = pd.DataFrame([("New", 0.9, 1, 1, 371, 454), ("Fresh", 0.1, 1, 1, 3, 9)], columns=columns)
    then = pd.DataFrame([("New", 0.2, 1, 2, 280, 363), ("Fresh", float("nan"), 1, 1, 3, 9)], columns=columns)
    assert newness.false_names(now)["segment"].tolist() == ["New"]
    found = newness.over_time(now, then)
    assert found.to_dict("records") == [
        {"segment": "New", **dict(zip(newness.EXTREMES, [1, 2, 280, 454], strict=True))}
    ]
    assert newness.over_time(then, then).empty


def test_the_table_of_false_names_has_no_count_of_those_it_is_true_of():
    buyers = pd.DataFrame({"first_on": pd.to_datetime(["2024-01-01"] * 12 + ["2024-06-01"] * 3), "rf": "New"})
    buyers = buyers.assign(purchase_count=1, days_since_last=[40] * 12 + [29] * 3)
    rows = newness.newness(buyers, kind="rf", limits={"New": 91}, as_of=DAY, level=0.9)
    (row,) = newness.described(rows).to_dict("records")
    assert row == {
        "segment": "New", "limit_days": 91, "customer_count": 15, "least_purchase_count": 1, "most_purchase_count": 1,
        "least_last_days": 29, "most_last_days": 40, "is_hidden": False,
    }  # fmt: skip
    assert newness.described(rows.assign(late_share=0.5)).empty


def test_nobody_at_all():
    nobody = pd.DataFrame({"first_on": pd.to_datetime([]), "rf": [], "purchase_count": [], "days_since_last": []})
    assert newness.newness(nobody, kind="rf", limits={"New": 91}, as_of=DAY, level=0.9).loc[0, "customer_count"] == 0
    assert newness.newness(nobody, kind="rf", limits={}, as_of=DAY, level=0.9).empty


@pytest.mark.parametrize("limit", [91, 365])
def test_the_new_customers_of_cdnow_came_over_a_year_ago(cdnow_days: pd.DataFrame, limit: int):
    first = cdnow_days.groupby("customer_id")["purchased_on"].min()
    buyers = pd.DataFrame({"first_on": first, "rf": "New Customers", "purchase_count": 1, "days_since_last": 400})
    row = newness.newness(
        buyers, kind="rf", limits={"New Customers": limit}, as_of=date(1998, 6, 30), level=0.95
    ).iloc[0]  # fmt: skip
    assert row["late_share"] == 1
    assert row["median_days"] > 450


def test_each_scheme_has_its_own_names():
    buyers = pd.DataFrame(
        {"first_on": pd.to_datetime(["2024-06-01", "2020-01-01"]), "a": "New", "b": ["Lost", "Fresh"]}
    ).assign(purchase_count=1, days_since_last=9)
    limits = {"a": {"New": 91}, "b": {"Fresh": 30}, "c": {}}
    found = newness.of_schemes(buyers, limits=limits, as_of=DAY, level=0.95)
    assert found[["scheme", "segment", "late_share"]].to_numpy().tolist() == [["a", "New", 0.5], ["b", "Fresh", 1.0]]
    none = newness.of_schemes(buyers, limits={"c": {}}, as_of=DAY, level=0.95)
    assert none.empty
    assert none.columns.equals(found.columns)
