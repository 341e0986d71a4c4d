"""What a small change of purchase rate, time as a customer, spend or cost would be worth, one lever at a time."""

from __future__ import annotations

import numpy as np
import pandas as pd

from helpers.models.buying.interface import BuyingModel
from helpers.models.buying.rows import Floats
from helpers.models.value.discounting import stretched, weekly_rate, weeks_of
from helpers.models.value.value import Base, by_row

RATE, LIFETIME, SPEND, COST = "purchase rate", "time as a customer", "spend per order", "cost to serve"


def tornado(base: Base, *, months: float, lever_share: float = 0.1) -> pd.DataFrame:
    """What the base would be worth if one thing about its future were a little other than it is.

    Parameters
    ----------
    base
        Histories, fit, spend and terms.
    months
        Horizon of the value, above 0; infinite for all time to come (with a discount rate above 0).
    lever_share
        The change of each lever, down and up, between 0 and 1.

    Returns
    -------
    pandas.DataFrame
        One row per lever, the strongest first: lever, amount (the value as it is), down_amount, up_amount (change of
        the value where the lever is `lever_share` lower or higher), down_share, up_share (the same as shares of the
        value). A cost to serve that is not known, or nothing, is no lever.

    Notes
    -----
    A lever moves the future alone: the past tells the same about who is still there. With the rate multiplied by c,
    the purchases to expect by t are c E[X(t)] where the end has a clock of its own (Pareto/NBD) and E[X(c t)] where it
    comes with a purchase (BG/NBD, MBG/NBD: who buys faster is sooner at the last one). With lives c times as long (the
    rate of ending, or the chance of it at a purchase, divided by c) they are c E[X(t / c)] in all three. Both are
    exact, customer by customer, since the models know purchases and end through products of a rate and time. It is
    arithmetic on the model, and no promise that a lever can be moved.
    """
    if not 0 < lever_share < 1:
        raise ValueError(f"lever_share must lie between 0 and 1, found {lever_share}")
    if np.isinf(months) and base.terms.yearly_rate == 0:
        raise ValueError("without a discount rate (yearly_rate above 0) all time to come has no value; state months")
    spend, cost = (by_row(base.rows, one) for one in (base.spending.expected * base.terms.margin_share, _cost(base)))
    plain = _changed(base, months=months, lever=SPEND, factor=1.0)
    amount = float((spend - cost) @ plain)

    def change(lever: str, factor: float) -> float:
        if lever in {SPEND, COST}:
            return (factor - 1) * float((spend if lever == SPEND else -cost) @ plain)
        return float((spend - cost) @ _changed(base, months=months, lever=lever, factor=factor)) - amount

    levers = [RATE, LIFETIME, SPEND] + [COST] * bool(cost.any())
    swings = pd.DataFrame({"lever": levers, "amount": amount})
    for name, factor in (("down", 1 - lever_share), ("up", 1 + lever_share)):
        swings[f"{name}_amount"] = [change(lever, factor) for lever in levers]
    for name in ("down", "up"):
        swings[f"{name}_share"] = swings[f"{name}_amount"] / (abs(amount) or np.nan)
    # levers of one size keep their order, whichever of them a processor's last digit makes the larger
    size = [float(f"{swing:.9g}") for swing in (swings["up_amount"] - swings["down_amount"]).abs()]
    return swings.iloc[np.argsort(-np.array(size), kind="stable")].reset_index(drop=True)


def _cost(base: Base) -> Floats:
    return np.broadcast_to(np.asarray(base.terms.order_cost_amount, dtype=float), base.spending.expected.shape)


def _changed(base: Base, *, months: float, lever: str, factor: float) -> Floats:
    """Discounted purchases of each row, with the purchase rate or the time as a customer `factor` times as it is."""
    times, pace = 1.0, 1.0
    if lever == LIFETIME:
        times, pace = factor, 1 / factor
    elif lever == RATE:
        times, pace = (factor, 1.0) if _has_own_clock(base.model) else (1.0, factor)
    weeks, rate = float(weeks_of(months)), weekly_rate(base.terms.yearly_rate)
    return times * stretched(base.rows, theta=base.fit.theta, model=base.model, weeks=weeks, rate=rate, pace=pace)


def _has_own_clock(model: BuyingModel) -> bool:
    """Whether customers end by a rate in time (beta, in weeks, is its scale) and not with a purchase."""
    return "beta" in model.parameters
