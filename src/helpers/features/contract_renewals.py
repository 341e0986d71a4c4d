"""How often contracts were renewed, in periods that are over: what models of contracts need."""

from __future__ import annotations

from datetime import date
from typing import Any

import ibis

from helpers.features import windows


def renewals(subscriptions: ibis.Table, *, as_of: date, period_months: int = 1) -> ibis.Table:
    """The length of each contract in periods, as far as they are over.

    Parameters
    ----------
    subscriptions
        One row per contract: customer_id, started_on, ended_on (missing: active); plan and monthly_amount where known.
    as_of
        The day the report speaks from; contracts that start later are invisible, and so is an end that comes later.
    period_months
        Months from one renewal to the next: 12 for contracts by the year.

    Returns
    -------
    ibis.Table
        One row per contract, in no order: customer_id, plan and monthly_amount where known, started_on; period_count
        (of an ended contract the period at whose end it was not renewed, 1 or more; else the renewals that were due by
        as_of, 0 or more); is_ended.

    Notes
    -----
    Months are those of the contract: from the 15th to the 15th. An end on the day of a renewal is an end at that
    renewal; one between two renewals counts at the next. A contract that ended in a period which is not over yet counts
    as active until that period began: those who stay through it cannot be counted in it either, and to count only those
    who left makes the latest retention too low.
    """
    if period_months < 1:
        raise ValueError(f"period_months must be 1 or more, found {period_months}")
    seen = windows.visible(subscriptions, as_of=as_of, column="started_on")
    due = _months(seen.started_on, ibis.literal(as_of)) // period_months
    whole = _months(seen.started_on, seen.ended_on)
    rest = (seen.ended_on.day() != seen.started_on.day()).ifelse(1, 0).cast("int64")
    ended = ibis.greatest((whole + rest + (period_months - 1)) // period_months, 1)
    # the greatest of a missing number and 1 is 1: an active contract is told by its missing end alone
    is_ended = seen.ended_on.notnull() & (ended <= due)
    kept = [name for name in ("customer_id", "plan", "monthly_amount", "started_on") if name in seen.columns]
    return seen.select(*kept, period_count=is_ended.ifelse(ended, due).cast("int64"), is_ended=is_ended)


def _months(first: Any, last: Any) -> Any:
    """Whole months from a day to a later one: from the 15th to the 14th of the next month there is none."""
    is_short = (last.day() < first.day()).ifelse(1, 0).cast("int64")
    return windows.month_number(last) - windows.month_number(first) - is_short
