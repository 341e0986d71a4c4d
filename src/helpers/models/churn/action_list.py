"""Whom to act on this week: those at risk or warned of, why each, what to do, and who is left alone to measure by."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from helpers.features.contacts import GIVEN
from helpers.models.churn import category_mix
from helpers.models.churn.at_risk import CONTRACT, HIGH
from helpers.models.segments.actions import CONTACT, HOLDOUT, uniforms
from helpers.watching import Readable

MEND, ASK = "call and mend what went wrong", "ask what they now buy elsewhere"
APPROACH = "get in touch before they stop"
HELP, REMIND = "help them to make use of it", "remind them, with an offer where it pays"
COLUMNS = "customer_id definition action reason p_gone value_at_risk_amount is_new arm channels".split()
PARTS = ["reason", "warning_signal", "warning_since_on", "driver", "definition"]


@dataclass(frozen=True, eq=False)
class Listed(Readable):
    """Whom to act on.

    Attributes
    ----------
    rows
        One row per customer and definition who has not gone, is at risk or warned of, and may be reached; those with
        most at risk first: customer_id; definition; action; reason (all that speaks for it); p_gone;
        value_at_risk_amount; is_new (was not at risk then; missing for subscriptions); arm (contact or holdout);
        channels (by which they consent to be contacted, with commas between; missing where consents are not known).
    unreached_count
        Rows that are left out, since by no channel asked about may the customer be contacted.
    """

    rows: pd.DataFrame
    unreached_count: int


def listed(
    customers: pd.DataFrame,
    warned: pd.DataFrame,
    reach: pd.DataFrame,
    *,
    was_at_risk: pd.Series,
    holdout_share: float,
    seed: int,
) -> Listed:
    """The action list.

    Parameters
    ----------
    customers
        Of `at_risk`, with warnings and chances.
    warned
        One row per customer whose warning is to be acted on, as `early_warning.first_of_each` gives them of both kinds:
        customer_id, signal, since_on, change_share. A warning of anybody else counts for nothing here.
    reach
        One row per customer and channel, as `contacts.reachable` gives it: who may be contacted by none is left out.
    was_at_risk
        Whether each customer was at risk at the time of the last report, indexed by customer_id.
    holdout_share
        Share that is left alone, 0 to below 1. Who it is follows from the seed and the customer_id alone, as in the
        lists of segmentation.
    seed
        Of the hold-out.
    """
    own = customers[~customers["is_gone"].astype(bool)].copy()
    own["warning_signal"] = own["warning_signal"].where(own["customer_id"].isin(warned["customer_id"]))
    asked = own[(own["risk_band"] == HIGH) | own["warning_signal"].notna()]
    free = reach[reach["blocked_by"].isna() & reach["customer_id"].isin(asked["customer_id"])]
    own = asked[asked["customer_id"].isin(free["customer_id"])].copy()
    consented = free[free["consent"] == GIVEN].groupby("customer_id")["channel"].agg(", ".join)
    own["channels"] = own["customer_id"].map(consented).astype(object)
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
    return Listed(order[COLUMNS].reset_index(drop=True), len(asked) - len(own))


@dataclass(frozen=True)
class Counts:
    """Of the action list: its rows, those of customers who were not at risk before, and those left alone by chance.

    And those who would be on it, but may be reached by no channel.
    """

    listed_count: int
    new_count: int
    holdout_count: int
    unreached_count: int


def counts(listed: Listed) -> Counts:
    """How many are on the list, new on it, held out, and left out."""
    new, held = listed.rows["is_new"].eq(True), listed.rows["arm"].eq(HOLDOUT)
    return Counts(len(listed.rows), int(new.sum()), int(held.sum()), listed.unreached_count)


def by_action(listed: Listed) -> pd.DataFrame:
    """One row per action of the list, that for most customers first: action; customer_count.

    A customer counts once for each definition.
    """
    counted = listed.rows.groupby("action").agg(customer_count=("customer_id", "size")).reset_index()
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
