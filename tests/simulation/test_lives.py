"""Spans of life, arrivals in them, and months of the calendar."""

from __future__ import annotations

import numpy as np
import pytest

from helpers.randomness import stream
from helpers.simulation import lives, shares
from helpers.simulation.population import population
from tests.simulation.families import long_lived


def day(text: str) -> np.ndarray:
    return np.array([text], dtype="datetime64[D]")


@pytest.mark.parametrize(
    ("start", "months", "then"),
    [
        ("2023-01-31", 1, "2023-02-28"),
        ("2024-02-29", 12, "2025-02-28"),
        ("2024-02-29", 48, "2028-02-29"),
        ("2023-12-15", 1, "2024-01-15"),
        ("2023-05-05", 0, "2023-05-05"),
    ],
)
def test_months_end_where_the_calendar_says(start, months, then):
    assert lives.add_months(day(start), months) == day(then)


def test_seconds_and_instants_are_each_others_inverse():
    at = np.array(["2024-02-29T23:59:59", "NaT", "1999-12-31T00:00:01"], dtype="datetime64[us]")
    back = lives.instants(lives.seconds(at))
    assert np.array_equal(back[[0, 2]], at[[0, 2]])
    assert np.isnat(back[1])
    assert lives.days(np.array([86_400.5]))[0] == np.datetime64("1970-01-02")


def test_a_life_ends_with_death_or_with_the_data():
    company = long_lived(customer_count=300)
    people = population(company, block=0)
    start, stop = lives.spans(company, people)
    is_alive = np.isnat(people.dies_at)
    assert (start < stop).all()
    assert (stop[is_alive] == lives.seconds(np.datetime64("2025-01-01"))).all()
    assert (lives.instants(stop[~is_alive]) == people.dies_at[~is_alive]).all()
    assert 0 < is_alive.sum() < 300


def test_arrivals_are_as_many_as_their_rate_says_and_uniform():
    start, stop = np.array([0.0, 50.0, 10.0]), np.array([1_000.0, 40.0, 2_010.0])
    rows, at = lives.arrivals(stream(1, "test"), start=start, stop=stop, rate_per_second=np.array([2.0, 9.0, 3.0]))
    counts = np.bincount(rows, minlength=3)
    assert counts[1] == 0, "a span that stops before it starts is empty"
    assert abs(counts[0] - 2_000) < 4 * np.sqrt(2_000)
    assert abs(counts[2] - 6_000) < 4 * np.sqrt(6_000)
    assert ((start[rows] <= at) & (at < stop[rows])).all()
    assert abs(at[rows == 2].mean() - 1_010) < 4 * 2_000 / np.sqrt(12 * 6_000)


def test_picks_have_their_shares():
    codes = shares.pick(stream(2, "test"), (0.5, 0.3, 0.2), 10_000)
    assert np.abs(np.bincount(codes) / 10_000 - [0.5, 0.3, 0.2]).max() < 0.02
    rows = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, 1.0, 0.0]])
    assert shares.pick_by_row(stream(3, "test"), rows).tolist() == [0, 2, 1]


def test_shares_that_do_not_sum_to_one_are_refused():
    with pytest.raises(ValueError, match=r"`shares` must be shares from 0 to 1 that sum to 1, found sums of \[1.1\]"):
        shares.check_shares("`shares`", (0.5, 0.6))
    with pytest.raises(ValueError, match="must be shares"):
        shares.check_shares("`shares`", (1.5, -0.5))
