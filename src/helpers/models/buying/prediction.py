"""What customers will buy from here on, with intervals that hold both doubts: about the parameters, and about chance.

A draw is one possible future of the whole base: parameters from the distribution of their estimates, and with them for
each customer whether they are still there, how fast they buy and when they stop, and what they then buy. All customers
of a draw share its parameters, so that totals over many customers do not look surer than they are.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from helpers.models.buying.draws import alive_in_draws
from helpers.models.buying.fitting import Fit, Refit
from helpers.models.buying.interface import BuyingModel
from helpers.models.buying.rows import DAYS_PER_WEEK, Floats, Rows, Whole
from helpers.models.statistics.intervals import Estimate
from helpers.randomness import stream
from helpers.watching import Readable

Counts = NDArray[np.uint16]
Keys = NDArray[np.uint32]

BLOCK = 32_768
"""Customers who are drawn together; each block has a random stream of its own. 65,536 at most: see `_keys`."""
HALVINGS = 30
"""Halvings of the horizon until a day is told from the next: of a year, to a thirtieth of a second."""
LARGEST_COUNT = np.iinfo(np.uint16).max


@dataclass(frozen=True, eq=False)
class Prediction(Readable):
    """Purchases in the `weeks` after the end of watching.

    Attributes
    ----------
    weeks, level
        Length of the future, and coverage of the intervals.
    customers
        One row per customer in the order of the histories: p_alive (0 to 1), expected_purchase_count (at the estimated
        parameters), low, high (whole purchases). Customers of one history have one interval.
    total
        The expected purchases of all customers together, with their interval.
    counts
        The draws themselves, an array of draws by customers, for the interval of anything else.
    thetas
        The parameters of each draw, an array of draws by parameters.
    notes
        What a reader must know, a sentence each; empty where all is well.
    """

    weeks: float
    level: float
    customers: pd.DataFrame
    total: Estimate
    counts: Counts
    thetas: Floats
    notes: tuple[str, ...]


def predict(
    rows: Rows, *, fit: Fit, model: BuyingModel, weeks: float, draws: int, seed: int, level: float
) -> Prediction:
    """The purchases to expect from each customer, and from all, with intervals.

    Parameters
    ----------
    rows
        The histories as `rows.collapse` made them: of the customers of the fit or of others.
    fit, model
        What was fitted to histories up to the same day.
    weeks
        Length of the future, above 0.
    draws
        Futures to draw; 200 serve well. At least 2 / (1 - level) - 1: 19 for 0.9, 39 for 0.95.
    seed
        Same input and seed, same bytes.
    level
        Coverage of the intervals, between 0 and 1.

    Returns
    -------
    Prediction

    Raises
    ------
    ValueError
        The draws are too few for the level, or the weeks not above 0.

    Notes
    -----
    The logarithms of the parameters are drawn from the normal distribution of their estimates (inverse Hessian), and
    each customer's future from its distribution given history and parameters: a parametric bootstrap of the future that
    spares the refitting. The bounds are the order statistics of rank floor((n + 1) (1 - level) / 2) and
    n + 1 - that of n draws: a future that is like the draws lies between them with a probability of `level` at least.
    The n of a customer are the draws of all who have the same history, so nobody's interval depends on the customer's
    place in the frame. Common shocks (a pandemic, a shop that moves) are in no draw.
    """
    _check(weeks, draws, level)
    thetas = parameter_draws(fit, draws=draws, seed=seed)
    counts, totals, low, high = _futures(rows, thetas, model=model, weeks=weeks, seed=seed, level=level)
    expected = model.expected_purchases(fit.theta, rows, weeks)
    columns = {"p_alive": model.p_alive(fit.theta, rows), "expected_purchase_count": expected, "low": low, "high": high}
    return Prediction(
        weeks=weeks,
        level=level,
        customers=pd.DataFrame({name: rows.spread(values) for name, values in columns.items()}),
        total=_estimate(float(rows.weight @ expected), totals, rows.customer_count, level),
        counts=counts,
        thetas=thetas,
        notes=_notes(fit, model, rows),
    )


def parameter_draws(fit: Fit, *, draws: int, seed: int) -> Floats:
    """Parameters as they might be: their logarithms are normal about the estimates, with the inverse Hessian.

    Returns an array of draws by parameters. Each model has a random stream of its own, so that the doubt about buying
    and that about spend are independent. Of a fit that is not identified the estimate itself is repeated: its doubt is
    not known, and `Prediction.notes` says so.
    """
    if not np.isfinite(fit.covariance_log).all():
        return np.tile(fit.theta, (draws, 1))
    rng = stream(seed, f"parameters of {fit.model}")
    logs = rng.multivariate_normal(np.log(fit.theta), fit.covariance_log, size=draws, method="eigh")
    return np.exp(logs)


def interval(draws: ArrayLike, *, level: float) -> tuple[Floats, Floats]:
    """The bounds between which a value like the draws lies with a probability of `level` at least.

    Parameters
    ----------
    draws
        An array whose first axis is the draws: totals, values, revenues.
    level
        Coverage, between 0 and 1.

    Notes
    -----
    Order statistics of rank k = floor((n + 1)(1 - level) / 2) and n + 1 - k: a further draw is above the k-th smallest
    of n with a probability of 1 - k / (n + 1) or more.
    """
    values = np.sort(np.asarray(draws, dtype=float), axis=0)
    rank = _rank(len(values), level)
    return values[rank - 1], values[len(values) - rank]


def reaching(figure: ArrayLike, bounds: tuple[ArrayLike, ArrayLike]) -> tuple[Floats, Floats]:
    """The bounds of an interval, extended to the figure that is printed beside it where that lies outside.

    Parameters
    ----------
    figure
        What is printed: one, or an array of them. NaN extends nothing.
    bounds
        Low and high, of the same shape and in the same unit. Of draws that were corrected for a past error they can
        leave out the figure, which was not; extended they cover as often as before, or more often.
    """
    low, high = bounds
    return np.fmin(low, figure), np.fmax(high, figure)


def next_order(
    rows: Rows, *, fit: Fit, model: BuyingModel, as_of: date, weeks: float, chance: float = 0.5
) -> pd.DataFrame:
    """The day by which the next purchase is as likely to have come as not.

    Parameters
    ----------
    rows
        The histories, up to `as_of`.
    fit, model
        What was fitted to them.
    as_of
        The day on which watching ended.
    weeks
        How far ahead a day is still worth naming; a later one is missing.
    chance
        The model's own probability of a purchase by that day: one half, or what stands for one half where earlier days
        showed that it was too much or too little (`next_order_days.pooled`).

    Returns
    -------
    pandas.DataFrame
        One row per customer, in the order of the histories: next_order_weeks (from `as_of` until the probability is
        reached; NaN where missing), next_order_on (the nearest day after `as_of`; NaT where missing).

    Notes
    -----
    The day is conditional on the history alone, and not on being there: that the customer may have left, or may leave
    before, is in it. Where the model is true, half of those who have a day buy by it, and who buys within `weeks` with
    a probability below one half has none. It is the root of `p_buys`(t) = 1/2, found by halving. The day is the nearest
    and not the next: among customers who buy every few days a day more is up to a fifth of them.
    """
    places = np.flatnonzero(p_buys(rows, fit=fit, model=model, weeks=float(weeks)) >= chance)
    told = rows.some(places)
    low, high = np.zeros(len(told)), np.full(len(told), float(weeks))
    buys_within = _buying(told, fit=fit, model=model)
    for _ in range(HALVINGS if len(told) else 0):
        middle = (low + high) / 2
        is_by_then = buys_within(middle) >= chance
        low, high = np.where(is_by_then, low, middle), np.where(is_by_then, middle, high)
    shown_wait = np.full(len(rows), np.nan)
    shown_wait[places] = high
    # a pause of less than a day still ends on a later day
    days = np.where(np.isnan(shown_wait), np.nan, np.maximum(np.rint(shown_wait * DAYS_PER_WEEK), 1))
    on = pd.Timestamp(as_of) + pd.to_timedelta(rows.spread(days), unit="D")
    return pd.DataFrame({"next_order_weeks": rows.spread(shown_wait), "next_order_on": on.astype("datetime64[s]")})


def p_buys(rows: Rows, *, fit: Fit | Refit, model: BuyingModel, weeks: float | Floats) -> Floats:
    """The probability of a purchase in the `weeks` after the end of watching, one entry per row.

    Notes
    -----
    A history that goes on without a purchase is again a history: the probability of none is the likelihood of the same
    frequency and recency at the age T + t over that at T. Exact for every model of this form; one whose rows do not
    tell when its season is has its own answer.
    """
    return _buying(rows, fit=fit, model=model)(weeks)


def _buying(rows: Rows, *, fit: Fit | Refit, model: BuyingModel) -> Callable[[float | Floats], Floats]:
    """From weeks to `p_buys` within them: what does not depend on the weeks is worked out once."""
    if model.log_no_purchase is not None:
        log_none = model.log_no_purchase(fit.theta, rows)
        return lambda weeks: -np.expm1(log_none(weeks))
    now = model.log_likelihood(fit.theta, rows)[0]

    def within(weeks: float | Floats) -> Floats:
        later = replace(rows, age=rows.age + model.passed(weeks))
        return -np.expm1(model.log_likelihood(fit.theta, later)[0] - now)

    return within


def _check(weeks: float, draws: int, level: float) -> None:
    if not (np.isfinite(weeks) and weeks > 0):
        raise ValueError(f"weeks must be above 0, found {weeks}")
    _rank(draws, level)


def _rank(count: int, level: float) -> int:
    """The rank, from each end, of the draws that are the bounds."""
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, found {level}")
    rank = int((count + 1) * (1 - level) / 2 + 1e-9)
    if rank < 1:
        needed = int(np.ceil(2 / (1 - level) - 1 - 1e-9))
        raise ValueError(f"an interval of level {level:g} needs {needed} draws or more, found {count}")
    return rank


def _estimate(value: float, draws: Floats, n: int, level: float) -> Estimate:
    low, high = reaching(value, interval(draws, level=level))
    return Estimate(value, float(low), float(high), n)


def _futures(
    rows: Rows, thetas: Floats, *, model: BuyingModel, weeks: float, seed: int, level: float
) -> tuple[Counts, Floats, Floats, Floats]:
    """The draws by customer, the total of each, and the bounds of each row, block by block on all cores."""
    counts = np.zeros((len(thetas), rows.customer_count), dtype=np.uint16)
    low, high = np.empty(len(rows)), np.empty(len(rows))
    ends = np.cumsum(rows.weight.astype(np.int64))
    order, edges = np.argsort(rows.index, kind="stable"), _edges(ends)
    alive = alive_in_draws(rows, thetas, model=model)

    def fill(number: int) -> list[float]:
        customers = order[edges[number] : edges[number + 1]]
        some, places = _part(rows, customers)
        rng = stream(seed, "purchases to come", number)
        keys, totals = [], []
        for draw, (theta, p_alive) in enumerate(zip(thetas, alive.of(some), strict=True)):
            who, bought = model.buyers(theta, some, weeks, rng, p_alive)
            told = _whole(bought)
            row = counts[draw]
            row[customers[who]] = told
            keys.append(_keys(some.index[who], told))
            totals.append(float(told.sum(dtype=np.int64)))
        # a row that goes over several blocks has its interval from the first of them
        own = (ends - rows.weight)[places] >= edges[number]
        bounds = _bounds(np.concatenate(keys), some, draws=len(thetas), level=level)
        low[places[own]], high[places[own]] = (bound[own] for bound in bounds)
        return totals

    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        totals = np.sum(list(pool.map(fill, range(len(edges) - 1))), axis=0)
    return counts, totals, low, high


def _edges(ends: Whole) -> list[int]:
    """Where customers, in the order of their rows, are cut: where a row ends, or within one larger than a block."""
    edges = [0]
    while edges[-1] < ends[-1]:
        full = int(np.searchsorted(ends, edges[-1] + BLOCK, side="right"))
        end = int(ends[full - 1]) if full else 0
        edges.append(end if end > edges[-1] else min(edges[-1] + BLOCK, int(ends[-1])))
    return edges


def _part(rows: Rows, customers: Whole) -> tuple[Rows, Whole]:
    """The rows of these customers, weighted by them alone; and where the rows stand among all."""
    places, index, weight = np.unique(rows.index[customers], return_inverse=True, return_counts=True)
    return replace(rows.some(places), index=index.reshape(-1), weight=weight.astype(float)), places


def _whole(counts: Whole) -> Counts:
    return np.minimum(counts, LARGEST_COUNT).astype(np.uint16)


def _keys(row: Whole, counts: Counts) -> Keys:
    """Numbers that sort by row of the block, of which there are 65,536 at most, and then by count."""
    return (row.astype(np.uint32) << np.uint32(16)) + counts


def _bounds(keys: Keys, rows: Rows, *, draws: int, level: float) -> tuple[Floats, Floats]:
    """The interval of each row, from the draws of its customers in the block: `keys` of those above 0, sorted here."""
    keys.sort()
    # the last row may be the last that such a number holds, so what comes after it is given by its end
    edges = np.append(np.searchsorted(keys, np.arange(len(rows), dtype=np.uint32) << np.uint32(16)), len(keys))
    starts, stops = edges[:-1], edges[1:]
    sizes = rows.weight.astype(np.int64) * draws
    nothing = sizes - (stops - starts)
    ranks = np.floor((sizes + 1) * (1 - level) / 2 + 1e-9).astype(np.int64)

    def ranked(rank: Whole) -> Floats:
        """The value of this rank, from 1, among the zeros and the sorted values above them."""
        found = np.zeros(len(rows))
        some = rank > nothing
        found[some] = keys[(starts + rank - nothing - 1)[some]] & np.uint32(LARGEST_COUNT)
        return found

    return ranked(ranks), ranked(sizes - ranks + 1)


def _notes(fit: Fit, model: BuyingModel, rows: Rows) -> tuple[str, ...]:
    notes = list(fit.notes)
    if not np.isfinite(fit.covariance_log).all():
        notes.append(
            f"The intervals of {model.title} hold the chance of the future alone: "
            "how sure its parameters are is not known."
        )
    if not rows.age.any():
        notes.append("Every customer came on the last day: their future is that of any new customer.")
    return tuple(notes)
