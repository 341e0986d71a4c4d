"""Weights that meet known totals of customers: raking and linear calibration, whose errors know what they know."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd

from helpers.models.survey.design import Design, Floats, Ints
from helpers.models.survey.samples import codes_of

Distance = Literal["raking", "linear", "bounded"]
MOST_STEPS = 200
CLOSE = 1e-9


@dataclass(frozen=True, eq=False)
class Calibrated:
    """Calibrated weights.

    Attributes
    ----------
    design
        The design with the new weights; its errors are those of residuals.
    factors
        New over old weight, an entry per interview.
    largest_miss
        How far a total is off at most, as a share of it: 0 where all are met.
    has_converged
        Whether all totals are met to a billionth.
    step_count
        How many steps it took.
    """

    design: Design
    factors: Floats
    largest_miss: float
    has_converged: bool
    step_count: int


def calibrate(
    margins: Sequence[Ints],
    totals: Sequence[Floats],
    *,
    design: Design,
    distance: Distance = "raking",
    bounds: tuple[float, float] = (0.3, 3.0),
) -> Calibrated:
    """Weights as near as can be to those of the design that meet the totals of all margins.

    Parameters
    ----------
    margins
        Of each margin the level of each interview, codes from zero; -1 is in none. One margin is post-stratification.
    totals
        Of each margin the customers of each level; those of the margins must agree in their sum.
    distance
        `raking` multiplies (factors stay above zero), `linear` adds (they may fall below), `bounded` is linear with
        factors held between `bounds`.

    Raises
    ------
    ValueError
        The totals of two margins differ in their sum, or a level has customers and no interview.

    References
    ----------
    Deville and Särndal (1992), Calibration estimators in survey sampling, JASA 87, 376-382; Kalton and Flores-Cervantes
    (2003), Weighting methods, Journal of Official Statistics 19(2), 81-97.
    """
    sums = [float(np.sum(one)) for one in totals]
    if max(sums) - min(sums) > 1e-6 * max(sums):
        raise ValueError(f"the totals of all margins must have one sum, found {sums}")
    x = np.hstack([level[:, None] == np.arange(len(total)) for level, total in zip(margins, totals, strict=True)])
    wanted, d = np.concatenate(totals).astype(float), design.weights
    if np.any((wanted > 0) & (d @ x == 0)):
        raise ValueError("a level of a margin has customers and no interview; join it with another")
    values = x.astype(float)
    factors, steps = _factors(values, wanted, d, distance, bounds)
    miss = np.abs((factors * d) @ values - wanted) / np.where(wanted > 0, wanted, 1)
    found = replace(design, weights=factors * d, auxiliaries=values, base_weights=d)
    return Calibrated(found, factors, float(miss.max()), bool(miss.max() < CLOSE), steps)


def _factors(
    x: Floats, wanted: Floats, d: Floats, distance: Distance, bounds: tuple[float, float]
) -> tuple[Floats, int]:
    """Newton's method on the multipliers: the factor of an interview is a function of x'lambda."""
    multipliers = np.zeros(x.shape[1])
    for step in range(1, MOST_STEPS + 1):
        factors = _factor(x @ multipliers, distance, bounds)
        gap = wanted - (factors * d) @ x
        if np.abs(gap).max() < CLOSE * wanted.max():
            return factors, step
        slope = factors if distance == "raking" else np.ones(len(d))
        if distance == "bounded":
            slope = ((factors > bounds[0]) & (factors < bounds[1])).astype(float)
        move = np.linalg.lstsq(x.T @ (x * (d * slope)[:, None]), gap, rcond=None)[0]
        multipliers = multipliers + np.clip(move, -5, 5)
    return factors, MOST_STEPS


def _factor(at: Floats, distance: Distance, bounds: tuple[float, float]) -> Floats:
    if distance == "raking":
        return np.exp(at)
    return 1 + at if distance == "linear" else np.clip(1 + at, *bounds)


def to_customers(
    about: pd.DataFrame,
    known: Mapping[str, pd.Series],
    *,
    design: Design,
    is_in: pd.Series,
    distance: Distance = "raking",
) -> Calibrated | None:
    """The weights of one wave calibrated to what is known of all customers.

    Parameters
    ----------
    about
        A row per interview, a column per margin.
    known
        Of each margin how many customers are of each level. Its shares count: the sum of the wave's weights stays.
    is_in
        The interviews of the wave; all others keep their weights.

    Returns
    -------
    Calibrated or None
        None where no margin can be used: a level that customers have and no interview.
    """
    margins, totals, size = [], [], float(design.weights[is_in.to_numpy()].sum())
    for name, counts in known.items():
        labels = about[name].where(is_in & about[name].isin(counts.index))
        code, levels = codes_of(labels)
        if (labels.isna() & is_in).any() or set(levels) != set(counts.index.astype(str)):
            continue
        share = counts.groupby(counts.index.astype(str)).sum().loc[levels].to_numpy(dtype=float)
        margins.append(code)
        totals.append(share / share.sum() * size)
    if not margins or not size:
        return None
    inside = replace(design, weights=np.where(is_in.to_numpy(), design.weights, 0.0))
    return calibrate(margins, totals, design=inside, distance=distance)
