"""Purchases and revenue of the next periods, of customers there are and of those to come, with a fan and its judge.

The fan holds what the fit does not know of its parameters, the chance of every customer, the doubt about how many new
ones will come, and the shocks that moved all customers together in the past.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from helpers.models.buying.draws import alive_in_draws
from helpers.models.buying.fitting import Fit
from helpers.models.buying.interface import BuyingModel
from helpers.models.buying.prediction import interval, parameter_draws, reaching
from helpers.models.buying.rows import Floats, Rows
from helpers.models.forecast import periods as past_periods
from helpers.models.forecast.periods import AMOUNT, NEW_CUSTOMERS, PURCHASES, per_year
from helpers.models.forecast.shared_shocks import Path, SharedShocks, arrivals, quiet_periods, season_and_shocks
from helpers.models.spend.spending import Spending
from helpers.randomness import stream
from helpers.watching import Readable

EXISTING, NEW, ALL = "existing", "new", "all"
MODEL, NAIVE = "model", "seasonal_naive"
HALF = 0.5
"""Coverage of the fan's inner band."""
BLOCK, BLOCKS = 16_384, 4
"""Customers who are drawn together, and blocks that are drawn: of a larger base every so many-th customer."""
POOL = 200
"""New customers who are drawn for the chance of a cohort."""
LARGEST_COUNT = np.iinfo(np.uint16).max

Paths = dict[tuple[str, str], Path]


@dataclass(frozen=True)
class Plan(Readable):
    """What to forecast.

    Attributes
    ----------
    as_of
        The last day that is known.
    period_weeks
        Length of a period; it divides a year of 52 weeks: 1, 2, 4, 13, 26 or 52.
    periods
        How many, a year's at most.
    draws, seed, level
        Futures to draw, their seed, and the coverage of the outer band.
    """

    as_of: date
    period_weeks: int = 4
    periods: int = 6
    draws: int = 200
    seed: int = 1
    level: float = 0.9

    def __post_init__(self) -> None:
        if not 1 <= self.periods <= self.year:
            raise ValueError(
                f"periods must be 1 to {self.year}, a year of {self.period_weeks} weeks each; found {self.periods}"
            )

    @property
    def year(self) -> int:
        """Periods in a year."""
        return per_year(self.period_weeks)

    @property
    def ends(self) -> Floats:
        """Weeks from as_of to the end of each period."""
        return self.period_weeks * np.arange(1, self.periods + 1, dtype=float)


@dataclass(frozen=True, eq=False)
class Forecast(Readable):
    """What the next periods bring.

    Attributes
    ----------
    plan
        What was asked.
    periods
        One row per measure, part and period: measure (`purchase_count`: days on which a customer orders; `amount`;
        `new_customer_count`), part (existing, new: customers whose first purchase lies ahead, all), period (from 1),
        starts_on, ends_on, expected, low, high (the band of plan.level), half_low, half_high (that of one half).
    totals
        The same of all periods together, without period and days.
    paths
        By measure and part, what is expected and the draws behind the bands, an array of draws by periods.
    shocks
        Season and shocks that were found; see `shared_shocks.SharedShocks`.
    notes
        What a reader must know, a sentence each.
    """

    plan: Plan
    periods: pd.DataFrame
    totals: pd.DataFrame
    paths: Paths
    shocks: SharedShocks
    notes: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Judgement(Readable):
    """How a forecast of days that are over came out, beside seasonal-naive.

    Attributes
    ----------
    periods
        One row per measure and period: measure, period, starts_on, ends_on, actual, expected, low, high,
        seasonal_naive (NaN where the data do not reach back a year).
    scores
        One row per measure and method (model, seasonal_naive): measure, method, n (periods), mae (per period, in the
        measure's unit), error_share (sum of absolute errors over the sum of what came), total_off_share (error of the
        sum; above 0: too much), covered_count (periods inside the band; NaN for seasonal_naive). NaN where there is no
        forecast, or nothing came.
    factors
        By measure, how many times wider the fan would have had to be (1 or more): for `widened`.
    """

    periods: pd.DataFrame
    scores: pd.DataFrame
    factors: dict[str, float]


def forecast(
    rows: Rows, *, fit: Fit, model: BuyingModel, spending: Spending, history: pd.DataFrame, plan: Plan
) -> Forecast:
    """What the next periods bring: purchases, money and new customers, with a fan.

    Parameters
    ----------
    rows
        The histories of all customers up to plan.as_of.
    fit, model
        What was fitted to them.
    spending
        The money of their orders to come, with plan.draws draws.
    history
        Of `periods.history`, by the periods of the plan; what lies after plan.as_of is not looked at.
    plan
        Which periods, and how the fan is drawn.

    Returns
    -------
    Forecast

    Raises
    ------
    ValueError
        No period of the history ends with plan.as_of, or rows and spending are not of the same customers.

    Notes
    -----
    Existing customers: each draw takes parameters from the distribution of their estimates, and a path of every
    customer given the history and them; of a base above 65,536 customers every so many-th is drawn, and chance is
    narrowed to the size of the base. New customers: their number follows its recent level
    (`shared_shocks.arrivals`); their first purchase is worth what first purchases were in the latest year, and what
    they buy then is what the model expects of new customers. Season and common shocks are those of past purchases over
    what the model expected (`shared_shocks.season_and_shocks`). A trend in the amount of orders, a campaign to come or
    a price that rises is in no draw: `judge` an earlier forecast, and widen this one by what it shows.
    """
    if len(spending.expected) != rows.customer_count:
        raise ValueError(f"spending must be of the {rows.customer_count:,} customers, found {len(spending.expected):,}")
    past = past_periods.known(history, as_of=plan.as_of)
    rng = stream(plan.seed, "season, shocks and new customers")
    thetas = parameter_draws(fit, draws=plan.draws, seed=plan.seed)
    ahead = {"year": plan.year, "periods": plan.periods, "draws": plan.draws}
    ends = plan.period_weeks * np.arange(len(past) + 1, dtype=float)
    due = past_periods.repeats_due(past, expected_new=lambda weeks: model.expected_new(fit.theta, weeks), ends=ends)
    shocks = season_and_shocks(past["repeat_count"].to_numpy(), due, rng=rng, **ahead)
    coming, arriving = arrivals(past[NEW_CUSTOMERS].to_numpy(), rng=rng, **ahead)
    bought, paid = _existing(rows, thetas, fit=fit, model=model, spending=spending, plan=plan)
    again = _again(thetas, coming, fit=fit, model=model, plan=plan, rng=rng) * shocks.path
    bought, paid = bought * shocks.path, paid * shocks.path
    earned = _earned(past, spending, coming, again, plan=plan, rng=rng)
    paths = {
        (PURCHASES, EXISTING): bought,
        (PURCHASES, NEW): coming + again,
        (PURCHASES, ALL): bought + coming + again,
        (AMOUNT, EXISTING): paid,
        (AMOUNT, NEW): earned,
        (AMOUNT, ALL): paid + earned,
        (NEW_CUSTOMERS, NEW): coming,
    }
    return _made(plan, paths, shocks, _notes(fit, past, shocks, arriving, plan))


def judge(made: Forecast, *, history: pd.DataFrame) -> Judgement:
    """How a forecast came out, for those of its periods that are over, beside seasonal-naive.

    Parameters
    ----------
    made
        Of a day before the end of the history, from data of that day.
    history
        Of `periods.history`, by the periods of the forecast.

    Returns
    -------
    Judgement

    Raises
    ------
    ValueError
        No period of the forecast is over.
    """
    plan = made.plan
    naive = past_periods.seasonal_naive(history, as_of=plan.as_of, period_weeks=plan.period_weeks, periods=plan.periods)
    measures = [PURCHASES, AMOUNT, NEW_CUSTOMERS]
    rival = naive.melt(id_vars=["period"], value_vars=measures, var_name="measure", value_name=NAIVE)
    came = history.melt(id_vars=["ends_on"], value_vars=measures, var_name="measure", value_name="actual")
    totals = made.periods[(made.periods["part"] == ALL) | (made.periods["measure"] == NEW_CUSTOMERS)]
    both = totals.merge(came, on=["measure", "ends_on"]).merge(rival, on=["measure", "period"])
    if not len(both):
        raise ValueError(f"no period of the forecast of {plan.as_of} is over in the history")
    both = both.sort_values(["measure", "period"], key=_ranked, kind="stable").reset_index(drop=True)
    columns = ["measure", "period", "starts_on", "ends_on", "actual", "expected", "low", "high", NAIVE]
    scores = [
        _score(part, str(name), method)
        for name, part in both.groupby("measure", sort=False)
        for method in (MODEL, NAIVE)
    ]
    factors = {str(name): _needed(part, made) for name, part in both.groupby("measure", sort=False)}
    return Judgement(both[columns], pd.DataFrame(scores), factors)


def widened(made: Forecast, *, factors: dict[str, float]) -> Forecast:
    """The forecast with a fan that would have held the errors of an earlier one.

    Parameters
    ----------
    made
        The forecast.
    factors
        By measure, how many times as wide the fan becomes, 1 or more: `Judgement.factors`. Bounds stay 0 or more.
    """
    if any(not factor >= 1 for factor in factors.values()):
        raise ValueError(f"factors must be 1 or more, found {factors}")
    paths = {
        (measure, part): _stretched(path, factors.get(measure, 1.0)) for (measure, part), path in made.paths.items()
    }
    most = max(factors.values(), default=1.0)
    note = f"The fan is up to {most:.1f} times as wide as the model's own, since an earlier forecast was further off."
    return _made(made.plan, paths, made.shocks, made.notes + ((note,) if most >= 1.05 else ()))


def multiplied(made: Forecast, *, factors: Mapping[str, Floats], notes: tuple[str, ...] = ()) -> Forecast:
    """The forecast with the draws of existing customers multiplied, and those of all customers with them.

    Parameters
    ----------
    made
        The forecast. What it expects stays as it is; new customers do, too.
    factors
        By measure, what multiplies each draw of each period: an array of draws by periods.
    notes
        What a reader must know of it, added to the notes.
    """
    paths = dict(made.paths)
    for measure, by_draw in factors.items():
        own = made.paths[measure, EXISTING]
        paths[measure, EXISTING] = Path(own.expected, own.draws * by_draw)
        paths[measure, ALL] = paths[measure, EXISTING] + made.paths[measure, NEW]
    return _made(made.plan, paths, made.shocks, made.notes + notes)


def backtest_plan(history: pd.DataFrame, *, plan: Plan) -> Plan | None:
    """The plan of an earlier day whose periods are over: as many as are asked for, where half of the past is left.

    Returns None where the past has fewer than four periods: too few to hold any out.
    """
    past = past_periods.known(history, as_of=plan.as_of)
    held_out = min(plan.periods, len(past) // 2)
    if len(past) < 4:
        return None
    return replace(plan, as_of=past["ends_on"].iloc[-1 - held_out].date(), periods=held_out)


def _lags(count: int, plan: Plan) -> Floats:
    """Weeks from a birth in the middle of a period to the ends of that one and of those after it."""
    return plan.period_weeks * (np.arange(count, dtype=float) + 0.5)


def _existing(
    rows: Rows, thetas: Floats, *, fit: Fit, model: BuyingModel, spending: Spending, plan: Plan
) -> tuple[Path, Path]:
    """Purchases and money of the customers there are."""
    p_alive = model.p_alive(fit.theta, rows)
    expected_by = (model.expected_purchases(fit.theta, rows, float(end), p_alive) for end in plan.ends)
    cumulative = np.stack([rows.spread(one) for one in expected_by])
    expected = np.diff(cumulative, axis=0, prepend=0.0)
    due = np.stack([expected.sum(axis=1), expected @ spending.expected])
    step = -(-rows.customer_count // BLOCK)
    blocks = min(step, BLOCKS)

    def drawn(number: int) -> Floats:
        customers = slice(number, None, step)
        rng = stream(plan.seed, "forecast of existing customers", number)
        return _block(rows, customers, thetas, model=model, spending=spending, ends=plan.ends, rng=rng)

    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        parts = np.stack(list(pool.map(drawn, range(blocks))))
    seen = np.stack([expected[:, number::step].sum(axis=1) for number in range(blocks)]).sum(axis=0)
    paid = np.stack([expected[:, at::step] @ spending.expected[at::step] for at in range(blocks)]).sum(axis=0)
    if blocks == step:
        return Path(due[0], parts[:, 0].sum(axis=0)), Path(due[1], parts[:, 1].sum(axis=0))
    return tuple(
        Path(whole, _narrowed(parts[:, at], part, whole, blocks / step))
        for at, (whole, part) in enumerate(zip(due, (seen, paid), strict=True))
    )  # type: ignore[return-value]


def _block(
    rows: Rows,
    customers: slice,
    thetas: Floats,
    *,
    model: BuyingModel,
    spending: Spending,
    ends: Floats,
    rng: np.random.Generator,
) -> Floats:
    """Draws of the purchases and the money of some customers, an array of 2 by draws by periods.

    The money of a customer's draw is split over the periods by purchases.
    """
    some = _only(rows, customers)
    made = _paths(some, thetas, model=model, ends=ends, rng=rng)
    counts = np.zeros((len(thetas), len(some.index)), dtype=np.uint32)
    for count, (who, bought) in zip(counts, made, strict=True):
        count[who] = bought.sum(axis=1)
    money = spending.draw(customers, counts, rng)
    paid = [
        (one / np.maximum(count, 1))[who] @ bought.astype(float)
        for one, count, (who, bought) in zip(money, counts, made, strict=True)
    ]
    return np.stack([[bought.sum(axis=0, dtype=float) for _, bought in made], paid])


def _paths(
    rows: Rows, thetas: Floats, *, model: BuyingModel, ends: Floats, rng: np.random.Generator
) -> list[tuple[NDArray[np.uint32], NDArray[np.uint16]]]:
    """For each draw, who buys (most customers do not, in most draws) and how often in each period."""
    made = []
    alive = alive_in_draws(rows, thetas, model=model).of(rows)
    for theta, p_alive in zip(thetas, alive, strict=True):
        who, bought = model.buyers(theta, rows, ends, rng, p_alive)
        made.append((who.astype(np.uint32), np.minimum(bought, LARGEST_COUNT).astype(np.uint16)))
    return made


def _only(rows: Rows, customers: slice) -> Rows:
    """The rows of some customers, weighted by them alone."""
    places, index, weight = np.unique(rows.index[customers], return_inverse=True, return_counts=True)
    return replace(rows.some(places), index=index.reshape(-1), weight=weight.astype(float))


def _narrowed(parts: Floats, seen: Floats, whole: Floats, share: float) -> Floats:
    """Draws of the whole from those of a sample in blocks: what halves of it do not share is chance, smaller in all."""
    draws = parts.sum(axis=0) * (whole / seen)
    centre = draws.mean(axis=0)
    half = len(parts) // 2
    first, second = (
        part - part.mean(axis=0) for part in (parts[:half].sum(axis=0), parts[half : 2 * half].sum(axis=0))
    )
    common = np.maximum((first * second).mean(axis=0), 0.0) * (whole / seen * len(parts) / half) ** 2
    spread = np.maximum(draws.var(axis=0), 1e-300)
    common = np.minimum(common, spread)
    narrowed: Floats = centre + np.sqrt((common + (spread - common) * share) / spread) * (draws - centre)
    return narrowed


def _again(thetas: Floats, coming: Path, *, fit: Fit, model: BuyingModel, plan: Plan, rng: np.random.Generator) -> Path:
    """Repeat purchases of customers to come: what the model expects of so many, and the chance of so large a cohort."""
    size, ends = plan.periods, _lags(plan.periods, plan)
    expected = np.convolve(coming.expected, np.diff(model.expected_new(fit.theta, ends), prepend=0.0))[:size]
    nothing, everybody = np.zeros(1), np.zeros(size * POOL, dtype=np.int64)
    newborn = Rows(nothing, nothing, nothing, np.array([float(size * POOL)]), everybody)
    draws = np.zeros((plan.draws, size))
    for at, theta in enumerate(thetas):
        mean = np.diff(model.expected_new(theta, ends), prepend=0.0)
        sums = model.draw(theta, newborn, ends, rng).reshape(POOL, size, size).sum(axis=0)
        for born, count in enumerate(coming.draws[at]):
            lag = slice(0, size - born)
            chance = (sums[born, lag] - POOL * mean[lag]) * np.sqrt(count / POOL)
            draws[at, born:] += np.maximum(count * mean[lag] + chance, 0.0)
    return Path(expected, draws)


def _earned(
    past: pd.DataFrame, spending: Spending, coming: Path, again: Path, *, plan: Plan, rng: np.random.Generator
) -> Path:
    """The money of customers to come: first purchases as in the latest year, later ones as the model of spend says.

    How far one purchase scatters is read off the means of past periods, which scatter the more the fewer there were.
    """
    recent = past[past[NEW_CUSTOMERS] > 0].tail(plan.year)
    if not len(recent):
        return coming * Path(np.zeros(plan.periods), np.zeros((plan.draws, plan.periods)))
    count, amount = recent[NEW_CUSTOMERS].to_numpy(), recent["first_amount"].to_numpy()
    mean = amount.sum() / count.sum()
    scatter = float(np.sqrt(np.mean(count * (amount / count / mean - 1) ** 2))) if mean > 0 else 0.0
    shared = np.maximum(1 + scatter / np.sqrt(count.sum()) * rng.standard_normal((plan.draws, 1)), 0.0)
    weights = (spending.is_seen if spending.is_seen.all() else ~spending.is_seen).astype(float)
    usual = float(weights @ spending.expected) / weights.sum()
    drawn = spending.totals(weights) / weights.sum()
    drawn = np.where(np.isfinite(drawn), drawn, usual)[:, None]
    first = Path(coming.expected * mean, _scattered(coming.draws, mean * shared, scatter, rng))
    return first + Path(again.expected * usual, _scattered(again.draws, drawn, scatter, rng))


def _scattered(counts: Floats, mean: Floats, scatter: float, rng: np.random.Generator) -> Floats:
    """The money of so many purchases, each of which scatters by a share of the mean."""
    money: Floats = mean * np.maximum(counts + scatter * np.sqrt(counts) * rng.standard_normal(counts.shape), 0.0)
    return money


def _made(plan: Plan, paths: Paths, shocks: SharedShocks, notes: tuple[str, ...]) -> Forecast:
    days = past_periods.calendar(np.arange(1, plan.periods + 1), as_of=plan.as_of, period_weeks=plan.period_weeks)
    periods, totals = [], []
    for (measure, part), path in paths.items():
        bands = _bands(path.expected, path.draws, plan.level)
        periods.append(days.assign(**bands).assign(measure=measure, part=part))
        whole = _bands(path.expected.sum(), path.draws.sum(axis=1), plan.level)
        totals.append({"measure": measure, "part": part} | whole)
    order = ["measure", "part", *days.columns, *bands]
    return Forecast(plan, pd.concat(periods, ignore_index=True)[order], pd.DataFrame(totals), paths, shocks, notes)


def _bands(expected: Floats, draws: Floats, level: float) -> dict[str, Floats]:
    bounds = (reaching(expected, interval(draws, level=one)) for one in (level, HALF))
    (low, high), (half_low, half_high) = bounds
    return {"expected": expected, "low": low, "high": high, "half_low": half_low, "half_high": half_high}


def _stretched(path: Path, factor: float) -> Path:
    """The draws farther from their mean, and still 0 or more."""
    centre = path.draws.mean(axis=0)
    return Path(path.expected, np.maximum(centre + factor * (path.draws - centre), 0.0))


def _ranked(values: pd.Series) -> pd.Series:
    return values.map({PURCHASES: 0, AMOUNT: 1, NEW_CUSTOMERS: 2}) if values.name == "measure" else values


def _score(part: pd.DataFrame, measure: str, method: str) -> dict[str, object]:
    actual = part["actual"].to_numpy(dtype=float)
    expected = part["expected" if method == MODEL else NAIVE].to_numpy(dtype=float)
    total = actual.sum() if actual.sum() > 0 else np.nan
    covered = float(((part["low"] <= actual) & (actual <= part["high"])).sum()) if method == MODEL else np.nan
    return {
        "measure": measure,
        "method": method,
        "n": len(part),
        "mae": float(np.abs(expected - actual).mean()),
        "error_share": float(np.abs(expected - actual).sum() / total),
        "total_off_share": float(expected.sum() / total - 1),
        "covered_count": covered,
    }


def _needed(part: pd.DataFrame, made: Forecast) -> float:
    """Root of the mean squared error in units of the fan's own standard deviation, 1 at least."""
    measure = str(part["measure"].iloc[0])
    path = made.paths[measure, NEW if measure == NEW_CUSTOMERS else ALL]
    spread = path.draws.std(axis=0)[part["period"].to_numpy() - 1]
    error = part["actual"].to_numpy(dtype=float) - part["expected"].to_numpy(dtype=float)
    has_spread = spread > 0
    return max(1.0, float(np.sqrt(np.mean((error[has_spread] / spread[has_spread]) ** 2)))) if has_spread.any() else 1.0


def _notes(fit: Fit, past: pd.DataFrame, shocks: SharedShocks, arriving: str, plan: Plan) -> tuple[str, ...]:
    notes = list(fit.notes)
    if arriving == "stopped":
        weeks = plan.period_weeks * quiet_periods(plan.year)
        notes.append(f"No new customer came in the latest {weeks} weeks, so none are forecast.")
    if arriving == "short":
        known = "1 period is" if len(past) == 1 else f"{len(past)} periods are"
        notes.append(f"Only {known} known, so how many new customers will come is a guess.")
    if not np.isfinite(shocks.shock):
        notes.append(
            "The past is too short or too small to say how far a period can be off for all customers together; "
            "the fan holds chance and the doubt about the model's parameters alone."
        )
    if len(past) < 2 * plan.year:
        notes.append("There are fewer than two years of data, so the forecast knows no season.")
    return tuple(notes)
