"""Which model to use, and for what it must not be used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import ndtri

from helpers.models.buying.fitting import Fit
from helpers.models.buying.interface import BuyingModel
from helpers.models.buying.registry import MODELS
from helpers.models.buying.rows import Floats
from helpers.models.evaluation.naive_rivals import NAIVE
from helpers.models.evaluation.scores import errors
from helpers.models.evaluation.trials import Trial
from helpers.models.statistics import intervals
from helpers.watching import Readable

EQUAL = 1e-9
"""Relative difference up to which two numbers are equal: processors differ in the eleventh digit."""
TOTALS, CUSTOMERS = "totals", "customers"
UNFIT_FOR = {
    "no_holdout": (TOTALS, CUSTOMERS),
    "no_model": (TOTALS, CUSTOMERS),
    "no_purchases": (TOTALS, CUSTOMERS),
    "total_off": (TOTALS,),
    "revenue_off": (TOTALS,),
    "rival_total": (TOTALS,),
    "rival_customers": (CUSTOMERS,),
}
"""What a model may not be used for, by the reason: sums over many customers, or telling customers apart."""
UNKNOWN = intervals.Estimate(np.nan, np.nan, np.nan, 0)


@dataclass(frozen=True)
class Verdict(Readable):
    """Which model to use, and for what not.

    Attributes
    ----------
    model, title
        The model that the holdout recommends, by name and in print; None and "" where there is none.
    is_trusted
        Whether it may be used for everything: no reason speaks against it.
    reasons
        Codes, the keys of UNFIT_FOR; empty where trusted.
    unfit_for
        What it must not be used for: `totals` (sums over many customers: budgets), `customers` (telling them apart).
    is_identified
        Whether the data identify the model's parameters.
    n, weeks, limit
        Customers judged, length of the holdout, and the share by which a total may be off.
    off
        Relative error of the expected total purchases, with its interval: what it might be with other customers, who
        are the independent units. That the parameters were estimated is not in it.
    expected, actual
        Total purchases in the holdout.
    rmse
        Root of the mean squared error of a customer, in purchases.
    revenue_off
        Relative error of the expected revenue, where it was judged.
    rival, rival_expected, rival_rmse
        The naive forecaster to name beside it: the one that wins, or else the best per customer; None where none could
        be made.
    """

    model: str | None
    title: str = ""
    reasons: tuple[str, ...] = ()
    is_identified: bool = True
    n: int = 0
    weeks: float = 0.0
    limit: float = 0.2
    off: intervals.Estimate = UNKNOWN
    expected: float = np.nan
    actual: float = np.nan
    rmse: float = np.nan
    revenue_off: float = np.nan
    rival: str | None = None
    rival_expected: float = np.nan
    rival_rmse: float = np.nan

    @property
    def is_trusted(self) -> bool:
        return not self.reasons

    @property
    def is_tested(self) -> bool:
        """Whether a model was asked for days that it had not seen; else what it says is no more than a guess."""
        return "no_holdout" not in self.reasons

    @property
    def rival_off(self) -> float:
        """Relative error of the total that the rival expected; NaN where there is none."""
        return self.rival_expected / self.actual - 1 if self.actual else float("nan")

    def mark(self, table: pd.DataFrame, *uses: str) -> pd.DataFrame:
        """A table whose numbers rest on the model, with whether they may be used for these uses, and why not.

        Columns is_usable, and reason: the codes that speak against any of the uses, one after the other; "" where none.
        """
        against = [reason for reason in self.reasons if set(UNFIT_FOR[reason]) & set(uses)]
        return table.assign(is_usable=not against, reason=" ".join(against))

    @property
    def unfit_for(self) -> tuple[str, ...]:
        unfit = {use for reason in self.reasons for use in UNFIT_FOR[reason]}
        return tuple(use for use in (TOTALS, CUSTOMERS) if use in unfit)


def recommend(trial: Trial, *, limit: float = 0.2, expected_spend: ArrayLike | None = None) -> Verdict:
    """The model to use, and what speaks against using it.

    Parameters
    ----------
    trial
        Of `trial`.
    limit
        Share by which the expected total may be off.
    expected_spend
        What each customer is expected to pay per purchase, by a model of spend of the same calibration: then the
        revenue of the holdout is judged as well.

    Returns
    -------
    Verdict

    Notes
    -----
    Models that are identified (all where none is) are scored twice, customer by customer: by the squared error of
    purchases, and by that of the chance to come back at all (Brier 1950, Verification of forecasts expressed in terms
    of probability, Monthly Weather Review 78). A model is as good as the best where neither score is more than one
    standard error of the difference behind the best one (the rule of Breiman et al. 1984, Classification and regression
    trees, section 3.4.3); where none is, those whose worse score is the fewest standard errors behind. Among them the
    one whose total is nearest is recommended. Likelihood has no say.

    Against it speak: a total off by more than `limit` (of purchases, or of revenue); a naive rival with a smaller
    squared error, by however little, for a model must earn its keep; a naive rival with a nearer total, where the
    actual total lies beyond the middle between both, on the rival's side, by more than chance (one-sided, at the
    trial's level): between two sums, being nearer is otherwise luck.
    """
    usable = [fit for fit in trial.fits if np.isfinite(trial.expected[fit.model]).all()]
    n, weeks = len(trial.customers), trial.plan.weeks
    if not usable:
        return Verdict(None, reasons=("no_model",), n=n, weeks=weeks, limit=limit)
    best = _best(trial, [fit for fit in usable if fit.is_identified] or usable)
    expected, actual = trial.expected[best.model].to_numpy(), trial.actual
    off, revenue_off = _off(expected, actual, trial.level), _revenue_off(trial, expected, expected_spend)
    in_total, per_customer, rival = _rivals(trial, expected)
    against = {
        "total_off": abs(off.value) > limit + EQUAL,
        "revenue_off": abs(revenue_off) > limit + EQUAL,
        "rival_total": in_total is not None,
        "rival_customers": per_customer is not None,
    }
    reasons = tuple(reason for reason, is_so in against.items() if is_so) if actual.any() else ("no_purchases",)
    beside = errors(trial.expected[rival], actual) if rival else {}
    return Verdict(
        best.model,
        trial.models[best.model].title,
        reasons,
        is_identified=best.is_identified,
        n=n,
        weeks=weeks,
        limit=limit,
        off=off,
        expected=float(expected.sum()),
        actual=float(actual.sum()),
        rmse=errors(expected, actual)["rmse"],
        revenue_off=revenue_off,
        rival=rival,
        rival_expected=beside.get("holdout_purchase_count", np.nan),
        rival_rmse=beside.get("rmse", np.nan),
    )


def unjudged(fits: Sequence[Fit], *, models: Mapping[str, BuyingModel] = MODELS) -> Verdict:
    """The verdict where no holdout is possible: the first model that is identified, trusted for nothing."""
    best = next((fit for fit in fits if fit.is_identified), fits[0] if fits else None)
    if best is None:
        return Verdict(None, reasons=("no_holdout", "no_model"))
    title = models[best.model].title
    return Verdict(best.model, title, ("no_holdout",), is_identified=best.is_identified, n=best.n)


def _best(trial: Trial, fits: Sequence[Fit]) -> Fit:
    """The recommended fit; of two that agree in nine digits, the earlier one, on every machine."""
    names = [fit.model for fit in fits]
    counted = _behind({name: (trial.expected[name].to_numpy() - trial.actual) ** 2 for name in names})
    came_back = _behind({name: (trial.chances[name].to_numpy() - (trial.actual > 0)) ** 2 for name in names})
    worse = {name: max(counted[name], came_back[name]) for name in names}
    limit = max(1.0, min(worse.values())) + EQUAL
    near = [fit for fit in fits if worse[fit.model] <= limit]
    away = [abs(trial.expected[fit.model].sum() - trial.actual.sum()) for fit in near]
    is_nearest = [distance <= min(away) + EQUAL * trial.actual.sum() for distance in away]
    return near[is_nearest.index(True)]


def _behind(losses: Mapping[str, Floats]) -> dict[str, float]:
    """How many standard errors of the difference each mean loss is above the least; equal ones are none above it."""
    least = losses[min(losses, key=lambda name: losses[name].mean())]
    slack = EQUAL * float(least.mean())
    behind = {}
    for name, loss in losses.items():
        more, error = float((loss - least).mean()), _error(loss - least)
        behind[name] = 0.0 if more <= slack else more / error if error else np.inf
    return behind


def _error(values: Floats) -> float:
    """Standard error of the mean of independent values."""
    return float(values.std(ddof=1) / np.sqrt(len(values))) if len(values) > 1 else 0.0


def _off(expected: Floats, actual: Floats, level: float) -> intervals.Estimate:
    ratio = intervals.ratio_of_totals(expected, actual, level=level)
    return intervals.Estimate(ratio.value - 1, ratio.low - 1, ratio.high - 1, ratio.n)


def _revenue_off(trial: Trial, expected: Floats, expected_spend: ArrayLike | None) -> float:
    paid = float(trial.customers["holdout_amount"].sum())
    if expected_spend is None or paid <= 0:
        return np.nan
    return float(expected @ np.asarray(expected_spend, dtype=float)) / paid - 1


def _rivals(trial: Trial, expected: Floats) -> tuple[str | None, str | None, str | None]:
    """The naive rival that wins in total, the one that wins per customer, and the one to name."""
    actual, names = trial.actual, [str(name) for name in trial.expected if name in NAIVE]
    if not names:
        return None, None, None
    mean = {name: ((trial.expected[name].to_numpy() - actual) ** 2).mean() for name in names}
    nearest = min(names, key=lambda name: mean[name])
    per_customer = nearest if mean[nearest] < (1 - EQUAL) * ((expected - actual) ** 2).mean() else None
    winners = [name for name in names if _is_nearer(trial, expected, trial.expected[name].to_numpy())]
    in_total = min(winners, key=lambda name: abs(trial.expected[name].sum() - actual.sum()), default=None)
    return in_total, per_customer, per_customer or in_total or nearest


def _is_nearer(trial: Trial, expected: Floats, rival: Floats) -> bool:
    """Whether the actual total is on the rival's side of the middle of both totals, by more than chance."""
    actual, middle = trial.actual, (expected.sum() + rival.sum()) / 2
    beyond = (actual.sum() - middle) * np.sign(rival.sum() - expected.sum())
    chance = float(np.sqrt(len(actual))) * float((actual - expected).std())
    return bool(beyond > ndtri(trial.level) * chance and rival.sum() != expected.sum())
