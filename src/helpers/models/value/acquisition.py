"""What a new customer of each channel is worth against the cost to win one, and how soon the cost is back."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from helpers.errors import FitError
from helpers.models.buying.fitting import Fit
from helpers.models.buying.interface import BuyingModel
from helpers.models.buying.prediction import interval, parameter_draws, reaching
from helpers.models.buying.rows import Floats
from helpers.models.value.discounting import of_new, weekly_rate, weeks_of
from helpers.models.value.value import Terms
from helpers.randomness import stream

LONGEST_MONTHS = 60
"""How far payback is looked for."""
DRAWS = 200
UNKNOWN = "not known"


@dataclass(frozen=True, eq=False)
class Buying:
    """How new customers buy: the fit of all customers, and those of channels of their own.

    A channel without a fit, or whose fit is not identified (few customers seldom tell dropout), takes that of all.
    """

    model: BuyingModel
    pooled: Fit
    own: Mapping[str, Fit] = field(default_factory=dict)

    def of(self, channel: str) -> tuple[Fit, bool]:
        """The fit for a channel, and whether it is the channel's own."""
        fit = self.own.get(channel)
        return (fit, True) if fit is not None and fit.is_identified else (self.pooled, False)


def won(customers: pd.DataFrame, spend: pd.DataFrame, *, by: str, expected_spend: npt.ArrayLike) -> pd.DataFrame:
    """By which channel each buyer was won, at what cost, and what they spend.

    Parameters
    ----------
    customers
        One row per customer, buyers and others: customer_id, the channel in column `by`, acquisition_cost where known.
    spend
        One row per buyer: customer_id, first_amount (paid on the first day).
    by
        Column of the channel, such as acquisition_channel.
    expected_spend
        One entry per row of `spend`: money expected of a later order.

    Returns
    -------
    pandas.DataFrame
        One row per buyer, in the order of `spend`: customer_id, first_amount, expected_spend_amount, channel ("not
        known" where none is, or the buyer is not among the customers), acquisition_cost where delivered.
    """
    columns = [name for name in ("customer_id", by, "acquisition_cost") if name in customers.columns]
    buyers = spend[["customer_id", "first_amount"]].assign(expected_spend_amount=np.asarray(expected_spend, float))
    both = buyers.merge(customers[columns], on="customer_id", how="left", validate="one_to_one")
    channel = both[by].astype(object).where(both[by].notna(), UNKNOWN).astype(str)
    return both.drop(columns=by).assign(channel=channel)


def by_channel(people: pd.DataFrame) -> pd.DataFrame:
    """What is known of the customers of each channel.

    Parameters
    ----------
    people
        One row per customer: channel, first_amount (paid on the first day), expected_spend_amount (of a later order),
        acquisition_cost (where known; the column may be missing): of `won`.

    Returns
    -------
    pandas.DataFrame
        One row per channel, ascending: channel, customer_count, first_amount, first_error, spend_amount, spend_error
        (means and their standard errors; NaN for one customer), acquisition_cost_amount (mean of the customers whose
        cost is known; NaN where of none).
    """
    cost = people.get("acquisition_cost", np.nan)
    plain = pd.DataFrame(
        {
            "channel": people["channel"].astype(str),
            "first_amount": people["first_amount"].astype(float),
            "spend_amount": people["expected_spend_amount"].astype(float),
            "acquisition_cost_amount": cost,
        }
    ).astype({"acquisition_cost_amount": float})
    groups = plain.groupby("channel", sort=True)
    return pd.DataFrame(
        {
            "customer_count": groups.size(),
            "first_amount": groups["first_amount"].mean(),
            "first_error": groups["first_amount"].sem(),
            "spend_amount": groups["spend_amount"].mean(),
            "spend_error": groups["spend_amount"].sem(),
            "acquisition_cost_amount": groups["acquisition_cost_amount"].mean(),
        }
    ).reset_index()


def economics(
    channels: pd.DataFrame, *, buying: Buying, terms: Terms, months: float, level: float, seed: int
) -> pd.DataFrame:
    """The value of a new customer of each channel, beside the cost to win one.

    Parameters
    ----------
    channels
        Of `by_channel`.
    buying
        The fits.
    terms
        Discount rate, margin and cost to serve; margins and costs of single customers are averaged.
    months
        Horizon of the value, above 0.
    level, seed
        Coverage and random numbers of the intervals.

    Returns
    -------
    pandas.DataFrame
        One row per channel in the order given: channel, customer_count, is_own_fit, first_margin_amount (what the first
        order leaves), value_amount (that, and what follows within `months`, discounted to the first order), low, high,
        acquisition_cost_amount, net_amount (value less that cost), clv_to_cac (their ratio), clv_to_cac_low,
        clv_to_cac_high, payback_months (whole months until the cost is back, discounted; 0: with the first order;
        infinite: not within 60), payback_low, payback_high. Where no cost is known the last seven are NaN.

    Notes
    -----
    The value is E[X(t)] of a new customer in the model of the channel, as the cost is of new customers too; the mean
    value of its existing customers would hold what has become of them. The intervals hold the doubt about the
    parameters of buying and the means of spend: they are of the mean of many new customers, who are taken to be like
    those of the past. Spend and buying are taken to be independent.
    """
    if not months > 0 or not np.isfinite(months):
        raise ValueError(f"months must be above 0, found {months}")
    if not len(channels):
        raise FitError("there must be one channel at least, found none")
    rows = [
        _channel(row, buying=buying, terms=terms, months=months, level=level, seed=seed)
        for row in channels.to_dict("records")
    ]
    return pd.DataFrame(rows)


def _channel(
    row: Mapping[Hashable, Any], *, buying: Buying, terms: Terms, months: float, level: float, seed: int
) -> dict[str, object]:
    fit, is_own = buying.of(str(row["channel"]))
    margin, order_cost = float(np.mean(terms.margin_share)), float(np.mean(terms.order_cost_amount))
    known = {name: float(row[name]) for name in ("first_amount", "first_error", "spend_amount", "spend_error")}
    cost = float(row["acquisition_cost_amount"])
    rng = stream(seed, "mean spend of a channel")
    noise = np.vstack([np.zeros(2), rng.standard_normal((DRAWS, 2))])
    first = (known["first_amount"] + np.nan_to_num(known["first_error"]) * noise[:, 0]) * margin - order_cost
    later = (known["spend_amount"] + np.nan_to_num(known["spend_error"]) * noise[:, 1]) * margin - order_cost
    thetas = np.vstack([fit.theta, parameter_draws(fit, draws=DRAWS, seed=seed)])
    times = np.unique([*range(1, LONGEST_MONTHS + 1), months])
    rate = weekly_rate(terms.yearly_rate)
    orders = np.stack([of_new(theta, model=buying.model, weeks=weeks_of(times), rate=rate) for theta in thetas])
    worth = first[:, None] + orders * later[:, None]
    value, whole = worth[:, np.searchsorted(times, months)], worth[:, np.isin(times, np.arange(1, LONGEST_MONTHS + 1))]
    ratio = value / cost if cost > 0 else np.full(len(value), np.nan)
    payback = _payback(first, whole, cost)
    channel_row: dict[str, object] = {
        "channel": row["channel"],
        "customer_count": row["customer_count"],
        "is_own_fit": is_own,
    }
    channel_row |= {"first_margin_amount": first[0], **_estimated("value_amount", "", value, level)}
    channel_row |= {"acquisition_cost_amount": cost, "net_amount": value[0] - cost}
    return (
        channel_row
        | _estimated("clv_to_cac", "clv_to_cac_", ratio, level)
        | _estimated("payback_months", "payback_", payback, level)
    )


def _payback(first: Floats, whole: Floats, cost: float) -> Floats:
    """The first whole month at the end of which the value reaches the cost; infinite where it does not."""
    if np.isnan(cost):
        return np.full(len(first), np.nan)
    reached = np.column_stack([first, whole]) >= cost
    return np.where(reached.any(axis=1), reached.argmax(axis=1), np.inf)


def _estimated(name: str, prefix: str, values: Floats, level: float) -> dict[str, object]:
    """The value at the estimate, which comes first, with the bounds from the draws after it."""
    low, high = reaching(values[0], interval(values[1:], level=level))
    return {name: values[0], f"{prefix}low": float(low), f"{prefix}high": float(high)}
