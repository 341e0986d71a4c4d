"""Features on DuckDB and on PostgreSQL: the same expression, the same numbers, ties and halves among them.

All that the notebooks ask of it is compared by whole reports (tests/reports/test_engine_runs.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import ibis
import pytest

from tests.features.expressions import FEATURES, HAND_MADE
from tests.features.test_spark import assert_same

Pair = tuple[ibis.Table, ibis.Table]


@pytest.fixture(scope="module")
def twice(postgres: str, connection: Any, orders_frame: Any) -> Iterator[Callable[..., Pair]]:
    """The same orders on DuckDB and on PostgreSQL."""
    there = ibis.connect(postgres)

    def make(rows: list[tuple[str, str, str]]) -> Pair:
        frame = orders_frame(rows, channel=[("web", "shop", None)[number % 3] for number in range(len(rows))])
        name = ibis.util.gen_name("orders")
        return connection.create_table(name, frame), there.create_table(name, frame, temp=True)

    yield make
    there.disconnect()


@pytest.fixture(scope="module")
def ordinary(twice: Callable[..., Pair], random_rows: Any) -> Pair:
    return twice(HAND_MADE + random_rows(seed=11, count=500))


HARD = [
    name
    for name in FEATURES
    if name.split()[0] in ("lifecycle.stages", "lifecycle.staged", "purchases.gap_counts", "calendar.weekday_hour")
]
"""Where engines differ: rounding of halves, windows, days of the week."""


@pytest.mark.parametrize("name", HARD)
def test_the_same_expression_gives_the_same_numbers(ordinary: Pair, name: str) -> None:
    assert_same(ordinary, FEATURES[name])
