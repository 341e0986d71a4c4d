"""Common factors beside R's factanal, statsmodels and a known structure."""

from __future__ import annotations

import numpy as np
import pytest
from statsmodels.multivariate.factor_rotation import rotate_factors

from helpers.models.survey import common_factors

# R's data set ability.cov (Smith and Stanley (1983)): six tests of 112 people, covariances
ABILITY = np.array(
    [
        [24.641, 5.991, 33.520, 6.023, 20.755, 29.701],
        [5.991, 6.700, 18.137, 1.782, 4.936, 7.204],
        [33.520, 18.137, 149.831, 19.424, 31.430, 50.753],
        [6.023, 1.782, 19.424, 12.711, 4.757, 9.075],
        [20.755, 4.936, 31.430, 4.757, 52.604, 66.762],
        [29.701, 7.204, 50.753, 9.075, 66.762, 135.292],
    ]
)


@pytest.fixture(scope="module")
def loadings() -> np.ndarray:
    deviation = np.sqrt(np.diag(ABILITY))
    return common_factors.extracted(ABILITY / np.outer(deviation, deviation), count=2)


def test_what_is_each_tests_own_is_as_factanal_prints_it(loadings: np.ndarray) -> None:
    own = 1 - (loadings**2).sum(axis=1)
    assert own == pytest.approx([0.455, 0.589, 0.218, 0.769, 0.052, 0.334], abs=5e-4)


@pytest.mark.parametrize(
    ("method", "first", "second"),
    [
        ("varimax", (0.499, 0.156, 0.206, 0.109, 0.956, 0.785), (0.543, 0.622, 0.860, 0.468, 0.182, 0.225)),
        # factanal prints nothing below 0.1
        ("promax", (0.364, None, None, None, 1.023, 0.811), (0.470, 0.671, 0.932, 0.508, None, None)),
    ],
)
def test_rotated_as_factanal_prints_it(
    loadings: np.ndarray, method: common_factors.Rotation, first: tuple, second: tuple
) -> None:
    """R stops turning at the fifth digit of the criterion, and is off by up to 0.003 of the loadings."""
    found = common_factors.rotated(loadings, method=method).loadings
    for column, printed in zip(found.T, (first, second), strict=True):
        for value, one in zip(column, printed, strict=True):
            assert abs(value) < 0.1 if one is None else value == pytest.approx(one, abs=3.5e-3)


def test_oblimin_is_that_of_statsmodels_and_promax_is_no_varimax(loadings: np.ndarray) -> None:
    height = np.sqrt((loadings**2).sum(axis=1))[:, None]
    theirs, turn = rotate_factors(loadings / height, "quartimin")
    found = common_factors.rotated(loadings, method="oblimin")
    assert np.abs(found.loadings) == pytest.approx(np.abs(theirs * height), abs=1e-5)
    assert np.abs(found.correlations) == pytest.approx(np.abs(turn.T @ turn), abs=1e-5)
    promax, varimax = (common_factors.rotated(loadings, method=one) for one in ("promax", "varimax"))
    assert promax.correlations[0, 1] > 0.5
    assert np.abs(promax.loadings - varimax.loadings).max() > 0.05


@pytest.mark.parametrize("method", ["varimax", "oblimin", "promax"])
def test_a_rotation_explains_what_the_loadings_did(loadings: np.ndarray, method: common_factors.Rotation) -> None:
    found = common_factors.rotated(loadings, method=method)
    assert found.loadings @ found.correlations @ found.loadings.T == pytest.approx(loadings @ loadings.T, abs=1e-9)
    assert np.diag(found.correlations) == pytest.approx([1, 1])


def test_a_clean_structure_is_found_again() -> None:
    """Two factors that correlate by 0.4, with three items each: 0.8, 0.7, 0.6."""
    clean = np.zeros((6, 2))
    clean[:3, 0] = clean[3:, 1] = [0.8, 0.7, 0.6]
    among = clean @ np.array([[1, 0.4], [0.4, 1]]) @ clean.T
    np.fill_diagonal(among, 1)
    assert common_factors.factor_count(among, n=400, draws=40, seed=1) == 2
    found = common_factors.rotated(common_factors.extracted(among, count=2))
    assert found.correlations[0, 1] == pytest.approx(0.4, abs=1e-4)
    order = [0, 1] if found.loadings[0, 0] > 0.5 else [1, 0]
    assert found.loadings[:, order] == pytest.approx(clean, abs=1e-4)
    assert common_factors.factor_count(np.eye(6), n=400, draws=40, seed=1) == 1
