"""Cohorts: customers by the month of their first order, and what they did month after month."""

from __future__ import annotations

from datetime import date

import ibis
import numpy as np
import pandas as pd

from helpers.days import last_complete_month, months_from
from helpers.features import windows

MEASURES = ("customer_count", "order_count", "amount")


def customer_months(days: ibis.Table, *, as_of: date) -> ibis.Table:
    """What each customer ordered in each month, with the month of their first order.

    Parameters
    ----------
    days
        One row per customer and day with an order, as `purchases.purchase_days` gives them: customer_id, purchased_on,
        order_count, amount.
    as_of
        The day the report speaks from; later days are invisible.

    Returns
    -------
    ibis.Table
        One row per customer and month with an order: customer_id, cohort_number and month_number (months since the
        year 0), order_count, amount.
    """
    seen = windows.visible_days(days, as_of=as_of)
    by_month = seen.group_by(seen.customer_id, month_number=windows.month_number(seen.purchased_on))
    months = by_month.aggregate(order_count=seen.order_count.sum(), amount=seen.amount.sum())
    return months.mutate(cohort_number=months.month_number.min().over(group_by=months.customer_id))


def cohort_activity(days: ibis.Table, *, as_of: date) -> ibis.Table:
    """Who of each cohort bought in each month of their life as a customer (N-period retention).

    Parameters
    ----------
    days
        One row per customer and day with an order, as `purchases.purchase_days` gives them: customer_id, purchased_on,
        order_count, amount.
    as_of
        The day the report speaks from; later days are invisible.

    Returns
    -------
    ibis.Table
        One row per cohort and age at which anybody bought, ascending: cohort (first day of the month of the first
        order), age_months (calendar months since, 0 is the first month), customer_count, order_count, amount.
        Months without a purchase have no row: `retention` tells those that were observed from those that were not.
    """
    months = customer_months(days, as_of=as_of)
    by_age = months.group_by("cohort_number", age_months=months.month_number - months.cohort_number)
    activity = by_age.aggregate(
        customer_count=months.count(), order_count=months.order_count.sum(), amount=months.amount.sum()
    )
    return _with_cohort(activity)


def cohort_reach(days: ibis.Table, *, as_of: date) -> ibis.Table:
    """Who of each cohort bought at an age or at any later one (unbounded retention).

    The later ages of it had less time for a return and fall towards `cohort_activity` for that reason alone: a drop
    at the right end is no loss of customers.

    Parameters
    ----------
    days
        One row per customer and day with an order, as `purchases.purchase_days` gives them: customer_id, purchased_on,
        order_count, amount.
    as_of
        The day the report speaks from; later days are invisible.

    Returns
    -------
    ibis.Table
        One row per cohort and age, ascending, without holes up to the cohort's last purchase: cohort, age_months,
        customer_count. At age 0 it is the size of the cohort.
    """
    seen = windows.visible_days(days, as_of=as_of)
    spans = seen.group_by("customer_id").aggregate(first_on=seen.purchased_on.min(), last_on=seen.purchased_on.max())
    lives = spans.select(cohort_number=windows.month_number(spans.first_on), last=windows.month_number(spans.last_on))
    ends = lives.group_by("cohort_number", last_age=lives["last"] - lives.cohort_number).aggregate(ended=lives.count())
    # whoever bought last at age 3 is reached at the ages 0, 1, 2 and 3
    ages = ends.select("cohort_number", "ended", age_months=ibis.range(0, ends.last_age + 1).unnest())
    reach = ages.group_by("cohort_number", age_months=ages.age_months.cast("int64"))
    return _with_cohort(reach.aggregate(customer_count=ages.ended.sum()))


def retention(activity: pd.DataFrame, *, as_of: date, measure: str = "customer_count") -> pd.DataFrame:
    """The complete grid of cohorts and ages: each cell observed, or not yet observable.

    Parameters
    ----------
    activity
        `cohort_activity` or `cohort_reach` as pandas: cohort, age_months and the measure.
    as_of
        The day the report speaks from.
    measure
        customer_count, order_count or amount.

    Returns
    -------
    pandas.DataFrame
        One row per cohort and age from 0 to the oldest cohort's, ascending: cohort; age_months; the measure (float);
        cohort_size (customers of the cohort); share (the measure over its value at age 0: of customers a share from 0
        to 1, of orders or money any number from 0); is_observed. A cell whose month is not over at `as_of` is NaN,
        never 0; an observed cell in which nobody bought is 0.
    """
    if measure not in MEASURES or measure not in activity:
        raise ValueError(f"measure must be one of {', '.join(m for m in MEASURES if m in activity)}; found {measure!r}")
    cells = activity.assign(cohort=pd.to_datetime(activity["cohort"])).set_index(["cohort", "age_months"]).sort_index()
    grid = _grid(cells.index.get_level_values("cohort").unique(), as_of=as_of)
    counts = cells[measure].astype(float)
    grid[measure] = counts.reindex(pd.MultiIndex.from_frame(grid[["cohort", "age_months"]])).to_numpy()
    first = grid["cohort"].map(counts.xs(0, level="age_months"))
    grid["cohort_size"] = grid["cohort"].map(cells["customer_count"].xs(0, level="age_months")).astype("int64")
    grid[measure] = grid[measure].fillna(0.0).where(grid["is_observed"])
    grid["share"] = grid[measure] / first.where(first > 0)
    return grid[["cohort", "age_months", measure, "cohort_size", "share", "is_observed"]]


def revenue_per_customer(activity: pd.DataFrame, *, as_of: date) -> pd.DataFrame:
    """The grid of `retention` in money: `share` is the month's revenue over all customers of the cohort.

    Parameters
    ----------
    activity
        `cohort_activity` as pandas.
    as_of
        The day the report speaks from.
    """
    grid = retention(activity, as_of=as_of, measure="amount")
    return grid.assign(share=grid["amount"] / grid["cohort_size"])


def _with_cohort(cells: ibis.Table) -> ibis.Table:
    named = cells.mutate(cohort=windows.month_from_number(cells.cohort_number))
    return named.relocate("cohort", before="age_months").drop("cohort_number").order_by("cohort", "age_months")


def _grid(cohorts: pd.Index, *, as_of: date) -> pd.DataFrame:
    complete = last_complete_month(as_of)
    first = cohorts.min().date() if len(cohorts) else as_of
    ages = np.arange(months_from(first, as_of) + 1)
    grid = pd.MultiIndex.from_product([cohorts, ages], names=["cohort", "age_months"]).to_frame(index=False)
    observed_ages = grid["cohort"].map({cohort: months_from(cohort.date(), complete) for cohort in cohorts})
    grid["is_observed"] = grid["age_months"] <= observed_ages
    return grid
