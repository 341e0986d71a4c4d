"""The histories that the published answers belong to: CDNOW's 2,357 customers, out of the lifetimes package."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from helpers.connectors.locations import installed
from helpers.models.buying.rows import DAYS_PER_WEEK, Rows, collapse

CALIBRATION_END, END = date(1997, 9, 30), date(1998, 6, 30)


@pytest.fixture(scope="session")
def cdnow_days() -> pd.DataFrame:
    """One row per customer and day with a purchase: customer_id (1 to 2357, as BTYD has them), purchased_on."""
    path = installed("lifetimes") / "datasets" / "CDNOW_sample.txt"
    lines = pd.read_csv(path, sep=r"\s+", header=None, names=["_", "customer_id", "day", "cds", "amount"])
    lines["purchased_on"] = pd.to_datetime(lines["day"].astype(str), format="%Y%m%d")
    return lines[["customer_id", "purchased_on"]].drop_duplicates()


def histories(days: pd.DataFrame, *, end: date) -> pd.DataFrame:
    seen = days[days["purchased_on"] <= pd.Timestamp(end)].groupby("customer_id")["purchased_on"]
    found = seen.agg(["min", "max", "count"])
    recency, age = found["max"] - found["min"], pd.Timestamp(end) - found["min"]
    columns = {"frequency": found["count"] - 1, "recency_weeks": recency.dt.days, "age_weeks": age.dt.days}
    frame = pd.DataFrame(columns).reset_index()
    frame[["recency_weeks", "age_weeks"]] /= DAYS_PER_WEEK
    return frame


@pytest.fixture(scope="session")
def cdnow_sample(cdnow_days: pd.DataFrame) -> pd.DataFrame:
    """Histories of 39 weeks, to 1997-09-30, and holdout_purchase_count in the 39 weeks after."""
    known = histories(cdnow_days, end=CALIBRATION_END)
    after = cdnow_days[cdnow_days["purchased_on"] > pd.Timestamp(CALIBRATION_END)].groupby("customer_id").size()
    return known.assign(holdout_purchase_count=known["customer_id"].map(after).fillna(0).astype(int))


@pytest.fixture(scope="session")
def cdnow_rows(cdnow_sample: pd.DataFrame) -> Rows:
    """The histories of 39 weeks, collapsed."""
    return collapse(cdnow_sample)


@pytest.fixture(scope="session")
def cdnow_whole(cdnow_days: pd.DataFrame) -> Rows:
    """The histories of all 78 weeks, collapsed."""
    return collapse(histories(cdnow_days, end=END))
