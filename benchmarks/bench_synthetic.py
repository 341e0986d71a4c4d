"""A simulated company to Parquet, block by block: customers and orders a second, and the peak of memory.

    python benchmarks/bench_synthetic.py                       # a million customers with their orders, then all tables
    python benchmarks/bench_synthetic.py --orders-millions 100 # as many customers as give that many orders

Each run is a process of its own; its peak is that of the whole process, imports included. The rival draws purchases
alone, a customer at a time, and writes nothing: `lifetimes.generate_data`, timed on fewer customers. To reach: a
million customers with their orders in under a minute and 4 GB.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import companies
import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from helpers.simulation import company, manifests
from helpers.simulation.settings import Company

ORDERS = ("customers", "orders")
BASKETS = (*ORDERS, "products", "order_items")
RIVAL_CUSTOMERS = 2_000


def write(customer_count: int, tables: tuple[str, ...] | None, folder: Path, *, lively: bool) -> None:
    """The inside of a run: write, and tell the parent what it took."""
    settings = companies.lively(customer_count) if lively else Company(customer_count=customer_count)
    started, cpu = time.perf_counter(), time.process_time()
    company.write(settings, folder, tables=tables)
    told = {"wall": time.perf_counter() - started, "cpu": time.process_time() - cpu, "peak": _peak_bytes()}
    files = list((folder / "orders").rglob("*.parquet"))
    told["orders"] = sum(pq.read_metadata(file).num_rows for file in files)
    told["bytes"] = sum(file.stat().st_size for file in folder.rglob("*.parquet"))
    print(json.dumps(told))


def _peak_bytes() -> int:
    status = Path("/proc/self/status")
    if status.exists():
        return int(re.search(r"VmHWM:\s+(\d+) kB", status.read_text())[1]) * 1024  # type: ignore[index]
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def measured(label: str, customer_count: int, tables: tuple[str, ...] | None, *, folder: Path, lively: bool) -> str:
    """One run in its own process, as a row of the table."""
    with tempfile.TemporaryDirectory(dir=folder) as out:
        command = [sys.executable, __file__, "--customers", str(customer_count), "--inside", out]
        command += ["--tables", ",".join(tables or manifests.TABLES)] + ["--lively"] * lively
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    told = json.loads(done.stdout)
    rates = f"{customer_count / told['wall']:,.0f} | {told['orders'] / told['wall']:,.0f}"
    sizes = f"{told['peak'] / 1e9:.2f} | {told['bytes'] / 1e9:.2f}"
    millions = f"{customer_count / 1e6:.2f} | {told['orders'] / 1e6:.1f}"
    return f"| {label} | {millions} | {told['wall']:.1f} | {told['cpu']:.1f} | {rates} | {sizes} |"


def rival() -> str:
    """`lifetimes` draws the Pareto/NBD customers of the default company."""
    from lifetimes.generate_data import pareto_nbd_model

    given = Company().purchases
    np.random.seed(1)  # noqa: NPY002 - it draws from the global stream
    started = time.perf_counter()
    frame: pd.DataFrame = pareto_nbd_model(
        52, given.r, given.alpha_weeks, given.s, given.beta_weeks, size=RIVAL_CUSTOMERS
    )
    wall = time.perf_counter() - started
    orders = int((frame["frequency"] + 1).sum())
    rates = f"{RIVAL_CUSTOMERS / wall:,.0f} | {orders / wall:,.0f}"
    return f"| lifetimes.generate_data, summaries only | {RIVAL_CUSTOMERS / 1e6} | | {wall:.1f} | | {rates} | | |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--orders-millions", type=float, default=None, help="write about so many orders instead")
    parser.add_argument("--folder", type=Path, default=None, help="scratch folder; a temporary one where not given")
    for inner in ("--inside", "--tables"):
        parser.add_argument(inner, help=argparse.SUPPRESS)
    parser.add_argument("--lively", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.inside:
        write(given.customers, tuple(given.tables.split(",")), Path(given.inside), lively=given.lively)
        return
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, {memory:.0f} GiB.\n")
    print(
        "| what | million customers | million orders | wall s | CPU s | customers/s | orders/s | peak GB | GB written |"
    )
    print("|---|--:|--:|--:|--:|--:|--:|--:|--:|")
    if given.orders_millions is not None:
        count = companies.lively_by_orders(int(given.orders_millions * 1e6)).customer_count
        print(measured("orders alone", count, ("orders",), folder=given.folder, lively=True))
        return
    for label, tables in (("customers, orders", ORDERS), ("and baskets", BASKETS), ("all tables", None)):
        print(measured(label, given.customers, tables, folder=given.folder, lively=False), flush=True)
    print(rival())


if __name__ == "__main__":
    main()
