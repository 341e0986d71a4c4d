"""A backfill beside single runs of the same days: CPU seconds, their ratio, and whether their tables are the same.

    python benchmarks/bench_backfill.py params/cdnow.yml --from 1997-07-01 --to 1998-06-30
    python benchmarks/bench_backfill.py params/cdnow.yml --from 1998-04-01 --to 1998-06-30 --only exploration

Once `regulars backfill` over the ends of the months between the days, and once `regulars run --as-of` for each of them,
one after another into one folder, as a scheduler would month by month: so the overview of a later day finds the reports
of the earlier ones either way. CPU is user and system time of a program and of all that it starts, imports included. A
page is published whatever the light of its data: early months of a shop are thin. Every table of every day must be the
same to the byte, else this ends with an error.
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


def cpu_seconds(command: str, *rest: str, out: Path) -> float:
    """What one program took, with all that it started."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = os.environ | {"PYTHONPATH": str(HERE / "src"), "PYTHONWARNINGS": "ignore"}
    whole = [sys.executable, "-m", "helpers", command, *rest, "--refuse", "never", "--quiet", "--out", str(out)]
    done = subprocess.run(whole, capture_output=True, text=True, check=False, env=environment, cwd=HERE)
    if done.returncode:
        raise SystemExit(f"{' '.join(rest)}: {done.stderr.strip()[-2000:]}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def tables(folder: Path) -> dict[str, bytes]:
    """The bytes of every table of all published days, by its place."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*.csv")
        if not path.relative_to(folder).parts[0].startswith(".")
    }


def check_alike(together: Path, alone: Path) -> int:
    """How many tables there are; all must be the same to the byte."""
    ours, theirs = tables(together), tables(alone)
    other = sorted(name for name in ours.keys() | theirs.keys() if ours.get(name) != theirs.get(name))
    if other or not ours:
        raise SystemExit(f"{len(other)} of {len(ours)} tables differ, such as {', '.join(other[:5])}")
    return len(ours)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("params", help="a report, such as params/cdnow.yml")
    parser.add_argument("--from", dest="first", type=date.fromisoformat, required=True, help="the first day")
    parser.add_argument("--to", dest="last", type=date.fromisoformat, required=True, help="the last day")
    parser.add_argument("--only", action="append", default=[], help="this notebook alone; repeatable")
    given = parser.parse_args()
    only = [word for name in given.only for word in ("--only", name)]
    days = period_ends(given.first, given.last, every="month")
    with tempfile.TemporaryDirectory() as folder:
        both = Path(folder, "together"), Path(folder, "alone")
        span = ("--from", str(given.first), "--to", str(given.last))
        together = cpu_seconds("backfill", given.params, *span, *only, out=both[0])
        print(f"backfill of {len(days)} days: {together:.1f} CPU s", file=sys.stderr)
        alone = sum(cpu_seconds("run", given.params, "--as-of", str(day), *only, out=both[1]) for day in days)
        same = check_alike(*both)
    print(
        "| notebooks | days | same tables | backfill, CPU s | single runs, CPU s | ratio |\n|---|--:|--:|--:|--:|--:|"
    )
    which = ", ".join(given.only) or "all of the report"
    print(f"| {which} | {len(days)} | {same} | {together:.1f} | {alone:.1f} | {together / alone:.2f} |")


if __name__ == "__main__":
    main()
