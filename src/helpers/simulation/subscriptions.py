"""Subscriptions: hazards of ending by plan and tenure, multiplied by a bad service incident, censored at the end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from helpers.randomness import stream
from helpers.schema.engagement import SUBSCRIPTIONS
from helpers.simulation import arrow, lives

if TYPE_CHECKING:
    from helpers.simulation.customers import Population
    from helpers.simulation.purchases import OrdersBlock
    from helpers.simulation.settings import Company

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]
NEVER_MONTHS = 12_000.0
"""A thousand years stand for never, where infinity would make sums undefined."""


@dataclass(frozen=True)
class Plan:
    """One plan: what a month costs, the share of subscriptions, and its hazards.

    `monthly_hazards`: the probability of ending within a month for who is active at its start and had no incident, by
    band of tenure.
    """

    name: str
    monthly_amount: float
    share: float
    monthly_hazards: tuple[float, ...]


@dataclass(frozen=True)
class Subscriptions:
    """Who subscribes, to what, and how long.

    Within a band the hazard is constant in time, -log(1 - monthly hazard) per mean month of 30.436875 days, so that
    shares by month and rates by exposure both find it. Subscriptions end on any day, whether or not the customer still
    buys: death moves no hazard, a bad incident does, for good and in proportion (Cox).

    Attributes
    ----------
    plans
        Their shares sum to 1.
    tenure_bands_months
        Where the bands of tenure begin, from 0; as many as each plan has hazards.
    subscriber_share
        Share of customers who subscribe, once, while they live.
    start_delay_days
        Mean days (exponential) from joining to subscribing; who would start after death or end never does.
    incident_hazard_ratio
        By what every hazard is multiplied from the day of the customer's bad incident (`Population.incident_on`) on.
    end_reasons, reason_shares, reason_shares_after_incident
        Why subscriptions end, before and after an incident; both shares sum to 1.
    """

    plans: tuple[Plan, ...] = (
        Plan("basic", 19.0, 0.5, (0.12, 0.06, 0.03)),
        Plan("plus", 39.0, 0.3, (0.08, 0.04, 0.02)),
        Plan("family", 59.0, 0.2, (0.05, 0.03, 0.015)),
    )
    tenure_bands_months: tuple[float, ...] = (0.0, 3.0, 12.0)
    subscriber_share: float = 0.4
    start_delay_days: float = 20.0
    incident_hazard_ratio: float = 2.0
    end_reasons: tuple[str, ...] = ("price", "not used", "service", "moved away", "payment failed")
    reason_shares: tuple[float, ...] = (0.35, 0.30, 0.10, 0.10, 0.15)
    reason_shares_after_incident: tuple[float, ...] = (0.20, 0.15, 0.50, 0.05, 0.10)

    def __post_init__(self) -> None:
        """Refuse shares that do not sum to one, hazards that are none, and bands that do not fit them."""
        lives.check_shares("shares of `plans`", [plan.share for plan in self.plans])
        lives.check_shares("`reason_shares`", self.reason_shares)
        lives.check_shares("`reason_shares_after_incident`", self.reason_shares_after_incident)
        bands = self.tenure_bands_months
        if bands[0] != 0 or list(bands) != sorted(set(bands)):
            raise ValueError(f"`tenure_bands_months` must ascend from 0, found {bands}")
        for plan in self.plans:
            if len(plan.monthly_hazards) != len(bands) or not all(0 <= hazard < 1 for hazard in plan.monthly_hazards):
                raise ValueError(f"plan {plan.name!r} must have {len(bands)} hazards from 0 to below 1")

    @property
    def rates_per_month(self) -> Floats:
        """Hazard rates, a row per plan and a column per band of tenure."""
        return -np.log1p(-np.array([plan.monthly_hazards for plan in self.plans]))


def generate(
    company: Company,
    people: Population,
    orders: OrdersBlock,  # noqa: ARG001  every family is called alike
    *,
    block: int,
) -> tuple[dict[str, pa.Table], dict[str, pd.DataFrame]]:
    """The table `subscriptions`, and in the truth `subscriptions`.

    A row of the truth is a subscription, in the order of the table: customer_id, plan, started_on, `would_end_on` (also
    where that lies after the company's end), and `incident_on`, from which the hazard is multiplied; NaT: never.
    """
    settings, draw = company.subscriptions, stream(company.seed, "subscriptions", block)
    row, started_on = _starts(draw, company, people)
    plan = lives.pick(draw, [plan.share for plan in settings.plans], len(row))
    incident_on = people.incident_on[row]
    tenure = _tenures(draw, settings, plan, _months(started_on, incident_on))
    would_end_on = started_on + np.floor(tenure * lives.MONTH_DAYS).astype("timedelta64[D]")
    is_ended = would_end_on <= np.datetime64(company.end, "D")
    reason = _reasons(draw, settings, incident_on <= would_end_on)
    names = np.array([plan.name for plan in settings.plans])
    columns = {
        "customer_id": lives.whose(people, row),
        "plan": names[plan],
        "started_on": started_on,
        "ended_on": np.where(is_ended, would_end_on, np.datetime64("NaT")),
        "monthly_amount": np.array([plan.monthly_amount for plan in settings.plans])[plan],
        "end_reason": arrow.coded(pa.array(reason, mask=~is_ended), settings.end_reasons),
    }
    truth = {"customer_id": people.customer_id[row], "plan": names[plan], "started_on": started_on}
    truth |= {"would_end_on": would_end_on, "incident_on": incident_on}
    return {"subscriptions": arrow.table(SUBSCRIPTIONS, columns)}, {"subscriptions": pd.DataFrame(truth)}


def _starts(draw: np.random.Generator, company: Company, people: Population) -> tuple[Whole, NDArray[np.datetime64]]:
    """Rows of the customers who subscribe, and from which day."""
    joined, stop = lives.spans(company, people)
    is_subscriber = draw.random(len(people)) < company.subscriptions.subscriber_share
    delay_days = draw.exponential(company.subscriptions.start_delay_days, len(people))
    start = joined + delay_days * lives.DAY_SECONDS
    row = np.flatnonzero(is_subscriber & (start < stop))
    return row, lives.days(start[row])


def _months(started_on: NDArray[np.datetime64], incident_on: NDArray[np.datetime64]) -> Floats:
    """Tenure at the incident, in months; 0 where it came before the start, and never where there was none."""
    passed = (incident_on.astype("datetime64[D]") - started_on) / np.timedelta64(1, "D") / lives.MONTH_DAYS
    return np.where(np.isnan(passed), NEVER_MONTHS, np.maximum(passed, 0.0))


def _tenures(draw: np.random.Generator, settings: Subscriptions, plan: Whole, incident_months: Floats) -> Floats:
    """Months until the end: where the cumulative hazard, piecewise linear in time, reaches a standard exponential."""
    bands = np.asarray(settings.tenure_bands_months, dtype=float)
    edges = np.sort(np.column_stack([np.broadcast_to(bands, (len(plan), len(bands))), incident_months]), axis=1)
    band = np.searchsorted(bands, edges, side="right") - 1
    ratio = np.where(edges >= incident_months[:, None], settings.incident_hazard_ratio, 1.0)
    rates = np.maximum(settings.rates_per_month[plan[:, None], band] * ratio, 1 / NEVER_MONTHS**2)
    reached = np.cumsum(np.diff(edges, axis=1) * rates[:, :-1], axis=1)
    target = draw.exponential(size=len(plan))
    last = (reached <= target[:, None]).sum(axis=1)
    everybody = np.arange(len(plan))
    before = np.column_stack([np.zeros(len(plan)), reached])[everybody, last]
    return np.minimum(edges[everybody, last] + (target - before) / rates[everybody, last], NEVER_MONTHS)


def _reasons(draw: np.random.Generator, settings: Subscriptions, is_after_incident: NDArray[np.bool_]) -> Whole:
    shares = np.array([settings.reason_shares, settings.reason_shares_after_incident], dtype=float)
    return lives.pick_by_row(draw, shares[is_after_incident.astype(int)])
