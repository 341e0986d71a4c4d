"""Survival at a million rows: Cox with five covariates and Kaplan-Meier, this kit beside statsmodels, in CPU time.

    python benchmarks/bench_churn.py                    # a million rows, three runs, medians
    python benchmarks/bench_churn.py --rows 100000 --runs 1

CPU is user and system time of one process, threads of numerical libraries held to one. Times are whole days, a thousand
to a unit. Both must find the same estimates.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import numpy as np
import pandas as pd
from statsmodels.duration.hazard_regression import PHReg
from statsmodels.duration.survfunc import SurvfuncRight

from helpers.models.survival.cox import cox
from helpers.models.survival.survivors import survivors
from helpers.threads import one_thread

EFFECTS = np.array([0.3, -0.2, 0.1, 0.0, 0.5])


def made(rows: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Times, whether they ended, and covariates: exponential lives, censored at exponential times of twice the mean."""
    draw = np.random.default_rng(1)
    covariates = draw.normal(size=(rows, len(EFFECTS)))
    life, watched = draw.exponential(1 / np.exp(covariates @ EFFECTS)), draw.exponential(2, rows)
    return np.ceil(1000 * np.minimum(life, watched)), life <= watched, covariates


def median_seconds(run: Callable[[], np.ndarray], runs: int) -> tuple[float, np.ndarray]:
    """The median CPU seconds of a run, and what it gives."""
    seconds = []
    for _ in range(runs):
        start = time.process_time()
        found = run()
        seconds.append(time.process_time() - start)
    return statistics.median(seconds), found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=3)
    told = parser.parse_args()
    stop, is_ended, values = made(told.rows)
    frame = pd.DataFrame(values, columns=list("abcde"))
    contenders = {
        "Cox": {
            "this kit": lambda: cox(stop, is_ended, frame).log_hazard_ratios,
            "statsmodels": lambda: PHReg(stop, values, status=is_ended, ties="efron").fit(disp=0).params,
        },
        "Kaplan-Meier": {
            "this kit": lambda: survivors(stop, is_ended).share,
            "statsmodels": lambda: SurvfuncRight(stop, is_ended).surv_prob,
        },
    }
    with one_thread():
        for what, by_name in contenders.items():
            results = {name: median_seconds(run, told.runs) for name, run in by_name.items()}
            (own, found), (other, expected) = results["this kit"], results["statsmodels"]
            np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-7)
            print(f"{what}: this kit {own:.3f} s, statsmodels {other:.3f} s, ratio {own / other:.2f}")


if __name__ == "__main__":
    main()
