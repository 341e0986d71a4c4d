"""Subscriptions: hazards of ending by plan and tenure, multiplied by a bad service incident, censored at the end."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from helpers.randomness import stream
from helpers.schema.engagement import SUBSCRIPTIONS
from helpers.simulation import arrow, lives, shares
from helpers.simulation.buying_process import OrdersBlock
from helpers.simulation.engagement_settings import Subscriptions
from helpers.simulation.population import Population
from helpers.simulation.settings import Company

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]
NEVER_MONTHS = 12_000.0
"""A thousand years stand for never, where infinity would make sums undefined."""


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
    plan = shares.pick(draw, [plan.share for plan in settings.plans], len(row))
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
    by_incident = np.array([settings.reason_shares, settings.reason_shares_after_incident], dtype=float)
    return shares.pick_by_row(draw, by_incident[is_after_incident.astype(int)])
