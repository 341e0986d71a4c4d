"""Renewals of contracts: months by hand, and nothing after the day of the report."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from helpers.features import contract_renewals

AS_OF = date(2024, 6, 20)
BY_HAND = [
    # name, started, ended, monthly: period_count and is_ended at AS_OF
    ("active", "2024-03-15", None, 3, False),
    ("anniversary", "2024-03-20", None, 3, False),
    ("day before it", "2024-03-21", None, 2, False),
    ("new", "2024-06-20", None, 0, False),
    ("at the first renewal", "2024-03-15", "2024-04-15", 1, True),
    ("in the first month", "2024-03-15", "2024-03-16", 1, True),
    ("on its first day", "2024-03-15", "2024-03-15", 1, True),
    ("in the second", "2024-03-15", "2024-04-16", 2, True),
    ("month without a 31st", "2024-01-31", "2024-02-29", 1, True),
    ("in a month not over", "2024-03-15", "2024-06-18", 3, False),
    ("at the renewal of today", "2024-03-20", "2024-06-20", 3, True),
    ("ends later", "2024-03-15", "2024-06-21", 3, False),
    ("over the new year", "2023-11-10", "2024-02-11", 4, True),
]


@pytest.fixture(scope="module")
def subscriptions(connection):
    def day(text):
        return None if text is None else date.fromisoformat(text)

    rows = [*BY_HAND, ("starts later", "2024-06-21", None, 0, False)]
    table = pa.table(
        {
            "customer_id": [row[0] for row in rows],
            "started_on": pa.array([day(row[1]) for row in rows], pa.date32()),
            "ended_on": pa.array([day(row[2]) for row in rows], pa.date32()),
            "end_reason": ["because"] * len(rows),
        }
    )
    return connection.create_table("subscriptions_by_hand", table)


def found(table, **arguments):
    return table.pipe(contract_renewals.renewals, **arguments).to_pandas().set_index("customer_id")


def test_by_hand(subscriptions):
    rows = found(subscriptions, as_of=AS_OF)
    assert list(rows.columns) == ["started_on", "period_count", "is_ended"]
    assert len(rows) == len(BY_HAND)
    for name, _, _, count, is_ended in BY_HAND:
        assert rows.loc[name, ["period_count", "is_ended"]].tolist() == [count, is_ended], name


def test_by_the_quarter(subscriptions):
    rows = found(subscriptions, as_of=AS_OF, period_months=3)
    assert rows.loc["anniversary", "period_count"] == 1
    assert rows.loc["day before it", "period_count"] == 0
    assert rows.loc["at the renewal of today"].tolist()[1:] == [1, True]
    assert rows.loc["at the first renewal"].tolist()[1:] == [1, True]
    assert rows.loc["over the new year"].tolist()[1:] == [2, True]


def test_later_ends_are_invisible(subscriptions):
    before = found(subscriptions, as_of=date(2024, 4, 14))
    assert before.loc["at the first renewal"].tolist()[1:] == [0, False]
    assert "new" not in before.index


def test_constant_hazard_is_found_at_the_edge(connection):
    """Counting the ends of a month that is not over, but not those who stay, would make the latest retention too low."""
    rng = np.random.default_rng(1)
    started = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 150, 20_000), "D")
    ended = started + pd.to_timedelta(rng.exponential(200, 20_000).astype(int), "D")
    frame = pd.DataFrame({"customer_id": np.arange(20_000).astype(str), "started_on": started, "ended_on": ended})
    frame[["started_on", "ended_on"]] = frame[["started_on", "ended_on"]].apply(lambda one: one.dt.date)
    table = connection.create_table("subscriptions_of_one_hazard", frame)
    rows = found(table, as_of=date(2024, 6, 15))
    for period in (1, 2, 3, 4, 5):
        at_risk = (rows["period_count"] >= period).sum()
        lost = ((rows["period_count"] == period) & rows["is_ended"]).sum()
        assert 1 - lost / at_risk == pytest.approx(np.exp(-30.4 / 200), abs=0.02)


def test_misuse(subscriptions):
    with pytest.raises(ValueError, match="period_months must be 1 or more, found 0"):
        contract_renewals.renewals(subscriptions, as_of=AS_OF, period_months=0)
