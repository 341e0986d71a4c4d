"""Whole reports on orders that stay on PostgreSQL and on Spark: every table is that of the kit's own engine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd
import pytest

from helpers.contract import loading
from helpers.params import CommonParams
from tests import servers
from tests.commands import regulars

NOTEBOOKS = ("exploration", "segmentation", "clv")
Publish = Callable[..., Path]


@pytest.fixture(scope="module")
def orders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The orders of a tenth of CDNOW's customers with ids, as a Parquet file."""
    params = CommonParams.model_validate({"title": "x", "as_of": "1998-06-30", "orders": "cdnow_sample"})
    table = loading.load(**params.delivery).orders.select("customer_id", "ordered_at", "amount")
    frame = table.order_by("ordered_at", "customer_id", "amount").to_pandas()
    frame.insert(0, "order_id", [f"o{number:05d}" for number in range(len(frame))])
    path = tmp_path_factory.mktemp("orders") / "orders.parquet"
    frame.assign(amount=frame["amount"].astype(float)).to_parquet(path, index=False, coerce_timestamps="us")
    return path


@pytest.fixture(scope="module")
def publish(tmp_path_factory: pytest.TempPathFactory) -> Publish:
    """Runs notebooks on the orders of a source; gives the folder of their tables."""
    folder = tmp_path_factory.mktemp("engines")
    settings = "\n".join(f"{name} {value}" for name, value in servers.QUICK_SPARK.items())
    (folder / "spark-defaults.conf").write_text(settings, encoding="utf-8")

    def published(name: str, orders: str, notebooks: Sequence[str] = NOTEBOOKS) -> Path:
        text = (
            f"title: CDNOW\nas_of: 1998-06-30\ncurrency: USD\nnotebooks: [{', '.join(notebooks)}]\norders: {orders}\n"
            "draw_count: 100\norigin_count: 2\n"
        )
        (folder / name).mkdir()
        params = folder / name / "shop.yml"
        params.write_text(text, encoding="utf-8")
        out, conf = folder / name / "out", {"SPARK_CONF_DIR": str(folder)}
        done = regulars("run", params, "--out", out, environment=conf, seconds=3000)
        assert done.returncode == 0, done.stderr
        return out / "shop" / "1998-06-30" / "tables"

    return published


@pytest.fixture(scope="module")
def on_duckdb(publish: Publish, orders: Path) -> Path:
    return publish("duckdb", str(orders))


def assert_same_tables(there: Path, here: Path, notebooks: Sequence[str] = NOTEBOOKS) -> None:
    of_notebooks = [sorted(folder / name for name in notebooks) for folder in (here, there)]
    names, others = (
        sorted(path.relative_to(one.parent) for one in each for path in one.rglob("*.csv")) for each in of_notebooks
    )
    assert names == others
    assert {name.parts[0] for name in names} == set(notebooks)
    for name in names:
        ours, theirs = (pd.read_csv(folder / name) for folder in (there, here))
        pd.testing.assert_frame_equal(ours, theirs, rtol=1e-9, atol=1e-12, obj=str(name))


@pytest.mark.slow
def test_reports_on_postgresql_have_the_tables_of_duckdb(
    postgres: str, publish: Publish, orders: Path, on_duckdb: Path
) -> None:
    import psycopg

    with psycopg.connect(postgres, autocommit=True) as connection:
        columns = "order_id text, customer_id text, ordered_at timestamp, amount double precision"
        connection.execute(f"CREATE TABLE cdnow ({columns})")
        with connection.cursor().copy("COPY cdnow FROM STDIN") as copy:
            for row in pd.read_parquet(orders).itertuples(index=False):
                copy.write_row(row)
    assert_same_tables(publish("postgres", f"{postgres}?table=cdnow"), on_duckdb)


@pytest.mark.slow
@pytest.mark.parametrize("notebook", NOTEBOOKS)
def test_a_report_on_spark_has_the_tables_of_duckdb(
    java: str, publish: Publish, orders: Path, on_duckdb: Path, notebook: str
) -> None:
    assert java
    source = f"{{source: 'spark://local', table: 'parquet:{orders}'}}"
    assert_same_tables(publish(f"spark_{notebook}", source, [notebook]), on_duckdb, [notebook])
