"""The cross-check by lifetimes: the published answer from both, and what is said where lifetimes gives none."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest

from helpers.connectors.locations import installed
from helpers.display.buying.fitted_models import cross_check
from helpers.models.buying import lifetimes_check

PUBLISHED = {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426}
"""Fader, Hardie and Lee (2005), table 2, of the 2,357 customers of CDNOW's sample to 1997-09-30."""


@pytest.fixture(scope="module")
def histories() -> pd.DataFrame:
    lines = pd.read_csv(installed("lifetimes") / "datasets" / "cdnow_customers_summary.csv")
    weeks = lines[["frequency", "recency", "T"]].set_axis(["frequency", "recency_weeks", "age_weeks"], axis="columns")
    # the file rounds weeks to two decimals; histories are whole days
    return weeks.assign(**{name: np.rint(7 * weeks[name]) / 7 for name in ("recency_weeks", "age_weeks")})


def test_both_find_the_published_parameters(histories: pd.DataFrame) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # those of lifetimes' imports stay inside
        check = lifetimes_check.bg_nbd(histories, level=0.9, largest_sample=5_000)
    assert check.n == 2357
    assert check.failure == ""
    table = check.parameters.set_index("parameter")
    for name, published in PUBLISHED.items():
        assert table.loc[name, "own_estimate"] == pytest.approx(published, abs=6e-4)
        assert table.loc[name, "lifetimes_estimate"] == pytest.approx(published, abs=6e-4)
    assert table["difference_share"].abs().max() < 1e-3


def test_a_sample_is_the_same_in_each_run_and_no_larger_than_told(histories: pd.DataFrame) -> None:
    first, second = (lifetimes_check.bg_nbd(histories, level=0.9, largest_sample=500) for _ in range(2))
    assert first.n == 472
    pd.testing.assert_frame_equal(first.parameters, second.parameters)


def test_where_lifetimes_fails_it_is_said(histories: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    from lifetimes import BetaGeoFitter
    from lifetimes.utils import ConvergenceError

    def failing(*_: object) -> None:
        raise ConvergenceError("The model did not converge.\nTry a penalizer.")

    monkeypatch.setattr(BetaGeoFitter, "fit", failing)
    check = lifetimes_check.bg_nbd(histories, level=0.9, largest_sample=500)
    assert check.parameters["lifetimes_estimate"].isna().all()
    assert check.parameters["own_estimate"].notna().all()
    assert check.failure == "The model did not converge."
    assert "lifetimes failed: The model did not converge." in cross_check(check).caption
