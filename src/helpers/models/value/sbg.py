"""Shifted beta-geometric: how long contracts last that can end at each renewal, and what the rest of them is worth.

At each renewal a customer leaves with a probability u ~ Beta(alpha, beta) of its own. Retention rises with time because
those who leave easily leave first, not because anybody grows loyal.

References
----------
Fader and Hardie (2007), How to project customer retention, Journal of Interactive Marketing 21(1), equations 5 to 8.
Fader and Hardie (2010), Customer-base valuation in a contractual setting: the perils of ignoring heterogeneity,
Marketing Science 29(1), equation 6.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import betaln, digamma

from helpers.errors import FitError, message
from helpers.models.buying import fitting
from helpers.models.buying.fitting import Fit
from helpers.models.buying.prediction import interval, parameter_draws
from helpers.models.buying.rows import Floats, Whole
from helpers.models.statistics.intervals import wilson_bounds
from helpers.models.value import renewals


@dataclass(frozen=True, eq=False)
class Contracts:
    """Distinct lengths of contracts.

    Attributes
    ----------
    period
        Of an ended contract the period at whose end it was not renewed, 1 or more; of an active one the renewals that
        were seen, 0 or more.
    is_ended
        1 for ended, 0 for active at the end of watching.
    weight
        Contracts of this length.
    index
        One entry per contract: the length it is counted in.
    """

    period: Floats
    is_ended: Floats
    weight: Floats
    index: Whole

    def __len__(self) -> int:
        return len(self.period)

    @property
    def customer_count(self) -> int:
        return len(self.index)

    @property
    def unit(self) -> float:
        """No parameter has a unit."""
        return 1.0

    def some(self, places: Whole) -> Contracts:
        """The lengths at these places alone."""
        return Contracts(self.period[places], self.is_ended[places], self.weight[places], np.arange(len(places)))


def collapse(contracts: pd.DataFrame) -> Contracts:
    """The distinct lengths of contracts with their number.

    Parameters
    ----------
    contracts
        One row per contract: period_count, is_ended; see `Contracts.period`. Periods must be complete: of a contract
        that runs since 3.5 months three renewals were seen, and whether it ended in the fourth month is left out until
        that month is over, for else only those that ended would be counted in it (`features.contracts.renewals`).

    Raises
    ------
    FitError
        A length is impossible.
    """
    period, ended = contracts["period_count"].to_numpy(dtype=float), contracts["is_ended"].to_numpy(dtype=float)
    is_whole = np.isfinite(period) & (period >= 0) & (period == np.floor(period))
    rules = {
        "`period_count` must be a whole number, 0 or more": ~is_whole,
        "`period_count` must be 1 or more where a contract ended": is_whole & (ended > 0) & (period < 1),
        "`is_ended` must be true or false": (ended != 0) & (ended != 1),
    }
    found = [
        f"{rule}: {int(wrong.sum()):,} contracts, first {period[wrong][0]:g}"
        for rule, wrong in rules.items()
        if wrong.any()
    ]
    if not len(contracts):
        found = ["there must be one contract at least, found none"]
    if found:
        raise FitError(message("lengths of contracts must be possible", found))
    keys = np.column_stack([period, ended])
    distinct, index, weight = np.unique(keys, axis=0, return_inverse=True, return_counts=True)
    return Contracts(distinct[:, 0], distinct[:, 1], weight.astype(float), index.reshape(-1))


def from_survivors(survivors: Sequence[int]) -> Contracts:
    """The lengths of the contracts of one cohort, of which it is known how many were left after each renewal.

    Parameters
    ----------
    survivors
        Contracts at the start, after the first renewal, after the second, and so on; never rising.

    Raises
    ------
    ValueError
        The numbers rise or there are fewer than two.
    """
    left = np.asarray(survivors, dtype=np.int64)
    if len(left) < 2 or (np.diff(left) > 0).any() or left[-1] < 0 or left[0] < 1:
        raise ValueError(f"survivors must be two or more counts that never rise, found {list(survivors)}")
    lost = -np.diff(left)
    period = np.append(np.arange(1, len(left)), len(left) - 1).astype(float)
    weight = np.append(lost, left[-1])
    kept = np.flatnonzero(weight)
    ended = np.append(np.ones(len(lost)), 0.0)
    index = np.repeat(np.arange(len(kept)), weight[kept])
    return Contracts(period[kept], ended[kept], weight[kept].astype(float), index)


@dataclass(frozen=True)
class ShiftedBetaGeometric:
    """The model as a fit sees it."""

    name: str = "sbg"
    title: str = "Shifted beta-geometric"
    parameters: tuple[str, ...] = ("alpha", "beta")
    is_scaled: tuple[bool, ...] = (False, False)
    starts: tuple[tuple[float, ...], ...] = ((1.0, 1.0), (0.5, 4.0), (5.0, 20.0), (0.2, 0.5))

    @staticmethod
    def log_likelihood(theta: Floats, rows: Contracts) -> tuple[Floats, Floats]:
        """Of one contract of each length, and its gradient with respect to log theta (equations 5 and 6)."""
        alpha, beta = theta
        ended, renewed = rows.is_ended, rows.period - rows.is_ended
        value = betaln(alpha + ended, beta + renewed) - betaln(alpha, beta)
        both = digamma(alpha + beta) - digamma(alpha + beta + rows.period)
        in_alpha = both + ended / alpha
        in_beta = both + digamma(beta + renewed) - digamma(beta)
        return value, np.column_stack([in_alpha * alpha, in_beta * beta])

    @staticmethod
    def means(theta: Floats) -> dict[str, float]:
        """The mean probability of leaving at a renewal: the share that leaves at the first one."""
        alpha, beta = theta
        return {"dropout_probability": alpha / (alpha + beta)}


MODEL = ShiftedBetaGeometric()


def fit(contracts: pd.DataFrame, *, level: float, pooled: Fit | None = None) -> Fit:
    """The fit to lengths of contracts; see `collapse` and `fitting.fit`."""
    return fitting.fit(MODEL, collapse(contracts), level=level, pooled=pooled)


def survival(theta: Floats, *, periods: int) -> Floats:
    """S(0), S(1) ... S(periods): shares of new contracts that are left after so many renewals (equation 6)."""
    return np.concatenate([[1.0], np.cumprod(retention(theta, periods=periods))])


def retention(theta: Floats, *, periods: int) -> Floats:
    """r(1) ... r(periods): shares of the contracts still running that are renewed at each renewal (equation 8)."""
    if periods < 0:
        raise ValueError(f"periods must be 0 or more, found {periods}")
    alpha, beta = theta
    before = np.arange(float(periods))
    return (beta + before) / (alpha + beta + before)


def curve(fit: Fit, rows: Contracts, *, periods: int, level: float, seed: int) -> pd.DataFrame:
    """Retention and survival by renewal: what was seen, and what the model makes of it and expects further on.

    Parameters
    ----------
    fit, rows
        The fit and what it was made for.
    periods
        Renewals to show, also beyond those that were seen.
    level, seed
        Coverage of the intervals, and seed of the draws of the parameters.

    Returns
    -------
    pandas.DataFrame
        One row per renewal, from 1: period; at_risk_count (contracts whose renewal was seen); renewed_count;
        retention_share (NaN where none was seen) with low, high (Wilson); survival_share (the product of the former:
        Kaplan and Meier's); model_retention_share; model_survival_share with model_low, model_high (of the curve: what
        is not known of the parameters; NaN where the fit is not identified).
    """
    at = np.arange(1, periods + 1)
    risk = np.array([rows.weight[rows.period >= one].sum() for one in at])
    lost = np.array([rows.weight[(rows.period == one) & (rows.is_ended > 0)].sum() for one in at])
    seen = np.where(risk > 0, risk, np.nan)
    low, high = wilson_bounds(risk - lost, seen, level=level)
    thetas = parameter_draws(fit, draws=1_000, seed=seed)
    band = np.stack(interval([survival(theta, periods=periods)[1:] for theta in thetas], level=level))
    band[:, :] = band if fit.is_identified else np.nan
    return pd.DataFrame(
        {
            "period": at,
            "at_risk_count": risk.astype(np.int64),
            "renewed_count": (risk - lost).astype(np.int64),
            "retention_share": 1 - lost / seen,
            "low": low,
            "high": high,
            "survival_share": np.cumprod(1 - lost / seen),
            "model_retention_share": retention(fit.theta, periods=periods),
            "model_survival_share": survival(fit.theta, periods=periods)[1:],
            "model_low": band[0],
            "model_high": band[1],
        }
    )


def expected_renewals(theta: Floats, renewed: Floats, *, periods: int) -> Floats:
    """Expected renewals among the next `periods` of contracts that run and were renewed so often, one per entry."""
    if periods < 0:
        raise ValueError(f"periods must be 0 or more, found {periods}")
    alpha, beta = theta
    later = np.asarray(renewed, dtype=float)[:, None] + np.arange(float(periods))
    return np.cumprod((beta + later) / (alpha + beta + later), axis=1).sum(axis=1)


def residual(theta: Floats, renewed: Floats, *, rate: float) -> Floats:
    """Discounted expected renewals to come of contracts that run and were renewed so often (DERL, equation 6 of 2010).

    Parameters
    ----------
    theta
        alpha, beta.
    renewed
        Renewals so far, an entry per contract: 0 in its first period.
    rate
        Discount rate of a period, above 0. The next renewal is due now and not discounted; where it is due in a period
        from now divide by 1 + rate. The sum without discounting is infinite where alpha is 1 or less.
    """
    alpha, beta = theta
    n = np.asarray(renewed, dtype=float)
    return (beta + n) / (alpha + beta + n) * renewals.discounted(alpha, beta + n + 1, rate=rate)


def draw(theta: Floats, renewed: Floats, *, periods: int, rng: np.random.Generator) -> Floats:
    """One draw of the renewals among the next `periods`, for each running contract that was renewed so often."""
    alpha, beta = theta
    leaves = rng.beta(alpha, beta + np.asarray(renewed, dtype=float))
    return np.minimum(rng.geometric(np.clip(leaves, 1e-12, 1.0)) - 1, periods).astype(float)
