"""Quota pools and their use at known rates: some about to run out after the end of the data, on a known day."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from helpers.randomness import stream
from helpers.schema.engagement import QUOTA_POOLS, USAGE
from helpers.simulation import arrow, lives
from helpers.simulation.buying_process import OrdersBlock
from helpers.simulation.engagement_settings import Usage
from helpers.simulation.population import Population
from helpers.simulation.settings import Company

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]
Days = NDArray[np.datetime64]


@dataclass(frozen=True, eq=False)
class _Pools:
    """Pools: arrays with an entry each. `stop` is the second at which the period ends."""

    customer: Whole
    starts_on: Days
    ends_on: Days
    start: Floats
    stop: Floats
    uses_per_week: Floats
    units_per_day: Floats


@dataclass(frozen=True, eq=False)
class _Uses:
    """Uses of pools by pool and time; `used` is the pool's total up to and with the use."""

    pool: Whole
    second: Floats
    units: Whole
    used: Whole


def generate(
    company: Company,
    people: Population,
    orders: OrdersBlock,  # noqa: ARG001  every family is called alike
    *,
    block: int,
) -> tuple[dict[str, pa.Table], dict[str, pd.DataFrame]]:
    """The tables `quota_pools` and `usage`, and in the truth `pools`.

    A row of the truth is a pool, in the order of the table: pool_id, customer_id, `uses_per_week` and `units_per_day`
    (its own average rates), `is_about_to_run_out` (planted), `expected_out_on` (for pools open at the end and not used
    up: the day at which the rest is gone at its own average rate; NaT where that lies after the period), and
    `runs_out_at` (when it is really used up, also after the end; NaT: not in its period).
    """
    draw = stream(company.seed, "usage", block)
    pools = _pools(draw, company, people)
    uses = _uses(draw, company.usage, pools)
    end = lives.end_seconds(company)
    used_by_end = np.bincount(uses.pool, uses.units * (uses.second < end), minlength=len(pools.customer)).astype(float)
    quota, is_planted = _quotas(draw, company, pools, used_by_end)
    ids = arrow.ids(f"q{block:04d}-", np.arange(1, len(quota) + 1), 6)
    runs_out = np.full(len(quota), np.nan)
    last = np.flatnonzero((uses.used >= quota[uses.pool]) & (uses.used - uses.units < quota[uses.pool]))
    runs_out[uses.pool[last]] = uses.second[last]
    truth = {
        "pool_id": ids,
        "customer_id": people.customer_id[pools.customer],
        "uses_per_week": pools.uses_per_week,
        "units_per_day": pools.units_per_day,
        "is_about_to_run_out": is_planted,
        "expected_out_on": _expected(pools, quota - used_by_end, end),
        "runs_out_at": lives.instants(runs_out),
    }
    tables = {
        "quota_pools": _pool_table(people, pools, quota, ids),
        "usage": _usage_table(people, pools, _within_quota(uses, quota, end), ids),
    }
    return tables, {"pools": pd.DataFrame(truth)}


def _pools(draw: np.random.Generator, company: Company, people: Population) -> _Pools:
    settings = company.usage
    joined, stop = lives.spans(company, people)
    after = draw.random(len(people)) * np.minimum(stop - joined, lives.YEAR_SECONDS / 4)
    opened = lives.days(joined + after) + 1
    is_holder = draw.random(len(people)) < settings.holder_share
    number = np.arange((company.end - company.start).days // (settings.period_months * 28) + 1)
    starts = lives.add_months(opened[:, None], settings.period_months * number)
    is_open = is_holder[:, None] & (lives.seconds(starts) < stop[:, None])
    customer, which = np.nonzero(is_open)
    starts_on = starts[customer, which]
    stops_on = lives.add_months(opened[customer], settings.period_months * (which + 1))
    rate = draw.gamma(settings.rate_shape, settings.uses_per_week / settings.rate_shape, len(customer))
    units = rate * settings.mean_units / 7
    return _Pools(customer, starts_on, stops_on - 1, lives.seconds(starts_on), lives.seconds(stops_on), rate, units)


def _uses(draw: np.random.Generator, settings: Usage, pools: _Pools) -> _Uses:
    """Every use in the periods, as if no quota bounded it."""
    rate = pools.uses_per_week / lives.WEEK_SECONDS
    pool, second = lives.arrivals(draw, start=pools.start, stop=pools.stop, rate_per_second=rate)
    units = 1 + draw.poisson(settings.mean_units - 1, len(pool))
    sequence = np.lexsort((second, pool))
    total = np.concatenate([[0], np.cumsum(units)])
    before = total[np.searchsorted(pool, pool)]
    return _Uses(pool, np.floor(second[sequence]), units, total[1:] - before)


def _quotas(
    draw: np.random.Generator, company: Company, pools: _Pools, used_by_end: Floats
) -> tuple[Floats, NDArray[np.bool_]]:
    """Whole units, and which pools are planted to run out soon after the end."""
    settings, end = company.usage, lives.end_seconds(company)
    count = len(pools.customer)
    per_period = pools.units_per_day * (pools.stop - pools.start) / lives.DAY_SECONDS
    plenty = np.ceil(per_period * draw.uniform(settings.plenty_low, settings.plenty_high, count))
    lasts_days = draw.uniform(settings.running_out_days_low, settings.running_out_days_high, count)
    latest_days = lasts_days + 1 / np.maximum(pools.units_per_day, 1e-9)  # a quota is whole: up to one unit more
    is_open = (pools.start < end) & (end + latest_days * lives.DAY_SECONDS < pools.stop)
    is_planted = (draw.random(count) < settings.running_out_share) & is_open
    short = np.ceil(used_by_end + pools.units_per_day * lasts_days)
    return np.maximum(np.where(is_planted, short, plenty), 1.0), is_planted


def _expected(pools: _Pools, left: Floats, end: float) -> Days:
    """The day at which the rest of each pool is gone at its own average rate, of pools open at the end."""
    out = end + left / np.maximum(pools.units_per_day, 1e-12) * lives.DAY_SECONDS
    is_known = (left > 0) & (pools.start < end) & (out < pools.stop)
    return lives.days(np.where(is_known, out, np.nan))


def _within_quota(uses: _Uses, quota: Floats, end: float) -> _Uses:
    """The uses that took place by the end: the last of a pool takes what is left, and none comes after it."""
    left_before = quota[uses.pool] - (uses.used - uses.units)
    kept = (left_before > 0) & (uses.second < end)
    units = np.minimum(uses.units, left_before)
    return _Uses(uses.pool[kept], uses.second[kept], units[kept].astype(np.int64), uses.used[kept])


def _pool_table(people: Population, pools: _Pools, quota: Floats, ids: NDArray[np.str_]) -> pa.Table:
    first, last = pools.starts_on.astype(str), pools.ends_on.astype(str)
    columns = {
        "pool_id": pa.array(ids, pa.string()),
        "customer_id": lives.whose(people, pools.customer),
        "period": pa.array(np.char.add(np.char.add(first, "/"), last), pa.string()),
        "starts_on": pools.starts_on,
        "ends_on": pools.ends_on,
        "quota": quota,
    }
    return arrow.table(QUOTA_POOLS, columns)


def _usage_table(people: Population, pools: _Pools, uses: _Uses, ids: NDArray[np.str_]) -> pa.Table:
    columns = {
        "pool_id": pa.array(ids, pa.string()).take(pa.array(uses.pool)),
        "customer_id": lives.whose(people, pools.customer[uses.pool]),
        "at": lives.instants(uses.second),
        "amount": uses.units.astype(float),
    }
    return arrow.table(USAGE, columns)
