"""What offers are worth: the published answers, cases by hand, and intervals that hold at their rate."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.integrate import quad
from scipy.stats import beta

from helpers.models.churn.offers import Offer, profit, stated, value
from helpers.randomness import stream

OFFER = Offer(kept_amount=200, offer_amount=10, contact_amount=1, accept_alpha=6, accept_beta=14)
CHANCES = np.array([*(0.05 * step for step in range(1, 20)), 0.99])
LEFT = np.array([0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 1, 0, 0, 1, 1, 0, 1, 1, 0, 1], dtype=float)


def test_the_published_answers() -> None:
    """Other implementations of Verbraken, Verbeke and Baesens (2013) give EMPC 17.4941715891, MPC 17.45 and p* .1642."""
    found = profit(CHANCES, LEFT, offer=OFFER)
    assert found.expected_amount == pytest.approx(17.4941715891, abs=5e-11)
    assert found.most_amount == pytest.approx(17.45, abs=1e-12)
    assert found.most_share == pytest.approx(0.85)
    assert OFFER.threshold == pytest.approx(11 / 67)


def test_the_expected_maximum_is_the_integral_of_maxima_over_gamma() -> None:
    draw = stream(1, "test offers")
    chances = np.round(draw.random(60), 1)
    left = (draw.random(60) < chances).astype(float)
    thresholds = [np.inf, *np.unique(chances)]

    def best(gamma: float) -> float:
        offered = [chances >= threshold for threshold in thresholds]
        return max(float((one * (left * (gamma * 190 - 1) - (1 - left) * 11)).mean()) for one in offered)

    expected = quad(lambda gamma: best(gamma) * beta.pdf(gamma, 6, 14), 0, 1, limit=500, epsabs=1e-9)[0]
    assert profit(chances, left, offer=OFFER).expected_amount == pytest.approx(expected, rel=1e-5)


def test_the_curve_by_hand() -> None:
    """Of four customers the two likeliest leave: each brings .3 * 190 - 1 = 56; each of the others costs 11."""
    found = profit(np.array([0.9, 0.8, 0.2, 0.2]), np.array([1.0, 1.0, 0.0, 0.0]), offer=OFFER)
    assert found.curve["customer_share"].tolist() == [0.0, 0.25, 0.5, 1.0]
    assert found.curve["profit_amount"].tolist() == pytest.approx([0.0, 14.0, 28.0, 22.5])


def test_an_offer_that_costs_more_than_a_kept_customer_brings_is_made_to_nobody() -> None:
    dear = Offer(10, 20, 1, 6, 14)
    found = profit(CHANCES, LEFT, offer=dear)
    assert (found.most_amount, found.most_share, found.expected_amount) == (0.0, 0.0, 0.0)
    assert value(CHANCES, LEFT, CHANCES, offer=dear, seed=1, level=0.95).offered_count == 0


def test_a_free_offer_goes_to_everybody() -> None:
    found = profit(CHANCES, LEFT, offer=Offer(200, 0, 0, 6, 14))
    assert found.most_amount == pytest.approx(0.3 * 200 * 8 / 20)
    assert found.expected_amount == pytest.approx(found.most_amount)


def test_what_a_kept_customer_is_worth_is_read_off_those_who_have_not_gone() -> None:
    people = pd.DataFrame({"customer_id": list("abc"), "stage": ["loyal", "new", "lapsed"]})
    spent = pd.DataFrame({"customer_id": ["a", "c"], "amount": [80.0, 500.0]})
    terms = {"offer_amount": 10, "contact_amount": 1, "accept_alpha": 6, "accept_beta": 14}
    assert stated(people, spent, margin_share=0.5, kept_amount=None, **terms).kept_amount == 20.0
    assert stated(people, spent, margin_share=0.5, kept_amount=99.0, **terms).kept_amount == 99.0


def test_a_value_covers_what_it_should(part: int) -> None:
    """Customers and acceptance are drawn anew: the value of the whole world lies in nine of ten intervals."""
    inside, count = 0, 800 // part
    draw = stream(5, "test offer values")
    for seed in range(count):
        chances = draw.beta(1, 3, 400)
        left = (draw.random(400) < chances).astype(float)
        gamma = draw.beta(6, 14)
        every = np.arange(1, 4000) / 4000
        weight = beta.pdf(every, 1, 3) * (every >= OFFER.threshold)
        truth = 1000 * float((weight * (every * (gamma * 190 - 1) - (1 - every) * 11)).sum() / 4000)
        found = value(chances, left, np.ones(1000), offer=OFFER, seed=seed, level=0.9).against_nothing
        inside += found.low <= truth <= found.high
    assert inside / count == pytest.approx(0.9, abs=3 * np.sqrt(0.09 / count))


def test_against_all_is_the_difference_of_the_other_two() -> None:
    found = value(CHANCES, LEFT, CHANCES, offer=OFFER, seed=1, level=0.95)
    assert found.against_nothing.value == pytest.approx(349.0), "7 of 8 leave and are offered, 56 each; 9 or 10 cost 11"
    difference = found.against_nothing.value - found.all_against_nothing.value
    assert found.against_all.value == pytest.approx(difference)
    assert found.against_nothing.low < found.against_nothing.value < found.against_nothing.high
