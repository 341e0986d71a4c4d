"""Reports on orders that stay on Spark: the time, and the most memory that a Python process of ours holds.

    python benchmarks/bench_spark.py --only exploration --only clv   # ten million orders of half a million customers

Writes the orders of a simulated company to Parquet in a scratch folder, and runs notebooks on a local Spark that reads
them there, one at a time. The memory that a run tells of itself counts the Java of Spark, which is the cluster's; here
it is left out. To reach: 1.5 GB, at ten million orders. Needs the extra `spark`, and Java 17 or later.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
import pyarrow.dataset
from bench_notebooks import AS_OF, written
from companies import TWENTY_EACH

NOTEBOOKS = ("exploration", "segmentation", "clv")
LIMIT_MB = 1500
SPARK = "spark.driver.memory {memory}\nspark.sql.catalogImplementation in-memory\n"


def largest_python(process: psutil.Process) -> int:
    """Bytes of the largest process of a run that is not Java's."""
    largest = 0
    for one in [process, *process.children(recursive=True)]:
        try:
            largest = max(largest, 0 if one.name() == "java" else one.memory_info().rss)
        except psutil.NoSuchProcess:
            continue
    return largest


def run(params: Path, notebook: str, folder: Path) -> tuple[float, float]:
    """Seconds of a notebook, and the most megabytes of a Python process meanwhile."""
    command = [sys.executable, "-m", "helpers", "run", params, "--only", notebook, "--jobs", "1", "--quiet"]
    environment, begun, peak = os.environ | {"SPARK_CONF_DIR": str(folder)}, time.perf_counter(), 0
    process = psutil.Popen([*command, "--refuse", "never", "--out", folder / "out"], env=environment)
    while process.poll() is None:
        try:
            peak = max(peak, largest_python(process))
        except psutil.NoSuchProcess:
            break
        time.sleep(0.2)
    if process.wait():
        raise subprocess.CalledProcessError(process.returncode, command)
    return time.perf_counter() - begun, peak / 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, default=500_000, help="who have about twenty orders each")
    parser.add_argument("--memory", default="8g", help="of Spark's own Java")
    parser.add_argument("--only", action="append", choices=NOTEBOOKS)
    told = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        place = written(told.customers, folder / "company", purchases=TWENTY_EACH)
        count = pyarrow.dataset.dataset(place).count_rows()
        orders = {"source": "spark://local", "table": f"parquet:{place}/*/*.parquet"}
        params = folder / "bench.yml"
        params.write_text(json.dumps({"title": "Bench", "as_of": AS_OF, "currency": "EUR", "orders": orders}))
        (folder / "spark-defaults.conf").write_text(SPARK.format(memory=told.memory))
        print(f"To reach: {LIMIT_MB} MB.\n\n| notebook | customers | orders | wall s | most of a Python process, MB |")
        print("|---|--:|--:|--:|--:|")
        for notebook in told.only or NOTEBOOKS:
            seconds, peak = run(params, notebook, folder)
            print(f"| {notebook} | {told.customers:,} | {count:,} | {seconds:.0f} | {peak:.0f} |", flush=True)


if __name__ == "__main__":
    main()
