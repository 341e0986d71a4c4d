"""Maximum likelihood that can be believed: several starts, checks of the optimum, standard errors, and plain words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import chdtrc, ndtri

from helpers.models.buying.interface import Fitted, Remarking, Weighted
from helpers.models.buying.rows import Floats
from helpers.randomness import stream
from helpers.watching import Readable

W = TypeVar("W", bound=Weighted)
Objective = Callable[[Floats], tuple[float, Floats]]

COLUMNS = ["model", "parameter", "estimate", "standard_error", "robust_standard_error", "low", "high"]
SMALLEST_PARAMETER, LARGEST_PARAMETER = 1e-5, 1e5
"""Bounds of every parameter, in the unit of the observations where it has one."""
SAMPLE_ROWS = 3_000
STEP = 1e-5
FLAT = 2.0
"""Standard error of the logarithm of a parameter, or mean, above which the data do not identify it."""
LEAST_CURVED = 1e-6
"""Curvature of the log-likelihood of all, per unit of a logarithm, that is as good as none."""
LEAST_STEEP = 1e-4
"""The same, above which a direction is not along a ridge."""
LARGEST_ERROR_SHOWN = 0.5
"""Standard error of the logarithm of a mean up to which it is worth telling where the parameters are not."""
NO_SLOPE = 1e-12
TO_THE_END = {"ftol": 1e-14, "gtol": 1e-9, "maxiter": 500}
"""Of a search along a bound: until neither value nor slope tells of a better place."""
NEAR_BOUND = 0.05
AGREEING = 1e-5
"""Difference in the mean log-likelihood of a customer up to which two starts have found the same optimum."""
LEAST_MOVED = 0.05
DIFFERENT = 0.05
LEFT = 1e-3
"""What the log-likelihood of all may still rise, by its slope and Hessian, where a fit has stopped."""


@dataclass(frozen=True, eq=False)
class Fit(Readable):
    """A fitted model.

    Attributes
    ----------
    model
        Name of the model.
    theta
        The parameters, in the order of the model's names.
    parameters
        One row per parameter: model, parameter, estimate, standard_error (Hessian), robust_standard_error (sandwich),
        low, high (made on the log scale, so never below zero). Errors are NaN where the optimum does not carry them.
    means
        The same columns for the means of the mixing distributions.
    log_likelihood, aic, bic
        Of all customers at the optimum.
    n
        Customers.
    is_identified
        Whether the data identify the parameters: the optimum is inside, its gradient is zero and its Hessian regular.
    notes
        What a reader must know, a sentence each; empty where all is well.
    covariance_log
        Of the logarithms of the parameters (inverse Hessian), for drawing parameters; NaN where not identified.
    pooled
        The fit that stands in where this one is not identified; None where there is none, or no need.
    """

    model: str
    theta: Floats
    parameters: pd.DataFrame
    means: pd.DataFrame
    log_likelihood: float
    aic: float
    bic: float
    n: int
    is_identified: bool
    notes: tuple[str, ...]
    covariance_log: Floats
    pooled: Fit | None = None

    @property
    def usable(self) -> Fit:
        """The fit to go on with: this one, or the pooled one that stands in for it."""
        return self if self.is_identified or self.pooled is None else self.pooled


@dataclass(frozen=True, eq=False)
class Refit(Readable):
    """A fit that began near its optimum.

    Attributes
    ----------
    theta
        The parameters; where the data do not tell them apart, they still serve to expect totals.
    information
        What the data tell of the logarithms of the parameters where the fit began: the outer product of the scores.
    """

    theta: Floats
    information: Floats


@dataclass(frozen=True, eq=False)
class _Optimum:
    """Where the fit stopped, on the log scale, with all that is asked of it there; totals over all customers.

    `covariance` is the inverse Hessian of the parameters that are not `at_bound`, with zeros for those that are; in a
    direction in which the likelihood is flat, or not even falls, the variance is as good as infinite.
    """

    log_theta: Floats
    value: float
    gradient: Floats
    covariance: Floats
    robust: Floats
    at_bound: NDArray[np.bool_]
    agreeing: int
    started: int

    @property
    def errors(self) -> Floats:
        """Standard errors of log theta; NaN at a bound and where the data do not identify the parameter."""
        return np.where(self.at_bound, np.nan, _errors(self.covariance))

    @property
    def robust_errors(self) -> Floats:
        return np.where(np.isnan(self.errors), np.nan, np.sqrt(np.diag(self.robust)))

    @property
    def left(self) -> float:
        """By how much the log-likelihood may still rise, going by slope and Hessian."""
        return float(self.gradient @ self.covariance @ self.gradient) / 2


def fit(model: Fitted, rows: Weighted, *, level: float, pooled: Fit | None = None) -> Fit:
    """The maximum likelihood fit of a model to weighted observations.

    Parameters
    ----------
    model
        Of `registry.MODELS`, or any other of this form.
    rows
        Distinct observations with their weights, such as the histories of `rows.collapse`.
    level
        Coverage of the intervals, between 0 and 1.
    pooled
        The fit of the same model to more customers, such as all of them, that is to stand in for a segment too small to
        tell the parameters: see `Fit.usable`.

    Returns
    -------
    Fit
        Its `is_identified` and `notes` say whether the estimates mean anything: a likelihood that has no optimum inside
        the bounds, such as that of few customers, is an answer ("not identified"), not an error.

    Raises
    ------
    ValueError
        The level does not lie between 0 and 1, or `pooled` is of another model.

    Notes
    -----
    All parameters are positive, so their logarithms are fitted: from each of the model's starts with L-BFGS-B, on a
    sample where the rows are many; then from the best of them on all rows, by BFGS that begins with the Hessian of the
    sample; and finally by Newton's method with the analytic gradient until it is zero. Standard errors come from the
    inverse Hessian of the log-likelihood, the robust ones from the sandwich of Huber (1967) and White (1982,
    Econometrica 50(1)). A parameter at its bound is held there for the errors of the others.
    """
    _check(model, level, pooled)
    optimum = _optimum(model, rows)
    theta, k, n = np.exp(optimum.log_theta), len(optimum.log_theta), round(float(rows.weight.sum()))
    means = _means(model, optimum, level=level)
    is_identified = not np.isnan(optimum.errors).any() and optimum.left <= LEFT
    stand_in = None if is_identified else pooled
    doubts = _doubts(model, optimum, means, is_identified=is_identified)
    return Fit(
        model=model.name,
        theta=theta,
        parameters=_table(model.name, model.parameters, theta, optimum.errors, optimum.robust_errors, level=level),
        means=means,
        log_likelihood=optimum.value,
        aic=2 * k - 2 * optimum.value,
        bic=k * float(np.log(n)) - 2 * optimum.value,
        n=n,
        is_identified=is_identified,
        notes=_remarks(rows) + doubts + (_beside(model, rows, optimum.value, stand_in) if stand_in else ()),
        covariance_log=optimum.covariance if is_identified else np.full((k, k), np.nan),
        pooled=stand_in,
    )


def refit(model: Fitted, rows: Weighted, *, near: Floats) -> Refit:
    """The maximum likelihood fit to other rows of the same customers, such as their past up to an earlier day.

    Parameters
    ----------
    model, rows
        As for `fit`.
    near
        The parameters of a fit to more of their past: the only start, so that this costs a fraction of `fit`.

    Notes
    -----
    L-BFGS-B on the logarithms, turned and scaled by the outer product of the scores at the start (Berndt, Hall, Hall
    and Hausman 1974), so that few steps do; beyond the bounds nothing changes.
    """
    scale = np.where(model.is_scaled, np.log(rows.unit), 0.0)
    bounds = np.log([SMALLEST_PARAMETER, LARGEST_PARAMETER]) + scale[:, None]
    objective, start = _objective(model, rows), np.clip(np.log(near), bounds[:, 0], bounds[:, 1])
    scores = model.log_likelihood(np.exp(start), rows)[1]
    information = (scores * rows.weight[:, None]).T @ scores
    curvature = information / rows.weight.sum() + LEAST_CURVED * np.eye(len(start))
    turned = np.linalg.cholesky(np.linalg.inv(curvature))

    def at(step: Floats) -> Floats:
        return np.clip(start + turned @ step, bounds[:, 0], bounds[:, 1])

    def moved(step: Floats) -> tuple[float, Floats]:
        value, gradient = objective(at(step))
        return value, turned.T @ gradient

    log_theta = at(minimize(moved, np.zeros(len(start)), jac=True, method="L-BFGS-B").x)
    if _is_at(bounds, log_theta).any():
        # where a bound cuts the turned directions the search stalls, at a place that the last digits decide
        log_theta = minimize(objective, log_theta, jac=True, method="L-BFGS-B", bounds=bounds, options=TO_THE_END).x
        log_theta = _straightened(objective, log_theta, bounds)
    return Refit(np.exp(log_theta), information)


def _check(model: Fitted, level: float, pooled: Fit | None) -> None:
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, found {level}")
    if pooled is not None and pooled.model != model.name:
        raise ValueError(f"pooled must be a fit of the same model, {model.name}, found {pooled.model}")


def _objective(model: Fitted, rows: Weighted) -> Objective:
    """Minus the mean log-likelihood of a customer, and its gradient, at log theta."""
    total = rows.weight.sum()

    def mean(log_theta: Floats) -> tuple[float, Floats]:
        value, gradient = model.log_likelihood(np.exp(log_theta), rows)
        return -float(rows.weight @ value) / total, -(rows.weight @ gradient) / total

    return mean


def _optimum(model: Fitted, rows: Weighted) -> _Optimum:
    scale = np.where(model.is_scaled, np.log(rows.unit), 0.0)
    bounds = np.log([SMALLEST_PARAMETER, LARGEST_PARAMETER]) + scale[:, None]
    few = _some(rows)
    objective, starts = _objective(model, few), [np.log(start) + scale for start in model.starts]
    optima = []
    if any(np.abs(objective(start)[1]).max() > NO_SLOPE for start in starts):
        fits = (minimize(objective, start, jac=True, method="L-BFGS-B", bounds=bounds) for start in starts)
        optima = [(float(one.fun), one.x) for one in fits]
    # data that say nothing leave all times at their longest: nothing is expected of them
    best, log_theta = min(
        optima, key=lambda one: one[0], default=(0.0, np.where(model.is_scaled, bounds[:, 1], starts[0]))
    )
    if few is not rows:
        log_theta = _moved(_objective(model, rows), log_theta, _hessian(objective, log_theta), bounds)
    log_theta, hessian = _polished(_objective(model, rows), log_theta, bounds)
    value, scores = model.log_likelihood(np.exp(log_theta), rows)
    at_bound = _is_at(bounds, log_theta)
    covariance = _inverse(hessian * rows.weight.sum(), ~at_bound)
    return _Optimum(
        log_theta,
        value=float(rows.weight @ value),
        gradient=rows.weight @ scores,
        covariance=covariance,
        robust=covariance @ ((scores * rows.weight[:, None]).T @ scores) @ covariance,
        at_bound=at_bound,
        agreeing=sum(value - best < AGREEING for value, _ in optima),
        started=len(optima),
    )


def _some(rows: W) -> W:
    """A seeded sample of the rows where they are many: enough to tell the starts apart."""
    if len(rows) <= 2 * SAMPLE_ROWS:
        return rows
    return rows.some(
        np.sort(stream(0, "histories that tell starts apart").choice(len(rows), SAMPLE_ROWS, replace=False))
    )


def _moved(objective: Objective, log_theta: Floats, hessian: Floats, bounds: Floats) -> Floats:
    """From the optimum of a sample to that of all: a few steps where the sample's Hessian shows the way."""
    if np.isfinite(hessian).all() and np.linalg.eigvalsh(hessian)[0] > 0:
        inverse = np.linalg.inv(hessian)
        known = {"hess_inv0": (inverse + inverse.T) / 2, "gtol": 1e-7, "maxiter": 50}
        there: Floats = minimize(objective, log_theta, jac=True, method="BFGS", options=known).x
        if ((bounds[:, 0] < there) & (there < bounds[:, 1])).all():
            return there
    return np.asarray(minimize(objective, log_theta, jac=True, method="L-BFGS-B", bounds=bounds).x)


def _hessian(objective: Objective, log_theta: Floats) -> Floats:
    """Differences of the analytic gradient."""
    here = objective(log_theta)[1]
    hessian = np.array([(objective(log_theta + step)[1] - here) / STEP for step in STEP * np.eye(len(log_theta))])
    return (hessian + hessian.T) / 2


def _polished(objective: Objective, log_theta: Floats, bounds: Floats) -> tuple[Floats, Floats]:
    """Newton's steps while they lower the objective inside the bounds; returns the point and the Hessian there."""
    value, gradient = objective(log_theta)
    hessian = _hessian(objective, log_theta)
    for _ in range(6):
        if np.abs(gradient).max() < 1e-9 or not np.linalg.eigvalsh(hessian)[0] > 0:
            break
        there = log_theta - np.linalg.solve(hessian, gradient)
        if not ((bounds[:, 0] < there) & (there < bounds[:, 1])).all():
            break
        new_value, new_gradient = objective(there)
        if not new_value <= value + 1e-12:
            break
        is_near = np.abs(there - log_theta).max() < 1e-3
        log_theta, value, gradient = there, new_value, new_gradient
        hessian = hessian if is_near else _hessian(objective, log_theta)
    return log_theta, hessian


def _straightened(objective: Objective, log_theta: Floats, bounds: Floats) -> Floats:
    """Newton's steps across a ridge, and none along it: what is expected hardly changes along it."""
    for _ in range(3):
        curvatures, directions = np.linalg.eigh(_hessian(objective, log_theta))
        is_steep = curvatures > LEAST_STEEP
        steep = directions[:, is_steep]
        step = steep @ (steep.T @ objective(log_theta)[1] / curvatures[is_steep])
        log_theta = np.clip(log_theta - step, bounds[:, 0], bounds[:, 1])
    return log_theta


def _is_at(bounds: Floats, log_theta: Floats) -> NDArray[np.bool_]:
    """Whether each parameter lies at one of its bounds."""
    return np.asarray(np.abs(log_theta[:, None] - bounds).min(axis=1) < NEAR_BOUND)


def _inverse(hessian: Floats, is_free: NDArray[np.bool_]) -> Floats:
    """The inverse Hessian of the free parameters, as good as infinite in flat directions; zero for the others."""
    free, inverse = np.ix_(is_free, is_free), np.zeros_like(hessian)
    curvatures, directions = np.linalg.eigh(hessian[free])
    inverse[free] = directions / np.maximum(curvatures, LEAST_CURVED) @ directions.T
    return inverse


def _errors(covariance: Floats) -> Floats:
    """Standard errors of logarithms; NaN where they are so large that the data say nothing."""
    errors = np.sqrt(np.diag(covariance))
    return np.where(errors <= FLAT, errors, np.nan)


def _doubts(model: Fitted, optimum: _Optimum, means: pd.DataFrame, *, is_identified: bool) -> tuple[str, ...]:
    """Why the parameters are not to be believed, and what can still be said."""
    if is_identified:
        is_alone = optimum.agreeing == 1 < optimum.started
        alone = f"{model.title}: only one of {optimum.started} starts found this optimum; there may be a better one."
        return (alone,) if is_alone else ()
    if not optimum.started:
        return (f"{model.title} is not identified: no parameter changes the likelihood, so nothing is expected.",)
    names = np.array(model.parameters)
    edge, unknown = names[optimum.at_bound], names[np.isnan(optimum.errors) & ~optimum.at_bound]
    why = []
    if edge.size:
        why.append(
            f"the likelihood rises until {_listed(edge)} at the edge of {'their' if edge.size > 1 else 'its'} range"
        )
    if unknown.size:
        why.append(f"the data hardly identify {', '.join(unknown)}")
    if not why:
        return (f"{model.title} did not reach an optimum: its likelihood still rises where the fit stopped.",)
    return (f"{model.title} is not identified: {', and '.join(why)}.", *_still(means))


def _listed(names: NDArray[np.str_]) -> str:
    return f"{', '.join(names)} {'are' if names.size > 1 else 'is'}"


def _still(means: pd.DataFrame) -> tuple[str, ...]:
    """The means that are known all the same."""
    is_known = means[means["standard_error"] <= LARGEST_ERROR_SHOWN * means["estimate"]]
    columns = [is_known[name].tolist() for name in ("parameter", "estimate", "low", "high")]
    rows = zip(*columns, strict=True)
    known_means = [f"{name.replace('_', ' ')} {value:.3g} ({low:.3g} to {high:.3g})" for name, value, low, high in rows]
    return (f"What is known all the same: {'; '.join(known_means)}.",) if known_means else ()


def _remarks(rows: Weighted) -> tuple[str, ...]:
    return rows.remarks if isinstance(rows, Remarking) else ()


def _beside(model: Fitted, rows: Weighted, best: float, pooled: Fit) -> tuple[str, ...]:
    """What stands in, and whether these customers are like those: the likelihood ratio against chi-square."""
    values = ", ".join(f"{name} {value:.3g}" for name, value in zip(model.parameters, pooled.theta, strict=True))
    lost = 2 * (best - float(rows.weight @ model.log_likelihood(pooled.theta, rows)[0]))
    p = float(chdtrc(len(pooled.theta), max(lost, 0.0)))
    like = "are not known to differ from" if p >= DIFFERENT else "differ from"
    stands_in = f"{model.title} of {pooled.n:,} customers stands in: {values}."
    return (
        f"{stands_in} These {rows.customer_count:,} {like} them (likelihood ratio {max(lost, 0):.1f}, p = {p:.2g}).",
    )


def _means(model: Fitted, optimum: _Optimum, *, level: float) -> pd.DataFrame:
    """The means of the mixing distributions; the delta method on their logarithms."""

    def logs(log_theta: Floats) -> Floats:
        return np.log(list(model.means(np.exp(log_theta)).values()))

    steps = STEP * np.eye(len(optimum.log_theta))
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        means = model.means(np.exp(optimum.log_theta))
        slopes = np.array([(logs(optimum.log_theta + s) - logs(optimum.log_theta - s)) / (2 * STEP) for s in steps]).T
        errors = _errors(slopes @ optimum.covariance @ slopes.T)
        if np.isnan(optimum.errors).any():
            # a mean that hardly moves with the parameters, such as a probability near 1, seems sure but is unknown
            errors[np.linalg.norm(slopes[:, ~optimum.at_bound], axis=1) < LEAST_MOVED] = np.nan
        robust = np.sqrt(np.diag(slopes @ optimum.robust @ slopes.T))
    robust = np.where(np.isnan(errors), np.nan, robust)
    return _table(model.name, tuple(means), np.array(list(means.values())), errors, robust, level=level)


def _table(
    model: str, names: tuple[str, ...], estimates: Floats, errors: Floats, robust: Floats, *, level: float
) -> pd.DataFrame:
    """One row per name, from standard errors on the log scale."""
    z = float(ndtri((1 + level) / 2))
    with np.errstate(over="ignore", invalid="ignore"):
        return pd.DataFrame(
            {
                "model": model,
                "parameter": names,
                "estimate": estimates,
                "standard_error": estimates * errors,
                "robust_standard_error": estimates * robust,
                "low": estimates * np.exp(-z * errors),
                "high": estimates * np.exp(z * errors),
            },
            columns=COLUMNS,
        )
