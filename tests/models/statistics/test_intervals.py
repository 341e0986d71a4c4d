"""Intervals: values worked by hand, published values, coverage of a known truth, and where no interval is honest."""

from __future__ import annotations

import math
import time

import numpy as np
import pytest
from scipy.special import ndtr, ndtri
from scipy.stats import binom

from helpers.models.statistics import intervals
from helpers.models.statistics.intervals import Estimate, Moments

RUNS = 1_000
FEW_RUNS = 100
HONEST = (0.92, 0.98)
"""Where the coverage of an interval of 95 % must lie in 1,000 runs, whose own standard error is 0.7 points."""


def covered(estimates: list[Estimate], truth: float) -> float:
    return float(np.mean([estimate.low <= truth <= estimate.high for estimate in estimates]))


def assert_honest(coverage: float) -> None:
    assert HONEST[0] <= coverage <= HONEST[1], f"the interval of 95 % covers {coverage:.1%}"


class TestWilson:
    def test_15_of_50_by_hand(self):
        # z = 1.959964, z² = 3.841459: centre (0.3 + 0.03841459) / 1.07682918 = 0.3142695,
        # half width sqrt(3.841459 * 0.21 / 50 + 0.03841459²) / 1.07682918 = 0.1232339
        found = intervals.wilson(15, 50, level=0.95)
        assert found == Estimate(0.3, pytest.approx(0.1910355, abs=2e-7), pytest.approx(0.4375034, abs=2e-7), 50)

    @pytest.mark.parametrize(
        ("count", "n", "low", "high"),
        [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
    )
    def test_newcombe_1998_table_1(self, count, n, low, high):
        """Newcombe (1998), Two-sided confidence intervals for the single proportion, Stat. Med. 17, table I, no. 3."""
        found = intervals.wilson(count, n, level=0.95)
        assert (round(found.low, 4), round(found.high, 4)) == (low, high)

    def test_nobody_and_everybody_stay_within_0_and_1(self):
        nobody, everybody = intervals.wilson(0, 7, level=0.99), intervals.wilson(7, 7, level=0.99)
        assert (nobody.low, everybody.high) == (0.0, 1.0)
        assert nobody.high == pytest.approx(1 - everybody.low)

    def test_of_no_units_there_is_no_share(self):
        found = intervals.wilson(0, 0, level=0.95)
        assert found.n == 0
        assert np.isnan([found.value, found.low, found.high]).all()

    def test_many_shares_at_once_are_the_single_ones(self):
        counts, totals = np.array([0, 3, 15, 50, 0]), np.array([4, 9, 50, 50, 0])
        low, high = intervals.wilson_bounds(counts, totals, level=0.9)
        for place, (count, n) in enumerate(zip(counts, totals, strict=True)):
            single = intervals.wilson(int(count), int(n), level=0.9)
            assert (low[place], high[place]) == pytest.approx((single.low, single.high), nan_ok=True)

    def test_a_blank_cell_stays_blank(self):
        low, high = intervals.wilson_bounds([np.nan, 1.0], [10, 10], level=0.95)
        assert np.isnan([low[0], high[0]]).all()
        assert low[1] < 0.1 < high[1]

    @pytest.mark.parametrize("share", [0.03, 0.15, 0.5])
    def test_it_covers(self, share):
        # exactly, from the binomial distribution: no simulation needed
        n = 200
        low, high = intervals.wilson_bounds(np.arange(n + 1), n, level=0.95)
        assert_honest(float(binom.pmf(np.arange(n + 1), n, share)[(low <= share) & (share <= high)].sum()))

    def test_more_than_all_is_refused(self):
        with pytest.raises(ValueError, match="count must lie between 0 and n"):
            intervals.wilson(3, 2, level=0.95)
        with pytest.raises(ValueError, match="level must lie between 0 and 1, found 95"):
            intervals.wilson(1, 2, level=95)


class TestRatioOfTotals:
    def test_by_hand(self):
        # R = 30/15 = 2 for each of ten customers but two who miss it by 1: squares 2, se = sqrt(10/9 * 2) / 15
        y, x = [2, 2, 2, 2, 2, 4, 4, 4, 5, 3], [1, 1, 1, 1, 1, 2, 2, 2, 2, 2]
        error = math.sqrt(10 / 9 * 2) / 15
        found = intervals.ratio_of_totals(y, x, level=0.95)
        width = math.exp(2.2621571628 * error / 2)  # t with 9 degrees of freedom
        assert found == Estimate(2.0, pytest.approx(2 / width), pytest.approx(2 * width), 10)

    def test_the_sums_are_enough(self):
        rng = np.random.default_rng(1)
        y, x = rng.gamma(2, 10, 300), rng.poisson(3, 300)
        row = {"n": 300, "amount": y.sum(), "order_count": x.sum()}
        row |= {"order_count_x_amount": x @ y, "amount_x_amount": y @ y, "order_count_x_order_count": float(x @ x)}
        moments = Moments.from_totals(row, n="n", y="amount", x="order_count")
        assert moments == Moments.of(y, x)
        assert intervals.ratio_from_moments(moments, level=0.9) == intervals.ratio_of_totals(y, x, level=0.9)

    def test_it_agrees_with_the_jackknife(self):
        rng = np.random.default_rng(2)
        x = 1 + rng.poisson(2, 400)
        y = x * rng.gamma(2, 10, 400)
        without = (y.sum() - y) / (x.sum() - x)
        error = math.sqrt(399 / 400 * ((without - without.mean()) ** 2).sum())
        found = intervals.ratio_of_totals(y, x, level=0.95)
        assert math.log(found.high / found.low) / 2 / 1.966 * found.value == pytest.approx(error, rel=0.02)

    def test_another_currency_scales_it(self):
        rng = np.random.default_rng(3)
        y, x = rng.gamma(2, 10, 50), 1 + rng.poisson(2, 50)
        small, large = (intervals.ratio_of_totals(factor * y, x, level=0.95) for factor in (1, 100))
        assert (large.value, large.low, large.high) == pytest.approx(
            [100 * v for v in (small.value, small.low, small.high)]
        )

    def test_it_covers_the_average_order_value(self):
        # everybody has a rate of orders and a price of their own: orders of one customer are not independent
        rng = np.random.default_rng(4)
        estimates = []
        for _ in range(RUNS):
            orders = 1 + rng.negative_binomial(0.5, 0.2, 400)
            price = rng.lognormal(3, 0.8, 400)
            estimates.append(intervals.ratio_of_totals(orders * price, orders, level=0.95))
        assert_honest(covered(estimates, math.exp(3 + 0.8**2 / 2)))

    def test_it_covers_the_change_of_revenue(self):
        # a fixed share buys in either period, more or less independently, a tenth less than before on average
        rng = np.random.default_rng(5)
        estimates = []
        for _ in range(RUNS):
            spend = rng.lognormal(3, 0.8, 600)
            then, now = rng.random((2, 600)) < 0.4
            estimates.append(
                intervals.ratio_of_totals(0.9 * spend * now * rng.gamma(4, 1 / 4, 600), spend * then, level=0.95)
            )
        assert_honest(covered(estimates, 0.9))

    def test_too_few_customers_have_a_value_and_no_interval(self):
        found = intervals.ratio_of_totals([1] * 9, [2] * 9, level=0.95)
        assert (found.value, found.n) == (0.5, 9)
        assert np.isnan([found.low, found.high]).all()

    @pytest.mark.parametrize(("y", "x", "value"), [([1] * 20, [0] * 20, math.nan), ([0] * 20, [1] * 20, 0.0)])
    def test_nothing_below_or_above_the_line(self, y, x, value):
        found = intervals.ratio_of_totals(y, x, level=0.95)
        assert found.value == pytest.approx(value, nan_ok=True)
        assert np.isnan([found.low, found.high]).all()

    def test_columns_of_two_lengths_are_refused(self):
        with pytest.raises(ValueError, match="must be columns of one length"):
            intervals.ratio_of_totals([1, 2], [1], level=0.95)


class TestGini:
    def test_by_hand(self):
        # 0 10 10 20 60: sum(i x) = 430, G = 860/500 - 6/5
        assert intervals.gini([10, 60, 0, 20, 10], level=0.95).value == pytest.approx(0.52)

    def test_its_error_agrees_with_the_jackknife(self):
        y = np.random.default_rng(6).gamma(0.8, 10, 300).round(0)  # rounded: many equal amounts, and zeros
        y = np.sort(y)
        without = np.array([intervals._gini(np.delete(y, place)[None, :])[0][0] for place in range(300)])
        error = math.sqrt(299 / 300 * ((without - without.mean()) ** 2).sum())
        assert intervals._gini(y[None, :])[1][0] == pytest.approx(error, rel=0.02)

    def test_it_covers_the_gini_of_exponential_spending(self):
        rng = np.random.default_rng(7)
        found = [intervals.gini(rng.exponential(50, 100), level=0.95) for _ in range(FEW_RUNS)]
        assert covered(found, 0.5) >= 0.9

    @pytest.mark.parametrize("deviation", [0.8, 2.0])
    def test_it_covers_the_gini_of_lognormal_spending(self, deviation):
        """G = 2 Phi(sigma / sqrt(2)) - 1 = erf(sigma / 2); by the influence function alone 70 of 100 held for 2."""
        rng = np.random.default_rng(8)
        found = [intervals.gini(rng.lognormal(3, deviation, 300), level=0.9) for _ in range(FEW_RUNS)]
        assert covered(found, math.erf(deviation / 2)) >= 0.85

    def test_where_all_spend_the_same_there_is_no_interval(self):
        found = intervals.gini([0.1] * 50, level=0.95)
        assert found.value == pytest.approx(0, abs=1e-12)
        assert np.isnan([found.low, found.high]).all()

    @pytest.mark.parametrize("amounts", [[], [0, 0, 0]])
    def test_without_revenue_there_is_none(self, amounts):
        assert math.isnan(intervals.gini(amounts, level=0.95).value)

    def test_nine_customers_have_no_interval(self):
        found = intervals.gini(range(1, 10), level=0.95)
        assert found.value == pytest.approx(0.2963, abs=1e-4)
        assert np.isnan([found.low, found.high]).all()

    def test_amounts_below_zero_are_refused(self):
        with pytest.raises(ValueError, match=r"amounts must be 0 or more, found -1\.0 to 2\.0"):
            intervals.gini([2, -1], level=0.95)
        with pytest.raises(ValueError, match="amounts must be 0 or more"):
            intervals.gini([2, math.nan], level=0.95)


class TestTopShare:
    def test_by_hand(self):
        assert intervals.top_share([10, 60, 0, 20, 10], share=0.2, level=0.95).value == pytest.approx(0.6)
        assert intervals.top_share([10, 60, 0, 20, 10], share=0.3, level=0.95).value == pytest.approx(0.7)
        assert intervals.top_share([3] * 10, share=0.2, level=0.95).value == pytest.approx(0.2)

    def test_equal_amounts_in_any_order_give_one_answer(self):
        amounts = np.random.default_rng(9).integers(0, 5, 200)
        first, second = (intervals.top_share(x, share=0.2, level=0.95) for x in (amounts, amounts[::-1]))
        assert first == second

    @pytest.mark.parametrize("share", [0.05, 0.5])
    def test_it_covers_the_top_share_of_exponential_spending(self, share):
        # one minus L(p) = share (1 - ln share)
        rng = np.random.default_rng(10)
        found = [intervals.top_share(rng.exponential(50, 300), share=share, level=0.95) for _ in range(FEW_RUNS)]
        assert covered(found, share * (1 - math.log(share))) >= 0.9

    def test_it_covers_the_top_share_of_lognormal_spending(self):
        """One minus L(p) = Phi(sigma - z_p); by the influence function alone 78 of 100 held."""
        rng = np.random.default_rng(14)
        found = [intervals.top_share(rng.lognormal(3, 2, 300), share=0.2, level=0.9) for _ in range(FEW_RUNS)]
        assert covered(found, float(ndtr(2 - ndtri(0.8)))) >= 0.85

    def test_few_who_ever_paid_anything_have_no_interval(self):
        found = intervals.top_share([0.0] * 96 + [5.0, 6.0, 7.0, 8.0], share=0.2, level=0.95)
        assert found.value == 1
        assert np.isnan([found.low, found.high]).all()
        few = intervals.gini([0.0] * 92 + [5.0] * 8, level=0.95)
        assert few.low <= few.value <= few.high

    def test_a_share_of_0_or_1_is_refused(self):
        with pytest.raises(ValueError, match="share must lie between 0 and 1, found 1"):
            intervals.top_share([1, 2], share=1, level=0.95)


class TestMedian:
    def test_by_hand(self):
        # n = 10 at 95 %: the 2nd and the 9th value, P(B <= 1) = 11/1024 = 1.1 %, P(B <= 2) = 56/1024 = 5.5 %
        assert intervals.median(range(1, 11), level=0.95) == Estimate(5.5, 2.0, 9.0, 10)

    def test_counts_stand_for_repeated_values(self):
        values, counts = [30, 7, 14], [2, 5, 4]
        spelled = np.repeat(values, counts)
        assert intervals.median(values, counts=counts, level=0.9) == intervals.median(spelled, level=0.9)
        assert intervals.median(values, counts=counts, level=0.9).value == np.median(spelled) == 14

    def test_five_values_have_no_interval_of_95_percent_and_six_have(self):
        five, six = intervals.median(range(5), level=0.95), intervals.median(range(6), level=0.95)
        assert (five.value, six.value) == (2.0, 2.5)
        assert np.isnan([five.low, five.high]).all()
        assert (six.low, six.high) == (0.0, 5.0)

    def test_of_nothing_there_is_no_median(self):
        assert math.isnan(intervals.median([], level=0.95).value)

    def test_it_covers(self):
        rng = np.random.default_rng(11)
        found = [intervals.median(rng.exponential(1, 101), level=0.95) for _ in range(RUNS)]
        assert_honest(covered(found, math.log(2)))


class TestMedianOfCustomers:
    @staticmethod
    def estimate(gaps: np.ndarray) -> Estimate:
        """Of a customer in each row."""
        middle = np.median(gaps)
        small, everything = (gaps <= middle).sum(axis=1), np.full(len(gaps), gaps.shape[1])
        pooled, counts = np.unique(gaps, return_counts=True)
        return intervals.median_of_customers(
            pooled, counts=counts, small_counts=small, all_counts=everything, level=0.95
        )

    def test_it_covers_where_the_gaps_of_a_customer_are_alike(self):
        # exponential gaps whose rates differ by a gamma(2, 30): Lomax, with the median 30 (sqrt(2) - 1)
        rng = np.random.default_rng(14)
        rates = rng.gamma(2, 1 / 30, (RUNS, 300, 1))
        gaps = rng.exponential(1 / rates, (RUNS, 300, 8))
        found = [self.estimate(one) for one in gaps]
        assert_honest(covered(found, 30 * (math.sqrt(2) - 1)))
        as_if_independent = [intervals.median(one.ravel(), level=0.95) for one in gaps[:200]]
        assert covered(as_if_independent, 30 * (math.sqrt(2) - 1)) < 0.9

    def test_by_hand(self):
        # ten customers with a gap each, 1 to 10 days: half are at or below 5.5, se = sqrt(10/9 * 10/4) / 10 = 1/6,
        # t = 2.262: the shares 0.123 and 0.877, which the 2nd and the 9th value reach
        found = self.estimate(np.arange(1.0, 11.0).reshape(10, 1))
        assert found == Estimate(5.5, 2.0, 9.0, 10)

    def test_nine_customers_have_no_interval(self):
        found = self.estimate(np.arange(1.0, 10.0).reshape(9, 1))
        assert (found.value, found.n) == (5.0, 9)
        assert np.isnan([found.low, found.high]).all()


def test_a_wider_level_gives_a_wider_interval():
    y = np.random.default_rng(12).exponential(50, 200)
    for make in (intervals.gini, lambda y, level: intervals.top_share(y, share=0.2, level=level), intervals.median):
        narrow, wide = make(y, level=0.8), make(y, level=0.99)
        assert wide.low < narrow.low < narrow.value < narrow.high < wide.high


def test_a_million_customers_take_well_under_a_second_each():
    y = np.random.default_rng(13).lognormal(3, 1, 1_000_000)
    started = time.process_time()
    intervals.gini(y, level=0.95)
    intervals.top_share(y, share=0.2, level=0.95)
    intervals.ratio_of_totals(y, np.ones_like(y), level=0.95)
    assert time.process_time() - started < 3
