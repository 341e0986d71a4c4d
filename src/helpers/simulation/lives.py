"""Lives as seconds: from joining to death or the end of the data, what happens in them, and months of the calendar."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import ArrayLike, NDArray

from helpers.simulation.population import Population
from helpers.simulation.settings import Company

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]
Instants = NDArray[np.datetime64]
Days = NDArray[np.datetime64]

DAY_SECONDS = 86_400
WEEK_SECONDS = 7 * DAY_SECONDS
YEAR_SECONDS = 365.25 * DAY_SECONDS
MONTH_DAYS = 30.436875
"""Days of a mean month: what hazards per month are per."""


def seconds(instants: ArrayLike) -> Floats:
    """Seconds since 1970 of instants or days; NaN for NaT. Whole seconds are exact."""
    exact = np.asarray(instants).astype("datetime64[us]")
    return np.where(np.isnat(exact), np.nan, exact.astype(np.int64) / 1e6)


def instants(since_1970: Floats) -> Instants:
    """The instants, to the second below, as datetime64[us]; NaT where the seconds are not finite."""
    known = np.isfinite(since_1970)
    whole = np.floor(np.where(known, since_1970, 0.0)).astype(np.int64).astype("datetime64[s]")
    return np.where(known, whole.astype("datetime64[us]"), np.datetime64("NaT", "us"))


def days(since_1970: Floats) -> Days:
    """The days, as datetime64[D]; NaT where the seconds are not finite."""
    return instants(since_1970).astype("datetime64[D]")


def end_seconds(company: Company) -> float:
    """The end of the last day: nothing of the data is at it or later."""
    return float(seconds(np.datetime64(company.end, "D") + 1))


def spans(company: Company, people: Population) -> tuple[Floats, Floats]:
    """Start and stop of each customer's life within the data, in seconds: from joining to death or the end."""
    return seconds(people.joined_at), np.fmin(seconds(people.dies_at), end_seconds(company))


def whose(people: Population, rows: Rows) -> pa.Array:
    """The ids of the customers in these rows, as text."""
    return pa.array(people.customer_id, pa.string()).take(pa.array(rows))


def arrivals(
    generator: np.random.Generator, *, start: Floats, stop: Floats, rate_per_second: ArrayLike
) -> tuple[Rows, Floats]:
    """What happens at a steady rate between start and stop.

    Parameters
    ----------
    generator
        Where chance comes from.
    start, stop
        Seconds, an entry per span; a span that stops before it starts is empty.
    rate_per_second
        Rate of the Poisson process, one or an entry per span.

    Returns
    -------
    rows, seconds
        An entry per arrival: the span it lies in (ascending), and when; in no order within a span.
    """
    length = np.maximum(stop - start, 0.0)
    expected: Floats = length * np.asarray(rate_per_second, dtype=float)
    rows = np.repeat(np.arange(len(start)), generator.poisson(expected))
    return rows, start[rows] + generator.random(len(rows)) * length[rows]


def add_months(days: Days, months: ArrayLike) -> Days:
    """The same day so many months later; the last day of the month where it has no such day.

    >>> add_months(np.array(["2024-01-31"], "datetime64[D]"), 1)
    array(['2024-02-29'], dtype='datetime64[D]')
    """
    month = days.astype("datetime64[M]")
    target = month + np.asarray(months).astype("timedelta64[M]")
    last = (target + 1).astype("datetime64[D]") - 1
    return np.minimum(target.astype("datetime64[D]") + (days - month.astype("datetime64[D]")), last)
