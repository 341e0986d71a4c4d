"""The net promoter score: promoters less detractors, with an interval that holds in small and extreme samples."""

from __future__ import annotations

import numpy as np
from scipy.special import stdtrit

from helpers.models.survey.design import Floats, Ints

PROMOTER, DETRACTOR = 9, 6
"""Answers of 9 and 10 promote, of 6 and below detract, on the scale from 0 to 10 (Reichheld (2003), HBR 81(12))."""
ADDED, ADDED_EACH = 3.0, 0.75
"""What the adjusted interval adds: to the answers, and of these to promoters and to detractors."""


def balance(answers: Floats) -> Floats:
    """1 for a promoter, -1 for a detractor, 0 between; NaN stays."""
    found = (answers >= PROMOTER).astype(float) - (answers <= DETRACTOR)
    return np.where(np.isfinite(answers), found, np.nan)


def adjusted(promoters: Floats, detractors: Floats, errors: Floats, counts: Ints) -> tuple[Floats, Floats]:
    """The middle and the error of the adjusted Wald interval.

    Parameters
    ----------
    promoters, detractors
        Their shares, 0 to 1.
    errors
        Standard errors of the score (as a share, -1 to 1) under the design.
    counts
        How many answered.

    Notes
    -----
    As many answers as would have this error were they a simple random sample, n* (at most n), plus three: of these
    three quarters each are promoters and detractors. For a simple random sample n* = n, as published.

    References
    ----------
    Rocks (2016), Interval estimation for the net promoter score, The American Statistician 70(4), 365-372.
    """
    spread = promoters + detractors - (promoters - detractors) ** 2
    with np.errstate(invalid="ignore", divide="ignore"):
        effective = np.where(errors > 0, np.minimum(spread / errors**2, counts), counts)
    size = effective + ADDED
    up, down = ((share * effective + ADDED_EACH) / size for share in (promoters, detractors))
    middle = up - down
    return middle, np.sqrt((up + down - middle**2) / size)


def bounds(
    promoters: Floats, detractors: Floats, errors: Floats, counts: Ints, *, degrees: Ints | float, level: float
) -> tuple[Floats, Floats]:
    """Ends of the adjusted interval, between -1 and 1; parameters as of `adjusted`.

    `degrees` are those of the errors: infinite for a simple random sample, whose published interval takes the normal.
    """
    middle, error = adjusted(promoters, detractors, errors, counts)
    half = stdtrit(degrees, (1 + level) / 2) * error
    return np.maximum(middle - half, -1), np.minimum(middle + half, 1)


def plain_error(promoters: Floats, detractors: Floats, counts: Ints) -> Floats:
    """The standard error in a simple random sample: that of a trinomial."""
    found: Floats = np.sqrt((promoters + detractors - (promoters - detractors) ** 2) / counts)
    return found
