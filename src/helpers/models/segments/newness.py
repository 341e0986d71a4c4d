"""Whether segments that are called new are new in days, and not only in rank."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from math import nan

import pandas as pd

from helpers.models.statistics.intervals import SMALLEST, wilson

EXTREMES = ["least_purchase_count", "most_purchase_count", "least_last_days", "most_last_days"]
FALSE_ABOVE = 0.5
"""Share of a segment's customers of whom its name is not true, above which it is called false."""


def newness(buyers: pd.DataFrame, *, kind: str, limits: Mapping[str, int], as_of: date, level: float) -> pd.DataFrame:
    """How many customers of segments that are called new have been customers for longer than the name allows.

    Scores are ranks: where nobody came for a year, those who came last are still the newest of all.

    Parameters
    ----------
    buyers
        One row per customer with an order, as `snapshots.Snapshot.buyers` has them: first_on, days_since_last,
        purchase_count, and a text column named `kind`.
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
        (no bounds under ten customers; missing where nobody is in the segment); and EXTREMES, what is true of all its
        customers: the fewest and most days on which they bought, and days since their last order.
    """
    days = (pd.Timestamp(as_of) - pd.to_datetime(buyers["first_on"])).dt.days
    names = "segment limit_days customer_count median_days late_count late_share low high".split()
    names += EXTREMES
    rows = []
    for segment, limit in limits.items():
        here = buyers[kind] == segment
        own, told = days[here], buyers.loc[here, ["purchase_count", "days_since_last"]].astype(float)
        extremes = (told.iloc[:, at].agg(how) for at in (0, 1) for how in ("min", "max"))
        late = int((own > limit).sum())
        share = wilson(late, len(own), level=level)
        bounds = (share.low, share.high) if len(own) >= SMALLEST else (nan, nan)
        rows.append((segment, limit, len(own), float(own.median()), late, share.value, *bounds, *extremes))
    return pd.DataFrame(rows, columns=names)


def false_names(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows of `newness` whose name is not true of most of the customers who are called so."""
    return rows[rows["late_share"] > FALSE_ABOVE].reset_index(drop=True)


def described(rows: pd.DataFrame) -> pd.DataFrame:
    """The segments whose name is false, with what is true of them: segment, limit_days, customer_count, EXTREMES.

    Also is_hidden: always False, since whoever is too few to be told of has no share by which a name is judged.
    """
    return false_names(rows)[["segment", "limit_days", "customer_count", *EXTREMES]].assign(is_hidden=False)


def over_time(*on_days: pd.DataFrame) -> pd.DataFrame:
    """Segments whose name is false on any of several days, with the extremes of all: what is true of them on each.

    A row of each frame is one of `newness`; one of the answer has segment and the four extremes.
    """
    rows = pd.concat(on_days, ignore_index=True)
    rows = rows[rows["segment"].isin(false_names(rows)["segment"])]
    extremes = {name: "min" if name.startswith("least") else "max" for name in EXTREMES}
    return rows.groupby("segment", sort=False).agg(extremes).reset_index()


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
