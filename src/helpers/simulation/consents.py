"""Consents by purpose, withdrawn at known hazards, and requests to be erased."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa

from helpers.randomness import stream
from helpers.schema.engagement import CONSENTS, ERASURES
from helpers.simulation import arrow, lives
from helpers.simulation.buying_process import OrdersBlock
from helpers.simulation.engagement_settings import Consents
from helpers.simulation.lives import Floats
from helpers.simulation.population import Population
from helpers.simulation.settings import Company


def generate(
    company: Company,
    people: Population,
    orders: OrdersBlock,  # noqa: ARG001  every family is called alike
    *,
    block: int,
) -> tuple[dict[str, pa.Table], dict[str, pd.DataFrame]]:
    """The tables `consents` and `erasures`, and in the truth `consents`.

    A row of the truth is a consent, in the order of the table: customer_id, purpose, `would_withdraw_at` (by its own
    hazard, also after the end) and `is_withdrawn_by_erasure`.
    """
    settings, draw = company.consents, stream(company.seed, "consents", block)
    joined, end = lives.seconds(people.joined_at), lives.end_seconds(company)
    requested = _requests(draw, settings, joined, end)
    granted, withdrawn = _consents(draw, settings, joined)
    row, purpose = np.nonzero(granted < np.fmin(requested, end)[:, None])
    granted, withdrawn = granted[row, purpose], withdrawn[row, purpose]
    is_erased = requested[row] < withdrawn
    over = np.fmin(withdrawn, requested[row])
    names = tuple(one.name for one in settings.purposes)
    columns = {
        "customer_id": lives.whose(people, row),
        "purpose": arrow.coded(purpose, names),
        "granted_at": lives.instants(granted),
        "withdrawn_at": lives.instants(np.where(over < end, over, np.nan)),
    }
    truth = {"customer_id": people.customer_id[row], "purpose": np.array(names)[purpose]}
    truth |= {"would_withdraw_at": lives.instants(withdrawn), "is_withdrawn_by_erasure": is_erased}
    tables = {"consents": arrow.table(CONSENTS, columns), "erasures": _erasures(people, settings, requested, end)}
    return tables, {"consents": pd.DataFrame(truth)}


def _requests(draw: np.random.Generator, settings: Consents, joined: Floats, end: float) -> Floats:
    """Second of each customer's request to be erased, NaN for those without one."""
    rate = max(settings.erasures_per_year, 1e-9) / lives.YEAR_SECONDS
    at = joined + draw.exponential(1 / rate, len(joined))
    return np.where(at < end, at, np.nan)


def _consents(draw: np.random.Generator, settings: Consents, joined: Floats) -> tuple[Floats, Floats]:
    """Seconds of giving and of withdrawing, a row per customer and a column per purpose; NaN where never given."""
    shape = (len(joined), len(settings.purposes))
    shares = np.array([one.granted_share for one in settings.purposes])
    rates = -np.log1p(-np.array([one.monthly_withdrawal for one in settings.purposes]))
    delay = draw.exponential(settings.delay_days * lives.DAY_SECONDS, shape)
    granted = np.where(draw.random(shape) < shares, joined[:, None] + delay, np.nan)
    months = draw.exponential(size=shape) / np.maximum(rates, 1e-4)
    return granted, granted + months * lives.MONTH_DAYS * lives.DAY_SECONDS


def _erasures(people: Population, settings: Consents, requested: Floats, end: float) -> pa.Table:
    row = np.flatnonzero(np.isfinite(requested))
    row = row[np.argsort(requested[row], kind="stable")]
    erased = np.floor(requested[row]) + settings.erasure_days * lives.DAY_SECONDS
    columns = {
        "customer_id": lives.whose(people, row),
        "requested_at": lives.instants(requested[row]),
        "erased_at": lives.instants(np.where(erased < end, erased, np.nan)),
    }
    return arrow.table(ERASURES, columns)
