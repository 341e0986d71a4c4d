"""Pareto/NBD: the published answers, direct integration, and histories at the edge of what is possible."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.integrate import quad

from helpers.models.buying.pareto_nbd import PARETO_NBD
from helpers.models.buying.rows import Floats, Rows
from tests.models.buying.processes import row, rows_of, simulate

PUBLISHED = np.array([0.55328, 10.5777, 0.6062, 11.669])
"""CDNOW's sample, as BTYD and CLVTools agree in R; BTYD's walkthrough stopped at a beta of 11.656."""
WEEKS_OF_1997 = 272 / 7
"""From the first day of CDNOW, on which its tracking begins, to the end of the calibration."""
EXTREMES = [  # theta; frequency, recency and age in days; log-likelihood, P(alive), purchases in 39 weeks, DERT at .0018
    ((0.5533, 10.578, 0.606, 11.664), (0, 0, 728), -0.613377289035, 0.123055102527, 0.0211591499642, 0.150941290393),
    ((0.5533, 10.578, 0.606, 11.664), (1, 1, 728), -4.28064337706, 0.0232612198134, 0.0112286035226, 0.0801005667942),
    (
        (0.5533, 10.578, 0.606, 11.664),
        (300, 210, 273),
        293.165230633,
        3.22563534496e-24,
        6.34201253154e-22,
        3.59585095642e-21,
    ),
    ((0.5533, 10.578, 0.606, 11.664), (900, 3640, 3640), -428.088751762, 1, 64.7788145891, 670.852721407),
    ((0.3, 0.001, 30, 10000.0), (0, 0, 728), -3.34760652603, 0.65153186485, 0.0692170770445, 0.399153047725),
    ((0.3, 0.001, 30, 10000.0), (1, 1, 728), -7.36027733395, 0.103920251705, 0.0478409596103, 0.275883721906),
    (
        (0.3, 0.001, 30, 10000.0),
        (300, 210, 273),
        378.152613748,
        1.97430614086e-31,
        5.59665695508e-29,
        3.21583981744e-28,
    ),
    ((0.3, 0.001, 30, 10000.0), (900, 3640, 3640), -413.299005924, 1, 63.9072369672, 376.841003901),
    ((300, 200, 50, 60), (0, 0, 728), -1.03281715855, 1.15037789015e-76, 3.799473665e-76, 3.77636165159e-76),
    ((300, 200, 50, 60), (1, 1, 728), -0.96438649602, 1.06015444385e-76, 3.51315484052e-76, 3.49178449058e-76),
    ((300, 200, 50, 60), (300, 210, 273), 131.309248598, 4.83763121219e-12, 2.45372102665e-11, 2.44464620146e-11),
    ((300, 200, 50, 60), (900, 3640, 3640), -522.776316493, 1, 18.9146664849, 19.3081292016),
]
"""Worked out with mpmath 1.4.1 at 30 digits: the likelihood's integral by adaptive quadrature, DERT by U(1, 2 - s, z)."""


@pytest.mark.parametrize("case", EXTREMES, ids=str)
def test_edges_of_the_possible(
    case: tuple[tuple[float, ...], tuple[int, int, int], float, float, float, float],
) -> None:
    theta, days, *exact = case
    at, one = np.array(theta), row(*days)
    values = [
        PARETO_NBD.log_likelihood(at, one)[0],
        PARETO_NBD.p_alive(at, one),
        PARETO_NBD.expected_purchases(at, one, 39.0),
        PARETO_NBD.residual(at, one, 0.0018),
    ]
    assert np.concatenate(values) == pytest.approx(exact, rel=1e-9)


def direct(theta: Floats, one: Rows) -> tuple[float, float]:
    """Likelihood of somebody who is there, and of somebody who has ended, by scipy over the day of the end."""
    (r, alpha, s, beta), x, first, last = theta, one.frequency[0], one.recency[0], one.age[0]
    there = (alpha + last) ** -(r + x) * (beta + last) ** -s
    ended = quad(lambda t: s * (alpha + t) ** -(r + x) * (beta + t) ** -(s + 1), first, last, epsrel=1e-12)[0]
    return float(there), float(ended)


@pytest.mark.parametrize("days", [(0, 0, 273), (3, 100, 273), (26, 216, 217)], ids=str)
@pytest.mark.parametrize(
    "theta", [PUBLISHED, np.array([2.0, 20.0, 1.0, 20.0]), np.array([0.9, 3.0, 4.0, 2.0])], ids=str
)
def test_likelihood_by_direct_integration(theta: Floats, days: tuple[int, int, int]) -> None:
    one = row(*days)
    there, ended = direct(theta, one)
    r, alpha, s, beta = theta
    rising = np.prod(r + np.arange(one.frequency[0]))
    exact = np.log(rising * alpha**r * beta**s * (there + ended))
    assert PARETO_NBD.log_likelihood(theta, one)[0][0] == pytest.approx(exact, rel=1e-9)
    assert PARETO_NBD.p_alive(theta, one)[0] == pytest.approx(there / (there + ended), rel=1e-9)


def test_the_gradient_is_that_of_the_likelihood() -> None:
    days = np.array([(0, 0, 0), (0, 0, 700), (1, 1, 700), (26, 216, 217), (300, 210, 273), (900, 3640, 3640)])
    x, recency, age = days.T.astype(float)
    rows = Rows(x, recency / 7, age / 7, np.ones(6), np.arange(6))
    for theta in (PUBLISHED, np.array([20.0, 3.0, 1.0, 5.0]), np.array([2.0, 100.0, 0.05, 0.3])):
        steps = 1e-5 * np.eye(4)
        ahead, back = (
            np.array([PARETO_NBD.log_likelihood(theta * np.exp(sign * step), rows)[0] for step in steps]).T
            for sign in (1, -1)
        )
        gradient = PARETO_NBD.log_likelihood(theta, rows)[1]
        assert gradient == pytest.approx((ahead - back) / 2e-5, rel=1e-6, abs=1e-5)


class TestPublished:
    """BTYD's walkthrough, at its estimates, which it prints with three or four digits; so do we to 1 in 1,000."""

    def test_new_customer(self) -> None:
        assert PARETO_NBD.expected_new(PUBLISHED, np.array([52.0]))[0] == pytest.approx(1.473434, rel=2e-4)

    def test_customer_1516(self, cdnow_sample: pd.DataFrame, cdnow_rows: Rows) -> None:
        place = cdnow_rows.index[cdnow_sample.index[cdnow_sample["customer_id"] == 1516][0]]
        one = cdnow_rows.some(np.array([place]))
        assert (one.frequency[0], one.recency[0] * 7, one.age[0]) == (26, 216, 31)
        assert PARETO_NBD.expected_purchases(PUBLISHED, one, 52.0)[0] == pytest.approx(25.45647, rel=1e-4)
        assert PARETO_NBD.p_alive(PUBLISHED, one)[0] == pytest.approx(0.997874, abs=2e-6)
        assert PARETO_NBD.residual(PUBLISHED, one, 0.0027)[0] == pytest.approx(86.03118304, rel=2e-4)

    @pytest.mark.parametrize(("x", "told"), [(10, 0.7062289), (15, 0.1442396), (20, 0.02250658), (25, 0.00309267)])
    def test_who_bought_more_before_a_long_pause_is_expected_less(self, x: int, told: float) -> None:
        found = PARETO_NBD.expected_purchases(PUBLISHED, row(x, 140, 273), 52.0)[0]
        assert found == pytest.approx(told, rel=1e-3)

    def test_weekly_tracking(self, cdnow_rows: Rows) -> None:
        born = WEEKS_OF_1997 - cdnow_rows.age
        ends = np.arange(19, 26)
        total = [cdnow_rows.weight @ PARETO_NBD.expected_new(PUBLISHED, np.maximum(end - born, 0)) for end in ends]
        told = [1308.856, 1385.275, 1459.923, 1532.906, 1604.32, 1674.253]
        assert total[1:] == pytest.approx(told, rel=3e-4)
        assert np.diff(total) == pytest.approx([78.308, 76.419, 74.648, 72.983, 71.414, 69.933], rel=3e-4)

    def test_unconditional_total_of_78_weeks(self, cdnow_rows: Rows) -> None:
        for weeks, told in ((39, 2524.97), (78, 4270.33)):
            since = weeks - 39 + cdnow_rows.age
            assert cdnow_rows.weight @ PARETO_NBD.expected_new(PUBLISHED, since) == pytest.approx(told, rel=2e-4)

    def test_holdout_by_calibration_frequency(self, cdnow_rows: Rows) -> None:
        expected = PARETO_NBD.expected_purchases(PUBLISHED, cdnow_rows, 39.0)
        groups = np.minimum(cdnow_rows.frequency, 7).astype(int)
        n = np.bincount(groups, cdnow_rows.weight)
        assert n.tolist() == [1411, 439, 214, 100, 62, 38, 29, 64]
        told = [0.138, 0.600, 1.196, 1.714, 2.399, 2.907, 3.819, 6.403]
        assert np.bincount(groups, cdnow_rows.weight * expected) / n == pytest.approx(told, abs=7e-4)

    def test_residual_and_p_alive_of_all(self, cdnow_rows: Rows) -> None:
        assert cdnow_rows.weight @ PARETO_NBD.residual(PUBLISHED, cdnow_rows, 0.0027) == pytest.approx(
            7186.499228, rel=2e-4
        )
        assert PARETO_NBD.residual(PUBLISHED, row(0, 0, 272), 0.0027)[0] == pytest.approx(0.4769228666, rel=3e-4)
        assert cdnow_rows.weight @ PARETO_NBD.p_alive(PUBLISHED, cdnow_rows) == pytest.approx(1051.677, rel=3e-4)


def test_shares_of_counts_are_those_of_the_likelihood() -> None:
    """P(X = 0) is the likelihood of nothing seen; all shares sum to one; their mean is E[X]."""
    ages = np.array([0.0, 5.0, 39.0, 78.0])
    shares = PARETO_NBD.count_shares(PUBLISHED, ages, 600)
    nobody = Rows(np.zeros(4), np.zeros(4), ages, np.ones(4), np.arange(4))
    assert shares[:, 0] == pytest.approx(np.exp(PARETO_NBD.log_likelihood(PUBLISHED, nobody)[0]), rel=1e-10)
    assert shares.sum(axis=1) == pytest.approx(np.ones(4), abs=1e-10)
    assert shares @ np.arange(601) == pytest.approx(PARETO_NBD.expected_new(PUBLISHED, ages), rel=1e-8)


@pytest.mark.parametrize("s", [0.2, 1.0, 1 + 1e-9, 6.0, 300.0])
def test_the_residual_is_the_discounted_sum_of_what_is_expected(s: float) -> None:
    theta, one, rate = np.array([0.8, 5.0, s, 12.0]), row(4, 200, 273), 0.004

    def waiting(week: float) -> float:
        return float(rate * np.exp(-rate * week) * PARETO_NBD.expected_purchases(theta, one, week)[0])

    exact = quad(waiting, 0, 40 / rate, points=[1, 10, 100, 1000], limit=400)[0]
    assert PARETO_NBD.residual(theta, one, rate)[0] == pytest.approx(exact, rel=1e-7)


def test_a_discount_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match=r"weekly_rate must be above 0, found 0; 10 % a year are log\(1\.1\) / 52\.18"):
        PARETO_NBD.residual(PUBLISHED, row(1, 7, 70), 0)


def test_without_an_end_it_is_the_nbd(cdnow_rows: Rows) -> None:
    """The NBD of CDNOW's sample: r .384766, alpha 12.072014, log-likelihood -9763.6576, holdout 2,929.82."""
    theta = np.array([0.384766, 12.072014, 1e-9, 1e3])
    assert cdnow_rows.weight @ PARETO_NBD.log_likelihood(theta, cdnow_rows)[0] == pytest.approx(-9763.6576, abs=1e-3)
    assert cdnow_rows.weight @ PARETO_NBD.expected_purchases(theta, cdnow_rows, 39.0) == pytest.approx(
        2929.82, abs=0.01
    )


def test_who_just_bought_is_alive_however_often() -> None:
    """Recency equal to age, and hundreds of purchases: lifetimes gives NaN from 96 purchases on."""
    for x in (1, 96, 97, 300, 900):
        assert PARETO_NBD.p_alive(PUBLISHED, row(x, 2000, 2000))[0] == 1.0
        assert 0 < PARETO_NBD.expected_purchases(PUBLISHED, row(x, 2000, 2000), 39.0)[0] < 39 * x


def test_draws_are_the_futures_of_customers_with_such_a_history() -> None:
    """Simulated from the story itself: who shares a history buys afterwards what is drawn and expected for it."""
    theta = (0.6, 8.0, 0.8, 14.0)
    people = simulate("pareto_nbd", theta, age=np.full(150_000, 30.0), future=26.0, seed=3)
    for alike in (people["frequency"] == 0, (people["frequency"] == 3) & people["recency"].between(15, 22)):
        told, rows = people[alike], rows_of(people[alike])
        drawn = PARETO_NBD.draw(np.array(theta), rows, 26.0, np.random.default_rng(4))
        expected = PARETO_NBD.expected_purchases(np.array(theta), rows, 26.0)
        error = told["future_count"].std() / np.sqrt(len(told))
        assert [drawn.mean(), expected.mean()] == pytest.approx([told["future_count"].mean()] * 2, abs=4.5 * error)
        alive = told["is_alive"].mean()
        assert PARETO_NBD.p_alive(np.array(theta), rows).mean() == pytest.approx(alive, abs=4 / np.sqrt(4 * len(told)))
        for k in (0, 2):
            share = (told["future_count"] == k).mean()
            assert (drawn == k).mean() == pytest.approx(share, abs=5 * np.sqrt(share / len(told)))


def test_a_path_is_a_future_cut_in_pieces() -> None:
    people = simulate("pareto_nbd", (0.6, 8.0, 0.8, 14.0), age=np.full(20_000, 30.0), future=1.0, seed=5)
    rows, theta = rows_of(people), np.array([0.6, 8.0, 0.8, 14.0])
    path = PARETO_NBD.draw(theta, rows, np.array([4.0, 10.0, 26.0]), np.random.default_rng(6))
    assert path.shape == (20_000, 3)
    told = [PARETO_NBD.expected_purchases(theta, rows, week).mean() for week in (4.0, 10.0, 26.0)]
    assert path.sum(axis=0) / 20_000 == pytest.approx(np.diff(told, prepend=0), rel=0.06)
