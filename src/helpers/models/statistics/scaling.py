"""Features of very different units and shapes, brought to one scale on which distances between customers mean much.

Each feature is taken as its logarithm where that is less skewed, centred at its median, divided by its spread (the
distance of the quartiles, over 1.349: the standard deviation of a normal distribution), and held within three spreads.
Multiplying a feature by a constant, as another currency does, changes nothing that is taken as its logarithm.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import nan

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import skew

Floats = NDArray[np.float64]
FARTHEST = 3.0
"""Spreads from the median beyond which a value counts as that far: one odd customer must not make a group."""
TOO_SKEWED = 1.0
TOO_ALIKE = 0.95
"""Correlation from which two features tell the same, so that the second would only count the first twice."""
MISSING_AT_MOST = 0.2


@dataclass(frozen=True, eq=False)
class Scaling:
    """How features were brought to one scale.

    A row of `table` is a feature: feature; is_used; treatment (`logarithm`, `as it is`, or why it is left out);
    quartile_low, median, quartile_high (in the feature's own unit); clipped_share (0 to 1, beyond three spreads).
    """

    table: pd.DataFrame
    _steps: Mapping[str, _Step]

    def apply(self, features: pd.DataFrame) -> pd.DataFrame:
        """The used features of any customers on the scale that was learned, in spreads from the median: -3 to 3."""
        scaled = {name: step.of(features[name].to_numpy(dtype=float)) for name, step in self._steps.items()}
        return pd.DataFrame(scaled, index=features.index)


@dataclass(frozen=True)
class _Step:
    """`unit` is what a value is divided by before its logarithm, with one added (0: none added; NaN: no logarithm)."""

    unit: float
    centre: float
    spread: float

    def of(self, values: Floats) -> Floats:
        scaled: Floats = np.clip((_bent(values, self.unit) - self.centre) / self.spread, -FARTHEST, FARTHEST)
        return scaled


def learn(features: pd.DataFrame) -> Scaling:
    """The scale of features, learned from the customers given.

    Parameters
    ----------
    features
        One row per customer, numbers only. A feature that is missing for more than a fifth of them, that is the same
        for everybody, or that moves as an earlier one does (correlation of 0.95 or more, either way), is left out.

    Returns
    -------
    Scaling
        What was done to each feature, and the means to do it to others.
    """
    steps: dict[str, _Step] = {}
    known: dict[str, Floats] = {}
    rows = []
    for name in features.columns:
        values = features[name].to_numpy(dtype=float)
        step, treatment = _step(values)
        if step is not None:
            scaled = step.of(values)
            twin = next((other for other in known if _is_alike(scaled, known[other])), None)
            treatment = treatment if twin is None else f"left out: moves as {twin} does"
            if twin is None:
                steps[name], known[name] = step, scaled
        rows.append(_row(name, values, treatment, known.get(name)))
    columns = ["feature", "is_used", "treatment", "quartile_low", "median", "quartile_high", "clipped_share"]
    return Scaling(pd.DataFrame(rows, columns=columns), steps)


def _step(values: Floats) -> tuple[_Step | None, str]:
    there = values[np.isfinite(values)]
    if len(there) < (1 - MISSING_AT_MOST) * len(values) or not len(there):
        return None, f"left out: missing for {len(values) - len(there):,} of {len(values):,} customers"
    if there.min() == there.max():
        return None, "left out: the same for everybody"
    unit = _unit(there)
    bent = _bent(there, unit)
    low, centre, high = np.quantile(bent, [0.25, 0.5, 0.75])
    # where half of the customers share one value the quartiles may meet
    spread = float(high - low) / 1.349 or float(bent.std())
    return _Step(unit, float(centre), spread), "as it is" if np.isnan(unit) else "logarithm"


def _unit(values: Floats) -> float:
    """What to divide by before the logarithm; NaN where the values are better taken as they are."""
    skewness = float(skew(values))
    if values.min() < 0 or skewness <= TOO_SKEWED:
        return nan
    unit = 0.0 if values.min() > 0 else float(np.median(values[values > 0]))
    return unit if abs(float(skew(_bent(values, unit)))) < skewness else nan


def _bent(values: Floats, unit: float) -> Floats:
    if np.isnan(unit):
        return values
    # customers on whom the scale was not learned may have a 0, or less, where those had none: the lowest there is
    positive = np.maximum(values, 0.0)
    with np.errstate(divide="ignore"):
        bent: Floats = np.log1p(positive / unit) if unit else np.log(positive)
    return bent


def _is_alike(a: Floats, b: Floats) -> bool:
    both = np.isfinite(a) & np.isfinite(b)
    a, b = a[both], b[both]
    if len(a) < 2 or a.std() == 0 or b.std() == 0:
        return False
    return bool(abs(np.corrcoef(a, b)[0, 1]) >= TOO_ALIKE)


def _row(name: str, values: Floats, treatment: str, scaled: Floats | None) -> tuple[object, ...]:
    there = values[np.isfinite(values)]
    quartiles = np.quantile(there, [0.25, 0.5, 0.75]) if len(there) else [nan] * 3
    clipped = nan if scaled is None else float(np.mean(np.abs(scaled[np.isfinite(scaled)]) >= FARTHEST))
    return (name, scaled is not None, treatment, *map(float, quartiles), clipped)
