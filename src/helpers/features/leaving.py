"""What was known of each customer on a day, and whether they bought in a window after it: what a model learns from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import ibis
import pandas as pd

from helpers.days import Window, latest_days, window_before
from helpers.features import joins, lifecycle, windows
from helpers.features.frames import fetch
from helpers.features.lifecycle import PLACE, Rule

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


def standing(
    bought: ibis.Table, events: ibis.Table | None = None, *, days: Sequence[date], rule: Rule
) -> dict[date, pd.DataFrame]:
    """What is known, on each of several days, of the customers who have not gone by then: in one go, which is faster.

    Parameters
    ----------
    bought
        One row per customer and day with an order, as `purchases.purchase_days` gives them.
    events
        One row per thing that a customer did besides ordering: customer_id, at; none where not delivered.
    days
        The days, each once: nothing later than a day is read for it.
    rule
        What decides a lifecycle stage: who has lapsed is left out.

    Returns
    -------
    dict of pandas.DataFrame
        For each day one row per customer, by customer_id: customer_id; last_on; days_since_last; purchase_count;
        age_days; usual_gap_days; comeback_share; recent_count, earlier_count (purchases of the latest 91 days, and of
        91 before); amount_each (mean amount of a purchase); event_count (of the latest 28 days), earlier_event_count
        (of the 84 before): missing where there are no events.
    """
    stage = lifecycle.staged(bought, moments=[(day, rule) for day in days])
    there = stage.filter(stage.stage != "lapsed")
    names = ["customer_id", "days_since_last", "purchase_count", "usual_gap_days", "comeback_share"]
    known = joins.beside(there.select(PLACE, *names), _past(bought, days), PLACE, "customer_id")
    known = known.mutate(age_days=known.days_since_last + known.bought_days).drop("bought_days")
    if events is None:
        known = known.mutate(event_count=ibis.null("int64"), earlier_event_count=ibis.null("int64"))
    else:
        known = joins.beside(known, _event_counts(events, days), PLACE, "customer_id")
        known = known.mutate(**{name: known[name].fill_null(0) for name in ("event_count", "earlier_event_count")})
    return _by_day(fetch(known.order_by(PLACE, "customer_id")), days)


def stayed(bought: ibis.Table, *, windows_of: Mapping[date, Window]) -> dict[date, pd.DataFrame]:
    """For each day the customers who bought in the window that belongs to it: one row each, customer_id."""
    if not windows_of:
        return {}
    seen = windows.within_each(bought, list(windows_of.values()), column="purchased_on")
    return _by_day(fetch(seen.select(PLACE, "customer_id").distinct().order_by(PLACE, "customer_id")), list(windows_of))


def _past(bought: ibis.Table, days: Sequence[date]) -> ibis.Table:
    """What each customer had bought by each day: last_on, bought_days (first to last), amount_each, counts."""
    recent = [latest_days(day, RECENT_DAYS) for day in days]
    since = {
        "is_recent": [each.start for each in recent],
        "is_near": [window_before(each).start for each in recent],
    }
    seen = windows.within_each(bought, [Window(date.min, day) for day in days], column="purchased_on", since=since)
    past = seen.group_by(PLACE, "customer_id").aggregate(
        first_on=seen.purchased_on.min(),
        last_on=seen.purchased_on.max(),
        amount_each=seen.amount.sum().cast("float64") / seen.count().cast("float64"),
        recent_count=_count(seen.is_recent),
        earlier_count=_count(seen.is_near & ~seen.is_recent),
    )
    return past.mutate(bought_days=windows.days_between(past.first_on, past.last_on)).drop("first_on")


def _event_counts(events: ibis.Table, days: Sequence[date]) -> ibis.Table:
    since = {"is_late": [latest_days(day, EVENT_DAYS).start for day in days]}
    watched = [latest_days(day, 4 * EVENT_DAYS) for day in days]
    seen = windows.within_each(events, watched, column="at", since=since)
    counts = {"event_count": _count(seen.is_late), "earlier_event_count": _count(~seen.is_late)}
    return seen.group_by(PLACE, "customer_id").aggregate(**counts)


def _count(flag: ibis.expr.types.BooleanValue) -> ibis.expr.types.IntegerScalar:
    return flag.ifelse(1, 0).cast("int64").sum()


def _by_day(told: pd.DataFrame, days: Sequence[date]) -> dict[date, pd.DataFrame]:
    places = told[PLACE].to_numpy()
    own = told.drop(columns=PLACE)
    return {day: own[places == place].reset_index(drop=True) for place, day in enumerate(days)}
