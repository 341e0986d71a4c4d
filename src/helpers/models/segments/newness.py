"""Whether segments that are called new are new in days, and not only in rank."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from math import nan

import pandas as pd

from helpers.models.statistics.intervals import SMALLEST, wilson


def newness(buyers: pd.DataFrame, *, kind: str, limits: Mapping[str, int], as_of: date, level: float) -> pd.DataFrame:
    """How many customers of segments that are called new have been customers for longer than the name allows.

    Scores are ranks: where nobody came for a year, those who came last are still the newest of all.

    Parameters
    ----------
    buyers
        One row per customer with an order, as `snapshots.Snapshot.buyers` has them: first_on, and a text column named
        `kind`.
    kind
        The name of the scheme.
    limits
        By segment, days since the first order up to which its name is true.
    as_of
        The day on which they are called so.
    level
        Coverage of the intervals (Wilson).

    Returns
    -------
    pandas.DataFrame
        One row per segment of `limits`, in their order: segment; limit_days; customer_count; median_days (since the
        first order); late_count (customers whose first order is longer ago than limit_days); late_share, low, high
        (no bounds under ten customers; missing where nobody is in the segment).
    """
    days = (pd.Timestamp(as_of) - pd.to_datetime(buyers["first_on"])).dt.days
    names = "segment limit_days customer_count median_days late_count late_share low high".split()
    rows = []
    for segment, limit in limits.items():
        own = days[buyers[kind] == segment]
        late = int((own > limit).sum())
        share = wilson(late, len(own), level=level)
        bounds = (share.low, share.high) if len(own) >= SMALLEST else (nan, nan)
        rows.append((segment, limit, len(own), float(own.median()), late, share.value, *bounds))
    return pd.DataFrame(rows, columns=names)


def of_schemes(
    buyers: pd.DataFrame, *, limits: Mapping[str, Mapping[str, int]], as_of: date, level: float
) -> pd.DataFrame:
    """The same for several schemes: `limits` by scheme, the rows of `newness` with a column `scheme` before them."""
    told = [
        newness(buyers, kind=scheme, limits=of, as_of=as_of, level=level).assign(scheme=scheme)
        for scheme, of in limits.items()
        if of
    ]
    rows = pd.concat(told, ignore_index=True) if told else newness(buyers, kind="", limits={}, as_of=as_of, level=level)
    return rows.reindex(columns=["scheme", *rows.columns.drop("scheme", errors="ignore")])
