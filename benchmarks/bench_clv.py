"""Fits of models of buying: ours against the fitters of lifetimes, from the same summary; and predictions.

    python benchmarks/bench_clv.py                             # a million customers; Pareto/NBD of lifetimes at 100,000
    python benchmarks/bench_clv.py --customers 100000 --runs 3
    uv run --with pymc-marketing python benchmarks/bench_clv.py --only pymc --runs 3      # all of CDNOW, MAP

Every run is a process of its own; what is timed is the fit (ours with the collapse of equal histories), imports not
counted. The summary is of simulated Pareto/NBD customers, with days as the grain. To reach: BG/NBD and MBG/NBD at a
million customers ten times faster than lifetimes, Pareto/NBD at 100,000 fifty times with the same or a better
likelihood, a million in under 15 s; a prediction with intervals for a million in 10 s and 1.5 GB; and all of CDNOW
ten times faster than pymc-marketing's MAP.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

PARETO_AT_MOST = 100_000
"""Customers up to which the Pareto/NBD of lifetimes is asked: it takes a minute for so many."""
FITTERS = {"bg_nbd": "BetaGeoFitter", "mbg_nbd": "ModifiedBetaGeoFitter", "pareto_nbd": "ParetoNBDFitter"}
PYMC = {"bg_nbd": "BetaGeoModel", "mbg_nbd": "ModifiedBetaGeoModel", "pareto_nbd": "ParetoNBDModel"}


def simulated(count: int) -> pd.DataFrame:
    """Histories of Pareto/NBD customers who joined in one year and were watched for another."""
    rng = np.random.default_rng(1)
    age_days = rng.integers(364, 729, count)
    rate, dropout = rng.gamma(0.55, 1 / (10.6 * 7), count), rng.gamma(0.6, 1 / (11.7 * 7), count)
    life = np.minimum(rng.exponential(1 / np.maximum(dropout, 1e-12)), age_days)
    bought = rng.poisson(rate * life)
    last = np.ceil(life * rng.random(count) ** (1 / np.maximum(bought, 1)))
    x = np.where(last >= 1, np.minimum(bought, last), 0).astype(int)  # one purchase a day at most
    recency = np.where(x > 0, np.minimum(last, age_days), 0)
    weeks = {"recency_weeks": recency / 7, "age_weeks": age_days / 7}
    return pd.DataFrame({"customer_id": np.arange(count).astype(str), "frequency": x, **weeks})


def cdnow() -> pd.DataFrame:
    """All customers of CDNOW over 78 weeks."""
    from helpers.contract import loading
    from helpers.features import purchases
    from helpers.features.frames import fetch
    from helpers.params import CommonParams

    params = CommonParams()
    days = purchases.purchase_days(loading.load(**params.delivery).orders, as_of=params.as_of)
    people = purchases.per_customer(days, as_of=params.as_of, unit="weeks")
    return fetch(people.order_by("customer_id"))


def ours(histories: pd.DataFrame, model: str) -> float:
    """The log-likelihood that our fit reaches."""
    from helpers.models.buying import fitting
    from helpers.models.buying.registry import MODELS
    from helpers.models.buying.rows import collapse

    return fitting.fit(MODELS[model], collapse(histories), level=0.95).log_likelihood


def theirs(histories: pd.DataFrame, model: str) -> float:
    """The log-likelihood of all customers that the fitter of lifetimes reaches."""
    import lifetimes

    fitter = getattr(lifetimes, FITTERS[model])(penalizer_coef=0.0)
    x, recency, age = (histories[name].to_numpy() for name in ("frequency", "recency_weeks", "age_weeks"))
    fitter.fit(x, recency, age)
    # lifetimes fits on time over its maximum, and reports a mean for two of the three
    scale = 1.0 if model == "pareto_nbd" else len(histories)
    return float(-fitter._negative_log_likelihood_ * scale + x.sum() * np.log(1 / age.max()))


def map_of_pymc(histories: pd.DataFrame, model: str) -> float:
    """Nothing to compare: a MAP has a prior; only its time is asked for."""
    from pymc_marketing import clv

    data = histories.rename(columns={"recency_weeks": "recency", "age_weeks": "T"})
    getattr(clv, PYMC[model])(data[["customer_id", "frequency", "recency", "T"]]).fit(method="map")
    return float("nan")


def predicted(histories: pd.DataFrame, model: str) -> float:
    """The expected purchases of all customers in a year, with intervals; the fit is not in the time."""
    from helpers.models.buying import fitting
    from helpers.models.buying.prediction import predict
    from helpers.models.buying.registry import MODELS
    from helpers.models.buying.rows import collapse

    rows = collapse(histories)
    fit = fitting.fit(MODELS[model], rows, level=0.95)
    started[:] = [time.perf_counter(), time.process_time()]
    found = predict(rows, fit=fit, model=MODELS[model], weeks=52.0, draws=200, seed=1, level=0.9)
    return found.total.value


ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
CONTENDERS = {"regulars": ours, "lifetimes": theirs, "pymc": map_of_pymc, "predict": predicted}
started: list[float] = []


def inside(contender: str, model: str, count: int) -> None:
    """The inside of a run: warm the imports on a few customers, then measure."""
    histories = simulated(count) if count else cdnow()
    if contender != "predict":
        CONTENDERS[contender](simulated(300), model)
    started[:] = [time.perf_counter(), time.process_time()]
    value = CONTENDERS[contender](histories, model)
    told = {"wall": time.perf_counter() - started[0], "cpu": time.process_time() - started[1], "value": value}
    print(json.dumps(told | {"peak": _peak_bytes()}))


def _peak_bytes() -> int:
    status = Path("/proc/self/status")
    if status.exists():
        return int(re.search(r"VmHWM:\s+(\d+) kB", status.read_text())[1]) * 1024  # type: ignore[index]
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def measured(contender: str, model: str, count: int, runs: int) -> dict[str, Any]:
    """The medians of several runs."""
    command = [sys.executable, __file__, "--inside", contender, model, str(count)]
    told = []
    for _ in range(runs):
        # one thread of the linear algebra each: waiting threads would be counted as computing
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ | ONE_THREAD)
        if done.returncode:
            raise SystemExit(done.stderr[-2000:])
        told.append(json.loads(done.stdout.strip().splitlines()[-1]))
    return {key: statistics.median(one[key] for one in told) for key in told[0]}


def table(customers: int, runs: int, only: str | None) -> None:
    """Print a row per model and contender, with the rival's time in times of ours."""
    print("| customers | model | contender | wall s | CPU s | CPU, times ours | peak GB | log-likelihood or total |")
    print("|--:|---|---|--:|--:|--:|--:|--:|")
    for model in FITTERS:
        sizes = {customers, min(customers, PARETO_AT_MOST)} if model == "pareto_nbd" else {customers}
        for count in sorted(sizes) if only is None else [0]:
            asked = ["regulars", only] if only else ["regulars", "predict"]
            if only is None and (model != "pareto_nbd" or count <= PARETO_AT_MOST):
                asked.insert(1, "lifetimes")
            own = None
            for contender in asked:
                one = measured(contender, model, count, runs)
                own = own or one["cpu"]
                times = "" if contender == "predict" else f"{one['cpu'] / own:.1f}"
                name = f"{count or 'CDNOW, all'} | {model} | {contender}"
                sizes_told = f"{one['peak'] / 1e9:.2f} | {one['value']:,.3f}"
                print(f"| {name} | {one['wall']:.2f} | {one['cpu']:.2f} | {times} | {sizes_told} |", flush=True)


def main() -> None:
    """Read the options and print the table."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--customers", type=int, default=1_000_000)
    options.add_argument("--runs", type=int, default=1)
    options.add_argument("--only", choices=["pymc"], default=None)
    options.add_argument("--inside", nargs=3, metavar=("CONTENDER", "MODEL", "COUNT"))
    given = options.parse_args()
    if given.inside:
        inside(given.inside[0], given.inside[1], int(given.inside[2]))
    else:
        table(given.customers, given.runs, given.only)


if __name__ == "__main__":
    main()
