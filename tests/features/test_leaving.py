"""What is known of customers on a day, by hand: nothing of a later day is in it."""

from __future__ import annotations

from datetime import date, datetime

import ibis
import pandas as pd

from helpers.days import Window
from helpers.features import leaving
from helpers.features.lifecycle import Rule

AS_OF = date(2024, 6, 30)
RULE = Rule(comeback_days=182, slipping_share=0.5, lapsed_share=0.1, loyal_purchase_count=4)
ROWS = [
    ("ann", date(2024, 1, 1), 10.0),
    ("ann", date(2024, 3, 31), 20.0),
    ("ann", date(2024, 4, 1), 30.0),
    ("ann", date(2024, 6, 30), 40.0),
    ("ann", date(2024, 7, 1), 99.0),
    ("bob", date(2024, 6, 1), 5.0),
]


def bought() -> ibis.Table:
    frame = pd.DataFrame(ROWS, columns=["customer_id", "purchased_on", "amount"]).assign(order_count=1)
    kinds = {"customer_id": "string", "purchased_on": "date", "amount": "decimal(12, 2)", "order_count": "int64"}
    return ibis.memtable(frame, schema=kinds)


def test_standing_by_hand() -> None:
    told = leaving.standing(bought(), days=[AS_OF], rule=RULE)[AS_OF].set_index("customer_id")
    assert list(told.loc["ann", ["purchase_count", "days_since_last", "age_days"]]) == [4, 0, 181]
    assert list(told.loc["ann", ["recent_count", "earlier_count"]]) == [2, 2], "91 days to the 30th of June"
    assert told.loc["ann", "amount_each"] == 25
    assert told.loc["bob", "earlier_count"] == 0
    assert told["event_count"].isna().all()
    assert set(leaving.FEATURES) <= set(told.columns)


def test_events_of_four_weeks_and_of_the_twelve_before() -> None:
    at = [
        datetime(2024, 6, 30, 23),
        datetime(2024, 6, 3),
        datetime(2024, 6, 2, 23),
        datetime(2024, 3, 11),
        datetime(2024, 7, 1),
    ]
    frame = pd.DataFrame({"customer_id": "ann", "at": at})
    events = ibis.memtable(frame, schema={"customer_id": "string", "at": "timestamp"})
    told = leaving.standing(bought(), events, days=[AS_OF], rule=RULE)[AS_OF].set_index("customer_id")
    assert list(told.loc["ann", ["event_count", "earlier_event_count"]]) == [2, 2]
    assert list(told.loc["bob", ["event_count", "earlier_event_count"]]) == [0, 0]


def test_later_days_change_nothing() -> None:
    every = bought()
    early = every.filter(every.purchased_on <= AS_OF)
    alone = leaving.standing(early, days=[AS_OF], rule=RULE)[AS_OF]
    beside = leaving.standing(every, days=[date(2024, 5, 31), AS_OF, date(2024, 9, 30)], rule=RULE)
    assert [len(each) for each in beside.values()] == [1, 2, 2], "those who had bought by then"
    pd.testing.assert_frame_equal(alone, beside[AS_OF])


def test_who_stayed_bought_in_the_window() -> None:
    july, may = Window(date(2024, 7, 1), date(2024, 7, 31)), Window(date(2024, 5, 1), date(2024, 5, 31))
    stayed = leaving.stayed(bought(), windows_of={AS_OF: july, date(2024, 4, 30): may})
    assert [list(each["customer_id"]) for each in stayed.values()] == [["ann"], []]
