"""Whether groups leave at the same pace: the log-rank test, plain and stratified."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import chdtrc

from helpers.models.survival.risk_sets import codes, flags, risk_sets
from helpers.watching import Readable


@dataclass(frozen=True)
class Test(Readable):
    """A test of a hypothesis: its statistic (chi-squared), degrees of freedom and p-value."""

    statistic: float
    freedom: int
    p_value: float


def chi_squared(statistic: float, freedom: int) -> Test:
    """The test whose statistic is chi-squared with so many degrees of freedom where the hypothesis holds."""
    return Test(float(statistic), freedom, float(chdtrc(freedom, statistic)))


def log_rank(
    stop: ArrayLike,
    is_ended: ArrayLike,
    *,
    groups: ArrayLike,
    start: ArrayLike | None = None,
    strata: ArrayLike | None = None,
) -> Test:
    """Whether the hazards of leaving of several groups are the same at all ages.

    Parameters
    ----------
    stop, is_ended, start, strata
        The spells, as `risk_sets.risk_sets` takes them; groups are compared within strata.
    groups
        The group of each spell; of several columns each combination is a group. Spells of which the group or the
        stratum is missing are left out. With one group only there is nothing to test: NaN.

    Notes
    -----
    Observed less expected leavers are summed over moments, with the hypergeometric variance d (n - d) / (n - 1). It
    weighs all ages alike and can miss curves that cross.

    References
    ----------
    Mantel (1966), Evaluation of survival data and two new rank order statistics arising in its consideration, Cancer
    Chemotherapy Reports 50(3), 163-170; Klein and Moeschberger (2003), Survival Analysis, 2nd ed., sections 7.3, 7.5.
    """
    place, stratum = codes(groups), None if strata is None else codes(strata)
    is_known = place >= 0 if stratum is None else (place >= 0) & (stratum >= 0)
    since = None if start is None else np.asarray(start)[is_known]
    within = None if stratum is None else stratum[is_known]
    sets = risk_sets(np.asarray(stop)[is_known], flags(is_ended)[is_known], start=since, strata=within)
    place = place[is_known]
    found = np.unique(place)
    if len(found) < 2:
        return Test(np.nan, 0, np.nan)
    member = [(place == group).astype(float) for group in found[:-1]]
    at_risk, ended = sets.at_risk(), sets.ended()
    shares = np.array([sets.at_risk(one) for one in member]) / at_risk
    excess = np.array([sets.ended(one) for one in member]).sum(axis=1) - shares @ ended
    spread = ended * (at_risk - ended) / np.maximum(at_risk - 1, 1)
    covariance = np.diag(shares @ spread) - (shares * spread) @ shares.T
    return chi_squared(excess @ np.linalg.pinv(covariance) @ excess, int(np.linalg.matrix_rank(covariance)))
