"""Which model of spend to use: Gamma-Gamma where it fits, holds and gives back the mean, else shrunk means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from helpers.errors import FitError
from helpers.models.buying.fitting import Fit
from helpers.models.spend import gamma_gamma, shrunk_mean, spending
from helpers.models.spend.independence import Independence, independence
from helpers.models.spend.shrunk_mean import Shrunk
from helpers.models.spend.spending import Spending
from helpers.models.statistics import intervals
from helpers.watching import Readable

INSTEAD = "Expected spend is the shrunk mean of each customer's own purchases, not Gamma-Gamma's."


@dataclass(frozen=True, eq=False)
class SpendChoice(Readable):
    """A model of spend, what customers are expected to spend by it, and why it is this one.

    Attributes
    ----------
    name
        gamma_gamma or shrunk_mean.
    customers
        One row per customer in the order of the spend: expected_spend_amount (of a purchase), is_seen (whether repeat
        spend was seen; of others it is the mean of all, or of customers who came back least often).
    independence
        Whether spend goes with frequency.
    fit
        Of Gamma-Gamma, also where it is not used; None where it cannot be fitted at all.
    shrunk
        The shrunk means; None where Gamma-Gamma is used.
    notes
        Why, and what a reader must know: a sentence each, the reason first.
    """

    name: Literal["gamma_gamma", "shrunk_mean"]
    customers: pd.DataFrame
    independence: Independence
    fit: Fit | None
    shrunk: Shrunk | None
    notes: tuple[str, ...]


def choose(spend: pd.DataFrame, *, level: float) -> SpendChoice:
    """The model of spend that these data bear.

    Parameters
    ----------
    spend
        One row per customer: repeat_count (0 or more), mean_amount (per repeat purchase, NaN for one-time buyers),
        first_amount where known.
    level
        Coverage of the intervals by which it is decided, between 0 and 1.

    Raises
    ------
    FitError
        There is no customer, a row is impossible, or nobody paid anything.

    Notes
    -----
    Gamma-Gamma is used where it is identified, spend does not go with frequency, and its mean of all lies in the
    interval of the mean over customers who came back. Where spend has a heavier tail than it knows (lognormal with a
    standard deviation of 1.2 of the logarithm), the likelihood is right about most customers and the mean of all, which
    one-time buyers get, several times too high.
    """
    if not len(spend):
        raise FitError("a model of spend needs one customer at least, found none.")
    gamma_gamma.check(spend)
    tested = independence(spend, level=level)
    fit = gamma_gamma.fit(spend, level=level) if gamma_gamma.can_fit(spend) else None
    why = _why_not(fit, tested) or _why_not_the_mean(fit, spend, level=level)
    if fit is not None and not why:
        expected, is_seen = gamma_gamma.expected_spend(fit.theta, spend), spend["repeat_count"].to_numpy() > 0
        customers = pd.DataFrame({"expected_spend_amount": expected, "is_seen": is_seen})
        return SpendChoice("gamma_gamma", customers, tested, fit, None, (tested.note, *fit.notes))
    shrunk = shrunk_mean.shrink(spend)
    customers = shrunk.customers[["expected_spend_amount", "is_seen"]]
    notes = (f"{INSTEAD} {why}", *shrunk.notes) if fit is not None else shrunk.notes
    return SpendChoice("shrunk_mean", customers, tested, fit, shrunk, notes)


def spending_of(choice: SpendChoice, spend: pd.DataFrame, *, draws: int, seed: int) -> Spending:
    """The chosen model as values need it: expected money of orders, and draws of it.

    Parameters
    ----------
    choice
        Of `choose`.
    spend
        What it was chosen for.
    draws, seed
        As many draws as the `Prediction` has.
    """
    if choice.shrunk is not None:
        shrunk = choice.shrunk
        errors = {"log_common": shrunk.log_common, "log_seen": shrunk.log_seen}
        return spending.scattered(shrunk.customers, **errors, draws=draws, seed=seed)
    if choice.fit is None:
        raise ValueError("a choice must hold a fit or shrunk means")
    return spending.gamma_gamma(choice.fit, spend, draws=draws, seed=seed)


def _why_not(fit: Fit | None, tested: Independence) -> str:
    """The sentence why Gamma-Gamma is not to be used; empty where it is, or where there is nothing to fit it to."""
    if fit is None:
        return ""
    if not fit.is_identified:
        return fit.notes[0]
    return "" if tested.is_independent else tested.note


def _why_not_the_mean(fit: Fit | None, spend: pd.DataFrame, *, level: float) -> str:
    """The same of the mean spend that Gamma-Gamma gives who was never seen to come back."""
    if fit is None:
        return ""
    paid = spend.loc[(spend["repeat_count"] > 0) & (spend["mean_amount"] > 0), "mean_amount"]
    seen, mean = (
        intervals.ratio_of_totals(paid, np.ones(len(paid)), level=level),
        gamma_gamma.population_mean(fit.theta),
    )
    if np.isnan(seen.low) or seen.low <= mean <= seen.high:
        return ""
    return (
        f"Its mean customer pays {mean / seen.value:.2f} times what the {seen.n:,} customers who came back paid, "
        "more than chance explains."
    )
