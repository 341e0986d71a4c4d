"""Covariances and correlations of answers under a design, from sums of products by sampled unit."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from helpers.models.survey.design import Design, Floats


def unit_products(used: Floats, is_whole: NDArray[np.bool_], *, design: Design) -> tuple[Floats, int]:
    """Of each sampled unit the weighted sums of all products of the columns and a constant; and how many columns.

    A replicate of the sample is a sum of rows of them. `used` has a row per interview, of which those count that
    `is_whole` says.
    """
    rows = np.column_stack([np.ones(is_whole.sum()), used[is_whole]])
    stage, w, size = design.stages[0], design.weights[is_whole], rows.shape[1]
    unit = stage.unit[is_whole]
    pairs = [(i, j) for i in range(size) for j in range(i, size)]
    count = len(stage.stratum_of_unit)
    sums = [np.bincount(unit, weights=w * rows[:, i] * rows[:, j], minlength=count) for i, j in pairs]
    return np.column_stack(sums), size


def covariances(sums: Floats, size: int) -> Floats:
    """The covariances of the columns behind the constant, from the sums of all products."""
    products = np.zeros((size, size))
    products[np.triu_indices(size)] = sums
    products = products + np.triu(products, 1).T
    middle = products[0, 1:] / products[0, 0]
    found: Floats = products[1:, 1:] / products[0, 0] - np.outer(middle, middle)
    return found


def correlations(sums: Floats, size: int) -> Floats:
    """The correlations of the same columns."""
    spread = covariances(sums, size)
    deviation = np.sqrt(np.diag(spread))
    found: Floats = spread / np.outer(deviation, deviation)
    return found
