"""Regressions under a design: linear ones, and the ordered logit of marks, each with the errors of the design."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit, logit

from helpers.errors import FitError
from helpers.models.survey.design import Design, Floats, Ints, covariance

MOST_STEPS = 100
CLOSE = 1e-10


@dataclass(frozen=True, eq=False)
class Regression:
    """A fitted regression.

    Attributes
    ----------
    coefficients
        An entry per column, the constant first.
    covariance
        Theirs, under the design.
    degrees
        Degrees of freedom of the errors: those of the design less the columns beside the constant.
    n
        How many interviews were used.
    """

    coefficients: Floats
    covariance: Floats
    degrees: int
    n: int

    @property
    def errors(self) -> Floats:
        """Standard errors."""
        return np.sqrt(np.diag(self.covariance))


def linear(outcome: ArrayLike, columns: ArrayLike, *, design: Design) -> Regression:
    """The weighted least squares of an outcome on columns and a constant.

    Parameters
    ----------
    outcome
        An entry per interview; interviews in which it or a column is missing stay in the design.
    columns
        A row per interview, a column per variable.

    Notes
    -----
    b solves sum w x (y - x'b) = 0; the influence of an interview is (sum w x x')^-1 x (y - x'b) (Binder (1983), On the
    variances of asymptotically normal estimators from complex surveys, International Statistical Review 51, 279-292).
    """
    y, x = np.asarray(outcome, dtype=float), np.asarray(columns, dtype=float)
    x = np.column_stack([np.ones(len(y)), x])
    is_used = np.isfinite(y) & np.isfinite(x).all(axis=1)
    y, x = np.where(is_used, y, 0), np.where(is_used[:, None], x, 0)
    bread = np.linalg.inv(x.T @ (design.weights[:, None] * x))
    b = bread @ (x.T @ (design.weights * y))
    influence = x * (y - x @ b)[:, None] @ bread
    return Regression(b, covariance(design, influence), max(design.degrees - x.shape[1] + 1, 1), int(is_used.sum()))


@dataclass(frozen=True, eq=False)
class OrderedLogit:
    """A fitted ordered logit.

    Attributes
    ----------
    coefficients
        An entry per column: by how much the log odds of a higher mark rise per unit.
    cuts
        The thresholds between the marks, rising.
    covariance
        Of coefficients and cuts, under the design.
    model_covariance
        The same, were the interviews independent and their weights counts.
    log_likelihood
        Weighted.
    """

    coefficients: Floats
    cuts: Floats
    covariance: Floats
    model_covariance: Floats
    log_likelihood: float

    @property
    def errors(self) -> Floats:
        """Standard errors of coefficients and cuts under the design."""
        return np.sqrt(np.diag(self.covariance))


def ordered_logit(outcome: ArrayLike, columns: ArrayLike, *, design: Design) -> OrderedLogit:
    """The proportional odds model of marks, by weighted pseudo maximum likelihood.

    Parameters
    ----------
    outcome
        The mark of each interview, such as 1 to 5; interviews in which it or a column is missing stay in the design.
    columns
        A row per interview, a column per variable.

    Raises
    ------
    FitError
        The marks have one value only, or the likelihood has no maximum (a column separates the marks).

    References
    ----------
    McCullagh (1980), Regression models for ordinal data, JRSS B 42, 109-142: logit P(mark <= j) = cut_j - x'b; the
    error by linearisation as in Binder (1983).
    """
    y, x = np.asarray(outcome, dtype=float), np.asarray(columns, dtype=float)
    is_used = np.isfinite(y) & np.isfinite(x).all(axis=1) & (design.weights > 0)
    marks = np.unique(y[is_used])
    place = np.searchsorted(marks, y[is_used]).astype(np.int64)
    if len(marks) < 2:
        raise FitError("an ordered logit needs two different marks at least, found one")
    used, w = x[is_used], design.weights[is_used]
    reached = np.cumsum(np.bincount(place, weights=w))[:-1] / w.sum()
    theta = np.concatenate([np.zeros(used.shape[1]), logit(reached)])
    value, scores, hessian = _likelihood(theta, place, used, w)
    for _ in range(MOST_STEPS):
        step = np.linalg.solve(-hessian, scores.T @ w)
        size = 1.0
        while not _likelihood(theta + size * step, place, used, w)[0] >= value - CLOSE * abs(value) and size > CLOSE:
            size /= 2
        theta = theta + size * step
        value, scores, hessian = _likelihood(theta, place, used, w)
        if np.abs(step).max() < CLOSE * (1 + np.abs(theta).max()):
            break
    else:
        raise FitError("the ordered logit has no maximum: does a column separate the marks?")
    bread = np.asarray(np.linalg.inv(-hessian), dtype=np.float64)
    influence = np.zeros((len(y), len(theta)))
    influence[is_used] = scores @ bread
    k = used.shape[1]
    return OrderedLogit(theta[:k], theta[k:], covariance(design, influence), bread, value)


def _likelihood(theta: Floats, place: Ints, x: Floats, w: Floats) -> tuple[float, Floats, Floats]:
    """The log-likelihood, the score of each interview (without its weight), and the matrix of second derivatives."""
    k = x.shape[1]
    cuts, last = theta[k:], len(theta) - k
    if np.any(np.diff(cuts) <= 0):
        return -np.inf, np.zeros((len(x), len(theta))), np.eye(len(theta))
    eta, rows = x @ theta[:k], np.arange(len(x))
    upper = np.where(place < last, cuts[np.minimum(place, last - 1)], np.inf) - eta
    lower = np.where(place > 0, cuts[np.maximum(place - 1, 0)], -np.inf) - eta
    above, below = expit(upper), expit(lower)
    # between two high thresholds the difference of what lies above them is exact
    p = np.where(lower > 0, expit(-lower) - expit(-upper), above - below)
    at_upper, at_lower = np.zeros((len(x), last)), np.zeros((len(x), last))
    at_upper[rows[place < last], place[place < last]] = 1
    at_lower[rows[place > 0], place[place > 0] - 1] = 1
    to_upper, to_lower = np.hstack([-x, at_upper]), np.hstack([-x, at_lower])
    slope_up, slope_low = above * (1 - above), below * (1 - below)
    scores = (slope_up[:, None] * to_upper - slope_low[:, None] * to_lower) / p[:, None]
    bend_up, bend_low = slope_up * (1 - 2 * above) / p * w, slope_low * (1 - 2 * below) / p * w
    hessian = to_upper.T @ (bend_up[:, None] * to_upper) - to_lower.T @ (bend_low[:, None] * to_lower)
    return float(w @ np.log(p)), scores, hessian - scores.T @ (w[:, None] * scores)
