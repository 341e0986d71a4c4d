"""Shrunk means: revenue kept, truth found again, and something to say of the poorest data."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from helpers.errors import FitError
from helpers.models.spend import gamma_gamma, shrunk_mean, spending
from helpers.models.spend.independence import bucket
from helpers.models.spend.shrunk_mean import shrink
from tests.models.spend.spends import cdnow_days, made, repeat_spend


def log_normal(seed: int, n: int, *, between: float = 0.8, within: float = 1.2, slope: float = 0.0):
    """Spend that Gamma-Gamma does not fit: log-normal purchases about log-normal means of 90 at the median."""
    rng = np.random.default_rng(seed)
    rate = rng.gamma(0.7, 1.0, n)
    count = rng.poisson(3 * rate)
    mean = 90 * np.exp(between * rng.normal(size=n)) * np.maximum(rate, 0.02) ** slope
    who = np.repeat(np.arange(n), count)
    paid = mean[who] * np.exp(within * rng.normal(size=len(who)) - within**2 / 2)
    seen = np.bincount(who, weights=paid, minlength=n) / np.maximum(count, 1)
    return pd.DataFrame({"repeat_count": count, "mean_amount": np.where(count > 0, seen, np.nan)}), mean


class TestInvariants:
    spend = repeat_spend(cdnow_days())

    def test_expected_revenue_is_the_actual_in_each_bucket(self):
        found, repeat = shrink(self.spend), self.spend["repeat_count"] > 0
        count, mean = (self.spend.loc[repeat, name].to_numpy() for name in ("repeat_count", "mean_amount"))
        code = bucket(count.astype(float))
        expected = np.bincount(code, weights=count * found.customers.loc[repeat, "expected_spend_amount"])
        assert expected == pytest.approx(np.bincount(code, weights=count * mean))
        assert found.buckets["mean_amount"].to_numpy() == pytest.approx(expected / np.bincount(code, weights=count))

    def test_one_time_buyers_get_the_mean_of_who_came_back_least(self):
        found, once = shrink(self.spend), self.spend["repeat_count"] == 0
        expected = found.customers.loc[once, "expected_spend_amount"].to_numpy()
        assert expected == pytest.approx(found.buckets["mean_amount"].iloc[0])
        assert (found.customers["is_seen"] == ~once).all()

    def test_the_more_is_seen_the_less_is_shrunk(self):
        spend = pd.concat([self.spend, self.spend.iloc[:3].assign(repeat_count=[1, 5, 5], mean_amount=200.0)])
        found = shrink(spend).customers.iloc[-3:]
        assert found["expected_spend_amount"].iloc[0] < found["expected_spend_amount"].iloc[1] < 215
        assert found["expected_spend_amount"].iloc[1] == found["expected_spend_amount"].iloc[2]
        assert found["log_error"].iloc[0] > found["log_error"].iloc[1]

    def test_currency_scales_and_order_does_not_matter(self):
        found = shrink(self.spend)
        dearer = shrink(self.spend.assign(mean_amount=1e4 * self.spend["mean_amount"]))
        amounts = found.customers["expected_spend_amount"].to_numpy()
        assert dearer.customers["expected_spend_amount"].to_numpy() == pytest.approx(1e4 * amounts, rel=1e-4)
        turned = shrink(self.spend.iloc[::-1]).customers["expected_spend_amount"].to_numpy()[::-1]
        assert turned == pytest.approx(amounts, rel=1e-4)

    def test_the_frame_given_is_not_changed(self):
        before = self.spend.copy()
        shrink(self.spend)
        pd.testing.assert_frame_equal(self.spend, before)


class TestTruth:
    def test_variances(self):
        found = [shrink(log_normal(seed, 3_000, between=0.8, within=0.5)[0]) for seed in range(4)]
        assert np.mean([one.log_between for one in found]) == pytest.approx(0.8, abs=0.03)
        assert np.mean([one.log_within for one in found]) == pytest.approx(0.5, abs=0.04)

    def test_errors_cover(self):
        """By hand over 6 runs of 3,000: 0.87 to 0.90 of nine in ten, with Gamma or log-normal purchases."""
        inside = []
        for seed in range(4):
            one = made(seed, 2_000)
            customers, seen = shrink(one.spend).customers, one.spend["repeat_count"].to_numpy() > 0
            off = np.abs(np.log(one.mean / customers["expected_spend_amount"]))[seen]
            inside.append(off < 1.645 * customers["log_error"][seen])
        assert 0.86 < np.mean(np.concatenate(inside)) < 0.94

    @pytest.mark.parametrize("slope", [0.0, 0.4])
    def test_it_beats_gamma_gamma_where_that_does_not_hold(self, slope):
        better = []
        for seed in range(4):
            spend, mean = log_normal(seed, 2_000, slope=slope)
            seen = spend["repeat_count"].to_numpy() > 0
            ours = shrink(spend).customers["expected_spend_amount"].to_numpy()
            theirs = gamma_gamma.expected_spend(gamma_gamma.fit(spend, level=0.9).theta, spend)
            better.append(np.abs(ours - mean)[seen].mean() < np.abs(theirs - mean)[seen].mean())
        assert all(better)

    def test_it_is_near_gamma_gamma_where_that_holds(self):
        one = made(2, 3_000)
        seen = one.spend["repeat_count"].to_numpy() > 0
        ours = shrink(one.spend).customers["expected_spend_amount"].to_numpy()
        theirs = gamma_gamma.expected_spend(gamma_gamma.fit(one.spend, level=0.9).theta, one.spend)
        off = [np.abs(found - one.mean)[seen].mean() for found in (ours, theirs)]
        assert off[0] < 1.1 * off[1]

    def test_common_error(self, part):
        spends = [made(seed, 500).spend.query("repeat_count > 0") for seed in range(60 // part)]
        paid = [(one["repeat_count"] @ one["mean_amount"]) / one["repeat_count"].sum() for one in spends]
        told = [shrink(one).log_common for one in spends]
        assert np.mean(told) == pytest.approx(np.log(paid).std(), rel=0.25 * np.sqrt(part))

    def test_the_error_of_purchases_seen_by_hand(self):
        # two customers of 4 and 1 purchases who are expected to pay 10 and 20: 4 (10)^2 and 1 (20)^2, of the variance v
        found = shrunk_mean._seen_error(np.array([4.0, 1.0]), np.array([10.0, 20.0]), np.log(1.5))
        assert found == pytest.approx(np.sqrt(np.log(1 + 0.5 * (400 + 400) / 60**2)))

    def test_who_was_seen_often_has_little_of_the_error_of_all(self):
        spend, _ = log_normal(1, 3_000, between=1.2, within=0.6)
        found = shrink(spend)
        once, often = spend["repeat_count"] == 0, spend["repeat_count"] > 8
        assert (found.customers.loc[once, "common_share"] == 1).all()
        assert (found.customers.loc[often, "common_share"] < 0.04).all()
        assert found.log_seen < 0.4 * found.log_common

    def test_revenue_of_customers_who_were_seen_is_held_by_a_narrow_interval(self):
        """Means of customers with a heavy tail: the error of the mean of all is not theirs, and would be twice as wide."""
        held, widths, before = [], [], []
        for seed in range(60):
            spend, mean = log_normal(seed, 1_500, between=1.2, within=0.6)
            rng = np.random.default_rng(1_000 + seed)
            counts = np.where(spend["repeat_count"] > 0, rng.poisson(spend["repeat_count"]), 0)
            who = np.repeat(np.arange(len(mean)), counts)
            came = (mean[who] * np.exp(0.6 * rng.normal(size=len(who)) - 0.18)).sum()
            found = shrink(spend)
            told = {"log_common": found.log_common, "log_seen": found.log_seen}
            money = spending.scattered(found.customers, **told, draws=99, seed=seed)
            drawn = money.draw(slice(None), np.tile(counts.astype(np.uint16), (99, 1)), rng).sum(axis=1)
            low, high = np.quantile(drawn, [0.05, 0.95])
            held.append(low <= came <= high)
            widths.append(np.log(high / low) / 2)
            before.append(1.645 * found.log_common)
        assert np.mean(held) > 0.82
        assert np.mean(widths) < 0.6 * np.mean(before)


class TestBadInput:
    def test_nobody_came_back(self):
        spend = pd.DataFrame({"repeat_count": [0] * 4, "mean_amount": np.nan, "first_amount": [1.0, 2.0, 3.0, 6.0]})
        found = shrink(spend)
        assert found.customers["expected_spend_amount"].tolist() == [3.0] * 4
        assert not found.customers["is_seen"].any()
        sentence = (
            "Expected spend is the mean of the first purchases, for nobody came back; repeat purchases may well differ "
            "from it."
        )
        assert found.notes == (sentence,)
        assert np.isfinite(found.customers.drop(columns="is_seen")).all(axis=None)

    def test_nobody_paid(self):
        spend = pd.DataFrame({"repeat_count": [0, 2], "mean_amount": [np.nan, 0.0], "first_amount": [0.0, 0.0]})
        with pytest.raises(FitError, match="nobody who came back paid anything, and no first purchase was paid for"):
            shrink(spend)
        with pytest.raises(FitError, match="nobody came back, and no first purchase was paid for"):
            shrink(spend.iloc[:1].drop(columns="first_amount"))

    def test_one_customer(self):
        found = shrink(pd.DataFrame({"repeat_count": [3], "mean_amount": [12.0]}))
        assert found.customers["expected_spend_amount"].tolist() == pytest.approx([12.0])
        assert found.notes == ("Only one customer shows what a repeat purchase brings.",)
        assert (found.log_common, found.log_between, found.log_within) == (1.0, 1.0, 1.0)

    def test_who_paid_nothing_is_shrunk_from_zero(self):
        spend = repeat_spend(cdnow_days())
        places = spend.index[spend["repeat_count"] == 4][:2]
        spend.loc[places, "mean_amount"] = [0.0, -7.0]
        found = shrink(spend)
        nothing = shrink(spend.assign(mean_amount=spend["mean_amount"].clip(lower=0)))
        pd.testing.assert_frame_equal(found.customers, nothing.customers)
        first, second = found.customers.loc[places, "expected_spend_amount"]
        assert 0 < first == second < 15
        assert found.notes == ("2 customers who came back paid nothing, or less, and count with zero.",)

    def test_frequency_without_variation_asks_the_first_purchase(self):
        one = made(3, 4_000).spend.query("repeat_count == 1")
        noisy = one.assign(first_amount=one["first_amount"] * np.random.default_rng(1).gamma(6, 1 / 6, len(one)))
        found = shrink(noisy)
        assert found.notes == (
            "All came back equally often, so how far spend scatters from purchase to purchase is taken from the first.",
        )
        # the logarithm of Gamma(6) has a standard deviation of sqrt(trigamma(6)) = 0.426, that of 1 / Gamma(4) of 0.533
        assert found.log_within == pytest.approx(0.426, abs=0.05)
        assert found.log_between == pytest.approx(0.533, abs=0.05)

    def test_frequency_without_variation_and_nothing_to_ask(self):
        one = made(3, 4_000).spend.query("repeat_count == 1").drop(columns="first_amount")
        found = shrink(one)
        assert found.log_within == pytest.approx(found.log_between)
        assert found.notes[0].endswith("the own mean and the mean of all are taken to be worth the same.")

    def test_all_spend_the_same(self):
        found = shrink(pd.DataFrame({"repeat_count": [1, 2, 5, 0], "mean_amount": [10.0, 10.0, 10.0, np.nan]}))
        assert found.customers["expected_spend_amount"].tolist() == pytest.approx([10.0] * 4)
        assert (found.customers["log_error"] < 1e-3).all()
