"""What the tiers of a membership bring and cost, and how many customers stand close to the next one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from helpers.models.statistics import small_groups
from helpers.models.statistics.intervals import ratio_of_totals, wilson

NO_TIER = "(no tier)"


def economics(
    customers: pd.DataFrame,
    *,
    order: Sequence[str],
    margin_share: float | None,
    point_amount: float | None,
    level: float,
) -> pd.DataFrame:
    """What the customers of each tier brought and cost in the window.

    It says who is in a tier, not what the tier does: who spends more is put into a higher one.

    Parameters
    ----------
    customers
        One row per customer, as `features.membership_tiers.spending` gives it.
    order
        The tiers from low to high; tiers that occur and are not named here come first.
    margin_share
        Share of revenue that is margin; None: not known.
    point_amount
        What a point is worth, in the report's currency; None: not known.
    level
        Coverage of the intervals.

    Returns
    -------
    pandas.DataFrame
        One row per tier, low to high, customers without any first as "(no tier)": tier; customer_count, customer_share;
        order_count, revenue_amount, revenue_share of the window; mean_amount (revenue per customer) with mean_low and
        mean_high; earned_points, redeemed_points of the window; redeemer_share (customers who redeemed in it) with
        redeemer_low and redeemer_high (Wilson); balance_points at its end; margin_amount (missing without a
        margin_share), points_amount (redeemed points in money) and liability_amount (the balance in money; both missing
        without a point_amount), net_amount (margin, or revenue where no margin is known, less points_amount).
    """
    named = customers.assign(tier=customers["tier"].astype(object).where(customers["tier"].notna(), NO_TIER))
    present = sorted(set(named["tier"]) - set(order), key=lambda tier: (tier != NO_TIER, tier))
    rows = [_tier_row(tier, named[named["tier"] == tier], level) for tier in dict.fromkeys([*present, *order])]
    table = pd.DataFrame(rows, columns=_COLUMNS)
    people, revenue = table["customer_count"].sum(), table["revenue_amount"].sum()
    value = np.nan if point_amount is None else point_amount
    margin = np.nan if margin_share is None else margin_share
    cost = table["redeemed_points"] * value
    return table.assign(
        customer_share=table["customer_count"] / people if people else np.nan,
        revenue_share=table["revenue_amount"] / revenue if revenue else np.nan,
        margin_amount=table["revenue_amount"] * margin,
        points_amount=cost,
        liability_amount=table["balance_points"] * value,
        net_amount=table["revenue_amount"] * (1 if margin_share is None else margin_share) - cost,
    )


def without_few(economics: pd.DataFrame, *, smallest_cell: int) -> pd.DataFrame:
    """The tiers as `economics` gives them, with nothing told of few customers, nor of points that few used."""
    large = small_groups.hide(economics, smallest_cell=smallest_cell)
    used = {"redeemer_share": "customer_count"}
    values = [str(name) for name in large if str(name).startswith(("redeem", "points_amount", "net_amount"))]
    return small_groups.hide_within(large, parts=used, values=values, smallest_cell=smallest_cell)


_COLUMNS = (
    "tier customer_count order_count revenue_amount mean_amount mean_low mean_high earned_points redeemed_points "
    "redeemer_share redeemer_low redeemer_high balance_points"
).split()


def _tier_row(tier: str, rows: pd.DataFrame, level: float) -> tuple[object, ...]:
    mean = ratio_of_totals(rows["amount"], np.ones(len(rows)), level=level)
    redeemers = wilson(int((rows["redeemed_points"] > 0).sum()), len(rows), level=level)
    count = len(rows)
    return (
        *(tier, count, int(rows["order_count"].sum()), float(rows["amount"].sum())),
        *(mean.value, mean.low, mean.high, int(rows["earned_points"].sum()), int(rows["redeemed_points"].sum())),
        *(redeemers.value, redeemers.low, redeemers.high, int(rows["balance_points"].sum())),
    )


def distances(standing: pd.DataFrame, *, order: Sequence[str]) -> pd.DataFrame:
    """How far the customers of each tier are from the next one.

    Parameters
    ----------
    standing
        One row per customer, as `features.membership_tiers.by_rules` gives it.
    order
        The tiers from low to high.

    Returns
    -------
    pandas.DataFrame
        One row per tier that has a next one, low to high, customers with none first as "(no tier)": tier; next_tier;
        customer_count; reached_count (have what the next takes: only where tiers are held, not made by the rules);
        one_order_count (at most one order of their own mean size short); median_amount and median_order_count missing
        of those who are short of something (missing where nobody is).
    """
    short = standing[standing["next_tier"].notna()]
    tiers = short["tier"].astype(object).where(short["tier"].notna(), NO_TIER)
    is_short = (short["missing_amount"] > 0) | (short["missing_order_count"] > 0)
    rows = []
    for tier in dict.fromkeys([NO_TIER, *order]):
        of = short[tiers == tier]
        if not len(of):
            continue
        far = of[is_short[of.index]]
        medians = far[["missing_amount", "missing_order_count"]].astype(float).median()
        near = int(of["is_one_order_away"].sum())
        rows.append((tier, of["next_tier"].iloc[0], len(of), len(of) - len(far), near, *medians))
    columns = "tier next_tier customer_count reached_count one_order_count median_amount median_order_count".split()
    return pd.DataFrame(rows, columns=columns)


@dataclass(frozen=True)
class Near:
    """How many customers below the highest tier are at most one order short of the next one.

    Attributes
    ----------
    below_count
        Customers who have a next tier.
    near_count, near_share
        Of them those at most one order of their own mean size short; the share is 0 to 1, NaN where nobody is below.
    reached_count
        Who have what the next tier takes already.
    """

    below_count: int
    near_count: int
    near_share: float
    reached_count: int


def near_next(distances: pd.DataFrame, *, smallest_cell: int) -> Near:
    """The customers near their next tier, over all tiers; a row of `distances` is a tier, as `distances` gives it.

    How many have reached it is told of `smallest_cell` and more.
    """
    below, near = int(distances["customer_count"].sum()), int(distances["one_order_count"].sum())
    reached = int(distances["reached_count"].sum())
    return Near(below, near, near / below if below else np.nan, reached if reached >= smallest_cell else 0)


def reach_without_few(distances: pd.DataFrame, *, smallest_cell: int) -> pd.DataFrame:
    """The distances, with nothing told of few customers of a tier, nor of few near the next or past it."""
    large = small_groups.hide(distances, smallest_cell=smallest_cell)
    inside = dict.fromkeys(["reached_count", "one_order_count"], "customer_count")
    values = [*inside, "median_amount", "median_order_count"]
    return small_groups.hide_within(large, parts=inside, values=values, smallest_cell=smallest_cell)
