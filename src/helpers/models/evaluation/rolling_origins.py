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
from numpy.typing import ArrayLike
from scipy.special import stdtrit

from helpers.models.buying.fitting import refit
from helpers.models.buying.interface import BuyingModel
from helpers.models.buying.prediction import p_buys
from helpers.models.buying.rows import DAYS_PER_WEEK, Floats, Rows
from helpers.models.evaluation import earlier_errors
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
PRIOR_ORIGINS = 1.0
"""Origins that what is known of errors before any came is worth."""
DOUBTED_SHARE = 0.3
"""Share of a correction that joins its spread."""
GROWTH = 0.35
"""Power of the horizon with which doubt grows beyond the longest future tried: 0 if it stays, 1/2 if it walks."""
STEADILY = 0.5
"""The same of what is corrected: of rates that decline it would be near 1, which is too much to stake on few days."""
AVERAGED_OUT, WALKING = -0.5, 0.45
"""The same of shocks that have nothing to do with one another, and of those that last."""
PASSING, LASTING = 0.6, 0.8
"""`Ratios.lasting` up to which shocks average out, and from which they last; the powers between lie on a line."""
LESSENING = 0.25
"""Power of the past seen with which an error lessens: 0 if it stays, 1/2 if it averages out."""
LARGEST_DOUBT = 4.0
"""Standard deviation of the logarithm of a parameter of which nothing is known."""
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
    def overlaps(self) -> Floats:
        """Days by days: which share of the futures of two of them is one and the same."""
        weeks = np.array([(day - self.days[0]).days / DAYS_PER_WEEK for day in self.days])
        return np.maximum(1 - np.abs(weeks[:, None] - weeks) / max(self.weeks, 1), 0.0)

    @property
    def sizes(self) -> Floats:
        """How many times as large as today's an error of each day is, which saw less of the past."""
        return np.array(self.past_shares or [1.0] * len(self.days)) ** -LESSENING

    @property
    def weights(self) -> Floats:
        """What each origin counts, 1 in all: customers who come steadily are watched for the square of the past."""
        squares = np.array(self.past_shares or [1.0] * len(self.days)) ** 2
        weights: Floats = squares / squares.sum()
        return weights

    def growth(self, weeks: ArrayLike, *, power: float = GROWTH) -> Floats:
        """How many times as large an error is over so many weeks: 1 up to the futures tried, then a power of them."""
        return np.maximum(np.asarray(weeks, dtype=float) / max(self.weeks, 1), 1.0) ** power

    def until(self, day: date) -> date:
        """The last day of the future of an origin."""
        return day + timedelta(weeks=self.weeks)


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
        The days. Shift, drift and spread are of futures as long as theirs; see `shift_over` and `spread_over`.
    drift
        What the latest weeks say of the error besides; 0 where earlier ones said nothing.
    steady_share
        Share of the variance that is doubt about what comes each time.
    power
        Of the horizon, with which the rest grows beyond the futures tried: below 0 where it averages out.
    """

    measure: str
    shift: float
    spread: float
    freedom: float
    origins: Origins
    drift: float = 0.0
    steady_share: float = 1.0
    power: float = GROWTH

    @property
    def is_known(self) -> bool:
        """Whether there was any origin."""
        return bool(self.origins.days)

    def shift_over(self, weeks: ArrayLike) -> Floats:
        """What is corrected of a total of so many weeks, as a logarithm."""
        return (self.shift + self.drift) * self.origins.growth(weeks, power=STEADILY)

    def spread_over(self, weeks: ArrayLike) -> Floats:
        """The spread of a total of so many weeks: doubt about what comes each time grows, the rest by its `power`."""
        steady, passing = self.origins.growth(weeks), self.origins.growth(weeks, power=self.power)
        spread: Floats = self.spread * np.sqrt(self.steady_share * steady**2 + (1 - self.steady_share) * passing**2)
        return spread

    def correction(self, weeks: float) -> float:
        """What multiplies a total of so many weeks to take off the error that came each time, and the drift."""
        return float(np.exp(self.shift_over(weeks)))

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
        beyond = np.sqrt(np.maximum(self.spread_over(weeks) ** 2 - np.asarray(own, dtype=float) ** 2, 0.0))
        shares = (stream(seed, "errors of earlier totals").permutation(draws) + 0.5) / draws
        steps = stdtrit(self.freedom, shares) if np.isfinite(self.freedom) else np.zeros(draws)
        factors: Floats = np.exp(self.shift_over(weeks) + np.multiply.outer(steps, beyond))
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
    doubt = _doubt(again.information, rows, near=near, model=timed, weeks=weeks)
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
    See `earlier_errors.expected`. Where what it corrects is less than the spread, earlier days do not agree on it:
    nothing is corrected, and the spread is that about nothing. Elsewhere three tenths of the correction join the
    spread: what made earlier totals wrong each time may have ended, or have grown. What the season's clock has taken of
    the scatter of ratios is added to the variance.
    Beyond the futures tried, a correction grows, and the doubt about what comes each time. What comes and goes grows
    where ratios of eight weeks scatter nearly as much as ratios of four; where they scatter less, shocks average out.
    Student's t has a degree of freedom more than there are futures that lie one after another.
    """
    if measure not in MEASURES:
        raise ValueError(f"measure must be {PURCHASES} or {AMOUNT}, found {measure!r}")
    name = measure.removesuffix("_count")
    is_known = record[f"{name}_log_ratio"].notna().to_numpy()
    if not is_known.any():
        return PastError(measure, 0.0, 0.0, np.inf, Origins(origins.asked_weeks, 0, ()))
    columns = (f"{name}_log_ratio", f"{name}_error", LATEST)
    logs, errors, latest = (record.loc[is_known, column].to_numpy(dtype=float) for column in columns)
    overlaps = origins.overlaps[np.ix_(is_known, is_known)]
    earlier = earlier_errors.Earlier(logs, errors, overlaps, latest, origins.sizes[is_known])
    beyond, freedom = ratios.untold * ratios.scatter**2, PRIOR_ORIGINS + origins.independent_count
    of = {"latest": ratios.latest, "scatter": ratios.scatter, "beyond": beyond, "freedom": freedom}
    today = earlier_errors.expected(earlier, **of)
    correction = today.shift + today.drift
    is_agreed = abs(correction) >= today.spread
    doubted = correction * (DOUBTED_SHARE if is_agreed else 1.0)
    spread = float(np.hypot(today.spread, doubted))
    return PastError(
        measure=measure,
        shift=today.shift if is_agreed else 0.0,
        spread=spread,
        freedom=freedom,
        origins=origins,
        drift=today.drift if is_agreed else 0.0,
        steady_share=(today.steady_share * today.spread**2 + doubted**2) / spread**2,
        power=float(np.interp(ratios.lasting, (PASSING, LASTING), (AVERAGED_OUT, WALKING))),
    )


def of_measures(record: pd.DataFrame, *, origins: Origins, ratios: Ratios = NO_RATIOS) -> dict[str, PastError]:
    """What `pooled` says of the error of each measure, by its name."""
    return {name: pooled(record, origins=origins, measure=name, ratios=ratios) for name in MEASURES}


def _doubt(information: Floats, rows: Rows, *, near: Floats, model: BuyingModel, weeks: float) -> float:
    """Variance of the logarithm of a total by the delta method in the logarithms of the parameters.

    At the parameters of more data: an early day does often not tell how lives differ, and says nothing of its own
    doubt. Nothing is known of a parameter to more than a factor of e^4 either way.
    """
    there, steps = np.log(near), STEP * np.eye(len(near))

    def total(log_theta: Floats) -> float:
        return float(rows.weight @ model.expected_purchases(np.exp(log_theta), rows, weeks))

    base = total(there)
    if not base > 0:
        return 0.0
    slopes = np.log([total(there + step) / base for step in steps]) / STEP
    covariance = np.linalg.inv(information + np.eye(len(near)) / LARGEST_DOUBT**2)
    return max(float(slopes @ covariance @ slopes), 0.0)


def _chance(came: Floats, expected: Floats) -> float:
    """Variance of the logarithm of a total by chance: customers are independent, so their squared residuals add up."""
    total = float(expected.sum())
    return float(((came - expected) ** 2).sum()) / total**2 if total > 0 else 0.0
