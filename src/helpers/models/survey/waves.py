"""What moved between waves: differences with the covariance that they have, held to a family of tests."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd

from helpers.models.survey.design import Design
from helpers.models.survey.estimators import means
from helpers.models.survey.families import Control, adjusted
from helpers.models.survey.samples import codes_of
from helpers.models.survey.survey_scores import Measure


def moves(
    measured: list[Measure], interviews: pd.DataFrame, *, design: Design, level: float, control: Control
) -> pd.DataFrame:
    """Each measure of a wave less that of the wave before.

    Parameters
    ----------
    measured, interviews, design
        As `survey_scores.scores` takes them; waves are domains of one design, so that customers and clusters of
        several waves make their difference surer.
    level
        Coverage of the intervals, 0 to 1; a move is real where its adjusted p value is below 1 - level.
    control
        How the p values of all moves into one wave are adjusted, see `families.adjusted`.

    Returns
    -------
    pandas.DataFrame
        A row per measure and pair of waves: item, statistic, from_wave, to_wave, difference, standard_error, low, high
        (of this one move), n (answers of the smaller wave), p_value, adjusted_p_value, is_real. The intervals and p
        values are Student's t with the degrees of freedom of the design.
    """
    codes, waves = codes_of(interviews["wave"])
    steps = list(pairwise(range(len(waves))))
    matrix = np.zeros((len(steps), len(waves)))
    for row, (before, after) in enumerate(steps):
        matrix[row, [before, after]] = -1, 1
    blocks = []
    for one in measured:
        by_wave = means(one.values, design=design, groups=codes, group_count=len(waves))
        apart = by_wave.contrasts(matrix)
        low, high = apart.bounds(level=level)
        blocks.append(
            pd.DataFrame(
                {
                    "item": one.item,
                    "statistic": one.statistic,
                    "from_wave": [waves[before] for before, _ in steps],
                    "to_wave": [waves[after] for _, after in steps],
                    "difference": apart.values,
                    "standard_error": apart.errors,
                    "low": low,
                    "high": high,
                    "n": apart.counts,
                    "p_value": apart.p_values(),
                }
            )
        )
    found = pd.concat(blocks, ignore_index=True)
    families = found.groupby(["from_wave", "to_wave"])["p_value"]
    corrected = families.transform(lambda p_values: adjusted(p_values, control=control))
    return found.assign(adjusted_p_value=corrected, is_real=corrected < 1 - level)
