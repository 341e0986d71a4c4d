"""A clock that runs with the season: models whose customers buy steadily meet a shop that has a Christmas.

A Poisson process whose rate follows the season is a steady one on a clock that runs faster in season. Where customers
leave at a purchase or not, all of a model runs on that clock: histories and horizons are turned into its weeks, and the
model stays as it is. Where they leave in time, they do so on the calendar, and buying alone runs on the clock. Over
whole years both clocks agree.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from helpers.models.buying import fitting
from helpers.models.buying.interface import BuyingModel
from helpers.models.buying.pareto_nbd_formulas import Clock
from helpers.models.buying.rows import DAYS_PER_WEEK, Floats, Rows, collapse
from helpers.models.forecast.periods import YEAR_WEEKS, repeats_due
from helpers.models.forecast.shared_shocks import YEARS, log_ratios, season
from helpers.watching import Readable

PERIOD_WEEKS = 4
SURE = 0.95
"""Certainty with which there must be a season for the clock to run with it."""
YOUNG_WEEKS = 12
"""First weeks of the data that say nothing of a season: all customers are new to them."""
AHEAD_DAYS = 10 * YEAR_WEEKS * DAYS_PER_WEEK
NONE, STATED, LEARNED = "none", "stated", "learned"


@dataclass(frozen=True, eq=False)
class SeasonClock(Readable):
    """Days of the calendar and days of the season.

    Attributes
    ----------
    origin
        The first day that the clock knows.
    rates
        Days of the season in each day of the calendar from the origin on, 1 in the mean of a year; 1 on every later
        day.
    source
        `none` (both clocks are one), `stated` or `learned`.
    year_count
        Years that it was learned from; 0 where it was not.
    """

    origin: date
    rates: Floats
    source: str
    year_count: int = 0

    @property
    def untold(self) -> float:
        """By how many squares of what is left of years on the clock a year to come varies more than they do.

        Of k years each is off their mean by 1 - 1/k of the variance of what it does of itself, and one to come by
        1 + 1/k.
        """
        return 2 / (self.year_count - 1) if self.year_count else 0.0

    def rows(self, model: BuyingModel, histories: pd.DataFrame, *, until: date) -> Rows:
        """The histories up to a day as the model of `timed` or `levelled` reads them: distinct ones, counted.

        Of the calendar where it leaves on the calendar, of this clock where all of it runs on this clock.
        """
        return collapse(self._turned(histories, until=until) if self._is_turned(model) else histories)

    def rows_of(self, models: Mapping[str, BuyingModel], histories: pd.DataFrame, *, until: date) -> dict[str, Rows]:
        """What `rows` gives each of several models, by name; those that read the same share it."""
        read = {self._is_turned(model): model for model in models.values()}
        made = {is_turned: self.rows(model, histories, until=until) for is_turned, model in read.items()}
        return {name: made[self._is_turned(model)] for name, model in models.items()}

    def _is_turned(self, model: BuyingModel) -> bool:
        return self.source != NONE and model.seasonal is None

    def timed(self, model: BuyingModel, *, since: date) -> BuyingModel:
        """The model whose past, up to a day, and future followed the season; asked for in weeks of the calendar."""
        if self.source == NONE:
            return model

        def passed(weeks: ArrayLike) -> Floats:
            return self.weeks_since(since, weeks)

        if model.seasonal is not None:
            return replace(model, passed=passed, **self._seasonal(model.seasonal, since=since, passed=passed))
        return replace(
            model,
            passed=passed,
            expected_purchases=lambda theta, rows, weeks, p_alive=None: model.expected_purchases(
                theta, rows, float(passed(weeks)), p_alive
            ),
            buyers=lambda theta, rows, weeks, rng, p_alive=None: model.buyers(theta, rows, passed(weeks), rng, p_alive),
        )

    def levelled(self, model: BuyingModel, *, since: date) -> BuyingModel:
        """The model whose past, up to a day, followed the season, and whose future is that of the mean of a year."""
        if self.source == NONE or model.seasonal is None:
            return model
        return replace(model, **self._seasonal(model.seasonal, since=since, passed=np.asarray))

    def _seasonal(self, functions: Callable[..., dict[str, Any]], *, since: date, passed: Clock) -> dict[str, Any]:
        """What a model answers whose buying alone follows the season, from its `seasonal`."""

        def seen(weeks: ArrayLike) -> Floats:
            return -self.weeks_since(since, -np.asarray(weeks, dtype=float))

        return functions(seen, passed, slowest=self.extremes[0])

    def _turned(self, histories: pd.DataFrame, *, until: date) -> pd.DataFrame:
        """Histories up to a day with recency_weeks and age_weeks on the clock, to the day; the rest is as it was."""
        recency, age = np.rint(histories[["recency_weeks", "age_weeks"]].to_numpy(dtype=float).T * DAYS_PER_WEEK)
        born = (until - self.origin).days - age
        recency_on, age_on = (np.rint(self._passed(born + days) - self._passed(born)) for days in (recency, age))
        # who came back on another day did so on the clock, too
        recency_on = np.where(recency > 0, np.maximum(recency_on, 1.0), 0.0)
        age_on = np.maximum(age_on, recency_on)
        return histories.assign(recency_weeks=recency_on / DAYS_PER_WEEK, age_weeks=age_on / DAYS_PER_WEEK)

    @property
    def extremes(self) -> tuple[float, float]:
        """The slowest and the fastest day; both 1 where there is no season."""
        return (float(self.rates.min()), float(self.rates.max())) if len(self.rates) else (1.0, 1.0)

    def weeks_since(self, day: date, weeks: ArrayLike) -> Floats:
        """Weeks of the season in so many weeks of the calendar after a day; below 0 for weeks before its end."""
        now = (day - self.origin).days + 1
        later = self._passed(now + np.asarray(weeks, dtype=float) * DAYS_PER_WEEK)
        on_clock: Floats = (later - self._passed(now)) / DAYS_PER_WEEK
        return on_clock

    def _passed(self, days: ArrayLike) -> Floats:
        """Days of the season from the origin on in so many days of the calendar; they are alike where none is known."""
        number, known = np.asarray(days, dtype=float), np.arange(len(self.rates) + 1)
        inside = np.interp(number, known, self._by_day)
        return inside + np.maximum(number - known[-1], 0.0) + np.minimum(number, 0.0)

    @cached_property
    def _by_day(self) -> Floats:
        """Days of the season that have passed by each day of the calendar, from the origin on."""
        return np.concatenate([[0.0], np.cumsum(self.rates)])


def steady(origin: date) -> SeasonClock:
    """The clock of a shop without a season."""
    return SeasonClock(origin, np.ones(0), NONE)


def stated(factors: Sequence[float], *, origin: date, as_of: date) -> SeasonClock:
    """The clock of a calendar that is stated: 12 factors, January to December, of which only the shape counts."""
    months = np.asarray(factors, dtype=float)
    if months.shape != (12,) or not (np.isfinite(months) & (months > 0)).all():
        raise ValueError(f"factors must be 12 numbers above 0, January to December; found {list(factors)}")
    days = (as_of - origin).days + 1 + AHEAD_DAYS
    numbers = np.array([(origin + timedelta(days=day)).month - 1 for day in range(days)])
    return SeasonClock(origin, months[numbers] / months.mean(), STATED)


def of(
    histories: pd.DataFrame, *, model: BuyingModel, weekly: pd.DataFrame, months: Sequence[float] | None
) -> SeasonClock:
    """The clock of the calendar that is stated in months, or else the one that the past shows: see `learned`."""
    if months is None:
        return learned(histories, model=model, weekly=weekly)
    first, last = weekly["starts_on"].iloc[0].date(), weekly["ends_on"].iloc[-1].date()
    return stated(months, origin=first, as_of=last)


def learned(histories: pd.DataFrame, *, model: BuyingModel, weekly: pd.DataFrame) -> SeasonClock:
    """The clock of the season that past purchases show, where there are two years of them and it is sure.

    Parameters
    ----------
    histories
        One row per customer, up to the end of the past.
    model
        By which customers come and go.
    weekly
        Of `periods.history`, in periods of one week.

    Returns
    -------
    SeasonClock
        Both clocks are one where there are fewer than two years, or no season of which chance makes the like less than
        once in 20.

    Notes
    -----
    The season is that of repeat purchases, in four weeks each, over what the model expects of customers who came when
    they came (`shared_shocks.season`), so that a shop that grows has none; the first twelve weeks are left out. It is
    shrunk, and its mean over a year of 52 weeks is made 1.
    """
    origin, as_of = (weekly[column].iloc[at].date() for column, at in (("starts_on", 0), ("ends_on", -1)))
    count, year = len(weekly) // PERIOD_WEEKS, YEAR_WEEKS // PERIOD_WEEKS
    if count < YEARS * year:
        return steady(origin)
    theta = fitting.fit(model, collapse(histories), level=SURE).theta
    ends = np.arange(len(weekly) + 1, dtype=float)
    by_week = repeats_due(weekly, expected_new=lambda weeks: model.expected_new(theta, weeks), ends=ends)
    actual, due = (
        one[-count * PERIOD_WEEKS :].reshape(count, PERIOD_WEEKS).sum(axis=1)
        for one in (weekly["repeat_count"].to_numpy(dtype=float), by_week)
    )
    logs = season(log_ratios(actual, due), due, year=year, level=SURE)
    if not logs.any():
        return steady(origin)
    days = np.arange((origin - as_of).days - 1, AHEAD_DAYS)
    rates = np.exp(logs)[days // (PERIOD_WEEKS * DAYS_PER_WEEK) % year]
    return SeasonClock(origin, rates / np.exp(logs).mean(), LEARNED, min(count // year, YEARS + 1))
