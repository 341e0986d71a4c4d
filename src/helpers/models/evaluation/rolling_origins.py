"""How far totals of the chosen model were off when they were made on earlier days, and what that says of today's.

A holdout is one such day. Several of them tell an error that comes each time, which is corrected, from one that comes
and goes, by which an interval must be wider than the chance and the doubt about parameters that a model knows of.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtr, stdtrit

from helpers.models.buying.fitting import Refit, refit
from helpers.models.buying.interface import BuyingModel
from helpers.models.buying.prediction import p_buys
from helpers.models.buying.rows import DAYS_PER_WEEK, Floats, Rows
from helpers.models.evaluation.common_drift import CommonPast, Ratios
from helpers.models.evaluation.purchase_groups import BACK, BOUGHT, NAMED, by_their_day, came_back
from helpers.randomness import stream

MEASURES = PURCHASES, AMOUNT = "purchase_count", "amount"
LATEST = "latest_log_ratio"
NO_RATIOS = Ratios()
SHORTEST_WEEKS = 4
"""Length of a future below which an origin says nothing of months to come."""
SHORTEST_PAST_WEEKS = 12
"""Least past that a model has seen at the earliest origin; a quarter of the data where they are younger."""
SPANS = 4
"""Futures that must fit one after another between the earliest origin and today, so that they tell of a spread."""
PRIOR_ORIGINS, PRIOR_ERROR = 1.0, 0.02
"""An error of a total that any model may have beyond its sampling error, and the origins that this is worth."""
PRIOR_RATIO = 0.05
"""A latest ratio too small to say anything of the weeks after it: its square counts in that of all latest ratios."""
CORRECTED_SHARE = 0.5
"""Share of a mean error, already shrunk, that is corrected: an error of yesterday has often gone the day after."""
GROWTH = 0.35
"""Power of the horizon with which an error grows beyond the longest future tried: 0 if it stays, 1/2 if it walks."""
FEWEST_FREEDOM = 2.0
"""Degrees of freedom up to which a variance has no mean."""
STEP = 1e-3


@dataclass(frozen=True)
class Origins:
    """Earlier days on which the model is fitted again.

    Attributes
    ----------
    asked_weeks, weeks
        Length of the future that today's total is of, and of that which follows each origin: as long, or the longest
        that the data allow.
    days
        The last day that the model sees at each origin, ascending; none where the data are too short.
    past_shares
        How much of today's past each origin has seen; all alike where not given.
    """

    asked_weeks: float
    weeks: int
    days: tuple[date, ...]
    past_shares: tuple[float, ...] = ()

    @property
    def independent_count(self) -> float:
        """Futures as good as independent: as many as lie one after another from the first origin to the last's end."""
        if not self.days:
            return 0.0
        span = (self.days[-1] - self.days[0]).days / DAYS_PER_WEEK + self.weeks
        return min(float(len(self.days)), span / self.weeks)

    @property
    def weights(self) -> Floats:
        """What each origin counts, 1 in all: customers who come steadily are watched for the square of the past."""
        squares = np.array(self.past_shares or [1.0] * len(self.days)) ** 2
        weights: Floats = squares / squares.sum()
        return weights

    def growth(self, weeks: ArrayLike) -> Floats:
        """How many times as large an error is over so many weeks: 1 up to the futures tried, then with their root."""
        return np.maximum(np.asarray(weeks, dtype=float) / max(self.weeks, 1), 1.0) ** GROWTH

    def until(self, day: date) -> date:
        """The last day of the future of an origin."""
        return day + timedelta(weeks=self.weeks)


@dataclass(frozen=True, eq=False)
class Known:
    """Earlier days of which an error is known, as what several numbers, one for each, say together.

    Attributes
    ----------
    weights
        What each counts, 1 in all.
    n
        Futures that lie one after another, less what the weights take.
    sampling
        Mean square of the sampling error.
    prior
        Square of an error that any model may have, with the sampling error: worth one day more.
    """

    weights: Floats
    n: float
    sampling: float
    prior: float

    @classmethod
    def of(cls, origins: Origins, is_known: NDArray[np.bool_], *, squared_errors: Floats, prior: float) -> Known:
        """Of the days of `origins` that are known, with the squares of their sampling errors and the prior's own."""
        weights = origins.weights[is_known] / origins.weights[is_known].sum()
        n = min(origins.independent_count / len(weights), 1.0) / float(weights @ weights)
        sampling = float(weights @ squared_errors)
        return cls(weights, n, sampling, prior + sampling)

    @property
    def freedom(self) -> float:
        """Degrees of freedom of a mean square."""
        return PRIOR_ORIGINS + self.n

    def mean_square(self, values: Floats) -> float:
        """The mean square, with the prior."""
        return float(PRIOR_ORIGINS * self.prior + self.n * (self.weights @ values**2)) / self.freedom

    def shift(self, values: Floats) -> float:
        """What of their mean is corrected: half of what is left of it when it is drawn towards 0."""
        mean = float(self.weights @ values)
        return CORRECTED_SHARE * _kept(mean, variance=self.mean_square(values - mean) / self.n + self.sampling) * mean


@dataclass(frozen=True)
class Misses:
    """By which share earlier totals were off, the least and the most, and how many were too low and too high."""

    least_share: float
    most_share: float
    low_count: int
    high_count: int


@dataclass(frozen=True)
class PastError:
    """What earlier totals say of the error of one made today, as logarithms of what comes over what is expected.

    Attributes
    ----------
    measure
        `purchase_count` or `amount`.
    shift
        The error that came each time, shrunk towards 0; 0 where none is sure.
    spread
        Scale of what comes and goes beyond the sampling error, 0 or more, with Student's t of `freedom` degrees.
    freedom
        Degrees of freedom.
    origins
        The days. Shift and spread are of futures as long as theirs; see `growth`.
    drift
        What the latest weeks say of the error besides, of a future of any length; 0 where earlier ones said nothing.
    """

    measure: str
    shift: float
    spread: float
    freedom: float
    origins: Origins
    drift: float = 0.0

    @property
    def is_known(self) -> bool:
        """Whether there was any origin."""
        return bool(self.origins.days)

    def growth(self, weeks: ArrayLike) -> Floats:
        """See `Origins.growth`."""
        return self.origins.growth(weeks)

    def correction(self, weeks: float) -> float:
        """What multiplies a total of so many weeks to take off the error that came each time, and the drift."""
        return float(np.exp(self.shift * self.growth(weeks) + self.drift))

    def factors(self, weeks: ArrayLike, *, draws: int, seed: int, own: ArrayLike = 0.0) -> Floats:
        """What multiplies each draw of a total, so that the draws hold the error as well.

        Parameters
        ----------
        weeks
            Horizon of the total, or of several totals that share their errors.
        draws, seed
            How many, and chance. They are spread evenly over the distribution, so that few of them reach its tails.
        own
            Standard deviation of the logarithm that shocks common to all give the draws already, for each horizon.

        Returns
        -------
        an array of draws, by horizons where there are several
        """
        grown = self.growth(weeks)
        beyond = np.sqrt(np.maximum((self.spread * grown) ** 2 - np.asarray(own, dtype=float) ** 2, 0.0))
        shares = (stream(seed, "errors of earlier totals").permutation(draws) + 0.5) / draws
        steps = stdtrit(self.freedom, shares) if np.isfinite(self.freedom) else np.zeros(draws)
        factors: Floats = np.exp(self.shift * grown + self.drift + np.multiply.outer(steps, beyond))
        return factors


def plan(first_on: date, *, as_of: date, weeks: float, count: int) -> Origins:
    """The earlier days on which a total can be made again and compared with what came.

    Parameters
    ----------
    first_on, as_of
        First and last day of the data.
    weeks
        Length of the future that today's total is of, above 0.
    count
        Origins at most, 0 or more.

    Returns
    -------
    Origins
        Evenly from the latest whose future is over back to the earliest, whose past is as long as its future and twelve
        weeks or more (a quarter of the data where they are younger). The futures are as long as asked for, or so long
        that four fit one after another; where four of four weeks do not, there is no origin.
    """
    if not (np.isfinite(weeks) and weeks > 0):
        raise ValueError(f"weeks must be above 0, found {weeks}")
    length = ((as_of - first_on).days + 1) / DAYS_PER_WEEK
    young = min(float(SHORTEST_PAST_WEEKS), length / 4)
    future = int(min(weeks, (length - young) / SPANS, length / (SPANS + 1)))
    room = length - max(young, float(future))
    if future < min(SHORTEST_WEEKS, weeks) or future < 1 or count < 1:
        return Origins(weeks, 0, ())
    back = np.unique(np.round(np.linspace(future, room, count) if count > 1 else [future]).astype(int))
    days = tuple(as_of - timedelta(weeks=int(one)) for one in back[::-1])
    shares = tuple(((day - first_on).days + 1) / DAYS_PER_WEEK / length for day in days)
    return Origins(weeks, future, days, shares)


def judged(
    known: pd.DataFrame,
    *,
    made_on: date,
    model: BuyingModel,
    near: Floats,
    weeks: float,
    common: CommonPast,
    spend: Floats | None = None,
) -> dict[str, object]:
    """What the model, fitted again on an earlier day, expected of the weeks after it, beside what came.

    Parameters
    ----------
    known
        One row per customer, as `features.split.split` gives them at the origin.
    made_on
        The origin.
    model, near
        The chosen model, and its parameters from more data: where the search begins.
    weeks
        Length of the future.
    common
        The past of all customers together, up to today.
    spend
        What a purchase of each customer was expected to bring, as known at the origin; without it there is no amount.

    Returns
    -------
    dict
        A row of `track`: made_on, weeks, n (customers), expected_purchase_count, actual_purchase_count,
        expected_amount, actual_amount (missing without spend), purchase_error, amount_error (standard deviation of the
        logarithm of what came over what was expected that the doubt about parameters and chance explain),
        latest_log_ratio (of `CommonPast.latest`, as it was known at the origin); next_order_count, next_order_share (of
        `purchase_groups.by_their_day`); once_count, once_expected_share, once_actual_share and the same of those who
        came back before (of `purchase_groups.came_back`).
    """
    clock = common.clock
    rows, timed = clock.rows(model, known, until=made_on), clock.timed(model, since=made_on)
    again = refit(timed, rows, near=near)
    each = timed.expected_purchases(again.theta, rows, weeks)
    expected: Floats = rows.spread(each).astype(float)
    actual = known["holdout_purchase_count"].to_numpy(dtype=float)
    paid = known["holdout_amount"].to_numpy(dtype=float) * (np.nan if spend is None else 1.0)
    due = expected * (np.nan if spend is None else spend)
    doubt = _doubt(again, rows, each, model=timed, weeks=weeks)
    chances = np.asarray(rows.spread(p_buys(rows, fit=again, model=timed, weeks=weeks)), dtype=float)
    return {
        "made_on": pd.Timestamp(made_on),
        "weeks": float(weeks),
        "n": rows.customer_count,
        "expected_purchase_count": float(expected.sum()),
        "actual_purchase_count": float(known["holdout_purchase_count"].sum()),
        "expected_amount": float(due.sum()),
        "actual_amount": float(paid.sum()),
        "purchase_error": np.sqrt(doubt + _chance(actual, expected)),
        "amount_error": np.sqrt(doubt + _chance(paid, due)),
        LATEST: common.latest(again.theta, model=model, until=made_on),
        **by_their_day(known, rows=rows, fit=again, model=timed, as_of=made_on, weeks=weeks, chances=chances),
        **came_back(known, chances=chances),
    }


def track(judgements: Sequence[dict[str, object]]) -> pd.DataFrame:
    """The track record: one row per origin, ascending.

    Parameters
    ----------
    judgements
        Of `judged`.

    Returns
    -------
    pandas.DataFrame
        The columns of `judged`, and purchase_log_ratio and amount_log_ratio (logarithm of what came over what was
        expected, half a purchase added to both; NaN where one of the amounts is not above 0); purchase_off_share and
        amount_off_share (what was expected over what came, less 1: above 0 it was too much).
    """
    names = ["made_on", "weeks", "n", "expected_purchase_count", "actual_purchase_count", "expected_amount"]
    names += ["actual_amount", "purchase_error", "amount_error", LATEST, NAMED, BOUGHT, *BACK]
    frame = pd.DataFrame(judgements, columns=names).sort_values("made_on")
    expected, actual = (frame[f"{name}_purchase_count"].to_numpy(dtype=float) for name in ("expected", "actual"))
    paid, due = (frame[f"{name}_amount"].to_numpy(dtype=float) for name in ("actual", "expected"))
    is_told = (paid > 0) & (due > 0)
    ratio = np.divide(paid, due, out=np.ones_like(due), where=is_told)
    logs = {
        "purchase": np.log((actual + 0.5) / (expected + 0.5)),
        "amount": np.where(is_told, np.log(ratio), np.nan),
    }
    columns = {f"{name}_log_ratio": one for name, one in logs.items()}
    columns |= {f"{name}_off_share": np.expm1(-one) for name, one in logs.items()}
    return frame.assign(**columns).reset_index(drop=True)


def misses(record: pd.DataFrame) -> Misses | None:
    """By how much earlier totals of purchases were off; `record` of `track`. None where there was no origin."""
    if not len(record):
        return None
    off = record["purchase_off_share"].to_numpy(dtype=float)
    return Misses(float(np.abs(off).min()), float(np.abs(off).max()), int((off < 0).sum()), int((off > 0).sum()))


def pooled(record: pd.DataFrame, *, origins: Origins, measure: str, ratios: Ratios = NO_RATIOS) -> PastError:
    """What the origins together say of today's error.

    Parameters
    ----------
    record
        Of `track`, one row per day of `origins`.
    origins
        Of `plan`, for the future that today's total is of.
    measure
        `purchase_count` or `amount`.
    ratios
        Of `CommonPast.ratios`, today.

    Returns
    -------
    PastError
        Without an origin, or where none has the measure: no shift, no spread, and not known.

    Notes
    -----
    The log ratios y are made of a share b of the latest ratio l that was known at the origin; a shift that is common to
    all; and what comes and goes. b = n mean(l y) / d, d = n mean(l^2) + 0.05^2, cut at 0 and 1 and shrunk by
    k = 1 - v / (d b^2) where that is above 0 (positive part of James and Stein), v being the mean square of y - b l: of
    a few days a slope is found in anything. The drift is k b times the latest ratio L of today, and its doubt
    L^2 k v / d adds to the square of the spread (Morris 1983, Parametric empirical Bayes inference: theory and
    applications, Journal of the American Statistical Association 78(381), 47-55). Means weigh origins by
    `Origins.weights`; n counts the futures that lie one after another, less what the weights take. The sampling error,
    2 % and the scatter of ratios count as one origin more in every v. With v about the mean m of y - b l, the shift is
    half of k m, with k = 1 - (v / n + e) / m^2 where that is above 0 and e the mean square of the sampling error, which
    does not become smaller with n, since the origins are of the same customers. The spread is the root mean square
    about the shift, with e taken off, since today's total has its own; as e is surely in it, the square is that of a
    posterior cut off below e (Box and Tiao 1973, Bayesian inference in statistical analysis, chapter 5), so that a few
    origins that happened to be near do not make a model right. What the season's clock has taken of the scatter is
    added. Student's t has n + 1 degrees of freedom.
    """
    if measure not in MEASURES:
        raise ValueError(f"measure must be {PURCHASES} or {AMOUNT}, found {measure!r}")
    name = measure.removesuffix("_count")
    is_known = record[f"{name}_log_ratio"].notna().to_numpy()
    if not is_known.any():
        return PastError(measure, 0.0, 0.0, np.inf, Origins(origins.asked_weeks, 0, ()))
    columns = (f"{name}_log_ratio", f"{name}_error", LATEST)
    logs, errors, earlier = (record.loc[is_known, column].to_numpy(dtype=float) for column in columns)
    known = Known.of(origins, is_known, squared_errors=errors**2, prior=PRIOR_ERROR**2 + ratios.scatter**2)
    weights, n = known.weights, known.n
    size = n * float(weights @ earlier**2) + PRIOR_RATIO**2
    share = float(np.clip(n * (weights @ (earlier * logs)) / size, 0.0, 1.0))
    variance = known.mean_square(logs - share * earlier) / size
    part = _kept(share, variance=variance)
    share, doubt = part * share, part * variance
    rest = logs - share * earlier
    shift = known.shift(rest)
    square = known.mean_square(rest - shift) + ratios.untold * ratios.scatter**2 + doubt * ratios.latest**2
    spread = float(np.sqrt(_beyond(square, sampling=known.sampling, freedom=known.freedom)))
    return PastError(measure, shift, spread, known.freedom, origins, share * ratios.latest)


def of_measures(record: pd.DataFrame, *, origins: Origins, ratios: Ratios = NO_RATIOS) -> dict[str, PastError]:
    """What `pooled` says of the error of each measure, by its name."""
    return {name: pooled(record, origins=origins, measure=name, ratios=ratios) for name in MEASURES}


def _kept(estimate: float, *, variance: float) -> float:
    """What is kept of an estimate of so much variance when it is drawn towards 0 (positive part of James and Stein)."""
    return max(1 - variance / estimate**2, 0.0) if estimate else 0.0


def _beyond(square: float, *, sampling: float, freedom: float) -> float:
    """What a mean square of so many degrees of freedom holds beyond the sampling error, which is surely in it.

    The true square is (freedom * square / chi square) where that is above the sampling error; its mean, in units of
    what it is without the cut, is the square times the ratio of chi square's distributions of two degrees fewer and of
    all. Nearly the difference where the square is large, and above 0 where it is small.
    """
    if not sampling or freedom <= FEWEST_FREEDOM:
        return max(square - sampling, 0.0)
    cut = freedom * square / sampling
    return max(square * float(chdtr(freedom - 2, cut) / chdtr(freedom, cut)) - sampling, 0.0)


def _doubt(again: Refit, rows: Rows, each: Floats, *, model: BuyingModel, weeks: float) -> float:
    """Variance of the logarithm of a total by the delta method in the logarithms of the parameters."""
    total, there = float(rows.weight @ each), np.log(again.theta)
    if not (total > 0 and np.isfinite(again.covariance_log).all()):
        return 0.0
    moved = (
        float(rows.weight @ model.expected_purchases(np.exp(there + step), rows, weeks))
        for step in STEP * np.eye(len(there))
    )
    slopes = np.array([(one / total - 1) / STEP for one in moved])
    return max(float(slopes @ again.covariance_log @ slopes), 0.0)


def _chance(came: Floats, expected: Floats) -> float:
    """Variance of the logarithm of a total by chance: customers are independent, so their squared residuals add up."""
    total = float(expected.sum())
    return float(((came - expected) ** 2).sum()) / total**2 if total > 0 else 0.0
