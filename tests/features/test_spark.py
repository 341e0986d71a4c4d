"""Every feature, run on DuckDB and on PySpark in local mode: the same expression, the same numbers."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

import ibis
import pytest

from tests import servers
from tests.features.expressions import DIVIDING, FEATURES, HAND_MADE, NO_TABLE, ROOMS, Feature


@pytest.fixture(scope="module")
def spark(java: str) -> Iterator[Any]:
    assert java
    from pyspark.sql import SparkSession

    settings = servers.QUICK_SPARK | {
        "spark.sql.execution.arrow.pyspark.enabled": "true",
        "spark.sql.session.timeZone": "UTC",
        "spark.default.parallelism": "1",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.log.level": "ERROR",
    }
    builder = SparkSession.builder.master("local[1]").appName("regulars")
    for name, value in settings.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    yield ibis.pyspark.connect(session)
    session.stop()


@pytest.fixture(scope="module")
def twice(spark: Any, connection: Any, orders_frame: Any) -> Callable[..., tuple[ibis.Table, ibis.Table]]:
    """The same orders on DuckDB and on Spark."""

    def make(rows: list[tuple[str, str, str]]) -> tuple[ibis.Table, ibis.Table]:
        frame = orders_frame(rows, channel=[("web", "shop", None)[number % 3] for number in range(len(rows))])
        name = ibis.util.gen_name("orders")
        spark._session.createDataFrame(frame.to_pandas()).createOrReplaceTempView(name)
        on_spark = spark.table(name)
        return connection.create_table(name, frame), on_spark.mutate(amount=on_spark.amount.cast("decimal(18, 4)"))

    return make


@pytest.fixture(scope="module")
def ordinary(twice: Any, random_rows: Any) -> tuple[ibis.Table, ibis.Table]:
    return twice(HAND_MADE + random_rows(seed=11, count=500))


@pytest.fixture(scope="module")
def worthless(twice: Any) -> tuple[ibis.Table, ibis.Table]:
    return twice([("ann", "2024-05-01T10:00:00", "0"), ("bob", "2024-06-01T10:00:00", "0")])


def canonical(table: ibis.Table) -> list[tuple[Any, ...]]:
    rows = [tuple(_plain(value) for value in row.values()) for row in table.to_pyarrow().to_pylist()]
    return sorted(
        rows, key=lambda row: [(value is None, str(type(value)), value) for value in row if value is not None]
    )


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.replace(tzinfo=None)
    return value.normalize() if isinstance(value, Decimal) else value


def assert_same(orders: tuple[ibis.Table, ibis.Table], feature: Feature) -> None:
    on_duckdb, on_spark = (feature(table) for table in orders)
    assert on_duckdb.columns == on_spark.columns
    expected, found = canonical(on_duckdb), canonical(on_spark)
    assert len(found) == len(expected) > 0
    for theirs, ours in zip(found, expected, strict=True):
        for column, a, b in zip(on_duckdb.columns, theirs, ours, strict=True):
            assert type(a) is type(b), f"{column}: {a!r} on Spark, {b!r} on DuckDB"
            same = math.isclose(a, b, rel_tol=1e-12, abs_tol=0) if isinstance(a, float) else a == b
            assert same, f"{column}: {a!r} on Spark, {b!r} on DuckDB"


@pytest.mark.parametrize("name", FEATURES)
def test_the_same_expression_gives_the_same_numbers(ordinary: tuple[ibis.Table, ibis.Table], name: str):
    assert_same(ordinary, FEATURES[name])


@pytest.mark.parametrize("name", DIVIDING)
def test_where_no_money_was_earned_spark_divides_by_nothing(worthless: tuple[ibis.Table, ibis.Table], name: str):
    assert_same(worthless, FEATURES[name])


def test_every_public_feature_is_compared():
    public = {
        f"{room.__name__.rsplit('.', 1)[1]}.{name}"
        for room in ROOMS
        for name, value in vars(room).items()
        if inspect.isfunction(value) and value.__module__ == room.__name__ and not name.startswith("_")
    }
    assert public - NO_TABLE == {name.split()[0] for name in FEATURES}
    assert public >= NO_TABLE
