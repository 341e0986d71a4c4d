"""A backfill beside single runs of the same days: CPU seconds, and their ratio.

    python benchmarks/bench_backfill.py params/cdnow.yml --from 1997-07-01 --to 1998-06-30
    python benchmarks/bench_backfill.py params/cdnow.yml --from 1998-04-01 --to 1998-06-30 --only exploration

Once `regulars backfill` over the ends of the months between the days, and once `regulars run --as-of` for each of them,
every run a program of its own with its own folder of reports. CPU is user and system time of a program and of all that
it starts, imports included. A page is published whatever the light of its data: early months of a shop are thin.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
from datetime import date
from pathlib import Path

from helpers.days import period_ends

HERE = Path(__file__).resolve().parents[1]


def cpu_seconds(command: str, *rest: str) -> float:
    """What one program took, with all that it started."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = os.environ | {"PYTHONPATH": str(HERE / "src"), "PYTHONWARNINGS": "ignore"}
    with tempfile.TemporaryDirectory() as folder:
        whole = [sys.executable, "-m", "helpers", command, *rest, "--refuse", "never", "--quiet", "--out", folder]
        done = subprocess.run(whole, capture_output=True, text=True, check=False, env=environment, cwd=HERE)
    if done.returncode:
        raise SystemExit(f"{' '.join(rest)}: {done.stderr.strip()[-2000:]}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("params", help="a report, such as params/cdnow.yml")
    parser.add_argument("--from", dest="first", type=date.fromisoformat, required=True, help="the first day")
    parser.add_argument("--to", dest="last", type=date.fromisoformat, required=True, help="the last day")
    parser.add_argument("--only", action="append", default=[], help="this notebook alone; repeatable")
    given = parser.parse_args()
    only = [word for name in given.only for word in ("--only", name)]
    days = period_ends(given.first, given.last, every="month")
    together = cpu_seconds("backfill", given.params, "--from", str(given.first), "--to", str(given.last), *only)
    print(f"backfill of {len(days)} days: {together:.1f} CPU s", file=sys.stderr)
    alone = sum(cpu_seconds("run", given.params, "--as-of", str(day), *only) for day in days)
    print("| notebooks | days | backfill, CPU s | single runs, CPU s | ratio |\n|---|--:|--:|--:|--:|")
    which = ", ".join(given.only) or "all of the report"
    print(f"| {which} | {len(days)} | {together:.1f} | {alone:.1f} | {together / alone:.2f} |")


if __name__ == "__main__":
    main()
