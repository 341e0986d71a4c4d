"""Purchases held out by what was known of customers: by frequency, by recency and by the probability of being alive."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from helpers.models.buying.fitting import Fit, Refit
from helpers.models.buying.interface import BuyingModel
from helpers.models.buying.prediction import p_buys
from helpers.models.buying.rows import DAYS_PER_WEEK, Floats, Rows, Whole
from helpers.models.evaluation import calibration
from helpers.models.evaluation.trials import Trial
from helpers.models.statistics import small_groups

NAMED, BOUGHT = "next_order_count", "next_order_share"
PASTS = ("once", "repeatedly")
BACK = tuple(f"{past}_{what}" for past in PASTS for what in ("count", "expected_share", "actual_share"))


def by_frequency(trial: Trial) -> pd.DataFrame:
    """Purchases in the holdout by past frequency: the conditional expectation, actual and expected.

    Returns
    -------
    pandas.DataFrame
        One row per group of customers, ascending: label (repeat purchases before: "0", "1" ... "7+", ranges where many
        buy often), n, actual_mean (purchases per customer), low, high (its interval; NaN where there are too few
        customers), and a column per forecaster: the mean it expected.
    """
    starts = _starts(trial.rows)
    groups = np.searchsorted(starts, trial.customers["frequency"], side="right") - 1
    return calibration.by_group(trial.expected, trial.actual, groups=groups, labels=_labels(starts), level=trial.level)


def by_recency(trial: Trial) -> pd.DataFrame:
    """The same by recency: weeks from the first purchase to the last, "once" for who bought on one day."""
    width = max(int(np.ceil(trial.rows.age.max() / 8)), 1)
    recency = trial.customers["recency_weeks"].to_numpy()
    groups = np.ceil(recency / width).astype(int)
    labels = ["once", *(f"{width * at}–{width * (at + 1)}" for at in range(int(groups.max(initial=0))))]
    return calibration.by_group(trial.expected, trial.actual, groups=groups, labels=labels, level=trial.level)


def coming_back(trial: Trial) -> pd.DataFrame:
    """Who came back at all: of customers who had bought once, and of those who had come back before.

    Returns
    -------
    pandas.DataFrame
        One row per group that has customers: label ("once", "repeatedly"), n, actual_share (of them who bought in the
        holdout), low, high (its interval; NaN where there are too few), and a column per model: the share it expected.
    """
    groups = (trial.customers["frequency"].to_numpy() > 0).astype(int)
    found = calibration.by_group(trial.chances, trial.actual > 0, groups=groups, labels=list(PASTS), level=trial.level)
    return found.rename(columns={"actual_mean": "actual_share"})


def without_few(groups: pd.DataFrame, *, smallest_cell: int) -> pd.DataFrame:
    """The groups of `coming_back` or `alive`, with nothing told of few customers, nor of few of them who bought."""
    large = small_groups.hide(groups, counts=["n"], smallest_cell=smallest_cell)
    values = ["actual_share", "low", "high"]
    return small_groups.hide_within(large, parts={"actual_share": "n"}, values=values, smallest_cell=smallest_cell)


def by_their_day(
    known: pd.DataFrame,
    *,
    rows: Rows,
    fit: Fit | Refit,
    model: BuyingModel,
    as_of: date,
    weeks: float,
    chances: Floats,
) -> dict[str, float]:
    """How many customers had a day for their next order on an earlier day, and which share of them bought by it.

    Parameters
    ----------
    known
        One row per customer, as `features.split.split` gives them on that day.
    rows, fit, model
        Their histories in the same order, and what was fitted to them.
    as_of
        That day.
    weeks, chances
        How far ahead a day was named, as long as the days known after it; and the probability of each customer to buy
        within them (`prediction.p_buys`).

    Returns
    -------
    dict
        next_order_count (customers with a day), next_order_share (of them who bought by it; NaN where there is none).

    Notes
    -----
    Who bought on day d did so by the day that `prediction.next_order` names if the model's probability half a day
    before the end of d was at most one half: the same without looking for the day of each, of each history and d once.
    """
    named = chances >= 0.5
    first = pd.to_datetime(known["holdout_first_on"])
    days = ((first - pd.Timestamp(as_of)) / pd.Timedelta(days=1)).to_numpy(dtype=float)
    came = named & (days <= weeks * DAYS_PER_WEEK)
    pairs, back = np.unique(np.column_stack([rows.index[came], days[came]]), axis=0, return_inverse=True)
    waits = (pairs[:, 1] - 0.5) / DAYS_PER_WEEK
    chance = p_buys(rows.some(pairs[:, 0].astype(np.int64)), fit=fit, model=model, weeks=waits)
    in_time = ((chance <= 0.5) | (pairs[:, 1] <= 1))[back.reshape(-1)]
    count = int(named.sum())
    return {NAMED: count, BOUGHT: float(in_time.sum() / count) if count else np.nan}


def came_back(known: pd.DataFrame, *, chances: Floats) -> dict[str, float]:
    """How many customers of an earlier day were expected to buy at all in the weeks after it, and how many did.

    `known` and `chances` as in `by_their_day`. For customers who had bought once, and who had come back before:
    once_count, once_expected_share, once_actual_share, repeatedly_count and so on; a share of nobody is NaN.
    """
    came = known["holdout_purchase_count"].to_numpy() > 0
    is_once = known["frequency"].to_numpy() == 0
    found: list[float] = []
    for own in (is_once, ~is_once):
        count = int(own.sum())
        found += [count, *((float(chances[own].mean()), float(came[own].mean())) if count else (np.nan, np.nan))]
    return dict(zip(BACK, found, strict=True))


def _starts(rows: Rows) -> Whole:
    """Where the groups of frequency begin: 0 to 7, or ranges of about equal size where many buy often."""
    each = rows.frequency[rows.index]
    if np.quantile(each, 0.95) <= 10:
        return np.arange(8)
    quantiles = np.quantile(each[each > 0], np.arange(1, 8) / 8)
    return np.unique(np.concatenate([[0, 1], np.ceil(quantiles)])).astype(np.int64)


def _labels(starts: Whole) -> list[str]:
    pairs = zip(starts[:-1], starts[1:] - 1, strict=True)
    return [*(str(low) if low == high else f"{low}–{high}" for low, high in pairs), f"{starts[-1]}+"]


def histogram(trial: Trial) -> pd.DataFrame:
    """Customers by their repeat purchases in the calibration: how many there were, and how many each model expected.

    Returns
    -------
    pandas.DataFrame
        One row per group of frequency, as `by_frequency` has them: label, customer_count, and a column per model, the
        customers it expected. Each column sums to the number of customers.
    """
    starts, rows = _starts(trial.rows), trial.rows
    groups = np.searchsorted(starts, rows.frequency, side="right") - 1
    counts = {"label": _labels(starts), "customer_count": np.bincount(groups, rows.weight, minlength=len(starts))}
    for fit in trial.fits:
        counts[fit.model] = _expected_histogram(trial.models[fit.model], fit, rows, starts)
    return pd.DataFrame(counts)


def _expected_histogram(model: BuyingModel, fit: Fit, rows: Rows, starts: Whole) -> Floats:
    ages, back = np.unique(rows.age, return_inverse=True)
    weight = np.bincount(back.reshape(-1), rows.weight)
    counts: Floats = np.zeros(starts[-1])
    for start in range(0, len(ages), 256):
        part = slice(start, start + 256)
        counts = counts + weight[part] @ model.count_shares(fit.theta, ages[part], int(starts[-1]) - 1)
    return np.append(np.add.reduceat(counts, starts[:-1]), rows.customer_count - counts.sum())


def alive(trial: Trial, *, model: str, count: int = 10) -> pd.DataFrame:
    """Whether who was called alive came back: customers in groups of P(alive), and the share of them who bought.

    Returns
    -------
    pandas.DataFrame
        One row per group of about equal size, ascending in P(alive), customers of equal P(alive) together: n; p_alive
        (mean); expected_share (of customers expected to buy in the holdout: below P(alive), since who is alive may
        pause for longer); actual_share (who did); low, high (Wilson).
    """
    buying, fit = trial.fit_of(model)
    rows = trial.rows
    p_alive = rows.spread(buying.p_alive(fit.theta, rows))
    groups = calibration.by_probability(
        trial.chances[model], trial.actual > 0, order_by=p_alive, level=trial.level, count=count
    )
    return groups.rename(columns={"order_mean": "p_alive"})
