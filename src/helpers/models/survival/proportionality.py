"""Whether hazards stay in proportion: the test of Grambsch and Therneau, as R's cox.zph makes it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from helpers.models.survival.cox import CoxFit, Spells, derivatives
from helpers.models.survival.log_rank import chi_squared
from helpers.models.survival.risk_sets import Floats
from helpers.models.survival.survivors import survivors

ALL_TERMS = "all terms"


def proportionality(fit: CoxFit) -> pd.DataFrame:
    """Whether the hazard ratio of each term changes with age.

    Parameters
    ----------
    fit
        Of `cox.cox`.

    Returns
    -------
    pandas.DataFrame
        One row per term, and one of all terms together: term, statistic (chi-squared), freedom, p_value. A small
        p_value says that the ratio changes with age: what the model gives is a mean over ages.

    Notes
    -----
    A score test: to each term x is added x g(t), g being 1 - S(t-), the share of all spells that had left before. With
    the information of both at the estimates, in blocks I11, I12, I22, the statistic is u' (I22 - I21 I11^-1 I12)^-1 u,
    u being the score of the added terms, here with the exact information at each ending (since R survival 3.0).

    References
    ----------
    Grambsch and Therneau (1994), Proportional hazards tests and diagnostics based on weighted residuals, Biometrika
    81(3), 515-526; Therneau and Grambsch (2000), Modeling Survival Data, section 6.2.
    """
    gone = _gone_before(fit.spells)
    # about its mean over endings it adds nothing to the terms themselves, however near the fit came to its optimum
    gone = gone - gone[fit.spells.moment].mean()
    at = derivatives(fit.spells, fit.log_hazard_ratios)
    by_ending = gone[fit.spells.moment]
    own, both, added = at.information(), at.information(by_ending), at.information(by_ending**2)
    score = at.score(gone)
    spread = added - both @ np.linalg.solve(own, both)
    tests = []
    for place in range(len(fit.terms)):
        left = added[place, place] - both[place] @ np.linalg.solve(own, both[:, place])
        tests.append(chi_squared(score[place] ** 2 / left, 1))
    tests.append(chi_squared(float(score @ np.linalg.solve(spread, score)), len(score)))
    return pd.DataFrame(
        {
            "term": [*fit.terms, ALL_TERMS],
            "statistic": [test.statistic for test in tests],
            "freedom": [test.freedom for test in tests],
            "p_value": [test.p_value for test in tests],
        }
    )


def _gone_before(spells: Spells) -> Floats:
    """At each moment, the share of all spells of all strata that had left before it (Kaplan-Meier)."""
    curve = survivors(spells.stop, spells.sets.is_ended, start=spells.start)
    before = np.concatenate([[1.0], curve.share])
    return 1 - before[np.searchsorted(curve.age, spells.sets.time, side="left")]
