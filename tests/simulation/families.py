"""What the tests of the activity families share: companies to draw from, and what must hold of every family."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from helpers.schema import SCHEMAS
from helpers.simulation.arrow import TYPES
from helpers.simulation.buying_process import OrdersBlock, orders_block
from helpers.simulation.population import Population, population
from helpers.simulation.sales_settings import Customers, Purchases
from helpers.simulation.settings import Company

Z90 = 1.6448536


@dataclass(frozen=True, eq=False)
class Made:
    """A family's tables and truth as pandas frames, and the people and orders they are of."""

    company: Company
    people: Population
    orders: OrdersBlock
    arrow: dict[str, pa.Table]
    tables: dict[str, pd.DataFrame]
    truth: dict[str, pd.DataFrame]


def long_lived(seed: int = 1, *, customer_count: int = 1_500, **families: Any) -> Company:
    """Three years of customers who buy every few weeks, and of whom about a third die."""
    purchases = Purchases(r=1.5, alpha_weeks=8.0, s=0.6, beta_weeks=100.0)
    given = {"start": date(2022, 1, 1), "purchases": purchases} | families
    return Company(seed=seed, customer_count=customer_count, **given)


def with_incidents(company: Company, *, rate_per_year: float) -> Company:
    return replace(company, customers=Customers(incident_rate_per_year=rate_per_year))


def made(family: ModuleType, company: Company) -> Made:
    people = population(company, block=0)
    orders = orders_block(company, people)
    tables, truth = family.generate(company, people, orders, block=0)
    return Made(company, people, orders, tables, {name: table.to_pandas() for name, table in tables.items()}, truth)


def over_seeds(count: int, one: Callable[[int], Iterable[bool]]) -> list[bool]:
    """Whether the interval held the truth: of every quantity that `one` looks at, for seeds from 1."""
    return [bool(held) for seed in range(1, count + 1) for held in one(seed)]


def assert_nine_in_ten(held: list[bool], *, sd_factor: float = 1.0) -> None:
    """Of independent intervals at 90 %, the share that held the truth lies within 3.5 of its own standard errors."""
    error = sd_factor * np.sqrt(0.9 * 0.1 / len(held))
    covered = float(np.mean(held))
    assert abs(covered - 0.9) <= 3.5 * error, f"{covered:.1%} of {len(held)} intervals at 90 % held the truth"


def assert_sound(family: ModuleType, company: Company, *names: str) -> None:
    """Tables as their schema says, the same bytes again, other ones for another seed, and nothing outside of life."""
    first, second = made(family, company), made(family, company)
    assert set(first.arrow) == set(names)
    other = made(family, replace(company, seed=company.seed + 1))
    end = pd.Timestamp(company.end) + pd.Timedelta(days=1)
    joined = pd.Series(first.people.joined_at, index=first.people.customer_id)
    for name, table in first.arrow.items():
        schema = SCHEMAS[name]
        assert table.schema == pa.schema([(column.name, TYPES[column.kind]) for column in schema.columns])
        assert table.equals(second.arrow[name])
        assert not table.equals(other.arrow[name])
        assert all(table[column.name].null_count == 0 for column in schema.columns if column.required)
        assert schema.key is None or first.tables[name][schema.key].is_unique
        begun = first.tables[name]["customer_id"].map(joined)
        assert begun.notna().all()
        for column in schema.columns:
            if column.kind == "instant":
                at = first.tables[name][column.name]
                assert ((at >= begun) & (at < end) | at.isna()).all()
    for name, frame in first.truth.items():
        pd.testing.assert_frame_equal(frame, second.truth[name])


def assert_refused(settings: type, message: str, **wrong: Any) -> None:
    with pytest.raises(ValueError, match=message):
        settings(**wrong)
