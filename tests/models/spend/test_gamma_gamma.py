"""Gamma-Gamma: the published fit of CDNOW, a known truth found again, and the sentences where there is no mean."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from lifetimes import GammaGammaFitter
from scipy.integrate import quad
from scipy.stats import gamma as gamma_law

from helpers.errors import FitError
from helpers.models.spend import gamma_gamma
from tests.models.spend.spends import all_spend, cdnow_days, made, repeat_spend

FIRST_TEN = [24.65, 18.91, 35.17, 35.17, 35.17, 71.46, 18.91, 35.17, 27.28, 35.17]


@pytest.fixture(scope="module")
def days():
    return cdnow_days()


@pytest.fixture(scope="module")
def spend(days):
    return repeat_spend(days)


@pytest.fixture(scope="module")
def fit(spend):
    return gamma_gamma.fit(spend, level=0.95)


class TestCdnow:
    """CLVTools 0.12.1 and BTYD 2.4.3, which agree with Fader and Hardie (2013): 946 repeat buyers, mean of their days."""

    def test_parameters(self, fit):
        assert fit.n == 946
        assert fit.theta == pytest.approx([6.249349, 3.744256, 15.444307], rel=1e-4)
        assert fit.log_likelihood == pytest.approx(-4055.9177, abs=1e-4)
        assert fit.is_identified
        assert fit.notes == ()

    def test_standard_errors(self, fit):
        assert fit.parameters["standard_error"].to_numpy() == pytest.approx([1.189974, 0.290136, 4.159534], rel=1e-3)

    def test_population_mean(self, fit):
        assert gamma_gamma.population_mean(fit.theta) == pytest.approx(35.17, abs=0.005)
        mean = fit.means.iloc[0]
        assert mean["parameter"] == "mean_spend_amount"
        assert mean["low"] < 35.17 < mean["high"]

    def test_first_ten_customers(self, fit, spend):
        assert gamma_gamma.expected_spend(fit.theta, spend)[:10] == pytest.approx(FIRST_TEN, abs=0.005)

    def test_first_ten_customers_of_the_spreadsheet(self, spend):
        found = gamma_gamma.expected_spend(np.array([6.25, 3.74, 15.44]), spend)
        assert found[:10] == pytest.approx(FIRST_TEN, abs=0.1)

    def test_with_the_first_purchase(self, days):
        every = all_spend(days)
        found = gamma_gamma.fit(every, level=0.95)
        assert found.theta == pytest.approx([9.881241, 3.398750, 7.928588], rel=1e-5)
        assert found.log_likelihood == pytest.approx(-9898.4509, abs=1e-4)
        assert found.notes == ("8 customers who came back paid nothing, or less, and cannot be in the fit of spend.",)
        assert found.is_identified

    def test_lifetimes_has_the_same_fit(self, fit, spend):
        repeat = spend[spend["repeat_count"] > 0]
        theirs = GammaGammaFitter().fit(repeat["repeat_count"], repeat["mean_amount"])
        assert theirs.params_.to_numpy() == pytest.approx(fit.theta, rel=1e-3)
        ours = gamma_gamma.expected_spend(fit.theta, repeat)
        assert theirs.conditional_expected_average_profit(
            repeat["repeat_count"], repeat["mean_amount"]
        ).to_numpy() == pytest.approx(ours, rel=1e-3)

    def test_order_of_the_customers_and_currency_change_nothing_else(self, fit, spend):
        shuffled = spend.sample(frac=1, random_state=3)
        assert gamma_gamma.fit(shuffled, level=0.95).theta == pytest.approx(fit.theta, rel=1e-7)
        dearer = spend.assign(mean_amount=1e6 * spend["mean_amount"])
        found = gamma_gamma.fit(dearer, level=0.95)
        assert found.theta == pytest.approx(fit.theta * [1, 1, 1e6], rel=1e-5)
        expected = gamma_gamma.expected_spend(fit.theta, spend)
        assert gamma_gamma.expected_spend(found.theta, dearer) == pytest.approx(1e6 * expected, rel=1e-5)


class TestFormulas:
    theta = np.array([2.5, 3.0, 20.0])

    def test_likelihood_is_the_integral_over_the_rates(self):
        p, q, gamma = self.theta
        for x, mean in ((1, 5.0), (4, 30.0), (300, 12.0)):
            rows = gamma_gamma.spends(pd.DataFrame({"repeat_count": [x], "mean_amount": [mean]}))
            value = gamma_gamma.MODEL.log_likelihood(self.theta, rows)[0][0]

            def at(nu, x=x, mean=mean):
                return gamma_law.pdf(mean, p * x, scale=1 / (nu * x)) * gamma_law.pdf(nu, q, scale=1 / gamma)

            peak = (p * x + q) / (gamma + x * mean)
            assert value == pytest.approx(np.log(quad(at, 0, 20 * peak, points=[peak], limit=200)[0]), abs=1e-6)

    def test_gradient(self):
        spend = pd.DataFrame({"repeat_count": [1, 3, 400], "mean_amount": [4.0, 50.0, 9.0]})
        rows, logs = gamma_gamma.spends(spend), np.log(self.theta)
        _, gradient = gamma_gamma.MODEL.log_likelihood(self.theta, rows)
        for place, step in enumerate(1e-6 * np.eye(3)):
            above, below = (gamma_gamma.MODEL.log_likelihood(np.exp(logs + s), rows)[0] for s in (step, -step))
            assert gradient[:, place] == pytest.approx((above - below) / 2e-6, rel=1e-6, abs=1e-6)

    def test_shrinkage_by_hand(self):
        # p gamma / (q - 1) = 2.5 * 20 / 2 = 25; seen twice at 40: 2.5 (20 + 80) / (5 + 2) = 35.71
        spend = pd.DataFrame({"repeat_count": [0, 2, 2, 2], "mean_amount": [np.nan, 40.0, 0.0, -3.0]})
        expected = [25.0, 250 / 7, 50 / 7, 50 / 7]
        assert gamma_gamma.expected_spend(self.theta, spend) == pytest.approx(expected)


class TestTruth:
    @pytest.mark.slow
    def test_recovery(self):
        truth = np.array([6.0, 4.0, 90.0])
        inside = []
        for seed in range(12):
            found = gamma_gamma.fit(made(seed, 1_200).spend, level=0.9)
            table = pd.concat([found.parameters, found.means])
            values = [*truth, gamma_gamma.population_mean(truth)]
            inside.append((table["low"].to_numpy() < values) & (values < table["high"].to_numpy()))
        assert 0.75 <= np.mean(inside) <= 1  # nine in ten of 48, of which every fourth depends on the others


class TestBadInput:
    def test_no_mean_where_the_tail_is_too_heavy(self):
        found = gamma_gamma.fit(made(1, 800, theta=(6.0, 0.7, 90.0)).spend, level=0.9)
        sentence = (
            "Gamma-Gamma has no mean spend: q must be above 1, and the likelihood is highest at 0.71; a few customers "
            "spend so much that the mean of all is theirs."
        )
        assert found.notes == (sentence,)
        assert not found.is_identified
        assert np.isnan(found.means["estimate"]).all()
        assert gamma_gamma.population_mean(found.theta) == np.inf
        with pytest.raises(FitError, match=r"q must be above 1, found 0\.708; use the shrunk mean instead"):
            gamma_gamma.expected_spend(found.theta, made(1, 800).spend)

    def test_hardly_a_mean(self):
        found = gamma_gamma.fit(made(1, 800, theta=(6.0, 1.1, 90.0)).spend, level=0.9)
        q, low = found.theta[1], found.parameters["low"].iloc[1]
        assert low < 1 < q
        assert found.notes == (
            f"Gamma-Gamma hardly has a mean spend: q is {q:.2f}, but it may be {low:.2f}, and must be above 1.",
        )
        assert not found.is_identified

    def test_a_pooled_fit_stands_in(self, fit):
        for few in (made(5, 60), made(1, 800, theta=(6.0, 0.7, 90.0))):
            found = gamma_gamma.fit(few.spend, level=0.9, pooled=fit)
            assert not found.is_identified
            assert found.usable is fit
        assert gamma_gamma.fit(made(1, 2_000).spend, level=0.9, pooled=fit).pooled is None

    def test_all_spend_the_same(self):
        found = gamma_gamma.fit(pd.DataFrame({"repeat_count": [1, 2, 3] * 9, "mean_amount": 10.0}), level=0.9)
        assert not found.is_identified
        assert found.notes[0].startswith("Gamma-Gamma is not identified: the likelihood rises until p")

    def test_nobody_came_back(self):
        nobody = pd.DataFrame({"repeat_count": [0, 0], "mean_amount": [np.nan, np.nan]})
        assert not gamma_gamma.can_fit(nobody)
        with pytest.raises(FitError, match="needs customers who came back and paid something; found none"):
            gamma_gamma.fit(nobody, level=0.9)

    def test_impossible_spend_is_told_at_once(self):
        spend = pd.DataFrame({"repeat_count": [1, 0, 1.5], "mean_amount": [np.nan, 3.0, 4.0]})
        with pytest.raises(FitError) as told:
            gamma_gamma.fit(spend, level=0.9)
        assert str(told.value).splitlines() == [
            "the spend of customers must be possible; 3 problems.",
            "- `repeat_count` must be a whole number, 0 or more: 1 customers, first row 2: repeat_count 1.5, mean_amount 4",
            "- `mean_amount` must be a number for who came back: 1 customers, first row 0: repeat_count 1, mean_amount nan",
            "- `mean_amount` must be missing for who did not come back: 1 customers, first row 1: repeat_count 0, mean_amount 3",
        ]

    def test_hundreds_of_purchases(self):
        spend = made(5, 600).spend
        often = spend.assign(repeat_count=5_000 * spend["repeat_count"])
        found = gamma_gamma.fit(often, level=0.9)
        assert np.isfinite(found.parameters.drop(columns=["model", "parameter"])).all(axis=None)
        came, everybody = often["repeat_count"] > 0, gamma_gamma.population_mean(found.theta)
        own, expected = often["mean_amount"][came], gamma_gamma.expected_spend(found.theta, often)[came]
        assert (np.sign(expected - own) == np.sign(everybody - own)).all()
        assert (np.abs(expected - own) < np.abs(everybody - own)).all()
