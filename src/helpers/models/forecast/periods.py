"""The past in whole periods that end today, so that each has its like a year of 52 weeks before."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import numpy as np
import pandas as pd

from helpers.models.buying.rows import DAYS_PER_WEEK, Floats

YEAR_WEEKS = 52
PURCHASES, AMOUNT, NEW_CUSTOMERS = "purchase_count", "amount", "new_customer_count"


def per_year(period_weeks: int) -> int:
    """Periods in a year of 52 weeks."""
    if period_weeks < 1 or YEAR_WEEKS % period_weeks:
        raise ValueError(f"period_weeks must divide {YEAR_WEEKS}: 1, 2, 4, 13, 26 or 52; found {period_weeks}")
    return YEAR_WEEKS // period_weeks


def calendar(numbers: np.ndarray, *, as_of: date, period_weeks: int) -> pd.DataFrame:
    """The days of periods by their number: 0 ends with `as_of`, 1 is the next. Columns period, starts_on, ends_on."""
    length = period_weeks * DAYS_PER_WEEK
    ends = np.datetime64(as_of, "s") + length * numbers * np.timedelta64(1, "D")
    return pd.DataFrame({"period": numbers, "starts_on": ends - np.timedelta64(length - 1, "D"), "ends_on": ends})


def history(
    weekly: pd.DataFrame, births: pd.DataFrame, *, origin: date, as_of: date, period_weeks: int = 4
) -> pd.DataFrame:
    """The past in whole periods, the last of which ends with `as_of`.

    Parameters
    ----------
    weekly
        Of `timeline.by_week` of all customers, with the same origin: week, repeat_count, amount.
    births
        Of `timeline.births`: first_on, customer_count, amount.
    origin
        First day of week 1, on or before the first day of the data, whole weeks before the end of `as_of`: of
        `days.week_origin`.
    as_of
        The last day that is known.
    period_weeks
        Length of a period, dividing 52.

    Returns
    -------
    pandas.DataFrame
        One row per period, ascending: period (0 is the last, -1 the one before), starts_on, ends_on, early_count
        (customers who came before the first whole period, 0 in all rows but the first), new_customer_count,
        first_amount (of first purchases), repeat_count, purchase_count (first and repeat), amount.

    Raises
    ------
    ValueError
        The weeks do not end with as_of, or there is no whole period.
    """
    per_year(period_weeks)
    length, known = period_weeks * DAYS_PER_WEEK, (as_of - origin).days + 1
    count = known // length
    if known % DAYS_PER_WEEK or count < 1:
        raise ValueError(f"from {origin} to {as_of} there must be whole weeks, {period_weeks} at least: {known} days")
    born = (pd.to_datetime(births["first_on"]) - pd.Timestamp(origin)).dt.days.to_numpy()
    bought = pd.to_numeric(weekly["week"]).to_numpy() * DAYS_PER_WEEK - 1
    # the place of a day: 0 is the first whole period, below it are the days before
    born_in, bought_in = (count - 1 - (known - 1 - day) // length for day in (born, bought))
    repeats, births_in = (
        _summed(weekly["repeat_count"], bought_in, count),
        _summed(births["customer_count"], born_in, count),
    )
    early = np.zeros(count)
    early[0] = float(births["customer_count"].to_numpy(dtype=float)[born_in < 0].sum())
    sums = {
        "early_count": early,
        NEW_CUSTOMERS: births_in,
        "first_amount": _summed(births["amount"], born_in, count),
        "repeat_count": repeats,
        PURCHASES: repeats + births_in,
        AMOUNT: _summed(weekly["amount"], bought_in, count),
    }
    return calendar(np.arange(1 - count, 1), as_of=as_of, period_weeks=period_weeks).assign(**sums)


def known(history: pd.DataFrame, *, as_of: date) -> pd.DataFrame:
    """The periods up to a day, numbered from it; the day must be the end of one.

    Raises
    ------
    ValueError
        No period ends with the day.
    """
    past = history[history["ends_on"] <= pd.Timestamp(as_of)].reset_index(drop=True)
    if not len(past) or past["ends_on"].iloc[-1] != pd.Timestamp(as_of):
        raise ValueError(f"a period of the history must end with as_of {as_of}; cut the history by the same periods")
    return past.assign(period=np.arange(1 - len(past), 1))


def repeats_due(past: pd.DataFrame, *, expected_new: Callable[[Floats], Floats], ends: Floats) -> Floats:
    """Repeat purchases that a model expects in each past period, of all who had come by then.

    Parameters
    ----------
    past
        Of `history` or `known`: customers come in the middle of a period, those before the first with it.
    expected_new
        Weeks to the repeat purchases of a new customer in so many, an array.
    ends
        When each period ends, and before them when the first begins, in weeks: of the calendar or of another clock.
    """
    middles, came = (ends[1:] + ends[:-1]) / 2, (past[NEW_CUSTOMERS] + past["early_count"]).to_numpy(dtype=float)
    later, born = np.tril_indices(len(past))
    by_then = np.zeros((len(past) + 1, len(past)))
    by_then[later + 1, born] = expected_new(ends[later + 1] - middles[born])
    due: Floats = np.diff(by_then, axis=0) @ came
    return due


def seasonal_naive(history: pd.DataFrame, *, as_of: date, period_weeks: int, periods: int) -> pd.DataFrame:
    """What the next periods bring if each is as it was a year of 52 weeks before: the rival of every forecast.

    Returns
    -------
    pandas.DataFrame
        One row per period: period (from 1), starts_on, ends_on, purchase_count, amount, new_customer_count; NaN where
        the data do not reach back so far.

    References
    ----------
    Hyndman and Athanasopoulos (2021), Forecasting: principles and practice, 3rd ed., section 5.2.
    """
    year = per_year(period_weeks)
    if not 1 <= periods <= year:
        raise ValueError(f"periods must be 1 to {year}, a year of {period_weeks} weeks each; found {periods}")
    past = known(history, as_of=as_of).set_index("period")[[PURCHASES, AMOUNT, NEW_CUSTOMERS]]
    numbers = np.arange(1, periods + 1)
    before = past.reindex(numbers - year).reset_index(drop=True)
    return pd.concat([calendar(numbers, as_of=as_of, period_weeks=period_weeks), before], axis="columns")


def _summed(values: pd.Series, places: np.ndarray, count: int) -> Floats:
    """The sum of the values at each place; those elsewhere are left out."""
    is_in = (places >= 0) & (places < count)
    return np.bincount(places[is_in], weights=values.to_numpy(dtype=float)[is_in], minlength=count).astype(float)
