"""Orders by day of the week."""

from __future__ import annotations

import pandas as pd

EVEN_SHARE = 1 / 7
"""Share of orders on each weekday of an even week."""


def by_weekday(hours: pd.DataFrame) -> pd.DataFrame:
    """Orders of each weekday.

    Parameters
    ----------
    hours
        One row per weekday and hour with an order, as `calendar.weekday_hour` gives it: weekday, order_count.

    Returns
    -------
    pandas.DataFrame
        Seven rows: weekday (1 is Monday, 7 Sunday), order_count (0 or more), order_share (0 to 1).
    """
    orders = hours.groupby("weekday")["order_count"].sum().reindex(range(1, 8), fill_value=0)
    return orders.reset_index().assign(order_share=(orders / orders.sum()).to_numpy())


def busiest(days: pd.DataFrame) -> int:
    """The weekday with most orders, 1 (Monday) to 7, the earlier one of equals; `days` as `by_weekday` gives it."""
    return int(days["weekday"].to_numpy()[days["order_count"].to_numpy().argmax()])
