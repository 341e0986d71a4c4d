"""Waits of tickets, and who met a trouble before it was fixed, by hand."""

from __future__ import annotations

from datetime import date

import ibis
import pandas as pd

from helpers.features import service_tickets
from helpers.features.frames import fetch


def test_waits_end_with_the_day_of_the_report() -> None:
    """A reply after the day is none yet, a ticket after it is invisible, and columns that were not delivered missing."""
    day = pd.Timestamp("2024-03-01")
    table = ibis.memtable(
        pd.DataFrame(
            {
                "ticket_id": ["a", "b", "c"],
                "customer_id": ["1", "2", "3"],
                "opened_at": [day + pd.Timedelta(hours=20), day, day + pd.Timedelta(hours=25)],
                "first_response_at": [day + pd.Timedelta(hours=30), day + pd.Timedelta(minutes=90), pd.NaT],
            }
        )
    )
    found = fetch(service_tickets.waits(table, as_of=date(2024, 3, 1)))
    assert found["ticket_id"].tolist() == ["a", "b"]
    assert found["watched_hours"].tolist() == [4, 24]
    assert found["reply_hours"].isna().tolist() == [True, False]
    assert found["reply_hours"][1] == 1.5
    assert found[["resolution_hours", "channel"]].isna().all(axis=None)
    assert service_tickets.last_watched(table, as_of=date(2024, 6, 30), stale_days=31) == date(2024, 3, 2)
    assert service_tickets.last_watched(table, as_of=date(2024, 3, 9), stale_days=31) == date(2024, 3, 9)


def test_who_had_the_trouble_before_the_fix() -> None:
    days = ["2024-01-01", "2024-02-01", "2024-02-20", "2024-03-01", "2024-02-10"]
    table = ibis.memtable(
        pd.DataFrame(
            {
                "customer_id": ["1", "1", "2", "3", "4"],
                "opened_at": pd.to_datetime(days),
                "category": ["x", "x", "x", "x", "y"],
            }
        )
    )
    met = fetch(service_tickets.first_troubles(table, category="x", fixed_on=date(2024, 3, 1), days=40))
    assert met["customer_id"].tolist() == ["1", "2"]
    assert pd.to_datetime(met["first_on"]).dt.day.tolist() == [1, 20]
