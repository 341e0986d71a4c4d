"""The Qini curve with its interval for a million customers, and models of uplift, in CPU time.

    python benchmarks/bench_uplift.py                       # a million customers, three runs, medians
    python benchmarks/bench_uplift.py --customers 100000 --runs 1

CPU is user and system time of one process, threads of numerical libraries held to one.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import numpy as np

from helpers.models.campaigns import uplift
from helpers.models.campaigns.qini import BINS, DRAWS, qini
from helpers.threads import one_thread


def made(customers: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Six features, who took the offer up, and who was offered: the half with a higher first feature is moved."""
    draw = np.random.default_rng(1)
    features, is_offered = draw.normal(size=(customers, 6)), draw.random(customers) < 0.5
    taken = draw.random(customers) < 0.1 + 0.05 * is_offered * (features[:, 0] > 0)
    return features, taken.astype(float), is_offered


def median_seconds(run: Callable[[], object], runs: int) -> float:
    """The median CPU seconds of a run."""
    seconds = []
    for _ in range(runs):
        start = time.process_time()
        run()
        seconds.append(time.process_time() - start)
    return statistics.median(seconds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=3)
    told = parser.parse_args()
    features, outcome, is_offered = made(told.customers)
    folds = np.arange(told.customers) % uplift.FOLDS
    few = slice(0, min(60_000, told.customers))
    everybody = features[few], outcome[few], is_offered[few]
    with one_thread("sklearn.ensemble"):
        seconds = median_seconds(lambda: qini(features[:, 0], outcome, is_offered, seed=1, level=0.95), told.runs)
        print(f"Qini of {told.customers:,}, {DRAWS} draws over {BINS:,} bins: {seconds:.2f} s")
        seconds = median_seconds(lambda: uplift.unseen(everybody, folds=folds[few], seed=1), told.runs)
        print(f"models of uplift of {len(everybody[1]):,}, three learners, {uplift.FOLDS} parts: {seconds:.2f} s")


if __name__ == "__main__":
    main()
