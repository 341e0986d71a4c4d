"""Pareto/NBD of a shop with a season: the steady one where there is none, integrals and chance by other ways where there is."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import gammaln

from helpers.models.buying.interface import BuyingModel
from helpers.models.buying.pareto_nbd import PARETO_NBD
from helpers.models.buying.rows import Floats, Rows
from helpers.models.forecast.season_clock import LEARNED, SeasonClock

THETA = np.array([0.8, 8.0, 0.7, 25.0])
ORIGIN, DAYS = date(2022, 1, 3), 728
LAST_DAY = ORIGIN + timedelta(days=DAYS - 1)
RATES = np.exp(0.4 * np.sin(2 * np.pi * (np.arange(6_000) // 28) / 13))


def seasonal(rates: Floats = RATES) -> BuyingModel:
    return SeasonClock(ORIGIN, rates, LEARNED, 2).timed(PARETO_NBD, since=LAST_DAY)


def people(count: int = 60, seed: int = 1) -> Rows:
    """Histories of every kind: bought once, on the last day, often and long ago, on the first day of the data."""
    rng = np.random.default_rng(seed)
    age = np.concatenate([[700, 700, 700, 0, DAYS], rng.integers(1, 720, count)])
    recency = np.concatenate([[650, 400, 0, 0, DAYS], rng.integers(0, 2, count) * rng.integers(1, age[5:] + 1)])
    frequency = np.concatenate([[40, 100, 0, 0, 5], 1 + rng.poisson(2, count)]) * (recency > 0)
    return Rows(frequency.astype(float), recency / 7, age / 7, np.ones(len(age)), np.arange(len(age)))


def test_without_a_season_it_is_the_steady_model() -> None:
    flat, rows = seasonal(np.ones(6_000)), people()
    for one, other in zip(flat.log_likelihood(THETA, rows), PARETO_NBD.log_likelihood(THETA, rows), strict=True):
        assert one == pytest.approx(other, rel=1e-9, abs=1e-9)
    assert flat.p_alive(THETA, rows) == pytest.approx(PARETO_NBD.p_alive(THETA, rows))
    expected = PARETO_NBD.expected_purchases(THETA, rows, 39.5)
    assert flat.expected_purchases(THETA, rows, 39.5) == pytest.approx(expected)
    assert flat.residual(THETA, rows, 0.002) == pytest.approx(PARETO_NBD.residual(THETA, rows, 0.002))
    shares = PARETO_NBD.count_shares(THETA, rows.age, 6)
    assert flat.count_shares(THETA, rows.age, 6) == pytest.approx(shares)
    longer = replace(rows, age=rows.age + 26)
    quiet = PARETO_NBD.log_likelihood(THETA, longer)[0] - PARETO_NBD.log_likelihood(THETA, rows)[0]
    assert flat.log_no_purchase is not None
    assert flat.log_no_purchase(THETA, rows)(26.0) == pytest.approx(quiet, abs=1e-9)
    for weeks in (26.0, np.array([4.0, 8.0, 26.0])):
        drawn = (model.buyers(THETA, rows, weeks, np.random.default_rng(3)) for model in (flat, PARETO_NBD))
        for one, other in zip(*drawn, strict=True):
            np.testing.assert_array_equal(one, other)


def on_clock(age_days: float, weeks: float) -> float:
    """Weeks of the season in the first weeks of a customer who came so many days before the end of watching."""
    passed = np.concatenate([[0.0], np.cumsum(RATES)])
    born = DAYS - age_days
    return float(np.interp(born + 7 * weeks, np.arange(len(passed)), passed) - passed[int(born)]) / 7


def by_adaptive_integration(rows: Rows, at: int) -> float:
    """The log-likelihood of a row, its integral cut where the season changes its pace."""
    r, alpha, s, beta = THETA
    x, first, last = rows.frequency[at], rows.recency[at], rows.age[at]
    age_days = round(7 * last)

    def ended(week: float) -> float:
        return float((alpha + on_clock(age_days, week)) ** -(r + x) * (beta + week) ** -(s + 1))

    steps = (np.arange(0, 2 * DAYS, 28) - (DAYS - age_days)) / 7
    edges = [first, *steps[(steps > first) & (steps < last)], last]
    integral = sum(quad(ended, low, high)[0] for low, high in pairwise(edges))
    there = (alpha + on_clock(age_days, last)) ** -(r + x) * (beta + last) ** -s
    return float(gammaln(r + x) - gammaln(r) + r * np.log(alpha) + s * np.log(beta) + np.log(there + s * integral))


def test_the_likelihood_is_that_of_adaptive_integration() -> None:
    rows = people()
    told = seasonal().log_likelihood(THETA, rows)[0]
    assert told == pytest.approx([by_adaptive_integration(rows, at) for at in range(len(rows))], abs=1e-3)


def test_the_gradient_is_that_of_the_likelihood() -> None:
    model, rows, step = seasonal(), people(), 1e-4
    told = model.log_likelihood(THETA, rows)[1]
    moved = [np.exp(step * direction) for direction in np.eye(4)]
    by_differences = np.column_stack(
        [
            (model.log_likelihood(THETA * m, rows)[0] - model.log_likelihood(THETA / m, rows)[0]) / (2 * step)
            for m in moved
        ]
    )
    assert told == pytest.approx(by_differences, abs=0.02)
    assert told.sum(axis=0) == pytest.approx(by_differences.sum(axis=0), abs=0.05)


def test_what_is_expected_is_the_mean_of_draws_and_so_is_the_chance_of_nothing() -> None:
    model, rows, count = seasonal(), people(), 4_000
    rng = np.random.default_rng(7)
    drawn = np.array([model.draw(THETA, rows, 26.0, rng) for _ in range(count)])
    expected, error = model.expected_purchases(THETA, rows, 26.0), drawn.std(axis=0) / np.sqrt(count)
    assert (np.abs(drawn.mean(axis=0) - expected) < 4.5 * error + 1e-3).all()
    assert drawn.sum(axis=1).mean() == pytest.approx(expected.sum(), rel=0.01)
    assert model.log_no_purchase is not None
    nothing = np.exp(model.log_no_purchase(THETA, rows)(26.0))
    scatter = np.sqrt(nothing * (1 - nothing) / count)
    assert (np.abs((drawn == 0).mean(axis=0) - nothing) < 4.5 * scatter + 1e-3).all()


def test_counts_by_an_age_are_those_of_simulated_customers() -> None:
    rng, count, age_days = np.random.default_rng(5), 200_000, 500
    rate = rng.gamma(THETA[0], 1 / THETA[1], count)
    left = np.minimum(rng.exponential(1 / rng.gamma(THETA[2], 1 / THETA[3], count)), age_days / 7)
    passed = np.concatenate([[0.0], np.cumsum(RATES)])
    time = np.interp(DAYS - age_days + 7 * left, np.arange(len(passed)), passed) - passed[DAYS - age_days]
    counts = rng.poisson(rate * time / 7)
    told = seasonal().count_shares(THETA, np.array([age_days / 7]), 5)[0]
    assert told == pytest.approx([(counts == k).mean() for k in range(6)], abs=0.005)
