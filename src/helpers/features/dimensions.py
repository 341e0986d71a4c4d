"""The columns by which revenue can be broken down, wherever they were delivered."""

from __future__ import annotations

from collections.abc import Iterable

import ibis
import pandas as pd

OTHERS = "all others"
NOT_GIVEN = "(not given)"
FINE, COARSE = "product_id", "category"


def carriers(
    columns: Iterable[str], *, tables: Iterable[ibis.Table | None], customers: ibis.Table | None
) -> dict[str, ibis.Table]:
    """For each column that was delivered, a table that holds it beside the customer, the instant and the amount.

    Parameters
    ----------
    columns
        Names to look for, such as channel, region and category.
    tables
        Tables with a row per order or per line, the preferred one first; None stands for one that was not delivered.
    customers
        One row per customer; joined to the first table for columns that no other table has.

    Returns
    -------
    dict
        Column name to table, in the order of `columns`; columns that nobody delivered are left out, and so is
        product_id where the products have a category.
    """
    there = [table for table in tables if table is not None]
    carrier_of: dict[str, ibis.Table] = {}
    for column in columns:
        if column == FINE and COARSE in carrier_of:
            continue
        carrier = next((table for table in there if column in table.columns), None)
        if carrier is None and customers is not None and column in customers.columns:
            carrier = there[0].left_join(customers.select("customer_id", column), "customer_id")
        if carrier is not None:
            carrier_of[column] = carrier
    return carrier_of


def largest(parts: pd.DataFrame, *, count: int) -> pd.DataFrame:
    """A breakdown cut to its largest levels, the rest gathered in one row.

    Parameters
    ----------
    parts
        One row per level, the largest first, as `activity.breakdown` gives it.
    count
        Rows to return at most, the gathered one included.

    Returns
    -------
    pandas.DataFrame
        level, amount, amount_share, previous_amount, year_before_amount; a missing level is called "(not given)".
        Sums are kept; rows that are hidden (is_hidden) are in none of them.
    """
    sums = ["amount", "amount_share", "previous_amount", "year_before_amount"]
    shown = parts[~parts["is_hidden"]] if "is_hidden" in parts else parts
    named = shown.assign(level=shown["level"].fillna(NOT_GIVEN))[["level", *sums]]
    if len(named) <= count:
        return named
    rest = {"level": f"{OTHERS} ({len(named) - count + 1})", **named[sums].iloc[count - 1 :].sum(min_count=1).to_dict()}
    return pd.concat([named.iloc[: count - 1], pd.DataFrame([rest])], ignore_index=True)
