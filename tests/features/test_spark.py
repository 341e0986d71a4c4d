"""Every feature, run on DuckDB and on PySpark in local mode: the same expression, the same numbers."""

from __future__ import annotations

import importlib.util
import math
import os
import shutil
from collections.abc import Callable, Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import ibis
import pytest

from helpers.features import (
    activity,
    calendar,
    cohorts,
    concentration,
    holdout,
    purchases,
    refunds,
    spend,
    timeline,
)

AS_OF = date(2024, 6, 30)
HAND_MADE = [
    ("ann", "2024-01-31T23:59:59", "10.00"),
    ("ann", "2024-01-31T00:00:00", "5.50"),
    ("ann", "2024-02-29T12:00:00", "20.00"),
    ("ann", "2024-06-30T23:59:59", "0.01"),
    ("bob", "2023-12-31T23:59:59", "10.00"),
    ("bob", "2024-06-01T00:00:00", "25.51"),
    ("cyd", "2024-03-10T02:30:00", "0.00"),  # an hour that summer time skips in some places
    ("dan", "2024-07-01T00:00:00", "99.00"),  # after as_of
    ("ann", "2025-01-01T00:00:00", "99.00"),
]

Feature = Callable[[ibis.Table], ibis.Table]


def _customers(orders: ibis.Table) -> ibis.Table:
    return purchases.per_customer(orders, as_of=AS_OF, unit="months")


def _compared(orders: ibis.Table) -> ibis.Table:
    return activity.comparison(orders, as_of=AS_OF, days=91)


FEATURES: dict[str, Feature] = {
    "purchase_days": lambda orders: purchases.purchase_days(orders, as_of=AS_OF),
    "per_customer days": lambda orders: purchases.per_customer(orders, as_of=AS_OF, unit="days"),
    "per_customer weeks": lambda orders: purchases.per_customer(orders, as_of=AS_OF, unit="weeks"),
    "per_customer months": _customers,
    "purchase_counts": lambda orders: purchases.purchase_counts(orders, as_of=AS_OF),
    "gap_counts": lambda orders: purchases.gap_counts(orders, as_of=AS_OF),
    "short_gaps": lambda orders: purchases.short_gaps(orders, as_of=AS_OF, days=10.5),
    "customer_months": lambda orders: cohorts.customer_months(orders, as_of=AS_OF),
    "cohort_activity": lambda orders: cohorts.cohort_activity(orders, as_of=AS_OF),
    "cohort_reach": lambda orders: cohorts.cohort_reach(orders, as_of=AS_OF),
    "lorenz": lambda orders: concentration.lorenz(_customers(orders)),
    "concentration": lambda orders: concentration.concentration(_customers(orders), top_share=0.2),
    "concentration of a third": lambda orders: concentration.concentration(_customers(orders), top_share=0.37),
    "lorenz_curve": lambda orders: concentration.lorenz_curve(_customers(orders)),
    "lorenz_curve coarse": lambda orders: concentration.lorenz_curve(_customers(orders), point_count=7),
    "abc": lambda orders: concentration.abc(_customers(orders)),
    "weekday_hour": lambda orders: calendar.weekday_hour(orders, as_of=AS_OF),
    "weekday_orders": lambda orders: calendar.weekday_orders(orders, as_of=AS_OF, weekday=3),
    "by_month": lambda orders: activity.by_month(orders, as_of=AS_OF),
    "by_month incomplete": lambda orders: activity.by_month(orders, as_of=date(2024, 6, 29)),
    "comparison": _compared,
    "comparison_totals": lambda orders: activity.comparison_totals(_compared(orders)),
    "breakdown": lambda orders: activity.breakdown(orders, by="channel", as_of=AS_OF, days=91),
    "breakdown of lines": lambda orders: activity.breakdown(
        orders.mutate(product_id=orders.channel), by="product_id", as_of=AS_OF, days=91
    ),
    "split": lambda orders: holdout.split(orders, calibration_end=date(2024, 3, 9), as_of=AS_OF),
    "repeat_spend": lambda orders: spend.repeat_spend(orders, as_of=AS_OF),
    "by_week": lambda orders: timeline.by_week(orders, origin=date(2023, 2, 1), as_of=AS_OF),
    "by_week of the known": lambda orders: timeline.by_week(
        orders, origin=date(2023, 2, 1), as_of=AS_OF, born_until=date(2024, 3, 9)
    ),
    "births": lambda orders: timeline.births(orders, as_of=AS_OF),
    "refunds.per_customer": lambda orders: refunds.per_customer(orders, orders.filter(orders.amount < 20), as_of=AS_OF),
}
DIVIDING = ("concentration", "lorenz", "lorenz_curve", "abc", "breakdown", "by_month")


def lacking() -> str | None:
    """What this machine lacks for Spark, in words."""
    if importlib.util.find_spec("pyspark") is None:
        return "PySpark: `uv sync --extra spark`"
    if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
        return "Java 17: `apt install openjdk-17-jre-headless`, or set JAVA_HOME"
    return None


@pytest.fixture(scope="module")
def spark() -> Iterator[Any]:
    if lack := lacking():
        words = f"the features were not compared on Spark, for lack of {lack}"
        pytest.fail(words) if os.environ.get("REGULARS_REQUIRE_SPARK") == "1" else pytest.skip(words)
    from pyspark.sql import SparkSession

    settings = {
        "spark.sql.execution.arrow.pyspark.enabled": "true",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": "1",
        "spark.default.parallelism": "1",
        "spark.sql.codegen.wholeStage": "false",  # compiling the plans takes longer than running them
        "spark.ui.enabled": "false",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.sql.catalogImplementation": "in-memory",
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
    rooms = (purchases, cohorts, concentration, calendar, activity, refunds, holdout, spend, timeline)
    public = {
        f"refunds.{name}" if room is refunds else name
        for room in rooms
        for name, value in vars(room).items()
        if callable(value) and getattr(value, "__module__", "") == room.__name__ and not name.startswith("_")
    }
    in_python = {"retention", "revenue_per_customer", "year_before"}
    assert public - in_python == {name.split()[0] for name in FEATURES}
