"""The model of leaving at size: features and scores of many customers with many events, peak memory and CPU time.

    python benchmarks/bench_leaving.py --customers 1000000 --events 100000000
    python benchmarks/bench_leaving.py                  # a tenth of it

Orders and events are drawn by DuckDB into Parquet in a temporary folder, about five purchases a customer over two years
and the events evenly; then everything is as in the notebook: features on a day, who bought in the window after it,
logistic regression and gradient boosting, and the chances of today's customers. Peak memory is that of the whole
process, DuckDB included. To reach: under 6 GB for a million customers with a hundred million events.
"""

from __future__ import annotations

import argparse
import contextlib
import resource
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

import duckdb
import ibis

from helpers.features import leaving, lifecycle, purchases
from helpers.models.churn import leaving_models
from helpers.models.churn.leaving_models import BOOSTING, Sample

AS_OF = date(2024, 12, 31)
LEAD_DAYS, HORIZON_DAYS, MEAN_ORDERS, DAYS = 14, 182, 5, 730
RULE = lifecycle.Rule(comeback_days=182, slipping_share=0.5, lapsed_share=0.1, loyal_purchase_count=4)


def write(folder: Path, *, customers: int, events: int) -> None:
    """Orders and events as Parquet; customers differ in how often they buy, and stop at a day of their own."""
    con = duckdb.connect()
    con.execute("SET memory_limit = '2GB'; SELECT setseed(0.5)")
    day = f"TIMESTAMP '2023-01-01' + INTERVAL 1 MINUTE * CAST(random() * {DAYS * 1440} AS INTEGER)"
    customer = f"printf('c%07d', CAST(floor({customers} * pow(random(), 1.5)) AS INTEGER))"
    con.execute(
        f"COPY (SELECT * FROM (SELECT {customer} AS customer_id, {day} AS ordered_at, 20.0 * random() AS amount "
        f"FROM range({customers * MEAN_ORDERS})) WHERE hash(customer_id) % {DAYS} > "
        f"date_diff('day', TIMESTAMP '2023-01-01', ordered_at) / 2) TO '{folder / 'orders.parquet'}'"
    )
    con.execute(
        f"COPY (SELECT {customer} AS customer_id, {day} AS at, 'visit' AS kind FROM range({events})) "
        f"TO '{folder / 'events.parquet'}'"
    )
    con.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, default=100_000)
    parser.add_argument("--events", type=int, default=10_000_000)
    parser.add_argument("--folder", type=Path, help="keeps the orders and events, and takes those that are there")
    told = parser.parse_args()
    with contextlib.ExitStack() as kept:
        folder = told.folder or Path(kept.enter_context(tempfile.TemporaryDirectory()))
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / "events.parquet").exists():
            write(folder, customers=told.customers, events=told.events)
        measure(folder, told)


def measure(folder: Path, told: argparse.Namespace) -> None:
    start, before = time.process_time(), peak()
    engine = ibis.duckdb.connect(memory_limit="2GB", temp_directory=str(folder))
    orders, events = (engine.read_parquet(folder / f"{each}.parquet") for each in ("orders", "events"))
    orders = orders.mutate(order_id=ibis.row_number().cast("string"))
    bought = purchases.purchase_days(orders, as_of=AS_OF).cache()
    learn_on = AS_OF - timedelta(days=LEAD_DAYS + HORIZON_DAYS)
    window = leaving_models.Origin(learn_on, AS_OF, LEAD_DAYS, HORIZON_DAYS).window(learn_on)
    known = leaving.standing(bought, events, days=[learn_on, AS_OF], rule=RULE)
    stayed = leaving.stayed(bought, windows_of={learn_on: window})
    features = time.process_time() - start
    learned: Sample = leaving_models.sample(
        known[learn_on], stayed[learn_on], day=learn_on, features=list(leaving.FEATURES)
    )
    chances = leaving_models.predict(learned, known[AS_OF], best=BOOSTING, seed=1)
    scores = time.process_time() - start - features
    print(f"{told.customers:,} customers, {told.events:,} events: {len(chances):,} scored")
    print(f"features {features:.1f} s, scores {scores:.1f} s of CPU; peak {peak():.2f} GB ({before:.2f} before)")


def peak() -> float:
    """Peak memory of this process so far, GB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2


if __name__ == "__main__":
    main()
