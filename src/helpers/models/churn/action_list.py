"""Whom to act on this week: those at risk or warned of, why each, what to do, and who is left alone to measure by."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from helpers.models.churn import category_mix
from helpers.models.churn.at_risk import CONTRACT, HIGH
from helpers.models.segments.actions import CONTACT, HOLDOUT, uniforms

MEND, ASK = "call and mend what went wrong", "ask what they now buy elsewhere"
APPROACH = "get in touch before they stop"
HELP, REMIND = "help them to make use of it", "remind them, with an offer where it pays"
COLUMNS = "customer_id definition action reason p_gone value_at_risk_amount is_new arm".split()
PARTS = ["reason", "warning_signal", "warning_since_on", "driver", "definition"]


def listed(
    customers: pd.DataFrame, warned: pd.DataFrame, *, was_at_risk: pd.Series, holdout_share: float, seed: int
) -> pd.DataFrame:
    """The action list.

    Parameters
    ----------
    customers
        Of `at_risk`, with warnings and chances.
    warned
        One row per customer with a warning, as `early_warning.first_of_each` gives them of both kinds: customer_id,
        signal, since_on, change_share.
    was_at_risk
        Whether each customer was at risk at the time of the last report, indexed by customer_id.
    holdout_share
        Share that is left alone, 0 to below 1. Who it is follows from the seed and the customer_id alone, as in the
        lists of segmentation.
    seed
        Of the hold-out.

    Returns
    -------
    pandas.DataFrame
        One row per customer and definition who has not gone and is at risk or warned of, those with most at risk first:
        customer_id; definition; action; reason (all that speaks for it); p_gone; value_at_risk_amount; is_new (was not
        at risk then; missing for subscriptions); arm (contact or holdout).
    """
    own = customers[~customers["is_gone"].astype(bool)]
    own = own[(own["risk_band"] == HIGH) | own["warning_signal"].notna()].copy()
    by_id = warned.drop_duplicates("customer_id").set_index("customer_id")
    strength = own["customer_id"].map(by_id["change_share"]) if len(by_id) else pd.Series(np.nan, own.index)
    reasons = [_reason(*row) for row in zip(*(own[name] for name in PARTS), strength, strict=True)]
    own["reason"] = pd.Series(reasons, own.index, dtype="str")  # where nobody is at risk, too
    conditions = [
        (own["definition"] == CONTRACT) & own["reason"].str.contains("incident"),
        own["warning_signal"] == category_mix.SIGNAL,
        own["warning_signal"].notna(),
        own["definition"] == CONTRACT,
    ]
    own["action"] = np.select(conditions, [MEND, ASK, APPROACH, HELP], REMIND)
    is_old = own["customer_id"].isin(was_at_risk.index[was_at_risk.astype(bool)])
    own["is_new"] = (~is_old).astype(object).where(own["definition"] != CONTRACT)
    own["arm"] = np.where(uniforms(own["customer_id"], seed=seed) < holdout_share, HOLDOUT, CONTACT)
    order = own.sort_values(["value_at_risk_amount", "customer_id"], ascending=[False, True], kind="stable")
    return order[COLUMNS].reset_index(drop=True)


@dataclass(frozen=True)
class Counts:
    """Of the action list: its rows, those of customers who were not at risk before, and those left alone by chance."""

    listed_count: int
    new_count: int
    holdout_count: int


def counts(listed: pd.DataFrame) -> Counts:
    """How many are on the list, new on it, and held out; a row of `listed` is as `listed` gives it."""
    new, held = listed["is_new"].eq(True), listed["arm"].eq(HOLDOUT)
    return Counts(len(listed), int(new.sum()), int(held.sum()))


def by_action(listed: pd.DataFrame) -> pd.DataFrame:
    """One row per action of the list, that for most customers first: action; customer_count.

    A customer counts once for each definition.
    """
    counted = listed.groupby("action").agg(customer_count=("customer_id", "size")).reset_index()
    return counted.sort_values(["customer_count", "action"], ascending=[False, True], ignore_index=True)


def _reason(seen: object, signal: object, since: pd.Timestamp, driver: object, definition: str, strength: float) -> str:
    """All that speaks for acting on a customer, in words, the plainest first."""
    told = [str(seen)] if isinstance(seen, str) else []
    if isinstance(signal, str):
        what = "another mix" if signal == category_mix.SIGNAL else f"{strength:.0%} less"
        told.append(f"{signal}: {what} since {since:%Y-%m-%d}")
    if isinstance(driver, str):
        told.append(driver)
    if not told and definition == CONTRACT:
        told.append("subscribers of this plan and age often leave")
    return "; ".join(told)
