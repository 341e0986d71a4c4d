"""What draws of the future share: P(alive) under many parameters at once, and who buys how often, by chance alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import qr, solve_triangular

from helpers.models.buying.interface import BuyingModel
from helpers.models.buying.rows import Floats, Rows, Whole

SAMPLE_ROWS = 512
"""Histories from which the interpolation over parameters is learned; of fewer it is not needed."""
TOLERANCE = 1e-5
"""Of P(alive), on the histories of the sample."""
LARGE_MEAN = 6.0
"""Purchases above which counting up from none takes longer than a draw of the rate."""
RARE = 0.35
"""Chance below which it is faster to draw how far it is to the next buyer than to ask every customer."""
LARGEST_MEAN = 1e9
"""Purchases above which no Poisson number is drawn: more than any count that is kept."""


@dataclass(frozen=True, eq=False)
class AliveInDraws:
    """P(alive) under every draw of the parameters, worked out for a few of them and interpolated for the others.

    Attributes
    ----------
    model
        Whose P(alive) it is.
    thetas
        The draws for which it is worked out, an array of few draws by parameters.
    weights
        An array of these few by all draws: P(alive) under a draw is the sum of theirs, so weighted.
    """

    model: BuyingModel
    thetas: Floats
    weights: Floats

    def of(self, rows: Rows) -> Floats:
        """P(alive) of the rows, an array of draws by rows."""
        known = np.stack([self.model.p_alive(theta, rows) for theta in self.thetas])
        told: Floats = self.weights.T @ known
        return np.clip(told, 0.0, 1.0, out=told)


def alive_in_draws(rows: Rows, thetas: Floats, *, model: BuyingModel) -> AliveInDraws:
    """P(alive) under each draw of the parameters, at the price of a few.

    Parameters
    ----------
    rows
        The histories that will be asked for, from which a sample is taken.
    thetas
        The draws, an array of draws by parameters.
    model
        Whose parameters they are.

    Notes
    -----
    P(alive) moves smoothly with the parameters, so that a few columns of the matrix of histories by draws span the
    others (an interpolative decomposition by QR with pivots; Cheng, Gimbutas, Martinsson and Rokhlin (2005), SIAM
    Journal on Scientific Computing 26(4)). They are as many as the sample needs to be met within 1e-5: about ten where
    parameters are known to a tenth, all of them where nothing is known.
    """
    if len(rows) <= SAMPLE_ROWS:
        return AliveInDraws(model, thetas, np.eye(len(thetas)))
    some = rows.some(np.linspace(0, len(rows) - 1, SAMPLE_ROWS).astype(np.int64))
    known = np.stack([model.p_alive(theta, some) for theta in thetas], axis=1)
    triangle, order = qr(known, mode="r", pivoting=True)
    left = np.sqrt(np.cumsum(triangle[::-1] ** 2, axis=0)[::-1].max(axis=1))
    count = max(int((left > TOLERANCE).sum()), 1)
    weights = np.eye(count, len(thetas))
    weights[:, count:] = solve_triangular(triangle[:count, :count], triangle[:count, count:])
    return AliveInDraws(model, thetas[order[:count]], weights[:, np.argsort(order)])


def chance_of_any(shape: Floats, reach: Floats) -> Floats:
    """Probability of a purchase of customers who are there; 1 where `purchases` leaves the uniform number alone.

    Parameters
    ----------
    shape, reach
        As for `purchases`.
    """
    return np.where(shape * reach > LARGE_MEAN, 1.0, -np.expm1(-shape * np.log1p(reach)))


def chosen(chances: Floats, index: Whole, rng: np.random.Generator) -> tuple[Whole, Floats]:
    """Customers who are chosen, each with the probability of its row, and a uniform number for each of them.

    Parameters
    ----------
    chances
        Probability of each row, 0 to 1.
    index
        The row of each customer.
    rng
        Chance.

    Returns
    -------
    tuple
        The places of the chosen customers, ascending; and for each a number between 0 and 1 that says no more than
        that the customer was chosen.

    Notes
    -----
    Where all chances are small, customers are chosen with the largest of them first, by geometric steps from one to the
    next, and stay with the ratio of their own chance to it.
    """
    most = min(float(chances.max(initial=0.0)), 1.0)
    who = _steps(most, len(index), rng) if most < RARE else np.arange(len(index))
    rows = index if len(who) == len(index) else index[who]
    shares, uniform = chances[rows] / (most if most < RARE else 1.0), rng.random(len(who))
    kept = np.flatnonzero(uniform < shares)
    return who[kept], uniform[kept] / shares[kept]


def _steps(chance: float, count: int, rng: np.random.Generator) -> Whole:
    """Places, of so many, that are chosen with one chance each: the pauses between them are geometric."""
    places = np.empty(0, dtype=np.int64)
    if chance <= 0:
        return places
    rate = -np.log1p(-chance)
    while not places.size or places[-1] < count:
        start = int(places[-1]) if places.size else -1
        left = (count - start) * chance
        steps = rng.standard_exponential(int(left + 4 * np.sqrt(left)) + 8)
        pauses = np.minimum(steps, rate * count) / rate
        places = np.concatenate([places, start + np.cumsum(pauses.astype(np.int64) + 1)])
    return places[: np.searchsorted(places, count)]


def purchases(
    chance: Floats,
    kind: Whole,
    *,
    shape: Floats,
    reach: Floats,
    rng: np.random.Generator,
    stop: tuple[float, Floats] | None = None,
) -> Whole:
    """Purchases of customers who are there, one draw each.

    Parameters
    ----------
    chance
        Uniform between 0 and 1, one entry per customer: the smaller, the more purchases.
    kind
        Which entry of `shape`, `reach` and `stop` is the customer's: many customers may share one.
    shape, reach
        r + x, and the coming weeks over alpha + T: the Gamma distribution of the rate.
    rng
        Chance of the few whose mean is large.
    stop
        Where a purchase may be the last: the Beta distribution of that, a for all and b + x of each kind.

    Notes
    -----
    The probability of more than n purchases is that of the negative binomial times that of n purchases of which none
    was the last; both follow from those of n - 1, and the draw is the number of them above `chance`.
    """
    found = np.zeros(len(chance), dtype=np.int64)
    is_large = shape * reach > LARGE_MEAN
    large = np.flatnonzero(is_large[kind])
    own = kind[large]
    found[large] = rng.poisson(np.minimum(rng.standard_gamma(shape[own]) * reach[own], LARGEST_MEAN))
    if stop is not None:
        found[large] = np.minimum(found[large], until_stop(stop[0], stop[1][own], rng))
    mass = np.exp(-shape * np.log1p(reach))
    more, stays, count = np.where(is_large, 0.0, 1 - mass), np.ones(len(shape)), 0
    share, last = reach / (1 + reach), np.ones(len(shape)) if stop is None else stop[1]
    place = np.flatnonzero(chance < more[kind])
    chance, kind = chance[place], kind[place]
    while len(place):
        if len(place) < len(shape):  # each customer is a kind of its own from here on
            shape, share, mass, more, stays, last = (each[kind] for each in (shape, share, mass, more, stays, last))
            kind = np.arange(len(place))
        found[place] = count + 1
        mass *= (shape + count) * (share / (count + 1))
        more -= mass
        if stop is not None:
            stays *= (last + count) / (stop[0] + last + count)
        kept = np.flatnonzero(chance < (more * stays)[kind])
        place, chance, kind = place[kept], chance[kept], kind[kept]
        count += 1
    return found


def until_stop(a: float, b: Floats, rng: np.random.Generator) -> Whole:
    """Purchases of customers up to and with their last, each with a probability of being the last of Beta(a, b)."""
    return rng.geometric(np.clip(rng.beta(a, b), 1e-12, 1.0))


def by_period(counts: Whole, weeks: Floats, lived: Floats, *, rng: np.random.Generator) -> Whole:
    """Purchases of a Poisson process lie evenly in the time lived: customers by the periods that end with `weeks`."""
    who = np.repeat(np.arange(len(counts)), counts)
    place = who * len(weeks) + np.searchsorted(weeks, rng.random(len(who)) * lived[who])
    return np.bincount(place, minlength=len(counts) * len(weeks)).reshape(len(counts), len(weeks))
