"""How likely each invited customer was to answer, and weights that let those who did stand for those who did not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit

from helpers.errors import FitError
from helpers.models.survey.design import Design, Floats, design
from helpers.models.survey.regression import ordered_logit

Flags = NDArray[np.bool_]

LEAST_OF_LEVEL = 10
"""Fewest who answered, and fewest who did not, for a level of a feature to have a column of its own."""
LARGEST_RATIO = 5.0
"""A weight is trimmed to so many times the median weight of those who answered, unless told otherwise."""


@dataclass(frozen=True, eq=False)
class Propensities:
    """How likely customers were to answer.

    Attributes
    ----------
    table
        A row per invited customer, with the index of the frame that was given: `propensity` (above 0, at most 1) and
        `weight` (how many of the invited the customer stands for; 0 for who did not answer). Weights sum to the number
        of the invited.
    columns
        The columns of the model, a row per invited customer: the constant, then numbers in standard deviations and
        levels as 0 or 1. With `propensity` it is what the bias of an indicator of representativity needs.
    sample
        The invitations as a design: with what weights they were fitted.
    answered_count
        How many answered.
    trimmed_count
        How many weights were cut to the largest.
    largest_ratio
        To how many times the median weight.
    """

    table: pd.DataFrame
    columns: pd.DataFrame
    sample: Design
    answered_count: int
    trimmed_count: int
    largest_ratio: float


def propensities(
    invited: pd.DataFrame,
    *,
    features: Sequence[str],
    weights: Floats | None = None,
    largest_ratio: float = LARGEST_RATIO,
) -> Propensities:
    """The chance of each invited customer to answer, by a logistic regression on what is known of all of them.

    It is the only fit of that chance: the R-indicator judges it, and the weights of the interviews and of what
    customers did later are made of it.

    Parameters
    ----------
    invited
        A row per invited customer (or customer and wave): `has_answered`, true or false, and the features. Where nobody
        knows who was invited, those who could have been stand in, and the page must say so.
    features
        Columns of the frame, known of those who answered and of those who did not, from before the answer: numbers
        (what is missing gets the mean and a column that says so) or text (a missing level is a level).
    weights
        How many customers each invitation stands for, zero or more, an entry per row, where they were sent with unequal
        chances: the regression is then that of all customers. One each where None.
    largest_ratio
        Weights are trimmed to so many times their median, above 1: few customers must not speak for all.

    Raises
    ------
    FitError
        Nobody answered, or a feature tells exactly who did.

    Notes
    -----
    weight = 1 / propensity of those who answered, trimmed, then scaled to the number of the invited; where invitations
    have weights, multiply by these (Little (1986),
    Survey nonresponse adjustments, International Statistical Review 54, 139-157; trimming: Potter (1990)). It mends
    what the features know of, and nothing else: who answers because they are content, beyond their features, still
    answers too often. A level of which fewer than ten answered, or fewer than ten did not, is pooled with the most
    frequent.
    """
    answered = invited["has_answered"].to_numpy(dtype=bool)
    if not answered.any():
        raise FitError("chances to answer need somebody who answered, found nobody")
    columns = _columns(invited, features, answered)
    sample = design(np.ones(len(invited)) if weights is None else weights)
    chance = _fitted(columns.to_numpy(dtype=float)[:, 1:], answered, sample)
    raw = 1 / chance[answered]
    most = largest_ratio * float(np.median(raw))
    weight = np.zeros(len(invited))
    weight[answered] = np.minimum(raw, most)
    weight *= len(invited) / weight.sum()
    table = pd.DataFrame({"propensity": chance, "weight": weight}, index=invited.index)
    return Propensities(table, columns, sample, int(answered.sum()), int((raw > most).sum()), largest_ratio)


def _fitted(x: Floats, answered: Flags, sample: Design) -> Floats:
    """The chances of a logistic regression, the share of those who answered where nothing tells them apart."""
    if not x.shape[1] or answered.all():
        return np.full(len(x), np.average(answered, weights=sample.weights))
    try:
        found = ordered_logit(answered, x, design=sample)
    except (FitError, np.linalg.LinAlgError) as error:
        raise FitError("chances to answer cannot be fitted: does a feature tell exactly who answered?") from error
    chance: Floats = np.clip(expit(x @ found.coefficients - found.cuts[0]), 1e-6, 1.0)
    return chance


def _columns(invited: pd.DataFrame, features: Sequence[str], answered: Flags) -> pd.DataFrame:
    """The constant and a column per number and level, those left out that follow from the others."""
    made: dict[str, NDArray[Any]] = {"constant": np.ones(len(invited))}
    for name in features:
        values = invited[name]
        if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
            numbers = values.astype(float)
            spread = float(numbers.std())
            if spread > 0:
                made[name] = ((numbers - numbers.mean()) / spread).fillna(0.0).to_numpy()
            made[f"{name}: missing"] = numbers.isna().to_numpy(dtype=float)
        else:
            levels = values.astype("string").fillna("missing")
            did, did_not = (levels[which].value_counts() for which in (answered, ~answered))
            known = [one for one in sorted(did.index) if min(did[one], did_not.get(one, 0)) >= LEAST_OF_LEVEL]
            usual = levels.value_counts().index[0]
            made |= {f"{name}: {one}": (levels == one).to_numpy(dtype=float) for one in known if one != usual}
    return _independent(pd.DataFrame(made, index=invited.index))


def _independent(columns: pd.DataFrame) -> pd.DataFrame:
    """The columns without those that are sums of columns before them."""
    _, triangle = np.linalg.qr(columns.to_numpy(dtype=float))
    lengths = np.abs(np.diag(triangle))
    return columns.loc[:, lengths > 1e-8 * np.sqrt(len(columns))]
