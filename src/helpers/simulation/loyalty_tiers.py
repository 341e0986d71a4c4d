"""Tiers of membership: yearly ranges that touch and never overlap, and a Markov chain from one year to the next."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from helpers.randomness import stream
from helpers.schema.engagement import MEMBERSHIPS
from helpers.simulation import arrow, lives, shares
from helpers.simulation.buying_process import OrdersBlock
from helpers.simulation.engagement_settings import Memberships
from helpers.simulation.population import Population
from helpers.simulation.settings import Company

MONTHS_PER_YEAR = 12


@dataclass(frozen=True, eq=False)
class Held:
    """The tiers held: arrays with an entry per range, by customer and then by time.

    `customer_row` indexes the people, `year` counts from 0, `tier` is a code, `first_on` and `last_on` are included.
    """

    customer_row: NDArray[np.int64]
    year: NDArray[np.int64]
    tier: NDArray[np.int64]
    first_on: NDArray[np.datetime64]
    last_on: NDArray[np.datetime64]

    def tier_at(self, customer_row: NDArray[np.int64], at: NDArray[np.datetime64]) -> NDArray[np.int64]:
        """The code of the tier that a customer held at an instant, -1 where none."""
        if not len(self.tier):
            return np.full(len(customer_row), -1)
        day = at.astype("datetime64[D]")
        place = np.searchsorted(_key(self.customer_row, self.first_on), _key(customer_row, day), side="right") - 1
        place = np.maximum(place, 0)
        is_within = (self.first_on[place] <= day) & (day <= self.last_on[place])
        return np.where((self.customer_row[place] == customer_row) & is_within, self.tier[place], -1)


def _key(rows: NDArray[np.int64], days: NDArray[np.datetime64]) -> NDArray[np.int64]:
    """One number that sorts by customer and then by day."""
    return rows * 1_000_000 + days.astype("datetime64[D]").astype(np.int64)


def held(company: Company, people: Population, *, block: int) -> Held:
    """The tiers that the people held: the same whoever asks, since the stream is the block's own."""
    settings, draw = company.memberships, stream(company.seed, "memberships", block)
    is_member = draw.random(len(people)) < settings.member_share
    year_count = (company.end - company.start).days // 365 + 1
    tiers = _chain(draw, settings, len(people), year_count)
    years = np.arange(year_count)
    first = lives.add_months(people.joined_on[:, None], MONTHS_PER_YEAR * years)
    last = lives.add_months(people.joined_on[:, None], MONTHS_PER_YEAR * (years + 1)) - 1
    is_renewed = (first <= np.datetime64(company.end)) & ~(first >= people.dies_on[:, None])
    row, year = np.nonzero(is_member[:, None] & (is_renewed | (years == 0)))
    return Held(row, year, tiers[row, year], first[row, year], last[row, year])


def _chain(draw: np.random.Generator, settings: Memberships, count: int, year_count: int) -> NDArray[np.int64]:
    """A row per customer, a column per year: codes of the tiers, as if everybody renewed."""
    tiers = np.empty((count, year_count), dtype=np.int64)
    tiers[:, 0] = shares.pick(draw, settings.first_shares, count)
    matrix = np.asarray(settings.transitions, dtype=float)
    for year in range(1, year_count):
        tiers[:, year] = shares.pick_by_row(draw, matrix[tiers[:, year - 1]])
    return tiers


def generate(
    company: Company,
    people: Population,
    orders: OrdersBlock,  # noqa: ARG001  every family is called alike
    *,
    block: int,
) -> tuple[dict[str, pa.Table], dict[str, pd.DataFrame]]:
    """The table `memberships`, and in the truth `renewals`: a row per renewal with the tiers before and after it.

    Orders move no tier: the chain is the whole mechanism.
    """
    tiers_held, names = held(company, people, block=block), company.memberships.tiers
    columns = {
        "customer_id": lives.whose(people, tiers_held.customer_row),
        "tier": arrow.coded(tiers_held.tier, names),
        "valid_from": tiers_held.first_on,
        "valid_to": tiers_held.last_on,
    }
    after = np.flatnonzero(tiers_held.year > 0)
    renewals = {
        "customer_id": people.customer_id[tiers_held.customer_row[after]],
        "renewed_on": tiers_held.first_on[after],
        "from_tier": np.array(names)[tiers_held.tier[after - 1]],
        "to_tier": np.array(names)[tiers_held.tier[after]],
    }
    return {"memberships": arrow.table(MEMBERSHIPS, columns)}, {"renewals": pd.DataFrame(renewals)}
