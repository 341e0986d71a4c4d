"""Campaigns with randomised arms: whom they move, whom they reach, what they cost, and one whose chance was not chance.

In each campaign a customer belongs to a segment by chance, with probabilities that depend on how many orders the last
weeks saw, so that the uplift can be predicted from the orders. A customer who is not exposed responds with the
segment's `control_share`; one who is, with that + the arm's `strength` * (`exposed_share` - `control_share`). Exposure
falls to recent buyers more often, so whoever compares the exposed with the others is misled, and by `intended` arms is
not. Responses are no orders: they stand in `campaign_assignments` alone, for every arm alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from helpers.randomness import stream
from helpers.schema.research import CAMPAIGN_ASSIGNMENTS, CAMPAIGNS
from helpers.simulation.arrow import TYPES, coded, table
from helpers.simulation.buying_process import OrdersBlock
from helpers.simulation.population import Population
from helpers.simulation.research_settings import Arm, Campaign, Campaigns
from helpers.simulation.settings import Company

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Instants = NDArray[np.datetime64]
RECENCIES = ("none", "1", "2+")
"""Orders in the weeks before a campaign, as named groups."""
DAY = np.timedelta64(86_400_000_000, "us")
DECIDED = np.timedelta64(6 * 3_600_000_000, "us")
EXPOSURE_MEAN_DAYS = 1.5


def window(campaign: Campaign, start: date, end: date) -> tuple[date, date]:
    """First and last day of a campaign."""
    opens = start + timedelta(days=ceil(campaign.opens_share * (end - start).days))
    return opens, opens + timedelta(days=campaign.length_days - 1)


def generate(
    company: Company, people: Population, orders: OrdersBlock, *, block: int
) -> tuple[dict[str, pa.Table], dict[str, pd.DataFrame]]:
    """The assignments of a block of customers, the campaigns (with block 0), and their truth.

    Truth frames: `campaign_assignments`, a row per customer and campaign, in the order of the table: `segment`,
    `recent_orders` (group), `is_moved` against chance, `exposure_share` (0 in control), `response_share_if_left` and
    `response_share_if_exposed` to the customer's arm. With block 0, from the settings alone: `campaign_uplift` (see
    `expected_uplift`), and `campaign_plans`, a row per campaign: `is_broken`, `moved_share`.
    """
    campaigns = company.campaigns
    runs = [run for run in campaigns.runs if window(run, company.start, company.end)[1] <= company.end]
    made = [_run(company, people, orders, run, block=block) for run in runs]
    empty = pa.schema([(column.name, TYPES[column.kind]) for column in CAMPAIGN_ASSIGNMENTS.columns]).empty_table()
    tables = {"campaign_assignments": pa.concat_tables([empty, *(assigned for assigned, _ in made)])}
    frames = {"campaign_assignments": pd.concat([truth for _, truth in made], ignore_index=True)} if made else {}
    if block == 0:
        tables["campaigns"] = _campaigns(runs, company.start, company.end)
        frames["campaign_uplift"] = expected_uplift(campaigns)
        frames["campaign_plans"] = pd.DataFrame(
            {
                "campaign_id": [run.campaign_id for run in runs],
                "is_broken": [run.moved_share > 0 for run in runs],
                "moved_share": [run.moved_share for run in runs],
            }
        )
    return tables, frames


def expected_uplift(campaigns: Campaigns) -> pd.DataFrame:
    """The uplift of each arm, by segment and by what can be seen beforehand; from the settings alone.

    Returns
    -------
    pandas.DataFrame
        A row per campaign, arm but the control, group of recent orders, and segment, with `all` for
        the whole group.
        `segment_share`: of the group. `exposure_share`: of those assigned. `uplift_if_exposed`: change of the
        probability of responding for whoever is exposed; `uplift` = `exposure_share` * `uplift_if_exposed`: what
        comparing arms as assigned must find (intention to treat).
    """
    rows = []
    for run in campaigns.runs:
        for arm in run.arms[1:]:
            for group, exposure in enumerate(campaigns.exposure_shares):
                cell = {"campaign_id": run.campaign_id, "arm": arm.name, "recent_orders": RECENCIES[group]}
                rows += [cell | {"exposure_share": exposure} | one for one in _by_segment(campaigns, arm, group)]
    uplifts = pd.DataFrame(rows)
    return uplifts.assign(uplift=uplifts["exposure_share"] * uplifts["uplift_if_exposed"])


def _by_segment(campaigns: Campaigns, arm: Arm, group: int) -> list[dict[str, object]]:
    moved = [(one.name, one.shares[group], one.exposed_share - one.control_share) for one in campaigns.segments]
    moved.append(("all", 1.0, sum(share * change for _, share, change in moved)))
    return [
        {"segment": name, "segment_share": share, "uplift_if_exposed": arm.strength * change}
        for name, share, change in moved
    ]


@dataclass(frozen=True, eq=False)
class _Audience:
    """The customers of a campaign, an entry each: row in the population, codes of group, segment and arm."""

    row: Ints
    group: Ints
    segment: Ints
    arm: Ints
    is_moved: NDArray[np.bool_]


def _run(
    company: Company, people: Population, orders: OrdersBlock, run: Campaign, *, block: int
) -> tuple[pa.Table, pd.DataFrame]:
    """The assignments of one campaign and their truth."""
    campaigns, rng = company.campaigns, stream(company.seed, f"campaigns.{run.campaign_id}", block)
    opens, closes = (np.datetime64(day, "us") for day in window(run, company.start, company.end))
    audience = _audience(campaigns, people, orders, run, opens, rng)
    truth = _truth(campaigns, people, run, audience)
    is_exposed = rng.random(len(truth)) < truth["exposure_share"].to_numpy()
    assigned = np.full(len(truth), opens + DECIDED)
    exposed = assigned + _later(rng.exponential(EXPOSURE_MEAN_DAYS, len(truth)), closes + DAY - assigned)
    share = np.where(is_exposed, truth["response_share_if_exposed"], truth["response_share_if_left"])
    responds = rng.random(len(truth)) < share
    since: Instants = np.where(is_exposed, exposed, assigned)
    responded = since + _part(rng.random(len(truth)) ** 2, closes + DAY - since)
    shape = campaigns.response_amount_shape
    amount = rng.gamma(shape, campaigns.response_amount_mean / shape, len(truth))
    columns = {
        "campaign_id": coded(np.zeros(len(truth), dtype=np.int64), (run.campaign_id,)),
        "customer_id": pa.array(people.customer_id[audience.row], pa.string()),
        "arm": coded(audience.arm, tuple(arm.name for arm in run.arms)),
        "assigned_at": assigned,
        "exposed_at": np.where(is_exposed, exposed, np.datetime64("NaT", "us")),
        "responded_at": np.where(responds, responded, np.datetime64("NaT", "us")),
        "response_amount": np.where(responds, amount, np.nan),
    }
    return table(CAMPAIGN_ASSIGNMENTS, columns), truth


def _later(days: Floats, left: NDArray[np.timedelta64]) -> NDArray[np.timedelta64]:
    """The days as a span, to the second, ending within what is left."""
    return np.minimum((days * 86_400).astype("timedelta64[s]").astype("timedelta64[us]"), left - np.timedelta64(1, "s"))


def _part(share: Floats, left: NDArray[np.timedelta64]) -> NDArray[np.timedelta64]:
    """So much of what is left, to the second below."""
    return np.floor(share * (left / np.timedelta64(1, "s"))).astype("timedelta64[s]").astype("timedelta64[us]")


def _audience(
    campaigns: Campaigns,
    people: Population,
    orders: OrdersBlock,
    run: Campaign,
    opens: np.datetime64,
    rng: np.random.Generator,
) -> _Audience:
    taken = (people.joined_on < opens.astype("datetime64[D]")) & (rng.random(len(people)) < campaigns.audience_share)
    row = np.flatnonzero(taken)
    group = recent_groups(orders, len(people), before=opens, weeks=campaigns.recent_weeks)[row]
    limits = np.cumsum([segment.shares for segment in campaigns.segments], axis=0)[:-1]
    segment = (rng.random(len(row)) >= limits[:, group]).sum(axis=0)
    planned = np.cumsum([arm.planned_share for arm in run.arms])[:-1]
    arm = np.searchsorted(planned, rng.random(len(row)), side="right")
    is_moved = (arm == 0) & (group > 0) & (rng.random(len(row)) < run.moved_share)
    return _Audience(row, group, segment, np.where(is_moved, 1, arm), is_moved)


def recent_groups(orders: OrdersBlock, customer_count: int, *, before: np.datetime64, weeks: int) -> Ints:
    """The group of RECENCIES, as a code, of each customer: by orders in so many weeks before an instant."""
    recent = (orders.ordered_at < before) & (orders.ordered_at >= before - 7 * weeks * DAY)
    counts = np.bincount(orders.customer_row[recent], minlength=customer_count)
    return np.searchsorted([1, 2], counts, side="right")


def _truth(campaigns: Campaigns, people: Population, run: Campaign, audience: _Audience) -> pd.DataFrame:
    left = np.array([segment.control_share for segment in campaigns.segments])[audience.segment]
    moved = np.array([segment.exposed_share for segment in campaigns.segments])[audience.segment] - left
    reach = np.array(campaigns.exposure_shares)[audience.group]
    return pd.DataFrame(
        {
            "campaign_id": run.campaign_id,
            "customer_id": people.customer_id[audience.row],
            "arm": np.array([arm.name for arm in run.arms])[audience.arm],
            "segment": np.array([segment.name for segment in campaigns.segments])[audience.segment],
            "recent_orders": np.array(RECENCIES)[audience.group],
            "is_moved": audience.is_moved,
            "exposure_share": np.where(audience.arm > 0, reach, 0.0),
            "response_share_if_left": left,
            "response_share_if_exposed": left + np.array([arm.strength for arm in run.arms])[audience.arm] * moved,
        }
    )


def _campaigns(runs: list[Campaign], start: date, end: date) -> pa.Table:
    arms = [(run, arm, *window(run, start, end)) for run in runs for arm in run.arms]
    rows = [
        {
            "campaign_id": run.campaign_id,
            "arm": arm.name,
            "starts_on": opens,
            "ends_on": closes,
            "planned_share": arm.planned_share,
            "cost": arm.cost_amount,
            "contact_cost": arm.contact_cost_amount,
            "response_cost": arm.response_cost_amount,
        }
        for run, arm, opens, closes in arms
    ]
    types = pa.schema([(column.name, TYPES[column.kind]) for column in CAMPAIGNS.columns])
    columns = {field.name: pa.array([row[field.name] for row in rows]).cast(field.type) for field in types}
    return pa.table(columns, types)
