"""How long subscriptions have lasted by a day, by hand."""

from __future__ import annotations

from datetime import date, datetime

import ibis
import pandas as pd

from helpers.features.frames import fetch
from helpers.features.tenures import tenures

AS_OF = date(2024, 3, 31)


def table(**columns: list[object]) -> ibis.Table:
    kinds = {"started_on": "date", "ended_on": "date", "opened_at": "timestamp", "monthly_amount": "decimal(10, 2)"}
    frame = pd.DataFrame(columns)
    return ibis.memtable(frame, schema={name: kinds.get(name, "string") for name in columns})


def told(subscriptions: ibis.Table, tickets: ibis.Table | None = None, *, as_of: date = AS_OF) -> pd.DataFrame:
    spells = tenures(subscriptions, tickets, as_of=as_of, incident_priorities=["critical"])
    return fetch(spells.order_by("customer_id", "started_on"))


SUBSCRIPTIONS = table(
    customer_id=["a", "b", "c", "d"],
    plan=["basic"] * 4,
    started_on=[date(2024, 3, 1), date(2024, 3, 1), date(2024, 3, 31), date(2024, 4, 1)],
    ended_on=[date(2024, 3, 11), date(2024, 4, 5), None, None],
    end_reason=["price", "price", None, None],
)


def test_ages_count_the_first_day_and_ends_after_the_day_are_not_known() -> None:
    rows = told(SUBSCRIPTIONS)
    assert list(rows["customer_id"]) == ["a", "b", "c"], "who begins later is not known"
    assert list(rows["age_days"]) == [11, 31, 1]
    assert list(rows["is_ended"]) == [True, False, False]
    assert list(rows["end_reason"].fillna("")) == ["price", "", ""]
    assert rows["monthly_amount"].isna().all()
    assert rows["incident_days"].isna().all()


def test_the_first_bad_incident_counts_from_its_day() -> None:
    tickets = table(
        customer_id=["a", "a", "b", "b", "c"],
        opened_at=[datetime(2024, 3, day, 12) for day in (5, 8)]
        + [datetime(2024, 2, 1), datetime(2024, 3, 9), datetime(2024, 4, 2)],
        priority=["critical", "critical", "critical", "low", "critical"],
    )
    rows = told(SUBSCRIPTIONS, tickets)
    assert list(rows["incident_days"].fillna(-1)) == [4, 0, -1], (
        "before the start: from it on; after the day: not known"
    )
    assert told(SUBSCRIPTIONS, tickets.drop("priority"))["incident_days"].isna().all()


def test_an_incident_after_the_end_is_none() -> None:
    tickets = table(customer_id=["a"], opened_at=[datetime(2024, 3, 20)], priority=["critical"])
    assert told(SUBSCRIPTIONS, tickets)["incident_days"].isna().all()
