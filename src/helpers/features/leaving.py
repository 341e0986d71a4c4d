"""What was known of each customer on a day, and whether they bought in a window after it: what a model learns from."""

from __future__ import annotations

from datetime import date, timedelta

import ibis

from helpers.days import Window, latest_days
from helpers.features import lifecycle, purchases, windows
from helpers.features.lifecycle import Rule

RECENT_DAYS = 91
EVENT_DAYS = 28
FEATURES = (
    "days_since_last",
    "purchase_count",
    "age_days",
    "usual_gap_days",
    "comeback_share",
    "recent_count",
    "earlier_count",
    "amount_each",
    "event_count",
    "earlier_event_count",
)


def standing(bought: ibis.Table, events: ibis.Table | None = None, *, as_of: date, rule: Rule) -> ibis.Table:
    """What is known on a day of the customers who have not gone by then.

    Parameters
    ----------
    bought
        One row per customer and day with an order, as `purchases.purchase_days` gives them.
    events
        One row per thing that a customer did besides ordering: customer_id, at; none where not delivered.
    as_of
        The day: nothing later is read.
    rule
        What decides a lifecycle stage: who has lapsed is left out.

    Returns
    -------
    ibis.Table
        One row per customer, in no order: customer_id; last_on; days_since_last; purchase_count; age_days;
        usual_gap_days; comeback_share; recent_count, earlier_count (purchases of the latest 91 days, and of 91 before);
        amount_each (mean amount of a purchase); event_count (of the latest 28 days), earlier_event_count (of the 84
        before): missing where there are no events.
    """
    stage = lifecycle.stages(bought, as_of=as_of, rule=rule)
    there = stage.filter(stage.stage != "lapsed")
    there = there.select("customer_id", "days_since_last", "purchase_count", "usual_gap_days", "comeback_share")
    past = purchases.per_customer(bought, as_of=as_of, unit="days")
    past = past.select("customer_id", "last_on", "age_days", amount_each=_mean(past.amount, past.purchase_count))
    known = there.join(past, "customer_id")
    recent = latest_days(as_of, RECENT_DAYS)
    known = _with_counts(known, bought, window=recent, moment="purchased_on", name="recent_count")
    known = _with_counts(
        known, bought, window=_before(recent, RECENT_DAYS), moment="purchased_on", name="earlier_count"
    )
    if events is None:
        return known.mutate(event_count=ibis.null("int64"), earlier_event_count=ibis.null("int64"))
    latest = latest_days(as_of, EVENT_DAYS)
    known = _with_counts(known, events, window=latest, moment="at", name="event_count")
    return _with_counts(known, events, window=_before(latest, 3 * EVENT_DAYS), moment="at", name="earlier_event_count")


def stayed(bought: ibis.Table, *, window: Window) -> ibis.Table:
    """The customers who bought in a window: one row each, customer_id."""
    return windows.within(bought, window, column="purchased_on").select("customer_id").distinct()


def _with_counts(known: ibis.Table, table: ibis.Table, *, window: Window, moment: str, name: str) -> ibis.Table:
    seen = windows.within(table, window, column=moment)
    counts = seen.group_by("customer_id").aggregate(seen.count().name(name))
    both = known.left_join(counts, "customer_id").drop("customer_id_right")
    return both.mutate(both[name].fill_null(0).cast("int64").name(name))


def _before(window: Window, days: int) -> Window:
    return Window(window.start - timedelta(days=days), window.start - timedelta(days=1))


def _mean(total: ibis.expr.types.NumericValue, count: ibis.expr.types.IntegerValue) -> ibis.expr.types.NumericValue:
    return total.cast("float64") / count.cast("float64")
