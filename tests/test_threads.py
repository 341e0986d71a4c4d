"""One thread where figures rest on sums of floats, whoever imported what before."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

SEARCH = """
import json, sys
for name in json.loads(sys.argv[1]):
    __import__(name)
import numpy as np, pandas as pd
from threadpoolctl import threadpool_info
from helpers.models.segments import groups
seen = []
inner = groups._fit
def watched(*args, **kwargs):
    centres = inner(*args, **kwargs)
    seen.append([pool["num_threads"] for pool in threadpool_info()])
    return centres
groups._fit = watched
rng = np.random.default_rng(1)
points = np.concatenate([rng.normal(at, 1, (60, 3)) for at in (0, 8)])
frame = pd.DataFrame(points, columns=["a", "b", "c"]).assign(customer_id=[f"{n:03}" for n in range(len(points))])
result = groups.find(frame, group_count=3, seed=1)
openmp = sum(pool["user_api"] == "openmp" for pool in threadpool_info())
print(json.dumps({"threads": sorted({n for pools in seen for n in pools}), "openmp": openmp,
                  "scores": result.scores.to_json(double_precision=15)}))
"""


def search(*before: str, threads: str = "2") -> dict[str, object]:
    """The search in a fresh process that imported `before` first and may use so many threads."""
    named = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), threads)
    done = subprocess.run(
        [sys.executable, "-c", SEARCH, json.dumps(before)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **named},
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def fresh() -> dict[str, object]:
    return search()


@pytest.fixture(scope="module")
def after_the_library() -> dict[str, object]:
    return search("sklearn.cluster", "scipy.stats")


def test_no_pool_has_a_second_thread_within_the_search(
    fresh: dict[str, object], after_the_library: dict[str, object]
) -> None:
    assert after_the_library["openmp"], "scikit-learn brings threads of its own: without them nothing is tested here"
    assert fresh["threads"] == after_the_library["threads"] == [1]


def test_the_search_does_not_depend_on_who_imported_what_before(
    fresh: dict[str, object], after_the_library: dict[str, object]
) -> None:
    assert after_the_library["scores"] == fresh["scores"]


def test_the_number_of_threads_changes_no_digit(fresh: dict[str, object]) -> None:
    assert search(threads="1") == fresh
