"""BG/NBD and MBG/NBD: the published answers, direct integration, and histories at the edge of what is possible."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.integrate import quad
from scipy.special import betaln

from helpers.models.buying.bg_nbd import BG_NBD, MBG_NBD
from helpers.models.buying.interface import BuyingModel
from helpers.models.buying.rows import Floats, Rows
from tests.models.buying.processes import row, rows_of, simulate

BOTH = pytest.mark.parametrize("model", [BG_NBD, MBG_NBD], ids=["bg_nbd", "mbg_nbd"])
PUBLISHED = np.array([0.2425982, 4.4136842, 0.7929899, 2.4261667])
"""CDNOW's sample, as BTYD's walkthrough prints it."""
ROUNDED = np.array([0.243, 4.414, 0.793, 2.426])
"""As Fader, Hardie and Lee (2005) do."""
WEEKS_OF_1997 = 272 / 7
EXTREMES = [  # theta; frequency, recency and age in days; log-likelihood, P(alive), purchases in 39 weeks, DERT at .0018
    (BG_NBD, (0.2426, 4.4136, 0.7929, 2.4259), (0, 0, 728), -0.776626369694, 1, 0.0829431503652, 0.714986073897),
    (
        BG_NBD,
        (0.2426, 4.4136, 0.7929, 2.4259),
        (1, 1, 728),
        -4.28378688987,
        0.0562505008229,
        0.0234561458661,
        0.176982805309,
    ),
    (
        BG_NBD,
        (0.2426, 4.4136, 0.7929, 2.4259),
        (300, 210, 273),
        337.433000425,
        1.93542634577e-28,
        3.9887482401e-26,
        1.72527877271e-25,
    ),
    (
        BG_NBD,
        (0.2426, 4.4136, 0.7929, 2.4259),
        (900, 3640, 3640),
        -421.932643423,
        0.999121166617,
        65.0062273798,
        615.606179657,
    ),
    (BG_NBD, (20, 3, 0.4, 0.4), (0, 0, 728), -71.4843309159, 1, 3.0435650876, 12.8527936524),
    (BG_NBD, (20, 3, 0.4, 0.4), (1, 1, 728), 0.227052475993, 6.71055013843e-33, 3.19289700524e-32, 1.6583114379e-31),
    (BG_NBD, (20, 3, 0.4, 0.4), (300, 210, 273), 378.103363223, 2.28496545317e-31, 5.84209849698e-29, 4.1681156457e-28),
    (BG_NBD, (20, 3, 0.4, 0.4), (900, 3640, 3640), -423.617142498, 0.999555456768, 67.5636541997, 770.385312783),
    (BG_NBD, (5, 0.5, 0.01, 10), (0, 0, 728), -26.7116712598, 1, 1.86409021342, 26.2705563733),
    (BG_NBD, (5, 0.5, 0.01, 10), (1, 1, 728), -6.11405625595, 5.41987287164e-11, 1.21230375124e-10, 1.70791425714e-09),
    (
        BG_NBD,
        (5, 0.5, 0.01, 10),
        (300, 210, 273),
        378.330381072,
        1.73498336096e-30,
        5.20498986249e-28,
        7.27497776973e-27,
    ),
    (BG_NBD, (5, 0.5, 0.01, 10), (900, 3640, 3640), -413.578046454, 0.999988999021, 67.7843726822, 959.967787654),
    (
        MBG_NBD,
        (0.5248, 6.1831, 0.8914, 1.614),
        (0, 0, 728),
        -0.697402369248,
        0.285382648056,
        0.0497660261715,
        0.388982134993,
    ),
    (
        MBG_NBD,
        (0.5248, 6.1831, 0.8914, 1.614),
        (1, 1, 728),
        -4.27349368528,
        0.0362202237625,
        0.0180305767207,
        0.125266106112,
    ),
    (
        MBG_NBD,
        (0.5248, 6.1831, 0.8914, 1.614),
        (300, 210, 273),
        323.648195934,
        3.44886094828e-27,
        6.68261262875e-25,
        2.62580398056e-24,
    ),
    (
        MBG_NBD,
        (0.5248, 6.1831, 0.8914, 1.614),
        (900, 3640, 3640),
        -424.364682622,
        0.999012305079,
        64.5791736695,
        585.821429656,
    ),
]
"""Worked out with mpmath 1.4.1 at 30 to 60 digits: equations 6 to 10 of the paper with 2F1, DERT over the two posteriors."""


@pytest.mark.parametrize("case", EXTREMES, ids=lambda case: f"{case[0].name}-{case[1]}-{case[2]}")
def test_edges_of_the_possible(
    case: tuple[BuyingModel, tuple[float, ...], tuple[int, int, int], float, float, float, float],
) -> None:
    model, theta, days, *exact = case
    at, one = np.array(theta), row(*days)
    values = [
        model.log_likelihood(at, one)[0],
        model.p_alive(at, one),
        model.expected_purchases(at, one, 39.0),
        model.residual(at, one, 0.0018),
    ]
    assert np.concatenate(values) == pytest.approx(exact, rel=1e-9)


@BOTH
@pytest.mark.parametrize("days", [(0, 0, 273), (3, 100, 273), (26, 216, 217)], ids=str)
@pytest.mark.parametrize("theta", [PUBLISHED, np.array([3.0, 2.0, 1.0, 1.0]), np.array([0.5, 6.0, 0.2, 0.3])], ids=str)
def test_expected_purchases_by_direct_integration(
    model: BuyingModel, theta: Floats, days: tuple[int, int, int]
) -> None:
    """Over p alone: given alive, it is Beta(a, b + x) and the rate Gamma(r + x, alpha + T); a + b may be below 1."""
    one, (r, alpha, a, b) = row(*days), theta
    x, after_first = one.frequency[0], float(model is MBG_NBD)

    def integrand(log_odds: float) -> float:
        log_p, log_q = -np.logaddexp(0, -log_odds), -np.logaddexp(0, log_odds)
        future = -np.expm1(-(r + x) * np.log1p(np.exp(log_p) * 39 / (alpha + one.age[0])))
        density = a * log_p + (b + x + after_first) * log_q - betaln(a, b + x + after_first)
        return float(future * np.exp(density - log_p))

    exact = quad(integrand, -200, 150, points=[-40, -20, -10, -5, 0, 5, 20, 50], limit=400, epsrel=1e-11)[0]
    found = model.expected_purchases(theta, one, 39.0)[0] / model.p_alive(theta, one)[0]
    assert found == pytest.approx(exact, rel=1e-9)


@BOTH
def test_the_gradient_is_that_of_the_likelihood(model: BuyingModel) -> None:
    days = np.array([(0, 0, 0), (0, 0, 700), (1, 1, 700), (26, 216, 217), (300, 210, 273), (900, 3640, 3640)])
    x, recency, age = days.T.astype(float)
    rows = Rows(x, recency / 7, age / 7, np.ones(6), np.arange(6))
    for theta in (PUBLISHED, np.array([20.0, 3.0, 1.0, 5.0]), np.array([2.0, 100.0, 0.05, 0.3])):
        steps = 1e-5 * np.eye(4)
        ahead, back = (
            np.array([model.log_likelihood(theta * np.exp(sign * step), rows)[0] for step in steps]).T
            for sign in (1, -1)
        )
        gradient = model.log_likelihood(theta, rows)[1]
        assert gradient == pytest.approx((ahead - back) / 2e-5, rel=1e-6, abs=1e-5)


class TestPublished:
    def test_new_customer(self) -> None:
        assert BG_NBD.expected_new(PUBLISHED, np.array([52.0]))[0] == pytest.approx(1.444004, abs=2e-6)

    def test_new_customer_by_the_spreadsheet(self) -> None:
        """Hardie's spreadsheet, in the tests of lifetimes, which ask for three decimals."""
        weeks, theta = np.array([0.1429, 1.0, 3.0, 31.8571, 32.0, 78.0]), np.array([0.2426, 4.4136, 0.7929, 2.4259])
        told = [0.0078, 0.0532, 0.1506, 1.0405, 1.0437, 1.8576]
        assert BG_NBD.expected_new(theta, weeks) == pytest.approx(told, abs=5e-4)

    def test_customer_1516(self, cdnow_sample: pd.DataFrame, cdnow_rows: Rows) -> None:
        place = cdnow_rows.index[cdnow_sample.index[cdnow_sample["customer_id"] == 1516][0]]
        one = cdnow_rows.some(np.array([place]))
        assert BG_NBD.expected_purchases(PUBLISHED, one, 52.0)[0] == pytest.approx(25.75659, rel=3e-6)
        assert BG_NBD.p_alive(PUBLISHED, one)[0] == pytest.approx(0.9688523, abs=2e-7)

    @pytest.mark.parametrize(("x", "told"), [(10, 0.3474606), (15, 0.04283391), (20, 0.004158973), (25, 0.0003583685)])
    def test_who_bought_more_before_a_long_pause_is_expected_less(self, x: int, told: float) -> None:
        found = BG_NBD.expected_purchases(PUBLISHED, row(x, 140, 273), 52.0)[0]
        assert found == pytest.approx(told, rel=1e-5)

    def test_the_customer_of_the_paper(self) -> None:
        """x = 2, t_x = 30.43, T = 38.86: 1.226 in 39 weeks (2005)."""
        assert BG_NBD.expected_purchases(ROUNDED, row(2, 213, 272), 39.0)[0] == pytest.approx(1.226, abs=5e-4)

    def test_shares_of_counts(self) -> None:
        """In the tests of lifetimes and of pymc-marketing."""
        shares = BG_NBD.count_shares(ROUNDED, np.array([39.0, 2.0, 30.0]), 11)
        assert shares[[0, 1, 2], [0, 10, 11]] == pytest.approx([0.5737864, 1.07869e-07, 0.0019995214], rel=2e-6)

    def test_likelihood(self) -> None:
        """In the tests of pymc-marketing: r .25, alpha 4, a .8, b 2.5; T = 40."""
        theta = np.array([0.25, 4.0, 0.8, 2.5])
        found = [BG_NBD.log_likelihood(theta, row(*days))[0][0] for days in ((0, 0, 280), (200, 266, 280))]
        assert found == pytest.approx([-0.59947382, 100.7957], rel=1e-6)

    def test_weekly_tracking(self, cdnow_rows: Rows) -> None:
        born = WEEKS_OF_1997 - cdnow_rows.age
        total = [cdnow_rows.weight @ BG_NBD.expected_new(PUBLISHED, np.maximum(end - born, 0)) for end in range(19, 26)]
        told = [1312.458, 1387.346, 1460.392, 1531.713, 1601.418, 1669.6]
        assert total[1:] == pytest.approx(told, rel=1e-5)
        weekly = [76.86531, 74.88843, 73.04554, 71.32166, 69.70412, 68.18213]
        assert np.diff(total) == pytest.approx(weekly, rel=1e-5)

    def test_unconditional_total_of_78_weeks(self, cdnow_rows: Rows) -> None:
        for weeks, told in ((39, 2493.95), (78, 4160.60)):
            since = weeks - 39 + cdnow_rows.age
            assert cdnow_rows.weight @ BG_NBD.expected_new(PUBLISHED, since) == pytest.approx(told, abs=0.05)

    def test_holdout_by_calibration_frequency(self, cdnow_rows: Rows) -> None:
        expected = BG_NBD.expected_purchases(PUBLISHED, cdnow_rows, 39.0)
        groups = np.minimum(cdnow_rows.frequency, 7).astype(int)
        found = np.bincount(groups, cdnow_rows.weight * expected) / np.bincount(groups, cdnow_rows.weight)
        told = [0.2250893, 0.5231364, 1.044126, 1.520256, 2.163824, 2.653789, 3.503957, 6.157036]
        assert found == pytest.approx(told, rel=1e-5)


@BOTH
def test_shares_of_counts_are_those_of_the_likelihood(model: BuyingModel) -> None:
    """P(X = 0) is the likelihood of nothing seen; all shares sum to one; their mean is E[X]."""
    ages = np.array([0.0, 5.0, 39.0, 78.0])
    shares = model.count_shares(PUBLISHED, ages, 800)
    nobody = Rows(np.zeros(4), np.zeros(4), ages, np.ones(4), np.arange(4))
    assert shares[:, 0] == pytest.approx(np.exp(model.log_likelihood(PUBLISHED, nobody)[0]), rel=1e-10)
    assert shares.sum(axis=1) == pytest.approx(np.ones(4), abs=1e-6)
    assert shares @ np.arange(801) == pytest.approx(model.expected_new(PUBLISHED, ages), rel=1e-4)


@BOTH
@pytest.mark.parametrize("a", [0.2, 1.0, 6.0])
def test_the_residual_is_the_discounted_sum_of_what_is_expected(model: BuyingModel, a: float) -> None:
    theta, one, rate = np.array([0.8, 5.0, a, 3.0]), row(4, 200, 273), 0.004

    def waiting(week: float) -> float:
        return float(rate * np.exp(-rate * week) * model.expected_purchases(theta, one, week)[0])

    exact = quad(waiting, 0, 40 / rate, points=[1, 10, 100, 1000], limit=200)[0]
    assert model.residual(theta, one, rate)[0] == pytest.approx(exact, rel=1e-7)


@BOTH
def test_many_histories_at_once_are_the_single_ones(model: BuyingModel, cdnow_rows: Rows) -> None:
    """Rows are grouped by purchases and age on the way: each must get back its own value."""
    places = np.random.default_rng(2).permutation(len(cdnow_rows))[:40]
    some = cdnow_rows.some(places)
    for ask in (
        lambda rows: model.expected_purchases(PUBLISHED, rows, 52.0),
        lambda rows: model.residual(PUBLISHED, rows, 0.002),
    ):
        assert ask(some) == pytest.approx(
            np.concatenate([ask(some.some(np.array([at]))) for at in range(40)]), rel=1e-10
        )


@BOTH
def test_a_discount_of_nothing_is_refused(model: BuyingModel) -> None:
    with pytest.raises(ValueError, match=r"weekly_rate must be above 0, found -0\.1"):
        model.residual(PUBLISHED, row(1, 7, 70), -0.1)


@BOTH
def test_without_an_end_it_is_the_nbd(model: BuyingModel, cdnow_rows: Rows) -> None:
    """The NBD of CDNOW's sample: r .384766, alpha 12.072014, log-likelihood -9763.6576, holdout 2,929.82."""
    theta = np.array([0.384766, 12.072014, 1e-12, 1.0])
    assert cdnow_rows.weight @ model.log_likelihood(theta, cdnow_rows)[0] == pytest.approx(-9763.6576, abs=1e-3)
    assert cdnow_rows.weight @ model.expected_purchases(theta, cdnow_rows, 39.0) == pytest.approx(2929.82, abs=0.01)


def test_in_bg_nbd_who_bought_once_is_alive_and_in_mbg_nbd_perhaps_not() -> None:
    once = row(0, 0, 273)
    assert BG_NBD.p_alive(PUBLISHED, once)[0] == 1.0
    assert 0.3 < MBG_NBD.p_alive(PUBLISHED, once)[0] < 0.9


@BOTH
def test_small_alpha_and_a_long_future_of_a_new_customer(model: BuyingModel) -> None:
    """Pace 5 a week at first, all in the tail of p: with Gauss's 64 nodes it was 15 % low."""
    theta, stays = np.array([0.05, 0.01, 0.05, 0.05]), {"bg_nbd": 798.395805713885}
    found = model.expected_purchases(theta, row(0, 0, 0), 520.0)[0]
    assert found == pytest.approx(stays.get(model.name, found), rel=1e-10)
    assert found == pytest.approx(model.expected_new(theta, np.array([520.0]))[0], rel=1e-9)


@BOTH
def test_draws_are_the_futures_of_customers_with_such_a_history(model: BuyingModel) -> None:
    """Simulated from the story itself: who shares a history buys afterwards what is drawn and expected for it."""
    theta = (0.6, 5.0, 0.8, 2.5)
    people = simulate(model.name, theta, age=np.full(150_000, 30.0), future=26.0, seed=3)
    for alike in (people["frequency"] == 0, (people["frequency"] == 3) & people["recency"].between(15, 22)):
        told, rows = people[alike], rows_of(people[alike])
        drawn = model.draw(np.array(theta), rows, 26.0, np.random.default_rng(4))
        expected = model.expected_purchases(np.array(theta), rows, 26.0)
        error = told["future_count"].std() / np.sqrt(len(told))
        assert [drawn.mean(), expected.mean()] == pytest.approx([told["future_count"].mean()] * 2, abs=4.5 * error)
        alive = told["is_alive"].mean()
        assert model.p_alive(np.array(theta), rows).mean() == pytest.approx(alive, abs=4 / np.sqrt(4 * len(told)))
        for k in (0, 2):
            share = (told["future_count"] == k).mean()
            assert (drawn == k).mean() == pytest.approx(share, abs=5 * np.sqrt(share / len(told)))


@BOTH
def test_a_path_is_a_future_cut_in_pieces(model: BuyingModel) -> None:
    people = simulate(model.name, (0.6, 5.0, 0.8, 2.5), age=np.full(20_000, 30.0), future=1.0, seed=5)
    rows, theta = rows_of(people), np.array([0.6, 5.0, 0.8, 2.5])
    path = model.draw(theta, rows, np.array([4.0, 10.0, 26.0]), np.random.default_rng(6))
    assert path.shape == (20_000, 3)
    told = [model.expected_purchases(theta, rows, week).mean() for week in (4.0, 10.0, 26.0)]
    assert path.sum(axis=0) / 20_000 == pytest.approx(np.diff(told, prepend=0), rel=0.06)
