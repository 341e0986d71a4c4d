"""What `regulars new` and `regulars check` cost on data as people bring them: CPU seconds, beside another checkout.

    .venv/bin/python benchmarks/bench_door.py --against ../before
    .venv/bin/python benchmarks/bench_door.py --runs 9 --against ../before --only check

Each command runs in a process of its own, checkouts taking turns, so that a busy minute of the machine meets each of
them; the first run of each writes its compiled modules, and is not counted. CPU is user and system time of the whole
process, imports included; medians are shown, and what bare imports come to. `new` is asked about a simulated export of
Shopify (--customers), and the params that it writes are deleted afterwards; `check` reads such params, CDNOW and the
demo company. `refused` is a report's name that cannot be one.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parents[1]
NAME = "bench_door"
ANSWERS = ("--currency", "USD")
ENGINE = "import duckdb, ibis.backends.duckdb"


@dataclass(frozen=True)
class Task:
    """One command line, by what it is called, as arguments of Python; whether it is meant to succeed."""

    name: str
    arguments: tuple[str, ...]
    succeeds: bool = True


def tasks(folder: Path) -> list[Task]:
    """All that is measured; an export and its params lie in the folder."""
    regulars, export = ("-m", "helpers"), str(folder / "export.csv")
    return [
        Task("new: export", (*regulars, "new", NAME, "--orders", export, *ANSWERS, "--force")),
        Task("check: export", (*regulars, "check", str(folder / "export.yml"))),
        Task("check: cdnow", (*regulars, "check", "params/cdnow.yml")),
        Task("check: demo", (*regulars, "check", "params/demo.yml")),
        Task("refused: new", (*regulars, "new", "a name", "--orders", export), succeeds=False),
        Task("imports: command line", ("-c", "import helpers.__main__")),
        Task("imports: engine", ("-c", ENGINE)),
        Task("imports: engine, pandas", ("-c", f"{ENGINE}, pandas")),
    ]


def cpu_seconds(checkout: Path, task: Task) -> float:
    """User and system time of one command of a checkout, imports included."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = executed(checkout, task.arguments)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if (done.returncode == 0) != task.succeeds:
        raise SystemExit(f"{checkout}: {task.name}: {done.stdout[-500:]} {done.stderr.strip()[-2000:]}")
    return (after.ru_utime - before.ru_utime) + (after.ru_stime - before.ru_stime)


def executed(checkout: Path, arguments: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
    """A command of a checkout's own source and, where it has one, its own environment."""
    own = checkout / ".venv/bin/python"
    command = [str(own) if own.exists() else sys.executable, *arguments]
    environment = os.environ | {"PYTHONPATH": str(checkout / "src"), "PYTHONWARNINGS": "ignore"}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment, cwd=checkout)


def prepare(folder: Path, checkout: Path, *, customer_count: int) -> None:
    """A simulated export of Shopify in a folder, and the params that a checkout, the older one, proposes for it."""
    size = ("--customers", str(customer_count))
    executed(HERE, ("-m", "helpers", "demo", "--as", "shopify", *size, "--out", str(folder / "export")))
    next((folder / "export").glob("*.csv")).rename(folder / "export.csv")
    proposal = ("new", NAME, "--orders", str(folder / "export.csv"), *ANSWERS, "--force")
    executed(checkout, ("-m", "helpers", *proposal))
    shutil.move(checkout / "params" / f"{NAME}.yml", folder / "export.yml")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--against", type=Path, default=None, help="folder of another checkout")
    parser.add_argument("--runs", type=int, default=5, help="runs of each command of each checkout; medians are shown")
    parser.add_argument("--customers", type=int, default=2_000, help="customers of the simulated export")
    parser.add_argument("--only", default="", help="measure only tasks whose names begin so")
    asked = parser.parse_args()
    checkouts = [HERE, *([asked.against.resolve()] if asked.against else [])]
    print(f"| task | {' | '.join(one.name for one in checkouts)} | ratio |\n|---|{'--:|' * (len(checkouts) + 1)}")
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        prepare(folder, checkouts[-1], customer_count=asked.customers)
        for task in tasks(folder):
            if not task.name.startswith(asked.only):
                continue
            runs: dict[Path, list[float]] = {checkout: [] for checkout in checkouts}
            for number in range(asked.runs + 1):
                for checkout in checkouts:
                    spent = cpu_seconds(checkout, task)
                    runs[checkout] += [spent] if number else []
            medians = [statistics.median(runs[checkout]) for checkout in checkouts]
            shown = " | ".join(f"{median:.2f}" for median in medians)
            print(f"| {task.name} | {shown} | {medians[0] / medians[-1]:.2f} |", flush=True)
    for checkout in checkouts:
        (checkout / "params" / f"{NAME}.yml").unlink(missing_ok=True)


if __name__ == "__main__":
    main()
