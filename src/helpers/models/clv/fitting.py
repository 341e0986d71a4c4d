"""Maximum likelihood that can be believed: several starts, checks of the optimum, standard errors, and plain words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import pandas as pd
from scipy.optimize import minimize
from scipy.stats import norm

from helpers.models.clv.model import Fitted, Weighted
from helpers.models.clv.rows import Floats

W = TypeVar("W", bound=Weighted)

COLUMNS = ["model", "parameter", "estimate", "standard_error", "robust_standard_error", "low", "high"]
FEWEST, MOST = 1e-5, 1e5
"""Bounds of every parameter, in the unit of the observations where it has one."""
SAMPLE_ROWS = 10_000
STEP = 1e-4
FLAT = 2.0
"""Standard error of the logarithm of a parameter from which on the data do not tell the parameter."""


@dataclass(frozen=True, eq=False)
class Fit:
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
        Whether the data tell the parameters apart: the optimum is inside, its gradient is zero and its Hessian regular.
    notes
        What a reader must know, a sentence each; empty where all is well.
    covariance_log
        Of the logarithms of the parameters (inverse Hessian), for drawing parameters; NaN where not identified.
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


@dataclass(frozen=True, eq=False)
class _Optimum:
    log_theta: Floats
    value: float
    gradient: Floats
    hessian: Floats
    scores: Floats
    bounds: Floats
    agreeing: int
    started: int


def fit(model: Fitted, rows: Weighted, *, level: float) -> Fit:
    """The maximum likelihood fit of a model to weighted observations.

    Parameters
    ----------
    model
        Of `registry.MODELS`, or any other of this form.
    rows
        Distinct observations with their weights, such as the histories of `rows.collapse`.
    level
        Coverage of the intervals, between 0 and 1.

    Returns
    -------
    Fit
        Its `is_identified` and `notes` say whether the estimates mean anything: a likelihood that has no optimum inside
        the bounds, such as that of few customers, is an answer ("not identified"), not an error.

    Notes
    -----
    All parameters are positive, so their logarithms are fitted: from each of the model's starts with L-BFGS-B, on a
    sample where the rows are many, then from the best of them on all rows, and finally by Newton's method with the
    analytic gradient until it is zero. Standard errors come from the inverse Hessian of the log-likelihood, the robust
    ones from the sandwich of Huber (1967) and White (1982, Econometrica 50(1)).
    """
    optimum = _optimum(model, rows)
    errors, robust, is_regular = _errors(optimum)
    notes = _notes(model, optimum, errors, is_regular=is_regular)
    is_identified = not notes
    theta = np.exp(optimum.log_theta)
    log_likelihood, n, k = optimum.value, rows.customer_count, len(theta)
    covariance: Floats = np.linalg.inv(optimum.hessian).astype(float) if is_identified else np.full((k, k), np.nan)
    return Fit(
        model=model.name,
        theta=theta,
        parameters=_table(model, theta, errors, robust, level=level),
        means=_means(model, optimum, covariance, level=level),
        log_likelihood=log_likelihood,
        aic=2 * k - 2 * log_likelihood,
        bic=k * float(np.log(n)) - 2 * log_likelihood,
        n=n,
        is_identified=is_identified,
        notes=notes,
        covariance_log=covariance,
    )


def _objective(model: Fitted, rows: Weighted) -> Callable[[Floats], tuple[float, Floats]]:
    """Minus the mean log-likelihood of a customer, and its gradient, at log theta."""
    total = rows.weight.sum()

    def mean(log_theta: Floats) -> tuple[float, Floats]:
        value, gradient = model.log_likelihood(np.exp(log_theta), rows)
        return -float(rows.weight @ value) / total, -(rows.weight @ gradient) / total

    return mean


def _optimum(model: Fitted, rows: Weighted) -> _Optimum:
    scale = np.where(model.is_scaled, np.log(rows.unit), 0.0)
    bounds = np.log([FEWEST, MOST]) + scale[:, None]
    few = _some(rows)
    objective, tried = _objective(model, few), []
    for start in model.starts:
        found = minimize(objective, np.log(start) + scale, jac=True, method="L-BFGS-B", bounds=bounds)
        tried.append((float(found.fun), found.x))
    best = min(value for value, _ in tried)
    agreeing = sum(value - best < 1e-5 for value, _ in tried)
    log_theta = next(x for value, x in tried if value == best)
    objective = _objective(model, rows)
    if few is not rows:
        log_theta = minimize(objective, log_theta, jac=True, method="L-BFGS-B", bounds=bounds).x
    log_theta, hessian = _polished(objective, log_theta, bounds)
    value, scores = model.log_likelihood(np.exp(log_theta), rows)
    return _Optimum(
        log_theta,
        float(rows.weight @ value),
        rows.weight @ scores,
        hessian * rows.weight.sum(),
        (scores * rows.weight[:, None]).T @ scores,
        bounds,
        agreeing,
        len(tried),
    )


def _some(rows: W) -> W:
    """A seeded sample of the rows where they are many: enough to tell the starts apart."""
    if len(rows) <= 2 * SAMPLE_ROWS:
        return rows
    return rows.some(np.sort(np.random.default_rng(0).choice(len(rows), SAMPLE_ROWS, replace=False)))


def _hessian(objective: Callable[[Floats], tuple[float, Floats]], log_theta: Floats) -> Floats:
    """Central differences of the analytic gradient."""
    steps = STEP * np.eye(len(log_theta))
    columns = [(objective(log_theta + step)[1] - objective(log_theta - step)[1]) / (2 * STEP) for step in steps]
    hessian = np.array(columns)
    return (hessian + hessian.T) / 2


def _polished(
    objective: Callable[[Floats], tuple[float, Floats]], log_theta: Floats, bounds: Floats
) -> tuple[Floats, Floats]:
    """Newton's steps while they lower the objective inside the bounds; returns the point and the Hessian there."""
    value, gradient = objective(log_theta)
    hessian = _hessian(objective, log_theta)
    for _ in range(6):
        if np.abs(gradient).max() < 1e-9 or np.linalg.eigvalsh(hessian)[0] <= 0:
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


def _errors(optimum: _Optimum) -> tuple[Floats, Floats, bool]:
    """Standard errors of log theta, by the Hessian and by the sandwich; NaN where the Hessian is not regular."""
    nothing = np.full(len(optimum.log_theta), np.nan)
    if not np.isfinite(optimum.hessian).all() or np.linalg.eigvalsh(optimum.hessian)[0] <= 0:
        return nothing, nothing, False
    inverse = np.linalg.inv(optimum.hessian)
    robust = inverse @ optimum.scores @ inverse
    return np.sqrt(np.diag(inverse)), np.sqrt(np.diag(robust)), True


def _notes(model: Fitted, optimum: _Optimum, errors: Floats, *, is_regular: bool) -> tuple[str, ...]:
    names = np.array(model.parameters)
    at_bound = np.abs(optimum.log_theta[:, None] - optimum.bounds).min(axis=1) < 0.05
    notes = []
    if at_bound.any():
        told = ", ".join(names[at_bound])
        notes.append(f"{model.title} is not identified: the likelihood rises until {told} is at the edge of its range.")
    elif not is_regular:
        notes.append(f"{model.title} is not identified: its likelihood is flat at the optimum.")
    elif (errors > FLAT).any():
        told = ", ".join(names[errors > FLAT])
        notes.append(f"{model.title} is not identified: the data hardly tell {told}.")
    if not notes and np.abs(optimum.gradient).max() > 1e-3 * np.sqrt(np.abs(np.diag(optimum.hessian))).max():
        notes.append(f"{model.title} did not reach an optimum: its likelihood still rises where the fit stopped.")
    if not notes and optimum.agreeing == 1 < optimum.started:
        notes.append(
            f"{model.title}: only one of {optimum.started} starts found the best optimum; it may not be the best."
        )
    return tuple(notes)


def _table(model: Fitted, theta: Floats, errors: Floats, robust: Floats, *, level: float) -> pd.DataFrame:
    z = float(norm.ppf((1 + level) / 2))
    return pd.DataFrame(
        {
            "model": model.name,
            "parameter": model.parameters,
            "estimate": theta,
            "standard_error": theta * errors,
            "robust_standard_error": theta * robust,
            "low": theta * np.exp(-z * errors),
            "high": theta * np.exp(z * errors),
        },
        columns=COLUMNS,
    )


def _means(model: Fitted, optimum: _Optimum, covariance: Floats, *, level: float) -> pd.DataFrame:
    """The means of the mixing distributions; the delta method on their logarithms."""

    def logs(log_theta: Floats) -> Floats:
        return np.log(list(model.means(np.exp(log_theta)).values()))

    steps = STEP * np.eye(len(optimum.log_theta))
    slopes = np.array([(logs(optimum.log_theta + s) - logs(optimum.log_theta - s)) / (2 * STEP) for s in steps]).T
    told = model.means(np.exp(optimum.log_theta))
    inverse = np.linalg.pinv(optimum.hessian)
    robust = inverse @ optimum.scores @ inverse
    estimate = np.array(list(told.values()))
    errors, robust_errors = (np.sqrt(np.einsum("ij,jk,ik->i", slopes, c, slopes)) for c in (covariance, robust))
    z = float(norm.ppf((1 + level) / 2))
    return pd.DataFrame(
        {
            "model": model.name,
            "parameter": list(told),
            "estimate": estimate,
            "standard_error": estimate * errors,
            "robust_standard_error": np.where(np.isnan(errors), np.nan, estimate * robust_errors),
            "low": estimate * np.exp(-z * errors),
            "high": estimate * np.exp(z * errors),
        },
        columns=COLUMNS,
    )
