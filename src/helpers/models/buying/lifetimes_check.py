"""A cross-check: BG/NBD as the lifetimes package fits it, beside this package's own fit."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd

from helpers.models.buying import fitting
from helpers.models.buying.registry import MODELS
from helpers.models.buying.rows import collapse

PARAMETERS = ("r", "alpha", "a", "b")


@dataclass(frozen=True, eq=False)
class Check:
    """Both answers.

    Attributes
    ----------
    parameters
        One row per parameter of BG/NBD (r, alpha in weeks, a, b): parameter, own_estimate, lifetimes_estimate (NaN
        where lifetimes failed), difference_share (of the second from the first).
    n
        Customers of the sample.
    failure
        What lifetimes said where its optimiser failed, else "".
    """

    parameters: pd.DataFrame
    n: int
    failure: str


def bg_nbd(histories: pd.DataFrame, *, level: float, largest_sample: int = 2_000) -> Check:
    """BG/NBD fitted to a sample of the customers by this package and by lifetimes.

    Parameters
    ----------
    histories
        One row per customer, ordered by customer_id: frequency (0 or more), recency_weeks, age_weeks.
    level
        Coverage of this package's intervals, which are not shown here.
    largest_sample
        Customers at most: every so many-th row, so that the sample is the same in each run.

    References
    ----------
    Fader, Hardie and Lee (2005), "Counting your customers" the easy way, Marketing Science 24(2), equation 6.
    """
    sample = histories.iloc[:: -(-len(histories) // largest_sample)]
    own = dict(zip(PARAMETERS, fitting.fit(MODELS["bg_nbd"], collapse(sample), level=level).theta, strict=True))
    other, failure = _by_lifetimes(sample)
    table = pd.DataFrame(
        {
            "parameter": PARAMETERS,
            "own_estimate": [own[name] for name in PARAMETERS],
            "lifetimes_estimate": [other.get(name, np.nan) for name in PARAMETERS],
        }
    )
    difference = table["lifetimes_estimate"] / table["own_estimate"] - 1
    return Check(table.assign(difference_share=difference), len(sample), failure)


def _by_lifetimes(sample: pd.DataFrame) -> tuple[dict[str, float], str]:
    """The parameters that lifetimes finds, and why there are none."""
    columns = (sample[name].to_numpy(dtype=float) for name in ("frequency", "recency_weeks", "age_weeks"))
    with warnings.catch_warnings():  # of pandas and pkg_resources, which lifetimes uses as they were years ago
        warnings.simplefilter("ignore")
        from lifetimes import BetaGeoFitter  # takes seconds to import, and only this check needs it
        from lifetimes.utils import ConvergenceError

        try:
            fitted = BetaGeoFitter().fit(*columns)
        except (ConvergenceError, np.linalg.LinAlgError) as error:  # the latter where its Hessian cannot be inverted
            return {}, str(error).strip().splitlines()[0]
    return {name: float(value) for name, value in fitted.params_.items()}, ""
