"""Answers to a survey and purchases around them, for the tests of what was said and done."""

from __future__ import annotations

import ibis
import pandas as pd

DAY = pd.Timestamp("2024-06-01")
WINDOWS = {"horizon_days": 30, "earlier_days": 60}


def bought(*rows: tuple[str, int, float]) -> ibis.Table:
    """Purchase days: customer, days after the answer (below zero: before it), amount."""
    frame = pd.DataFrame(rows, columns=["customer_id", "after", "amount"])
    frame["purchased_on"] = (DAY + pd.to_timedelta(frame.pop("after"), unit="D")).dt.date
    return ibis.memtable(frame)


def given(*customers: str | None) -> pd.DataFrame:
    """An interview of each customer on the day of the answer; None: nobody knows whose."""
    rows = [(f"r{n}", customer, "w1", DAY) for n, customer in enumerate(customers)]
    return pd.DataFrame(rows, columns=["response_id", "customer_id", "wave", "answered_on"])
