"""Draws of the future, beside lives that are drawn one by one, and P(alive) of many parameters beside each of them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from helpers.models.buying.draws import alive_in_draws, chosen, purchases
from helpers.models.buying.registry import MODELS
from helpers.models.buying.rows import Floats, Rows, collapse
from tests.models.buying.test_prediction import HISTORIES, THETAS

EACH = 20_000


def various(count: int) -> Rows:
    """Many different histories, from newcomers to old and busy customers."""
    rng = np.random.default_rng(3)
    age_days = rng.integers(0, 730, count)
    recency_days = np.rint(age_days * rng.random(count))
    x = np.where(recency_days > 0, np.minimum(1 + rng.geometric(0.2, count), recency_days), 0)
    frame = {"frequency": x, "recency_weeks": np.where(x > 0, recency_days, 0) / 7, "age_weeks": age_days / 7}
    return collapse(pd.DataFrame(frame))


def lives(name: str, rows: Rows, weeks: float, rng: np.random.Generator) -> Floats:
    """One draw as the models tell it, life by life: who is there, at which rate, until when, and what they buy."""
    theta = THETAS[name]
    x, age = rows.frequency[rows.index], rows.age[rows.index]
    is_alive = rng.random(len(x)) < MODELS[name].p_alive(theta, rows)[rows.index]
    rate = rng.gamma(theta[0] + x) / (theta[1] + age)
    if name == "pareto_nbd":
        life = rng.exponential(size=len(x)) * (theta[3] + age) / rng.gamma(theta[2], size=len(x))
        return is_alive * rng.poisson(rate * np.minimum(life, weeks))
    leaves = rng.beta(theta[2], theta[3] + x + (name == "mbg_nbd"))
    return is_alive * np.minimum(rng.poisson(rate * weeks), rng.geometric(np.maximum(leaves, 1e-12)))


@pytest.mark.parametrize("is_path", [False, True])
@pytest.mark.parametrize("name", sorted(MODELS))
def test_purchases_are_those_of_lives_that_are_drawn_one_by_one(name: str, is_path: bool) -> None:
    rows, rng = collapse(HISTORIES.loc[np.tile(np.arange(6), EACH)]), np.random.default_rng(11)
    drawn = MODELS[name].draw(THETAS[name], rows, np.array([9.0, 26.0]) if is_path else 26.0, rng)
    ours = (drawn.sum(axis=1) if is_path else drawn).reshape(EACH, 6)
    theirs = lives(name, rows, 26.0, rng).reshape(EACH, 6)
    for count in (0, 1, 2, 5, 10, 20):
        shares = (ours <= count).mean(axis=0) - (theirs <= count).mean(axis=0)
        assert np.abs(shares).max() < 4.5 * np.sqrt(2 * 0.25 / EACH)
    error = np.sqrt((ours.var(axis=0) + theirs.var(axis=0)) / EACH)
    assert (np.abs(ours.mean(axis=0) - theirs.mean(axis=0)) < 4.5 * error + 1e-9).all()
    if is_path:
        first, error = lives(name, rows, 9.0, rng).reshape(EACH, 6), error + 0.01
        assert (np.abs(drawn[:, 0].reshape(EACH, 6).mean(axis=0) - first.mean(axis=0)) < 4.5 * error).all()


@pytest.mark.parametrize("mean", [0.3, 8.0, 29.0, 31.0, 400.0])
def test_purchases_of_who_stays_are_negative_binomial_on_either_side_of_a_large_mean(mean: float) -> None:
    shape, rng = 2.5, np.random.default_rng(2)
    size = 100_000
    kind = np.zeros(size, dtype=np.int64)
    found = purchases(rng.random(size), kind, shape=np.array([shape]), reach=np.array([mean / shape]), rng=rng)
    assert found.mean() == pytest.approx(mean, rel=0.02)
    assert found.var() == pytest.approx(mean + mean**2 / shape, rel=0.05)
    assert (found == 0).mean() == pytest.approx((1 + mean / shape) ** -shape, abs=0.005)


@pytest.mark.parametrize("name", sorted(MODELS))
def test_who_buys_much_or_nothing_buys_nothing_as_often_as_in_lives_drawn_one_by_one(name: str) -> None:
    """A newcomer's rate is so uncertain that a large mean goes with a large chance of no purchase."""
    rows, rng = collapse(HISTORIES.loc[np.full(EACH, 4)]), np.random.default_rng(12)
    ours, theirs = MODELS[name].draw(THETAS[name], rows, 900.0, rng), lives(name, rows, 900.0, rng)
    assert THETAS[name][0] * 900 / THETAS[name][1] > 30
    for count in (0, 1, 3, 10, 40):
        assert abs((ours <= count).mean() - (theirs <= count).mean()) < 4.5 * np.sqrt(2 * 0.25 / EACH)


def test_purchases_of_many_kinds_are_those_of_each_customer_on_its_own() -> None:
    rng, size = np.random.default_rng(5), 4_000
    shape, reach, last = rng.gamma(2.0, size=30), rng.random(30), 1 + rng.random(30)
    kind, chance = rng.integers(0, 30, size), rng.random(size)
    for stop, own in ((None, None), ((0.8, last), (0.8, last[kind]))):
        together = purchases(chance, kind, shape=shape, reach=reach, rng=rng, stop=stop)
        places = np.arange(size)
        alone = purchases(chance, places, shape=shape[kind], reach=reach[kind], rng=rng, stop=own)
        assert (together == alone).all()
        assert together.max() > 3


@pytest.mark.parametrize("scale", [0.0, 0.01, 0.3, 1.0])
def test_customers_are_chosen_with_their_own_chance_whether_asked_one_by_one_or_not(scale: float) -> None:
    chances, size, rng = scale * np.array([0.0, 0.2, 0.9, 1.0]), 400_000, np.random.default_rng(8)
    index = np.tile(np.arange(4), size // 4)
    who, uniform = chosen(chances, index, rng)
    assert (np.diff(who) > 0).all()
    assert who.size == uniform.size
    shares = np.bincount(index[who], minlength=4) / (size // 4)
    assert shares == pytest.approx(chances, abs=4.5 * np.sqrt(0.25 / (size // 4)))
    for row in np.flatnonzero(chances):
        own = uniform[index[who] == row]
        assert own.min() >= 0
        assert own.max() <= 1
        assert np.histogram(own, 5, (0, 1))[0] / own.size == pytest.approx(0.2, abs=4.5 * 0.4 / np.sqrt(own.size))
    both = np.bincount(who, minlength=size).astype(float).reshape(-1, 4)[:, 2:]
    if 0 < scale < 1:
        assert abs(np.corrcoef(both.T)[0, 1]) < 4.5 / np.sqrt(size // 4), "neighbours know nothing of each other"


@pytest.mark.parametrize(("sd", "most", "off"), [(0.01, 16, 1e-4), (0.1, 40, 1e-3), (2.0, 200, 0.02)])
@pytest.mark.parametrize("name", sorted(MODELS))
def test_p_alive_of_all_draws_follows_from_that_of_a_few(name: str, sd: float, most: int, off: float) -> None:
    rows, model = various(6_000), MODELS[name]
    thetas = THETAS[name] * np.exp(sd * np.random.default_rng(7).standard_normal((200, 4)))
    found = alive_in_draws(rows, thetas, model=model)
    assert len(found.thetas) <= most
    exact = np.stack([model.p_alive(theta, rows) for theta in thetas])
    assert np.abs(found.of(rows) - exact).max() < off
    assert np.abs(found.of(rows).mean(axis=1) - exact.mean(axis=1)).max() < off / 10


def test_one_set_of_parameters_for_all_draws_is_worked_out_once_and_few_histories_are_worked_out_exactly() -> None:
    model, theta = MODELS["pareto_nbd"], THETAS["pareto_nbd"]
    found = alive_in_draws(various(6_000), np.tile(theta, (50, 1)), model=model)
    assert len(found.thetas) == 1
    rows, thetas = collapse(HISTORIES), theta * np.linspace(0.9, 1.1, 30)[:, None]
    each = np.stack([model.p_alive(one, rows) for one in thetas])
    assert (alive_in_draws(rows, thetas, model=model).of(rows) == each).all()
