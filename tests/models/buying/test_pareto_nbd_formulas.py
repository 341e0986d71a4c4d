"""What a Pareto/NBD is made of: by hand, by simulation, and on two clocks where one runs twice as fast."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import ArrayLike

from helpers.models.buying import pareto_nbd_formulas as formulas
from helpers.models.buying.pareto_nbd import PARETO_NBD
from helpers.models.buying.rows import Floats, Rows

THETA = np.array([0.8, 8.0, 0.7, 25.0])
ROWS = Rows(*(np.array(one, dtype=float) for one in ([0, 3], [0, 20], [30, 40], [1, 1])), index=np.array([0, 1, 1]))


def twice(weeks: ArrayLike) -> Floats:
    return 2 * np.asarray(weeks, dtype=float)


def test_weeks_lived_by_hand() -> None:
    # an end at a rate of Gamma(2, 10): somebody is there after t weeks with 1 / (1 + t / 10)^2, whose integral is known
    assert formulas.lived(2.0, np.array([10.0]), 30.0) == pytest.approx([10 - 10 / 4])
    # with Gamma(1, 10) it is a logarithm
    assert formulas.lived(1.0, np.array([10.0]), 30.0) == pytest.approx([10 * np.log(4)])


def test_a_new_customer_buys_while_there() -> None:
    assert formulas.expected_new(np.array([3.0, 6.0, 2.0, 10.0]), np.array([30.0])) == pytest.approx([7.5 / 2])


def test_no_customers_have_no_odds() -> None:
    nothing = np.empty(0)
    nobody = Rows(nothing, nothing, nothing, nothing, np.empty(0, dtype=np.int64))
    assert not len(formulas.log_odds_ended(THETA, nobody, block=lambda *_: nothing))
    assert not len(PARETO_NBD.p_alive(THETA, nobody))


def test_counts_sum_to_one() -> None:
    for seen in (np.asarray, twice):
        shares = formulas.count_shares(THETA, np.array([5.0, 60.0]), 800, seen=seen)
        assert shares.sum(axis=1) == pytest.approx([1.0, 1.0], abs=1e-3)


def test_a_clock_twice_as_fast_is_a_memory_half_as_long() -> None:
    slower = np.array([THETA[0], THETA[1] / 2, *THETA[2:]])
    shares = formulas.count_shares(THETA, np.array([5.0, 60.0]), 5, seen=twice)
    assert shares == pytest.approx(formulas.count_shares(slower, np.array([5.0, 60.0]), 5))
    alive = np.array([0.4, 0.9])
    left = formulas.residual(THETA, ROWS, 0.002, p_alive=alive, seen=twice)
    # in the past time ran twice as fast, so that as many purchases mean half the rate; the future is as it was
    assert left == pytest.approx(formulas.residual(slower, ROWS, 0.002, p_alive=alive) / 2)
    drawn = [
        formulas.buyers(theta, ROWS, 26.0, np.random.default_rng(1), alive, clocks=clocks)
        for theta, clocks in ((THETA, (twice, twice)), (slower, (np.asarray, np.asarray)))
    ]
    for one, other in zip(*drawn, strict=True):
        np.testing.assert_array_equal(one, other)


def test_means_by_hand() -> None:
    found = formulas.means(np.array([2.0, 10.0, 1.0, 20.0]))
    assert found == pytest.approx(
        {"purchase_rate_per_week": 0.2, "dropout_rate_per_week": 0.05, "median_lifetime_weeks": 20.0}
    )
