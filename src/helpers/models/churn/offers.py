"""What an offer to customers who may leave is worth: the profit of each threshold, and the threshold that pays."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, nan

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import betainc

from helpers.models.statistics.intervals import SMALLEST, Estimate
from helpers.models.statistics.small_groups import hide
from helpers.randomness import stream
from helpers.watching import Readable

Floats = NDArray[np.float64]
DRAWS = 2_000
"""Of the acceptance rate and of the customers, for the interval of a value."""


@dataclass(frozen=True)
class Offer(Readable):
    """An offer that is to keep customers, in the currency of the report.

    Attributes
    ----------
    kept_amount
        CLV: what a customer who is kept is worth.
    offer_amount, contact_amount
        d: what the offer costs for each who takes it; f: what it costs to contact a customer, taken or not.
    accept_alpha, accept_beta
        What is believed of the acceptance rate gamma, the share of those about to leave whom the offer keeps, as a Beta
        distribution: its mean is alpha / (alpha + beta), and the larger both, the surer it is. Customers who would have
        stayed all take the offer.
    """

    kept_amount: float
    offer_amount: float
    contact_amount: float
    accept_alpha: float
    accept_beta: float

    @property
    def accept_share(self) -> float:
        """The mean of gamma."""
        return self.accept_alpha / (self.accept_alpha + self.accept_beta)

    @property
    def threshold(self) -> float:
        """p*, the chance to leave from which on an offer pays: (d + f) / (gamma (CLV - d) + d); infinite where never.

        A customer who leaves with chance p brings p gamma (CLV - d) - (1 - p) d - f; p* is where this is 0.
        """
        gain = self.accept_share * (self.kept_amount - self.offer_amount) + self.offer_amount
        return (self.offer_amount + self.contact_amount) / gain if self.kept_amount > self.offer_amount else inf


def stated(
    people: pd.DataFrame, spent: pd.DataFrame, *, margin_share: float, kept_amount: float | None, **costs: float
) -> Offer:
    """The offer that the params state; what a kept customer is worth is read off the latest year where it is not said.

    Parameters
    ----------
    people
        One row per customer: customer_id, stage.
    spent
        Revenue of the latest year, one row per customer who brought any: customer_id, amount.
    margin_share
        Margin of revenue, 0 to 1; 1 where amounts are told as revenue.
    kept_amount
        CLV; None: the mean of what those who have not gone brought in the latest year, as margin.
    costs
        The other terms of an `Offer`.
    """
    there = people.loc[people["stage"] != "lapsed", "customer_id"]
    amounts = there.map(spent.set_index("customer_id")["amount"]).astype(float).fillna(0.0)
    mean = float(margin_share * amounts.mean()) if len(there) else 0.0
    return Offer(kept_amount=mean if kept_amount is None else kept_amount, **costs)


@dataclass(frozen=True, eq=False)
class Profit(Readable):
    """What offers bring, a customer of all, by whom they go to.

    Attributes
    ----------
    curve
        One row per distinct chance, the highest first, after a row for nobody: chance (least of those offered),
        customer_share (of all customers, who are offered), profit_amount (a customer, at the mean of gamma).
    most_amount, most_share
        MPC: the highest point of the curve; and the share of customers who are offered there.
    expected_amount, expected_share
        EMPC: the same in the mean over what is believed of gamma, the best threshold taken for each.
    """

    curve: pd.DataFrame
    most_amount: float
    most_share: float
    expected_amount: float
    expected_share: float


def profit(chances: Floats, has_left: Floats, *, offer: Offer) -> Profit:
    """The profit of offers to the customers who are likeliest to leave, for any number of them.

    Parameters
    ----------
    chances
        A number per customer that is higher the likelier they leave.
    has_left
        Whether each had left, 0 or 1, on days that no model had seen.
    offer
        What it costs and what it is believed to do.

    Notes
    -----
    With pi the share that left and F0, F1 the shares of those who left and who stayed that are offered, the profit is
    (gamma (CLV - d) - f) pi F0 - (d + f) (1 - pi) F1. For a given gamma the best point lies on the convex hull of the
    ROC curve: from corner to corner of the hull it moves at
    gamma = ((d + f) (1 - pi) dF1 / (pi dF0) + f) / (CLV - d), between which the profit is linear in gamma; its
    integral needs the incomplete beta function alone.

    References
    ----------
    Verbraken, Verbeke and Baesens (2013), A novel profit maximizing metric for measuring classification performance of
    customer churn prediction models, IEEE Transactions on Knowledge and Data Engineering 25(5), 961-973, equations 6,
    8 and 17.
    """
    order = np.argsort(-chances, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(chances[order])), len(order) - 1)
    left, n = np.cumsum(has_left[order])[ends], len(order)
    # shares of all customers: who left and is offered, and who stayed and is
    found, wasted = np.append(0.0, left / n), np.append(0.0, (ends + 1 - left) / n)
    worth = _worth(offer.accept_share, found, wasted, offer)
    curve = pd.DataFrame(
        {
            "chance": np.append(inf, chances[order][ends]),
            "customer_share": found + wasted,
            "profit_amount": worth,
        }
    )
    most = int(np.argmax(worth))
    expected, share = _expected(found, wasted, offer)
    return Profit(curve, float(worth[most]), float((found + wasted)[most]), expected, share)


def _worth(accept_share: float, found: Floats, wasted: Floats, offer: Offer) -> Floats:
    kept = accept_share * (offer.kept_amount - offer.offer_amount) - offer.contact_amount
    return np.asarray(kept * found - (offer.offer_amount + offer.contact_amount) * wasted, dtype=np.float64)


def _expected(found: Floats, wasted: Floats, offer: Offer) -> tuple[float, float]:
    """The profit and the share of customers offered in the mean over gamma, the best corner of the hull for each."""
    corners = _hull(wasted, found)
    found, wasted = found[corners], wasted[corners]
    margin = offer.kept_amount - offer.offer_amount
    if margin <= 0:
        return 0.0, 0.0
    more_found, cost = np.diff(found), (offer.offer_amount + offer.contact_amount) * np.diff(wasted)
    # where nobody more is found, no gamma pays
    each = np.divide(cost, more_found, out=np.full(len(cost), inf), where=more_found > 0)
    moves = (each + offer.contact_amount) / margin
    borders = np.concatenate([[0.0], np.clip(moves, 0.0, 1.0), [1.0]])
    alpha, beta = offer.accept_alpha, offer.accept_beta
    chance = np.diff(betainc(alpha, beta, borders))
    mean = offer.accept_share * np.diff(betainc(alpha + 1, beta, borders))
    profits = (margin * mean - offer.contact_amount * chance) * found
    profits -= (offer.offer_amount + offer.contact_amount) * wasted * chance
    return float(profits.sum()), float(((found + wasted) * chance).sum())


def _hull(x: Floats, y: Floats) -> list[int]:
    """The corners of the upper convex hull of points in rising order of x and y, from the first to the last."""
    corners: list[int] = []
    for place in range(len(x)):
        while len(corners) > 1:
            first, last = corners[-2], corners[-1]
            turn = (x[last] - x[first]) * (y[place] - y[first]) - (y[last] - y[first]) * (x[place] - x[first])
            if turn < 0:
                break
            corners.pop()
        corners.append(place)
    return corners


@dataclass(frozen=True)
class Value(Readable):
    """What an offer to those from p* on brings: against doing nothing, and against an offer to everybody.

    Attributes
    ----------
    offered_count, customer_count
        Customers of today whose chance is at least p*, of all who have not gone.
    offered_share
        Of the customers of the day judged, who were at least as likely to leave.
    against_nothing, against_all, all_against_nothing
        For all customers of today, in money, with what was seen on the day judged.
    """

    offered_count: int
    customer_count: int
    offered_share: float
    against_nothing: Estimate
    against_all: Estimate
    all_against_nothing: Estimate


def value(chances: Floats, has_left: Floats, today: Floats, *, offer: Offer, seed: int, level: float) -> Value:
    """What an offer to the customers at or above the threshold is worth, told by customers of a day judged.

    The threshold is that of `Offer.threshold`, stated before anybody is looked at, so that it fits no chance of the day
    judged.

    Parameters
    ----------
    chances, has_left
        Of the customers of the day judged: chances that a model gave them, and whether they then left.
    today
        Chances of the customers of today.
    offer
        What it costs and what it is believed to do.
    seed
        Of the draws.
    level
        Coverage of the intervals, which hold two doubts: which customers there are (central limit theorem), and gamma.
    """
    is_offered = (chances >= offer.threshold).astype(float)
    every = np.ones(len(chances))
    rows = [
        _policy(chosen, has_left, len(today), offer=offer, seed=seed, level=level)
        for chosen in (is_offered, is_offered - every, every)
    ]
    count = int((today >= offer.threshold).sum())
    return Value(count, len(today), float(is_offered.mean()), *rows)


def told(worth: Value, *, offer: Offer, smallest_cell: int) -> pd.DataFrame:
    """The offer in a row, with nothing told of few customers.

    Returns
    -------
    pandas.DataFrame
        threshold_share (p*; missing where the offer never pays); offered_count (customers of today from it on);
        customer_count (of all who have not gone); value_amount, low, high (against doing nothing); against_all_amount,
        against_all_low, against_all_high (against an offer to everybody); is_hidden.
    """
    nothing, every = worth.against_nothing, worth.against_all
    counts = {"offered_count": worth.offered_count, "customer_count": worth.customer_count}
    gain = {"value_amount": nothing.value, "low": nothing.low, "high": nothing.high}
    beyond = {"against_all_amount": every.value, "against_all_low": every.low, "against_all_high": every.high}
    row = pd.DataFrame([{"threshold_share": offer.threshold if offer.threshold <= 1 else nan} | counts | gain | beyond])
    return hide(row, counts=["offered_count"], names=["threshold_share"], smallest_cell=smallest_cell, has_total=False)


def _policy(chosen: Floats, has_left: Floats, count: int, *, offer: Offer, seed: int, level: float) -> Estimate:
    """The value of offers to the chosen, `count` customers in all; -1 takes an offer away.

    A customer brings gamma times `kept`, less `cost`: the means of both are drawn from their joint normal distribution.
    """
    kept = chosen * has_left * (offer.kept_amount - offer.offer_amount)
    cost = chosen * (offer.contact_amount + (1 - has_left) * offer.offer_amount)
    both, n = np.stack([kept, cost]), len(chosen)
    told = float(count * (offer.accept_share * kept.mean() - cost.mean()))
    if n < SMALLEST or not chosen.any():
        return Estimate(told, *((np.nan, np.nan) if n < SMALLEST else (told, told)), n)
    draw = stream(seed, "churn offer value")
    gamma = draw.beta(offer.accept_alpha, offer.accept_beta, DRAWS)
    means = draw.multivariate_normal(both.mean(axis=1), np.cov(both) / n, DRAWS)
    low, high = np.quantile(count * (gamma * means[:, 0] - means[:, 1]), [(1 - level) / 2, (1 + level) / 2])
    return Estimate(told, float(low), float(high), n)
