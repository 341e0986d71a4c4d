"""What the data contract says of rows and files, as the templates by which it says so: it knows no language."""

from __future__ import annotations

from helpers.display.wording import vocabulary

OUTCOMES = vocabulary("read", "dropped", "refund", "reversed", "erased", "changed", "noted", "kept")
"""Of the rows of a ledger."""
RULES = vocabulary(
    "rows read",
    "rows kept",
    "filled down within its order",
    "order undone by a refund of its whole amount",
    "customer was erased",
    "amount below zero",
    "amount below zero, netted into its order",
    "order below zero after netting",
    "amount rounded to four decimals",
    "amount multiplied by the unit in its cell",
    "zero amount",
    "refund that an order tells",
    "second order on a day",
    "consent to analysis withdrawn: no row of their own",
    "{column} not in {table}",
)
"""Of the contract itself; those that the params state go by their own names."""
PLACES = vocabulary("row {row} of {file}", "row {row}")
"""Of the first example of a rule."""
TABLES = vocabulary(
    "orders",
    "order_items",
    "products",
    "customers",
    "events",
    "memberships",
    "points",
    "subscriptions",
    "tickets",
    "survey_responses",
    "survey_questions",
    "survey_invitations",
    "campaigns",
    "campaign_assignments",
    "campaign_contacts",
    "coupon_redemptions",
    "quota_pools",
    "usage",
    "consents",
    "erasures",
)
REMARKS = vocabulary(
    "Days and hours are as delivered; no time zone is stated.",
    "Days and hours are those of {zone}, as stated; instants without a zone are taken as they stand.",
    "Days and hours are those of {zone}, the zone of the orders' own column; no time zone is stated.",
    "Of {asked} customers to be erased, {unknown} are in no table, as ids are read; is `{column}` the id of the "
    "customer?",
    'Guards of a spreadsheet, such as ="0001" and \'0001, are taken off {columns} of {table}: {count} rows.',
    "Invisible characters, such as a byte order mark or a no-break space, are taken off {columns} of {table}: {count} "
    "rows.",
    "{column} is in {unit}, as `units` states: multiplied by {factor}.",
    "{column} is in {unit}, as its name tells: multiplied by {factor}.",
    "{column} has units in its cells, such as {example}: {count} rows multiplied.",
    "{column} has days that stand for none, such as {example}: {count} rows count as missing.",
    "{column} holds instants with a time zone, read in UTC.",
    "{column} tells offsets from UTC, and is read on the wall clock of each row.",
    "{column}: the amount of an order, taken once for all of its lines: {once}; the lines added up would be {each}",
)
"""On how the visible rows were read."""
