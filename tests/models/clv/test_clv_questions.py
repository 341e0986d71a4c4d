"""The questions of the notebook on lifetime value, asked of the sample of the papers and of data too thin to answer."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from helpers.contract.loading import Tables, load
from helpers.models.value import questions
from helpers.models.value.questions import Judged, Valued
from helpers.params import ClvParams

SAMPLE = {"orders": "cdnow_sample", "as_of": date(1998, 6, 30), "models": ["bg_nbd", "mbg_nbd"], "draw_count": 50}


@pytest.fixture(scope="module")
def params() -> ClvParams:
    return ClvParams.model_validate(SAMPLE)


@pytest.fixture(scope="module")
def data(params: ClvParams) -> Tables:
    return load(**params.delivery)


@pytest.fixture(scope="module")
def judged(data: Tables, params: ClvParams) -> Judged:
    return questions.judged(data, params)


@pytest.fixture(scope="module")
def valued(data: Tables, params: ClvParams, judged: Judged) -> Valued:
    return questions.valued(data, params, judged)


def test_the_holdout_is_that_of_the_papers(judged: Judged) -> None:
    assert judged.plan.calibration_end == date(1997, 9, 30)
    assert judged.trial is not None
    assert len(judged.trial.customers) == 2357
    assert judged.trial.actual.sum() == 1882
    assert judged.scores.set_index("model")["log_likelihood"]["bg_nbd"] == pytest.approx(-9582.429, abs=1e-3)


def test_values_are_made_with_all_that_is_known_by_the_model_that_was_recommended(
    judged: Judged, valued: Valued
) -> None:
    assert valued.base.fit.model == judged.verdict.model
    published = {"bg_nbd": (0.2536, 5.4473, 0.6074, 2.6472)}  # all 78 weeks
    full = {fit.model: fit.theta for fit in valued.fits}
    assert full["bg_nbd"] == pytest.approx(published["bg_nbd"], rel=2e-3)
    assert len(valued.table) == len(valued.histories) == 2357
    assert valued.table["clv_amount"].sum() == pytest.approx(valued.tier_values["amount"].sum(), rel=1e-6)


def test_parameters_tell_the_fits_apart(judged: Judged, valued: Valued) -> None:
    told = questions.parameters(judged, valued)
    fits = told.groupby(["model", "fitted_until"]).size()
    assert {until for _, until in fits.index} == {date(1997, 9, 30), date(1998, 6, 30)}
    assert set(told["model"]) == {"bg_nbd", "mbg_nbd", "gamma_gamma"}
    assert not told.duplicated(["model", "parameter", "fitted_until"]).any()


def test_weeks_are_those_of_the_customers_that_the_models_knew(data: Tables, judged: Judged) -> None:
    weeks = questions.weekly(data, judged.plan)
    assert weeks["repeat_count"].sum() == 2457 + 1882


def test_the_forecast_goes_on_from_the_last_day(
    data: Tables, params: ClvParams, judged: Judged, valued: Valued
) -> None:
    ahead = questions.ahead(data, params, judged, valued)
    assert ahead is not None
    assert ahead.made.periods["starts_on"].min().date() == date(1998, 7, 1)
    assert ahead.judgement is not None
    assert ahead.made_on == date(1998, 1, 13)


def test_without_a_channel_there_is_no_answer(data: Tables, params: ClvParams, valued: Valued) -> None:
    assert questions.acquired(data, params, valued) is None


def test_a_young_shop_is_valued_and_trusted_for_nothing(tmp_path: Path) -> None:
    lines = [f"客{n % 15},2025-01-{1 + n:02d},10.00" for n in range(28)]
    (tmp_path / "young.csv").write_text("customer_id,ordered_at,amount\n" + "\n".join(lines), encoding="utf-8")
    params = ClvParams.model_validate({"orders": str(tmp_path / "young.csv"), "as_of": "2025-01-28", "draw_count": 50})
    data = load(**params.delivery)
    judged = questions.judged(data, params)
    assert judged.trial is None
    assert judged.verdict.reasons == ("no_holdout",)
    with pytest.raises(ValueError, match="there is no holdout to track"):
        questions.weekly(data, judged.plan)
    valued = questions.valued(data, params, judged)
    assert valued.table["clv_amount"].notna().all()
