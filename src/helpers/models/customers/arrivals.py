"""From when on a customer first seen is a new customer, and whether new ones still come: read off the arrival curve."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from math import nan, sqrt
from typing import Literal

import numpy as np
import pandas as pd

from helpers.days import add_months, month_start

LEAD = 1.5
"""How many times the usual month of first orders the first one must hold to tell of a business older than its data."""
SLACK = 1.1
"""How many times the usual month a month may hold and still be one of new customers."""
FALL = 0.5
"""Part of the middle months below which the latest are so few that there is no usual month to compare with."""
LEAST_STRETCH_DAYS = 28
"""Days at least that are left out where the business is older than its data."""
CLOSED_MONTHS, CLOSED_COUNT = 2, 10
"""Whole months without anybody new, and how many would have come in them, for the cohorts to be called closed."""

Evidence = Literal["stated new", "stated old", "found old", "no sign", "too short"]


@dataclass(frozen=True)
class Arrivals:
    """From when on whoever is first seen counts as new.

    Attributes
    ----------
    new_from
        First month whose first-seen customers are new; the month of the first order where nobody is left out.
    evidence
        Why: the business was stated to have begun within the data or before them; far more customers than later are
        first seen in the first month; there is no sign of that; or the data are too short to tell.
    customer_count, left_out_count
        Customers in all, and those first seen before `new_from`.
    has_usual_month
        Whether first orders settle at a level. Where they fall to the end of the data, as of a panel that nobody joins,
        only the first stretch is left out, and later months may hold old customers too.
    closed_after
        The last month with anybody new, where nobody has come for so long that the cohorts are closed; else None.
    """

    new_from: date
    evidence: Evidence
    customer_count: int
    left_out_count: int = 0
    has_usual_month: bool = True
    closed_after: date | None = None

    @property
    def left_out_share(self) -> float:
        """Share of all customers who are left out, 0 to 1; NaN where there is nobody."""
        return self.left_out_count / self.customer_count if self.customer_count else nan

    def of_new(self, cohorts: pd.DataFrame) -> pd.DataFrame:
        """The rows of the cohorts that hold new customers; `cohorts` has a column `cohort`."""
        return cohorts[self.is_new(cohorts)]

    def is_new(self, cohorts: pd.DataFrame) -> pd.Series:
        """Of each row whether its cohort holds new customers; `cohorts` has a column `cohort`."""
        return pd.to_datetime(cohorts["cohort"]) >= pd.Timestamp(self.new_from)


def read_off(months: pd.DataFrame, *, first_on: date, began_on: date | None) -> Arrivals:
    """From when on whoever is first seen counts as new, by what is stated or by how many are first seen a month.

    Data begin on a day, and every customer of an older business is first seen some time after it. Of those first seen
    in the first months most are old, and old customers who are seen soon are those who buy often: as new customers
    they would make retention better than it is.

    Parameters
    ----------
    months
        One row per month, ascending, as `activity.by_month` gives it: month, is_complete, new_customer_count.
    first_on
        The day of the first order.
    began_on
        The day the business began, where that was stated.

    Notes
    -----
    The usual month is the median of those after the first. The business is older than its data where the first month
    has more than LEAD times as many first orders a day, and more than three standard deviations of a Poisson count;
    then months are left out until one has no more than SLACK times the usual, and as many again, in which what is left
    of the old customers falls by as much again; at most half of the months there are. In simulated old businesses
    retention was 1.5 points too low on average without those months, and 0.6 with them: customers who buy more seldom
    still stay in.
    """
    counts, days = _whole(months, first_on)
    first = month_start(first_on)
    everybody = int(months["new_customer_count"].sum())
    closed_after = _closed_after(months)
    if began_on is not None and began_on >= first:
        return Arrivals(first, "stated new", everybody, closed_after=closed_after)
    evidence: Evidence = "stated old" if began_on is not None else _evidence(counts, days)
    if evidence not in ("stated old", "found old"):
        return Arrivals(first, evidence, everybody, closed_after=closed_after)
    has_usual = _settles(counts[1:] / days[1:])
    month_count = max(_stretch(counts / days) if has_usual else 0, _least_months(first_on))
    new_from = add_months(first, month_count)
    seen = pd.to_datetime(months["month"]) < pd.Timestamp(new_from)
    left_out = int(months.loc[seen, "new_customer_count"].sum())
    return Arrivals(new_from, evidence, everybody, left_out, has_usual, closed_after)


def _whole(months: pd.DataFrame, first_on: date) -> tuple[np.ndarray, np.ndarray]:
    """First orders and days of each month up to the last with any, without a latest month that is not over."""
    is_over = months["is_complete"].astype(bool) | (np.arange(len(months)) == 0)
    over = months[is_over]
    last = int(np.flatnonzero(over["new_customer_count"].to_numpy())[-1]) if over["new_customer_count"].any() else -1
    over = over.iloc[: last + 1]
    starts = [month.date() for month in pd.to_datetime(over["month"])]
    days = np.array([(add_months(start, 1) - max(start, first_on)).days for start in starts], dtype=float)
    return over["new_customer_count"].to_numpy(dtype=float), days


def _evidence(counts: np.ndarray, days: np.ndarray) -> Evidence:
    if len(counts) < 3:
        return "too short"
    usual = float(np.median(counts[1:] / days[1:])) * days[0]
    return "found old" if counts[0] > max(LEAD * usual, usual + 3 * sqrt(usual)) else "no sign"


def _settles(rates: np.ndarray) -> bool:
    """Whether first orders a day keep a level: the latest third of months is not far below the middle one."""
    if len(rates) < 3:
        return False
    _, middle, latest = np.array_split(rates, 3)
    return bool(latest.mean() >= FALL * middle.mean())


def _stretch(rates: np.ndarray) -> int:
    """How many first months are left out: twice those that hold more first orders a day than the usual one."""
    is_usual = rates <= SLACK * np.median(rates[1:])
    return min(2 * int(np.argmax(is_usual)), len(rates) // 2)


def _least_months(first_on: date) -> int:
    """Months until one begins LEAST_STRETCH_DAYS after the data do."""
    enough = first_on + timedelta(days=LEAST_STRETCH_DAYS)
    return 1 if add_months(first_on, 1) >= enough else 2


def _closed_after(months: pd.DataFrame) -> date | None:
    over = months[months["is_complete"].astype(bool)]
    some = np.flatnonzero(months["new_customer_count"].to_numpy())
    if not len(some):
        return None
    last = pd.to_datetime(months["month"]).iloc[int(some[-1])]
    since = int((pd.to_datetime(over["month"]) > last).sum())
    usual = float(months["new_customer_count"].iloc[: int(some[-1]) + 1].mean())
    return last.date() if since >= CLOSED_MONTHS and since * usual >= CLOSED_COUNT else None
