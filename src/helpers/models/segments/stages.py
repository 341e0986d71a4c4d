"""Lifecycle stages in numbers: how many customers stand where, what money is theirs, what they did next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from math import nan

import numpy as np
import pandas as pd

from helpers.models.statistics import intervals, small_groups
from helpers.models.statistics.intervals import SMALLEST

STAGES = ("new", "repeat", "loyal", "returned", "slipping", "lapsed")
PROSPECT = "prospect"
GROUPS = ("active", "slipping", "lapsed")
"""Who is neither slipping nor lapsed is active."""
BUYERS = ("all", "once", "more")
"""All customers of a group, those who had bought on one day, and those who had on more."""


@dataclass(frozen=True)
class Active:
    """Customers who are neither slipping nor lapsed, of all with an order: `active_share` is 0 to 1."""

    customer_count: int
    active_count: int
    active_share: float


def sizes(people: pd.DataFrame, spent: pd.DataFrame, *, level: float) -> pd.DataFrame:
    """How many customers are in each stage, and what they brought.

    Parameters
    ----------
    people
        One row per customer, as `lifecycle.stages` gives it: customer_id, stage, purchase_count, comeback_share,
        slipping_days, limit_days.
    spent
        Revenue of a period, one row per customer who brought any: customer_id, amount, such as `activity.comparison`
        over the latest year. Whoever has no row brought nothing.
    level
        Coverage of the intervals.

    Returns
    -------
    pandas.DataFrame
        One row per stage, in the order of a customer's life, prospects last, zeros where nobody is: stage;
        customer_count; customer_share (of all customers with an order; missing for prospects) with low and high
        (Wilson); amount (of the period); amount_share (of all its revenue; missing where there was none) with
        amount_low and amount_high (ratio of totals over customers); once_count (customers who bought on one day);
        comeback_share (mean chance to come back); slipping_days and limit_days (medians). Bounds are
        missing under ten customers: of all for customer_share, of those in the stage who brought anything for
        amount_share.
    """
    amounts = people["customer_id"].map(spent.set_index("customer_id")["amount"]).astype(float).fillna(0.0)
    known = people[["stage", "purchase_count", "comeback_share", "slipping_days", "limit_days"]].assign(amount=amounts)
    buyers = known[known["stage"] != PROSPECT]
    rows = [_size(buyers, stage, level) for stage in STAGES]
    rows.append({"stage": PROSPECT, "customer_count": len(known) - len(buyers), "amount": 0.0, "once_count": 0})
    return pd.DataFrame(rows)


def active(sizes: pd.DataFrame) -> Active:
    """How many customers are within their own rhythm; a row of `sizes` is a stage, as `sizes` gives it."""
    counts = sizes.set_index("stage")["customer_count"]
    n = int(counts.drop(PROSPECT).sum())
    count = n - int(counts["slipping"] + counts["lapsed"])
    return Active(n, count, count / n if n else nan)


def track_record(counts: pd.DataFrame, *, lapsed_share: float, level: float) -> pd.DataFrame:
    """What customers called active, slipping and lapsed on earlier days did next, beside what was expected of them.

    Parameters
    ----------
    counts
        As `lifecycle.comebacks` gives it, of one or several days: on (the day); stage; is_once; customer_count;
        back_count; expected_count.
    lapsed_share
        What the word lapsed claims: at most this share of those called so comes back within the horizon.
    level
        Coverage of the intervals (Wilson).

    Returns
    -------
    pandas.DataFrame
        One row per day, group (active, slipping, lapsed) and buyers (all, once, more), zeros where nobody is: on;
        group; buyers; customer_count; back_count; back_share, low, high (no bounds under ten customers);
        expected_share (mean of the chances told on that day); is_kept (of the lapsed: whether the claim lies within or
        above the interval; missing for the others, and under ten customers).
    """
    group = counts["stage"].where(counts["stage"].isin(GROUPS), "active")
    on = pd.to_datetime(counts["on"]).dt.date  # a day, not its midnight
    parts = [counts.assign(on=on, group=group, buyers=np.where(counts["is_once"], "once", "more"))]
    parts.append(parts[0].assign(buyers="all"))
    sums = pd.concat(parts).groupby(["on", "group", "buyers"])[["customer_count", "back_count", "expected_count"]].sum()
    days = sorted(on.unique())
    rows = pd.MultiIndex.from_product([days, GROUPS, BUYERS], names=sums.index.names)
    record = sums.reindex(rows, fill_value=0).reset_index().astype({"customer_count": int, "back_count": int})
    n = record["customer_count"].to_numpy(dtype=float)
    low, high = intervals.wilson_bounds(record["back_count"], np.where(n < SMALLEST, nan, n), level=level)
    of_any = np.where(n > 0, n, nan)
    is_judged = (record["group"] == "lapsed") & (n >= SMALLEST)
    return record.assign(
        back_share=record["back_count"] / of_any,
        low=low,
        high=high,
        expected_share=record["expected_count"] / of_any,
        is_kept=pd.Series(low <= lapsed_share, dtype="boolean").where(is_judged),
    ).drop(columns="expected_count")


def without_few(sizes: pd.DataFrame, *, smallest_cell: int) -> pd.DataFrame:
    """The stages as `sizes` gives them, with nothing told of few customers, nor of few who bought once."""
    large = small_groups.hide(sizes, smallest_cell=smallest_cell)
    once = {"once_count": "customer_count"}
    return small_groups.hide_within(large, parts=once, values=["once_count"], smallest_cell=smallest_cell)


def record_without_few(record: pd.DataFrame, *, smallest_cell: int) -> pd.DataFrame:
    """The record as `track_record` gives it, with nothing told of few customers, nor of few who came back.

    Whether the word was kept is told, though it rests on them: it tells on which side of a bound they are.
    """
    by, values = ["on", "group"], ["back_count", "back_share", "low", "high"]
    large = small_groups.hide(record, by=by, smallest_cell=smallest_cell)
    back = {"back_count": "customer_count"}
    return small_groups.hide_within(large, parts=back, values=values, by=by, smallest_cell=smallest_cell)


def history(sizes: pd.DataFrame, record: pd.DataFrame, *, as_of: date) -> pd.DataFrame:
    """How many customers were active, slipping and lapsed on earlier days, and are on `as_of`.

    Parameters
    ----------
    sizes, record
        As `sizes` gives it on `as_of`, and `track_record` of earlier days.
    as_of
        The day of `sizes`.

    Returns
    -------
    pandas.DataFrame
        One row per group and day on which there was any customer, by group and day: group, on, customer_count,
        customer_share (of all customers on that day).
    """
    known = sizes[sizes["stage"] != PROSPECT]
    today = known.assign(group=known["stage"].where(known["stage"].isin(GROUPS), GROUPS[0]), on=as_of)
    rows = pd.concat([record.loc[record["buyers"] == "all"], today])
    counts = rows.groupby(["group", "on"], as_index=False)["customer_count"].sum()
    counts["customer_share"] = counts["customer_count"] / counts.groupby("on")["customer_count"].transform("sum")
    return counts[counts["customer_share"].notna()].reset_index(drop=True)


def _size(buyers: pd.DataFrame, stage: str, level: float) -> dict[str, object]:
    is_here = buyers["stage"] == stage
    here, count = buyers[is_here], len(buyers)
    customers = intervals.wilson(len(here), count, level=level)
    low, high = (customers.low, customers.high) if count >= SMALLEST else (nan, nan)
    share, amount_low, amount_high = _money_share(buyers["amount"], is_here, level)
    return {
        "stage": stage,
        "customer_count": len(here),
        "customer_share": customers.value,
        "low": low,
        "high": high,
        "amount": float(here["amount"].sum()),
        "amount_share": share,
        "amount_low": amount_low,
        "amount_high": amount_high,
        "once_count": int((here["purchase_count"] == 1).sum()),
        "comeback_share": float(here["comeback_share"].astype(float).mean()),
        "slipping_days": float(here["slipping_days"].astype(float).median()),
        "limit_days": float(here["limit_days"].astype(float).median()),
    }


def _money_share(amounts: pd.Series, is_here: pd.Series, level: float) -> tuple[float, float, float]:
    """The share of all money that some customers brought; no bounds where they are few, or have all or none of it."""
    share = intervals.ratio_of_totals(amounts.where(is_here, 0.0), amounts, level=level)
    spenders = int((is_here & (amounts > 0)).sum())
    if spenders < SMALLEST or spenders == int((amounts > 0).sum()):
        return share.value, nan, nan
    return share.value, share.low, min(share.high, 1.0)
