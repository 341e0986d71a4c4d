"""How long each subscription has lasted by a day, whether it ended, and what service the customer met meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import ibis

from helpers.features import joins, windows


def tenures(
    subscriptions: ibis.Table,
    tickets: ibis.Table | None = None,
    *,
    as_of: date,
    incident_priorities: Sequence[str] = (),
) -> ibis.Table:
    """Each subscription by the end of a day.

    Parameters
    ----------
    subscriptions
        One row per subscription: customer_id, plan, started_on, ended_on (missing: still active) and, where delivered,
        monthly_amount and end_reason.
    tickets
        One row per request of a customer to the service: customer_id, opened_at and, where delivered, priority.
    as_of
        The day the report speaks from: what ends, or begins, on a later day is not known.
    incident_priorities
        Priorities of the tickets that tell a bad service incident.

    Returns
    -------
    ibis.Table
        One row per subscription begun by `as_of`, in no order: customer_id; plan; started_on; monthly_amount and
        end_reason (missing where not delivered); age_days (days begun by its end or by `as_of`, the first one counted:
        1 or more); is_ended; incident_days (whole days from its start to the customer's first bad incident, 0 where
        that was before; missing where there was none by then).
    """
    known = windows.visible(subscriptions, as_of=as_of, column="started_on")
    is_ended = (known.ended_on.notnull() & (known.ended_on <= ibis.literal(as_of))).fill_null(False)
    end = is_ended.ifelse(known.ended_on, ibis.literal(as_of))
    has = {name: name in known.columns for name in ("monthly_amount", "end_reason")}
    spells = known.select(
        "customer_id",
        "plan",
        "started_on",
        monthly_amount=known.monthly_amount if has["monthly_amount"] else ibis.null("float64"),
        end_reason=is_ended.ifelse(known.end_reason, ibis.null("string")) if has["end_reason"] else ibis.null("string"),
        age_days=(windows.days_between(known.started_on, end) + 1).cast("int64"),
        is_ended=is_ended,
    )
    spells = spells.filter(spells.age_days >= 1)
    if tickets is None or "priority" not in tickets.columns:
        return spells.mutate(incident_days=ibis.null("int64"))
    seen = windows.visible(tickets, as_of=as_of, column="opened_at")
    bad = seen.filter(seen.priority.isin(list(incident_priorities)))
    first = bad.group_by("customer_id").aggregate(incident_on=windows.day_of(bad.opened_at).min())
    both = joins.beside(spells, first, "customer_id")
    days = windows.days_between(both.started_on, both.incident_on).cast("int64")
    days = (days < 0).ifelse(0, days)
    return both.mutate(incident_days=(days < both.age_days).ifelse(days, ibis.null("int64"))).drop("incident_on")
