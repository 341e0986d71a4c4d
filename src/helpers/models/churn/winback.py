"""Those who have gone: how many a contact brings back, from when on that is given up, and who is on the list."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from helpers.models.campaigns.effects import difference
from helpers.models.campaigns.readings import SEGMENT, Reading
from helpers.models.campaigns.sample_ratio import CONTROL
from helpers.models.segments import actions
from helpers.models.statistics.small_groups import hide
from helpers.schemes.action import Action
from helpers.watching import Readable

GONE = "lapsed"
BANDS = 3
GO_ON, GIVE_UP, OPEN = "go on", "give up", "go on with a hold-out"
"""What is done about those away so long: a contact surely pays, surely does not, or the campaign cannot tell."""
EVERY = "(all)"


@dataclass(frozen=True, eq=False)
class WinBack(Readable):
    """Who is won back, and who is not tried.

    Attributes
    ----------
    plan
        The list as `segments.actions.plan` makes it: consents, requests to be erased, caps and the hold-out minded.
    gone_count, given_up_count
        Customers who have gone; and of these, who have been away so long that they are given up.
    """

    plan: actions.Plan
    gone_count: int
    given_up_count: int


def rates(last: Reading | None, *, level: float) -> pd.DataFrame:
    """How many of those who had gone came back in the last campaign, contacted and left alone, by time away.

    Parameters
    ----------
    last
        The last campaign that can be read; None where there is none.
    level
        Coverage of the intervals.

    Returns
    -------
    pandas.DataFrame
        One row per third of the customers who had lapsed before it, by the days since their last purchase, and one for
        all of them, the first: away; away_from_days, away_to_days; customer_count, control_count; back_share,
        control_back_share (who took the offer up or bought); effect, low, high (their difference);
        contribution_amount, contribution_low, contribution_high (what a contact adds to the margin, less its costs);
        rule. Empty without such customers.

    Notes
    -----
    The rule: give up where even the upper bound of what a contact adds is not above 0; go on where the lower is; else
    go on with a hold-out, which is what tells. All arms but control count as contacted.
    """
    columns = ["away", "away_from_days", "away_to_days", "customer_count", "control_count"]
    columns += ["back_share", "control_back_share", "effect", "low", "high"]
    columns += ["contribution_amount", "contribution_low", "contribution_high", "rule"]
    gone = pd.DataFrame() if last is None else last.people[last.people[SEGMENT] == GONE]
    if gone.empty or gone["arm"].nunique() < 2:
        return pd.DataFrame(columns=columns)
    is_back = ((gone["has_converted"] > 0) | (gone["spend_amount"] > 0)).astype(float)
    third = np.ceil(gone["days_since_last"].rank(method="min", pct=True).to_numpy(dtype=float) * BANDS)
    gone = gone.assign(is_back=is_back, third=third, is_contacted=gone["arm"] != CONTROL)
    parts = [(EVERY, gone), *((f"third {name:.0f}", own) for name, own in gone.groupby("third"))]
    return pd.DataFrame([_rate(name, own, level=level) for name, own in parts], columns=columns)


def _rate(name: str, own: pd.DataFrame, *, level: float) -> dict[str, object]:
    days, is_contacted = own["days_since_last"], own["is_contacted"].to_numpy(dtype=bool)
    back, money = (own[column].to_numpy(dtype=float) for column in ("is_back", "contribution_amount"))
    effect, low, high, _ = difference(back[is_contacted], back[~is_contacted], is_share=True, level=level)
    adds, least, most, _ = difference(money[is_contacted], money[~is_contacted], is_share=False, level=level)
    counts = {"customer_count": int(is_contacted.sum()), "control_count": int((~is_contacted).sum())}
    shares = (float(back[chosen].mean()) if chosen.any() else np.nan for chosen in (is_contacted, ~is_contacted))
    return {
        "away": name,
        "away_from_days": int(days.min()),
        "away_to_days": int(days.max()),
        **counts,
        **dict(zip(("back_share", "control_back_share"), shares, strict=True)),
        "effect": effect,
        "low": low,
        "high": high,
        "contribution_amount": adds,
        "contribution_low": least,
        "contribution_high": most,
        "rule": GO_ON if least > 0 else GIVE_UP if most <= 0 else OPEN,
    }


def without_few(rates: pd.DataFrame, *, smallest_cell: int) -> pd.DataFrame:
    """The rows of `rates` with nothing told of few customers, and is_hidden."""
    counts, names = ["customer_count", "control_count"], ["away_from_days", "away_to_days"]
    marked = rates.assign(is_all=rates["away"] == EVERY)
    thirds = hide(marked, counts=counts, names=names, by=["is_all"], smallest_cell=smallest_cell)
    return thirds.assign(rule=thirds["rule"].mask(thirds["is_hidden"])).drop(columns="is_all")


def given_up_days(rates: pd.DataFrame) -> float:
    """The days away from which on customers are given up: the thirds away longest that are; infinite where none is."""
    thirds = rates[rates["away"] != EVERY].iloc[::-1]
    is_given_up = (thirds["rule"] == GIVE_UP).cummin()
    return float(thirds.loc[is_given_up, "away_from_days"].min()) if is_given_up.any() else np.inf


def listed(
    people: pd.DataFrame,
    histories: pd.DataFrame,
    reach: pd.DataFrame,
    *,
    rates: pd.DataFrame,
    action: Action,
    currency: str,
    seed: int,
) -> WinBack:
    """The list of those to win back: whom to contact, whom to leave alone to measure by, and why these.

    Parameters
    ----------
    people
        One row per customer with an order: customer_id, stage, days_since_last, purchase_count.
    histories
        One row per customer: customer_id, amount (of all their orders).
    reach
        One row per customer, who may be contacted by the channel of the action, as `contacts.reachable` gives it.
    rates
        Of `rates`: who has been away for longer than `given_up_days` is not tried.
    action
        What they are offered, by which channel, and which share is held out.
    currency
        Of the amounts.
    seed
        Of the hold-out.
    """
    gone = people[people["stage"] == GONE]
    is_tried = gone["days_since_last"] < given_up_days(rates)
    amounts = histories.set_index("customer_id")["amount"].astype(float)
    tried = gone[is_tried].rename(columns={"purchase_count": "order_count"})
    tried = tried.assign(value_amount=tried["customer_id"].map(amounts))
    made = actions.plan(tried, reach, actions=[action], scheme="stage", currency=currency, seed=seed)
    return WinBack(made, len(gone), int((~is_tried).sum()))
