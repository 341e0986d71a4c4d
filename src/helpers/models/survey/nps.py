"""The net promoter score: promoters less detractors, with an interval that holds in small and extreme samples."""

from __future__ import annotations

from typing import Literal

import numpy as np
from scipy.special import stdtrit

from helpers.models.survey.design import Floats, Ints

PROMOTER, DETRACTOR = 9, 6
"""Answers of 9 and 10 promote, of 6 and below detract, on the scale from 0 to 10 (Reichheld (2003), HBR 81(12))."""
Method = Literal["score", "adjusted_wald"]
HALVINGS = 50
ADDED, ADDED_EACH = 3.0, 0.75
"""What the adjusted interval adds: to the answers, and of these to promoters and to detractors."""


def balance(answers: Floats) -> Floats:
    """1 for a promoter, -1 for a detractor, 0 between; NaN stays."""
    found = (answers >= PROMOTER).astype(float) - (answers <= DETRACTOR)
    return np.where(np.isfinite(answers), found, np.nan)


def effective_counts(promoters: Floats, detractors: Floats, errors: Floats, counts: Ints) -> Floats:
    """How many answers would have this error, were they a simple random sample; never more than there are."""
    spread = promoters + detractors - (promoters - detractors) ** 2
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(errors > 0, np.minimum(spread / errors**2, counts), counts).astype(float)


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
    effective = effective_counts(promoters, detractors, errors, counts)
    size = effective + ADDED
    up, down = ((share * effective + ADDED_EACH) / size for share in (promoters, detractors))
    middle = up - down
    return middle, np.sqrt((up + down - middle**2) / size)


def bounds(
    promoters: Floats,
    detractors: Floats,
    errors: Floats,
    counts: Ints,
    *,
    degrees: Ints | float,
    level: float,
    method: Method = "score",
) -> tuple[Floats, Floats]:
    """Ends of the interval, between -1 and 1; parameters as of `adjusted`.

    Parameters
    ----------
    degrees
        Those of the errors: infinite for a simple random sample, whose published intervals take the normal.
    level
        Coverage, 0 to 1.
    method
        `score` holds scores that the answers do not refute, given the likeliest shares that have each score; of 20
        answers it covers 0.93 to 0.97 also where 95 % promote and the others are of both kinds. `adjusted_wald` is the
        one of Rocks, which covers up to 0.984 there.

    Notes
    -----
    Where 95 % promote and all others are of one kind, the number of promoters among 20 is all there is to see, and no
    interval covers between 0.925 (of 18 and more) and 0.984 (of 17 and more).
    Where both kinds are few (one in twenty each; one, and two or three; one, and thirteen), the score interval of 20
    answers covers 0.97 to 0.986, more than it need; for one in twenty each, no interval that treats both kinds alike
    covers less than 0.986 (tests/models/survey/test_score_of_twenty.py goes through every outcome).

    References
    ----------
    Tango (1998), Equivalence test and confidence interval for the difference in proportions for the paired-sample
    design, Statistics in Medicine 17, 891-908: a net promoter score is such a difference, of shares of one sample that
    exclude each other.
    """
    t = stdtrit(degrees, (1 + level) / 2)
    if method == "adjusted_wald":
        middle, error = adjusted(promoters, detractors, errors, counts)
        return np.maximum(middle - t * error, -1), np.minimum(middle + t * error, 1)
    size = effective_counts(promoters, detractors, errors, counts)
    shares = np.asarray(promoters, dtype=float), np.asarray(detractors, dtype=float)
    return _last_kept(*shares, size, t, end=-1.0), _last_kept(*shares, size, t, end=1.0)


def _last_kept(promoters: Floats, detractors: Floats, size: Floats, t: Floats | float, *, end: float) -> Floats:
    """The score farthest towards `end` that the answers do not refute, by halving."""
    found = promoters - detractors
    kept, refuted = found.copy(), np.full_like(found, end)
    for _ in range(HALVINGS):
        middle = (kept + refuted) / 2
        down = _detractors_at(middle, promoters, detractors)
        spread = 2 * down + middle - middle**2
        is_kept = (found - middle) ** 2 * size <= t**2 * spread
        kept, refuted = np.where(is_kept, middle, kept), np.where(is_kept, refuted, middle)
    return np.where(np.isfinite(found), kept, np.nan)


def _detractors_at(score: Floats, promoters: Floats, detractors: Floats) -> Floats:
    """The likeliest share of detractors where the score is known: the root of 2 q^2 + slope q = constant."""
    slope = score * (2 - promoters + detractors) - promoters - detractors
    constant = detractors * score * (1 - score)
    found: Floats = (np.sqrt(np.maximum(slope**2 + 8 * constant, 0)) - slope) / 4
    return found


def plain_error(promoters: Floats, detractors: Floats, counts: Ints) -> Floats:
    """The standard error in a simple random sample: that of a trinomial."""
    found: Floats = np.sqrt((promoters + detractors - (promoters - detractors) ** 2) / counts)
    return found
