"""How many of a cohort renew further: the shifted beta-geometric, and whether renewals it had not seen bear it out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import betaln, digamma, expit, logit, ndtri

from helpers.watching import Readable

Floats = NDArray[np.float64]
LEAST_FITTED, LEAST_HELD = 3, 2
"""Fewest renewals to learn from, and fewest to be judged by."""
MOST_AHEAD = 12
"""Most renewals that are projected beyond those seen: never more than were seen."""
OFF_SHARE = 0.02
"""Share of the cohort by which a projection may miss renewals it had not seen, chance aside."""
STEP = 1e-4
FLAT = 1e6
"""Variance of the logarithm of a parameter beyond which the data do not tell it."""


@dataclass(frozen=True, eq=False)
class Cohort(Readable):
    """Contracts by length.

    Attributes
    ----------
    lost
        Contracts that were not renewed at the first renewal, the second ...
    watched
        Contracts that still ran when they were watched no longer, by how often they had been renewed: 0, 1, 2 ... as
        many entries as `lost` and one.
    """

    lost: Floats
    watched: Floats

    @property
    def at_risk(self) -> Floats:
        """Contracts whose renewal was seen, one way or the other: the first renewal, the second ..."""
        later = np.cumsum((self.lost + self.watched[1:])[::-1])[::-1]
        return np.asarray(later, dtype=np.float64)

    def until(self, renewals: int) -> Cohort:
        """The cohort as it was known after so many renewals."""
        kept = np.append(self.watched[:renewals], self.watched[renewals:].sum() + self.lost[renewals:].sum())
        return Cohort(self.lost[:renewals], kept)


def of_spells(started_on: pd.Series, last_on: pd.Series, is_ended: pd.Series, *, as_of: pd.Timestamp) -> Cohort:
    """The cohort of subscriptions that are renewed every month.

    Parameters
    ----------
    started_on, last_on
        First day of each, and the day on which it ended or until which it was watched.
    is_ended
        Whether it ended.
    as_of
        The day until which all were watched. What ended within a month of which the renewal would fall later is taken
        to run: else only endings would be counted in that month.
    """
    start, last = pd.to_datetime(started_on), pd.to_datetime(last_on)
    whole = _months(start, last)
    # ended on the very day of a renewal: not renewed then; else not at the next one
    is_same = (start.dt.day == last.dt.day) | ((last.dt.day < start.dt.day) & last.dt.is_month_end)
    is_on_day = is_same.to_numpy() & (whole > 0)
    ending = np.where(is_on_day, whole, whole + 1)
    is_known = is_ended.to_numpy(dtype=bool) & (ending <= _months(start, pd.Series(as_of, start.index)))
    most = int(max(ending[is_known].max(initial=0), whole[~is_known].max(initial=0)))
    lost = np.bincount(ending[is_known], minlength=most + 1)[1:]
    return Cohort(lost.astype(float), np.bincount(whole[~is_known], minlength=most + 1).astype(float))


@dataclass(frozen=True, eq=False)
class Fit(Readable):
    """A fitted shifted beta-geometric: alpha, beta, the covariance of their logarithms, and the log-likelihood."""

    alpha: float
    beta: float
    covariance: Floats
    log_likelihood: float

    @property
    def is_told(self) -> bool:
        """Whether the data tell the parameters."""
        variances = np.diag(self.covariance)
        return bool(np.isfinite(variances).all() and (variances > 0).all() and (variances < FLAT).all())


def fit(cohort: Cohort) -> Fit:
    """The shifted beta-geometric of the largest likelihood.

    Notes
    -----
    At each renewal a customer leaves with a probability of their own, which over customers is Beta(alpha, beta):
    P(T = t) = B(alpha + 1, beta + t - 1) / B(alpha, beta), S(t) = B(alpha, beta + t) / B(alpha, beta). Retention rises
    with time because those who leave easily leave first, not because anybody grows loyal.

    References
    ----------
    Fader and Hardie (2007), How to project customer retention, Journal of Interactive Marketing 21(1), 76-90,
    equations 5 to 8.
    """
    found = min(
        (
            minimize(_loss, np.log(start), args=(cohort,), jac=True, method="BFGS", options={"gtol": 1e-9})
            for start in ((1.0, 1.0), (0.5, 4.0), (5.0, 20.0))
        ),
        key=lambda one: float(one.fun),
    )
    information = np.column_stack(
        [
            (_loss(found.x + step, cohort)[1] - _loss(found.x - step, cohort)[1]) / (2 * STEP)
            for step in STEP * np.eye(2)
        ]
    )
    covariance = np.linalg.pinv((information + information.T) / 2)
    alpha, beta = np.exp(found.x)
    return Fit(float(alpha), float(beta), np.asarray(covariance, dtype=np.float64), -float(found.fun))


def survival(theta: Floats, *, periods: int) -> Floats:
    """The share of a cohort left after one renewal, two ... `periods`, at the logarithms of alpha and beta."""
    alpha, beta = np.exp(theta)
    before = np.arange(float(periods))
    return np.asarray(np.cumprod((beta + before) / (alpha + beta + before)), dtype=np.float64)


@dataclass(frozen=True, eq=False)
class Projection(Readable):
    """A cohort and what it may come to.

    Attributes
    ----------
    table
        One row per renewal, from 1: period; at_risk_count; survival_share (seen: the product of shares renewed);
        projected_share, low, high (missing where nothing can be projected).
    seen_count
        Renewals that enough contracts met.
    fitted_count
        Renewals that the judged projection had learned from.
    off_share
        How far that projection was above what came at the last renewal seen, in shares of the cohort; NaN unjudged.
    problem
        Why the cohort cannot be projected yet; "" where it can.
    """

    table: pd.DataFrame
    seen_count: int
    fitted_count: int
    off_share: float
    problem: str


def project(cohort: Cohort, *, smallest_group: int, level: float) -> Projection:
    """How many of a cohort will be left at renewals to come, with an interval, where renewals not seen allow it.

    Parameters
    ----------
    cohort
        What is known of it.
    smallest_group
        Fewest contracts that must have met a renewal for it to count as seen.
    level
        Coverage of the interval, between 0 and 1.

    Notes
    -----
    The curve is fitted to the first two thirds of the renewals seen and held against the others. Where it misses the
    last of them by more than two hundredths of the cohort and more than chance explains, or where too few renewals
    were seen, nothing is projected. The interval is the delta method's on the scale of log odds, and carries the error
    beyond chance that renewals held out have shown, which grows with how far ahead is looked.
    """
    at_risk = cohort.at_risk
    seen = int(np.argmax(np.append(at_risk, 0) < smallest_group))
    known = cohort.until(seen)
    shares = np.asarray(np.cumprod(1 - known.lost / at_risk[:seen]), dtype=np.float64)
    held = max(LEAST_HELD, seen // 3)
    told = _Seen(seen, seen - held, at_risk, shares)
    if seen - held < LEAST_FITTED:
        need = LEAST_FITTED + LEAST_HELD
        return told.unprojected(f"{seen} renewals were seen by enough subscriptions, {need} are needed")
    early, whole = fit(known.until(seen - held)), fit(known)
    if not (early.is_told and whole.is_told):
        return told.unprojected("too few have left, or all leave alike")
    past = _curve(early, periods=seen)
    with np.errstate(divide="ignore"):
        greenwood = shares[-1] ** 2 * float(np.sum(known.lost / (at_risk[:seen] * (at_risk[:seen] - known.lost))))
    off, by_chance = float(past[0][-1] - shares[-1]), float(np.sqrt(past[1][-1] ** 2 + greenwood))
    z = float(ndtri((1 + level) / 2))
    if abs(off) > OFF_SHARE + z * by_chance:
        return told.unprojected("renewals held out were missed", off)
    ahead = seen + min(seen, MOST_AHEAD)
    share, error = _curve(whole, periods=ahead)
    # what was missed beyond chance over the renewals held out, over as many further ones as are projected
    beyond = np.sqrt(max(off**2 - by_chance**2, 0.0))
    missed = beyond * np.maximum(np.arange(1, ahead + 1) - seen, 0) / held
    width = z * np.sqrt(error**2 + missed**2) / (share * (1 - share))
    return told.projected(share, expit(logit(share) - width), expit(logit(share) + width), off)


@dataclass(frozen=True, eq=False)
class _Seen:
    """What was seen of a cohort: a projection with, or without, a curve."""

    seen: int
    fitted: int
    at_risk: Floats
    shares: Floats

    def unprojected(self, problem: str, off: float = np.nan) -> Projection:
        nothing = np.full(self.seen, np.nan)
        return Projection(self._table(nothing, nothing, nothing), self.seen, max(self.fitted, 0), off, problem)

    def projected(self, share: Floats, low: Floats, high: Floats, off: float) -> Projection:
        return Projection(self._table(share, low, high), self.seen, self.fitted, off, "")

    def _table(self, share: Floats, low: Floats, high: Floats) -> pd.DataFrame:
        periods = np.arange(1, len(share) + 1)
        seen = np.full(len(share), np.nan)
        seen[: self.seen] = self.shares
        at_risk = np.append(self.at_risk, np.zeros(len(share)))[: len(share)]
        at_risk[self.seen :] = 0
        columns = {"period": periods, "at_risk_count": at_risk.astype(int), "survival_share": seen}
        return pd.DataFrame(columns | {"projected_share": share, "low": low, "high": high})


def _loss(theta: Floats, cohort: Cohort) -> tuple[float, Floats]:
    """Less the log-likelihood at the logarithms of alpha and beta, and its gradient."""
    alpha, beta = np.exp(np.clip(theta, -20, 20))
    t, n = np.arange(1.0, len(cohort.lost) + 1), np.arange(float(len(cohort.watched)))
    value = cohort.lost @ (betaln(alpha + 1, beta + t - 1) - betaln(alpha, beta))
    value += cohort.watched @ (betaln(alpha, beta + n) - betaln(alpha, beta))
    lost, watched = cohort.lost, cohort.watched
    of_sum = digamma(alpha + beta)
    in_alpha = lost @ (1 / alpha + of_sum - digamma(alpha + beta + t)) + watched @ (of_sum - digamma(alpha + beta + n))
    of_beta = of_sum - digamma(beta)
    in_beta = lost @ (of_beta + digamma(beta + t - 1) - digamma(alpha + beta + t))
    in_beta += watched @ (of_beta + digamma(beta + n) - digamma(alpha + beta + n))
    return -float(value), -np.array([in_alpha * alpha, in_beta * beta])


def _curve(found: Fit, *, periods: int) -> tuple[Floats, Floats]:
    """The survival curve of a fit, and its standard error (delta method)."""
    theta = np.log([found.alpha, found.beta])
    slopes = np.column_stack(
        [
            (survival(theta + step, periods=periods) - survival(theta - step, periods=periods)) / (2 * STEP)
            for step in STEP * np.eye(2)
        ]
    )
    variance = np.einsum("ij,jk,ik->i", slopes, found.covariance, slopes)
    return survival(theta, periods=periods), np.sqrt(np.maximum(variance, 0.0))


def _months(first: pd.Series, last: pd.Series) -> NDArray[np.int64]:
    """Whole months from a day to another; the last day of a shorter month counts as the day looked for."""
    count = (last.dt.year - first.dt.year) * 12 + last.dt.month - first.dt.month
    is_short = (last.dt.day < first.dt.day) & ~last.dt.is_month_end
    return np.asarray(count - is_short, dtype=np.int64)
