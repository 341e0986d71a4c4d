"""Early warning: who does much less than they used to, since when, at a stated rate of false alarms.

What a customer did in the first weeks is frozen as their baseline; later weeks never enter it, so that a slow decline
is not taken for the new normal. A Poisson CUSUM adds up, week by week, what speaks for a fall; once it crosses its
threshold the warning stands. What everybody does less of, in a quiet season or a general decline, is no warning of
anybody: each week is judged against the customer's own baseline times the common level of that week.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import chdtri, ndtri, pdtrik

from helpers.randomness import stream
from helpers.watching import Readable

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]
SHAPES, DRAWS = 24, 8_000
"""Kinds of baseline for which a threshold is tuned, and customers drawn of each."""
THRESHOLDS = np.arange(1.0, 12.0, 0.05)
HORIZON_WEEKS = 10
"""Weeks within which a fall is to be noticed: the mean chance over the second half of them is made large."""
FEWEST = 100
"""Fewest customers from whom baselines can be shrunk towards one another."""
ONSET_SHARE, ROUNDS = 0.05, 15
"""Share of customers taken to fall by themselves before their weeks are seen, and rounds of learning who did."""
LEAST_FALLS, CHANCE = 1e-5, 0.05
"""Least share of customers who fall in a week, and of worlds without a common movement in which one is followed."""
MOST_FOR_LEVELS = 50_000
"""Most customers from whom the common level is learned, evenly spaced: more add nothing that would show."""
LARGEST_PACE_SHARE = 0.9
"""Quantile of paces above which a customer counts no more for the common level than one at it."""
LEAST_FALL_SHARE, LEAST_SURENESS = 0.05, 3.0
"""A common fall is told from this size on, and from so many standard errors, the surest of all weeks being chosen."""
ONE_IN_FORTY, KNOWN_TO = 0.025, 0.2
"""How often chance may be called more than chance, and to which share of itself the number of false alarms is known."""


@dataclass(frozen=True)
class Terms(Readable):
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

    def shared(self, part: int, *, of: int) -> Terms:
        """The terms of some signals out of all: theirs is an even part of the false alarms."""
        return replace(self, false_alarm_share=self.false_alarm_share * part / of)


@dataclass(frozen=True, eq=False)
class Baselines(Readable):
    """What is known of the weekly rate of each customer: a Gamma with a shape of their own, and one rate for all."""

    shapes: Floats
    rate: float

    @property
    def means(self) -> Floats:
        return self.shapes / self.rate


@dataclass(frozen=True, eq=False)
class Tuned(Readable):
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


@dataclass(frozen=True, eq=False)
class Levels(Readable):
    """How much all customers do in each week watched, over what their baselines expect.

    Attributes
    ----------
    weekly
        By week, 1 where it is as in the baseline; shrunk towards 1 as far as chance explains what it was, and 1 where
        chance explains all of it.
    share
        Over the weeks of a common fall, or over all weeks watched where there is none.
    error
        Standard error of the logarithm of `share`: counts vary as much more than Poisson as they did in the baseline.
    since
        The week watched in which a common fall set in; None where there is none.
    """

    weekly: Floats
    share: float
    error: float
    since: int | None


def levels(before: Whole, counts: Whole, known: Baselines, *, fall_share: float) -> Levels:
    """The common level of each week watched: who has fallen by themselves does not pull it down.

    Parameters
    ----------
    before
        Customers by weeks of the baseline: how often each did it.
    counts
        The same over the weeks watched.
    known
        Of `baselines`, from the weeks before.
    fall_share
        What is left of the rate of who falls by themselves.

    Notes
    -----
    A customer with rate r does Poisson(r L[w]) in week w, and fall_share of that from the week on in which they fall,
    if they do; r is Gamma as the baseline left it. Given levels L, Bayes' rule gives the chance of each week to be the
    one in which they fell, any being as likely as any other; given chances, L[w] is what all did over what they would
    have done at level 1 (EM: Dempster, Laird and Rubin 1977, JRSS B 39, 1-38). Customers of the largest paces count as
    if they had the pace of the quantile `LARGEST_PACE_SHARE`, so that nobody makes the level they are judged by.
    """
    every = np.linspace(0, len(counts) - 1, min(len(counts), MOST_FOR_LEVELS)).astype(int)
    own, seen = Baselines(known.shapes[every], known.rate), counts[every]
    weights = np.minimum(1.0, np.quantile(own.means, LARGEST_PACE_SHARE) / own.means)
    came, weekly = weights @ seen, np.ones(counts.shape[1])
    falls = np.append(np.full(len(weekly), ONSET_SHARE / len(weekly)), 1 - ONSET_SHARE)
    due = came
    for _ in range(ROUNDS):
        rates, falls = _rates(seen, own, weekly, fall_share=fall_share, falls=falls)
        due = weights @ rates
        weekly = np.maximum(came, 0.5) / due
    chance = weights @ (weights[:, None] * rates) * weekly
    base, base_chance = weights @ before[every], weights**2 @ before[every]
    # by how much counts vary more than Poisson ones where nothing is known to have happened, as by a season
    spread = max(1.0, float(base.var(ddof=1) / base_chance.mean())) if len(base) > 1 else 1.0
    by_chance = chance / due**2
    varies = float(((weekly - 1) ** 2 / by_chance).sum()) > chdtri(len(weekly), CHANCE)
    real = max(0.0, float(np.mean((weekly - 1) ** 2 - by_chance))) if varies else 0.0
    shrunk = 1 + real / (real + by_chance) * (weekly - 1)
    return _since(shrunk, came, due, spread * chance, spread * float(base_chance.sum() / base.sum() ** 2))


def _rates(
    counts: Whole, known: Baselines, weekly: Floats, *, fall_share: float, falls: Floats
) -> tuple[Floats, Floats]:
    """By customer and week the mean rate at level 1, given all their weeks, fallen or not; and how many fall.

    `falls` is the share of customers who fall in each week and, last, of those who never do.
    """
    after = np.append(weekly[::-1].cumsum()[::-1], 0.0)  # of weeks from each on; last: they never fall
    exposed = known.rate + weekly.sum() - (1 - fall_share) * after
    came_after = np.column_stack([counts[:, ::-1].cumsum(axis=1)[:, ::-1], np.zeros(len(counts))])
    shapes = known.shapes + counts.sum(axis=1)
    chances = np.log(falls) + came_after * np.log(fall_share) - shapes[:, None] * np.log(exposed)
    chances = np.exp(chances - chances.max(axis=1, keepdims=True))
    chances /= chances.sum(axis=1, keepdims=True)
    rates = chances * shapes[:, None] / exposed
    fallen = rates[:, :-1].cumsum(axis=1)
    every = rates.sum(axis=1, keepdims=True) - (1 - fall_share) * fallen
    return every, np.maximum(chances.mean(axis=0), LEAST_FALLS)


def _since(weekly: Floats, came: Floats, due: Floats, chance: Floats, base: float) -> Levels:
    """The levels, and the week from which on all of it is most surely below the baseline."""
    after = [np.maximum(each[::-1].cumsum()[::-1], 1e-9) for each in (came, due, chance)]
    shares = np.maximum(after[0], 0.5) / after[1]
    errors = np.sqrt(after[2] / np.maximum(after[0], 0.5) ** 2 + base)
    sureness = np.where(shares <= 1 - LEAST_FALL_SHARE, -np.log(shares) / errors, 0.0)
    surest = int(sureness.argmax())
    is_fall = bool(sureness[surest] >= LEAST_SURENESS)
    place = surest if is_fall else 0
    return Levels(weekly, float(shares[place]), float(errors[place]), place if is_fall else None)


def cusum(counts: Whole, means: Floats, *, fall_share: float) -> Floats:
    """The CUSUM of each customer after each week: 0 where nothing speaks for a fall.

    Parameters
    ----------
    counts
        Customers by weeks: how often each did it.
    means
        What each is expected to do in a week, or customers by weeks.
    fall_share
        What is left of the rate after the fall that is looked for.

    References
    ----------
    Page (1954), Continuous inspection schemes, Biometrika 41, 100-115; Lucas (1985), Counted data CUSUM's,
    Technometrics 27(2), 129-144: the increment is the log likelihood ratio, y log(share) + mean (1 - share).
    """
    paths, level = np.empty(counts.shape), np.zeros(len(counts))
    expected = np.broadcast_to(means.reshape(len(counts), -1), counts.shape)
    for week in range(counts.shape[1]):
        level = np.maximum(0.0, level + counts[:, week] * np.log(fall_share) + expected[:, week] * (1 - fall_share))
        paths[:, week] = level
    return paths


def tuned(known: Baselines, *, weekly: Floats, terms: Terms, seed: int) -> Tuned:
    """Thresholds that catch most falls at the stated share of false alarms over all customers.

    Parameters
    ----------
    known
        Of `baselines`.
    weekly
        Common level of each week watched, 1 where it is as in the baseline.
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
    kinds = np.unique(known.shapes)
    if len(kinds) > 2 * SHAPES:  # fewer are each their own: where little is done, one event more or less matters
        kinds = np.unique(np.quantile(known.shapes, np.linspace(0, 1, SHAPES)))
    nearest = np.searchsorted((kinds[1:] + kinds[:-1]) / 2, known.shapes)
    weights = np.bincount(nearest, minlength=len(kinds)) / len(known.shapes)
    draw = stream(seed, "early warning")
    rows = [_operating(draw, shape, known.rate, weekly, terms) for shape in kinds]
    false, caught, in_time = (np.array(part) for part in zip(*rows, strict=True))
    chosen = _cheapest(in_time, false, weights, terms.false_alarm_share)
    every = np.arange(len(kinds))
    return Tuned(
        np.interp(known.shapes, kinds, THRESHOLDS[chosen]),
        float(weights @ caught[every, chosen]),
        float(weights @ false[every, chosen]),
    )


def _operating(
    draw: np.random.Generator, shape: float, rate: float, weekly: Floats, terms: Terms
) -> tuple[Floats, Floats, Floats]:
    """By threshold: the chance of a false alarm, of a fall caught, and its mean over the second half of the horizon."""
    weeks = min(HORIZON_WEEKS, terms.watch_weeks)
    rates = draw.gamma(shape, 1 / rate, DRAWS)[:, None]
    means = np.full((DRAWS, 1), shape / rate) * weekly
    steady = cusum(draw.poisson(rates * weekly), means, fall_share=terms.fall_share)
    fallen = draw.poisson(terms.fall_share * rates * weekly[-weeks:])
    paths = np.maximum.accumulate(cusum(fallen, means[:, -weeks:], fall_share=terms.fall_share), axis=1)
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
class Warnings(Readable):
    """Early warnings of several signals.

    Attributes
    ----------
    table
        One row per warning, customers in order: customer_id; signal; since_on (first day of the week in which the
        decline set in, as the CUSUM has it); warned_on (last day of the week in which it was noticed); expected_count
        and actual_count (since then).
    signals
        One row per signal: signal; customer_count (watched); usual_count (mean a week, in the baseline); warned_count;
        caught_share, false_alarm_share (what was tuned: see `Tuned`); common_share, common_error (see `Levels`),
        common_since_on (first day of the week in which a common fall set in; missing where there is none). The false
        alarms of all signals together are those of the terms.
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

    @property
    def is_beyond_chance(self) -> bool:
        """Whether more customers are warned of than where nobody changes, but for one time in forty.

        The count of false alarms is Poisson, around an expectation that is known to a fifth (`by_chance` is the stated
        one; what is estimated of baselines moves it by so much).
        """
        most = float(np.ceil(pdtrik(1 - ONE_IN_FORTY, (1 + KNOWN_TO) * self.by_chance))) if self.by_chance else 0.0
        return self.table["customer_id"].nunique() > most

    @property
    def to_act_on(self) -> pd.DataFrame:
        """The table of warnings where they are more than chance gives; else none: nearly all of them would be false."""
        return self.table if self.is_beyond_chance else self.table.head(0)


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
        earlier, later = every[:, : terms.baseline_weeks], every[:, terms.baseline_weeks :]
        common = levels(earlier, later, known, fall_share=terms.fall_share)
        limits = tuned(known, weekly=common.weekly, terms=own, seed=seed)
        part = _crossed(later, known.means[:, None] * common.weekly, limits.thresholds, own, as_of)
        parts.append(part.assign(customer_id=customers.to_numpy()[part["place"]], signal=name).drop(columns="place"))
        usual = float(before.mean()) / terms.baseline_weeks
        since = pd.NaT if common.since is None else _week_begins(common.since, own, as_of)
        told = (limits.caught_share, limits.false_alarm_share, common.share, common.error, since)
        rows.append((name, len(every), usual, len(part), *told))
    columns = ["signal", "customer_count", "usual_count", "warned_count", "caught_share", "false_alarm_share"]
    signals = pd.DataFrame(rows, columns=[*columns, "common_share", "common_error", "common_since_on"])
    return Warnings(_joined(parts), signals.astype({"common_since_on": "datetime64[us]"}))


def common_falls(warned: Warnings, *, level: float) -> pd.DataFrame:
    """What all customers do less of, or not: one row per signal that has a common level.

    Returns
    -------
    pandas.DataFrame
        signal; customer_count; common_share (of what the baseline expects, since the fall set in, or in all weeks
        watched); low, high (its interval at `level`); since_on (missing where there is no common fall).
    """
    rows = warned.signals[warned.signals["common_share"].notna()]
    width = float(ndtri((1 + level) / 2)) * rows["common_error"].astype(float)
    share = rows["common_share"].astype(float)
    bounds = {"low": share * np.exp(-width), "high": share * np.exp(width)}
    named = rows[["signal", "customer_count", "common_share"]].assign(**bounds, since_on=rows["common_since_on"])
    return named.reset_index(drop=True)


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


def _week_begins(week: int, terms: Terms, as_of: date) -> pd.Timestamp:
    """The first day of a week watched."""
    return pd.Timestamp(as_of - timedelta(days=7 * (terms.watch_weeks - week) - 1))


def _crossed(counts: Whole, means: Floats, thresholds: Floats, terms: Terms, as_of: date) -> pd.DataFrame:
    """One row per customer whose CUSUM crossed its threshold: place, since_on, warned_on and counts since.

    `counts` and `means` are customers by weeks.
    """
    paths = cusum(counts, means, fall_share=terms.fall_share)
    is_over = paths >= thresholds[:, None]
    place = np.flatnonzero(is_over.any(axis=1))
    crossed = is_over[place].argmax(axis=1)
    weeks = np.arange(counts.shape[1])
    # the decline set in behind the last week before the crossing at which nothing spoke for it
    at_zero = (paths[place] == 0) & (weeks < crossed[:, None])
    since = np.where(at_zero.any(axis=1), counts.shape[1] - at_zero[:, ::-1].argmax(axis=1), 0)
    is_since = weeks >= since[:, None]
    first = _week_begins(0, terms, as_of)
    days = pd.to_timedelta(7 * since, unit="D"), pd.to_timedelta(7 * crossed + 6, unit="D")
    return pd.DataFrame(
        {
            "place": place,
            "since_on": first + days[0],
            "warned_on": first + days[1],
            "expected_count": (means[place] * is_since).sum(axis=1),
            "actual_count": (counts[place] * is_since).sum(axis=1),
        }
    )


def _joined(parts: list[pd.DataFrame]) -> pd.DataFrame:
    columns = ["customer_id", "signal", "since_on", "warned_on", "expected_count", "actual_count"]
    if not parts:
        return pd.DataFrame({name: pd.Series(dtype=object) for name in columns})
    table = pd.concat(parts, ignore_index=True)[columns]
    return table.sort_values(["customer_id", "signal"], kind="stable", ignore_index=True)
