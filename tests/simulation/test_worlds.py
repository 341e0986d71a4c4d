"""Worlds that a model does not know: each differs from the plain one by what its settings name."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from helpers.simulation.worlds import FIRST_DAY, WORLDS, World, purchases

PLAIN = World(customer_count=2_000)


def weeks(bought: pd.DataFrame) -> np.ndarray:
    return (bought["purchased_on"] - pd.Timestamp(FIRST_DAY)).dt.days.to_numpy() // 7


def repeats(bought: pd.DataFrame) -> pd.DataFrame:
    return bought[bought.duplicated("customer_id")]


def test_the_same_seed_makes_the_same_world_and_a_purchase_is_a_day() -> None:
    first, again, other = (purchases(PLAIN, seed=seed) for seed in (1, 1, 2))
    pd.testing.assert_frame_equal(first, again)
    assert len(first) != len(other)
    assert not first.duplicated(["customer_id", "purchased_on"]).any()
    assert first["customer_id"].nunique() == 2_000
    assert weeks(first).max() < PLAIN.week_count


def test_the_mean_of_a_plain_world_is_that_of_pareto_nbd() -> None:
    world = replace(PLAIN, customer_count=20_000, join_weeks=1)
    bought = purchases(world, seed=4)
    age = world.week_count - 0.5
    # Schmittlein, Morrison and Colombo (1987), equation 17
    ratio, s = world.beta_weeks / (world.beta_weeks + age), world.s
    mean = world.r * world.beta_weeks / (world.alpha_weeks * (s - 1)) * (1 - ratio ** (s - 1))
    # two purchases on one day are one, so a little less is seen
    assert len(repeats(bought)) / 20_000 == pytest.approx(mean, rel=0.04)


def test_the_season_moves_whole_quarters() -> None:
    at = weeks(repeats(purchases(WORLDS["season"], seed=1)))
    rising, falling = ((at % 52 < 26).mean() for at in (at[(at >= 52) & (at < 104)], at[(at >= 104)]))
    assert rising > 0.55
    assert falling > 0.55


def test_rates_decline_with_the_years_as_a_customer() -> None:
    plain, falling = (
        repeats(purchases(replace(PLAIN, join_weeks=1, yearly_decline=rate), seed=1)) for rate in (0.0, 0.7)
    )
    shares = [np.bincount(weeks(one) // 52, minlength=3) for one in (plain, falling)]
    kept = shares[1] / shares[0]
    # the mean of exp(-0.7 t) over each year
    assert kept == pytest.approx([(1 - np.exp(-0.7)) / 0.7 * np.exp(-0.7 * year) for year in range(3)], rel=0.08)


def test_shocks_are_common_to_all() -> None:
    quiet, shaken = (
        np.bincount(weeks(repeats(purchases(one, seed=3))) // 4)[15:] for one in (PLAIN, WORLDS["common shocks"])
    )
    assert np.std(np.diff(np.log(shaken))) > 1.5 * np.std(np.diff(np.log(quiet)))


def test_the_second_population_buys_faster() -> None:
    counts = [purchases(one, seed=2)["customer_id"].value_counts() for one in (PLAIN, WORLDS["two populations"])]
    assert counts[1].quantile(0.9) > 2 * counts[0].quantile(0.9)


def test_spend_is_heavy_tailed() -> None:
    usual, heavy = (
        purchases(one, seed=2).groupby("customer_id")["amount"].mean() for one in (PLAIN, WORLDS["lognormal spend"])
    )
    assert np.log(usual).std() == pytest.approx(0.3, abs=0.05)
    assert np.log(heavy).std() == pytest.approx(1.25, abs=0.1)
