"""RFM scores and segments of 5 million customers from 50 million orders: this kit, DuckDB SQL by hand, pandas.

    python benchmarks/bench_segments.py                      # 1 and 10 million orders, three runs each
    python benchmarks/bench_segments.py --millions 50 --runs 1

The orders of a simulated company (ten or so per customer in two years) are written to Parquet in a scratch folder
(--folder) and deleted afterwards. Every contender runs in a process of its own: from the files to one table of
customers with recency, frequency, value, three scores by quantiles (a value on a quantile is below it) and one of
eleven segments. Imports are timed apart. CPU is user and system time; the peak is that of the whole process. Those on
DuckDB have the same memory limit and threads. All must find the same customers in every segment.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

from companies import TEN_EACH

from helpers.simulation import company
from helpers.simulation.settings import Company

AS_OF = date(2024, 12, 31)
THREADS = 2
EACH = 10
"""Orders of a customer, about: the company has 9.9."""
FILES = "{folder}/**/*.parquet"
SEGMENTS = "eleven_segments"

Sizes = dict[str, int]
Settings = dict[str, str | int]

MEASURES = """
    CREATE TABLE measures AS
    SELECT customer_id, DATE '{as_of}' - max(ordered_at)::DATE AS days, count(*) AS orders, sum(amount) AS amount
    FROM read_parquet('{files}')
    WHERE ordered_at < DATE '{as_of}' + INTERVAL 1 DAY
    GROUP BY customer_id
"""
# whole ten-thousandths, so that the quantile of money is not rounded to the digits of the decimal
QUANTILES = """
    SELECT quantile_cont(days, [0.2, 0.4, 0.6, 0.8]), quantile_cont(orders, [0.2, 0.4, 0.6, 0.8]),
           quantile_cont((amount * 10000)::BIGINT, [0.2, 0.4, 0.6, 0.8])
    FROM measures
"""


def regulars(folder: Path, settings: Settings, names: tuple[str, ...] = (SEGMENTS,)) -> Sizes:
    import ibis

    from helpers.features import purchases, rfm
    from helpers.schemes.scheme import chosen

    connection, schemes = ibis.duckdb.connect(**settings), chosen(names)
    orders = connection.read_parquet(FILES.format(folder=folder))
    measured = connection.create_table(
        "measures", rfm.measures(purchases.purchase_days(orders, as_of=AS_OF), as_of=AS_OF, window_days=None)
    )
    cuts = rfm.thresholds(measured, schemes=schemes)
    scored = connection.create_table("customers", rfm.scored(measured, schemes=schemes, cuts=cuts))
    sizes = rfm.segment_sizes(scored, schemes=schemes)
    sizes = sizes[sizes["scheme"] == SEGMENTS]
    return dict(zip(sizes["segment"], map(int, sizes["customer_count"]), strict=True))


def six_schemes(folder: Path, settings: Settings) -> Sizes:
    return regulars(folder, settings, (SEGMENTS, "rf_grid", "r_rfm_02", "r_rfm_03", "eight_types", "four_quadrants"))


def by_hand(folder: Path, settings: Settings) -> Sizes:
    import duckdb

    from helpers.schemes.scheme import built_in

    connection = duckdb.connect(config=dict(settings))
    connection.execute(MEASURES.format(files=FILES.format(folder=folder), as_of=AS_OF))
    (days, orders, amounts) = connection.execute(QUANTILES).fetchall()[0]
    scores = [_case("days", days, turned=True), _case("orders", orders), _case("(amount * 10000)::BIGINT", amounts)]
    cells = ", ".join(f"('{cell}', '{segment}')" for cell, segment in built_in(SEGMENTS).cells().items())
    connection.execute(f"""
        CREATE TABLE customers AS
        SELECT * FROM (SELECT *, {scores[0]} AS r, {scores[1]} AS f, {scores[2]} AS m FROM measures)
        JOIN (VALUES {cells}) AS cells(cell, segment) ON cell = r::TEXT || f::TEXT || m::TEXT
    """)
    return dict(connection.execute("SELECT segment, count(*) FROM customers GROUP BY segment").fetchall())


def _case(value: str, quantiles: list[float], *, turned: bool = False) -> str:
    steps = [f"WHEN {value} <= {end} THEN {5 - at if turned else 1 + at}" for at, end in enumerate(quantiles)]
    return f"CASE {' '.join(steps)} ELSE {1 if turned else 5} END"


def in_pandas(folder: Path, _: Settings) -> Sizes:
    import numpy as np
    import pandas as pd

    from helpers.schemes.scheme import built_in

    columns = ["customer_id", "ordered_at", "amount"]
    orders = pd.read_parquet(folder, columns=columns, dtype_backend="pyarrow")
    orders = orders[orders["ordered_at"] < pd.Timestamp(AS_OF) + pd.Timedelta(days=1)]
    # whole ten-thousandths: sums of Decimal objects would be no fair contender
    orders = orders.assign(
        customer_id=orders["customer_id"].astype("category"),
        ordered_at=orders["ordered_at"].astype("datetime64[s]"),
        amount=(orders["amount"].astype("float64") * 10_000).round().astype("int64"),
    )
    customers = orders.groupby("customer_id", observed=True, sort=False).agg(
        last_at=("ordered_at", "max"), orders=("amount", "size"), amount=("amount", "sum")
    )
    days = (pd.Timestamp(AS_OF) - customers["last_at"].dt.floor("D")).dt.days
    cell = np.zeros(len(customers), dtype="int64")
    for values, turned in ((days, True), (customers["orders"], False), (customers["amount"], False)):
        bins = np.searchsorted(np.quantile(values, [0.2, 0.4, 0.6, 0.8]), values, side="left")
        cell = cell * 5 + (4 - bins if turned else bins)
    names = np.array(list(built_in(SEGMENTS).cells().values()))
    customers["segment"] = pd.Categorical(names[cell])
    return {str(name): int(count) for name, count in customers["segment"].value_counts().items()}


@dataclass(frozen=True)
class Contender:
    """A way to make the table, the modules it imports first, and the size in millions up to which it is asked."""

    make: Callable[[Path, Settings], Sizes]
    modules: tuple[str, ...]
    farthest: int = 1_000


CONTENDERS = {
    "regulars: features.rfm, eleven segments": Contender(regulars, ("ibis.backends.duckdb", "helpers.features.rfm")),
    "regulars: the same and five more schemes": Contender(
        six_schemes, ("ibis.backends.duckdb", "helpers.features.rfm")
    ),
    "DuckDB SQL by hand, eleven segments": Contender(by_hand, ("duckdb", "helpers.schemes.scheme")),
    "pandas, eleven segments": Contender(in_pandas, ("pandas", "pyarrow.parquet", "helpers.schemes.scheme"), 50),
}


@dataclass(frozen=True)
class Run:
    """What one process of a contender took, and what it found."""

    wall_seconds: float
    cpu_seconds: float
    import_seconds: float
    peak_bytes: int
    sizes: Sizes


def measured(contender: str, folder: Path, *, memory: str, time_limit: float) -> Run | str:
    """One run of a contender in its own process, or in a few words why there is none."""
    with tempfile.TemporaryDirectory(dir=folder.parent) as spill:
        command = [sys.executable, __file__, "--contender", contender, "--file", str(folder), "--memory", memory]
        command += ["--spill", spill]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=time_limit, check=False)
        except subprocess.TimeoutExpired:
            return f"stopped after {time_limit:.0f} s"
    if done.returncode:
        return f"failed: {(done.stderr.strip().splitlines() or [f'signal {-done.returncode}'])[-1][:100]}"
    return Run(**json.loads(done.stdout.splitlines()[-1]))


def contend(name: str, folder: Path, settings: Settings) -> None:
    """The inside of a contender's process: import, run, and tell the parent what it took."""
    contender = CONTENDERS[name]
    for module in contender.modules:
        importlib.import_module(module)
    imports, started = time.process_time(), time.perf_counter()
    sizes = contender.make(folder, settings)
    wall, cpu = time.perf_counter() - started, time.process_time() - imports
    print(json.dumps(asdict(Run(wall, cpu, imports, _peak_bytes(), {k: v for k, v in sizes.items() if v}))))


def _peak_bytes() -> int:
    # /proc counts from the exec: ru_maxrss would start from the peak of the parent that was forked
    return int(re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())[1]) * 1024  # type: ignore[index]


def compare(millions: int, folder: Path, *, run_count: int, memory: str, time_limit: float) -> Iterator[str]:
    """The rows of the table for one size; rounds go through all contenders, so that a busy minute hits each alike."""
    found: dict[str, list[Run]] = {name: [] for name in CONTENDERS}
    excuses = {name: "not asked: memory" for name, asked in CONTENDERS.items() if millions > asked.farthest}
    for name in [name for _ in range(run_count) for name in CONTENDERS]:
        if name in excuses:
            continue
        run = measured(name, folder, memory=memory, time_limit=time_limit)
        print(f"{millions} million, {name}: {run}", file=sys.stderr)
        if isinstance(run, str):
            excuses[name] = run
        else:
            found[name].append(run)
    _check_agreement(found)
    customers = next(sum(run.sizes.values()) for runs in found.values() for run in runs)
    medians = {name: _medians(runs) for name, runs in found.items() if name not in excuses}
    first = next(iter(medians.values()), None)
    for name in CONTENDERS:
        if name not in medians or first is None:
            yield f"| {millions} | {customers / 1e6:.2f} | {name} | {excuses[name]} | | | | | |"
            continue
        wall, cpu, imports, peak = medians[name]
        ratios = f"{cpu / first[1]:.2f} | {peak / first[3]:.2f}"
        measures = f"{wall:.1f} | {cpu:.1f} | {imports:.1f} | {peak / 1e9:.2f}"
        yield f"| {millions} | {customers / 1e6:.2f} | {name} | {measures} | {ratios} |"


def _medians(runs: list[Run]) -> list[float]:
    keys = ("wall_seconds", "cpu_seconds", "import_seconds", "peak_bytes")
    return [statistics.median(getattr(run, key) for run in runs) for key in keys]


def _check_agreement(found: dict[str, list[Run]]) -> None:
    everything = [(name, run.sizes) for name, runs in found.items() for run in runs]
    for name, sizes in everything:
        if sizes != everything[0][1]:
            raise SystemExit(f"{name} found {sizes}, {everything[0][0]} found {everything[0][1]}")


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
    columns = ["million orders", "million customers", "contender", "wall s", "CPU s", "CPU s of imports", "peak GB"]
    print(f"| {' | '.join([*columns, 'CPU, times ours', 'memory, times ours'])} |")
    print("|--:|--:|---|--:|--:|--:|--:|--:|--:|")
    with tempfile.TemporaryDirectory(dir=given.folder) as scratch:
        for millions in given.millions:
            made = Path(scratch) / f"{millions}"
            customers = Company(customer_count=millions * 1_000_000 // EACH, seed=given.seed, purchases=TEN_EACH)
            company.write(customers, made, tables=("orders",))
            how = {"run_count": given.runs, "memory": given.memory, "time_limit": given.time_limit}
            for line in compare(millions, made / "orders", **how):
                print(line, flush=True)
            shutil.rmtree(made)


if __name__ == "__main__":
    main()
