"""Reports on orders that stay in PostgreSQL: the time, and the most memory that our own processes hold.

    REGULARS_BENCH_POSTGRES=postgres://me@127.0.0.1/shop python benchmarks/bench_warehouse.py
    ... python benchmarks/bench_warehouse.py --orders 1000000 --customers 50000 --only exploration

Makes a table `bench_orders` in the database (and drops it): ten million orders by half a million customers in three
years, unless told otherwise; then runs exploration, segmentation and value on it, one notebook at a time. To reach: no
process of ours holds more than 1.5 GB, at ten million orders. Memory of the server is not counted: it is the cluster's.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

NOTEBOOKS = ("exploration", "segmentation", "clv")
LIMIT_MB = 1500
# customers join over two years; each buys at a rate of their own, most of them seldom
MAKE = """
SELECT setseed(0.5);
CREATE TABLE bench_orders AS
WITH people AS (
    SELECT number, date '2022-01-01' + (random() * 700)::int AS first_on,
           greatest(-ln(random()), 0.02) AS rate, 20 + 60 * random() AS usual
    FROM generate_series(1, {customers}) AS number
), rates AS (SELECT *, sum(rate) OVER () AS total FROM people)
SELECT row_number() OVER ()::bigint AS order_id, 'c' || lpad(number::text, 9, '0') AS customer_id,
       first_on + random() * random() * (timestamp '2024-12-31' - first_on) AS ordered_at,
       round((usual * exp(random() - 0.5))::numeric, 2) AS amount
FROM rates, generate_series(1, greatest(1, round({orders} * rate / total)::int));
"""


def reset(url: str, statement: str) -> None:
    """Drop the table, and make it anew where a statement does so."""
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DROP TABLE IF EXISTS bench_orders")
        for part in filter(str.strip, statement.split(";")):
            connection.execute(part)


def run(url: str, notebooks: list[str]) -> list[dict[str, object]]:
    """What the log tells of each notebook: its seconds and its memory."""
    with tempfile.TemporaryDirectory() as folder:
        params = Path(folder) / "bench.yml"
        orders = {"source": f"{url}?table=bench_orders"}
        params.write_text(json.dumps({"title": "Bench", "as_of": "2024-12-31", "currency": "EUR", "orders": orders}))
        only = [word for name in notebooks for word in ("--only", name)]
        command = [sys.executable, "-m", "helpers", "run", params, *only, "--jobs", "1", "--log-format", "json"]
        done = subprocess.run([*command, "--out", folder], capture_output=True, text=True, check=False)
    lines = [json.loads(line) for line in (done.stdout + done.stderr).splitlines() if line.startswith("{")]
    if done.returncode:
        raise SystemExit("\n".join(str(line["message"]) for line in lines) or done.stderr)
    return [line for line in lines if line["memory_mb"] is not None]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--orders", type=int, default=10_000_000)
    parser.add_argument("--customers", type=int, default=500_000)
    parser.add_argument("--only", action="append", choices=NOTEBOOKS)
    told = parser.parse_args()
    url = os.environ.get("REGULARS_BENCH_POSTGRES")
    if not url:
        print("left out: set REGULARS_BENCH_POSTGRES to the URL of a database in which a table may be made")
        return
    reset(url, MAKE.format(orders=told.orders, customers=told.customers))
    try:
        lines = run(url, told.only or list(NOTEBOOKS))
    finally:
        reset(url, "")
    print(f"{told.orders:,} orders of {told.customers:,} customers")
    for line in lines:
        print(f"{line['notebook']}: {line['seconds']} s, {line['memory_mb']} MB")
    ours = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(f"processor time of our own: {ours.ru_utime + ours.ru_stime:.0f} s, the server's not among it")
    most = max(float(str(line["memory_mb"])) for line in lines)
    print(f"most memory of our own: {most:.0f} MB, to reach: {LIMIT_MB} MB: {'yes' if most <= LIMIT_MB else 'NO'}")


if __name__ == "__main__":
    main()
