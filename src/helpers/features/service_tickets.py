"""Tickets of the service desk: how long customers waited, or have waited so far, and who met one kind of trouble."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import ibis
import ibis.expr.types as ir

from helpers.days import watched_until
from helpers.features import windows
from helpers.features.frames import fetch

MOMENTS = ("opened_at", "first_response_at", "resolved_at")
GROUPS = ("category", "channel", "priority")
"""By what tickets are told apart, where it was delivered."""


def last_watched(tickets: ir.Table, *, as_of: date, stale_days: int) -> date:
    """The day until which tickets were watched: as_of, or the day of their last instant that long before it or more."""
    seen = windows.visible(tickets, as_of=as_of, column="opened_at")
    ends = fetch(seen.aggregate(**{name: seen[name].max() for name in MOMENTS if name in seen.columns}))
    last = ends.iloc[0].dropna().max()
    return as_of if last is None or last != last else watched_until(last.date(), as_of=as_of, stale_days=stale_days)


def waits(tickets: ir.Table, *, as_of: date) -> ir.Table:
    """How long each ticket waited for its first reply and for its resolution.

    Parameters
    ----------
    tickets
        A row per ticket: ticket_id, customer_id, opened_at, and of the contract's other columns what was delivered.
    as_of
        The day until whose end tickets were watched; later ones are invisible, and a reply after it is none yet.

    Returns
    -------
    ibis.Table
        A row per ticket in the order of their ids: ticket_id, customer_id, reply_hours and resolution_hours (from the
        opening on, round the clock; missing where it has not come), watched_hours (from the opening to the end of the
        day), reopened_count, satisfaction (1 to 5), and as text category, channel and priority, missing where they
        were not delivered.
    """
    seen = windows.visible(tickets, as_of=as_of, column="opened_at")
    end = ibis.literal(datetime.combine(as_of + timedelta(days=1), time()))
    text = {name: seen[name].cast("string") if name in seen.columns else _none("string") for name in GROUPS}
    whole = {
        name: seen[name].cast("float64") if name in seen.columns else _none("float64")
        for name in ("reopened_count", "satisfaction")
    }
    hours = {
        "reply_hours": _until(seen, "first_response_at", end),
        "resolution_hours": _until(seen, "resolved_at", end),
    }
    watched = end.delta(seen.opened_at, unit="second").cast("float64") / 3600
    made = seen.select("ticket_id", "customer_id", watched_hours=watched, **hours, **whole, **text)
    return made.order_by("ticket_id")


def _until(seen: ir.Table, name: str, end: ir.Value) -> ir.Value:
    """Hours from the opening to this moment; missing where it has not come by the end."""
    if name not in seen.columns:
        return _none("float64")
    hours = seen[name].delta(seen.opened_at, unit="second").cast("float64") / 3600
    return ibis.ifelse(seen[name] < end, hours, _none("float64"))


def _none(kind: str) -> ir.Value:
    return ibis.literal(None, type=kind)


def first_troubles(tickets: ir.Table, *, category: str, fixed_on: date, days: int) -> ir.Table:
    """Who met one kind of trouble in the days before it was fixed: customer_id, first_on (day of the first ticket)."""
    if "category" not in tickets.columns:
        return tickets.filter(False).select("customer_id", first_on=windows.day_of(tickets.opened_at))
    window = (fixed_on - timedelta(days=days), fixed_on - timedelta(days=1))
    day = windows.day_of(tickets.opened_at)
    met = tickets.filter(tickets.category == category, day.between(*(ibis.literal(each) for each in window)))
    return met.group_by("customer_id").aggregate(first_on=windows.day_of(met.opened_at).min()).order_by("customer_id")
