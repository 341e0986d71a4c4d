"""How likely each invited customer was to answer, whether answers represent all, and weights that make up for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.special import expit, stdtrit

from helpers.errors import FitError
from helpers.models.survey.design import Design, Floats, covariance, design
from helpers.models.survey.regression import ordered_logit

FEWEST = 100
"""Invitations below which nothing is told."""
UNKNOWN = "unknown"
GIVEN = ("complete", "partial")


@dataclass(frozen=True, eq=False)
class Representativity:
    """How evenly customers answered.

    Attributes
    ----------
    indicator, low, high
        The R-indicator, at most 1: 1 where all groups answer alike, with its interval; NaN where it is unknown.
    plain_indicator
        The same without the adjustment for what chance adds.
    propensity
        The chance that each invited customer answers, by what is known of them, an entry per invitation; NaN outside
        the wave.
    names
        By what is known of them.
    n
        Invitations.
    why
        Why nothing can be told; empty where it can.
    """

    indicator: float
    low: float
    high: float
    plain_indicator: float
    propensity: Floats
    names: tuple[str, ...]
    n: int
    why: str = ""


def representativity(
    invitations: pd.DataFrame, about: pd.DataFrame, *, names: Sequence[str], is_in: pd.Series, level: float
) -> Representativity:
    """How evenly customers of different kinds answered one wave.

    Parameters
    ----------
    invitations
        A row per invitation: outcome, and weight where invitations had unequal chances; those who proved ineligible
        are left out.
    about
        A row per invitation, and what is known of the customer, as text.
    names
        The columns of `about` by which answering is explained: a logit of all of them.

    Notes
    -----
    R = 1 - 2 S, where S is the standard deviation of the chances of answering. Estimated chances vary even where the
    true ones do not: their mean variance, less the variance of their mean, is taken off. The interval is that of S
    squared, linearised in the sample and in the logit.

    References
    ----------
    Schouten, Cobben and Bethlehem (2009), Indicators for the representativeness of survey response, Survey Methodology
    35(1), 101-113; Shlomo, Skinner and Schouten (2012), Journal of Statistical Planning and Inference 142, 201-211.
    """
    used = is_in & (invitations["outcome"] != "ineligible")
    places = np.flatnonzero(used.to_numpy())
    propensity = np.full(len(invitations), np.nan)
    answered = np.asarray(invitations["outcome"].isin(GIVEN), dtype=np.float64)[places]
    x = _dummies(about.iloc[places], names)
    if len(places) < FEWEST or not 0 < answered.mean() < 1 or not x.shape[1]:
        why = f"It takes {FEWEST} invitations, of which some were answered and some not, and groups of customers."
        return Representativity(*(np.nan,) * 4, propensity, tuple(names), len(places), why)
    weight = invitations["weight"].to_numpy(dtype=float)[places] if "weight" in invitations else np.ones(len(places))
    sample = design(np.where(np.isfinite(weight), weight, 0))
    try:
        fit = ordered_logit(answered, x, design=sample)
    except FitError as error:
        return Representativity(*(np.nan,) * 4, propensity, tuple(names), len(places), str(error))
    chance = expit(x @ fit.coefficients - fit.cuts[0])
    propensity[places] = chance
    variance, plain, spread = _spread(chance, answered, x, sample)
    half = float(stdtrit(sample.degrees, (1 + level) / 2)) * spread
    value, low, high, as_it_is = (
        float(1 - 2 * np.sqrt(max(one, 0))) for one in (variance, variance + half, variance - half, plain)
    )
    return Representativity(value, low, high, as_it_is, propensity, tuple(names), len(places))


def _dummies(about: pd.DataFrame, names: Sequence[str]) -> Floats:
    """A column per level of each name but the first level; who is not known is a level."""
    if not len(names) or not len(about):
        return np.empty((len(about), 0))
    known = about.reindex(columns=list(names)).astype(object)
    labels = known.where(known.notna(), UNKNOWN).astype(str)
    return pd.get_dummies(labels, drop_first=True).to_numpy(dtype=float).reshape(len(about), -1)


def _spread(chance: Floats, answered: Floats, x: Floats, sample: Design) -> tuple[float, float, float]:
    """The variance of the chances less what estimating adds to it, the variance as it stands, and its error."""
    columns = np.column_stack([np.ones(len(x)), x])
    share = sample.weights / sample.weights.sum()
    slopes = (chance * (1 - chance))[:, None] * columns
    bread = np.linalg.pinv(columns.T @ (sample.weights[:, None] * slopes))
    of_fit = columns * (answered - chance)[:, None] @ bread
    spread_of_fit = covariance(sample, of_fit)
    middle, apart = share @ slopes, chance - share @ chance
    plain = float(share @ apart**2)
    added = float(share @ np.einsum("ij,jk,ik->i", slopes, spread_of_fit, slopes) - middle @ spread_of_fit @ middle)
    influence = (apart**2 - plain) / sample.weights.sum() + of_fit @ (2 * (share * apart) @ slopes)
    error = float(np.sqrt(covariance(sample, influence)[0, 0]))
    return plain - added, plain, error


def propensity_design(
    found: Representativity, invitations: pd.DataFrame, interviews: pd.DataFrame, *, design: Design
) -> Design | None:
    """The design of the interviews of the wave, weighted by one over the chance to be invited and to answer.

    Parameters
    ----------
    invitations, interviews
        Joined by response_id; an interview without an invitation gets no weight.
    design
        The design of the interviews, whose sampled units stay.

    Returns
    -------
    Design or None
        None where the chances are not known.
    """
    if found.why or "response_id" not in invitations:
        return None
    chance = pd.Series(found.propensity, index=invitations.index)
    asked = invitations["weight"].astype(float) if "weight" in invitations else 1.0
    weight = (asked / chance).groupby(invitations["response_id"]).first()
    used = np.asarray(interviews["response_id"].map(weight).fillna(0), dtype=np.float64)
    return replace(design, weights=used, auxiliaries=None, base_weights=None) if used.any() else None
