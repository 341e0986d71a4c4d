"""Orders by weekday, by hand."""

from __future__ import annotations

import pandas as pd

from helpers.models.customers import weekly

HOURS = pd.DataFrame({"weekday": [2, 2, 5], "hour": [8, 9, 8], "order_count": [1, 2, 3]})


def test_every_weekday_has_a_row() -> None:
    days = weekly.by_weekday(HOURS)
    assert days["weekday"].tolist() == [1, 2, 3, 4, 5, 6, 7]
    assert days["order_count"].tolist() == [0, 3, 0, 0, 3, 0, 0]
    assert days["order_share"].tolist() == [0, 0.5, 0, 0, 0.5, 0, 0]


def test_the_busiest_is_the_earlier_of_equals() -> None:
    days = weekly.by_weekday(HOURS)
    assert weekly.busiest(days) == 2
    assert weekly.busiest(days.iloc[::-1].assign(order_count=[9, 0, 3, 0, 0, 3, 0])) == 7
