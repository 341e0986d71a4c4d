"""What customers of campaigns did while it ran, arm by arm, and what was known of them on the day before."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import ibis
import pandas as pd

from helpers.days import Window, as_day, latest_days
from helpers.features import joins, lifecycle, windows
from helpers.features.frames import fetch
from helpers.features.lifecycle import PLACE, Rule

HALF_YEAR, QUARTER, MONTH = 182, 91, 28
KNOWN = (
    "days_since_last",
    "purchase_count",
    "age_days",
    "half_year_count",
    "quarter_count",
    "amount_each",
    "half_year_amount",
    "event_count",
)
"""What is known of each customer before a campaign."""


def outcomes(
    assignments: ibis.Table,
    campaigns: ibis.Table,
    bought: ibis.Table,
    events: ibis.Table | None = None,
    *,
    visit_kinds: Sequence[str],
    as_of: date,
) -> ibis.Table:
    """What became of everybody who was assigned to an arm of a campaign that is over, exposed or not.

    Parameters
    ----------
    assignments, campaigns
        As `schema.research` has them.
    bought
        One row per customer and day with an order, as `purchases.purchase_days` gives them.
    events
        One row per thing that a customer did besides ordering: customer_id, at, kind; None where not delivered.
    visit_kinds
        The kinds of events that are visits.
    as_of
        The day the report speaks from: a campaign whose last day is later is not over.

    Returns
    -------
    ibis.Table
        One row per campaign and customer, in no order: campaign_id; customer_id; arm (capitals and outer blanks do not
        matter); arm_count (to how many arms they were assigned: more than one tells nothing); visit_count (missing
        without events); has_converted (took the offer up, in any arm, 0 or 1; where no responses were delivered: has
        bought); spend_amount (of orders, and what was paid for the offer); cost_amount (of contact and response; 0
        where the costs were not delivered). All from the day of assignment to the last day of the campaign.
    """
    terms = _terms(campaigns, as_of=as_of)
    people = _people(windows.visible(assignments, as_of=as_of, column="assigned_at"), terms)
    orders = _between(people, bought, moment="purchased_on")
    spent = orders.group_by("campaign_id", "customer_id").aggregate(
        order_amount=orders.amount.sum().cast("float64"), order_days=orders.count()
    )
    known = joins.beside(people, spent, "campaign_id", "customer_id")
    if events is None:
        known = known.mutate(visit_count=ibis.null("int64"))
    else:
        seen = _between(people, events.filter(events.kind.isin(list(visit_kinds))), moment="at")
        visits = seen.group_by("campaign_id", "customer_id").aggregate(visit_count=seen.count())
        known = joins.beside(known, visits, "campaign_id", "customer_id")
        known = known.mutate(visit_count=known.visit_count.fill_null(0))
    has_bought = known.order_days.fill_null(0) > 0
    has_converted = known.has_responded if "responded_at" in assignments.columns else has_bought
    return known.select(
        "campaign_id",
        "customer_id",
        "arm",
        "arm_count",
        "visit_count",
        has_converted=has_converted.cast("int64"),
        spend_amount=known.order_amount.fill_null(0.0) + known.response_amount,
        cost_amount=known.cost_amount,
    )


def before_and_now(
    campaigns: ibis.Table, bought: ibis.Table, events: ibis.Table | None = None, *, as_of: date, rule: Rule
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What was known of customers on the day before each campaign that is over, and what is known of them now.

    Parameters
    ----------
    campaigns, bought, events, as_of
        As in `outcomes`.
    rule
        What decides a lifecycle stage.

    Returns
    -------
    tuple of pandas.DataFrame
        One row per campaign and customer with an order before it began, and one per customer with an order by now; by
        campaign_id and customer_id: customer_id; stage; days_since_last; purchase_count; age_days; half_year_count,
        quarter_count (days with an order in the latest 182 and 91); amount_each (mean of such a day);
        half_year_amount; event_count (of the latest 28 days; missing where there are no events); and in the first of
        them campaign_id.
    """
    over = campaigns.filter(campaigns.ends_on <= ibis.literal(as_of))
    begins = fetch(over.group_by("campaign_id").aggregate(starts_on=over.starts_on.min()).order_by("campaign_id"))
    days = [as_day(pd.Timestamp(str(each))) - timedelta(days=1) for each in begins["starts_on"]]
    told = fetch(_known(bought, events, days=[*days, as_of], rule=rule).order_by(PLACE, "customer_id"))
    place, own = told[PLACE].to_numpy(dtype=int), told.drop(columns=PLACE)
    is_then = place < len(days)
    names = begins["campaign_id"].astype(str).to_numpy()[place[is_then]]
    then = own[is_then].assign(campaign_id=names).reset_index(drop=True)
    return then, own[~is_then].reset_index(drop=True)


def _known(bought: ibis.Table, events: ibis.Table | None, *, days: Sequence[date], rule: Rule) -> ibis.Table:
    """What is known on each of several days of the customers with an order by then, with the place of the day."""
    since = {
        "is_half": [latest_days(day, HALF_YEAR).start for day in days],
        "is_quarter": [latest_days(day, QUARTER).start for day in days],
    }
    seen = windows.within_each(bought, [Window(date.min, day) for day in days], column="purchased_on", since=since)
    past = seen.group_by(PLACE, "customer_id").aggregate(
        bought_days=windows.days_between(seen.purchased_on.min(), seen.purchased_on.max()),
        amount_each=seen.amount.sum().cast("float64") / seen.count().cast("float64"),
        half_year_count=seen.is_half.ifelse(1, 0).cast("int64").sum(),
        quarter_count=seen.is_quarter.ifelse(1, 0).cast("int64").sum(),
        half_year_amount=seen.amount.sum(where=seen.is_half).cast("float64").fill_null(0.0),
    )
    staged = lifecycle.staged(bought, moments=[(day, rule) for day in days])
    people = joins.beside(
        staged.select(PLACE, "customer_id", "stage", "days_since_last", "purchase_count"), past, PLACE, "customer_id"
    )
    people = people.mutate(age_days=people.days_since_last + people.bought_days)
    if events is None:
        people = people.mutate(event_count=ibis.null("int64"))
    else:
        latest = windows.within_each(events, [latest_days(day, MONTH) for day in days], column="at")
        people = joins.beside(
            people, latest.group_by(PLACE, "customer_id").aggregate(event_count=latest.count()), PLACE, "customer_id"
        )
        people = people.mutate(event_count=people.event_count.fill_null(0))
    return people.select(PLACE, "customer_id", "stage", *KNOWN)


def _terms(campaigns: ibis.Table, *, as_of: date) -> ibis.Table:
    """The arms of campaigns that are over, with the costs of each customer, 0 where none were delivered."""
    over = campaigns.filter(campaigns.ends_on <= ibis.literal(as_of))
    costs = {name: _number(over, name) for name in ("contact_cost", "response_cost")}
    return over.select("campaign_id", "starts_on", "ends_on", arm=_word(over.arm), **costs)


def _people(seen: ibis.Table, terms: ibis.Table) -> ibis.Table:
    """One row per campaign and customer: the arm, and what it cost; `first_on`, `ends_on`: the days that count."""
    nothing = ibis.null(seen.assigned_at.type())
    exposed = seen.exposed_at if "exposed_at" in seen.columns else seen.assigned_at
    responded = seen.responded_at if "responded_at" in seen.columns else nothing
    rows = seen.select(
        "campaign_id",
        "customer_id",
        arm=_word(seen.arm),
        first_on=windows.day_of(seen.assigned_at),
        is_exposed=exposed.notnull(),
        responded_on=windows.day_of(responded),
        paid_amount=_number(seen, "response_amount"),
    )
    both = rows.join(terms, ["campaign_id", "arm"])
    is_counted = (both.responded_on.notnull() & (both.responded_on <= both.ends_on)).fill_null(False)
    cost = ibis.ifelse(both.is_exposed, both.contact_cost, 0.0)
    cost += ibis.ifelse(both.is_exposed & is_counted, both.response_cost, 0.0)
    told = both.mutate(
        has_responded=is_counted, cost_amount=cost, paid_amount=ibis.ifelse(is_counted, both.paid_amount, 0.0)
    )
    return told.group_by("campaign_id", "customer_id").aggregate(
        arm=told.arm.min(),
        arm_count=told.arm.nunique(),
        first_on=told.first_on.min(),
        ends_on=told.ends_on.max(),
        has_responded=told.has_responded.max(),
        response_amount=told.paid_amount.max(),
        cost_amount=told.cost_amount.max(),
    )


def _between(people: ibis.Table, table: ibis.Table, *, moment: str) -> ibis.Table:
    """The rows of a table whose day is one of those that count for a customer of a campaign."""
    days = people.select("campaign_id", "customer_id", "first_on", "ends_on")
    both = days.join(table, "customer_id")
    on = windows.day_of(both[moment])
    return both.filter((on >= both.first_on) & (on <= both.ends_on))


def _word(arm: Any) -> Any:
    return arm.strip().lower()


def _number(table: ibis.Table, name: str) -> Any:
    return table[name].cast("float64").fill_null(0.0) if name in table.columns else ibis.literal(0.0)
