"""Campaigns to chosen customers by hand: who got them, who redeemed in time, and spend before and in their days."""

from __future__ import annotations

from datetime import date

import ibis
import pandas as pd

from helpers.features import sent_campaigns
from helpers.features.frames import fetch

AS_OF = date(2024, 3, 31)


def day(number: int) -> date:
    return date(2024, 3, number)


def test_a_campaign_by_hand() -> None:
    """Ten days from 11 March. Ann and Bea got it, Cid and Dot did not; Eve first buys in its days: nobody knew her."""
    campaigns = pd.DataFrame(
        {
            "campaign_id": ["1", "2"],
            "arm": "mail",
            "starts_on": [day(11), day(25)],
            "ends_on": [day(20), date(2024, 4, 5)],
        }
    )
    contacts = pd.DataFrame({"campaign_id": ["1", "1", "1", "2"], "customer_id": ["ann", "bea", "ann", "cid"]})
    redeemed = pd.DataFrame(
        {
            "campaign_id": ["1", "1", "1", "1"],
            "customer_id": ["ann", "ann", "bea", "cid"],
            "redeemed_on": [day(12), day(20), day(21), day(13)],
        }
    )
    bought = pd.DataFrame(
        [
            *[("ann", day(1), 1.0), ("ann", day(10), 2.0), ("ann", day(11), 4.0), ("ann", day(20), 8.0)],
            *[("ann", day(21), 16.0), ("bea", date(2024, 2, 1), 32.0), ("cid", day(5), 5.0), ("cid", day(15), 7.0)],
            *[("dot", date(2024, 1, 1), 9.0), ("eve", day(15), 99.0)],
        ],
        columns=["customer_id", "purchased_on", "amount"],
    )
    others = {"campaigns": campaigns, "campaign_contacts": contacts, "coupon_redemptions": redeemed}
    tables = {name: ibis.memtable(frame) for name, frame in others.items()}
    found = fetch(sent_campaigns.sent(tables, ibis.memtable(bought), as_of=AS_OF))
    assert list(found.columns) == list(sent_campaigns.COLUMNS)
    (row,) = found.drop(columns=["starts_on", "ends_on"]).to_dict("records")
    assert row == {
        "campaign_id": "1",
        "kind": "mail",
        "sent_count": 2,
        "redeemed_count": 1,
        "known_count": 2,
        "before_amount": 3.0,
        "during_amount": 12.0,
        "other_count": 2,
        "other_before_amount": 5.0,
        "other_during_amount": 7.0,
    }
    without = {name: table for name, table in tables.items() if name != "coupon_redemptions"}
    assert fetch(sent_campaigns.sent(without, ibis.memtable(bought), as_of=AS_OF))["redeemed_count"].isna().all()


def test_where_nothing_was_delivered_there_is_no_row() -> None:
    found = fetch(sent_campaigns.sent({}, ibis.memtable({"customer_id": ["a"]}), as_of=AS_OF))
    assert (len(found), list(found.columns)) == (0, list(sent_campaigns.COLUMNS))
