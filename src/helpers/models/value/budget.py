"""A budget shared out by incremental value: what it brings beyond doing nothing, not what customers bring anyway."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

OPTIONS = ["option", "unit_cost_amount", "unit_value_amount", "unit_low", "unit_high", "most_count"]


def share_out(options: pd.DataFrame, *, budget_amount: float) -> pd.DataFrame:
    """Which options to spend a budget on: those first that bring most for their money, and none that does not pay.

    Parameters
    ----------
    options
        One row per option: option; unit_cost_amount (what one more customer of it costs, above 0); unit_value_amount,
        unit_low, unit_high (what that customer brings which would not come anyway, before the cost, with an interval);
        most_count (how many can be had, 0 or more). Of `acquisition_options`.
    budget_amount
        What may be spent, 0 or more.

    Returns
    -------
    pandas.DataFrame
        One row per option, the best first: option, return_share (value less cost, over cost), customer_count (not
        rounded), spent_amount, value_amount, net_amount (value less cost, against doing nothing), net_low, net_high,
        even_net_amount (net of the same option if the budget were shared evenly over all options instead).

    Notes
    -----
    With constant value and cost per customer up to a limit, to fill from the best return on is the best there is
    (Dantzig 1957, Discrete-variable extremum problems, Operations Research 5(2): the fractional knapsack). What is left
    of the budget is better kept. Returns that fall with the money spent are not in it: keep `most_count` small.
    """
    if not (np.isfinite(budget_amount) and budget_amount >= 0):
        raise ValueError(f"budget_amount must be 0 or more, found {budget_amount}")
    cost, value, most = (
        options[name].to_numpy(dtype=float) for name in ("unit_cost_amount", "unit_value_amount", "most_count")
    )
    if not (cost > 0).all() or not (most >= 0).all():
        raise ValueError("every option must cost more than 0 a customer, and its most_count be 0 or more")
    gain = np.nan_to_num((value - cost) / cost, nan=-1.0)
    order = np.argsort(-gain, kind="stable")
    limits = np.where(gain > 0, cost * most, 0.0)[order]
    spent = np.empty(len(options))
    spent[order] = np.clip(budget_amount - (np.cumsum(limits) - limits), 0.0, limits)
    even = np.minimum(budget_amount / max(len(options), 1), cost * most)
    count, net = spent / cost, np.nan_to_num(value - cost)
    allocation = pd.DataFrame(
        {
            "option": options["option"].to_numpy(),
            "return_share": (value - cost) / cost,
            "customer_count": count,
            "spent_amount": spent,
            "value_amount": count * np.nan_to_num(value),
            "net_amount": count * net + 0.0,
            "net_low": np.where(count > 0, count * (options["unit_low"].to_numpy(dtype=float) - cost), 0.0),
            "net_high": np.where(count > 0, count * (options["unit_high"].to_numpy(dtype=float) - cost), 0.0),
            "even_net_amount": even / cost * net,
        }
    )
    return allocation.iloc[order].reset_index(drop=True)


@dataclass(frozen=True)
class BudgetTotals:
    """What a budget brings over all options, in the currency of the report.

    Attributes
    ----------
    spent_amount, kept_amount
        What goes to options that pay, and what is left of the budget.
    net_amount, net_low, net_high
        Value less cost of the options that get money, against doing nothing. The bounds are sums of the bounds of the
        options: all at their lowest together, and all at their highest, which is wider than chance makes them.
    even_net_amount
        Value less cost if the budget were shared evenly over all options.
    """

    spent_amount: float
    kept_amount: float
    net_amount: float
    net_low: float
    net_high: float
    even_net_amount: float


def totals(shared: pd.DataFrame, *, budget_amount: float) -> BudgetTotals:
    """The sums over the options of a budget.

    Parameters
    ----------
    shared
        One row per option, as `share_out` gives it for the same budget.
    budget_amount
        What may be spent, 0 or more.
    """
    spent = float(shared["spent_amount"].sum())
    used = shared[shared["spent_amount"] > 0]
    net, low, high = (float(used[name].sum()) for name in ("net_amount", "net_low", "net_high"))
    return BudgetTotals(spent, budget_amount - spent, net, low, high, float(shared["even_net_amount"].sum()))


def acquisition_options(economics: pd.DataFrame, *, extra_share: float) -> pd.DataFrame:
    """Winning more new customers of a channel, as options for a budget.

    Parameters
    ----------
    economics
        Of `acquisition.economics`. Channels without a known cost, or without any, are left out.
    extra_share
        How many more can be won at today's cost, as a share of the channel's customers so far: an
        assumption, 0 or more.

    Returns
    -------
    pandas.DataFrame
        One row per channel, as `share_out` takes it. A new customer is taken not to have come otherwise, so the whole
        value is incremental; where a channel also pays for who would have come anyway, its cost is really higher.
    """
    if not extra_share >= 0:
        raise ValueError(f"extra_share must be 0 or more, found {extra_share}")
    known = economics[economics["acquisition_cost_amount"] > 0]
    return pd.DataFrame(
        {
            "option": [f"win customers by {channel}" for channel in known["channel"]],
            "unit_cost_amount": known["acquisition_cost_amount"].to_numpy(dtype=float),
            "unit_value_amount": known["value_amount"].to_numpy(dtype=float),
            "unit_low": known["low"].to_numpy(dtype=float),
            "unit_high": known["high"].to_numpy(dtype=float),
            "most_count": extra_share * known["customer_count"].to_numpy(dtype=float),
        },
        columns=OPTIONS,
    )
