"""What the cells of a notebook cost on a simulated company: CPU seconds and peak memory, beside another checkout.

    python benchmarks/bench_notebooks.py exploration                              # a million customers, one run
    python benchmarks/bench_notebooks.py exploration --customers 100000 --runs 3 --against ../before
    python benchmarks/bench_notebooks.py clv --as-stated --runs 3 --against ../before   # CDNOW, as the notebook states

The orders (about ten a customer in two years) are written to Parquet in a scratch folder (--folder) and deleted
afterwards. Each run executes the code cells of the notebook, one after the other, in a process of its own; checkouts
take turns, so that a busy minute of the machine meets each of them. CPU is user and system time of the whole process,
imports included; medians are shown, and the five cells that cost most. The other checkout runs with its own notebook
and source, and with its own environment where it has a folder .venv.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from helpers.simulation.sales_settings import Purchases

HERE = Path(__file__).resolve().parents[1]
AS_OF = "2024-12-31"
COSTLIEST = 5


@dataclass(frozen=True)
class Run:
    """What one process took: seconds in all, seconds of CPU by cell, and the peak of its memory."""

    wall_seconds: float
    cpu_seconds: float
    peak_bytes: int
    cells: dict[str, float]


def execute(notebook: Path, parameters: dict[str, Any]) -> Run:
    """The inside of a run: the code cells in order, with these parameters in place of the notebook's own."""
    started, names, cells = time.perf_counter(), {"__name__": "__main__"}, {}
    for cell in json.loads(notebook.read_text())["cells"]:
        if cell["cell_type"] != "code":
            continue
        before, source = time.process_time(), "".join(cell["source"])
        with contextlib.redirect_stdout(io.StringIO()):
            if "display(" in source:
                exec("from IPython.display import display", names)
            exec(compile(source, cell["id"], "exec"), names)
        if "parameters" in cell["metadata"].get("tags", []):
            names |= parameters
        cells[cell["id"]] = round(time.process_time() - before, 3)
    # /proc counts from the exec: ru_maxrss would start from the peak of the parent that was forked
    peak = int(re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())[1]) * 1024  # type: ignore[index]
    return Run(time.perf_counter() - started, time.process_time(), peak, cells)


def measured(checkout: Path, notebook: str, parameters: dict[str, Any]) -> Run:
    """One run of a checkout's notebook in its own process."""
    own = checkout / ".venv/bin/python"
    command = [str(own) if own.exists() else sys.executable, __file__, notebook, "--inside", json.dumps(parameters)]
    environment = os.environ | {"PYTHONPATH": str(checkout / "src"), "PYTHONWARNINGS": "ignore"}
    folder = checkout / "notebooks"
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, cwd=folder)
    if done.returncode:
        raise SystemExit(f"{checkout}: {done.stderr.strip()[-2000:]}")
    return Run(**json.loads(done.stdout.splitlines()[-1]))


def compare(checkouts: list[Path], notebook: str, parameters: dict[str, Any], *, run_count: int) -> None:
    """The rows of the table, and which cells cost most."""
    runs: dict[Path, list[Run]] = {checkout: [] for checkout in checkouts}
    for checkout in checkouts * run_count:
        runs[checkout].append(measured(checkout, notebook, parameters))
        print(f"{checkout}: {runs[checkout][-1]}", file=sys.stderr)
    ours = statistics.median(run.cpu_seconds for run in runs[checkouts[0]])
    print("| checkout | wall s | CPU s | peak GB | CPU, times ours |\n|---|--:|--:|--:|--:|")
    for checkout, found in runs.items():
        wall, cpu, peak = (
            statistics.median(getattr(run, name) for run in found)
            for name in ("wall_seconds", "cpu_seconds", "peak_bytes")
        )
        print(f"| {checkout.name} | {wall:.1f} | {cpu:.1f} | {peak / 1e9:.2f} | {cpu / ours:.2f} |")
    for checkout, found in runs.items():
        cells = {name: statistics.median(run.cells[name] for run in found) for name in found[0].cells}
        costly = sorted(cells, key=lambda name: -cells[name])[:COSTLIEST]
        print(f"\n{checkout.name}: {', '.join(f'{name} {cells[name]:.1f} s' for name in costly)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("notebook", help="name of a notebook, such as exploration")
    parser.add_argument("--customers", type=int, default=1_000_000, help="customers of the company")
    parser.add_argument("--runs", type=int, default=1, help="runs of each checkout; medians are shown")
    parser.add_argument("--against", type=Path, default=None, help="folder of another checkout")
    parser.add_argument("--folder", type=Path, default=None, help="scratch folder; a temporary one where not given")
    parser.add_argument("--orders", type=Path, default=None, help="folder of Parquet files, in place of a company")
    parser.add_argument("--as-stated", action="store_true", help="the parameters that the notebook states: CDNOW")
    parser.add_argument("--inside", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.inside:
        run = execute(Path(f"{given.notebook}.ipynb"), json.loads(given.inside))
        print(json.dumps(asdict(run)))
        return
    checkouts = [HERE] + ([given.against.resolve()] if given.against else [])
    machine = f"{os.cpu_count()} cores, {os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB"
    print(f"Python {platform.python_version()}, {machine}; {given.notebook}, {given.runs} run(s).\n")
    if given.as_stated:
        compare(checkouts, given.notebook, {}, run_count=given.runs)
        return
    with tempfile.TemporaryDirectory(dir=given.folder) as scratch:
        orders = given.orders or written(given.customers, Path(scratch))
        parameters = {"title": "Company", "as_of": AS_OF, "orders": {"source": f"{orders.resolve()}/*/*.parquet"}}
        compare(checkouts, given.notebook, parameters, run_count=given.runs)


def written(customer_count: int, folder: Path, *, purchases: Purchases | None = None) -> Path:
    """A folder of Parquet files with the orders of a simulated company; ten a customer unless told otherwise."""
    from companies import TEN_EACH

    from helpers.simulation import company
    from helpers.simulation.settings import Company

    company.write(Company(customer_count=customer_count, purchases=purchases or TEN_EACH), folder, tables=("orders",))
    return folder / "orders"


if __name__ == "__main__":
    main()
