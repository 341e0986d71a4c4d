"""Replicates of a sample: the second opinion on an error, and the only one where no formula is at hand."""

from __future__ import annotations

import numpy as np

from helpers.models.survey.design import Design, Floats
from helpers.randomness import stream


def factors(design: Design, *, count: int, seed: int) -> Floats:
    """By what the weights of each sampled unit are multiplied in each replicate: a row per replicate.

    Notes
    -----
    In each stratum of n units, n - 1 are drawn with replacement, and a unit drawn m times counts m n / (n - 1) times:
    the variance of a total over replicates is then that of the design (Rao and Wu (1988), Resampling inference with
    complex survey data, JASA 83, 231-241; Rao, Wu and Yue (1992), Survey Methodology 18, 209-217). A unit alone in its
    stratum keeps its weight.
    """
    stage, generator = design.stages[0], stream(seed, "survey.replicates")
    found = np.ones((count, len(stage.stratum_of_unit)))
    for stratum in range(len(stage.unit_count)):
        units = np.flatnonzero(stage.stratum_of_unit == stratum)
        n = len(units)
        if n < 2:
            continue
        drawn = generator.multinomial(n - 1, np.full(n, 1 / n), size=count)
        found[:, units] = drawn * (n / (n - 1))
    return found
