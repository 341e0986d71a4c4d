"""The declines that the simulated company plants: what the benchmark's table says of them."""

from __future__ import annotations

import runpy
from pathlib import Path

import numpy as np

BENCH = runpy.run_path(str(Path(__file__).resolve().parents[3] / "benchmarks" / "bench_warnings.py"))


def test_more_planted_declines_are_found_and_stand_than_by_the_latest_weeks() -> None:
    told = BENCH["compared"](8_000, seeds=range(4))
    own, rival = told.loc["CUSUM"], told.loc["last 4 weeks against the 12 before"]
    assert own["declined_count"] > 100
    assert own["found"] > rival["found"]
    assert own["standing"] == own["found"], "a warning that is given stands"
    assert rival["standing"] < rival["found"] / 2, "those of the rival fade"
    by_chance = 3 * np.sqrt(0.0125 / own["steady_count"])
    assert own["false"] <= 0.0125 + by_chance
