"""What customers are worth from here on: purchases to come, in money, less what they cost, discounted to today.

Money is counted per order: the spend to expect, times the share of it that is margin, less the cost to serve. What was
paid to win a customer is gone whatever happens next, so it is in no value of an existing customer; `acquisition` sets
it against the value of new ones.

References
----------
Fader, Hardie and Lee (2005), RFM and CLV: using iso-value curves for customer base analysis, Journal of Marketing
Research 42(4), equations 1 to 3: discounted expected purchases times spend times margin.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar

import numpy as np
import pandas as pd
from scipy.special import ndtri

from helpers.errors import FitError
from helpers.models.buying.fitting import Fit
from helpers.models.buying.interface import BuyingModel
from helpers.models.buying.prediction import LARGEST_COUNT, Counts, Prediction, interval, reaching
from helpers.models.buying.rows import Floats, Rows
from helpers.models.spend.spending import Spending
from helpers.models.statistics.intervals import SMALLEST, Estimate
from helpers.models.value import discounting
from helpers.models.value.discounting import months_of, weekly_rate, weeks_of
from helpers.randomness import stream
from helpers.watching import Readable

T = TypeVar("T")

MONTHS = (12, 24, 36)
BLOCK = 16_384
SAMPLE_ROWS = 5_000
STEP = 1e-3
CHANCE_DRAWS = 1_000_000
"""Futures of customers that are drawn, in all, for the chance in a total."""


@dataclass(frozen=True, eq=False)
class Terms(Readable):
    """What turns orders into value.

    Attributes
    ----------
    yearly_rate
        Discount rate of a year, as a share: 0.1 is 10 % a year. 0 or more; at 0 there is no residual value.
    margin_share
        Share of the spend that is kept, between 0 and 1: one for all, or one per customer in the order of the
        histories. At 1 the value is revenue.
    order_cost_amount
        Cost to serve an order, in the currency of the report, 0 or more: one for all, or one per customer.
    """

    yearly_rate: float
    margin_share: float | Floats = 1.0
    order_cost_amount: float | Floats = 0.0


@dataclass(frozen=True, eq=False)
class Base(Readable):
    """Who is valued, and by what: histories, the model that was fitted to them, their spend, and the terms."""

    rows: Rows
    fit: Fit
    model: BuyingModel
    spending: Spending
    terms: Terms


@dataclass(frozen=True, eq=False)
class Value(Readable):
    """What the customers of a base are worth from here on.

    Attributes
    ----------
    months, level
        The horizon of `clv_amount` and of `total`, and the coverage of all intervals.
    customers
        One row per customer in the order of the histories, amounts in the currency of the report, discounted:
        expected_spend_amount (of an order), is_spend_seen (False: the mean of all stands in, since no repeat purchase
        was seen), order_margin_amount (what an order leaves: spend times margin less cost to serve), clv_amount with
        clv_low and clv_high (between which it will turn out, chance included), residual_amount (all time to come).
    totals
        One row per horizon, ascending, all time to come last (months infinite): months, expected_purchase_count (not
        discounted; NaN for all time), amount, low, high.
    total
        The value of all customers at `months`, from the draws.
    draws
        That total in each draw.
    notes
        What a reader must know, a sentence each.
    """

    months: float
    level: float
    customers: pd.DataFrame
    totals: pd.DataFrame
    total: Estimate
    draws: Floats = field(repr=False)
    notes: tuple[str, ...]

    @property
    def unseen_count(self) -> int:
        """Customers for whose spend the mean of all stands in."""
        return int((~self.customers["is_spend_seen"].astype(bool)).sum())

    @property
    def unseen_share(self) -> float:
        """The same as a share of the customers, 0 to 1."""
        return self.unseen_count / len(self.customers)


def clv(base: Base, *, prediction: Prediction, months: Sequence[float] = MONTHS, seed: int) -> Value:
    """What each customer, and all together, are worth from here on, with intervals.

    Parameters
    ----------
    base
        Histories, fit, spend and terms, all up to the same day.
    prediction
        Of `prediction.predict` for the same rows and fit; its weeks are the horizon of `clv_amount` (take
        `discounting.weeks_of(12)`), its draws and level those of the intervals.
    months
        Further horizons of the totals, above 0.
    seed
        Of the spend in the draws; same input and seed, same bytes.

    Raises
    ------
    ValueError
        Terms are out of range, or rows, spend and prediction are not of the same customers.
    FitError
        Money is missing for some customers.

    Notes
    -----
    A draw's purchases are discounted as the customer's purchases are on average. The total at the horizon of the
    prediction has its interval from the draws. The totals of the other horizons have it from the delta method for the
    parameters of buying, draws of those of spend, and the variance of simulated futures (in the residual, chance is
    taken in proportion to the longest horizon); where both can be had they agree within a tenth of their width. With
    fewer than 10 customers those have no interval. Shocks that hit all customers at once are in none.
    """
    _check(base, prediction)
    main = months_of(prediction.weeks)
    ends = sorted({main, *(float(month) for month in months)})
    at = ends.index(main)
    present, counts = _present(base, np.array(ends))
    factors = _ratio(present[at], counts[at])[base.rows.index]
    low, high, draws = _drawn(base, prediction, factors=factors, seed=seed)
    totals = _totals(base, prediction, ends=ends, present=present, seed=seed)
    drawn = interval(draws, level=prediction.level)
    main_low, main_high = (float(bound) for bound in reaching(totals["amount"].iloc[at], drawn))
    totals.loc[at, "low"], totals.loc[at, "high"] = main_low, main_high
    totals["expected_purchase_count"] = [*(counts @ base.rows.weight), np.nan]
    margin = order_margins(base)
    customers = pd.DataFrame(
        {
            "expected_spend_amount": base.spending.expected,
            "is_spend_seen": base.spending.is_seen,
            "order_margin_amount": margin,
            "clv_amount": present[at, base.rows.index] * margin,
            "clv_low": low,
            "clv_high": high,
            "residual_amount": present[-1, base.rows.index] * margin,
        }
    )
    total = Estimate(float(totals["amount"].iloc[at]), main_low, main_high, base.rows.customer_count)
    notes = (*prediction.notes, *_notes(base, margin))
    return Value(main, prediction.level, customers, totals, total, draws, notes)


class Brought(NamedTuple):
    """What so many customers of an earlier day left from that day on, in the currency of the report."""

    amount: float
    customer_count: int


def brought(then: pd.DataFrame, *, terms: Terms) -> Brought:
    """What the customers of an earlier day left from that day on, to hold the value against.

    Parameters
    ----------
    then
        As `split.split` gives it, with the earlier day for calibration_end: holdout_amount, holdout_purchase_count.
    terms
        With one margin and one cost for all.

    Returns
    -------
    Brought
        Not discounted; NaN where nobody had bought by the earlier day.
    """
    kept = then["holdout_amount"].astype(float) * terms.margin_share
    left = kept - then["holdout_purchase_count"] * terms.order_cost_amount
    return Brought(float(left.sum(min_count=1)), len(then))


def order_margins(base: Base) -> Floats:
    """What an order leaves, one per customer: expected spend times margin less cost to serve; below 0 it is a loss."""
    return base.spending.expected * base.terms.margin_share - base.terms.order_cost_amount


def group_values(
    base: Base,
    *,
    prediction: Prediction,
    labels: Sequence[Any] | pd.Series | pd.Categorical,
    seed: int,
    factors: Floats | None = None,
) -> pd.DataFrame:
    """The value of groups of customers, such as tiers or channels, with intervals.

    Parameters
    ----------
    base, prediction, seed
        As they were given to `clv`: the draws are the same.
    labels
        One label per customer, in the order of the histories; customers without one (NaN, None) are in no group.
    factors
        What multiplies each draw of everybody's value, such as the error of earlier totals; nothing where not given.

    Returns
    -------
    pandas.DataFrame
        One row per label, ascending (of a categorical: in its order): label, n (customers), amount, low, high;
        amount_share (of the value of all who have a label), share_low, share_high. Each interval holds for its group,
        not for all at once.
    """
    _check(base, prediction)
    labelled = pd.Categorical(labels)
    if len(labelled) != base.rows.customer_count:
        raise ValueError(f"labels must be one per customer, {base.rows.customer_count:,}, found {len(labelled):,}")
    size = len(labelled.categories)
    codes = np.where(labelled.codes < 0, size, labelled.codes).astype(np.int64)

    def by_label(values: Floats, customers: slice = slice(None)) -> Floats:
        return np.bincount(codes[customers], weights=values, minlength=size + 1)[:size].astype(float)

    present, counts = _present(base, np.array([months_of(prediction.weeks)]))
    parts = _each_block(
        base,
        prediction,
        factors=_ratio(present[0], counts[0])[base.rows.index],
        seed=seed,
        use=lambda part, drawn: np.stack([by_label(one, part) for one in drawn]),
    )
    draws, amounts = np.sum(parts, axis=0), by_label(present[0, base.rows.index] * order_margins(base))
    moved = draws if factors is None else draws * factors[:, None]
    bounds = reaching(amounts, interval(moved, level=prediction.level))
    shares = reaching(_shares(amounts), interval(_shares(draws), level=prediction.level))
    columns = {"label": labelled.categories, "n": by_label(np.ones(len(codes))).astype(int), "amount": amounts}
    columns |= {"low": bounds[0], "high": bounds[1], "amount_share": _shares(amounts)}
    return pd.DataFrame(columns | {"share_low": shares[0], "share_high": shares[1]})


def customer_table(
    histories: pd.DataFrame, *, prediction: Prediction, value: Value, orders: pd.DataFrame, model: BuyingModel
) -> pd.DataFrame:
    """The table of all customers with intervals: the contract of `tables/clv/customers.csv`.

    Parameters
    ----------
    histories
        One row per customer: customer_id, frequency, recency_weeks, age_weeks.
    prediction, value, orders
        Of the same customers in the same order; `orders` as `coming_orders.ahead` gives them.
    model
        What the predictions are of. Where it cannot tell one-time buyers their p_alive is missing.

    Returns
    -------
    pandas.DataFrame
        One row per customer, in that order: customer_id, frequency, recency_weeks, age_weeks, p_alive,
        expected_purchase_count, low, high, expected_spend_amount, clv_amount, clv_low, clv_high, comeback_share,
        next_order_on (both given the history, that the customer may have left counted in).
    """
    frames = [histories, prediction.customers, value.customers, orders]
    if len({len(frame) for frame in frames}) > 1:
        raise ValueError("histories, prediction, value and orders must be of the same customers, in one order")
    wanted = (
        ["customer_id", "frequency", "recency_weeks", "age_weeks"],
        ["p_alive", "expected_purchase_count", "low", "high"],
        ["expected_spend_amount", "clv_amount", "clv_low", "clv_high"],
        ["comeback_share", "next_order_on"],
    )
    parts = [frame[names].reset_index(drop=True) for frame, names in zip(frames, wanted, strict=True)]
    table = pd.concat(parts, axis="columns")
    return table.assign(p_alive=table["p_alive"].where(model.is_told(table["frequency"])))


def _check(base: Base, prediction: Prediction) -> None:
    terms, n = base.terms, base.rows.customer_count
    money = {
        "expected spend": base.spending.expected,
        "margin_share": np.asarray(terms.margin_share, dtype=float),
        "order_cost_amount": np.asarray(terms.order_cost_amount, dtype=float),
    }
    sizes = {name: len(one) for name, one in money.items() if one.ndim} | {"prediction": len(prediction.customers)}
    wrong = [f"{name} of {size:,}" for name, size in sizes.items() if size != n]
    if wrong:
        raise ValueError(f"all must be of the same {n:,} customers, found {', '.join(wrong)}")
    for name, one in money.items():
        if not np.isfinite(one).all():
            raise FitError(f"{name} must be known for every customer; {int((~np.isfinite(one)).sum()):,} have none.")
        if (one < 0).any() or (name == "margin_share" and (one > 1).any()):
            limits = "between 0 and 1" if name == "margin_share" else "0 or more"
            raise ValueError(f"{name} must be {limits}, found {one.min():g} to {one.max():g}")


def _present(
    base: Base, months: Floats, *, theta: Floats | None = None, rows: Rows | None = None
) -> tuple[Floats, Floats]:
    """Discounted purchases within each horizon and, last, over all time; and plain ones; arrays of horizons by rows."""
    theta, rows = base.fit.theta if theta is None else theta, rows or base.rows
    rate = weekly_rate(base.terms.yearly_rate)
    within, plain = discounting.purchases(rows, theta=theta, model=base.model, weeks=weeks_of(months), rate=rate)
    for_ever = base.model.residual(theta, rows, rate) if rate > 0 else np.full(len(rows), np.nan)
    return np.vstack([within, for_ever]), plain


def by_row(rows: Rows, values: Floats) -> Floats:
    """The sum over the customers of each row."""
    return np.bincount(rows.index, weights=values, minlength=len(rows)).astype(float)


def _ratio(part: Floats, whole: Floats) -> Floats:
    """What discounting leaves of a purchase, on average; all where none is to be expected."""
    return np.divide(part, whole, out=np.ones_like(part), where=whole > 0)


def _shares(amounts: Floats) -> Floats:
    """Parts of the sum along the last axis; NaN where it is not above 0."""
    whole = amounts.sum(axis=-1, keepdims=True)
    return np.divide(amounts, whole, out=np.full_like(amounts, np.nan), where=whole > 0)


def _drawn(base: Base, prediction: Prediction, *, factors: Floats, seed: int) -> tuple[Floats, Floats, Floats]:
    """Bounds of each customer's value, and the total in each draw."""
    low, high = np.empty(base.rows.customer_count), np.empty(base.rows.customer_count)

    def bounded(part: slice, drawn: Floats) -> Floats:
        total: Floats = drawn.sum(axis=1)
        low[part], high[part] = interval(drawn, level=prediction.level)
        return total

    totals = _each_block(base, prediction, factors=factors, seed=seed, use=bounded)
    return low, high, np.sum(totals, axis=0)


def _each_block(
    base: Base, prediction: Prediction, *, factors: Floats, seed: int, use: Callable[[slice, Floats], T]
) -> list[T]:
    """What `use` makes of the values of each block of customers (draws by customers), each with a stream of its own."""

    def one(number: int) -> T:
        part = slice(number * BLOCK, (number + 1) * BLOCK)
        rng = stream(seed, "spend to come", number)
        drawn = _values(base, prediction.counts[:, part], part, rng)
        drawn *= factors[part]  # in place: of all that is held, the draws of the blocks are the most
        return use(part, drawn)

    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        return list(pool.map(one, range(-(-base.rows.customer_count // BLOCK))))


def _values(base: Base, counts: Counts, part: slice, rng: np.random.Generator) -> Floats:
    """What so many orders leave, not discounted: an array of draws by customers, like the counts."""
    money = base.spending.draw(part, counts, rng)
    money *= _part(base.terms.margin_share, part)
    money -= counts * _part(base.terms.order_cost_amount, part)
    return money


def _part(value: float | Floats, part: slice) -> float | Floats:
    return value[part] if isinstance(value, np.ndarray) and value.ndim else value


def _totals(base: Base, prediction: Prediction, *, ends: list[float], present: Floats, seed: int) -> pd.DataFrame:
    """The value of all customers at each horizon, and its interval on the log scale from three variances."""
    on_row = by_row(base.rows, order_margins(base))
    amounts = present @ on_row
    errors = np.sqrt(
        _parameter_variance(base, ends, on_row=on_row, amounts=amounts)
        + _spend_variance(base, present, level=prediction.level)
        + _chance_variance(base, prediction, ends=ends, present=present, seed=seed)
    )
    width = ndtri((1 + prediction.level) / 2) * errors
    if base.rows.customer_count < SMALLEST:
        width = np.full(len(amounts), np.nan)
    is_gain = amounts > 0
    ratio = np.exp(np.divide(width, amounts, out=np.zeros_like(width), where=is_gain))
    low, high = np.where(is_gain, amounts / ratio, amounts - width), np.where(is_gain, amounts * ratio, amounts + width)
    return pd.DataFrame(
        {"months": [*ends, np.inf], "expected_purchase_count": np.nan, "amount": amounts, "low": low, "high": high}
    )


def _parameter_variance(base: Base, ends: list[float], *, on_row: Floats, amounts: Floats) -> Floats:
    """Of the totals by the delta method in the logarithms of the parameters; 0 where their doubt is not known.

    Where rows are many, relative slopes are those of a seeded sample of them.
    """
    if not np.isfinite(base.fit.covariance_log).all():
        return np.zeros(len(amounts))
    rows, weight = base.rows, on_row
    if len(rows) > SAMPLE_ROWS:
        places = np.sort(stream(0, "histories that tell slopes").choice(len(rows), SAMPLE_ROWS, replace=False))
        rows, weight = rows.some(places), on_row[places]

    def total(log_theta: Floats) -> Floats:
        return _present(base, np.array(ends), theta=np.exp(log_theta), rows=rows)[0] @ weight

    there, steps = np.log(base.fit.theta), STEP * np.eye(len(base.fit.theta))
    slopes = np.array([(total(there + step) - total(there - step)) / (2 * STEP) for step in steps])
    here = total(there)
    slopes *= np.divide(amounts, here, out=np.ones_like(here), where=here != 0)
    return np.einsum("kh,kl,lh->h", slopes, base.fit.covariance_log, slopes)


def _spend_variance(base: Base, present: Floats, *, level: float) -> Floats:
    """Of the totals by the draws of the parameters of spend; the relative error is much the same at every horizon."""
    orders = present[0, base.rows.index] * base.terms.margin_share
    revenue = float(orders @ base.spending.expected)
    if revenue <= 0:
        return np.zeros(len(present))
    low, high = interval(base.spending.totals(orders), level=level)
    error = float(high - low) / (2 * ndtri((1 + level) / 2) * revenue)
    kept = base.spending.expected * base.terms.margin_share
    return (error * (present @ by_row(base.rows, kept))) ** 2


def _chance_variance(base: Base, prediction: Prediction, *, ends: list[float], present: Floats, seed: int) -> Floats:
    """Of the totals by simulated futures: customers are independent, so their variances add up."""
    count = int(np.clip(CHANCE_DRAWS // base.rows.customer_count, 4, len(prediction.counts)))
    plain, p_alive = base.model.expected_purchases, base.model.p_alive(base.fit.theta, base.rows)
    variances = []
    for number, months in enumerate(ends):
        rng, weeks = stream(seed, "chance in a total", number), float(weeks_of(months))
        futures = [base.model.draw(base.fit.theta, base.rows, weeks, rng, p_alive) for _ in range(count)]
        counts = np.minimum(np.stack(futures), LARGEST_COUNT).astype(np.uint16)
        factors = _ratio(present[number], plain(base.fit.theta, base.rows, weeks))[base.rows.index]
        values = _values(base, counts, slice(0, base.rows.customer_count), rng) * factors
        variances.append(float(values.var(axis=0, ddof=1).sum()))
    # chance beyond the longest horizon goes with the value: who is still there, and at which rate, stays as it is
    beyond = float(base.rows.weight @ present[-1]) / float(base.rows.weight @ present[-2])
    return np.array([*variances, variances[-1] * beyond**2])


def _notes(base: Base, margin: Floats) -> tuple[str, ...]:
    notes = []
    if base.terms.yearly_rate == 0:
        notes.append("Without a discount rate there is no residual value: money of all time to come has no sum.")
    losing = int((margin < 0).sum())
    if losing:
        notes.append(
            f"Serving {losing:,} of {len(margin):,} customers costs more than the margin that their orders leave."
        )
    if not base.spending.is_seen.any():
        notes.append("Nobody has come back yet, so every order is taken to be worth the mean of all.")
    return tuple(notes)
