"""The Qini curve by hand, its interval, and scores without merit called so at the stated rate."""

from __future__ import annotations

import numpy as np
import pytest

from helpers.models.campaigns.qini import BETTER, CHANCE, WORSE, qini
from helpers.randomness import stream


def world(seed: int, n: int, *, lift: float = 0.0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A score, an outcome and arms by chance: the offer lifts the half with the higher scores, by `lift`."""
    draw = stream(seed, "test qini")
    score, is_offered = draw.normal(size=n), draw.random(n) < 0.5
    outcome = draw.random(n) < 0.12 + is_offered * (0.04 + lift * (score > 0))
    return score, outcome.astype(float), is_offered


def test_a_curve_by_hand() -> None:
    """Four parts of four, two offered and two not in each: 1 of 2 more in the first, nothing in the others."""
    score = np.repeat([4.0, 3.0, 2.0, 1.0], 4)
    is_offered = np.tile([True, True, False, False], 4)
    outcome = np.array([1, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 1, 1, 1, 1], dtype=float)
    found = qini(score, outcome, is_offered, seed=1, level=0.95)
    assert found.curve["customer_share"].tolist() == [0.0, 0.25, 0.5, 0.75, 1.0]
    # the first part gains .25 * .5; later ones gain nothing, so that the total stays an eighth
    assert found.curve["gain"].tolist() == pytest.approx([0.0, 0.125, 0.125, 0.125, 0.125])
    # over the line of chance: (.09375 / 2 + (.09375 + .0625) / 2 + (.0625 + .03125) / 2 + .03125 / 2) / 4
    assert found.coefficient.value == pytest.approx(0.046875)


def test_equal_scores_tell_nobody_apart() -> None:
    _, outcome, is_offered = world(1, 400)
    found = qini(np.ones(400), outcome, is_offered, seed=1, level=0.95)
    assert found.coefficient.value == pytest.approx(0.0, abs=1e-12)
    assert found.verdict == CHANCE


def test_the_order_of_customers_changes_nothing() -> None:
    score, outcome, is_offered = world(2, 4_000, lift=0.05)
    mixed = stream(1, "test order").permutation(4_000)
    first = qini(score, outcome, is_offered, seed=1, level=0.95)
    assert qini(score[mixed], outcome[mixed], is_offered[mixed], seed=1, level=0.95).coefficient == first.coefficient


@pytest.mark.parametrize("n", [400, pytest.param(3_000, marks=pytest.mark.slow)])
def test_random_scores_are_called_no_better_than_chance_95_times_in_100(n: int, part: int) -> None:
    count = min(1_200, 600_000 // n) // part
    verdicts = [qini(*world(seed, n), seed=seed, level=0.95).verdict for seed in range(count)]
    assert verdicts.count(CHANCE) / count == pytest.approx(0.95, abs=3 * np.sqrt(0.05 * 0.95 / count))


def test_the_interval_holds_the_truth_at_its_level(part: int) -> None:
    """The offer lifts the higher half by .1: over the line of chance the curve holds .1 * (.375 - .25)."""
    count = 300 // part
    found = [qini(*world(seed, 1_000, lift=0.1), seed=seed, level=0.9).coefficient for seed in range(count)]
    inside = np.mean([one.low <= 0.0125 <= one.high for one in found])
    assert inside == pytest.approx(0.9, abs=3 * np.sqrt(0.09 / count))


def test_money_has_an_interval_too(part: int) -> None:
    """Outcomes far from 0 and 1, without an effect that scores could find: their scatter is in the draws."""
    count, inside = 240 // part, 0
    for seed in range(count):
        score, outcome, is_offered = world(seed, 600)
        spent = outcome * stream(seed, "test qini money").lognormal(4, 1, 600)
        inside += qini(score, spent, is_offered, seed=seed, level=0.9).verdict == CHANCE
    assert inside / count == pytest.approx(0.9, abs=3.5 * np.sqrt(0.09 / count))


def test_a_good_score_is_better_and_its_opposite_worse() -> None:
    score, outcome, is_offered = world(3, 20_000, lift=0.1)
    assert qini(score, outcome, is_offered, seed=1, level=0.95).verdict == BETTER
    assert qini(-score, outcome, is_offered, seed=1, level=0.95).verdict == WORSE
