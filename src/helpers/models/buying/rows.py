"""Histories of buying as weighted rows: customers with equal histories are counted, not repeated."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from helpers.errors import FitError, message

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]

DAYS_PER_WEEK = 7
COLUMNS = ("frequency", "recency_weeks", "age_weeks")
DAY_TOLERANCE = 0.1
"""Of a day."""


@dataclass(frozen=True, eq=False)
class Rows:
    """Distinct histories: arrays with an entry each, and for each customer the row it is counted in.

    Attributes
    ----------
    frequency
        Repeat purchases (days with a purchase after the first): the papers' x, 0 or more.
    recency
        Weeks from the first purchase to the last: the papers' t_x, from 0 (where x = 0) to `age`.
    age
        Weeks from the first purchase to the end of watching: the papers' T.
    weight
        Customers with this history, 1 or more.
    index
        One entry per customer, in the order of the histories: the row it is counted in.
    """

    frequency: Floats
    recency: Floats
    age: Floats
    weight: Floats
    index: Whole

    def __len__(self) -> int:
        return len(self.frequency)

    @property
    def customer_count(self) -> int:
        return len(self.index)

    @property
    def unit(self) -> float:
        """Mean age of a customer in weeks, the scale on which a fit looks for times; 1 where nobody was watched."""
        return float(np.average(self.age, weights=self.weight)) or 1.0

    @cached_property
    def futures(self) -> tuple[Floats, Floats, Whole]:
        """Frequencies and ages of the distinct pairs of them, and the pair of each row.

        What comes of a customer who is still there depends on these two alone, and a pair has many recencies.
        """
        pairs, place = np.unique(self.frequency + 1j * self.age, return_inverse=True)
        return pairs.real, pairs.imag, place.reshape(-1)

    @property
    def remarks(self) -> tuple[str, ...]:
        """What no model can read in these histories, a sentence each; empty where they are many and various."""
        return _remarks(self)

    def some(self, places: Whole) -> Rows:
        """The rows at these places alone, each with its weight; `index` has an entry per row."""
        x, recency, age, weight = (one[places] for one in (self.frequency, self.recency, self.age, self.weight))
        return Rows(x, recency, age, weight, np.arange(len(places)))

    def spread(self, values: NDArray[np.generic]) -> NDArray[np.generic]:
        """One value per customer from one per row."""
        return values[self.index]


def collapse(histories: pd.DataFrame) -> Rows:
    """The distinct histories of customers, each with the number of customers who have it.

    Parameters
    ----------
    histories
        One row per customer: frequency (0 or more), recency_weeks, age_weeks, made at day grain.

    Raises
    ------
    FitError
        A history is impossible; each kind is named with its number of customers and the first of them.

    Notes
    -----
    Only customers equal to the day are one row: the likelihood is the same, term by term. Rounding to weeks first would
    merge different customers and bias the fit.
    """
    check(histories)
    days = np.rint(histories[["recency_weeks", "age_weeks"]].to_numpy(dtype=float) * DAYS_PER_WEEK).astype(np.int64)
    frequency = histories["frequency"].to_numpy(dtype=np.int64)
    span = int(days.max()) + 1
    if (int(frequency.max()) + 1) * span**2 >= np.iinfo(np.int64).max:
        raise FitError(f"histories of buying must be possible: {frequency.max():,} purchases in {span:,} days are not")
    keys = (frequency * span + days[:, 0]) * span + days[:, 1]
    distinct, index, weight = np.unique(keys, return_inverse=True, return_counts=True)
    earlier, age = np.divmod(distinct, span)
    x, recency = np.divmod(earlier, span)
    return Rows(x.astype(float), recency / DAYS_PER_WEEK, age / DAYS_PER_WEEK, weight.astype(float), index.reshape(-1))


def check(histories: pd.DataFrame) -> None:
    """Refuse histories that nobody can have, all kinds at once."""
    x, recency, age = (histories[name].to_numpy(dtype=float) for name in COLUMNS)
    rules = {
        "`frequency` must be a whole number, 0 or more": ~(np.isfinite(x) & (x >= 0) & (x == np.floor(x))),
        "`age_weeks` must be a number, 0 or more": ~(np.isfinite(age) & (age >= 0)),
        "`recency_weeks` must lie between 0 and `age_weeks`": ~((recency >= 0) & (recency <= age)),
        "`recency_weeks` must be 0 for who bought once and above 0 for who came back": (x > 0) != (recency > 0),
        "`recency_weeks` and `age_weeks` must be whole days, in weeks": ~(
            _is_whole_days(recency) & _is_whole_days(age)
        ),
    }
    problems = [f"{rule}: {_where(histories, wrong)}" for rule, wrong in rules.items() if wrong.any()]
    if not len(histories):
        problems = ["there must be one customer at least, found none"]
    if problems:
        raise FitError(message("histories of buying must be possible", problems))


def _is_whole_days(weeks: Floats) -> NDArray[np.bool_]:
    """Whether these are days, give or take what three significant digits of weeks leave of a day."""
    days = weeks * DAYS_PER_WEEK
    return np.asarray(np.abs(days - np.rint(days)) < DAY_TOLERANCE)


def _remarks(rows: Rows) -> tuple[str, ...]:
    n, watched = rows.customer_count, float(rows.weight @ rows.age)
    problems = []
    if n == 1:
        problems.append("There is one customer: how customers differ is unknown from one history.")
    if not rows.age.any():
        problems.append(
            f"{_all(n)} first bought on the last day of watching: nothing is known yet of what they do next."
        )
    elif not rows.frequency.any():
        problems.append(
            f"{_all(n)} bought once, in {watched:,.0f} customer-weeks of watching: how often they come back, and when "
            f"they stop, is not known; while they are customers it is less than once in {watched / 3:,.0f} weeks, with "
            "95 % confidence."
        )
    elif n > 1 and (rows.frequency == rows.frequency[0]).all():
        problems.append(
            f"{_all(n)} have come back equally often, {rows.frequency[0]:.0f} times: chance alone would spread them "
            "more, so how customers differ is unknown."
        )
    return tuple(problems)


def _all(n: int) -> str:
    return "The customer" if n == 1 else f"All {n:,} customers"


def _where(histories: pd.DataFrame, wrong: NDArray[np.bool_]) -> str:
    first = histories.iloc[int(np.flatnonzero(wrong)[0])]
    values = ", ".join(f"{name} {first[name]:g}" for name in COLUMNS)
    who = f"customer {first['customer_id']}: " if "customer_id" in histories else ""
    count = int(wrong.sum())
    return f"{count:,} customer{'s' if count > 1 else ''}, first {who}{values}"
