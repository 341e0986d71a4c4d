"""Purchases to come, discounted to today: months and yearly rates become weeks here and nowhere else.

References
----------
Fader, Hardie and Lee (2005), RFM and CLV: using iso-value curves for customer base analysis, Journal of Marketing
Research 42(4), equations 1 to 3.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import ArrayLike

from helpers.models.buying import quadrature
from helpers.models.buying.interface import BuyingModel
from helpers.models.buying.rows import Floats, Rows

WEEKS_PER_MONTH = 30.436875 / 7
WEEKS_PER_YEAR = 12 * WEEKS_PER_MONTH
NODES = 6
"""Of the Gauss rule within a year: its discounted purchases are exact to 1e-6 with it."""


def weeks_of(months: ArrayLike) -> Floats:
    """Months as weeks: a month is 30.436875 days, a twelfth of the mean year.

    >>> round(float(weeks_of(12)) * 7, 6)
    365.2425
    """
    return np.asarray(months, dtype=float) * WEEKS_PER_MONTH


def months_of(weeks: float) -> float:
    """Weeks as months, to a thousandth: the way back from `weeks_of`."""
    return round(weeks / WEEKS_PER_MONTH, 3)


def weekly_rate(yearly_rate: float) -> float:
    """The rate per week, compounded continuously, that makes up a discount rate of a year.

    A yearly rate used as if it were weekly is the commonest mistake with discounted value: it loses nearly all of it.

    >>> round(weekly_rate(0.1513), 4)
    0.0027
    """
    if not (np.isfinite(yearly_rate) and yearly_rate >= 0):
        raise ValueError(f"yearly_rate must be a share, 0 or more (0.1 is 10 % a year), found {yearly_rate}")
    return float(np.log1p(yearly_rate)) / WEEKS_PER_YEAR


def purchases(rows: Rows, *, theta: Floats, model: BuyingModel, weeks: ArrayLike, rate: float) -> tuple[Floats, Floats]:
    """Expected purchases within each horizon, discounted to the end of watching; and the same not discounted.

    Parameters
    ----------
    rows
        Distinct histories.
    theta, model
        The parameters and what they mean.
    weeks
        Horizons, ascending, above 0.
    rate
        Of `weekly_rate`: 0 or more.

    Returns
    -------
    two arrays of horizons by rows

    Notes
    -----
    The integral of exp(-d t) dE[X(t)] up to H is exp(-d H) E[X(H)] + d * integral of exp(-d t) E[X(t)] dt, by parts: it
    holds for whichever model knows E[X(t)].
    """
    return _discounted(lambda times: _expected(rows, theta, model, times), np.asarray(weeks, dtype=float), rate)


def of_new(theta: Floats, *, model: BuyingModel, weeks: ArrayLike, rate: float) -> Floats:
    """Expected repeat purchases of a new customer within each horizon, discounted to the first purchase."""
    return _discounted(lambda times: model.expected_new(theta, times), np.asarray(weeks, dtype=float), rate)[0]


def stretched(rows: Rows, *, theta: Floats, model: BuyingModel, weeks: float, rate: float, pace: float) -> Floats:
    """Discounted purchases, one per row, of customers for whom time passes `pace` times as fast; weeks may be infinite.

    With E[X(c t)] for E[X(t)], the discounted purchases up to H are those up to c H at a rate of d / c.
    """
    if np.isinf(weeks):
        return model.residual(theta, rows, rate / pace)
    return purchases(rows, theta=theta, model=model, weeks=[weeks * pace], rate=rate / pace)[0][0]


def _expected(rows: Rows, theta: Floats, model: BuyingModel, times: Floats) -> Floats:
    """Expected purchases by each time, an array of times by rows, on all cores."""
    p_alive = model.p_alive(theta, rows)
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        return np.stack(list(pool.map(lambda time: model.expected_purchases(theta, rows, float(time), p_alive), times)))


def _discounted(expected: Callable[[Floats], Floats], ends: Floats, rate: float) -> tuple[Floats, Floats]:
    """Discounted and plain purchases by each end, by Gauss' rule on panels of a year at most between the ends."""
    if not len(ends) or not (np.diff(ends, prepend=0.0) > 0).all() or not np.isfinite(ends).all():
        raise ValueError(f"horizons must be ascending and above 0, found {', '.join(f'{end:g}' for end in ends)}")
    years = np.arange(WEEKS_PER_YEAR, ends[-1], WEEKS_PER_YEAR)
    edges = np.sort(np.concatenate([ends, years[np.abs(years[:, None] - ends).min(axis=1) > 1e-6]]))
    lengths = np.diff(edges, prepend=0.0)
    nodes, weights = quadrature.legendre(NODES)
    times = ((edges - lengths)[:, None] + lengths[:, None] * nodes).ravel()
    known = expected(np.concatenate([ends, times]))
    at_ends, between = known[: len(ends)], known[len(ends) :].reshape(len(edges), NODES, -1)
    scale = (lengths[:, None] * weights) * np.exp(-rate * times).reshape(-1, NODES)
    waiting = np.cumsum(np.einsum("hn,hnr->hr", scale, between), axis=0)[np.searchsorted(edges, ends)]
    fading = np.exp(-rate * ends).reshape((-1,) + (1,) * (at_ends.ndim - 1))
    return at_ends * fading + rate * waiting.reshape(at_ends.shape), at_ends
