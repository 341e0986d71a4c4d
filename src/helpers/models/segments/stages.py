"""Lifecycle stages in numbers: how many customers stand where, and how much of the money is theirs."""

from __future__ import annotations

from dataclasses import dataclass
from math import nan

import pandas as pd

from helpers.models.statistics import intervals
from helpers.models.statistics.intervals import SMALLEST

STAGES = ("new", "repeat", "loyal", "returned", "slipping", "lapsed")
PROSPECT = "prospect"


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
        One row per customer, as `lifecycle.stages` gives it: customer_id, stage, slipping_days, limit_days.
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
        amount_low and amount_high (ratio of totals over customers); slipping_days and limit_days (medians). Bounds are
        missing under ten customers: of all for customer_share, of those in the stage who brought anything for
        amount_share.
    """
    amounts = people["customer_id"].map(spent.set_index("customer_id")["amount"]).astype(float).fillna(0.0)
    known = people[["stage", "slipping_days", "limit_days"]].assign(amount=amounts)
    buyers = known[known["stage"] != PROSPECT]
    rows = [_size(buyers, stage, level) for stage in STAGES]
    rows.append({"stage": PROSPECT, "customer_count": len(known) - len(buyers), "amount": 0.0})
    return pd.DataFrame(rows)


def active(sizes: pd.DataFrame) -> Active:
    """How many customers are within their own rhythm; a row of `sizes` is a stage, as `sizes` gives it."""
    counts = sizes.set_index("stage")["customer_count"]
    n = int(counts.drop(PROSPECT).sum())
    count = n - int(counts["slipping"] + counts["lapsed"])
    return Active(n, count, count / n if n else nan)


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
