"""Tickets: arrivals, lognormal times to response and resolution, censored at the end, and marks that depend on them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from helpers.randomness import stream
from helpers.schema.engagement import TICKETS
from helpers.simulation import arrow, lives

if TYPE_CHECKING:
    from helpers.simulation.customers import Population
    from helpers.simulation.purchases import OrdersBlock
    from helpers.simulation.settings import Company

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]
HOUR_SECONDS = 3_600


@dataclass(frozen=True)
class Category:
    """What tickets are about: its share of ordinary tickets, and the median hours from first response to resolution."""

    name: str
    share: float
    resolution_median_hours: float


@dataclass(frozen=True)
class Priority:
    """How urgent tickets are: its share of ordinary tickets, and the median hours from opening to first response."""

    name: str
    share: float
    response_median_hours: float


@dataclass(frozen=True)
class Tickets:
    """How often customers need service, and how fast it works. Service works round the clock.

    A bad incident (`Population.incident_at`, from which the hazards of leaving are multiplied) shows as a ticket of the
    priority `incident_priority`, opened then; no other ticket has that priority.

    Attributes
    ----------
    rate_per_year, rate_shape
        Ordinary tickets of a customer's year, on average; a customer's own rate is gamma with this shape.
    categories, priorities
        Their shares sum to 1; drawn independently of one another.
    response_log_sd, resolution_log_sd
        Standard deviations of the log hours; the two times are independent given category and priority.
    incident_priority, incident_response_median_hours
        Of a bad incident; its category is drawn as for the others.
    incident_resolution_factor
        By what the median hours to its resolution are multiplied.
    reopen_probability
        A resolved ticket is opened again with this probability, and again: reopened_count is geometric from 0.
    answer_share
        Share of resolved tickets whose customer marks the service.
    mark_cuts
        The mark, 1 to 5, is 1 + the number of cuts below a normal score (ordered probit) of variance 1, with mean:
    mark_per_satisfaction, mark_per_log_hours, mark_of_incident
        times the customer's latent satisfaction; times log(resolution hours / median of the category); for an incident.
    """

    rate_per_year: float = 0.8
    rate_shape: float = 1.5
    categories: tuple[Category, ...] = (
        Category("delivery", 0.40, 20.0),
        Category("product", 0.30, 36.0),
        Category("billing", 0.20, 12.0),
        Category("account", 0.10, 4.0),
    )
    priorities: tuple[Priority, ...] = (
        Priority("low", 0.35, 12.0),
        Priority("normal", 0.50, 5.0),
        Priority("high", 0.15, 1.5),
    )
    response_log_sd: float = 0.8
    resolution_log_sd: float = 1.0
    incident_priority: str = "critical"
    incident_response_median_hours: float = 3.0
    incident_resolution_factor: float = 4.0
    reopen_probability: float = 0.10
    answer_share: float = 0.40
    mark_cuts: tuple[float, float, float, float] = (-1.6, -1.0, -0.4, 0.6)
    mark_per_satisfaction: float = 0.4
    mark_per_log_hours: float = -0.3
    mark_of_incident: float = -1.5

    def __post_init__(self) -> None:
        """Refuse shares that do not sum to one, and an incident that could be taken for an ordinary ticket."""
        lives.check_shares("shares of `categories`", [category.share for category in self.categories])
        lives.check_shares("shares of `priorities`", [priority.share for priority in self.priorities])
        if self.incident_priority in self.priority_names[:-1]:
            raise ValueError(f"`incident_priority` must be none of the ordinary ones, found {self.incident_priority!r}")

    @property
    def priority_names(self) -> tuple[str, ...]:
        """Ordinary priorities, and last the one of incidents."""
        return (*(priority.name for priority in self.priorities), self.incident_priority)


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
    category = lives.pick(draw, [category.share for category in settings.categories], len(row))
    priority = lives.pick(draw, [priority.share for priority in settings.priorities], len(row))
    priority = np.where(is_incident, len(settings.priorities), priority)
    response, resolution = _hours(draw, settings, category, priority)
    end = lives.end_seconds(company)
    responded = opened + response * HOUR_SECONDS
    resolved = responded + resolution * HOUR_SECONDS
    is_resolved = resolved < end
    medians = np.array([category.resolution_median_hours for category in settings.categories])[category]
    mark = _marks(draw, settings, people.satisfaction[row], np.log(resolution / medians), is_incident)
    ids = arrow.ids(f"t{block:04d}-", np.arange(1, len(row) + 1), 7)
    columns = {
        "ticket_id": pa.array(ids, pa.string()),
        "customer_id": lives.whose(people, row),
        "opened_at": lives.instants(opened),
        "first_response_at": lives.instants(np.where(responded < end, responded, np.nan)),
        "resolved_at": lives.instants(np.where(is_resolved, resolved, np.nan)),
        "reopened_count": np.where(is_resolved, draw.geometric(1 - settings.reopen_probability, len(row)) - 1, 0),
        "category": arrow.coded(category, tuple(category.name for category in settings.categories)),
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
