"""Answers by columns such as modes or regions, with letters where a share is higher than in another column."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations, product
from string import ascii_uppercase
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import stdtr

from helpers.models.statistics import small_groups
from helpers.models.statistics.families import Control, adjusted
from helpers.models.survey import proportions
from helpers.models.survey.design import Design, Floats, Ints, covariance, deviations, unit_factors
from helpers.models.survey.estimators import group_degrees
from helpers.models.survey.samples import codes_of

COLUMNS = ["item", "answer", "banner", "column", "letter", "share", "low", "high", "n", "letters"]
MOST_COLUMNS = len(ascii_uppercase)


@dataclass(frozen=True, eq=False)
class Shares:
    """Shares of answers in each column.

    Attributes
    ----------
    values
        A row per column, a column per answer; rows add up to 1, NaN where nobody answered.
    covariance
        For each answer a matrix with a row and a column per column.
    counts, degrees
        Answers and degrees of freedom of each column.
    """

    values: Floats
    covariance: Floats
    counts: Ints
    degrees: Ints

    @property
    def errors(self) -> Floats:
        """Standard errors, a row per column and a column per answer."""
        found: Floats = np.sqrt(np.maximum(np.diagonal(self.covariance, axis1=1, axis2=2), 0)).T
        return found


def shares(answer: Ints, column: Ints, *, design: Design, sizes: tuple[int, int]) -> Shares:
    """The shares of each answer in each column, with all covariances between columns.

    Parameters
    ----------
    answer, column
        Codes from zero, an entry per interview; -1 where there is none. Such interviews stay in the design.
    design
        The design of the interviews.
    sizes
        How many answers and how many columns there are.

    Notes
    -----
    The linearised error of a share needs the totals of each sampled unit alone: T(answer, column) - share T(column),
    over the size of the column. One pass over the interviews makes them all.
    """
    answers, columns = sizes
    is_in = (answer >= 0) & (column >= 0)
    counts = np.bincount(column[is_in], minlength=columns)
    degrees = group_degrees(design, np.flatnonzero(is_in), column[is_in], group_count=columns)
    stage = design.stages[0]
    is_plain = design.auxiliaries is None and not (len(design.stages) > 1 and np.any(stage.sampled_share))
    if not is_plain:
        return _shares_by_row(answer, column, design, sizes, counts, degrees)
    units, width = len(stage.stratum_of_unit), columns * answers
    cell = np.where(is_in, stage.unit * width + column * answers + answer, units * width)
    sums = np.bincount(cell, weights=design.weights, minlength=units * width + 1)[:-1].reshape(units, columns, answers)
    with np.errstate(invalid="ignore", divide="ignore"):
        size = sums.sum(axis=(0, 2))
        values = sums.sum(axis=0) / size[:, None]
        scores = (sums - values * sums.sum(axis=2, keepdims=True)) / size[:, None]
    apart = deviations(stage, scores.reshape(units, width)).reshape(units, columns, answers)
    # a product of matrices for each answer
    by_answer = np.moveaxis(apart, 2, 0)
    found = np.swapaxes(by_answer, 1, 2) @ (by_answer * unit_factors(stage)[:, None])
    return Shares(values, found, counts, degrees)


def _shares_by_row(
    answer: Ints, column: Ints, design: Design, sizes: tuple[int, int], counts: Ints, degrees: Ints
) -> Shares:
    """The same where the weights were calibrated, or several stages count: from the influence of each interview."""
    answers, columns = sizes
    inside = (column[:, None] == np.arange(columns)) & (answer >= 0)[:, None]
    size = design.weights @ inside
    values, found = np.empty((columns, answers)), np.empty((answers, columns, columns))
    with np.errstate(invalid="ignore", divide="ignore"):
        for one in range(answers):
            values[:, one] = design.weights @ (inside & (answer == one)[:, None]) / size
            influence = inside * ((answer == one)[:, None] - values[:, one]) / size
            found[one] = covariance(design, np.nan_to_num(influence))
    return Shares(values, found, counts, degrees)


def higher(
    found: Shares, *, usable: NDArray[np.bool_], degrees: int, level: float, control: Control
) -> list[list[list[int]]]:
    """For each answer and each column the columns whose share is clearly lower.

    All pairs of usable columns of one answer are a family, tested by Student's t with the degrees of the design.
    """
    pairs = list(combinations(np.flatnonzero(usable).tolist(), 2))
    lower: list[list[list[int]]] = [[[] for _ in range(len(usable))] for _ in range(found.values.shape[1])]
    if not pairs:
        return lower
    a, b = np.array(pairs).T
    for one, matrix in enumerate(found.covariance):
        apart = found.values[a, one] - found.values[b, one]
        error = np.sqrt(np.maximum(matrix[a, a] + matrix[b, b] - 2 * matrix[a, b], 0))
        with np.errstate(invalid="ignore", divide="ignore"):
            p_values = np.where(error > 0, 2 * stdtr(degrees, -np.abs(apart / error)), np.nan)
        is_clear = adjusted(p_values, control=control) < 1 - level
        for left, right, size in zip(a[is_clear], b[is_clear], apart[is_clear], strict=True):
            above, below = (left, right) if size > 0 else (right, left)
            lower[one][above].append(int(below))
    return lower


def crosstabs(
    answers: pd.DataFrame,
    groupings: Mapping[str, pd.Series],
    *,
    design: Design,
    is_in: pd.Series,
    level: float,
    smallest_base: int,
    control: Control,
) -> pd.DataFrame:
    """The shares of all answers to all questions by all banners.

    Parameters
    ----------
    answers
        A row per interview, a column per question, in points.
    groupings
        The column of each interview by the name of the banner.
    is_in
        The interviews that count, such as those of the last wave; the others stay in the design.
    smallest_base
        Answers below which a column is neither told nor tested.
    control
        How the p values of all pairs of columns, for one answer and banner, are adjusted.

    Returns
    -------
    pandas.DataFrame
        A row per item, answer, banner and column: share (0 to 1), low, high, n (who answered in that column), letter of
        the column, and letters of the columns whose share is clearly lower, empty where none is.
    """
    rows = []
    counted = is_in.to_numpy()
    banners = {name: codes_of(labels) for name, labels in groupings.items()}
    for item in answers.columns:
        values, points = _coded(answers[item], counted)
        for banner, (column, names) in banners.items():
            if len(names) > MOST_COLUMNS or not len(points):
                continue
            sizes = (len(points), len(names))
            found = shares(values, column, design=design, sizes=sizes)
            usable = found.counts >= smallest_base
            lower = higher(found, usable=usable, degrees=design.degrees, level=level, control=control)
            told = _cells(found, usable, lower, level)
            rows += [(item, points[one], banner, names[place], *more) for one, place, more in told]
    return pd.DataFrame(rows, columns=COLUMNS)


def without_few(cells: pd.DataFrame, *, smallest_cell: int) -> pd.DataFrame:
    """The cells as `crosstabs` gives them, with nothing told of columns of few answers, nor of others by them."""
    by = ["item", "answer", "banner"]
    values = ["share", "low", "high", "n"]
    return small_groups.hide(cells, by=by, counts=["n"], values=values, smallest_cell=smallest_cell)


def _coded(answers: pd.Series, counted: NDArray[np.bool_]) -> tuple[Ints, Floats]:
    """The code of each answer that counts, and the points that occur."""
    values = answers.to_numpy(dtype=float)
    is_given = counted & np.isfinite(values)
    lowest = float(values[is_given].min()) if is_given.any() else 0.0
    place = np.where(is_given, values - lowest, -1).astype(np.int64)  # marks are whole numbers
    occurs = np.bincount(place[is_given]) > 0
    code: Ints = np.append(np.cumsum(occurs) - 1, -1)
    return code[place], np.asarray(np.flatnonzero(occurs) + lowest, dtype=np.float64)


def _cells(
    found: Shares, usable: NDArray[np.bool_], lower: list[list[list[int]]], level: float
) -> Iterator[tuple[int, int, tuple[Any, ...]]]:
    """Of each answer and column: their places, and letter of the column, share, low, high, n, letters of lower ones."""
    columns, answers = len(found.values), len(found.covariance)
    counts, degrees = (np.tile(one[:, None], answers) for one in (found.counts, found.degrees))
    low, high = proportions.bounds(found.values, found.errors, counts, degrees=degrees, level=level)
    for one, place in product(range(answers), range(columns)):
        numbers = (found.values[place, one], low[place, one], high[place, one])
        told = numbers if usable[place] else (np.nan,) * 3
        letters = "".join(ascii_uppercase[other] for other in sorted(lower[one][place]))
        yield one, place, (ascii_uppercase[place], *told, int(found.counts[place]), letters)
