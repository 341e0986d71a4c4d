"""The canonical tables of what customers do besides buying: events, loyalty, subscriptions, service, usage, consent."""

from __future__ import annotations

from helpers.schema.kinds import Column, TableSchema

_CUSTOMER = Column("customer_id", "id", "id of the customer", required=True)

EVENTS = TableSchema(
    "events",
    "one thing that a customer did besides ordering",
    (
        _CUSTOMER,
        Column("at", "instant", "when it happened", "instant", required=True),
        Column("kind", "text", "visit, view, cart, open, click, follow, share, unfollow ...", required=True),
        Column("session_id", "id", "the visit it belongs to; empty outside of visits"),
        Column("channel", "text", "where it happened: web, app, email, social ..."),
        Column("product_id", "id", "the product it was about; empty where about none"),
    ),
    dated="at",
)

MEMBERSHIPS = TableSchema(
    "memberships",
    "one stretch of days in which a customer held one tier",
    (
        _CUSTOMER,
        Column("tier", "text", "the tier held", required=True),
        Column("valid_from", "day", "first day of the tier", "ISO date", required=True),
        Column("valid_to", "day", "last day of the tier, itself included; empty: without an end", "ISO date"),
    ),
    dated="valid_from",
    ends=("valid_to",),
)

POINTS = TableSchema(
    "points",
    "one entry of a customer's ledger of points",
    (
        Column("entry_id", "id", "id of the entry; at one instant entries follow one another by it", required=True),
        _CUSTOMER,
        Column("at", "instant", "when it was booked", "instant", required=True),
        Column("kind", "text", "earn, redeem, expire, adjust or referral", required=True),
        Column("points", "integer", "added to the balance; below zero: taken from it", "points", required=True),
        Column("order_id", "id", "the order that earned or redeemed them; empty for other kinds"),
    ),
    key="entry_id",
    dated="at",
)

SUBSCRIPTIONS = TableSchema(
    "subscriptions",
    "one subscription of a customer",
    (
        _CUSTOMER,
        Column("plan", "text", "the plan subscribed to", required=True),
        Column("started_on", "day", "first day", "ISO date", required=True),
        Column("ended_on", "day", "the day it ended; empty: still active", "ISO date"),
        Column("monthly_amount", "money", "what a month of it costs", "currency of the report"),
        Column("end_reason", "text", "why it ended, as reported; empty: still active, or not reported"),
    ),
    dated="started_on",
    ends=("ended_on",),
    with_end=(("end_reason", "ended_on"),),
)

TICKETS = TableSchema(
    "tickets",
    "one request of a customer to the service",
    (
        Column("ticket_id", "id", "id of the ticket", required=True),
        _CUSTOMER,
        Column("opened_at", "instant", "when it was opened", "instant", required=True),
        Column("first_response_at", "instant", "when it was first answered; empty: not yet", "instant"),
        Column("resolved_at", "instant", "when it was resolved for good; empty: still open", "instant"),
        Column("reopened_count", "integer", "how often it was opened again", "count"),
        Column("category", "text", "what it is about"),
        Column("channel", "text", "how it came: phone, chat, email"),
        Column("priority", "text", "how urgent it is, as set when it was opened"),
        Column("satisfaction", "integer", "the customer's mark for the service; empty: not answered", "1 (worst) to 5"),
    ),
    key="ticket_id",
    dated="opened_at",
    ends=("first_response_at", "resolved_at"),
    with_end=(("satisfaction", "resolved_at"), ("reopened_count", "resolved_at")),
)

QUOTA_POOLS = TableSchema(
    "quota_pools",
    "one quota that a customer holds for one period",
    (
        Column("pool_id", "id", "id of the pool", required=True),
        _CUSTOMER,
        Column("period", "text", "the period by its name or its two days, such as 2024-02-01/2025-01-31"),
        Column("starts_on", "day", "first day of the period", "ISO date", required=True),
        Column("ends_on", "day", "last day of the period, itself included", "ISO date", required=True),
        Column("quota", "number", "how much may be used in the period", "the quota's own unit", required=True),
    ),
    key="pool_id",
    dated="starts_on",
)

USAGE = TableSchema(
    "usage",
    "one use of a quota",
    (
        Column("pool_id", "id", "the pool it was taken from", required=True),
        _CUSTOMER,
        Column("at", "instant", "when it was used", "instant", required=True),
        Column("amount", "number", "how much was used", "the quota's own unit", required=True),
    ),
    dated="at",
)

CONSENTS = TableSchema(
    "consents",
    "one consent that a customer gave for one purpose",
    (
        _CUSTOMER,
        Column("purpose", "text", "what for: email, sms, analytics ...", required=True),
        Column("granted_at", "instant", "when it was given", "instant", required=True),
        Column("withdrawn_at", "instant", "when it was withdrawn; empty: it stands", "instant"),
    ),
    dated="granted_at",
    ends=("withdrawn_at",),
)

ERASURES = TableSchema(
    "erasures",
    "one request of a customer to be erased",
    (
        _CUSTOMER,
        Column("requested_at", "instant", "when the customer asked", "instant", required=True),
        Column("erased_at", "instant", "when it was done; empty: still to be done", "instant"),
    ),
    dated="requested_at",
    ends=("erased_at",),
)

ACTIVITY = (EVENTS, MEMBERSHIPS, POINTS, SUBSCRIPTIONS, TICKETS, QUOTA_POOLS, USAGE, CONSENTS, ERASURES)
