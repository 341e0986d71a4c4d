"""The models by name, and beside the familiar fitters of lifetimes on the same histories."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from helpers.models.buying import fitting
from helpers.models.buying.registry import MODELS
from helpers.models.buying.rows import collapse

pytestmark = pytest.mark.filterwarnings("ignore")  # lifetimes and its pkg_resources

FITTERS = {"pareto_nbd": "ParetoNBDFitter", "bg_nbd": "BetaGeoFitter", "mbg_nbd": "ModifiedBetaGeoFitter"}


def test_models_go_by_their_names() -> None:
    assert list(MODELS) == ["pareto_nbd", "bg_nbd", "mbg_nbd"]
    for name, model in MODELS.items():
        assert model.name == name
        assert len(model.parameters) == len(model.is_scaled) == 4
        assert all(len(start) == 4 for start in model.starts)


@pytest.fixture(scope="module")
def fitters(cdnow_sample: pd.DataFrame) -> dict[str, Any]:
    """lifetimes' fitters on our histories, as a notebook would use them."""
    import lifetimes

    columns = (cdnow_sample[name] for name in ("frequency", "recency_weeks", "age_weeks"))
    known = [column.to_numpy(dtype=float) for column in columns]
    return {name: getattr(lifetimes, fitter)().fit(*known) for name, fitter in FITTERS.items()}


@pytest.mark.parametrize("name", FITTERS)
def test_lifetimes_gives_our_estimates(name: str, fitters: dict[str, Any], cdnow_sample: pd.DataFrame) -> None:
    rows = collapse(cdnow_sample)
    theirs = fitters[name].params_.to_numpy(dtype=float)
    ours = fitting.fit(MODELS[name], rows, level=0.95)
    assert theirs == pytest.approx(ours.theta, rel=2e-3)
    reached = rows.weight @ MODELS[name].log_likelihood(theirs, rows)[0]
    assert reached <= ours.log_likelihood + 1e-8
    assert reached == pytest.approx(ours.log_likelihood, abs=1e-3)


@pytest.mark.parametrize("name", ["bg_nbd", "mbg_nbd"])
def test_lifetimes_gives_our_standard_errors(name: str, fitters: dict[str, Any], cdnow_sample: pd.DataFrame) -> None:
    theirs = fitters[name].summary["se(coef)"].to_numpy()
    ours = fitting.fit(MODELS[name], collapse(cdnow_sample), level=0.95).parameters["standard_error"].to_numpy()
    assert theirs == pytest.approx(ours, rel=2e-3)


@pytest.mark.parametrize("name", FITTERS)
def test_lifetimes_gives_our_predictions(name: str, fitters: dict[str, Any], cdnow_sample: pd.DataFrame) -> None:
    rows, theirs = collapse(cdnow_sample), fitters[name]
    theta = theirs.params_.to_numpy(dtype=float)
    known = [column.to_numpy(dtype=float) for column in (cdnow_sample["frequency"], *_times(cdnow_sample))]
    alive: Callable[..., Any] = theirs.conditional_probability_alive
    expected: Callable[..., Any] = theirs.conditional_expected_number_of_purchases_up_to_time
    ours = MODELS[name]
    assert rows.spread(ours.p_alive(theta, rows)) == pytest.approx(np.asarray(alive(*known)), rel=1e-6)
    assert rows.spread(ours.expected_purchases(theta, rows, 39.0)) == pytest.approx(
        np.asarray(expected(39.0, *known)), rel=1e-6
    )
    weeks = np.array([1.0, 26.0, 104.0])
    assert ours.expected_new(theta, weeks) == pytest.approx(
        np.asarray(theirs.expected_number_of_purchases_up_to_time(weeks)), rel=1e-6
    )


def test_whole_weeks_give_the_wrong_answer(cdnow_days: pd.DataFrame) -> None:
    """The trap of freq="W": 209 repeats are merged, and both give r .2909 and a holdout of 1,718.87, off the mark."""
    from lifetimes.utils import summary_data_from_transaction_data

    weekly = summary_data_from_transaction_data(
        cdnow_days, "customer_id", "purchased_on", observation_period_end="1997-09-30", freq="W"
    )
    assert weekly["frequency"].sum() == 2457 - 209
    rows = collapse(weekly.rename(columns={"recency": "recency_weeks", "T": "age_weeks"}).reset_index())
    found, model = fitting.fit(MODELS["bg_nbd"], rows, level=0.95).theta, MODELS["bg_nbd"]
    assert found == pytest.approx([0.2909, 6.852, 0.665, 2.320], rel=5e-4)
    assert rows.weight @ model.expected_purchases(found, rows, 39.0) == pytest.approx(1718.87, abs=0.05)


def _times(histories: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    return histories["recency_weeks"], histories["age_weeks"]
