"""Totals of today with the error that earlier totals have shown, beside the sampling error that they had before.

The error multiplies the draws of a total, so that parts of it, such as tiers, stay parts. The figures of the model stay
as they are, and the corrected ones stand beside them; where a figure would lie outside its interval, that is extended
to it. Intervals of single customers are those of chance: none is changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
from scipy.special import ndtri

from helpers.models.buying.prediction import Prediction, interval, reaching
from helpers.models.buying.rows import Floats
from helpers.models.evaluation.rolling_origins import AMOUNT, PURCHASES, PastError
from helpers.models.forecast import forecast as forecasts
from helpers.models.forecast.forecast import EXISTING, Forecast
from helpers.models.statistics.intervals import Estimate
from helpers.models.value.discounting import weeks_of
from helpers.models.value.value import Value
from helpers.randomness import stream

ASSUMES = "The data are too short to make a total on an earlier day: the intervals assume that the model is right."


def expected_purchases(prediction: Prediction, *, error: PastError, seed: int) -> Estimate:
    """The expected purchases of all customers; the interval holds the past error, the value is the model's own."""
    draws = prediction.counts.sum(axis=1, dtype=float)
    moved = draws * error.factors(prediction.weeks, draws=len(draws), seed=seed)
    low, high = reaching(prediction.total.value, interval(moved, level=prediction.level))
    return replace(prediction.total, low=float(low), high=float(high))


def value_factors(value: Value, *, error: PastError, seed: int) -> Floats:
    """What multiplies each draw of a value over its first horizon: give it to `value.group_values`."""
    return error.factors(float(weeks_of(value.months)), draws=len(value.draws), seed=seed)


def value(own: Value, *, error: PastError, seed: int) -> Value:
    """The value whose totals hold the past error of the amount.

    Parameters
    ----------
    own
        Of `value.clv`.
    error
        Of `rolling_origins.pooled`, of the amount.
    seed
        Of the error in the draws.

    Returns
    -------
    Value
        With other low and high of `total` and `totals`, other draws, and in `totals` the column corrected_amount (the
        amount less what came each time). Where nothing is known of the error, a note says so.

    Notes
    -----
    Of all time to come the error is that of the longest horizon that is stated: nothing was ever seen of more.
    """
    months = own.totals["months"].to_numpy(dtype=float)
    weeks = weeks_of(np.where(np.isfinite(months), months, months[np.isfinite(months)].max()))
    draws = own.draws * value_factors(own, error=error, seed=seed)
    low, high = reaching(own.total.value, interval(draws, level=own.level))
    rows = [
        _widened(row, error.factors(float(at), draws=len(draws), seed=seed), level=own.level, seed=seed)
        for row, at in zip(own.totals.to_dict("records"), weeks, strict=True)
    ]
    corrected = [row["amount"] * error.correction(float(at)) for row, at in zip(rows, weeks, strict=True)]
    totals = pd.DataFrame(rows).assign(corrected_amount=corrected)
    is_main = months == own.months
    totals.loc[is_main, "low"], totals.loc[is_main, "high"] = float(low), float(high)
    notes = own.notes if error.is_known else (*own.notes, ASSUMES)
    total = replace(own.total, low=float(low), high=float(high))
    return replace(own, totals=totals, total=total, draws=draws, notes=notes)


def forecast(made: Forecast, *, errors: Mapping[str, PastError], seed: int) -> Forecast:
    """The forecast whose bands of existing customers, and of all, hold the past error of purchases and amount.

    Shocks are in its draws already, so that it is wider only by what the error is beyond them.
    """
    plan = made.plan
    factors = {}
    for measure in (PURCHASES, AMOUNT):
        totals = made.paths[measure, EXISTING].draws.sum(axis=1)
        own = float(np.std(np.log(totals))) if (totals > 0).all() else 0.0
        factors[measure] = errors[measure].factors(plan.ends, draws=len(totals), seed=seed, own=own)
    known = any(errors[measure].is_known for measure in factors)
    return forecasts.multiplied(made, factors=factors, notes=() if known else (ASSUMES,))


def _widened(row: dict, factors: Floats, *, level: float, seed: int) -> dict:
    """A total whose interval is on the log scale, with that interval and the factors together."""
    amount, low, high = (float(row[name]) for name in ("amount", "low", "high"))
    if not (0 < low <= amount <= high < np.inf):
        return row
    shares = (stream(seed, "sampling error of totals").permutation(len(factors)) + 0.5) / len(factors)
    own = np.log(high / low) / (2 * float(ndtri((1 + level) / 2)))
    bounds = reaching(amount, interval(amount * np.exp(own * ndtri(shares)) * factors, level=level))
    return row | {"low": float(bounds[0]), "high": float(bounds[1])}
