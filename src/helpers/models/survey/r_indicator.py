"""Whether answers represent all asked: the R-indicator of the chances to answer, and interviews weighted by them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from helpers.errors import FitError
from helpers.models.survey.design import Design, Floats, covariance
from helpers.models.survey.response_propensity import Propensities, propensities

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
    response
        A row per invitation, as of `response_propensity.propensities`: `propensity` (the chance that the customer
        answers, by what is known of them) and `weight` (how many customers the interview stands for); NaN outside the
        wave.
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
    response: pd.DataFrame
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
    places = np.flatnonzero((is_in & (invitations["outcome"] != "ineligible")).to_numpy())
    of_wave = about.reindex(columns=list(names)).iloc[places].astype("string")
    has_answered = invitations["outcome"].iloc[places].isin(GIVEN)
    told = [name for name in names if of_wave[name].fillna(UNKNOWN).nunique() > 1]
    if len(places) < FEWEST or has_answered.nunique() < 2 or not told:
        why = f"It takes {FEWEST} invitations, of which some were answered and some not, and groups of customers."
        return _unknown(invitations, names, len(places), why)
    asked = invitations["weight"].to_numpy(dtype=float)[places] if "weight" in invitations else np.ones(len(places))
    weights = np.where(np.isfinite(asked), asked, 0)
    try:
        fit = propensities(of_wave.assign(has_answered=has_answered), features=told, weights=weights)
    except FitError as error:
        return _unknown(invitations, names, len(places), str(error))
    variance, plain, spread = _spread(fit, np.asarray(has_answered, dtype=np.float64))
    half = float(stdtrit(fit.sample.degrees, (1 + level) / 2)) * spread
    value, low, high, as_it_is = (
        float(1 - 2 * np.sqrt(max(one, 0))) for one in (variance, variance + half, variance - half, plain)
    )
    response = fit.table.assign(weight=fit.table["weight"] * weights).reindex(invitations.index)
    return Representativity(value, low, high, as_it_is, response, tuple(names), len(places))


def _unknown(invitations: pd.DataFrame, names: Sequence[str], n: int, why: str) -> Representativity:
    nothing = pd.DataFrame(np.nan, index=invitations.index, columns=["propensity", "weight"])
    return Representativity(*(np.nan,) * 4, nothing, tuple(names), n, why)


def _spread(fit: Propensities, answered: Floats) -> tuple[float, float, float]:
    """The variance of the chances less what estimating adds to it, the variance as it stands, and its error."""
    columns, sample = fit.columns.to_numpy(dtype=float), fit.sample
    chance: Floats = fit.table["propensity"].to_numpy(dtype=float)
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
    """The design of the interviews of the wave, weighted by one over the chance to be invited and to answer, trimmed.

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
    weight = found.response["weight"].groupby(invitations["response_id"]).first()
    used = np.asarray(interviews["response_id"].map(weight).fillna(0), dtype=np.float64)
    return replace(design, weights=used, auxiliaries=None, base_weights=None) if used.any() else None
