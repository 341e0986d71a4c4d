"""What customers of a campaign did while it ran, by hand: the days that count, the costs, and what was known before."""

from __future__ import annotations

from datetime import date, datetime

import ibis
import numpy as np
import pandas as pd
import pytest

from helpers.features.campaign_outcomes import before_and_now, outcomes
from helpers.features.frames import fetch
from helpers.features.lifecycle import Rule

AS_OF = date(2024, 6, 30)
RULE = Rule(comeback_days=182, slipping_share=0.5, lapsed_share=0.1, loyal_purchase_count=4)
SENT, LATE, AFTER = datetime(2024, 6, 1, 9), datetime(2024, 6, 14, 23, 59), datetime(2024, 6, 15, 0, 0)
CAMPAIGNS = pd.DataFrame(
    {
        "campaign_id": ["c", "c", "next"],
        "arm": ["Control", "voucher", "voucher"],
        "starts_on": [date(2024, 6, 1)] * 2 + [date(2024, 6, 20)],
        "ends_on": [date(2024, 6, 14)] * 2 + [date(2024, 7, 20)],
        "contact_cost": [0.0, 0.6, 0.6],
        "response_cost": [0.0, 15.0, 15.0],
    }
)
ASSIGNED = [
    # customer, arm, seen, taken up, paid
    ("a", "Voucher ", SENT, LATE, 100.0),
    ("b", "voucher", SENT, AFTER, 80.0),
    ("d", "voucher", None, None, None),
    ("e", "control", None, LATE, 50.0),
]
BOUGHT = [
    ("a", date(2024, 5, 31), 7.0),
    ("a", date(2024, 6, 1), 10.0),
    ("d", date(2024, 6, 14), 20.0),
    ("d", date(2024, 6, 15), 40.0),
]
EVENTS = [
    ("a", datetime(2024, 6, 2), "visit"),
    ("a", datetime(2024, 6, 2), "open"),
    ("a", datetime(2024, 5, 31), "visit"),
]


def tables() -> dict[str, ibis.Table]:
    sent = pd.DataFrame(ASSIGNED, columns=["customer_id", "arm", "exposed_at", "responded_at", "response_amount"])
    sent = sent.assign(campaign_id="c", assigned_at=SENT)
    for name in ("exposed_at", "responded_at", "assigned_at"):
        sent[name] = pd.to_datetime(sent[name])
    bought = pd.DataFrame(BOUGHT, columns=["customer_id", "purchased_on", "amount"]).assign(order_count=1)
    dates = {"purchased_on": "date"}
    return {
        "assignments": ibis.memtable(sent),
        "campaigns": ibis.memtable(CAMPAIGNS, schema=ibis.memtable(CAMPAIGNS).schema()).cast(
            {"starts_on": "date", "ends_on": "date"}
        ),
        "bought": ibis.memtable(bought).cast(dates),
        "events": ibis.memtable(pd.DataFrame(EVENTS, columns=["customer_id", "at", "kind"])),
    }


def ended(**left_out: None) -> pd.DataFrame:
    made = outcomes(**(tables() | left_out), visit_kinds=["visit"], as_of=AS_OF)
    return fetch(made.order_by("campaign_id", "customer_id")).set_index("customer_id")


def test_the_days_from_assignment_to_the_last_day_count_and_no_other() -> None:
    found = ended()
    assert found["arm"].to_dict() == {"a": "voucher", "b": "voucher", "d": "voucher", "e": "control"}
    assert found["has_converted"].to_dict() == {"a": 1, "b": 0, "d": 0, "e": 1}
    assert found["spend_amount"].to_dict() == {"a": 110.0, "b": 0.0, "d": 20.0, "e": 50.0}
    assert found["visit_count"].to_dict() == {"a": 1, "b": 0, "d": 0, "e": 0}
    assert set(found["campaign_id"]) == {"c"}, "the next one is not over"


def test_contacts_cost_where_seen_and_responses_where_seen_and_counted() -> None:
    assert ended()["cost_amount"].to_dict() == pytest.approx({"a": 15.6, "b": 0.6, "d": 0.0, "e": 0.0})


def test_without_events_visits_are_missing() -> None:
    assert ended(events=None)["visit_count"].isna().all()


def test_without_responses_who_bought_took_it_up() -> None:
    made = tables()
    made["assignments"] = made["assignments"].drop("responded_at", "response_amount")
    found = fetch(outcomes(**made, visit_kinds=["visit"], as_of=AS_OF)).set_index("customer_id")
    assert found["has_converted"].to_dict() == {"a": 1, "b": 0, "d": 1, "e": 0}


def test_what_was_known_ends_with_the_eve() -> None:
    made = tables()
    known = before_and_now(made["campaigns"], made["bought"], made["events"], as_of=AS_OF, rule=RULE)[0]
    (row,) = known.to_dict("records")
    assert (row["campaign_id"], row["customer_id"], row["stage"]) == ("c", "a", "new")
    assert (row["days_since_last"], row["purchase_count"], row["half_year_amount"], row["event_count"]) == (
        0,
        1,
        7.0,
        1,
    )


def test_before_no_campaign_nothing_was_known() -> None:
    made = tables()
    none = made["campaigns"].filter(ibis.literal(False))
    known, now = before_and_now(none, made["bought"], made["events"], as_of=AS_OF, rule=RULE)
    assert known.empty
    assert len(now)
    assert "stage" in known
    assert np.issubdtype(known["half_year_count"].dtype, np.number)
