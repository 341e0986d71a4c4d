"""Early warning: who does much less than they used to, since when, at a stated rate of false alarms.

What a customer did in the first weeks is frozen as their baseline; later weeks never enter it, so that a slow decline
is not taken for the new normal. A Poisson CUSUM adds up, week by week, what speaks for a fall; once it crosses its
threshold the warning stands.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from helpers.randomness import stream

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]
SHAPES, DRAWS = 24, 8_000
"""Kinds of baseline for which a threshold is tuned, and customers drawn of each."""
THRESHOLDS = np.arange(1.0, 12.0, 0.05)
HORIZON_WEEKS = 10
"""Weeks within which a fall is to be noticed: the mean chance over the second half of them is made large."""
FEWEST = 100
"""Fewest customers from whom baselines can be shrunk towards one another."""


@dataclass(frozen=True)
class Terms:
    """What is watched for.

    Parameters
    ----------
    baseline_weeks, watch_weeks
        Length of the frozen baseline, and of the weeks after it that are watched.
    fall_share
        What is left of a customer's rate after the fall that the CUSUM is tuned to, 0 to 1.
    false_alarm_share
        Share of customers who never change who are warned of within the weeks watched, 0 to 1.
    """

    baseline_weeks: int
    watch_weeks: int
    fall_share: float
    false_alarm_share: float

    @property
    def weeks(self) -> int:
        return self.baseline_weeks + self.watch_weeks


@dataclass(frozen=True, eq=False)
class Baselines:
    """What is known of the weekly rate of each customer: a Gamma with a shape of their own, and one rate for all."""

    shapes: Floats
    rate: float

    @property
    def means(self) -> Floats:
        return self.shapes / self.rate


@dataclass(frozen=True, eq=False)
class Tuned:
    """Thresholds, one entry per customer, and what they give where the model holds.

    Attributes
    ----------
    thresholds
        Of the CUSUM.
    caught_share
        Share of customers whose rate falls to `fall_share` who are warned of within ten weeks.
    false_alarm_share
        Share of customers who never change who are warned of within the weeks watched.
    """

    thresholds: Floats
    caught_share: float
    false_alarm_share: float


def baselines(counts: Whole, *, weeks: int) -> Baselines:
    """Rates before, shrunk towards everybody's.

    Parameters
    ----------
    counts
        How often each customer did it in the weeks of the baseline, summed.
    weeks
        Of the baseline.

    Notes
    -----
    Rates are Gamma(a, b) over customers and counts Poisson: by moments the mean rate is a / b, and the variance of
    counts over weeks squared is that of rates and the mean over weeks. A customer with S in w weeks has the shape
    a + S and the rate b + w (Robbins 1956, An empirical Bayes approach to statistics; the moments of the negative
    binomial).
    """
    mean = float(counts.mean()) / weeks
    between = float(counts.var(ddof=1)) / weeks**2 - mean / weeks if len(counts) > 1 else 0.0
    # alike customers: the prior is then so narrow that nobody's own weeks move it much
    shape = mean**2 / max(between, mean**2 / 1_000)
    return Baselines(np.asarray(shape + counts, dtype=np.float64), shape / mean + weeks)


def cusum(counts: Whole, means: Floats, *, fall_share: float) -> Floats:
    """The CUSUM of each customer after each week: 0 where nothing speaks for a fall.

    Parameters
    ----------
    counts
        Customers by weeks: how often each did it.
    means
        What each is expected to do in a week.
    fall_share
        What is left of the rate after the fall that is looked for.

    References
    ----------
    Page (1954), Continuous inspection schemes, Biometrika 41, 100-115; Lucas (1985), Counted data CUSUM's,
    Technometrics 27(2), 129-144: the increment is the log likelihood ratio, y log(share) + mean (1 - share).
    """
    paths, level = np.empty(counts.shape), np.zeros(len(counts))
    for week in range(counts.shape[1]):
        level = np.maximum(0.0, level + counts[:, week] * np.log(fall_share) + means * (1 - fall_share))
        paths[:, week] = level
    return paths


def tuned(known: Baselines, *, terms: Terms, seed: int) -> Tuned:
    """Thresholds that catch most falls at the stated share of false alarms over all customers.

    Parameters
    ----------
    known
        Of `baselines`.
    terms
        What is watched for.
    seed
        Of the customers that are drawn to tune them.

    Notes
    -----
    One threshold for all would spend false alarms on customers of whom little is known. For kinds of baseline,
    customers are drawn from what is known of their rates, with and without a fall; each kind is given the threshold at
    which the chance to catch a fall, less a price times that of a false alarm, is largest, and the price is that at
    which the false alarms of all are as stated (Neyman and Pearson, over kinds of customers).
    """
    kinds = np.unique(np.quantile(known.shapes, np.linspace(0, 1, SHAPES)))
    nearest = np.searchsorted((kinds[1:] + kinds[:-1]) / 2, known.shapes)
    weights = np.bincount(nearest, minlength=len(kinds)) / len(known.shapes)
    draw = stream(seed, "early warning")
    rows = [_operating(draw, shape, known.rate, terms) for shape in kinds]
    false, caught, in_time = (np.array(part) for part in zip(*rows, strict=True))
    chosen = _cheapest(in_time, false, weights, terms.false_alarm_share)
    every = np.arange(len(kinds))
    return Tuned(
        np.interp(known.shapes, kinds, THRESHOLDS[chosen]),
        float(weights @ caught[every, chosen]),
        float(weights @ false[every, chosen]),
    )


def _operating(draw: np.random.Generator, shape: float, rate: float, terms: Terms) -> tuple[Floats, Floats, Floats]:
    """By threshold: the chance of a false alarm, of a fall caught, and its mean over the second half of the horizon."""
    means = np.full(DRAWS, shape / rate)
    rates = draw.gamma(shape, 1 / rate, DRAWS)[:, None]
    steady = cusum(draw.poisson(rates, (DRAWS, terms.watch_weeks)), means, fall_share=terms.fall_share)
    weeks = min(HORIZON_WEEKS, terms.watch_weeks)
    fallen = draw.poisson(terms.fall_share * rates, (DRAWS, weeks))
    paths = np.maximum.accumulate(cusum(fallen, means, fall_share=terms.fall_share), axis=1)
    by_week = [_beyond(paths[:, week]) for week in range(weeks // 2, weeks)]
    return _beyond(steady.max(axis=1)), by_week[-1], np.mean(by_week, axis=0)


def _beyond(values: Floats) -> Floats:
    """The share of values at or above each threshold."""
    return 1 - np.searchsorted(np.sort(values), THRESHOLDS, side="left") / len(values)


def _cheapest(gain: Floats, cost: Floats, weights: Floats, budget: float) -> Whole:
    """For each kind the threshold of the largest gain less price times cost, at the least price within the budget."""
    low, high = 0.0, 1_000.0
    every = np.arange(len(weights))
    for _ in range(50):
        price = (low + high) / 2
        spent = float(weights @ cost[every, (gain - price * cost).argmax(axis=1)])
        low, high = (price, high) if spent > budget else (low, price)
    return (gain - high * cost).argmax(axis=1)


def matrix(counts: pd.DataFrame, customers: Sequence[str] | pd.Series, *, weeks: int) -> Whole:
    """Customers by weeks: how often each did it, 0 where no row says so; rows of other customers are left out."""
    place = pd.Index(customers).get_indexer(pd.Index(counts["customer_id"]))
    table = np.zeros((len(customers), weeks), dtype=np.int64)
    known = place >= 0
    table[place[known], counts["week"].to_numpy()[known]] = counts["event_count"].to_numpy()[known]
    return table


@dataclass(frozen=True, eq=False)
class Warnings:
    """Early warnings of several signals.

    Attributes
    ----------
    table
        One row per warning, customers in order: customer_id; signal; since_on (first day of the week in which the
        decline set in, as the CUSUM has it); warned_on (last day of the week in which it was noticed); expected_count
        and actual_count (since then).
    signals
        One row per signal: signal; customer_count (watched); usual_count (mean a week, in the baseline); warned_count;
        caught_share, false_alarm_share (what was tuned: see `Tuned`). The false alarms of all signals together are
        those of the terms.
    """

    table: pd.DataFrame
    signals: pd.DataFrame

    @property
    def false_alarm_share(self) -> float:
        """Share of customers who never change who are warned of by any signal, at most."""
        return float(self.signals["false_alarm_share"].sum())

    @property
    def by_chance(self) -> float:
        """How many customers chance alone would warn of, at most."""
        return float((self.signals["false_alarm_share"] * self.signals["customer_count"]).sum())


def warnings(
    counts: Mapping[str, pd.DataFrame], customers: pd.Series, *, as_of: date, terms: Terms, seed: int
) -> Warnings:
    """Who does much less than they used to, by signal.

    Parameters
    ----------
    counts
        By signal, as `features.weekly_counts.weekly_counts` gives them over `terms.weeks` weeks.
    customers
        Ids of those who were customers all that time; a customer who came later has no baseline.
    as_of
        The last day of the last week.
    terms
        What is watched for; its false alarms are shared out evenly over the signals.
    seed
        Of the thresholds.
    """
    parts, rows = [], []
    share = terms.false_alarm_share / max(len(counts), 1)
    own = Terms(terms.baseline_weeks, terms.watch_weeks, terms.fall_share, share)
    for name, each in counts.items():
        every = matrix(each, customers, weeks=terms.weeks)
        before = every[:, : terms.baseline_weeks].sum(axis=1)
        if len(every) < FEWEST or not before.any():
            continue
        known = baselines(before, weeks=terms.baseline_weeks)
        limits = tuned(known, terms=own, seed=seed)
        part = _crossed(every[:, terms.baseline_weeks :], known.means, limits.thresholds, own, as_of)
        parts.append(part.assign(customer_id=customers.to_numpy()[part["place"]], signal=name).drop(columns="place"))
        usual = float(before.mean()) / terms.baseline_weeks
        rows.append((name, len(every), usual, len(part), limits.caught_share, limits.false_alarm_share))
    columns = ["signal", "customer_count", "usual_count", "warned_count", "caught_share", "false_alarm_share"]
    return Warnings(_joined(parts), pd.DataFrame(rows, columns=columns))


def watched(histories: pd.DataFrame, people: pd.DataFrame, *, begins: date) -> pd.Series:
    """The ids of those to watch: customers since before the baseline begins, who have not gone, ascending.

    Parameters
    ----------
    histories
        One row per customer: customer_id, first_on.
    people
        One row per customer: customer_id, stage, as `lifecycle.stages` gives them.
    begins
        The first day of the baseline.
    """
    is_old = pd.to_datetime(histories["first_on"]) <= pd.Timestamp(begins)
    gone = people.loc[people["stage"] == "lapsed", "customer_id"]
    return histories.loc[is_old & ~histories["customer_id"].isin(gone), "customer_id"].reset_index(drop=True)


def first_of_each(warned: pd.DataFrame) -> pd.DataFrame:
    """One row per customer with a warning: the one whose decline set in first."""
    by_day = warned.sort_values(["customer_id", "since_on", "signal"], kind="stable")
    return by_day.drop_duplicates("customer_id").reset_index(drop=True)


def _crossed(counts: Whole, means: Floats, thresholds: Floats, terms: Terms, as_of: date) -> pd.DataFrame:
    """One row per customer whose CUSUM crossed its threshold: place, since_on, warned_on and counts since."""
    paths = cusum(counts, means, fall_share=terms.fall_share)
    is_over = paths >= thresholds[:, None]
    place = np.flatnonzero(is_over.any(axis=1))
    crossed = is_over[place].argmax(axis=1)
    weeks = np.arange(counts.shape[1])
    # the decline set in behind the last week before the crossing at which nothing spoke for it
    at_zero = (paths[place] == 0) & (weeks < crossed[:, None])
    since = np.where(at_zero.any(axis=1), counts.shape[1] - at_zero[:, ::-1].argmax(axis=1), 0)
    is_since = weeks >= since[:, None]
    first = as_of - timedelta(days=7 * terms.watch_weeks - 1)
    days = pd.to_timedelta(7 * since, unit="D"), pd.to_timedelta(7 * crossed + 6, unit="D")
    return pd.DataFrame(
        {
            "place": place,
            "since_on": pd.Timestamp(first) + days[0],
            "warned_on": pd.Timestamp(first) + days[1],
            "expected_count": means[place] * is_since.sum(axis=1),
            "actual_count": (counts[place] * is_since).sum(axis=1),
        }
    )


def _joined(parts: list[pd.DataFrame]) -> pd.DataFrame:
    columns = ["customer_id", "signal", "since_on", "warned_on", "expected_count", "actual_count"]
    if not parts:
        return pd.DataFrame({name: pd.Series(dtype=object) for name in columns})
    table = pd.concat(parts, ignore_index=True)[columns]
    return table.sort_values(["customer_id", "signal"], kind="stable", ignore_index=True)
