"""Reliability of a grid: a published alpha, one factor that is known, and straight lines."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.special import ndtr

from helpers.models.survey import design, products, reliability
from helpers.simulation.company import simulate
from helpers.simulation.settings import Company
from tests.conftest import missing

HOW = {"level": 0.95, "asked_share": 0.6, "replicate_count": 100, "seed": 1}


def test_the_published_alpha(regulars_data: Path) -> None:
    """R's survey, svycralpha on the stratified sample of schools."""
    path = regulars_data / "reference" / "apistrat.csv"
    if not path.is_file():
        missing("DATA", f"reference/apistrat.csv is missing under REGULARS_DATA {regulars_data}")
    schools = pd.read_csv(path)
    sample = design.design(schools["pw"], strata=schools["stype"])
    items = schools[["ell", "mobility", "avg.ed", "emer", "meals"]]
    found = reliability.reliability(items, design=sample, **HOW).table.set_index(["statistic", "item"])
    assert found.loc[("alpha", ""), "value"] == pytest.approx(0.6386731422, abs=5e-11)
    assert found.loc[("alpha", ""), "low"] < 0.6386731422 < found.loc[("alpha", ""), "high"]


def test_covariances_by_hand() -> None:
    rows = np.array([[1.0, 2], [3, 1], [4, 6]])
    sums, size = products.unit_products(rows, np.ones(3, dtype=bool), design=design.design([1.0, 2, 1]))
    assert products.covariances(sums.sum(axis=0), size) == pytest.approx(np.cov(rows.T, aweights=[1, 2, 1], ddof=0))
    assert products.correlations(sums.sum(axis=0), size)[0, 0] == pytest.approx(1)


def test_one_factor_is_found_again() -> None:
    """Correlations of loadings 0.8, 0.7, 0.6 and 0.5: alpha and omega follow, and alpha is below omega."""
    known = np.array([0.8, 0.7, 0.6, 0.5])
    among = np.outer(known, known)
    np.fill_diagonal(among, 1)
    assert reliability.loadings(among) == pytest.approx(known, abs=1e-6)
    omega = 2.6**2 / (2.6**2 + (1 - known**2).sum())
    assert reliability.omega(known) == pytest.approx(omega)
    assert reliability.alpha(among) == pytest.approx(4 / 3 * (1 - 4 / among.sum()))
    assert reliability.alpha(among) < omega


def test_adequacy_of_items_that_share_nothing_but_pairs() -> None:
    """Of three items with equal correlation r the partial one is r / (1 + r): kmo is 1 / (1 + 1 / (1 + r)^2)."""
    among = np.full((3, 3), 0.5)
    np.fill_diagonal(among, 1)
    of_all, of_each = reliability.kmo(among)
    assert of_all == pytest.approx(1 / (1 + 1 / 1.5**2))
    assert of_each == pytest.approx([of_all] * 3)


def test_straight_lines_are_counted_and_thin_grids_say_nothing() -> None:
    items = pd.DataFrame([[3] * 6, [1, 2, 3, 4, 5, 1], [2, 2, None, 2, 2, 2], [None] * 6], columns=list("abcdef"))
    found = reliability.reliability(items.astype(float), design=design.design(np.ones(4)), **HOW)
    assert (found.straight_n, found.straight_share) == (3, pytest.approx(2 / 3))
    assert found.straight_low < 2 / 3 < found.straight_high
    assert len(found.table) == 0


def test_speeders_took_less_than_a_third_of_the_median_of_their_mode() -> None:
    """Medians 300 online and 900 by phone: 99 and 200 are below their thirds, 100 is not, nor is a whole day too long."""
    online, phone = [99.0, 100, 300, 310, 86_400], [200.0, 900, 950]
    interviews = pd.DataFrame(
        {"wave": "w1", "mode": ["online"] * 5 + ["phone"] * 3 + [None], "duration_seconds": [*online, *phone, np.nan]}
    )
    found = reliability.speeders(interviews, level=0.95)
    assert (found.share, found.n) == (2 / 8, 8)
    assert found.low < 2 / 8 < found.high
    assert reliability.speeders(interviews.drop(columns="duration_seconds"), level=0.95).n == 0


def test_planted_speeders_are_found() -> None:
    world = simulate(Company(seed=2, customer_count=3000), tables=["survey_responses"])
    said = world.tables["survey_responses"].to_pandas().drop_duplicates("response_id")
    found = reliability.speeders(said.astype({"duration_seconds": float}), level=0.95)
    # 4 % took a fifth of a time that varies by 0.35 of its logarithm
    expected = 0.04 * ndtr(np.log(5 / 3) / 0.35) + 0.96 * ndtr(np.log(1 / 3) / 0.35)
    assert found.low < expected < found.high


def test_a_grid_of_two_things_shows_both() -> None:
    rng = np.random.default_rng(6)
    latent = rng.normal(size=(2000, 2)) @ np.linalg.cholesky([[1, 0.3], [0.3, 1]]).T
    items = pd.DataFrame(np.repeat(latent, 3, axis=1) + 0.6 * rng.normal(size=(2000, 6)), columns=list("abcdef"))
    found = reliability.reliability(items, design=design.design(rng.uniform(1, 2, 2000)), **HOW)
    assert found.factor_count == 2
    wide = found.table.pivot(index="item", columns="statistic", values="value")
    sides = wide.loc[list("abcdef"), ["factor_1", "factor_2"]].abs()
    assert (sides.max(axis=1) > 0.75).all()
    assert (sides.min(axis=1) < 0.1).all()
    assert len(set(sides.idxmax(axis=1)[list("abc")])) == 1
    assert wide.loc["factor_1, factor_2", "factor_correlation"] == pytest.approx(0.3, abs=0.06)
    of_omega = found.table.set_index("statistic").loc["omega"]
    assert of_omega["low"] < of_omega["value"] < of_omega["high"]
