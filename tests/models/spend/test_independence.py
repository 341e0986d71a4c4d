"""Whether spend goes with frequency: the published correlation, honest intervals, and a verdict by size."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import pearsonr, spearmanr

from helpers.models.spend.independence import bucket, bucket_means, independence
from tests.models.spend.spends import cdnow_days, made, repeat_spend


@pytest.fixture(scope="module")
def cdnow():
    return independence(repeat_spend(cdnow_days()), level=0.95)


def of(x, mean, level=0.9):
    return independence(pd.DataFrame({"repeat_count": x, "mean_amount": mean}), level=level)


class TestCdnow:
    def test_the_published_correlation(self, cdnow):
        """0.1139 over 946 repeat buyers; Fader, Hardie and Lee (2005) say 0.11 and take the assumption to hold."""
        assert cdnow.pearson.value == pytest.approx(0.1139, abs=5e-5)
        assert cdnow.pearson.n == 946
        assert cdnow.is_tested
        assert cdnow.is_independent

    def test_the_sentence(self, cdnow):
        assert cdnow.note == (
            "Spend hardly goes with frequency: correlation 0.11 (0.00 to 0.23), the mean purchase 11% above the mean "
            "customer, 946 customers who came back."
        )

    def test_the_buckets(self, cdnow):
        buckets = cdnow.buckets
        assert buckets["repeat_count_low"].tolist() == [1, 2, 3, 5, 9]
        assert buckets["n"].tolist()[:2] == [439, 214]
        assert buckets["n"].sum() == 946
        assert ((buckets["low"] < buckets["mean_amount"]) & (buckets["mean_amount"] < buckets["high"])).all()

    def test_scaling_the_currency_changes_no_measure(self, cdnow):
        spend = repeat_spend(cdnow_days())
        again = independence(spend.assign(mean_amount=spend["mean_amount"] * 7.3), level=0.95)
        assert again.note == cdnow.note
        assert again.buckets["mean_amount"].to_numpy() == pytest.approx(7.3 * cdnow.buckets["mean_amount"].to_numpy())


class TestMeasures:
    def test_they_are_scipy_s(self):
        one = made(3, 300).spend.query("repeat_count > 0")
        found = of(one["repeat_count"], one["mean_amount"])
        assert found.pearson.value == pytest.approx(pearsonr(one["repeat_count"], one["mean_amount"])[0])
        assert found.spearman.value == pytest.approx(spearmanr(one["repeat_count"], one["mean_amount"])[0])

    def test_gap_by_hand(self):
        # purchases: (1 * 10 + 3 * 30) / 4 = 25 each; customers: 20 each
        assert of([1, 3] * 10, [10.0, 30.0] * 10).gap.value == pytest.approx(0.25)

    @pytest.mark.parametrize("name", ["pearson", "gap"])
    def test_intervals_of_what_depends_are_as_wide_as_the_bootstrap_s(self, name):
        one = made(3, 1_500, slope=0.8, theta=(6.0, 9.0, 90.0)).spend.query("repeat_count > 0")
        found = getattr(independence(one, level=0.9), name)
        rng = np.random.default_rng(1)
        drawn = [one.iloc[rng.integers(0, len(one), len(one))] for _ in range(200)]
        values = [getattr(independence(each, level=0.9), name).value for each in drawn]
        assert found.high - found.low == pytest.approx(2 * 1.645 * np.std(values), rel=0.15)

    def test_intervals_cover_where_spend_is_far_from_normal(self, part):
        """By hand over 400 runs of 970: Pearson 0.94, gap 0.89, to be 0.9."""
        found = [independence(made(seed, 700).spend, level=0.9) for seed in range(148 // part)]
        for name in ("pearson", "gap"):
            covered = np.mean([getattr(one, name).low < 0 < getattr(one, name).high for one in found])
            assert abs(covered - 0.91) <= 0.075 * np.sqrt(part), name
        assert all(one.is_independent for one in found)


class TestVerdict:
    def test_no_difference_has_no_sign(self):
        found = of([1, 2, 1, 2] * 10, [10.0, 10.0, 30.0, 30.0] * 10)
        assert ": correlation 0.00 (" in found.note
        assert "the mean purchase level with the mean customer, 40 customers" in found.note

    def test_small_but_certain_is_no_reason(self):
        found = independence(made(1, 60_000, slope=0.08).spend, level=0.95)
        assert found.pearson.low > 0
        assert found.is_independent

    def test_large_and_certain_is(self):
        found = independence(made(1, 3_000, slope=0.5).spend, level=0.95)
        assert not found.is_independent
        assert found.note.startswith("Spend goes with frequency, too much for Gamma-Gamma: correlation 0.")
        below = independence(made(1, 3_000, slope=-0.6).spend, level=0.95)
        assert not below.is_independent
        assert "% below the mean customer" in below.note

    def test_large_but_uncertain_is_none(self):
        x, mean = [1, 1, 1, 2, 2, 2, 3, 3, 4, 5, 6, 7], [30.0, 9, 50, 12, 80, 20, 11, 95, 33, 60, 14, 90]
        found = of(x, mean)
        assert found.spearman.value > 0.3
        assert found.spearman.low < 0 < found.pearson.value
        assert found.is_independent

    @pytest.mark.parametrize(
        ("x", "mean", "who"),
        [
            ([3], [5.0], "1 customer who"),
            ([1, 2, 3], [1.0, 2.0, 3.0], "3 customers who"),
            ([2] * 50, range(50), "50 customers who"),
            (range(1, 51), [4.0] * 50, "50 customers who"),
            ([], [], "0 customers who"),
        ],
    )
    def test_where_nothing_can_be_told(self, x, mean, who):
        found = of(list(x), np.array(list(mean), dtype=float))
        assert not found.is_tested
        assert found.is_independent
        assert found.note == f"Whether spend goes with frequency is unknown: {who} came back."

    def test_level_is_a_share(self):
        with pytest.raises(ValueError, match="level must lie between 0 and 1, found 95"):
            of([1, 2], [1.0, 2.0], level=95)


class TestBuckets:
    def test_doubling_and_joined_until_each_has_30(self):
        x = np.repeat([1.0, 2, 3, 4, 9, 40], [100, 50, 20, 20, 28, 3])
        assert np.unique(bucket(x)).tolist() == [0, 1, 2, 3]
        assert [int(bucket(x)[x == one][0]) for one in (1, 2, 3, 4, 9, 40)] == [0, 1, 2, 2, 3, 3]

    def test_few_customers_are_one_bucket(self):
        assert bucket(np.array([1.0, 2.0, 50.0])).tolist() == [0, 0, 0]
        found = bucket_means(np.array([1.0, 2.0, 50.0]), np.array([1.0, 2.0, 6.0]), level=0.9)
        assert found.loc[0, ["repeat_count_low", "repeat_count_high", "n", "mean_amount"]].tolist() == [1, 50, 3, 3.0]
        assert found[["low", "high"]].isna().all(axis=None)

    def test_few_at_the_bottom_join_the_next(self):
        x = np.repeat([1.0, 2, 3], [5, 40, 40])
        assert [int(bucket(x)[x == one][0]) for one in (1, 2, 3)] == [0, 0, 1]
