"""Shares that sum to one: checked, and codes drawn with them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Rows = NDArray[np.int64]


def pick(generator: np.random.Generator, shares: ArrayLike, count: int) -> Rows:
    """Codes 0, 1, ... drawn with these shares."""
    return pick_by_row(generator, np.broadcast_to(np.asarray(shares, dtype=float), (count, np.size(shares))))


def pick_by_row(generator: np.random.Generator, shares: NDArray[np.float64]) -> Rows:
    """A code for each row of `shares`, drawn with the shares of that row."""
    bounds = np.cumsum(shares, axis=1)[:, :-1]
    return np.asarray((generator.random(len(shares))[:, None] >= bounds).sum(axis=1), dtype=np.int64)


def check_shares(what: str, shares: ArrayLike) -> None:
    """Shares must lie between 0 and 1 and sum to one, in each row.

    Raises
    ------
    ValueError
        They do not.
    """
    rows = np.atleast_2d(np.asarray(shares, dtype=float))
    if (rows < 0).any() or not np.allclose(rows.sum(axis=1), 1.0, atol=1e-9):
        sums: list[Any] = rows.sum(axis=1).round(9).tolist()
        raise ValueError(f"{what} must be shares from 0 to 1 that sum to 1, found sums of {sums}")
