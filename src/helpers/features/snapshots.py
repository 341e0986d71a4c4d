"""The customers as they stood on a day: scores, segments by every scheme, stage and tier, a row each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import ibis
import pandas as pd

from helpers.contract.loading import Tables
from helpers.days import watched_until
from helpers.features import lifecycle, membership_tiers, rfm
from helpers.features.frames import fetch
from helpers.params import SegmentationParams
from helpers.schemes.scheme import Scheme, chosen

MEASURED = ("days_since_last", "order_count", "due_on")
STAGE_COLUMNS = ("stage", "is_dormant", "usual_gap_days", "slipping_days", "limit_days", "due_on")


@dataclass(frozen=True, eq=False)
class Snapshot:
    """The customers on one day.

    Attributes
    ----------
    as_of, watched
        The day, later rows being invisible; and the last day up to it of which the data tell (`watched_until`).
    scheme_name
        The scheme that the page speaks in.
    schemes
        All schemes by name, that one among them.
    cuts
        The thresholds that were used, as `rfm.thresholds` gives them.
    scored
        One row per customer with an order: the measures, stage, scores and segments, kept where the orders live.
    people
        One row per customer, ordered by customer_id, prospects too: customer_id; days_since_last, order_count,
        value_amount, first_on, last_on; stage, is_dormant, usual_gap_days, slipping_days, limit_days, due_on; r_score,
        f_score, m_score; a column per scheme; tier. What a prospect does not have is missing.
    tier_order, held
        The tiers from low to high, and who holds which (customer_id, tier); None where there are none.
    """

    as_of: date
    watched: date
    scheme_name: str
    schemes: dict[str, Scheme]
    cuts: pd.DataFrame
    scored: ibis.Table
    people: pd.DataFrame
    tier_order: membership_tiers.TierOrder | None
    held: ibis.Table | None

    @property
    def scheme(self) -> Scheme:
        """The scheme that the page speaks in."""
        return self.schemes[self.scheme_name]

    @property
    def kinds(self) -> dict[str, tuple[str, ...]]:
        """What customers move between, each with its groups in order: the page's scheme, stages, tiers if any."""
        found = {self.scheme_name: tuple(self.scheme.names), "stage": lifecycle.STAGES}
        return found if self.tier_order is None else found | {"tier": self.tier_order.tiers}

    @property
    def table(self) -> pd.DataFrame:
        """`people` as the file of customers has it: scores, segments, stage, tier and value, and what they rest on."""
        scores = list(rfm.SCORE_COLUMNS.values())
        table = self.people[["customer_id", *scores, *self.schemes, "stage", "tier", "value_amount", *MEASURED]]
        return table.astype({"days_since_last": "Int64", "order_count": "Int64"})

    @property
    def buyers(self) -> pd.DataFrame:
        """The customers with an order."""
        return self.people[self.people["stage"] != "prospect"]


def take(data: Tables, params: SegmentationParams, *, as_of: date, cuts: pd.DataFrame | None = None) -> Snapshot:
    """The customers as they stood at the end of a day.

    Parameters
    ----------
    data
        The canonical tables, up to the day of the report.
    params
        Windows, bins, schemes, shares and rules.
    as_of
        The day: that of the report, or an earlier one; on a day before all orders there is nobody.
    cuts
        Thresholds of another day, so that nobody moves because a threshold did; those of this day where not given.

    Notes
    -----
    Stages are judged on the last day that the data cover (`watched_until`), since nobody stays away in months
    of which nothing was delivered; days_since_last counts to `as_of` all the same.
    """
    schemes = chosen(params.schemes, own=params.own_schemes)
    measured = rfm.measures(data.orders, as_of=as_of, window_days=params.rfm_window_days)
    last_on = measured.last_on.max().to_pandas()
    last = as_of if pd.isna(last_on) else pd.Timestamp(last_on).date()
    watched = watched_until(last, as_of=as_of, stale_days=params.stale_days)
    rule = lifecycle.Rule(**params.stage_rules)
    staged = lifecycle.stages(data.orders, data.customers, as_of=watched, rule=rule).cache()
    measured = measured.inner_join(staged.select("customer_id", *STAGE_COLUMNS), "customer_id").cache()
    if cuts is None:
        cuts = rfm.thresholds(measured, schemes=schemes, bins=params.rfm_bins, cuts=params.rfm_cuts)
    scored = rfm.scored(measured, schemes=schemes, cuts=cuts).cache()
    prospects = staged.filter(staged.stage == "prospect").select("customer_id", "stage", "is_dormant")
    people = pd.concat([fetch(scored), fetch(prospects)], ignore_index=True)
    memberships = data.others.get("memberships")
    held = membership_tiers.held(
        memberships,
        data.orders,
        as_of=as_of,
        rules=params.tier_rules,
        window_days=params.tier_window_days,
    )
    of_customer = {} if held is None else fetch(held).set_index("customer_id")["tier"].to_dict()
    people = people.assign(tier=people["customer_id"].map(of_customer).astype("str"))
    people = people.astype(dict.fromkeys(rfm.SCORE_COLUMNS.values(), "Int64"))
    order = None if held is None else membership_tiers.order_of(memberships, as_of=as_of, rules=params.tier_rules)
    people = people.sort_values("customer_id", ignore_index=True)
    return Snapshot(as_of, watched, params.scheme, schemes, cuts, scored, people, order, held)
