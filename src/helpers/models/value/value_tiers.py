"""Who holds the value: the whale curve, and tiers that mind how unsure the value of each customer is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from helpers.errors import FitError
from helpers.models.buying.rows import Floats, Whole
from helpers.models.statistics import small_groups
from helpers.watching import Readable

TIERS = ("high", "middle", "low")
SHARES = (0.5, 0.8)


@dataclass(frozen=True, eq=False)
class Tiers(Readable):
    """Tiers of customers by value.

    Attributes
    ----------
    labels
        One per customer, in the order they came: high, middle or low, an ordered categorical.
    table
        One row per tier, the best first, also where nobody is in it: tier, customer_count, customer_share, amount,
        amount_share (of the value of all), least_amount (the smallest value in the tier: its lower border),
        straddle_count and straddle_share (customers of the tier whose interval holds a border of it: they may turn out
        to belong elsewhere).
    straddle_share
        The same over all customers.
    """

    labels: pd.Categorical
    table: pd.DataFrame
    straddle_share: float


def tiers(customers: pd.DataFrame, *, shares: tuple[float, float] = SHARES) -> Tiers:
    """High, middle and low tiers by share of value.

    Parameters
    ----------
    customers
        One row per customer: clv_amount, clv_low, clv_high.
    shares
        Cumulative shares of value, the best customers first, at which the high and the middle tier end: rising between
        0 and 1. Customers who are worth nothing, or less, are in the low tier and in no share.

    Notes
    -----
    A customer is in the high tier while the customers worth more hold less than the first share: who crosses a border
    belongs to the better tier, and equal values are never torn apart. The border itself is taken as known; a customer
    straddles it whose interval begins below and ends at or above it. Intervals are those of what a customer will turn
    out to be worth, chance included: of few customers is the tier sure, and a list drawn from it is right on average.

    Raises
    ------
    FitError
        A value is missing, or there is no customer.
    """
    if not 0 < shares[0] < shares[1] < 1:
        raise ValueError(f"shares must rise between 0 and 1, found {shares[0]:g} and {shares[1]:g}")
    amounts = _amounts(customers["clv_amount"])
    codes = _codes(amounts, shares)
    borders = [float(amounts[codes <= code].min(initial=np.inf)) for code in range(2)]
    low, high = (customers[name].to_numpy(dtype=float) for name in ("clv_low", "clv_high"))
    holds = [(low < border) & (high >= border) & np.isfinite(border) for border in borders]
    is_unsure = np.select([codes == 0, codes == 1], [holds[0], holds[0] | holds[1]], holds[1])
    labels = pd.Categorical(np.array(TIERS)[codes], categories=list(TIERS), ordered=True)
    rows = [_tier(amounts, codes == code, is_unsure) for code in range(len(TIERS))]
    table = pd.DataFrame({"tier": TIERS} | {name: [row[name] for row in rows] for name in rows[0]})
    return Tiers(labels, table, float(is_unsure.mean()))


def with_bounds(table: pd.DataFrame, groups: pd.DataFrame) -> pd.DataFrame:
    """The tiers with the intervals of their value: `Tiers.table`, joined with what `value.group_values` gives of them.

    Returns
    -------
    pandas.DataFrame
        One row per tier, the best first: tier, customer_count, customer_share, amount, low, high, amount_share,
        share_low, share_high, least_amount, straddle_count, straddle_share.
    """
    of_tier = groups.set_index(groups["label"].astype(str)).reindex(table["tier"]).reset_index(drop=True)
    both = table.join(of_tier[["low", "high", "share_low", "share_high"]])
    return both[
        [
            *("tier", "customer_count", "customer_share", "amount", "low", "high"),
            *("amount_share", "share_low", "share_high", "least_amount", "straddle_count", "straddle_share"),
        ]
    ]


def whale_curve(customers: pd.DataFrame, *, smallest_cell: int = 1, point_count: int = 101) -> pd.DataFrame:
    """The value that the best customers hold together: where some cost more than they bring, it rises above all of it.

    Parameters
    ----------
    customers
        One row per customer: clv_amount.
    smallest_cell
        Fewest customers between two points: what few are worth could be read off closer ones.
    point_count
        Points on the curve, both ends included: 2 or more, fewer where there are few customers.

    Returns
    -------
    pandas.DataFrame
        One row per point, ascending: customer_share (from the most valuable customer on, 0 to 1), amount_share (of the
        value of all; above 1 where customers of negative value are still to come). No row where all customers together
        are worth nothing or less: there is nothing to have a share of.
    """
    if point_count < 2:
        raise ValueError(f"point_count must be 2 or more, found {point_count}")
    amounts = np.sort(_amounts(customers["clv_amount"]))[::-1]
    held = np.concatenate([[0.0], np.cumsum(amounts)])
    if held[-1] <= 0:
        return pd.DataFrame({"customer_share": [], "amount_share": []}, dtype=float)
    points = small_groups.curve_points(len(amounts), smallest_cell=smallest_cell, largest=point_count)
    at = np.linspace(0.0, 1.0, points)
    reached = np.interp(at * len(amounts), np.arange(len(held)), held)
    return pd.DataFrame({"customer_share": at, "amount_share": reached / held[-1]})


def _amounts(values: ArrayLike) -> Floats:
    amounts = np.asarray(values, dtype=float)
    if not len(amounts) or not np.isfinite(amounts).all():
        raise FitError("a value must be known for every customer, and there must be one customer at least.")
    return amounts


def _codes(amounts: Floats, shares: tuple[float, float]) -> Whole:
    """0, 1, 2 for high, middle, low: by the share of positive value held by the customers who are worth more."""
    levels, back = np.unique(-amounts, return_inverse=True)
    held = np.bincount(back.reshape(-1), weights=np.maximum(amounts, 0.0))
    ahead = np.concatenate([[0.0], np.cumsum(held)[:-1]]) / (held.sum() or 1.0)
    codes = np.searchsorted(shares, ahead * (1 + 1e-12), side="right")
    return np.where(levels < 0, codes, 2).astype(np.int64)[back.reshape(-1)]


def _tier(amounts: Floats, is_in: np.ndarray, is_unsure: np.ndarray) -> dict[str, float]:
    count, unsure = int(is_in.sum()), int((is_in & is_unsure).sum())
    return {
        "customer_count": count,
        "customer_share": count / len(amounts),
        "amount": float(amounts[is_in].sum()),
        "amount_share": float(amounts[is_in].sum() / amounts.sum()) if amounts.sum() > 0 else np.nan,
        "least_amount": float(amounts[is_in].min()) if count else np.nan,
        "straddle_count": unsure,
        "straddle_share": unsure / count if count else np.nan,
    }
