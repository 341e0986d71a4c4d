"""Reliability of a grid: a published alpha, one factor that is known, and straight lines."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from helpers.models.survey import design, products, reliability
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
