"""Orders to one row per customer, at 1, 10 and 100 million orders: this kit, DuckDB SQL by hand, pandas, lifetimes.

    python benchmarks/bench_summary.py                      # 1 and 10 million orders, three runs each
    python benchmarks/bench_summary.py --millions 100 --runs 1

The orders of a simulated company (helpers.simulation) are written to Parquet in a scratch folder (--folder), block
by block, and deleted afterwards. Every contender runs in a process of its own and makes one table of customers of the
same files. Its imports are timed apart: they do not grow with the orders. CPU is user and system time; the peak is that
of the whole process. Those that run on DuckDB have the same memory limit and threads. All must find the same customers,
purchases and money.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import platform
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path

from companies import lively_by_orders

from helpers.simulation import company

AS_OF = date(2024, 12, 31)
THREADS = 2
FILES = "{folder}/*/*.parquet"

# what a careful person writes by hand: one pass, first by customer and day, then by customer
BY_HAND = """
    SELECT customer_id, order_count, purchase_count, purchase_count - 1 AS frequency,
           (last_on - first_on) / 7.0::DOUBLE AS recency_weeks,
           (DATE '{as_of}' - first_on) / 7.0::DOUBLE AS age_weeks,
           DATE '{as_of}' - last_on AS days_since_last, first_on, last_on, amount
    FROM (SELECT customer_id, sum(n)::BIGINT AS order_count, count(*) AS purchase_count,
                 min(purchased_on) AS first_on, max(purchased_on) AS last_on, sum(amount) AS amount
          FROM (SELECT customer_id, ordered_at::DATE AS purchased_on, count(*) AS n, sum(amount) AS amount
                FROM read_parquet('{file}')
                WHERE ordered_at < DATE '{as_of}' + INTERVAL 1 DAY
                GROUP BY ALL)
          GROUP BY customer_id)
"""
COUNT_DISTINCT = """
    SELECT customer_id, order_count, purchase_count, purchase_count - 1 AS frequency,
           (last_on - first_on) / 7.0::DOUBLE AS recency_weeks,
           (DATE '{as_of}' - first_on) / 7.0::DOUBLE AS age_weeks,
           DATE '{as_of}' - last_on AS days_since_last, first_on, last_on, amount
    FROM (SELECT customer_id, count(*) AS order_count, count(DISTINCT ordered_at::DATE) AS purchase_count,
                 min(ordered_at)::DATE AS first_on, max(ordered_at)::DATE AS last_on, sum(amount) AS amount
          FROM read_parquet('{file}')
          WHERE ordered_at < DATE '{as_of}' + INTERVAL 1 DAY
          GROUP BY customer_id)
"""
TOTALS = "SELECT count(*), sum(purchase_count)::BIGINT, sum(amount)::DOUBLE FROM customers"

Totals = tuple[int, int, float]
Settings = dict[str, str | int]
"""What DuckDB is told: memory limit, threads, where to spill."""


def regulars(file: Path, settings: Settings) -> Totals:
    import ibis

    from helpers.features.purchases import per_customer, purchase_days

    connection = ibis.duckdb.connect(**settings)
    orders = connection.read_parquet(FILES.format(folder=file))
    customers = per_customer(purchase_days(orders, as_of=AS_OF), as_of=AS_OF, unit="weeks")
    connection.create_table("customers", customers)
    return connection.raw_sql(TOTALS).fetchone()


def by_hand(file: Path, settings: Settings, sql: str = BY_HAND) -> Totals:
    import duckdb

    connection = duckdb.connect(config=dict(settings))
    connection.execute("CREATE TABLE customers AS " + sql.format(file=FILES.format(folder=file), as_of=AS_OF))
    customers, purchases, money = connection.execute(TOTALS).fetchall()[0]
    return customers, purchases, money


def count_distinct(file: Path, settings: Settings) -> Totals:
    return by_hand(file, settings, COUNT_DISTINCT)


def in_pandas(file: Path, _: Settings) -> Totals:
    import pandas as pd

    orders = pd.read_parquet(file, columns=["customer_id", "ordered_at", "amount"], dtype_backend="pyarrow")
    orders = orders[orders["ordered_at"] < pd.Timestamp(AS_OF) + pd.Timedelta(days=1)]
    # doubles: sums of Decimal objects would be no fair contender
    orders = orders.assign(
        customer_id=orders["customer_id"].astype("category"),
        day=orders["ordered_at"].astype("datetime64[s]").dt.floor("D"),
        amount=orders["amount"].astype("float64"),
    )
    by_day = orders.groupby(["customer_id", "day"], observed=True, sort=False)["amount"].agg(["size", "sum"])
    grouped = by_day.reset_index("day").groupby("customer_id", observed=True, sort=False)
    customers = grouped.agg(
        order_count=("size", "sum"),
        purchase_count=("size", "size"),
        first_on=("day", "min"),
        last_on=("day", "max"),
        amount=("sum", "sum"),
    )
    customers["frequency"] = customers["purchase_count"] - 1
    customers["recency_weeks"] = (customers["last_on"] - customers["first_on"]).dt.days / 7
    customers["age_weeks"] = (pd.Timestamp(AS_OF) - customers["first_on"]).dt.days / 7
    customers["days_since_last"] = (pd.Timestamp(AS_OF) - customers["last_on"]).dt.days
    return len(customers), int(customers["purchase_count"].sum()), float(customers["amount"].sum())


def in_lifetimes(file: Path, _: Settings) -> Totals:
    import pandas as pd
    from lifetimes.utils import summary_data_from_transaction_data

    orders = pd.read_parquet(file, columns=["customer_id", "ordered_at", "amount"])
    orders["amount"] = orders["amount"].astype("float64")
    # frequency, recency, T and the mean spend: fewer columns than the others make
    customers = summary_data_from_transaction_data(
        orders,
        "customer_id",
        "ordered_at",
        monetary_value_col="amount",
        observation_period_end=datetime.combine(AS_OF, datetime.max.time()),
        freq="D",
        freq_multiplier=7,
        include_first_transaction=True,
    )
    money = float((customers["monetary_value"] * customers["frequency"]).sum())
    return len(customers), int(customers["frequency"].sum()), money


@dataclass(frozen=True)
class Contender:
    """A way to make the table, the modules it imports first, and the size in millions up to which it is asked."""

    make: Callable[[Path, Settings], Totals]
    modules: tuple[str, ...]
    farthest: int = 1_000


CONTENDERS = {
    "regulars: features.purchases.per_customer": Contender(
        regulars, ("ibis.backends.duckdb", "helpers.features.purchases")
    ),
    "DuckDB SQL by hand, GROUP BY twice": Contender(by_hand, ("duckdb",)),
    "DuckDB SQL by hand, COUNT(DISTINCT day)": Contender(count_distinct, ("duckdb",)),
    "pandas": Contender(in_pandas, ("pandas", "pyarrow.parquet"), farthest=10),
    "lifetimes.utils.summary_data_from_transaction_data": Contender(in_lifetimes, ("lifetimes.utils",), farthest=10),
}


@dataclass(frozen=True)
class Run:
    """What one process of a contender took, and what it found."""

    wall_seconds: float
    cpu_seconds: float
    import_seconds: float
    peak_bytes: int
    totals: Totals


def measured(contender: str, file: Path, *, memory: str, time_limit: float) -> Run | str:
    """One run of a contender in its own process, or in a few words why there is none."""
    with tempfile.TemporaryDirectory(dir=file.parent) as spill:
        command = [sys.executable, __file__, "--contender", contender, "--file", str(file), "--memory", memory]
        command += ["--spill", spill]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=time_limit, check=False)
        except subprocess.TimeoutExpired:
            return f"stopped after {time_limit:.0f} s"
    if done.returncode:
        return f"failed: {(done.stderr.strip().splitlines() or [f'signal {-done.returncode}'])[-1][:100]}"
    told = json.loads(done.stdout.splitlines()[-1])
    return Run(**told | {"totals": tuple(told["totals"])})


def contend(name: str, file: Path, settings: Settings) -> None:
    """The inside of a contender's process: import, run, and tell the parent what it took."""
    contender = CONTENDERS[name]
    for module in contender.modules:
        importlib.import_module(module)
    imports, started = time.process_time(), time.perf_counter()
    totals = contender.make(file, settings)
    wall, cpu = time.perf_counter() - started, time.process_time() - imports
    print(json.dumps(asdict(Run(wall, cpu, imports, _peak_bytes(), totals))))


def _peak_bytes() -> int:
    # ru_maxrss would start from the peak of the parent that was forked: /proc counts from the exec
    status = Path("/proc/self/status")
    if status.exists():
        return int(re.search(r"VmHWM:\s+(\d+) kB", status.read_text())[1]) * 1024  # type: ignore[index]
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def compare(millions: int, file: Path, *, run_count: int, memory: str, time_limit: float) -> Iterator[str]:
    """The rows of the table for one size; rounds go through all contenders, so that a busy minute hits each alike."""
    asked = [name for name, contender in CONTENDERS.items() if millions <= contender.farthest]
    found: dict[str, list[Run]] = {name: [] for name in asked}
    excuses: dict[str, str] = {}
    for _ in range(run_count):
        for name in asked:
            if name in excuses:
                continue
            run = measured(name, file, memory=memory, time_limit=time_limit)
            print(f"{millions} million, {name}: {run}", file=sys.stderr)
            if isinstance(run, str):
                excuses[name] = run
            else:
                found[name].append(run)
    _check_agreement(found)
    medians = {name: _medians(runs) for name, runs in found.items() if runs and name not in excuses}
    rivals = [medians[name] for name in medians if name.startswith("DuckDB")]
    best = [min(values) for values in zip(*rivals, strict=True)]
    for name in CONTENDERS:
        if name in medians:
            wall, cpu, imports, peak = medians[name]
            ratios = f"{cpu / best[1]:.2f} | {peak / best[3]:.2f}" if best else "| "
            yield f"| {millions} | {name} | {wall:.1f} | {cpu:.1f} | {imports:.1f} | {peak / 1e9:.2f} | {ratios} |"
        else:
            yield f"| {millions} | {name} | {excuses.get(name, 'not asked: memory')} | | | | | |"


def _medians(runs: list[Run]) -> list[float]:
    keys = ("wall_seconds", "cpu_seconds", "import_seconds", "peak_bytes")
    return [statistics.median(getattr(run, key) for run in runs) for key in keys]


def _check_agreement(found: dict[str, list[Run]]) -> None:
    everything = [(name, run.totals) for name, runs in found.items() for run in runs]
    for name, (customers, purchases, money) in everything:
        first = everything[0][1]
        if (customers, purchases) != first[:2] or abs(money / first[2] - 1) > 1e-9:
            raise SystemExit(f"{name} found {customers, purchases, money}, {everything[0][0]} found {first}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--millions", type=int, nargs="+", default=[1, 10], help="sizes, in millions of orders")
    parser.add_argument("--runs", type=int, default=3, help="runs of each contender; medians are shown")
    parser.add_argument("--memory", default="3GB", help="memory limit of DuckDB")
    parser.add_argument("--time-limit", type=float, default=900, help="seconds a run may take")
    parser.add_argument("--seed", type=int, default=20250131, help="of the simulated orders")
    parser.add_argument("--folder", type=Path, default=None, help="scratch folder; a temporary one where not given")
    for inner in ("--contender", "--file", "--spill"):
        parser.add_argument(inner, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.contender:
        settings: Settings = {"memory_limit": given.memory, "threads": THREADS, "temp_directory": given.spill}
        contend(given.contender, Path(given.file), settings)
        return
    machine = f"{os.cpu_count()} cores, {os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB"
    limits = f"DuckDB with {given.memory} and {THREADS} threads"
    print(f"Python {platform.python_version()}, {machine}; {limits}; {given.runs} run(s).\n")
    print("| million orders | contender | wall s | CPU s | CPU s of imports | peak GB | CPU, ratio | memory, ratio |")
    print("|--:|---|--:|--:|--:|--:|--:|--:|")
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        for millions in given.millions:
            made = Path(folder) / f"{millions}"
            company.write(lively_by_orders(millions * 1_000_000, seed=given.seed), made, tables=("orders",))
            file = made / "orders"
            how = {"run_count": given.runs, "memory": given.memory, "time_limit": given.time_limit}
            for line in compare(millions, file, **how):
                print(line, flush=True)
            shutil.rmtree(made)


if __name__ == "__main__":
    main()
