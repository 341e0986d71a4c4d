"""Events whose rates fall before a customer dies, with known onset and slope; some customers stop without warning."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from helpers.randomness import stream
from helpers.schema.engagement import EVENTS
from helpers.simulation import arrow, catalogue, lives
from helpers.simulation.buying_process import OrdersBlock
from helpers.simulation.engagement_settings import Events, Process, Reaction
from helpers.simulation.population import Population
from helpers.simulation.settings import Company

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]
PATTERNS = ("steady", "declining", "sudden", "false alarm")
STEADY, DECLINING, SUDDEN, FALSE_ALARM = range(len(PATTERNS))
NONE = -1


@dataclass(frozen=True, eq=False)
class _Phases:
    """Three phases of each customer's rates, in seconds: steady to `onset`, changing to `turn`, then times `after`."""

    start: Floats
    onset: Floats
    turn: Floats
    stop: float
    after: Floats
    activity: Floats
    pattern: Whole


@dataclass(frozen=True, eq=False)
class _Log:
    """Events of one kind: arrays with an entry each; session, channel and product are codes, -1 for none."""

    customer: Whole
    second: Floats
    session: Whole
    channel: Whole
    product: Whole


def generate(
    company: Company,
    people: Population,
    orders: OrdersBlock,  # noqa: ARG001  every family is called alike
    *,
    block: int,
) -> tuple[dict[str, pa.Table], dict[str, pd.DataFrame]]:
    """The table `events`, by customer and then by time, and in the truth `activity`.

    A row of the truth is a customer: customer_id, `pattern`, `activity` (its factor on all rates), `onset_at` and
    `turn_at` (the change of rates sets in; it is over, by death or as a false alarm); NaT where nothing changes, and
    for a sudden death both are the death.
    """
    settings, draw = company.events, stream(company.seed, "events", block)
    phases = _phases(draw, company, people)
    product_ids = tuple(catalogue.products(company.catalogue)["product_id"])
    logs: dict[str, _Log] = {}
    for process in settings.processes:
        logs[process.kind] = _by_itself(draw, settings, process, phases)
    for reaction in settings.reactions:
        logs[reaction.kind] = _following(draw, reaction, logs[reaction.after], phases.stop, len(product_ids))
    is_changed = phases.pattern != STEADY
    truth = {
        "customer_id": people.customer_id,
        "pattern": np.array(PATTERNS)[phases.pattern],
        "activity": phases.activity,
        "onset_at": lives.instants(np.where(is_changed, phases.onset, np.nan)),
        "turn_at": lives.instants(np.where(is_changed, phases.turn, np.nan)),
    }
    return {"events": _table(settings, people, logs, product_ids, block)}, {"activity": pd.DataFrame(truth)}


def _phases(draw: np.random.Generator, company: Company, people: Population) -> _Phases:
    settings, count = company.events, len(people)
    start, _ = lives.spans(company, people)
    stop = lives.end_seconds(company)
    death = lives.seconds(people.dies_at)
    is_dying = death < stop  # False where there is no death
    lasting = float(settings.onset_weeks * lives.WEEK_SECONDS)
    one, other, where = draw.random((3, count))
    is_alarmed = ~is_dying & (other < settings.false_alarm_share) & (stop - start >= 2 * lasting)
    dying = np.where(one < settings.declining_share, DECLINING, SUDDEN)
    pattern = np.where(is_dying, dying, np.where(is_alarmed, FALSE_ALARM, STEADY))
    alarm = np.floor(start + where * np.maximum(stop - lasting - start, 0.0))
    onsets = [np.full(count, stop), np.maximum(start, death - lasting), death, alarm]
    turns = [np.full(count, stop), death, death, alarm + lasting]
    after = np.where(is_dying, settings.after_death_factor, 1.0)
    activity = draw.gamma(settings.activity_shape, 1 / settings.activity_shape, count)
    return _Phases(start, np.choose(pattern, onsets), np.choose(pattern, turns), stop, after, activity, pattern)


def _by_itself(draw: np.random.Generator, settings: Events, process: Process, phases: _Phases) -> _Log:
    """The events of a process: steady, then changing by its slope, then steady again."""
    rate = process.rate_per_week * phases.activity / lives.WEEK_SECONDS
    stop = np.full(len(rate), phases.stop)
    parts = [
        lives.arrivals(draw, start=phases.start, stop=phases.onset, rate_per_second=rate),
        _changing(draw, phases, rate, process.slope_per_week / lives.WEEK_SECONDS),
        lives.arrivals(draw, start=phases.turn, stop=stop, rate_per_second=rate * phases.after),
    ]
    customer, second = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    count = len(customer)
    names = [settings.channel_names.index(channel) for channel in process.channels]
    session = np.arange(count) if process.has_session else np.full(count, NONE)
    channel = np.array(names)[draw.integers(len(names), size=count)]
    return _Log(customer, second, session, channel, np.full(count, NONE))


def _changing(
    draw: np.random.Generator, phases: _Phases, rate: Floats, slope_per_second: float
) -> tuple[Whole, Floats]:
    """Arrivals between onset and turn, at rate * exp(slope * time since onset): by the inverse of their integral."""
    if slope_per_second == 0:
        return lives.arrivals(draw, start=phases.onset, stop=phases.turn, rate_per_second=rate)
    grown = np.expm1(slope_per_second * (phases.turn - phases.onset))
    customer = np.repeat(np.arange(len(rate)), draw.poisson(rate * grown / slope_per_second))
    since = np.log1p(draw.random(len(customer)) * grown[customer]) / slope_per_second
    return customer, phases.onset[customer] + since


def _following(draw: np.random.Generator, reaction: Reaction, cause: _Log, stop: float, product_count: int) -> _Log:
    """The events that follow on others; what would come after the end is not seen."""
    place = np.repeat(np.arange(len(cause.customer)), draw.poisson(reaction.mean_count, len(cause.customer)))
    second = cause.second[place] + draw.exponential(60 * reaction.mean_delay_minutes, len(place))
    place, second = place[second < stop], second[second < stop]
    product = cause.product[place]
    if reaction.has_product:
        product = np.where(product == NONE, draw.integers(product_count, size=len(place)), product)
    return _Log(cause.customer[place], second, cause.session[place], cause.channel[place], product)


def _table(
    settings: Events, people: Population, logs: dict[str, _Log], product_ids: tuple[str, ...], block: int
) -> pa.Table:
    customer, second, session, channel, product = (
        np.concatenate([getattr(log, name) for log in logs.values()])
        for name in ("customer", "second", "session", "channel", "product")
    )
    kind = np.repeat(np.arange(len(logs), dtype=np.int8), [len(log.customer) for log in logs.values()])
    whole = np.floor(second).astype(np.int64)
    order = np.argsort((customer << 36) + whole, kind="stable")
    sessions = arrow.ids(f"v{block:04d}-", np.arange(1, session.max(initial=0) + 2), 8)
    columns = {
        "customer_id": lives.whose(people, customer[order]),
        "at": whole[order].astype("datetime64[s]").astype("datetime64[us]"),
        "kind": arrow.coded(kind[order], tuple(logs)),
        "session_id": pa.array(sessions, pa.string()).take(_codes(session[order])),
        "channel": arrow.coded(channel[order], settings.channel_names),
        "product_id": arrow.coded(_codes(product[order]), product_ids),
    }
    return arrow.table(EVENTS, columns)


def _codes(codes: Whole) -> pa.Array:
    """Codes, null where there is none."""
    return pa.array(codes, mask=codes == NONE)
