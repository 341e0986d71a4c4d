"""The judge: models of buying beside naive rivals, on weeks that none of them has seen.

A likelihood says how well a model fits what it saw. Whether it may be used is told by what it did not see: purchases in
the holdout, customer by customer and in total.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.stats import norm

from helpers.models.buying.fitting import Fit
from helpers.models.buying.interface import BuyingModel
from helpers.models.buying.registry import MODELS
from helpers.models.buying.rows import DAYS_PER_WEEK, Floats, Rows, Whole
from helpers.models.statistics import intervals

PAST_RATE, YEAR_BEFORE, SEGMENT_MEAN = "past_rate", "year_before", "segment_mean"
NAIVE = (PAST_RATE, YEAR_BEFORE, SEGMENT_MEAN)
MODEL_COLUMNS = [
    "model", "log_likelihood", "aic", "bic", "holdout_purchase_count", "actual_purchase_count", "mae", "rmse", "msle",
    "bias",
]  # fmt: skip
"""The columns of tables/clv/models.csv."""
FEWEST_DAYS = 28
PAUSE_WEEKS = (4, 13, 26, 52)
SMALLEST_CELL = 10
TOTALS, CUSTOMERS = "totals", "customers"
UNFIT_FOR = {
    "no_holdout": (TOTALS, CUSTOMERS),
    "no_model": (TOTALS, CUSTOMERS),
    "no_purchases": (TOTALS, CUSTOMERS),
    "total_off": (TOTALS,),
    "revenue_off": (TOTALS,),
    "rival_total": (TOTALS,),
    "rival_customers": (CUSTOMERS,),
}
"""What a model may not be used for, by the reason: sums over many customers, or telling customers apart."""
NOTHING = intervals.Estimate(np.nan, np.nan, np.nan, 0)


@dataclass(frozen=True)
class Plan:
    """Which days are held out.

    Attributes
    ----------
    first_on, as_of
        First day of the data, and last day of the holdout.
    asked_weeks
        The holdout that was asked for; `weeks` is what the data allow.
    calibration_end
        Last day that a model may see; None where no holdout is possible.
    earlier_end
        A day before it, for the rival that asks what each kind of customer did next: as long before calibration_end as
        the holdout lasts, or half way back to the first day.
    """

    first_on: date
    as_of: date
    asked_weeks: float
    calibration_end: date | None
    earlier_end: date | None

    @property
    def weeks(self) -> float:
        """Length of the holdout, 0 where there is none."""
        return (self.as_of - self.calibration_end).days / DAYS_PER_WEEK if self.calibration_end else 0.0

    @property
    def earlier_weeks(self) -> float:
        """Weeks from earlier_end to calibration_end, 0 where there is no holdout."""
        if self.calibration_end is None or self.earlier_end is None:
            return 0.0
        return (self.calibration_end - self.earlier_end).days / DAYS_PER_WEEK


@dataclass(frozen=True, eq=False)
class Trial:
    """What forecasters expected of the holdout, and what came.

    Attributes
    ----------
    customers
        One row per customer, as `features.holdout.split` gives them, in order.
    rows
        Their histories, collapsed.
    plan
        The days.
    fits, models
        The fits to those histories, and the models they are of, by name.
    expected
        One row per customer, in the same order, and one column per forecaster (the models, then the naive rivals that
        the data allow): purchases expected in the holdout.
    level
        Coverage of the intervals.
    """

    customers: pd.DataFrame
    rows: Rows
    plan: Plan
    fits: tuple[Fit, ...]
    models: Mapping[str, BuyingModel]
    expected: pd.DataFrame
    level: float

    @property
    def actual(self) -> Floats:
        """Purchases in the holdout, one entry per customer."""
        return self.customers["holdout_purchase_count"].to_numpy(dtype=float)

    def fit_of(self, model: str) -> tuple[BuyingModel, Fit]:
        """A model of the trial with its fit."""
        found = {fit.model: fit for fit in self.fits}
        if model not in found:
            raise ValueError(f"model must be one of {', '.join(found)}; found {model!r}")
        return self.models[model], found[model]


@dataclass(frozen=True)
class Verdict:
    """Which model to use, and for what not.

    Attributes
    ----------
    model, title
        The model that the holdout recommends, by name and in print; None and "" where there is none.
    is_trusted
        Whether it may be used for everything: no reason speaks against it.
    reasons
        Codes, the keys of UNFIT_FOR; empty where trusted.
    unfit_for
        What it must not be used for: `totals` (sums over many customers: budgets), `customers` (telling them apart).
    is_identified
        Whether the data tell the model's parameters.
    n, weeks, limit
        Customers judged, length of the holdout, and the share by which a total may be off.
    off
        Relative error of the expected total purchases, with its interval: what it might be with other customers, who
        are the independent units. That the parameters were estimated is not in it.
    expected, actual
        Total purchases in the holdout.
    rmse
        Root of the mean squared error of a customer, in purchases.
    revenue_off
        Relative error of the expected revenue, where it was judged.
    rival, rival_expected, rival_rmse
        The naive forecaster to name beside it: the one that wins, or else the best per customer; None where none could
        be made.
    """

    model: str | None
    title: str = ""
    reasons: tuple[str, ...] = ()
    is_identified: bool = True
    n: int = 0
    weeks: float = 0.0
    limit: float = 0.2
    off: intervals.Estimate = NOTHING
    expected: float = np.nan
    actual: float = np.nan
    rmse: float = np.nan
    revenue_off: float = np.nan
    rival: str | None = None
    rival_expected: float = np.nan
    rival_rmse: float = np.nan

    @property
    def is_trusted(self) -> bool:
        return not self.reasons

    @property
    def unfit_for(self) -> tuple[str, ...]:
        unfit = {use for reason in self.reasons for use in UNFIT_FOR[reason]}
        return tuple(use for use in (TOTALS, CUSTOMERS) if use in unfit)


def plan(first_on: date, *, as_of: date, weeks: float) -> Plan:
    """The days to hold out: the last `weeks`, fewer where the data are too young for them.

    Parameters
    ----------
    first_on
        First day of the data, or of the customers in question.
    as_of
        Last day of the holdout, which the data must reach: `days.watched_until` where they end before the report.
    weeks
        Length asked for, above 0.

    Returns
    -------
    Plan
        A model that is to look ahead must have seen as many weeks: with less than twice the weeks asked for, half of
        the data are held out, in whole weeks; with less than eight weeks of data, nothing is, and calibration_end is
        None.
    """
    if not (np.isfinite(weeks) and weeks > 0):
        raise ValueError(f"weeks must be above 0, found {weeks}")
    first, last = pd.Timestamp(first_on).date(), pd.Timestamp(as_of).date()
    day_count, asked = (last - first).days + 1, max(round(weeks * DAYS_PER_WEEK), 1)
    is_young = 2 * asked > day_count
    held = day_count // (2 * DAYS_PER_WEEK) * DAYS_PER_WEEK if is_young else asked
    if is_young and held < FEWEST_DAYS:
        return Plan(first, last, weeks, None, None)
    end = last - timedelta(days=held)
    back = min(held, max(((end - first).days + 1) // 2, 1))
    return Plan(first, last, weeks, end, end - timedelta(days=back))


def trial(
    customers: pd.DataFrame,
    *,
    rows: Rows,
    fits: Sequence[Fit],
    plan: Plan,
    earlier: pd.DataFrame | None = None,
    level: float,
    models: Mapping[str, BuyingModel] = MODELS,
) -> Trial:
    """What the fitted models and the naive rivals expect of each customer in the holdout.

    Parameters
    ----------
    customers
        One row per customer: `features.holdout.split` at plan.calibration_end, ordered by customer_id.
    rows
        The histories of the same customers in the same order, collapsed: what `fits` were fitted to.
    fits
        Of the models to judge, each of a name in `models`.
    plan
        Of `plan`.
    earlier
        The same split, at plan.earlier_end and up to plan.calibration_end; without it there is no segment mean.
    level
        Coverage of the intervals, between 0 and 1.
    models
        The models by name, where there are others than those of the registry.

    Raises
    ------
    ValueError
        There is no holdout, the customers and the rows are not the same, or a customer's age is not that at
        calibration_end.
    """
    _check(customers, rows, plan)
    of_models = {
        fit.model: rows.spread(models[fit.model].expected_purchases(fit.theta, rows, plan.weeks)) for fit in fits
    }
    expected = pd.DataFrame(of_models, index=customers.index)
    rivals = naive(customers, plan=plan, earlier=earlier)
    return Trial(customers, rows, plan, tuple(fits), models, pd.concat([expected, rivals], axis="columns"), level)


def _check(customers: pd.DataFrame, rows: Rows, plan: Plan) -> None:
    if plan.calibration_end is None:
        raise ValueError("there is no holdout to judge by: plan.calibration_end is None; take `unjudged`")
    if len(customers) != rows.customer_count:
        raise ValueError(f"rows must be of the same customers: {rows.customer_count:,}, found {len(customers):,}")
    if not np.allclose(rows.spread(rows.age), customers["age_weeks"]):
        raise ValueError("rows must be of the same customers in the same order; found other ages")
    oldest = (plan.calibration_end - plan.first_on).days
    if round(customers["age_weeks"].max() * DAYS_PER_WEEK) > oldest:
        raise ValueError(f"customers must be split at {plan.calibration_end}; the oldest is older than the data")


def naive(customers: pd.DataFrame, *, plan: Plan, earlier: pd.DataFrame | None = None) -> pd.DataFrame:
    """What somebody without a model would expect of each customer in the holdout.

    Parameters
    ----------
    customers, plan, earlier
        As `trial` takes them.

    Returns
    -------
    pandas.DataFrame
        One row per customer, in order, and a column for each rival that the data allow:
        past_rate (repeat purchases per week so far, carried forward; an age below one week counts as one);
        year_before (repeat purchases in the same weeks a year before; where the data reach back so far);
        segment_mean (what customers of the same past frequency and last pause bought, on average, in the weeks after
        plan.earlier_end, scaled to the holdout's length; where anybody was a customer then).
    """
    rivals = {PAST_RATE: plan.weeks * customers["frequency"] / customers["age_weeks"].clip(lower=1.0)}
    if _reaches_a_year_back(plan):
        rivals[YEAR_BEFORE] = customers["year_before_count"].astype(float)
    if earlier is not None and len(earlier):
        per_week = earlier["holdout_purchase_count"] / plan.earlier_weeks
        means = _segment_mean(_segments(earlier), per_week, wanted=_segments(customers))
        rivals[SEGMENT_MEAN] = plan.weeks * means
    return pd.DataFrame(rivals, index=customers.index)


def _reaches_a_year_back(plan: Plan) -> bool:
    held = round(plan.weeks * DAYS_PER_WEEK)
    back = timedelta(weeks=52 * -(-held // 364))
    return plan.as_of - timedelta(days=held - 1) - back >= plan.first_on


def _segments(customers: pd.DataFrame) -> pd.DataFrame:
    """Frequency in five groups (none, and four of equal size among who came back), and the pause since the last."""
    came_back = customers["frequency"].where(customers["frequency"] > 0)
    pause = customers["age_weeks"] - customers["recency_weeks"]
    often = (4 * came_back.rank(pct=True)).fillna(0).map(np.ceil).astype(int)
    return pd.DataFrame({"often": often, "cell": 10 * often + np.searchsorted(PAUSE_WEEKS, pause, side="right")})


def _segment_mean(segments: pd.DataFrame, values: pd.Series, *, wanted: pd.DataFrame) -> pd.Series:
    """The mean of the cell where it holds enough customers, else of the nearest group of frequency."""
    cells = values.groupby(segments["cell"]).agg(["mean", "size"])
    means = cells.loc[cells["size"] >= SMALLEST_CELL, "mean"]
    by_frequency = values.groupby(segments["often"]).mean().reindex(range(5), method="nearest")
    own: pd.Series = wanted["cell"].map(means)
    return own.fillna(wanted["often"].map(by_frequency))


def scores(trial: Trial) -> pd.DataFrame:
    """How each forecaster did.

    Returns
    -------
    pandas.DataFrame
        One row per forecaster, models first: model (name), is_naive, log_likelihood, aic, bic (of the calibration; NaN
        for rivals), holdout_purchase_count (expected in all), actual_purchase_count, total_error (share by which the
        total is off; NaN where nobody bought), and per customer, in purchases: mae (mean absolute error), rmse (root of
        the mean squared error), bias (mean of expected less actual); msle (mean squared difference of log(1 + count)).

    Notes
    -----
    An expectation is judged by squared error, which it minimises. The absolute error is smallest for the median, 0
    purchases for most customers, so that a forecast of nothing at all can have the best MAE.
    """
    of_fit = {fit.model: fit for fit in trial.fits}
    rows = []
    for name in trial.expected:
        fit = of_fit.get(str(name))
        of_calibration = (fit.log_likelihood, fit.aic, fit.bic) if fit else (np.nan, np.nan, np.nan)
        names = ("log_likelihood", "aic", "bic")
        row = {"model": name, "is_naive": fit is None, **dict(zip(names, of_calibration, strict=True))}
        rows.append(row | errors(trial.expected[name], trial.actual))
    return pd.DataFrame(rows)


def errors(expected: ArrayLike, actual: ArrayLike) -> dict[str, float]:
    """The error measures of `scores` for one forecaster; one entry per customer in both columns."""
    e, y = np.asarray(expected, dtype=float), np.asarray(actual, dtype=float)
    total, came = float(e.sum()), float(y.sum())
    return {
        "holdout_purchase_count": total,
        "actual_purchase_count": came,
        "total_error": total / came - 1 if came else np.nan,
        "mae": float(np.abs(e - y).mean()),
        "rmse": float(np.sqrt(((e - y) ** 2).mean())),
        "msle": float(((np.log1p(e) - np.log1p(y)) ** 2).mean()),
        "bias": float((e - y).mean()),
    }


def recommend(trial: Trial, *, limit: float = 0.2, expected_spend: ArrayLike | None = None) -> Verdict:
    """The model to use, and what speaks against using it.

    Parameters
    ----------
    trial
        Of `trial`.
    limit
        Share by which the expected total may be off.
    expected_spend
        What each customer is expected to pay per purchase, by a model of spend of the same calibration: then the
        revenue of the holdout is judged as well.

    Returns
    -------
    Verdict

    Notes
    -----
    Of the models that are identified (of all where none is), those are as good as the best whose squared error is
    within one standard error of it, customer by customer (the rule of Breiman et al. 1984, Classification and
    regression trees, section 3.4.3); among them the one whose total is nearest is recommended. Likelihood has no say.

    Against it speak: a total off by more than `limit` (of purchases, or of revenue); a naive rival with a smaller
    squared error, by however little, for a model must earn its keep; a naive rival with a nearer total, where the
    actual total lies beyond the middle between both, on the rival's side, by more than chance (one-sided, at the
    trial's level): between two sums, being nearer is otherwise luck.
    """
    usable = [fit for fit in trial.fits if np.isfinite(trial.expected[fit.model]).all()]
    n, weeks = len(trial.customers), trial.plan.weeks
    if not usable:
        return Verdict(None, reasons=("no_model",), n=n, weeks=weeks, limit=limit)
    best = _best(trial, [fit for fit in usable if fit.is_identified] or usable)
    expected, actual = trial.expected[best.model].to_numpy(), trial.actual
    off, revenue_off = _off(expected, actual, trial.level), _revenue_off(trial, expected, expected_spend)
    in_total, per_customer, rival = _rivals(trial, expected)
    against = {
        "total_off": abs(off.value) > limit,
        "revenue_off": abs(revenue_off) > limit,
        "rival_total": in_total is not None,
        "rival_customers": per_customer is not None,
    }
    reasons = tuple(reason for reason, is_so in against.items() if is_so) if actual.any() else ("no_purchases",)
    beside = errors(trial.expected[rival], actual) if rival else {}
    return Verdict(
        best.model,
        trial.models[best.model].title,
        reasons,
        is_identified=best.is_identified,
        n=n,
        weeks=weeks,
        limit=limit,
        off=off,
        expected=float(expected.sum()),
        actual=float(actual.sum()),
        rmse=errors(expected, actual)["rmse"],
        revenue_off=revenue_off,
        rival=rival,
        rival_expected=beside.get("holdout_purchase_count", np.nan),
        rival_rmse=beside.get("rmse", np.nan),
    )


def unjudged(fits: Sequence[Fit], *, models: Mapping[str, BuyingModel] = MODELS) -> Verdict:
    """The verdict where no holdout is possible: the first model that is identified, trusted for nothing."""
    best = next((fit for fit in fits if fit.is_identified), fits[0] if fits else None)
    if best is None:
        return Verdict(None, reasons=("no_holdout", "no_model"))
    title = models[best.model].title
    return Verdict(best.model, title, ("no_holdout",), is_identified=best.is_identified, n=best.n)


def _best(trial: Trial, fits: Sequence[Fit]) -> Fit:
    squares = {fit.model: (trial.expected[fit.model].to_numpy() - trial.actual) ** 2 for fit in fits}
    least = squares[min(squares, key=lambda name: squares[name].mean())]
    near = [fit for fit in fits if (squares[fit.model] - least).mean() <= _error(squares[fit.model] - least)]
    return min(near, key=lambda fit: abs(trial.expected[fit.model].sum() - trial.actual.sum()))


def _error(values: Floats) -> float:
    """Standard error of the mean of independent values."""
    return float(values.std(ddof=1) / np.sqrt(len(values))) if len(values) > 1 else 0.0


def _off(expected: Floats, actual: Floats, level: float) -> intervals.Estimate:
    ratio = intervals.ratio_of_totals(expected, actual, level=level)
    return intervals.Estimate(ratio.value - 1, ratio.low - 1, ratio.high - 1, ratio.n)


def _revenue_off(trial: Trial, expected: Floats, expected_spend: ArrayLike | None) -> float:
    paid = float(trial.customers["holdout_amount"].sum())
    if expected_spend is None or paid <= 0:
        return np.nan
    return float(expected @ np.asarray(expected_spend, dtype=float)) / paid - 1


def _rivals(trial: Trial, expected: Floats) -> tuple[str | None, str | None, str | None]:
    """The naive rival that wins in total, the one that wins per customer, and the one to name."""
    actual, names = trial.actual, [str(name) for name in trial.expected if name in NAIVE]
    if not names:
        return None, None, None
    mean = {name: ((trial.expected[name].to_numpy() - actual) ** 2).mean() for name in names}
    nearest = min(names, key=lambda name: mean[name])
    per_customer = nearest if mean[nearest] < ((expected - actual) ** 2).mean() else None
    winners = [name for name in names if _is_nearer(trial, expected, trial.expected[name].to_numpy())]
    in_total = min(winners, key=lambda name: abs(trial.expected[name].sum() - actual.sum()), default=None)
    return in_total, per_customer, per_customer or in_total or nearest


def _is_nearer(trial: Trial, expected: Floats, rival: Floats) -> bool:
    """Whether the actual total is on the rival's side of the middle of both totals, by more than chance."""
    actual, middle = trial.actual, (expected.sum() + rival.sum()) / 2
    beyond = (actual.sum() - middle) * np.sign(rival.sum() - expected.sum())
    chance = float(np.sqrt(len(actual))) * float((actual - expected).std())
    return bool(beyond > norm.ppf(trial.level) * chance and rival.sum() != expected.sum())


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
    return _by_group(trial, np.searchsorted(starts, trial.customers["frequency"], side="right") - 1, _labels(starts))


def by_recency(trial: Trial) -> pd.DataFrame:
    """The same by recency: weeks from the first purchase to the last, "once" for who bought on one day."""
    width = max(int(np.ceil(trial.rows.age.max() / 8)), 1)
    recency = trial.customers["recency_weeks"].to_numpy()
    groups = np.ceil(recency / width).astype(int)
    labels = ["once", *(f"{width * at}–{width * (at + 1)}" for at in range(int(groups.max(initial=0))))]
    return _by_group(trial, groups, labels)


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


def _by_group(trial: Trial, groups: NDArray[np.int64], labels: Sequence[str]) -> pd.DataFrame:
    rows = []
    for group in np.unique(groups):
        inside = groups == group
        bought = intervals.ratio_of_totals(trial.actual[inside], np.ones(inside.sum()), level=trial.level)
        row = {"label": labels[group], "n": int(inside.sum()), "actual_mean": bought.value}
        rows.append(row | {"low": bought.low, "high": bought.high, **trial.expected[inside].mean()})
    return pd.DataFrame(rows)


def deciles(trial: Trial, *, model: str, count: int = 10) -> pd.DataFrame:
    """Customers in ten groups of equal size by what was expected of them: what was expected, and what came.

    Returns
    -------
    pandas.DataFrame
        One row per group, 1 being the customers of whom most was expected: decile, n, expected_mean, actual_mean
        (purchases per customer), low, high, actual_share (of all purchases of the holdout), best_share (what a group
        of that size could have had, had the order been known). Equal expectations are parted in the customers' order.
    """
    expected, actual = trial.expected[model].to_numpy(), trial.actual
    order, n = np.argsort(-expected, kind="stable"), len(actual)
    groups, best = np.arange(n) * min(count, n) // n, np.sort(actual)[::-1]
    rows = []
    for group in range(groups[-1] + 1):
        inside = order[groups == group]
        bought = intervals.ratio_of_totals(actual[inside], np.ones(len(inside)), level=trial.level)
        row = {"decile": group + 1, "n": len(inside), "expected_mean": expected[inside].mean()}
        row |= {"actual_mean": bought.value, "low": bought.low, "high": bought.high}
        shares = {"actual_share": actual[inside].sum(), "best_share": best[groups == group].sum()}
        rows.append(row | {name: share / actual.sum() if actual.any() else np.nan for name, share in shares.items()})
    return pd.DataFrame(rows)


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
    found = {"label": _labels(starts), "customer_count": np.bincount(groups, rows.weight, minlength=len(starts))}
    for fit in trial.fits:
        found[fit.model] = _expected_histogram(trial.models[fit.model], fit, rows, starts)
    return pd.DataFrame(found)


def _expected_histogram(model: BuyingModel, fit: Fit, rows: Rows, starts: Whole) -> Floats:
    ages, back = np.unique(rows.age, return_inverse=True)
    weight = np.bincount(back.reshape(-1), rows.weight)
    counts: Floats = np.zeros(starts[-1])
    for start in range(0, len(ages), 256):
        part = slice(start, start + 256)
        counts = counts + weight[part] @ model.count_shares(fit.theta, ages[part], int(starts[-1]) - 1)
    return np.append(np.add.reduceat(counts, starts[:-1]), rows.customer_count - counts.sum())


def tracking(trial: Trial, weekly: pd.DataFrame) -> pd.DataFrame:
    """Repeat purchases week by week through calibration and holdout, beside what each model expected from the start.

    Parameters
    ----------
    trial
        Of `trial`.
    weekly
        `features.timeline.by_week` of the same orders, with origin `days.week_origin(plan.first_on,
        end=plan.calibration_end)`, born_until plan.calibration_end and as_of plan.as_of.

    Returns
    -------
    pandas.DataFrame
        One row per week: week, ends_on (day), is_holdout, is_complete (whether it has seven days), actual,
        cumulative_actual, and of each model two columns, its name and cumulative_ and its name: purchases expected of
        all customers from the days of their first purchases alone, none of the later ones being used.

    Raises
    ------
    ValueError
        The weeks do not hold the purchases of these customers.

    Notes
    -----
    The sum over customers of E[X(t - t0)], t0 being the morning of the first purchase and t the evening that ends the
    week: Fader, Hardie and Lee (2005), "Counting your customers" the easy way, section 5.
    """
    first, last, end = trial.plan.first_on, trial.plan.as_of, trial.plan.calibration_end
    ages = np.rint(trial.rows.age * DAYS_PER_WEEK).astype(np.int64)
    if end is None:
        raise ValueError("there is no holdout to track")
    known_weeks = -(-((end - first).days + 1) // DAYS_PER_WEEK)
    known_days, day_count = known_weeks * DAYS_PER_WEEK, known_weeks * DAYS_PER_WEEK + (last - end).days
    ends = np.minimum(np.arange(DAYS_PER_WEEK, day_count + DAYS_PER_WEEK, DAYS_PER_WEEK), day_count)
    actual = weekly.set_index("week")["repeat_count"].reindex(range(1, len(ends) + 1), fill_value=0).to_numpy()
    _check_weekly(trial, weekly, actual, known_weeks)
    since = np.bincount(known_days - 1 - ages, trial.rows.weight, minlength=day_count).astype(float)
    found: dict[str, object] = {
        "week": np.arange(1, len(ends) + 1),
        "ends_on": pd.Timestamp(end) + pd.to_timedelta(ends - known_days, unit="D"),
        "is_holdout": ends > known_days,
        "is_complete": np.diff(ends, prepend=0) == DAYS_PER_WEEK,
        "actual": actual,
        "cumulative_actual": actual.cumsum(),
    }
    for fit in trial.fits:
        cumulative = _expected_by(ends, since, trial.models[fit.model].expected_new, fit.theta)
        found |= {fit.model: np.diff(cumulative, prepend=0.0), f"cumulative_{fit.model}": cumulative}
    return pd.DataFrame(found)


def _check_weekly(trial: Trial, weekly: pd.DataFrame, actual: NDArray[np.int64], known_weeks: int) -> None:
    expected = int(trial.customers["frequency"].sum()), int(trial.actual.sum())
    found = int(actual[:known_weeks].sum()), int(weekly["repeat_count"].sum() - actual[:known_weeks].sum())
    if expected != found:
        raise ValueError(
            f"weekly must hold the repeat purchases of the customers of the trial, {expected[0]:,} in the calibration "
            f"and {expected[1]:,} in the holdout; found {found[0]:,} and {found[1]:,}: make it with "
            "origin=days.week_origin(plan.first_on, end=plan.calibration_end), "
            "born_until=plan.calibration_end, as_of=plan.as_of"
        )


def _expected_by(ends: Whole, since: Floats, expected_new: Callable[[Floats, Floats], Floats], theta: Floats) -> Floats:
    """Expected repeat purchases by the evening of each of the days `ends`, of customers born on the days of `since`."""
    by_age = expected_new(theta, np.arange(1, len(since) + 1) / DAYS_PER_WEEK)
    return np.array([since[:end] @ by_age[:end][::-1] for end in ends])


def p_buys(rows: Rows, *, fit: Fit, model: BuyingModel, weeks: float) -> Floats:
    """The probability of a purchase in the `weeks` after the end of watching, one entry per row.

    Notes
    -----
    A history that goes on without a purchase is again a history: the probability of none is the likelihood of the same
    frequency and recency at the age T + t over that at T. Exact for every model of this form.
    """
    later = replace(rows, age=rows.age + weeks)
    return -np.expm1(model.log_likelihood(fit.theta, later)[0] - model.log_likelihood(fit.theta, rows)[0])


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
    expected = p_buys(trial.rows, fit=fit, model=buying, weeks=trial.plan.weeks)
    each = pd.DataFrame({"p_alive": trial.rows.spread(buying.p_alive(fit.theta, trial.rows))})
    each = each.assign(expected_share=trial.rows.spread(expected), actual_share=(trial.actual > 0).astype(float))
    grouped = each.groupby(_tied_groups(each["p_alive"], count))
    found = grouped.mean().reset_index(drop=True)
    found.insert(0, "n", grouped.size().to_numpy())
    low, high = intervals.wilson_bounds(grouped["actual_share"].sum(), found["n"], level=trial.level)
    return found.assign(low=low, high=high)


def calibration_error(groups: pd.DataFrame) -> float:
    """The expected calibration error of `alive`: mean distance of expected and actual share, weighted by customers."""
    return float(np.average((groups["expected_share"] - groups["actual_share"]).abs(), weights=groups["n"]))


def spend(trial: Trial, *, expected_spend: ArrayLike, count: int = 5) -> pd.DataFrame:
    """Whether customers pay what a model of spend expects of them: groups by expected spend, and what they then paid.

    Parameters
    ----------
    trial
        Of `trial`.
    expected_spend
        One entry per customer: money expected per purchase, from the same calibration.
    count
        Groups to make.

    Returns
    -------
    pandas.DataFrame
        One row per group of about equal size of those who bought in the holdout, ascending, customers of equal
        expectation together: n, purchase_count, expected_spend_amount and actual_spend_amount (per purchase, both
        weighted by the purchases of the holdout), low, high (interval of the latter). Empty where nobody bought.
    """
    each = pd.DataFrame({"expected": np.asarray(expected_spend, dtype=float), "count": trial.actual})
    each = each.assign(paid=trial.customers["holdout_amount"].to_numpy(dtype=float))
    each = each[(each["count"] > 0) & each["expected"].notna()]
    columns = ["n", "purchase_count", "expected_spend_amount", "actual_spend_amount", "low", "high"]
    rows = []
    for _, group in each.groupby(_tied_groups(each["expected"], count)):
        paid = intervals.ratio_of_totals(group["paid"], group["count"], level=trial.level)
        expected = np.average(group["expected"], weights=group["count"])
        rows.append((len(group), int(group["count"].sum()), expected, paid.value, paid.low, paid.high))
    return pd.DataFrame(rows, columns=columns)


def _tied_groups(values: pd.Series, count: int) -> NDArray[np.int64]:
    """Groups of about equal size, ascending, from 1; equal values are never parted."""
    return np.ceil(count * values.rank(pct=True).to_numpy()).astype(np.int64)
