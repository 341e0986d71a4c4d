"""Cox's model: what goes with leaving sooner, with Efron's ties, strata, and covariates that change in time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import ndtr, ndtri

from helpers.errors import FitError
from helpers.models.survival.risk_sets import Floats, RiskSets, Whole, codes, flags, risk_sets
from helpers.watching import Readable

MOST_STEPS, MOST_HALVINGS = 25, 20
CONVERGED = 1e-9
"""Relative change of the log-likelihood, as R's coxph asks for."""
FLAT = 1e-6
"""Least part of a term's information at the outset that an optimum keeps; with less the likelihood is a plateau."""
RANK = 1e-10
"""Least part of a term's information that the other terms must leave to it."""


@dataclass(frozen=True, eq=False)
class Spells(Readable):
    """Spells as the model reads them: risk sets, centred covariates, and who ended as one of several at a moment.

    Attributes
    ----------
    stop, start
        As they were given.
    sets
        Of `risk_sets.risk_sets`.
    covariates
        Spells by terms, less their means.
    moment, before
        One entry per ending: its place among the moments of `sets`, and the part (0 to 1) of the endings of that moment
        that Efron's approximation takes as having gone before it.
    """

    stop: ArrayLike
    start: ArrayLike | None
    sets: RiskSets
    covariates: Floats
    moment: Whole
    before: Floats


@dataclass(frozen=True, eq=False)
class CoxFit(Readable):
    """A fitted Cox model.

    Attributes
    ----------
    terms
        Names of the covariates.
    log_hazard_ratios, covariance
        The estimates, and the inverse of the observed information.
    log_likelihood, null_log_likelihood
        The partial log-likelihood at the estimates, and without any term.
    n, ended_count, left_out_count
        Spells fitted, how many of them ended, and how many were left out: see `cox`.
    spells
        What was fitted.
    """

    terms: tuple[str, ...]
    log_hazard_ratios: Floats
    covariance: Floats
    log_likelihood: float
    null_log_likelihood: float
    n: int
    ended_count: int
    left_out_count: int
    spells: Spells

    @property
    def standard_errors(self) -> Floats:
        return np.sqrt(np.diag(self.covariance))


def cox(
    stop: ArrayLike,
    is_ended: ArrayLike,
    covariates: pd.DataFrame,
    *,
    start: ArrayLike | None = None,
    strata: ArrayLike | None = None,
) -> CoxFit:
    """Fit Cox's proportional hazards by partial likelihood.

    Parameters
    ----------
    stop, is_ended, start, strata
        The spells, as `risk_sets.risk_sets` takes them. A customer whose covariates change has several spells one after
        the other, of which the last alone may have ended.
    covariates
        One row per spell, one column of numbers per term. Spells of which a covariate or the stratum is missing are
        left out, as R does.

    Raises
    ------
    FitError
        Nobody ended; a term is constant, or the sum of others; or the likelihood rises without end, as it does where
        nobody with some value of a term ever ended.
    ValueError
        A covariate is no number, or infinite; or times are not as they must be.

    Notes
    -----
    With risk sums S0, S1 and those of the d endings of a moment D0, D1, the l-th of them (l = 0 .. d - 1) has the
    denominator S0 - (l/d) D0 (Efron 1977). Newton's steps, halved where the likelihood falls. Sums over risk sets of
    products of covariates are never made: they are sums over spells, each weighted by the baseline hazard over the
    moments at which it was at risk.

    References
    ----------
    Cox (1972), Regression models and life-tables, JRSS B 34(2), 187-220; Efron (1977), The efficiency of Cox's
    likelihood function for censored data, JASA 72(359), 557-565; Therneau and Grambsch (2000), Modeling Survival Data,
    chapter 3.
    """
    values, stratum = _numbers(covariates), None if strata is None else codes(strata)
    is_known = ~np.isnan(values).any(axis=1) if stratum is None else ~np.isnan(values).any(axis=1) & (stratum >= 0)
    since = None if start is None else np.asarray(start)[is_known]
    within = None if stratum is None else stratum[is_known]
    until, ended = np.asarray(stop)[is_known], flags(is_ended)[is_known]
    if not ended.any():
        raise FitError("Cox's model needs somebody who left, found nobody; watch longer.")
    spells = _spells(until, ended, values[is_known], start=since, strata=within)
    names = tuple(str(name) for name in covariates.columns)
    theta, value, information = _maximum(spells, names)
    null = log_likelihood(spells, np.zeros(len(names)))
    n, left_out = len(spells.covariates), len(values) - len(spells.covariates)
    covariance: Floats = np.asarray(np.linalg.inv(information), dtype=np.float64)
    return CoxFit(names, theta, covariance, value, null, n, len(spells.moment), left_out, spells)


def table(fit: CoxFit, *, level: float) -> pd.DataFrame:
    """The terms of a fit.

    Returns
    -------
    pandas.DataFrame
        One row per term: term, log_hazard_ratio, standard_error, low, high (of the log hazard ratio), hazard_ratio,
        hazard_ratio_low, hazard_ratio_high, p_value (Wald, two-sided).
    """
    z, error = float(ndtri((1 + level) / 2)), fit.standard_errors
    low, high = fit.log_hazard_ratios - z * error, fit.log_hazard_ratios + z * error
    return pd.DataFrame(
        {
            "term": fit.terms,
            "log_hazard_ratio": fit.log_hazard_ratios,
            "standard_error": error,
            "low": low,
            "high": high,
            "hazard_ratio": np.exp(fit.log_hazard_ratios),
            "hazard_ratio_low": np.exp(low),
            "hazard_ratio_high": np.exp(high),
            "p_value": 2 * ndtr(-np.abs(fit.log_hazard_ratios) / error),
        }
    )


def log_likelihood(spells: Spells, theta: Floats) -> float:
    """The partial log-likelihood at some log hazard ratios."""
    score, risk, shift = _risk(spells, theta)
    left = _left(spells, spells.sets.at_risk(risk), spells.sets.ended(risk))
    return float(score[spells.sets.is_ended].sum() - (np.log(left) + shift).sum())


@dataclass(frozen=True, eq=False)
class Derivatives(Readable):
    """The derivatives of the partial log-likelihood, of all endings or each by a weight.

    Attributes
    ----------
    spells, risk
        What was fitted, and the hazard of each spell, up to a factor.
    left, means
        For each ending, moments ascending: the sum of hazards over its risk set, and the means of the covariates in it.
    """

    spells: Spells
    risk: Floats
    left: Floats
    means: Floats

    def information(self, weights: Floats | None = None) -> Floats:
        """The sum over endings of the covariances of covariates in the risk set, each by a weight where given."""
        spells, sets = self.spells, self.spells.sets
        weight: Floats = np.ones(len(self.left)) if weights is None else weights
        hazard = weight / self.left
        count = len(sets.time)
        at = sets.over_moments(np.bincount(spells.moment, hazard, count).astype(float))
        # of those who ended at a moment, the part that Efron takes as gone was not at risk
        gone = np.bincount(spells.moment, hazard * spells.before, count)
        at[sets.is_ended] -= gone[sets.last[sets.is_ended] - 1]
        squares = (spells.covariates * (self.risk * at)[:, None]).T @ spells.covariates
        return squares - (self.means * weight[:, None]).T @ self.means

    def score(self, weights: Floats | None = None) -> Floats:
        """The sum over endings of the covariates less their means in the risk set, each by the weight of its moment."""
        spells, sets = self.spells, self.spells.sets
        own = spells.covariates[sets.is_ended]
        if weights is None:
            return own.sum(axis=0) - self.means.sum(axis=0)
        return weights[sets.last[sets.is_ended] - 1] @ own - weights[spells.moment] @ self.means


def derivatives(spells: Spells, theta: Floats) -> Derivatives:
    """The derivatives of the partial log-likelihood at some log hazard ratios."""
    _, risk, _ = _risk(spells, theta)
    sets = spells.sets
    left = _left(spells, sets.at_risk(risk), sets.ended(risk))
    columns = []
    for column in spells.covariates.T:
        product = risk * column
        columns.append(_left(spells, sets.at_risk(product), sets.ended(product)) / left)
    return Derivatives(spells, risk, left, np.column_stack(columns))


def _risk(spells: Spells, theta: Floats) -> tuple[Floats, Floats, float]:
    """The linear score of each spell, and its hazard over that of the largest score, whose exponential may overflow."""
    score = spells.covariates @ theta
    shift = float(score.max())
    return score, np.exp(score - shift), shift


def _left(spells: Spells, at_risk: Floats, ended: Floats) -> Floats:
    """For each ending, the sum over those at risk less the part of its moment's endings that went before."""
    return at_risk[spells.moment] - spells.before * ended[spells.moment]


def _numbers(covariates: pd.DataFrame) -> Floats:
    """Spells by terms, NaN where missing."""
    try:
        values = covariates.to_numpy(dtype=float, na_value=np.nan)
    except (TypeError, ValueError):
        texts = [str(name) for name, column in covariates.items() if not pd.api.types.is_numeric_dtype(column)]
        raise ValueError(
            f"covariates must be numbers, found others in {', '.join(texts)}; make columns of 0 and 1"
        ) from None
    if np.isinf(values).any():
        wrong = covariates.columns[np.isinf(values).any(axis=0)]
        raise ValueError(f"covariates must be finite, found others in {', '.join(map(str, wrong))}")
    return values


def _spells(
    stop: ArrayLike,
    is_ended: ArrayLike,
    values: Floats,
    *,
    start: ArrayLike | None,
    strata: ArrayLike | None,
) -> Spells:
    sets = risk_sets(stop, is_ended, start=start, strata=strata)
    counts = sets.ended().astype(int)
    moment = np.repeat(np.arange(len(counts)), counts)
    place = np.arange(len(moment)) - np.repeat(np.cumsum(counts) - counts, counts)
    centred = values - values.mean(axis=0)
    # the mean of equal numbers misses them by their last digit
    centred[:, np.ptp(values, axis=0) == 0] = 0.0
    return Spells(stop, start, sets, centred, moment, place / np.maximum(counts, 1)[moment])


def _maximum(spells: Spells, names: tuple[str, ...]) -> tuple[Floats, float, Floats]:
    """The log hazard ratios of the largest likelihood, that likelihood, and the information there."""
    theta = np.zeros(len(names))
    value, made = log_likelihood(spells, theta), derivatives(spells, theta)
    flat = FLAT * np.diag(made.information())
    _check_rank(made.information(), names, spells=spells)
    for _ in range(MOST_STEPS):
        step = np.asarray(np.linalg.solve(made.information(), made.score()), dtype=np.float64)
        better = _halved(spells, theta, step, value)
        if better is None:
            break
        theta, raised = better
        made, is_done = derivatives(spells, theta), abs(raised - value) <= CONVERGED * abs(raised)
        value = raised
        if is_done and np.all(np.diag(made.information()) > flat):
            return theta, value, made.information()
    raise FitError(f"Cox's model of {', '.join(names)} found no best fit: does some value of a term never end?")


def _halved(spells: Spells, theta: Floats, step: Floats, value: float) -> tuple[Floats, float] | None:
    """The point reached by a step, or by the half, the quarter ... of it, at which the likelihood does not fall."""
    for halvings in range(MOST_HALVINGS):
        reached = theta + step / 2**halvings
        raised = log_likelihood(spells, reached)
        if raised >= value - CONVERGED * abs(value):
            return reached, raised
    return None


def _check_rank(information: Floats, names: tuple[str, ...], *, spells: Spells) -> None:
    """Refuse terms that the data cannot tell apart: their information is singular before any step is made."""
    least = RANK * len(spells.moment) * spells.covariates.var(axis=0)
    flat = [name for name, own, low in zip(names, np.diag(information), least, strict=True) if not own > low]
    if flat:
        raise FitError(f"Cox's model: {', '.join(flat)} must vary among those at risk when somebody leaves.")
    scale = np.sqrt(np.diag(information))
    if np.linalg.eigvalsh(information / np.outer(scale, scale))[0] < RANK:
        raise FitError(f"Cox's model: of {', '.join(names)} one is the sum of others; leave one out.")
