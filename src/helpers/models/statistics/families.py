"""Many tests at once: p values made larger, so that chance alone seldom makes a difference of a family."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

Control = Literal["holm", "benjamini_hochberg"]


def adjusted(p_values: ArrayLike, *, control: Control = "holm") -> NDArray[np.float64]:
    """The p values of a family of tests, adjusted; missing ones are no part of it.

    Parameters
    ----------
    control
        `holm`: the chance of any false difference in the family stays below the level. `benjamini_hochberg`: of the
        differences that are found, the expected share of false ones does.

    References
    ----------
    Holm (1979), Scandinavian Journal of Statistics 6, 65-70; Benjamini and Hochberg (1995), JRSS B 57, 289-300.
    """
    p = np.asarray(p_values, dtype=float)
    known = np.flatnonzero(np.isfinite(p))
    order = known[np.argsort(p[known], kind="stable")]
    m, found = len(order), np.full(len(p), np.nan)
    ranks = np.arange(1, m + 1)
    if control == "holm":
        found[order] = np.minimum(np.maximum.accumulate(p[order] * (m - ranks + 1)), 1)
    else:
        found[order] = np.minimum(np.minimum.accumulate((p[order] * m / ranks)[::-1])[::-1], 1)
    return found
