"""Days and categories by hand: days are counted from the first of the weeks, later lines are invisible."""

from __future__ import annotations

from datetime import date, datetime

import ibis
import pandas as pd

from helpers.features.category_days import category_days
from helpers.features.frames import fetch

ROWS = [
    ("a", datetime(2024, 3, 31, 23, 59), "tea"),
    ("a", datetime(2024, 3, 31, 8, 0), "tea"),
    ("a", datetime(2024, 3, 31, 8, 0), "snacks"),
    ("a", datetime(2024, 3, 18, 0, 0), "tea"),
    ("a", datetime(2024, 3, 17, 23, 59), "tea"),
    ("b", datetime(2024, 3, 24, 12, 0), None),
    ("b", datetime(2024, 3, 25, 12, 0), "tea"),
    ("b", datetime(2024, 4, 1, 0, 0), "tea"),
]


def test_lines_are_counted_by_day_and_category() -> None:
    frame = pd.DataFrame(ROWS, columns=["customer_id", "ordered_at", "category"])
    schema = {"customer_id": "string", "ordered_at": "timestamp", "category": "string"}
    made = category_days(ibis.memtable(frame, schema=schema), as_of=date(2024, 3, 31), weeks=2)
    assert made is not None
    rows = fetch(made).itertuples(index=False, name=None)
    assert list(rows) == [("a", 0, "tea", 1), ("a", 13, "snacks", 1), ("a", 13, "tea", 2), ("b", 7, "tea", 1)]


def test_without_lines_or_categories_there_is_nothing_to_watch() -> None:
    frame = pd.DataFrame({"customer_id": ["a"], "ordered_at": [datetime(2024, 3, 31)]})
    assert category_days(None, as_of=date(2024, 3, 31), weeks=2) is None
    assert category_days(ibis.memtable(frame), as_of=date(2024, 3, 31), weeks=2) is None
