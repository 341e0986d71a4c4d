"""The interval of a net promoter score of 20 answers in every world of twentieths, and what no interval can do there."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_matrix
from scipy.stats import multinomial

from helpers.models.survey import nps
from helpers.models.survey.design import Floats

OUTCOMES = [(up, down) for up, down in product(range(21), repeat=2) if up + down <= 20]
PLACE = {outcome: place for place, outcome in enumerate(OUTCOMES)}
WORLDS = [(up, down) for up, down in product(range(1, 20), repeat=2) if up + down < 20]
"""Promoters and detractors among 20 customers: all three kinds are there."""
ABOVE = {(1, 1): 0.986, (1, 2): 0.982, (2, 1): 0.982, (1, 3): 0.973, (3, 1): 0.973, (1, 13): 0.971, (13, 1): 0.971}
"""Worlds in which the interval covers more often than 0.97, and how often."""


def chances(up: float, down: float) -> Floats:
    """The probability of each outcome of 20 answers."""
    cells = [(a, b, 20 - a - b) for a, b in OUTCOMES]
    found: Floats = multinomial.pmf(cells, n=20, p=[up / 20, down / 20, 1 - (up + down) / 20])
    return found


def covered(method: nps.Method) -> dict[tuple[int, int], float]:
    """Of each world how often its score lies in the interval: summed over all outcomes, no simulation."""
    p, d = (np.array(one) / 20 for one in zip(*OUTCOMES, strict=True))
    n = np.full(len(p), 20)
    low, high = nps.bounds(p, d, nps.plain_error(p, d, n), n, degrees=np.inf, level=0.95, method=method)
    scores = {world: (world[0] - world[1]) / 20 for world in WORLDS}
    return {
        world: float(chances(*world) @ ((low <= score + 1e-9) & (score - 1e-9 <= high)))
        for world, score in scores.items()
    }


def test_in_no_world_it_covers_too_seldom_and_in_seven_of_few_detractors_or_promoters_a_little_too_often() -> None:
    found = covered("score")
    assert len(found) == 171
    assert min(found.values()) >= 0.94
    assert {world: round(rate, 3) for world, rate in found.items() if rate > 0.97} == ABOVE


def test_the_adjusted_wald_interval_is_farther_off() -> None:
    """It covers up to 0.998 where almost nobody is either, and less than 0.92 where nobody stands between."""
    found = covered("adjusted_wald")
    assert max(found.values()) > 0.99
    assert sum(not 0.93 <= rate <= 0.97 for rate in found.values()) >= 4


def test_where_one_in_twenty_is_of_either_kind_no_interval_covers_less_often() -> None:
    """All intervals at once, by integer programming: which outcomes may speak against a score of zero?

    An interval that treats both kinds alike, rises with promoters and falls with detractors, and covers at least 0.93
    wherever both are as frequent, covers 0.986 of the surveys where each is one in twenty.
    """
    least = least_coverage((1, 1), floor=0.93)
    assert least == pytest.approx(0.9862, abs=5e-5)
    assert covered("score")[(1, 1)] == pytest.approx(least, abs=0.0005)


def least_coverage(world: tuple[int, int], *, floor: float) -> float:
    """The least that an interval may cover in a world of score zero, if it covers `floor` in all of these.

    A variable is whether an outcome speaks against a score of zero from above: whether its interval lies above it.
    From below, the mirrored outcome does.
    """
    both = {one: PLACE[one[1], one[0]] for one in OUTCOMES}
    rows = [
        {PLACE[up, down]: 1.0, PLACE[surer]: -1.0}
        for up, down in OUTCOMES
        for surer in ((up + 1, down), (up, down - 1), (up + 1, down - 1))
        if surer in PLACE
    ]
    size = len(OUTCOMES)
    order = np.zeros((len(rows), size))
    for at, row in enumerate(rows):
        order[at, list(row)] = list(row.values())
    one_side = np.zeros((size, size))
    for outcome, mirrored in both.items():
        one_side[PLACE[outcome], PLACE[outcome]] += 1
        one_side[PLACE[outcome], mirrored] += 1
    against = [2 * chances(each, each) for each in range(1, 10)]
    matrix = csr_matrix(np.vstack([order, one_side, against]))
    most = np.concatenate([np.zeros(len(rows)), np.ones(size), np.full(9, 1 - floor)])
    solved = milp(
        -2 * chances(*world),
        constraints=LinearConstraint(matrix, -np.inf, most),
        integrality=np.ones(size),
        bounds=Bounds(0, 1),
    )
    assert solved.success
    return float(1 + solved.fun)
