"""Drivers: published shares, the order that was planted, and replicates beside the formula."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from helpers.models.survey import design, drivers, estimators, replicates
from tests.conftest import missing

ITEMS = np.array(
    [
        [1, 0.2, 0.3, 0.4, -0.4],
        [0.2, 1, 0.5, 0.1, 0.1],
        [0.3, 0.5, 1, 0.2, -0.3],
        [0.4, 0.1, 0.2, 1, 0.4],
        [-0.4, 0.1, -0.3, 0.4, 1],
    ]
)
HOW = {"level": 0.95, "asked_share": 0.6, "replicate_count": 100, "seed": 1}


def reference(folder: Path, name: str) -> pd.DataFrame:
    path = folder / "reference" / name
    if not path.is_file():
        missing("DATA", f"reference/{name} is missing under REGULARS_DATA {folder}")
    return pd.read_csv(path)


def weighted_correlations(frame: pd.DataFrame, weights: np.ndarray) -> np.ndarray:
    found = np.cov(frame.to_numpy(dtype=float).T, aweights=weights)
    deviation = np.sqrt(np.diag(found))
    return found / np.outer(deviation, deviation)


def test_published_relative_weights_and_shapley_shares() -> None:
    """The matrix of R's package iopsych; the outcome is its last column."""
    weights = drivers.johnson(ITEMS[:4, :4], ITEMS[:4, 4])
    assert weights == pytest.approx([0.24066119, 0.05492664, 0.12143476, 0.28158189], abs=5e-9)
    shares = drivers.shapley(ITEMS[:4, :4], ITEMS[:4, 4])
    assert shares == pytest.approx([0.23807039, 0.0561032, 0.11800387, 0.28642702], abs=5e-9)
    assert shares.sum() == pytest.approx(weights.sum())


def test_shapley_shares_of_swiss_fertility(regulars_data: Path) -> None:
    """R's relaimpo on the data set swiss."""
    swiss = reference(regulars_data, "swiss.csv")
    names = ["Fertility", "Agriculture", "Examination", "Education", "Catholic", "Infant.Mortality"]
    found = swiss[names].corr().to_numpy()
    shares = drivers.shapley(found[1:, 1:], found[0, 1:])
    published = [0.0570912208, 0.1711730289, 0.2601346786, 0.1055701504, 0.1127659229]
    assert shares == pytest.approx(published, abs=5e-11)
    assert shares.sum() == pytest.approx(0.706735002, abs=5e-10)


def test_shapley_shares_with_weights(regulars_data: Path) -> None:
    schools = reference(regulars_data, "apistrat.csv")
    used = schools[["api00", "ell", "meals", "mobility", "avg.ed"]].dropna()
    found = weighted_correlations(used, schools.loc[used.index, "pw"].to_numpy())
    shares = drivers.shapley(found[1:, 1:], found[0, 1:])
    assert shares == pytest.approx([0.13929139072, 0.28192716432, 0.00545365739, 0.28604645387], abs=5e-9)
    assert shares.sum() == pytest.approx(0.712718666, abs=5e-9)


def test_replicates_give_the_error_of_the_formula() -> None:
    rng = np.random.default_rng(3)
    cluster = rng.integers(60, size=900)
    sample = design.design(rng.uniform(1, 3, 900), strata=cluster % 5, clusters=[cluster])
    values = rng.normal(size=60)[cluster] + rng.normal(size=900)
    stage = sample.stages[0]
    sums = design.unit_totals(stage, np.column_stack([sample.weights * values, sample.weights]))
    drawn = replicates.factors(sample, count=4000, seed=1) @ sums
    error = estimators.means(values, design=sample).errors[0]
    assert (drawn[:, 0] / drawn[:, 1]).std() == pytest.approx(error, rel=0.04)


def planted(n: int, seed: int) -> pd.DataFrame:
    """Five marks of three items that correlate by 0.7, with weights 0.6, 0.3 and 0.1 on satisfaction."""
    rng = np.random.default_rng(seed)
    latent = np.sqrt(0.7) * rng.normal(size=(n, 1)) + np.sqrt(0.3) * rng.normal(size=(n, 3))
    overall = latent @ [0.6, 0.3, 0.1] + 0.5 * rng.normal(size=n)
    marks = np.clip(np.round(3 + np.column_stack([overall, latent])), 1, 5)
    return pd.DataFrame(marks, columns=["csat", "most", "some", "least"])


def test_the_planted_order_is_found_by_every_method() -> None:
    answers = planted(3000, seed=2)
    sample = design.design(np.ones(3000))
    found = drivers.drivers(answers, outcome="csat", design=sample, **HOW)
    for method, own in found.table.groupby("method"):
        assert own["driver"].tolist() == ["most", "some", "least"]
        assert own["importance"].is_monotonic_decreasing, method
        assert (own["low"] < own["importance"]).all()
        assert (own["high"] > own["importance"]).all()
    of_all = found.table.groupby("method")["importance"].sum()
    assert of_all[["johnson", "shapley"]].tolist() == pytest.approx([1, 1])
    assert found.n == 3000
    best = pd.DataFrame({"item": ["most", "some", "least"], "share": [0.3, 0.5, 0.6]})
    verdicts = drivers.priorities(found, best).set_index("driver")["verdict"]
    assert verdicts.to_dict() == {"most": "fix", "some": "watch", "least": "watch"}
    kept = drivers.priorities(found, best.assign(share=[0.9, 0.5, 0.6])).set_index("driver")["verdict"]
    assert kept["most"] == "keep"


def test_what_few_were_asked_is_left_out_and_too_few_say_nothing() -> None:
    answers = planted(300, seed=4)
    answers.loc[:199, "least"] = np.nan
    sample = design.design(np.ones(300))
    found = drivers.drivers(answers, outcome="csat", design=sample, **HOW)
    assert (found.n, found.left_out) == (300, ("least",))
    answers.loc[50:, "some"] = np.nan
    few = drivers.drivers(answers, outcome="csat", design=sample, **HOW | {"asked_share": 0.1})
    assert len(few.table) == 0
    assert few.why == "Two items and 100 interviews with all answers are needed; found 3 and 0."
    assert len(drivers.priorities(few, pd.DataFrame({"item": [], "share": []}))) == 0
