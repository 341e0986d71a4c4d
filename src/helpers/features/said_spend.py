"""What customers bought before and after they answered, and how all customers stood when a survey began."""

from __future__ import annotations

from collections.abc import Sequence

import ibis
import ibis.expr.types as ir
import pandas as pd

from helpers.features import joins, windows


def around_answers(days: ir.Table, interviews: pd.DataFrame, *, horizon_days: int, earlier_days: int) -> ir.Table:
    """What the customer of each interview bought before it and after it; nothing of its own day counts in either.

    Parameters
    ----------
    days
        One row per customer and day with an order, as `purchases.purchase_days` gives them.
    interviews
        A row per interview: response_id, customer_id, answered_on (a day).
    horizon_days
        The days after the day of the answer that count as later.
    earlier_days
        The days before the day of the answer that count as earlier.

    Returns
    -------
    ibis.Table
        A row per interview of a customer who had bought before its day, in the order of their ids: response_id,
        later_amount, later_count (days with a purchase), earlier_amount, earlier_count, days_since_last (from the last
        purchase before the answer).
    """
    asked = ibis.memtable(interviews[["response_id", "customer_id", "answered_on"]])
    bought = days.select("customer_id", "purchased_on", "amount")
    joined = asked.inner_join(bought, "customer_id")
    after = windows.days_between(joined.answered_on.cast("date"), joined.purchased_on)
    is_later = (after > 0) & (after <= horizon_days)
    is_earlier = (after < 0) & (after >= -earlier_days)
    made = joined.group_by("response_id").aggregate(
        later_amount=joined.amount.cast("float64").sum(where=is_later).fill_null(0.0),
        later_count=is_later.sum(),
        earlier_amount=joined.amount.cast("float64").sum(where=is_earlier).fill_null(0.0),
        earlier_count=is_earlier.sum(),
        days_since_last=-after.max(where=after < 0),
    )
    return made.filter(made.days_since_last.notnull()).order_by("response_id")


def standing(
    days: ir.Table,
    interviews: pd.DataFrame,
    customers: ir.Table | None,
    *,
    earlier_days: int,
    names: Sequence[str] = (),
) -> ir.Table:
    """All customers as they stood when each wave opened: who could have been asked.

    Parameters
    ----------
    days
        As of `around_answers`.
    interviews
        A row per interview: wave, answered_on. A wave opens on the day of its first interview.
    customers
        A row per customer; None where they were not delivered.
    names
        What else is wanted: columns of the customers, of which the known ones come as text.

    Returns
    -------
    ibis.Table
        A row per wave and customer who had bought before it opened, in their order: wave, customer_id, earlier_amount,
        earlier_count, days_since_last, age_days (since the first purchase), and of `names` what is known. Nothing
        bought from the opening on counts.
    """
    opened = pd.to_datetime(interviews["answered_on"]).groupby(interviews["wave"]).min()
    waves = ibis.memtable(opened.rename("opens_on").rename_axis("wave").reset_index())
    joined = days.cross_join(waves)
    ago = windows.days_between(joined.purchased_on, joined.opens_on.cast("date"))
    before = joined.mutate(ago=ago).filter(ago > 0)
    is_recent = before.ago <= earlier_days
    made = before.group_by("wave", "customer_id").aggregate(
        earlier_amount=before.amount.cast("float64").sum(where=is_recent).fill_null(0.0),
        earlier_count=is_recent.sum(),
        days_since_last=before.ago.min(),
        age_days=before.ago.max(),
    )
    known = [] if customers is None else [name for name in names if name in customers.columns]
    if customers is not None and known:
        about = customers.select("customer_id", **{name: customers[name].cast("string") for name in known})
        made = joins.beside(made, about, "customer_id")
    return made.order_by("wave", "customer_id")
