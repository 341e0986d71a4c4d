"""Tickets: arrivals, lognormal times to response and resolution, censored at the end, and marks that depend on them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from helpers.randomness import stream
from helpers.schema.engagement import TICKETS
from helpers.simulation import arrow, lives, shares
from helpers.simulation.buying_process import OrdersBlock
from helpers.simulation.engagement_settings import Tickets
from helpers.simulation.population import Population
from helpers.simulation.settings import Company

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]
HOUR_SECONDS = 3_600


def generate(
    company: Company,
    people: Population,
    orders: OrdersBlock,  # noqa: ARG001  every family is called alike
    *,
    block: int,
) -> tuple[dict[str, pa.Table], dict[str, pd.DataFrame]]:
    """The table `tickets`, and in the truth `tickets`.

    A row of the truth is a ticket, in the order of the table: ticket_id, customer_id, `is_incident`, and
    `response_hours` (opening to first response) and `resolution_hours` (first response to resolution), also where they
    reach beyond the company's end.
    """
    settings, draw = company.tickets, stream(company.seed, "tickets", block)
    row, opened, is_incident = _openings(draw, company, people)
    category = shares.pick(draw, [category.share for category in settings.categories], len(row))
    priority = shares.pick(draw, [priority.share for priority in settings.priorities], len(row))
    priority = np.where(is_incident, len(settings.priorities), priority)
    response, resolution = _hours(draw, settings, category, priority)
    end = lives.end_seconds(company)
    responded = opened + response * HOUR_SECONDS
    resolved = responded + resolution * HOUR_SECONDS
    is_resolved = resolved < end
    medians = np.array([category.resolution_median_hours for category in settings.categories])[category]
    mark = _marks(draw, settings, people.satisfaction[row], np.log(resolution / medians), is_incident)
    channel = shares.pick(stream(company.seed, "tickets.channels", block), settings.channel_shares, len(row))
    ids = arrow.ids(f"t{block:04d}-", np.arange(1, len(row) + 1), 7)
    columns = {
        "ticket_id": pa.array(ids, pa.string()),
        "customer_id": lives.whose(people, row),
        "opened_at": lives.instants(opened),
        "first_response_at": lives.instants(np.where(responded < end, responded, np.nan)),
        "resolved_at": lives.instants(np.where(is_resolved, resolved, np.nan)),
        "reopened_count": np.where(is_resolved, draw.geometric(1 - settings.reopen_probability, len(row)) - 1, 0),
        "category": arrow.coded(category, tuple(category.name for category in settings.categories)),
        "channel": arrow.coded(channel, settings.channels),
        "priority": arrow.coded(priority, settings.priority_names),
        "satisfaction": np.where(is_resolved, mark, np.nan),
    }
    truth = {"ticket_id": ids, "customer_id": people.customer_id[row], "is_incident": is_incident}
    truth |= {"response_hours": response, "resolution_hours": resolution}
    return {"tickets": arrow.table(TICKETS, columns)}, {"tickets": pd.DataFrame(truth)}


def _openings(
    draw: np.random.Generator, company: Company, people: Population
) -> tuple[Whole, Floats, NDArray[np.bool_]]:
    """Customer, second, and whether it is a bad incident: tickets in the order of opening."""
    settings = company.tickets
    start, stop = lives.spans(company, people)
    own_rate = draw.gamma(settings.rate_shape, settings.rate_per_year / settings.rate_shape, len(people))
    row, opened = lives.arrivals(draw, start=start, stop=stop, rate_per_second=own_rate / lives.YEAR_SECONDS)
    struck = np.flatnonzero(~np.isnat(people.incident_at))
    at = lives.seconds(people.incident_at[struck])
    row, opened = np.concatenate([row, struck]), np.floor(np.concatenate([opened, at]))
    sequence = np.lexsort((row, opened))
    is_incident = np.arange(len(row)) >= len(row) - len(struck)
    return row[sequence], opened[sequence], is_incident[sequence]


def _hours(draw: np.random.Generator, settings: Tickets, category: Whole, priority: Whole) -> tuple[Floats, Floats]:
    """Hours to the first response, and from it to the resolution."""
    is_incident = priority == len(settings.priorities)
    to_response = [one.response_median_hours for one in settings.priorities]
    response_median = np.array([*to_response, settings.incident_response_median_hours])[priority]
    resolution_median = np.array([one.resolution_median_hours for one in settings.categories])[category]
    resolution_median = resolution_median * np.where(is_incident, settings.incident_resolution_factor, 1.0)
    response = draw.lognormal(np.log(response_median), settings.response_log_sd)
    return response, draw.lognormal(np.log(resolution_median), settings.resolution_log_sd)


def _marks(
    draw: np.random.Generator,
    settings: Tickets,
    satisfaction: Floats,
    log_hours: Floats,
    is_incident: NDArray[np.bool_],
) -> Floats:
    """Marks from 1 to 5, NaN where the customer gave none."""
    mean = settings.mark_per_satisfaction * satisfaction + settings.mark_per_log_hours * log_hours
    score = mean + settings.mark_of_incident * is_incident + draw.standard_normal(len(mean))
    mark = 1.0 + np.searchsorted(np.asarray(settings.mark_cuts), score)
    return np.where(draw.random(len(mean)) < settings.answer_share, mark, np.nan)
