"""Why customers leave: the share that has left for each reason by each age, where reasons compete."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from helpers.models.survival.risk_sets import Floats, RiskSets, risk_sets
from helpers.models.survival.survivors import bounds


def incidence(
    stop: ArrayLike,
    reasons: Sequence[str | None] | pd.Series,
    *,
    ages: ArrayLike,
    level: float,
    start: ArrayLike | None = None,
) -> pd.DataFrame:
    """The share of spells that has ended for each reason by some ages (Aalen and Johansen).

    Parameters
    ----------
    stop
        One entry per spell: the age until which it was watched.
    reasons
        Why it ended then; missing where it did not end.
    ages
        At which the shares are told, in the unit of `stop`.
    level
        Coverage of the intervals, between 0 and 1.
    start
        The age after which each was watched; from 0 where not given.

    Returns
    -------
    pandas.DataFrame
        One row per reason, by name, and age: reason; age; share, standard_error, low, high (missing where nobody has
        ended for it, and beyond the age watched); ended_count (for the reason, by the age). At each age the shares
        sum to one less that of those still there.

    Notes
    -----
    F(t) = sum S(s-) d_j / n over moments s up to t. One less the survival curve of those who left for a reason, others
    taken as lost from sight, is a common misuse: it is too high, and such shares sum to more than all. Endings at one
    age are taken together: nothing is drawn to part them. The variance is the delta method's; intervals are made of
    log(-log(1 - F)).

    References
    ----------
    Aalen and Johansen (1978), An empirical transition matrix for non-homogeneous Markov chains based on censored
    observations, Scandinavian Journal of Statistics 5(3), 141-150; Marubini and Valsecchi (1995), Analysing Survival
    Data from Clinical Trials and Observational Studies, section 10.2 (the variance).
    """
    why = pd.Series(reasons).reset_index(drop=True)
    sets = risk_sets(stop, why.notna(), start=start)
    asked = np.atleast_1d(np.asarray(ages, dtype=float))
    place = np.searchsorted(sets.time, asked, side="right")
    watched = asked <= np.max(np.asarray(stop, dtype=float), initial=0.0)
    parts = []
    for reason in sorted(why.dropna().unique()):
        ended = sets.ended((why == reason).astype(float))
        share, variance = _incidence(sets, ended)
        share, variance = (np.where(watched, one[place], np.nan) for one in (share, variance))
        left = 1 - share
        low, high = bounds(left, variance / left**2, level=level)
        counts = np.concatenate([[0.0], np.cumsum(ended)])[place].astype(int)
        known = {"share": share, "standard_error": np.sqrt(variance), "low": 1 - high, "high": 1 - low}
        parts.append(pd.DataFrame({"reason": reason, "age": asked} | known | {"ended_count": counts}))
    return pd.concat(parts, ignore_index=True) if parts else _nobody()


def _incidence(sets: RiskSets, own: Floats) -> tuple[Floats, Floats]:
    """The share that has ended for a reason after each moment, and its variance; zeros before the first."""
    at_risk, ended = sets.at_risk(), sets.ended()
    before = np.concatenate([[1.0], np.cumprod(1 - ended / at_risk)[:-1]])
    share = np.cumsum(before * own / at_risk)
    still = at_risk > ended
    greenwood = np.where(still, ended / (at_risk * np.where(still, at_risk - ended, 1.0)), 0.0)
    cross = before * own / at_risk**2
    # sum over moments s of (F(t) - F(s))^2 a(s) and of (F(t) - F(s)) c(s), each opened into running sums
    squares = share**2 * np.cumsum(greenwood) - 2 * share * np.cumsum(share * greenwood)
    squares += np.cumsum(share**2 * greenwood)
    products = share * np.cumsum(cross) - np.cumsum(share * cross)
    variance = squares + np.cumsum(before**2 * own * (at_risk - own) / at_risk**3) - 2 * products
    return np.concatenate([[0.0], share]), np.concatenate([[0.0], np.maximum(variance, 0.0)])


def _nobody() -> pd.DataFrame:
    columns = ["reason", "age", "share", "standard_error", "low", "high", "ended_count"]
    return pd.DataFrame({name: pd.Series(dtype=object if name == "reason" else float) for name in columns})
