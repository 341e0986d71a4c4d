"""Verdicts: on the models of CDNOW, a known truth, rivals that win, and models that are of no use."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from helpers.models.buying import rows as histories
from helpers.models.buying.registry import MODELS
from helpers.models.evaluation import calibration, purchase_groups, scores, trials, verdicts
from helpers.models.evaluation import deciles as tenths_of
from helpers.models.evaluation.tracking import tracking
from tests.models.evaluation.made_trials import LEVEL, NAN, TRUTH, company, fit_at, small_trial


def test_cdnow_sample_is_trusted_with_the_model_of_the_best_holdout(sample: trials.Trial) -> None:
    found = verdicts.recommend(sample)
    assert (found.model, found.title, found.reasons, found.unfit_for) == ("pareto_nbd", "Pareto/NBD", (), ())
    assert found.is_trusted
    # MBG/NBD has the best likelihood, and the worst total
    table = scores.scores(sample.expected, sample.actual, fits=sample.fits).set_index("model")
    assert table["log_likelihood"].idxmax() == "mbg_nbd" == table["total_error"][list(MODELS)].idxmin()
    assert found.off.value == pytest.approx(1665.5 / 1882 - 1, abs=2e-4)
    assert found.off.low < found.off.value < found.off.high < 0
    assert found.rival == "segment_mean"
    assert verdicts.recommend(sample, limit=0.1).reasons == ("total_off",)


def test_the_true_model_is_trusted_and_calibrated(truth: tuple[trials.Trial, pd.DataFrame]) -> None:
    trial, weeks = truth
    found = verdicts.recommend(trial, expected_spend=np.full(3000, 20.0))
    assert found.is_trusted
    assert found.off.low < 0 < found.off.high
    assert found.revenue_off == pytest.approx(found.off.value)
    assert calibration.probability_error(purchase_groups.alive(trial, model="pareto_nbd")).error_share < 0.03
    by_frequency = purchase_groups.by_frequency(trial)
    inside = (by_frequency["low"] <= by_frequency["pareto_nbd"]) & (by_frequency["pareto_nbd"] <= by_frequency["high"])
    assert inside.sum() >= 7
    bars = purchase_groups.histogram(trial)
    assert bars["pareto_nbd"].to_numpy() == pytest.approx(bars["customer_count"].to_numpy(), rel=0.2)
    tracked = tracking(trial, weeks)
    assert tracked["cumulative_pareto_nbd"].iloc[-1] == pytest.approx(tracked["cumulative_actual"].iloc[-1], rel=0.06)


def test_a_company_that_doubles_is_not_foreseen() -> None:
    known, _, plan = company(customers=1500, seed=2, season=2.0)
    trial = trials.trial(
        known,
        rows=histories.collapse(known),
        fits=[fit_at("pareto_nbd", TRUTH["pareto_nbd"])],
        plan=plan,
        level=LEVEL,
    )
    found = verdicts.recommend(trial)
    assert "total_off" in found.reasons
    assert not found.is_trusted
    assert found.unfit_for[0] == "totals"


def test_a_rival_that_errs_less_per_customer_wins() -> None:
    trial = small_trial({"bg_nbd": [1.0, 1.0, 1.0, 1.0], "past_rate": [0.5, 1.5, 0.0, 2.0]}, [0, 2, 0, 2])
    found = verdicts.recommend(trial)
    assert found.reasons == ("rival_customers",)
    assert found.unfit_for == ("customers",)
    assert found.rival == "past_rate"
    assert found.rival_rmse < found.rmse == 1.0


def test_a_rival_with_a_nearer_total_wins_only_beyond_chance() -> None:
    rng = np.random.default_rng(5)
    rate = rng.gamma(2.0, size=2000)
    actual = list(rng.poisson(rate))
    model = list(0.9 * rate)
    # half the customers each get the whole total: a good sum, and bad customers
    rival = list(np.where(np.arange(2000) % 2, 2.0 * rate, 0.0) * sum(actual) / (2 * rate[1::2].sum()))
    flat = [1.2 * rate.mean()] * 2000  # errs less per customer than the other rival, and is not nearer in total
    found = verdicts.recommend(small_trial({"bg_nbd": model, "past_rate": flat, "year_before": rival}, actual))
    assert found.reasons == ("rival_total",)
    assert (found.unfit_for, found.rival) == (("totals",), "year_before")
    near = list(0.99 * rate)
    lucky = verdicts.recommend(small_trial({"bg_nbd": near, "year_before": rival}, actual))
    assert abs(lucky.rival_expected - lucky.actual) < abs(lucky.expected - lucky.actual)
    assert lucky.is_trusted, "nearer by a few purchases is luck"
    high = verdicts.recommend(small_trial({"bg_nbd": list(1.1 * rate), "year_before": rival}, actual))
    assert high.reasons == ("rival_total",), "a model may be too high as well"


@pytest.mark.parametrize(("factor", "is_off"), [(1.19, False), (1.21, True), (0.81, False), (0.79, True)])
def test_a_total_off_by_more_than_the_limit_is_not_for_totals(factor: float, is_off: bool) -> None:
    actual = [0, 1, 2, 3, 4] * 10
    found = verdicts.recommend(small_trial({"bg_nbd": [factor * count for count in actual]}, actual))
    assert (found.reasons == ("total_off",)) == is_off
    assert (found.unfit_for == ("totals",)) == is_off


def test_revenue_is_judged_where_spend_is_known() -> None:
    trial = small_trial({"bg_nbd": [1.0, 2.0]}, [1, 2])
    assert verdicts.recommend(trial, expected_spend=[10.0, 10.0]).is_trusted
    assert verdicts.recommend(trial, expected_spend=[13.0, 13.0]).reasons == ("revenue_off",)
    assert np.isnan(verdicts.recommend(trial).revenue_off)


def test_of_models_as_good_per_customer_the_nearest_total_is_recommended() -> None:
    rng = np.random.default_rng(6)
    rate = rng.gamma(2.0, size=1000)
    actual = list(rng.poisson(rate))
    scale = sum(actual) / rate.sum()
    expected = {"bg_nbd": list(1.06 * scale * rate), "mbg_nbd": list(scale * rate * 1.01), "pareto_nbd": [2.0] * 1000}
    trial = small_trial(expected, actual)
    assert verdicts.recommend(trial).model == "mbg_nbd"
    noise = scale * rate + rng.normal(scale=0.2, size=1000)
    worse = list(noise * sum(actual) / noise.sum())
    close = small_trial({"bg_nbd": list(1.05 * scale * rate), "mbg_nbd": worse}, actual)
    assert scores.scores(close.expected, close.actual, fits=close.fits).set_index("model")["rmse"].idxmin() == "bg_nbd"
    assert verdicts.recommend(close).model == "mbg_nbd", "as good as the best, by its standard error"
    # likelihood has no say
    better = tuple(replace(fit, log_likelihood=0.0 if fit.model == "bg_nbd" else -99.0) for fit in trial.fits)
    assert verdicts.recommend(replace(trial, fits=better)).model == "mbg_nbd"
    # a model that is not identified is taken only where there is no other
    shaky = tuple(replace(fit, is_identified=fit.model == "bg_nbd") for fit in trial.fits)
    assert verdicts.recommend(replace(trial, fits=shaky)).model == "bg_nbd"
    none = verdicts.recommend(replace(trial, fits=tuple(replace(fit, is_identified=False) for fit in trial.fits)))
    assert (none.model, none.is_identified) == ("mbg_nbd", False)


def test_a_model_that_does_not_know_who_comes_back_is_not_chosen_for_its_total(restless: trials.Trial) -> None:
    """Half of the customers leave soon after their first purchase, which BG/NBD lets nobody do."""
    off = {name: abs(restless.expected[name].sum() / restless.actual.sum() - 1) for name in MODELS}
    assert off["bg_nbd"] < off["pareto_nbd"] < 0.06, "by totals alone it would be BG/NBD"
    by_squares = replace(restless, chances=restless.chances.assign(**dict.fromkeys(MODELS, 0.5)))
    assert verdicts.recommend(by_squares).model == "bg_nbd", "nor do the squared errors of purchases tell"
    assert verdicts.recommend(restless).model == "pareto_nbd"
    once = purchase_groups.coming_back(restless).set_index("label").loc["once"]
    assert once["low"] < once["pareto_nbd"] < once["high"]
    assert once["bg_nbd"] > 5 * once["actual_share"]


def test_where_no_model_is_best_at_both_the_one_least_behind_is_chosen() -> None:
    rng = np.random.default_rng(7)
    rate = rng.gamma(2.0, size=800)
    actual = rng.poisson(rate)
    poor = np.maximum(rate + rng.normal(scale=0.7, size=800), 0.0)
    trial = small_trial({"bg_nbd": list(rate), "mbg_nbd": list(poor)}, list(actual))
    sure, vague = np.where(actual > 0, 0.9, 0.1), np.where(actual > 0, 0.7, 0.3) + rng.normal(scale=0.01, size=800)
    told = replace(trial, chances=pd.DataFrame({"bg_nbd": vague, "mbg_nbd": sure}))
    assert verdicts.recommend(told).model == "mbg_nbd", "many standard errors behind at coming back weigh more"
    alike = replace(trial, chances=pd.DataFrame({"bg_nbd": sure, "mbg_nbd": sure}))
    assert verdicts.recommend(alike).model == "bg_nbd"


def test_what_cannot_be_judged_is_trusted_for_nothing() -> None:
    asleep = verdicts.recommend(small_trial({"bg_nbd": [0.1, 0.2]}, [0, 0]))
    assert (asleep.reasons, asleep.unfit_for) == (("no_purchases",), ("totals", "customers"))
    broken = verdicts.recommend(small_trial({"bg_nbd": [0.1, NAN]}, [0, 1]))
    assert (broken.model, broken.reasons) == (None, ("no_model",))
    fits = [fit_at("bg_nbd", TRUTH["bg_nbd"], is_identified=False), fit_at("mbg_nbd", TRUTH["bg_nbd"])]
    young = verdicts.unjudged(fits)
    assert (young.model, young.reasons, young.unfit_for) == ("mbg_nbd", ("no_holdout",), ("totals", "customers"))
    assert verdicts.unjudged([]).reasons == ("no_holdout", "no_model")


def test_one_customer_is_judged_without_an_interval() -> None:
    trial = small_trial({"bg_nbd": [1.0], "past_rate": [2.0]}, [1])
    found = verdicts.recommend(trial)
    assert found.is_trusted
    assert np.isnan(found.off.low)
    assert len(scores.scores(trial.expected, trial.actual, fits=trial.fits)) == 2
    assert purchase_groups.by_frequency(trial)["n"].tolist() == [1]
    assert tenths_of.deciles(trial.expected["bg_nbd"], trial.actual, level=LEVEL)["n"].tolist() == [1]
    assert len(purchase_groups.alive(trial, model="bg_nbd")) == 1


@pytest.mark.parametrize("change", [-1e-12, 0.0, 1e-12])
def test_of_models_that_agree_the_first_is_recommended(change: float) -> None:
    expected = np.array([0.5, 1.5, 0.2])
    trial = small_trial({"bg_nbd": list(expected), "mbg_nbd": list(expected * (1 + change))}, [0, 2, 0])
    assert verdicts.recommend(trial).model == "bg_nbd"
    assert (
        "rival_customers"
        not in verdicts.recommend(
            small_trial({"bg_nbd": list(expected), "past_rate": list(expected * (1 - change))}, [0, 2, 0])
        ).reasons
    )


def test_the_rival_is_off_by_its_own_total() -> None:
    judged = verdicts.recommend(small_trial({"bg_nbd": [1.0, 2.0], "past_rate": [3.0, 3.0]}, [1, 2]))
    assert (judged.rival, judged.rival_off) == ("past_rate", 1.0)
    assert np.isnan(verdicts.unjudged([]).rival_off)


def test_a_table_says_whether_its_numbers_may_be_used_and_why_not() -> None:
    values = pd.DataFrame({"months": [12.0, 24.0]})
    good = verdicts.Verdict("bg_nbd")
    assert good.mark(values, "totals").to_dict("list") == {
        "months": [12.0, 24.0],
        "is_usable": [True] * 2,
        "reason": [""] * 2,
    }
    bad = verdicts.Verdict("bg_nbd", reasons=("total_off", "rival_total", "rival_customers"))
    totals, customers, both = (bad.mark(values, *uses) for uses in (["totals"], ["customers"], ["totals", "customers"]))
    assert totals["reason"].tolist() == ["total_off rival_total"] * 2
    assert customers["reason"].tolist() == ["rival_customers"] * 2
    assert both["reason"].tolist() == ["total_off rival_total rival_customers"] * 2
    assert not both["is_usable"].any()
    fine = verdicts.Verdict("bg_nbd", reasons=("total_off",)).mark(values, "customers")
    assert fine["is_usable"].all()
