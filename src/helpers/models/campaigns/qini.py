"""Whether a score finds the customers whom a campaign moves: the Qini curve on days and customers it had not seen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from helpers.models.statistics.intervals import Estimate
from helpers.randomness import stream

Floats = NDArray[np.float64]
BINS, DRAWS, BIN_SIZE = 1_000, 500, 4
"""Most parts into which customers are cut in the order of the score, draws for the interval, fewest of a part."""
BETTER, WORSE, CHANCE = "better than chance", "worse than chance", "no better than chance"


@dataclass(frozen=True, eq=False)
class Qini:
    """How well a score finds whom a campaign moves.

    Attributes
    ----------
    curve
        One row per part, after a row for nobody, the highest scores first: customer_share; gain (outcome gained by
        offering to them, a customer of all), low, high (of the gain less its chance_gain, put back on it);
        chance_gain (the gain where as many were taken by chance).
    coefficient
        Area between the curve and the line of chance, with its interval; 0 in the mean for a score without merit.
    verdict
        "better than chance" where the interval lies above 0, "worse than chance" where below, else "no better than
        chance": of scores without merit, in as many cases as the level of the interval states.
    """

    curve: pd.DataFrame
    coefficient: Estimate
    verdict: str


def qini(score: Floats, outcome: Floats, is_offered: NDArray[np.bool_], *, seed: int, level: float) -> Qini:
    """The Qini curve of a score that had not seen these customers.

    Parameters
    ----------
    score
        A number per customer that is higher the more a customer is thought to be moved.
    outcome
        What came of each, such as 1 where they took the offer up.
    is_offered
        Whether chance sent each to the arm with the offer, and not to control.
    seed
        Of the draws.
    level
        Coverage of the interval.

    Notes
    -----
    With the customers in the order of the score, a first part of share s gains s (mean outcome of its offered less that
    of its control). Equal scores are one part, across which the curve is a straight line. The interval: customers are
    drawn anew, each as often as a Poisson number of mean 1 says, 500 times; the sums of a part follow from its counts,
    sums and squares, to the second moment, so that no draw needs the customers again.

    References
    ----------
    Radcliffe (2007), Using control groups to target on predicted lift, Direct Marketing Analytics Journal 1, 14-21;
    Hanley and MacGibbon (2006), Creating non-parametric bootstrap samples using Poisson frequencies, Computer Methods
    and Programs in Biomedicine 83, 57-62.
    """
    offered, control = _sums(score, outcome, is_offered)
    share, gain = _curve(offered[:2], control[:2])
    line = share * gain[-1:]
    area = float(_area(share, gain))
    drawn_share, drawn = _curve(*_drawn(offered, control, seed))
    drawn_line = drawn_share * drawn[:, -1:]
    tails = [(1 - level) / 2, (1 + level) / 2]
    low, high = np.quantile(_area(drawn_share, drawn), tails)
    # draws lean on the observed curve: the distance between the two is turned round (the basic bootstrap)
    bounds = Estimate(area, float(2 * area - high), float(2 * area - low), len(score))
    over = np.quantile(drawn - drawn_line, tails, axis=0)
    curve = pd.DataFrame(
        {
            "customer_share": share,
            "gain": gain,
            "low": line + 2 * (gain - line) - over[1],
            "high": line + 2 * (gain - line) - over[0],
            "chance_gain": line,
        }
    )
    verdict = BETTER if bounds.low > 0 else WORSE if bounds.high < 0 else CHANCE
    return Qini(curve, bounds, verdict)


def _sums(score: Floats, outcome: Floats, is_offered: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Counts, sums of the outcome and their scatter by part, of those offered and of control: three rows each."""
    order = np.argsort(-score, kind="stable")
    ranked = score[order]
    parts = max(min(BINS, len(score) // BIN_SIZE), 1)
    place = np.arange(len(score)) * parts // max(len(score), 1)
    # equal scores go with the first of them
    is_new = np.append(True, ranked[1:] != ranked[:-1])
    first = np.maximum.accumulate(np.where(is_new, np.arange(len(score)), 0))
    _, part = np.unique(place[first], return_inverse=True)
    y, arm, count = outcome[order], is_offered[order], int(part.max()) + 1
    return _sum(part[arm], y[arm], count), _sum(part[~arm], y[~arm], count)


def _sum(part: NDArray[np.int64], outcome: Floats, count: int) -> Floats:
    """Counts, sums and scatter of the outcome in each of so many parts."""
    n, total = np.bincount(part, minlength=count).astype(float), np.bincount(part, outcome, count)
    mean = np.divide(total, n, out=np.zeros(count), where=n > 0)
    return np.stack([n, total, np.bincount(part, (outcome - mean[part]) ** 2, count)])


def _drawn(offered: Floats, control: Floats, seed: int) -> tuple[Floats, Floats]:
    """Counts and sums of each part, drawn anew: two rows of draws by part, of those offered and of control."""
    draw = stream(seed, "campaign qini")
    both = []
    for n, total, scatter in (offered, control):
        counts = draw.poisson(n, (DRAWS, len(n))).astype(float)
        mean = np.divide(total, n, out=np.zeros(len(n)), where=n > 0)
        noise = draw.standard_normal((DRAWS, len(n)), dtype=np.float32) * np.sqrt(scatter)
        both.append(np.stack([counts, counts * mean + noise]))
    return both[0], both[1]


def _curve(offered: Floats, control: Floats) -> tuple[Floats, Floats]:
    """Share of customers and gain after each part, the first after none; the last axis is that of parts."""
    n, y = np.cumsum(offered, axis=-1)
    m, x = np.cumsum(control, axis=-1)
    share = (n + m) / (n + m)[..., -1:]
    gained = share * (
        np.divide(y, n, out=np.zeros_like(y), where=n > 0) - np.divide(x, m, out=np.zeros_like(x), where=m > 0)
    )
    # until both arms have been met there is no difference to speak of
    gained = np.where((n > 0) & (m > 0), gained, 0.0)
    nobody = np.zeros((*share.shape[:-1], 1))
    return np.concatenate([nobody, share], axis=-1), np.concatenate([nobody, gained], axis=-1)


def _area(share: Floats, gain: Floats) -> Floats:
    """Area between the curve and the line of chance, in rows."""
    over = gain - share * gain[..., -1:]
    steps = np.diff(share, axis=-1)
    return np.asarray((steps * (over[..., 1:] + over[..., :-1])).sum(axis=-1) / 2, dtype=np.float64)
