"""Weekly counts by hand: weeks end with the day, later rows and other kinds are not in them."""

from __future__ import annotations

from datetime import date, datetime

import ibis
import pandas as pd

from helpers.features.frames import fetch
from helpers.features.weekly_counts import weekly_counts

AS_OF = date(2024, 3, 31)
ROWS = [
    ("a", datetime(2024, 3, 31, 23, 59), "visit"),
    ("a", datetime(2024, 3, 25, 0, 0), "visit"),
    ("a", datetime(2024, 3, 24, 23, 59), "visit"),
    ("a", datetime(2024, 3, 24, 12, 0), "open"),
    ("b", datetime(2024, 3, 18, 0, 0), "visit"),
    ("b", datetime(2024, 3, 17, 23, 59), "visit"),
    ("b", datetime(2024, 4, 1, 0, 0), "visit"),
]


def counted(*, kinds: tuple[str, ...] = ()) -> list[tuple[str, int, int]]:
    frame = pd.DataFrame(ROWS, columns=["customer_id", "at", "kind"])
    events = ibis.memtable(frame, schema={"customer_id": "string", "at": "timestamp", "kind": "string"})
    made = weekly_counts(events, as_of=AS_OF, weeks=2, moment="at", kinds=kinds).order_by("customer_id", "week")
    return list(fetch(made).itertuples(index=False, name=None))


def test_weeks_end_with_the_day() -> None:
    assert counted(kinds=("visit",)) == [("a", 0, 1), ("a", 1, 2), ("b", 0, 1)]


def test_all_kinds_count_where_none_is_named() -> None:
    assert counted() == [("a", 0, 2), ("a", 1, 2), ("b", 0, 1)]
