"""The last whole month beside the same one a year before, and the best one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from math import nan

import pandas as pd

from helpers.days import add_months
from helpers.models.customers.changes import MEASURES


@dataclass(frozen=True)
class Trend:
    """The last whole month beside the best one.

    Attributes
    ----------
    month_count, empty_count
        Months that the data cover wholly, and those of them without any order.
    last_month, best_month
        First days of the last whole month and of the whole month with most revenue (the earlier one of equals).
    amount, customer_count
        Revenue of the last whole month, and the customers who bought in it; NaN and 0 where it is not to be told.
    returning_share
        Share of its revenue that came from returning customers, 0 to 1; NaN where nothing was earned.
    best_amount
        Revenue of the best whole month.
    year_before_amount
        Revenue of the same month a year before; NaN where the data do not cover it wholly.
    """

    month_count: int
    empty_count: int
    last_month: date
    amount: float
    customer_count: int
    returning_share: float
    best_month: date
    best_amount: float
    year_before_amount: float = nan


def of_months(months: pd.DataFrame) -> Trend | None:
    """The last whole month beside the best one; None where the data cover no month wholly.

    Parameters
    ----------
    months
        One row per month, ascending, as `activity.by_month` gives it: month, is_complete, order_count, customer_count,
        amount, returning_amount.
    """
    whole = months[months["is_complete"].astype(bool)]
    if not len(whole):
        return None
    last, best = whole.iloc[-1], whole.nlargest(1, "amount").iloc[0]
    amount = float(last["amount"])
    return Trend(
        month_count=len(whole),
        empty_count=int((whole["order_count"] == 0).sum()),
        last_month=last["month"].date(),
        amount=amount,
        customer_count=0 if pd.isna(last["customer_count"]) else int(last["customer_count"]),
        returning_share=float(last["returning_amount"]) / amount if amount else nan,
        best_month=best["month"].date(),
        best_amount=float(best["amount"]),
        year_before_amount=_in_month(whole, add_months(last["month"].date(), -12)),
    )


def by_measure(months: pd.DataFrame, *, count: int = 13) -> pd.DataFrame:
    """The latest whole months, `count` at most, with a column for each measure of `changes.MEASURES`.

    A row of `months` is a month, as `activity.by_month` gives it: month, is_complete, order_count, customer_count,
    amount. A ratio is NaN in a month without what it divides by.
    """
    whole = months[months["is_complete"].astype(bool)].tail(count)
    totals = whole[["amount", "order_count", "customer_count"]].astype(float)
    ratios = {
        name: totals[upper] / totals[lower].where(totals[lower] > 0) if lower else totals[upper]
        for name, (upper, lower) in MEASURES.items()
    }
    return whole[["month"]].assign(**ratios)


def _in_month(whole: pd.DataFrame, month: date) -> float:
    """Revenue of a whole month; NaN where it is not among them."""
    amounts = whole.set_index("month")["amount"]
    return float(amounts.get(pd.Timestamp(month), nan))
