"""Quota pools: used at their rates, never beyond their quota, and some about to run out on a day that is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import poisson

from helpers.simulation import quota_usage
from helpers.simulation.engagement_settings import Usage
from tests.simulation.families import Made, assert_nine_in_ten, assert_sound, long_lived, made, over_seeds

HOLDERS = Usage(holder_share=1.0, running_out_share=0.3)
DAY = pd.Timedelta(days=1)


def drawn(seed: int, settings: Usage = HOLDERS) -> Made:
    return made(quota_usage, long_lived(seed, customer_count=500, usage=settings))


@pytest.fixture(scope="module")
def one() -> Made:
    return drawn(1)


def joined(found: Made) -> pd.DataFrame:
    """A row per pool: table, truth, and what was used by the end, with the last use."""
    used = found.tables["usage"].astype({"amount": float}).groupby("pool_id")
    pools = found.tables["quota_pools"].merge(found.truth["pools"], on=["pool_id", "customer_id"], validate="1:1")
    pools = pools.merge(used["amount"].agg(used="sum", use_count="size").reset_index(), on="pool_id", how="left")
    pools = pools.merge(used["at"].max().rename("last_at").reset_index(), on="pool_id", how="left")
    return pools.fillna({"used": 0.0, "use_count": 0}).astype({"quota": float})


def test_tables_are_sound():
    assert_sound(quota_usage, long_lived(customer_count=300), "quota_pools", "usage")


def test_no_pool_is_used_beyond_its_quota_or_outside_its_period(one):
    pools = joined(one)
    assert (pools["used"] <= pools["quota"]).all()
    uses = one.tables["usage"].merge(pools[["pool_id", "starts_on", "ends_on", "customer_id"]], on="pool_id")
    assert (uses["customer_id_x"] == uses["customer_id_y"]).all()
    day = uses["at"].dt.normalize()
    assert ((day >= pd.to_datetime(uses["starts_on"])) & (day <= pd.to_datetime(uses["ends_on"]))).all()
    assert (one.tables["usage"]["amount"] > 0).all()


def test_a_pool_is_used_up_when_the_truth_says(one):
    pools = joined(one)
    end = pd.Timestamp(one.company.end) + DAY
    is_out = pools["runs_out_at"] < end
    assert is_out.sum() > 50
    assert ((pools["used"] == pools["quota"]) == is_out).all()
    assert (pools.loc[is_out, "runs_out_at"] == pools.loc[is_out, "last_at"]).all()


def test_periods_follow_one_another(one):
    pools = one.tables["quota_pools"].sort_values(["customer_id", "starts_on"])
    assert (pools["period"] == pools["starts_on"].astype(str) + "/" + pools["ends_on"].astype(str)).all()
    following = pd.to_datetime(pools.groupby("customer_id")["starts_on"].shift(-1))
    assert ((following - pd.to_datetime(pools["ends_on"]) == DAY) | following.isna()).all()
    assert following.notna().any()


def test_rates_of_use_are_covered(part):
    """Exact for each pool: uses are Poisson with its own rate, where the quota bounds none."""
    ample = Usage(holder_share=1.0, plenty_low=9.0, plenty_high=10.0, running_out_share=0.0)

    def totals(seed):
        found = drawn(seed, ample)
        pools = joined(found)
        assert pools["runs_out_at"].isna().all()
        until = pd.to_datetime(pools["ends_on"]).clip(upper=pd.Timestamp(found.company.end)) + DAY
        days = (until - pd.to_datetime(pools["starts_on"])) / DAY
        expected = (pools["uses_per_week"] * days / 7).to_numpy()
        group = np.arange(len(pools)) % 10
        mean, count = np.bincount(group, expected), np.bincount(group, pools["use_count"])
        assert (pools["units_per_day"] * 7 / pools["uses_per_week"]).round(9).eq(ample.mean_units).all()
        low, high = poisson.ppf(0.05, mean), poisson.ppf(0.95, mean)
        return (low <= count) & (count <= high)

    assert_nine_in_ten(over_seeds(20 // part, totals))


def test_units_of_a_use_have_their_mean():
    amounts = drawn(2).tables["usage"]["amount"].astype(float)
    assert amounts.mean() == pytest.approx(HOLDERS.mean_units, rel=0.02)


def test_planted_pools_run_out_soon_after_the_end():
    planted = pd.concat([joined(drawn(seed)).query("is_about_to_run_out") for seed in range(1, 11)])
    end = pd.Timestamp("2025-01-01")
    assert len(planted) > 200
    assert (planted["used"] < planted["quota"]).all()
    expected_days = (planted["expected_out_on"] - end).dt.days
    # whole units: the last one may take a slow pool some days more
    slack = np.ceil(1 / planted["units_per_day"])
    assert (expected_days >= HOLDERS.running_out_days_low).all()
    assert (expected_days <= HOLDERS.running_out_days_high + slack).all()


def test_what_is_expected_comes_to_pass_on_average():
    """By the expected day a pool has used, on average, what it had left: its own rate, beyond the end of the data."""
    planted = pd.concat([joined(drawn(seed)).query("is_about_to_run_out") for seed in range(1, 21)])
    late = ((planted["runs_out_at"] - planted["expected_out_on"]) / DAY).dropna()
    assert late.size > 0.9 * len(planted)
    assert 0.35 < (late <= 0).mean() < 0.65
    scale = (planted["expected_out_on"] - pd.Timestamp("2025-01-01")) / DAY
    assert abs(late.mean()) < 0.15 * scale.mean()


def test_nobody_is_planted_where_none_is_wanted():
    pools = drawn(1, Usage(holder_share=1.0, running_out_share=0.0)).truth["pools"]
    assert not pools["is_about_to_run_out"].any()
