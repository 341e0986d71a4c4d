"""What a survey leaves beside its marks comes in the stated shares."""

from __future__ import annotations

import numpy as np
import pytest

from helpers.simulation import survey_traces
from helpers.simulation.research_settings import Surveys

SURVEYS = Surveys()


def test_lengths_of_interviews() -> None:
    mode = np.repeat([0, 1, 2], 4000)
    found = survey_traces.durations(SURVEYS, mode, np.random.default_rng(1))
    medians = [float(np.median(found[mode == one])) for one in range(3)]
    assert medians == pytest.approx([one.median_seconds for one in SURVEYS.modes], rel=0.06)
    assert (found < 0.3 * np.array(medians)[mode]).mean() == pytest.approx(SURVEYS.hasty_share, abs=0.01)


def test_outcomes_of_invitations() -> None:
    mode, is_given = np.ones(5000, dtype=np.int64), np.arange(5000) < 1000
    found = np.array(survey_traces.outcomes(SURVEYS, mode, is_given, np.random.default_rng(2)))
    assert set(found[:1000]) == {"complete"}
    for name, share in SURVEYS.modes[1].silent_shares:
        assert (found[1000:] == name).mean() == pytest.approx(share, abs=0.03)


def test_channels_that_are_named() -> None:
    found = survey_traces.channels(SURVEYS, 5000, np.random.default_rng(3))
    named = [set(one.split(survey_traces.BETWEEN)) for one in found]
    for name, share in SURVEYS.channel_shares[1:]:
        assert np.mean([name in one for one in named]) == pytest.approx(share, abs=0.03)
    # who names no other names the first
    nothing_else = np.prod([1 - share for _, share in SURVEYS.channel_shares])
    first = SURVEYS.channel_shares[0][1] + nothing_else
    assert np.mean(["shop" in one for one in named]) == pytest.approx(first, abs=0.03)
