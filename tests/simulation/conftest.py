"""How many seeds a test of recovery draws: a quarter by default, all of them in a slow run of the same test."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="module", params=[pytest.param(4, id="few"), pytest.param(1, id="all", marks=pytest.mark.slow)])
def part(request: pytest.FixtureRequest) -> int:
    """By what the number of seeds is divided; the bounds of the tests widen with fewer seeds."""
    return int(request.param)
