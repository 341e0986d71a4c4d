"""The service desk: by hand, and the demo company's planted times, reopening and marks found again."""

from __future__ import annotations

from datetime import date

import ibis
import numpy as np
import pandas as pd
import pytest
from scipy.special import ndtr

from helpers.features import service_tickets
from helpers.features.frames import fetch
from helpers.models.survey.feedback_desk import Targets, desk
from helpers.simulation import tickets as simulated
from helpers.simulation.engagement_settings import Category, Priority, Tickets
from helpers.simulation.population import population
from helpers.simulation.settings import Company

TARGETS = Targets(reply_hours=8, resolution_hours=48)


def opened(**columns: object) -> pd.DataFrame:
    """Four tickets of three customers, the last two of which wait for their resolution, one of them for a reply."""
    plain = {
        "ticket_id": ["a", "b", "c", "d"],
        "customer_id": ["1", "1", "2", "3"],
        "reply_hours": [1.0, 4.0, 12.0, np.nan],
        "resolution_hours": [10.0, 60.0, np.nan, np.nan],
        "watched_hours": [500.0, 400.0, 100.0, 2.0],
        "reopened_count": [0.0, 1.0, np.nan, np.nan],
        "satisfaction": [5.0, 2.0, np.nan, np.nan],
        "category": ["x", "x", "y", None],
    }
    return pd.DataFrame(plain | columns)


def one(found: pd.DataFrame, measure: str, group: str = "all") -> pd.Series:
    return found[(found["measure"] == measure) & (found["group"] == group)].iloc[0]


def test_by_hand() -> None:
    """Replies at 1, 4 and 12 hours, one cut off at 2: by 8 hours 3/4 * 1/2 still wait."""
    found = desk(opened(), targets=TARGETS, level=0.95, groups=["category"])
    reply = one(found, "reply_within_target_share")
    assert reply["estimate"] == pytest.approx(1 - 3 / 4 * 1 / 2)
    assert (reply["n"], reply["open_count"], reply["customer_count"]) == (4, 1, 3)
    assert reply["closed_only"] == pytest.approx(2 / 3)
    assert one(found, "reply_median_hours")["estimate"] == 4
    assert one(found, "reopened_share")["estimate"] == 0.5
    assert one(found, "satisfied_share")["estimate"] == 0.5
    resolved_soon = found[(found["group_by"] == "resolution") & (found["measure"] == "satisfied_share")]
    assert dict(zip(resolved_soon["group"], resolved_soon["estimate"], strict=True)) == {"within target": 1, "later": 0}
    backlog = found[found["measure"] == "backlog_count"].set_index("group")["estimate"]
    assert dict(backlog) == {"0 to 1 days": 1, "3 to 7 days": 1}
    assert set(found.loc[found["group_by"] == "category", "group"]) == {"x", "y"}


def test_a_ticket_resolved_without_a_reply_on_record_is_no_reply() -> None:
    found = desk(opened(reply_hours=[np.nan, 4, 12, np.nan]), targets=TARGETS, level=0.95)
    assert one(found, "reply_median_hours")["n"] == 3


SLOW = Tickets(
    rate_per_year=4.0,
    categories=(Category("all", 1.0, 900.0),),
    priorities=(Priority("low", 0.5, 300.0), Priority("high", 0.5, 50.0)),
)
"""So slow that many tickets still wait at the end of a short company."""


def planted() -> dict[tuple[str, str], float]:
    """What the settings come to, by measure and priority; a sum of two lognormals by drawing many."""
    draw = np.random.default_rng(1)
    found = {}
    for priority in SLOW.priorities:
        median = priority.response_median_hours
        reply, rest = draw.lognormal(np.log(median), 0.8, 400_000), draw.lognormal(np.log(900), 1.0, 400_000)
        found["reply_median_hours", priority.name] = median
        found["reply_within_target_share", priority.name] = float(ndtr(np.log(300 / median) / 0.8))
        found["resolution_within_target_share", priority.name] = float((reply + rest <= 900).mean())
    return found


@pytest.mark.slow
def test_planted_times_and_reopening_are_covered_at_their_nominal_rate() -> None:
    """Companies of four months, intervals at 90 %: open tickets are censored, and those that are closed miss the truth."""
    truth, held, reopened, apart = planted(), [], [], []
    for seed in range(1, 41):
        company = Company(seed=seed, customer_count=400, start=date(2024, 1, 1), end=date(2024, 4, 30), tickets=SLOW)
        made = simulated.generate(company, population(company, block=0), None, block=0)[0]["tickets"]
        waits = fetch(service_tickets.waits(ibis.memtable(made.to_pandas()), as_of=company.end))
        found = desk(waits, targets=Targets(300, 900), level=0.9, groups=["priority"])
        for (measure, priority), value in truth.items():
            row = one(found, measure, priority)
            # where the longest was watched for less than the target, nothing is told
            held += [row["low"] <= value <= row["high"]] if np.isfinite(row["estimate"]) else []
            if measure == "resolution_within_target_share":
                apart.append((row["estimate"] - value, row["closed_only"] - value))
        again = one(found, "reopened_share")
        reopened.append(again["low"] <= SLOW.reopen_probability <= again["high"])
    assert len(held) >= 230
    assert abs(np.mean(held) - 0.9) <= 3.5 * np.sqrt(0.09 / len(held))
    # Korn and Graubard's interval is no narrower than its level
    assert np.mean(reopened) >= 0.9 - 3.5 * np.sqrt(0.09 / len(reopened))
    estimate, closed_only = np.array(apart).mean(axis=0)
    assert abs(estimate) < 0.02
    assert closed_only > 0.1


def test_in_the_company_quick_help_goes_with_good_marks() -> None:
    """Planted: a mark falls with the logarithm of the hours to the resolution, and not with the hours to the reply."""
    company = Company(seed=3, customer_count=2_500, tickets=Tickets(rate_per_year=3.0))
    made = simulated.generate(company, population(company, block=0), None, block=0)[0]["tickets"]
    waits = fetch(service_tickets.waits(ibis.memtable(made.to_pandas()), as_of=company.end))
    found = desk(waits, targets=TARGETS, level=0.95)
    told = found[found["measure"] == "satisfied_share"].set_index(["group_by", "group"])
    assert told.loc[("resolution", "later"), "high"] < told.loc[("resolution", "within target"), "low"]
