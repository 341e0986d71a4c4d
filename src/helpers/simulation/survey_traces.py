"""What a survey leaves beside its marks: how long interviews took, what became of invitations, which channels are used.

All of it hangs on random streams of its own, so that no mark and no comment depends on it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from helpers.simulation.research_settings import Surveys

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
BETWEEN = "; "
"""What stands between the channels that one customer names."""


def durations(surveys: Surveys, mode: Ints, rng: np.random.Generator) -> Floats:
    """How many seconds each interview took: log-normal about the median of its mode, and a fifth of it in haste."""
    medians = np.array([one.median_seconds for one in surveys.modes])[mode]
    usual = medians * np.exp(surveys.duration_sd * rng.standard_normal(len(mode)))
    is_hasty = rng.random(len(mode)) < surveys.hasty_share
    return np.round(np.where(is_hasty, usual / 5, usual)).astype(np.float64)


def outcomes(surveys: Surveys, mode: Ints, is_given: NDArray[np.bool_], rng: np.random.Generator) -> list[str]:
    """What became of each invitation: complete where the interview was given, else what chance makes of it."""
    names = [name for name, _ in surveys.modes[0].silent_shares]
    shares = np.array([[share for _, share in one.silent_shares] for one in surveys.modes])
    chosen = (rng.random(len(mode))[:, None] > np.cumsum(shares, axis=1)[mode]).sum(axis=1)
    chosen = np.minimum(chosen, len(names) - 1)
    return ["complete" if given else names[one] for given, one in zip(is_given, chosen, strict=True)]


def channels(surveys: Surveys, count: int, rng: np.random.Generator) -> Sequence[str]:
    """The channels that each of so many customers names, as one text; the first where chance names none."""
    names = [name for name, _ in surveys.channel_shares]
    is_used = rng.random((count, len(names))) < np.array([share for _, share in surveys.channel_shares])
    is_used[:, 0] |= ~is_used.any(axis=1)
    return [BETWEEN.join(name for name, used in zip(names, row, strict=True) if used) for row in is_used]
