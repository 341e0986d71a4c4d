"""Campaigns to chosen customers: how many got them, how many redeemed a coupon, and what all customers then bought."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import ibis

from helpers.features import joins, windows

SUMS = ("before_amount", "during_amount")
COLUMNS = {
    "campaign_id": "string",
    "kind": "string",
    "starts_on": "date",
    "ends_on": "date",
    **dict.fromkeys(("sent_count", "redeemed_count", "known_count"), "int64"),
    **dict.fromkeys(SUMS, "float64"),
    "other_count": "int64",
    **{f"other_{name}": "float64" for name in SUMS},
}
REDEEMED = "coupon_redemptions"


def sent(others: Mapping[str, ibis.Table], bought: ibis.Table, *, as_of: date) -> ibis.Table:
    """What became of those who were sent a campaign that is over, and of the others, beside as many days before it.

    Parameters
    ----------
    others
        The delivered tables by name, as `schema.research` has them: campaigns, campaign_contacts, coupon_redemptions.
    bought
        One row per customer and day with an order, as `purchases.purchase_days` gives them.
    as_of
        The day the report speaks from: a campaign whose last day is later is not over.

    Returns
    -------
    ibis.Table
        One row per campaign, in no order, and none where campaigns or campaign_contacts were not delivered:
        campaign_id; kind (its arm, the first in the alphabet); starts_on, ends_on; sent_count (customers who got it);
        redeemed_count (of them who redeemed a coupon of it until its last day; missing where not delivered). Then of
        customers with an order before it began: known_count (of those who got it), before_amount and during_amount
        (what they spent in as many days before it began, and in its days), and other_count, other_before_amount and
        other_during_amount (the same of the others).
    """
    if not {"campaigns", "campaign_contacts"} <= set(others):
        return ibis.memtable([], schema=COLUMNS)
    campaigns, contacts, redemptions = others["campaigns"], others["campaign_contacts"], others.get(REDEEMED)
    over = campaigns.filter(campaigns.ends_on <= ibis.literal(as_of))
    terms = over.group_by("campaign_id").aggregate(
        kind=over.arm.min(), starts_on=over.starts_on.min(), ends_on=over.ends_on.max()
    )
    got = contacts.select("campaign_id", "customer_id").distinct().semi_join(terms, "campaign_id")
    totals = got.group_by("campaign_id").aggregate(sent_count=got.count())
    if redemptions is None:
        totals = totals.mutate(redeemed_count=ibis.null("int64"))
    else:
        both = redemptions.join(got, ["campaign_id", "customer_id"]).join(terms, "campaign_id")
        used = both.filter((both.redeemed_on >= both.starts_on) & (both.redeemed_on <= both.ends_on))
        people = used.group_by("campaign_id").aggregate(redeemed_count=used.customer_id.nunique())
        totals = joins.beside(totals, people, "campaign_id").mutate(
            redeemed_count=lambda each: each.redeemed_count.fill_null(0)
        )
    own, every = _spent(terms, bought, got), _spent(terms, bought, None)
    every = every.rename(lambda name: name if name == "campaign_id" else f"all_{name}")
    told = joins.beside(joins.beside(terms.join(totals, "campaign_id"), own, "campaign_id"), every, "campaign_id")
    filled = {name: told[name].fill_null(0) for name in ("known_count", *SUMS)}
    told = told.mutate(**filled)
    return told.select(
        *terms.columns,
        "sent_count",
        "redeemed_count",
        *filled,
        other_count=told.all_known_count - told.known_count,
        **{f"other_{name}": told[f"all_{name}"] - told[name] for name in SUMS},
    )


def _spent(terms: ibis.Table, bought: ibis.Table, got: ibis.Table | None) -> ibis.Table:
    """Per campaign, of customers with an order before it (of those who got it, where told): count and spend."""
    both = bought.cross_join(terms) if got is None else bought.join(got, "customer_id").join(terms, "campaign_id")
    ago = windows.days_between(both.purchased_on, both.starts_on)
    length = windows.days_between(both.starts_on, both.ends_on) + 1
    amount = both.amount.cast("float64")
    people = both.group_by("campaign_id", "customer_id").aggregate(
        is_known=(ago > 0).max(),
        before=amount.sum(where=(ago > 0) & (ago <= length)).fill_null(0.0),
        during=amount.sum(where=(ago <= 0) & (ago > -length)).fill_null(0.0),
    )
    known = people.filter(people.is_known)
    return known.group_by("campaign_id").aggregate(
        known_count=known.count(), before_amount=known.before.sum(), during_amount=known.during.sum()
    )
