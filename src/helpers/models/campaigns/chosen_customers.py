"""Campaigns sent to chosen customers: what these and the others did, an association; no effect is computed."""

from __future__ import annotations

import pandas as pd

from helpers.models.statistics.intervals import wilson_bounds
from helpers.models.statistics.small_groups import hide

COUNTS = ["sent_count", "redeemed_count"]
COLUMNS = [
    *("campaign_id", "kind", "starts_on", "ends_on", "sent_count", "redeemed_count", "redeemed_share", "low", "high"),
    *("known_count", "before_each_amount", "during_each_amount"),
    *("other_count", "other_before_each_amount", "other_during_each_amount"),
]


def read(sent: pd.DataFrame, *, smallest_cell: int, level: float) -> pd.DataFrame:
    """The campaigns that are over, the earliest first, with nothing told of few customers.

    Parameters
    ----------
    sent
        One row per campaign, as `features.sent_campaigns.sent` gives them.

    Returns
    -------
    pandas.DataFrame
        The same rows with redeemed_share (0 to 1; who redeemed a coupon of those who got the campaign), low and high
        (Wilson's interval), and in place of sums what a customer with an order before spent: before_each_amount and
        during_each_amount, and the same of others; is_hidden.

    Notes
    -----
    Who was chosen was chosen for a reason, mostly since they buy much: the difference to the others is told and never
    called an effect.
    """
    rows = sent.sort_values(["starts_on", "campaign_id"], kind="stable", ignore_index=True)
    low, high = wilson_bounds(rows["redeemed_count"].astype(float), rows["sent_count"].astype(float), level=level)
    told = rows.assign(redeemed_share=rows["redeemed_count"] / rows["sent_count"], low=low, high=high)
    for who, count in (("", "known_count"), ("other_", "other_count")):
        people = rows[count].where(rows[count] > 0)
        for when in ("before", "during"):
            told[f"{who}{when}_each_amount"] = rows[f"{who}{when}_amount"] / people
    counts = [*COUNTS, "known_count", "other_count"]
    return hide(told[COLUMNS], smallest_cell=smallest_cell, counts=counts, by=["campaign_id"], has_total=False)
