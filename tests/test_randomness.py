"""Streams of chance: the same when asked again, and apart from each other."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from helpers.randomness import stream

STREAMS = [(1, "purchases", 0), (2, "purchases", 0), (1, "tickets", 0), (1, "purchases", 1), (1, "purchases.x", 0)]


@pytest.mark.parametrize("named", STREAMS)
def test_a_stream_is_the_same_when_asked_again(named: tuple[int, str, int]) -> None:
    assert stream(*named).random(50).tolist() == stream(*named).random(50).tolist()


def test_the_streams_do_not_depend_on_the_process() -> None:
    """Python's own hash of a text differs from process to process: these numbers would too."""
    assert stream(20250101, "purchases", 3).integers(1_000_000, size=3).tolist() == [537049, 688271, 622820]


def test_streams_are_unrelated() -> None:
    drawn = [stream(*named).standard_normal(10_000) for named in STREAMS]
    correlations = [abs(np.corrcoef(one, other)[0, 1]) for one, other in combinations(drawn, 2)]
    assert max(correlations) < 4 / np.sqrt(10_000)


@pytest.mark.parametrize(("seed", "block"), [(-1, 0), (0, -1)])
def test_negative_numbers_are_refused(seed: int, block: int) -> None:
    with pytest.raises(ValueError, match="non-negative"):
        stream(seed, "purchases", block)
