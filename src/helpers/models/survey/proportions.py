"""Intervals for shares under a design that hold near 0 and 1 and in small groups."""

from __future__ import annotations

from typing import Literal

import numpy as np
from scipy.optimize import brentq
from scipy.special import betaincinv, expit, logit, stdtrit

from helpers.models.survey.design import Floats, Ints

Method = Literal["korn_graubard", "logit", "likelihood", "arcsine", "wald"]


def bounds(
    shares: Floats, errors: Floats, counts: Ints, *, degrees: Ints, level: float, method: Method = "korn_graubard"
) -> tuple[Floats, Floats]:
    """Ends of the intervals of shares.

    Parameters
    ----------
    shares, errors, counts
        The estimates, their standard errors under the design, and how many answers each rests on.
    degrees
        Degrees of freedom of each.
    level
        Coverage, 0 to 1.
    method
        Korn and Graubard's is Clopper and Pearson's with the effective number of answers, and the only one here that
        is an interval also where all or none agree; there the others give NaN.

    References
    ----------
    Korn and Graubard (1998), Confidence intervals for proportions with small expected number of positive counts
    estimated from survey data, Survey Methodology 24(2), 193-201; Rao and Scott (1984), Annals of Statistics 12,
    46-60 (likelihood); Lumley (2010), Complex Surveys, section 2.3.2.
    """
    t = stdtrit(degrees, (1 + level) / 2)
    if method == "korn_graubard":
        return _korn_graubard(shares, errors, counts, t=t, level=level)
    with np.errstate(invalid="ignore", divide="ignore"):
        inner = np.where((shares > 0) & (shares < 1), shares, np.nan)
        if method == "logit":
            half = t * errors / (inner * (1 - inner))
            return expit(logit(inner) - half), expit(logit(inner) + half)
        if method == "arcsine":
            middle, half = np.arcsin(np.sqrt(inner)), t * errors / (2 * np.sqrt(inner * (1 - inner)))
            return np.sin(np.maximum(middle - half, 0)) ** 2, np.sin(np.minimum(middle + half, np.pi / 2)) ** 2
        if method == "wald":
            return inner - t * errors, inner + t * errors
    limits = t**2 * counts / np.maximum(counts - 1, 1)
    ends = [_likelihood(*one) for one in zip(inner, errors, limits, strict=True)]
    return np.array([end[0] for end in ends]), np.array([end[1] for end in ends])


def _korn_graubard(p: Floats, errors: Floats, n: Ints, *, t: Floats, level: float) -> tuple[Floats, Floats]:
    with np.errstate(invalid="ignore", divide="ignore"):
        t_sample = stdtrit(np.maximum(n - 1, 1), (1 + level) / 2)
        effective = p * (1 - p) / errors**2 * (t_sample / t) ** 2
        # where all or none agree the design shows no error at all: the answers count as they are
        effective = np.where(errors > 0, np.minimum(effective, n), n).astype(float)
        yes, tail = p * effective, (1 - level) / 2
        low = np.where(yes > 0, betaincinv(np.maximum(yes, 1e-300), effective - yes + 1, tail), 0.0)
        high = np.where(yes < effective, betaincinv(yes + 1, np.maximum(effective - yes, 1e-300), 1 - tail), 1.0)
    is_known = (n > 0) & np.isfinite(p)
    return np.where(is_known, low, np.nan), np.where(is_known, high, np.nan)


def _likelihood(p: float, error: float, limit: float) -> tuple[float, float]:
    """Where the working likelihood of independent answers, scaled by the design effect, has fallen by `limit`."""
    if not 0 < p < 1 or not error > 0:
        return np.nan, np.nan
    size = p * (1 - p) / error**2

    def fallen(q: float) -> float:
        return 2 * size * (p * np.log(p / q) + (1 - p) * np.log((1 - p) / (1 - q))) - limit

    return float(brentq(fallen, 1e-12, p, xtol=1e-14)), float(brentq(fallen, p, 1 - 1e-12, xtol=1e-14))
