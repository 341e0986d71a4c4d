"""What moved between waves: differences with the covariance that they have, held to a family of tests."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from helpers.models.statistics.families import Control, adjusted
from helpers.models.survey.design import Design
from helpers.models.survey.estimators import means
from helpers.models.survey.regression import linear
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


def at_equal_modes(
    measured: list[Measure], interviews: pd.DataFrame, *, modes: pd.Series, design: Design, level: float
) -> pd.DataFrame:
    """The moves into the last wave, had the modes of interview been mixed as in the wave before.

    Answers online, by phone and on site differ, so that another mix of modes moves a score by itself. A linear
    regression on the wave and the modes holds them equal.

    Parameters
    ----------
    modes
        The mode of each interview.

    Returns
    -------
    pandas.DataFrame
        A row per measure: item, statistic, plain_difference, difference (at equal modes), low, high, n (answers of both
        waves). Empty where there is one wave, or one mode.
    """
    codes, waves = codes_of(interviews["wave"])
    mode, names = codes_of(modes)
    columns = ["item", "statistic", "plain_difference", "difference", "low", "high", "n"]
    if len(waves) < 2 or len(names) < 2:
        return pd.DataFrame(columns=columns)
    is_asked = (codes >= len(waves) - 2) & (mode >= 0)
    is_last = (codes == len(waves) - 1).astype(float)
    dummies = (mode[:, None] == np.arange(1, len(names))).astype(float)
    dummies = dummies[:, dummies[is_asked].any(axis=0)]
    rows = []
    for one in measured:
        outcome = np.where(is_asked, one.values, np.nan)
        if not {0.0, 1.0} <= set(is_last[np.isfinite(outcome)]):
            continue  # it was asked in one of the two waves
        plain = linear(outcome, is_last[:, None], design=design)
        fit = linear(outcome, np.column_stack([is_last, dummies]), design=design)
        half = float(stdtrit(fit.degrees, (1 + level) / 2)) * fit.errors[1]
        at, before = fit.coefficients[1], plain.coefficients[1]
        rows.append((one.item, one.statistic, before, at, at - half, at + half, fit.n))
    return pd.DataFrame(rows, columns=columns)
