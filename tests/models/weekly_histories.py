"""The weekly history of purchases in a frame, as the features make it."""

from __future__ import annotations

from datetime import date

import ibis
import pandas as pd

from helpers.features import timeline
from helpers.features.frames import fetch
from helpers.models.forecast import periods


def weekly_history(bought: pd.DataFrame, *, origin: date, as_of: date) -> pd.DataFrame:
    """Of `periods.history`, in periods of one week."""
    days = ibis.memtable(bought).cast({"purchased_on": "date"})
    by_week = fetch(timeline.by_week(days, origin=origin, as_of=as_of))
    births = fetch(timeline.births(days, as_of=as_of))
    return periods.history(by_week, births, origin=origin, as_of=as_of, period_weeks=1)
