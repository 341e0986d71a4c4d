"""Errors by hand, and the published errors of the holdout of CDNOW."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from helpers.models.buying import rows as histories
from helpers.models.evaluation import naive_rivals, purchase_groups, scores, trials
from tests.models.evaluation.made_trials import LEVEL


def test_errors_by_hand() -> None:
    found = scores.errors([1.0, 0.0, 4.0], [0, 0, 2])
    assert found["holdout_purchase_count"] == 5
    assert found["actual_purchase_count"] == 2
    assert found["total_error"] == 1.5
    assert found["mae"] == pytest.approx(1.0)
    assert found["rmse"] == pytest.approx(np.sqrt(5 / 3))
    assert found["bias"] == pytest.approx(1.0)
    assert found["msle"] == pytest.approx((np.log(2) ** 2 + np.log(5 / 3) ** 2) / 3)
    assert np.isnan(scores.errors([1.0], [0])["total_error"])


def test_cdnow_sample_has_its_published_errors(sample: trials.Trial) -> None:
    """BTYD, BTYDplus and CLVTools in R, and lifetimes: holdout sums, MAE and RMSE."""
    found = scores.scores(sample.expected, sample.actual, fits=sample.fits).set_index("model")
    assert (found["actual_purchase_count"] == 1882).all()
    published = pd.DataFrame(
        {
            "pareto_nbd": [1665.5, 0.7545, 1.6028, -9594.9762],
            "bg_nbd": [1653.4, 0.7855, 1.6080, -9582.4292],
            "mbg_nbd": [1576.7, 0.7648, 1.6072, -9582.1357],
        },
        index=["holdout_purchase_count", "mae", "rmse", "log_likelihood"],
    ).T
    tolerance = {"holdout_purchase_count": 0.3, "mae": 6e-5, "rmse": 6e-5, "log_likelihood": 1e-3}
    for column, most in tolerance.items():
        assert (found.loc[published.index, column] - published[column]).abs().max() < most
    assert found["is_naive"].tolist() == [False] * 3 + [True] * 2
    assert found.loc[list(naive_rivals.NAIVE[::2]), "log_likelihood"].isna().all()
    assert found["bias"].to_numpy() * 2357 == pytest.approx(found["holdout_purchase_count"].to_numpy() - 1882)
    assert set(scores.MODEL_COLUMNS) <= {"model", *found}


def test_fits_of_other_customers_are_refused(sample: trials.Trial) -> None:
    """Likelihood and BIC count the customers whose errors are counted: half of them have another BIC."""
    half = sample.expected.head(1000)
    with pytest.raises(ValueError, match="1,000 customers who are judged, found pareto_nbd 2,357, bg_nbd 2,357"):
        scores.scores(half, sample.actual[:1000], fits=sample.fits)


def test_shuffling_customers_changes_no_score(sample: trials.Trial) -> None:
    order = np.random.default_rng(3).permutation(len(sample.customers))
    known = sample.customers.iloc[order].reset_index(drop=True)
    shuffled = trials.trial(
        known, rows=histories.collapse(known), fits=sample.fits, plan=sample.plan, earlier=known, level=LEVEL
    )
    kept = ["pareto_nbd", "bg_nbd", "mbg_nbd", "past_rate"]
    for make in (purchase_groups.by_frequency, purchase_groups.by_recency, purchase_groups.histogram):
        ours, theirs = (make(one).drop(columns="segment_mean", errors="ignore") for one in (sample, shuffled))
        pd.testing.assert_frame_equal(ours, theirs)
    tables = [
        scores.scores(one.expected, one.actual, fits=one.fits).set_index("model").loc[kept]
        for one in (sample, shuffled)
    ]
    pd.testing.assert_frame_equal(*tables)
