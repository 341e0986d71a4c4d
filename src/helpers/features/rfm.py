"""Recency, frequency and value: measured, cut by thresholds, scored, and put into segments, where the orders live.

Scores come from thresholds and never from ranks: customers who are equal in a measure are equal in its score, however
many of them there are. Thresholds are few numbers in a small frame; with those of one day the customers of another day
can be scored, so that a move between segments is a move of the customer and not of the thresholds.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any

import ibis
import numpy as np
import pandas as pd

from helpers.days import latest_days
from helpers.errors import ParamsError, message
from helpers.features import windows
from helpers.schemes.scheme import MEASURES, SCORES, Axis, Scheme

EXACT = "decimal(38, 4)"
GRAIN = {"days_since_last": Fraction(1), "order_count": Fraction(1), "value_amount": Fraction(1, 10_000)}
"""The smallest step of each measure: a value above a threshold is above it by this at least."""
UNITS = {"days_since_last": "days", "order_count": "orders", "value_amount": "currency"}
SCORE_COLUMNS = {"days_since_last": "r_score", "order_count": "f_score", "value_amount": "m_score"}
TURNED = "days_since_last"
"""The measure of which little is good: few days since the last order are a high score."""
FIFTHS = tuple(Fraction(part, 5) for part in range(1, 5))


def measures(days: ibis.Table, *, as_of: date, window_days: int | None) -> ibis.Table:
    """What R, F and M are made of: how long ago, how often and for how much each customer ordered.

    Parameters
    ----------
    days
        One row per customer and day with an order, as `purchases.purchase_days` gives them: customer_id,
        purchased_on, order_count, amount.
    as_of
        The day the report speaks from; later days are invisible.
    window_days
        Frequency and value are those of the latest `window_days` days; of all orders where it is None. It does not
        touch recency, so that nobody is lost: who ordered nothing in the window has 0 orders worth 0.

    Returns
    -------
    ibis.Table
        One row per customer with an order by `as_of`, in no order: customer_id; days_since_last (days from the last
        order of all to as_of, 0 or more); order_count and value_amount (of the window; exact decimal, currency of the
        report); first_on, last_on (days of the first and last order of all).
        days_since_last is marketing's recency, never the papers' t_x (`purchases.per_customer` has that one).
    """
    seen = windows.visible_days(days, as_of=as_of)
    is_counted = ibis.literal(True)
    if window_days is not None:
        is_counted = windows.is_within(seen.purchased_on, latest_days(as_of, window_days))
    counted = seen.select(
        "customer_id",
        "purchased_on",
        order_count=is_counted.ifelse(seen.order_count, 0).cast("int64"),
        amount=is_counted.ifelse(seen.amount, ibis.literal(0).cast(seen.amount.type())),
    )
    each = counted.group_by("customer_id").aggregate(
        first_on=counted.purchased_on.min(),
        last_on=counted.purchased_on.max(),
        order_count=counted.order_count.sum(),
        value_amount=counted.amount.sum().cast(EXACT),
    )
    return each.select(
        "customer_id",
        windows.days_between(each.last_on, ibis.literal(as_of)).name("days_since_last"),
        "order_count",
        "value_amount",
        "first_on",
        "last_on",
    )


def thresholds(
    measured: ibis.Table,
    *,
    schemes: Mapping[str, Scheme],
    bins: str = "quantile",
    cuts: Mapping[Any, Sequence[float]] | None = None,
) -> pd.DataFrame:
    """Where the scores and the levels of every scheme begin and end, in plain units.

    Parameters
    ----------
    measured
        One row per customer: days_since_last, order_count, value_amount. It is run once, and only aggregates leave the
        engine; keep it in a table where it is dear to compute.
    schemes
        Schemes by name; those that cut by scores share the same five.
    bins
        How the five scores are cut:
        `quantile`: type 7 quantiles at 20, 40, 60 and 80 %; a value on a quantile is in the bin below it.
        `quantile_r`: the rule of R's package rfm: the same quantiles plus one, so money up to 1 above a quantile is
        still below, and another currency can move customers. To compare with R, not to work with.
        `log`: equal steps of the logarithm from the smallest positive value to the largest; zeros are in the bin of the
        smallest.
        `custom`: `cuts` alone.
    cuts
        Four rising numbers for a measure, where the next bin begins; they take the place of `bins` for that measure.

    Returns
    -------
    pandas.DataFrame
        One row per bin: scheme ("scores" are the report's five, for whoever asks for no scheme), measure, score (1 to
        5, the best is 5; or the level from 0), from, to, unit (days, orders, or currency for that of the report). A
        value is in a bin where from <= value < to; an end that is open is missing. A bin with from = to is empty, which
        happens where many customers are equal: they are never parted.
        A `median` or `mean` cut puts a customer who is on it into the better level; where nobody would be in the lower
        one, since so many are equal, it moves to the next better value that somebody has.

    References
    ----------
    Hyndman and Fan (1996), Sample quantiles in statistical packages, The American Statistician 50(4): definition 7.
    """
    own = _own_cuts(bins, cuts or {})
    facts = _facts(measured, shares={*FIFTHS, *_shares(schemes.values())})
    bounds = {measure: own.get(measure) or BINS[bins](facts[measure]) for measure in GRAIN}
    rows = [row for measure in GRAIN for row in _rows(SCORES, measure, bounds[measure], first=1)]
    for name, scheme in schemes.items():
        for short, axis in scheme.axes.items():
            measure = MEASURES[short]
            if axis.cut == SCORES:
                rows += _rows(name, measure, bounds[measure], first=1)
            elif axis.cut != "flag":
                rows += _rows(name, measure, _axis_bounds(axis, facts[measure]), first=0)
    return pd.DataFrame(rows, columns=["scheme", "measure", "score", "from", "to", "unit"])


def scored(measured: ibis.Table, *, schemes: Mapping[str, Scheme], cuts: pd.DataFrame) -> ibis.Table:
    """The customers with their scores and, for every scheme, their segment.

    Parameters
    ----------
    measured
        One row per customer: days_since_last, order_count, value_amount; and is_dormant (true or false) where a scheme
        asks for it, as `lifecycle.stages` gives it.
    schemes
        Schemes by name.
    cuts
        The frame of `thresholds`, of this day or of the day to compare with.

    Returns
    -------
    ibis.Table
        The same rows and columns, and r_score, f_score, m_score (1 to 5, the best is 5), and a text column for each
        scheme, named as it is.
    """
    with_scores = measured.mutate(
        **{column: _level(measured, measure, SCORES, cuts) for measure, column in SCORE_COLUMNS.items()}
    )
    return with_scores.mutate(**{name: _segment(with_scores, name, scheme, cuts) for name, scheme in schemes.items()})


def bin_sizes(cuts: pd.DataFrame, buyers: pd.DataFrame) -> pd.DataFrame:
    """The bins of `thresholds` with the customers in each.

    Parameters
    ----------
    cuts
        As `thresholds` gives it.
    buyers
        One row per customer: days_since_last, order_count, value_amount.

    Returns
    -------
    pandas.DataFrame
        The rows of `cuts`, and customer_count.
    """
    ordered = {name: np.sort(buyers[name].to_numpy(dtype=float)) for name in GRAIN}
    below = {
        bound: [
            np.searchsorted(ordered[measure], outer if np.isnan(value) else value, side="left")
            for measure, value in zip(cuts["measure"], cuts[bound].astype(float), strict=True)
        ]
        for bound, outer in (("from", -np.inf), ("to", np.inf))
    }
    return cuts.assign(customer_count=np.subtract(below["to"], below["from"]).astype(np.int64))


def segment_sizes(scored: ibis.Table, *, schemes: Mapping[str, Scheme]) -> pd.DataFrame:
    """How many customers, orders and how much revenue each segment of each scheme has.

    Parameters
    ----------
    scored
        One row per customer, as `scored` gives it.
    schemes
        The schemes it was scored by.

    Returns
    -------
    pandas.DataFrame
        One row per segment, in the scheme's order, zeros too: scheme, segment, customer_count, customer_share (0 to 1),
        order_count and revenue_amount (of the window of the measures), revenue_share (0 to 1; missing where nothing
        was earned). In every scheme the counts and amounts sum to those of all customers.
    """
    # once by all schemes together: as many rows as combinations occur, whatever the number of customers
    joint = (
        scored.group_by(list(schemes))
        .aggregate(
            customer_count=scored.count(),
            order_count=scored.order_count.sum(),
            revenue_amount=scored.value_amount.sum().cast(EXACT),
        )
        .to_pandas()
    )
    sums = ["customer_count", "order_count", "revenue_amount"]
    parts = []
    for name, scheme in schemes.items():
        sizes = joint.groupby(name)[sums].sum().reindex(scheme.names).fillna(0).rename_axis("segment").reset_index()
        parts.append(sizes.assign(scheme=name, **_shares_of(sizes)))
    columns = "scheme segment customer_count customer_share order_count revenue_amount revenue_share".split()
    if not parts:
        return pd.DataFrame(columns=columns)
    sizes = pd.concat(parts, ignore_index=True)
    return sizes.astype(dict.fromkeys(sums[:2], "int64") | {"revenue_amount": "float64"})[columns]


def score_sizes(scored: ibis.Table) -> pd.DataFrame:
    """How many customers have each score; a score that nobody has is there with 0.

    Returns
    -------
    pandas.DataFrame
        One row per measure and score from 1 to 5: measure, score, customer_count.
    """
    scores = list(SCORE_COLUMNS.values())
    joint = scored.group_by(scores).aggregate(customer_count=scored.count()).to_pandas()
    rows = [
        {"measure": measure, "score": score, "customer_count": int(joint.customer_count[joint[column] == score].sum())}
        for measure, column in SCORE_COLUMNS.items()
        for score in range(1, 6)
    ]
    return pd.DataFrame(rows)


def score_grid(scored: ibis.Table) -> ibis.Table:
    """Customers and their value by the scores of recency and frequency, for the heat map.

    Returns
    -------
    ibis.Table
        One row per pair of scores that somebody has, ascending: r_score, f_score, customer_count, value_amount (sum of
        the window), mean_amount (per customer).
    """
    cells = scored.group_by(["r_score", "f_score"]).aggregate(
        customer_count=scored.count(), value_amount=scored.value_amount.sum().cast(EXACT)
    )
    mean = cells.value_amount.cast("float64") / cells.customer_count.cast("float64")
    return cells.mutate(mean_amount=mean).order_by("r_score", "f_score")


@dataclass(frozen=True)
class _Facts:
    """What a measure's thresholds are made of: a few of its sorted values, exact, and how many lie below each."""

    grain: Fraction
    is_turned: bool
    count: int
    total: Fraction
    steps: tuple[tuple[int, int, Fraction], ...]
    """Customers below, customers up to and including, the value; rising."""

    def at(self, place: int) -> Fraction:
        """The value at a place in the order of all customers, from 0."""
        return next(value for below, upto, value in self.steps if below <= place < upto)

    def quantile(self, share: Fraction) -> Fraction:
        place = (self.count - 1) * share
        low = math.floor(place)
        return self.at(low) + (place - low) * (self.at(min(low + 1, self.count - 1)) - self.at(low))

    def above(self, value: Fraction) -> Fraction:
        """The next value that can be: the bound below which everything up to `value` lies."""
        return (math.floor(value / self.grain) + 1) * self.grain

    def not_below(self, value: Fraction) -> Fraction:
        """The first value that can be, from `value` on."""
        return math.ceil(value / self.grain) * self.grain


def _facts(measured: ibis.Table, *, shares: Iterable[Fraction]) -> dict[str, _Facts]:
    """The facts of each measure, in one query: a row per value that occurs, counted, and of these the few needed."""
    values = ibis.union(
        *(measured.select(measure=ibis.literal(name), value=measured[name].cast(EXACT)) for name in GRAIN)
    )
    steps = values.group_by(["measure", "value"]).aggregate(step_count=values.count(), amount=values.value.sum())
    rising = ibis.cumulative_window(group_by=steps.measure, order_by=steps.value)
    all_steps = ibis.window(group_by=steps.measure)
    steps = steps.mutate(
        upto=steps.step_count.sum().over(rising).cast("int64"),
        step=ibis.row_number().over(group_by=steps.measure, order_by=steps.value),
        people=steps.step_count.sum().over(all_steps).cast("int64"),
        step_total=steps.step_count.count().over(all_steps),
        total=steps.amount.sum().over(all_steps).cast(EXACT),
    )
    steps = steps.mutate(below=steps.upto - steps.step_count)
    # with zero as the smallest value, the second smallest is the smallest positive one
    ends = (steps.step <= 1) | (steps.step >= steps.step_total - 2)
    kept = steps.filter(ends | ibis.or_(*(_holds(steps, share) for share in sorted(shares))))
    rows = kept.order_by("measure", "value").to_pandas()
    return {name: _fact(name, rows[rows["measure"] == name]) for name in GRAIN}


def _holds(steps: ibis.Table, share: Fraction) -> Any:
    """Whether a step holds one of the two customers between whom the quantile lies; in whole numbers."""
    place = ((steps.people - 1) * share.numerator) // share.denominator
    return (steps.below <= place + 1) & (place < steps.upto)


def _fact(name: str, steps: pd.DataFrame) -> _Facts:
    columns = (steps[column].tolist() for column in ("below", "upto", "value"))
    rows = [(int(below), int(upto), Fraction(value)) for below, upto, value in zip(*columns, strict=True)]
    count, total = (int(steps["people"].iloc[0]), Fraction(steps["total"].iloc[0])) if rows else (0, Fraction(0))
    return _Facts(GRAIN[name], name == TURNED, count, total, tuple(rows))


def _quantile_bounds(facts: _Facts, shares: Iterable[Fraction] = FIFTHS) -> list[Fraction]:
    return [facts.above(facts.quantile(share)) for share in shares] if facts.count else []


def _r_bounds(facts: _Facts) -> list[Fraction]:
    return [facts.quantile(share) + 1 for share in FIFTHS] if facts.count else []


def _log_bounds(facts: _Facts) -> list[Fraction]:
    positive = [value for _, _, value in facts.steps if value > 0]
    if not positive or positive[0] == positive[-1]:
        highest = facts.steps[-1][2] if facts.steps else Fraction(0)
        return [facts.above(highest)] * len(FIFTHS)  # nothing to part: all are in one bin
    low, high = float(positive[0]), float(positive[-1])
    # twelve digits, so that a step that ends on a whole number does not miss it by a rounding error
    steps = [f"{low * (high / low) ** float(share):.12g}" for share in FIFTHS]
    return [facts.not_below(Fraction(step)) for step in steps]


BINS: dict[str, Callable[[_Facts], list[Fraction]]] = {
    "quantile": _quantile_bounds,
    "quantile_r": _r_bounds,
    "log": _log_bounds,
}


def _axis_bounds(axis: Axis, facts: _Facts) -> list[Fraction]:
    """Where the levels of a scheme's own axis begin; one bound for two levels."""
    if axis.quantiles:
        return _quantile_bounds(facts, [Fraction(str(share)) for share in axis.quantiles])
    if isinstance(axis.cut, float):
        cut = Fraction(str(axis.cut))
    elif not facts.count:
        return []
    else:
        cut = _moved(facts.quantile(Fraction(1, 2)) if axis.cut == "median" else facts.total / facts.count, facts)
    return [facts.above(cut) if facts.is_turned else facts.not_below(cut)]


def _moved(cut: Fraction, facts: _Facts) -> Fraction:
    """The cut, or the next better value where nobody is worse than the cut."""
    values = [value for _, _, value in facts.steps]
    if len(values) > 1 and facts.is_turned and cut >= values[-1]:
        return values[-2]
    if len(values) > 1 and not facts.is_turned and cut <= values[0]:
        return values[1]
    return cut


def _shares(schemes: Iterable[Scheme]) -> set[Fraction]:
    """The quantiles that the schemes' own axes ask for."""
    axes = [axis for scheme in schemes for axis in scheme.axes.values()]
    medians = {Fraction(1, 2) for axis in axes if axis.cut == "median"}
    return medians | {Fraction(str(share)) for axis in axes for share in axis.quantiles}


def _own_cuts(bins: str, cuts: Mapping[str, Sequence[float]]) -> dict[str, list[Fraction]]:
    problems = [
        f"`rfm_cuts`: {name!r} is no measure; there are {', '.join(GRAIN)}" for name in cuts if name not in GRAIN
    ]
    if bins not in (*BINS, "custom"):
        problems.append(f"`rfm_bins` must be one of {', '.join(BINS)}, custom; found {bins!r}")
    if bins == "custom":
        problems += [
            f"`rfm_cuts.{name}` is missing: custom bins need four numbers" for name in GRAIN if name not in cuts
        ]
    problems += [
        f"`rfm_cuts.{name}` must be four rising numbers, found {list(numbers)}"
        for name, numbers in cuts.items()
        if len(numbers) != len(FIFTHS) or list(numbers) != sorted(set(numbers)) or not all(map(math.isfinite, numbers))
    ]
    if problems:
        raise ParamsError(message("the bins of the scores must be stated whole", problems))
    return {name: [Fraction(str(number)) for number in numbers] for name, numbers in cuts.items()}


def _rows(scheme: str, measure: str, bounds: list[Fraction], *, first: int) -> list[dict[str, Any]]:
    """The bins between the bounds, the lowest score first; `first` is that score."""
    ends = [math.nan, *map(_float, bounds), math.nan]
    bins = list(pairwise(ends))
    turned = bins[::-1] if measure == TURNED else bins
    return [
        {"scheme": scheme, "measure": measure, "score": score, "from": low, "to": high, "unit": UNITS[measure]}
        for score, (low, high) in enumerate(turned, start=first)
    ]


def _float(exact: Fraction) -> float:
    """The nearest float that is not written as less: a bound must not slip below the value that it stands above."""
    near = float(exact)
    return near if Fraction(repr(near)) >= exact else math.nextafter(near, math.inf)


def _level(measured: ibis.Table, measure: str, scheme: str, cuts: pd.DataFrame) -> Any:
    """The score, or the level of a scheme's own axis, that a customer's value falls in."""
    bins = cuts[(cuts["scheme"] == scheme) & (cuts["measure"] == measure)].sort_values("score")
    if bins.empty:
        raise ValueError(f"`cuts` must hold the bins of {measure} for {scheme!r}: make them with its scheme")
    bins = bins[::-1] if measure == TURNED else bins
    scores = [int(score) for score in bins["score"]]
    value = measured[measure]
    branches = [
        (value < _bound(value, end), ibis.literal(score, type="int64"))
        for end, score in zip(bins["to"][:-1], scores, strict=False)
    ]
    last = ibis.literal(scores[-1], type="int64")
    return ibis.cases(*branches, else_=last) if branches else last


def _bound(value: Any, end: float) -> Any:
    """A bound as a literal of the measure's own kind: below it is below the first value that can be from it on."""
    exact = Fraction(repr(float(end)))
    if value.type().is_decimal():
        return ibis.literal(Decimal(math.ceil(exact * 10_000)).scaleb(-4), type=EXACT)
    return ibis.literal(math.ceil(exact), type="int64")


def _segment(scored: ibis.Table, name: str, scheme: Scheme, cuts: pd.DataFrame) -> Any:
    """The segment of each customer: the place of their cell in the scheme's grid, looked up in a list of names."""
    place = ibis.literal(0, type="int64")
    for short, axis in scheme.axes.items():
        levels = axis.levels
        place = place * len(levels) + _axis_level(scored, short, axis, name, cuts) - levels[0]
    # a list names the place once; a CASE would repeat its whole expression for every segment
    return ibis.array(list(scheme.cells().values()))[place.cast("int32")]  # Spark takes no longer number here


def _axis_level(scored: ibis.Table, short: str, axis: Axis, scheme: str, cuts: pd.DataFrame) -> Any:
    measure = MEASURES[short]
    if axis.cut == SCORES:
        return scored[SCORE_COLUMNS[measure]]
    if axis.cut == "flag":
        if measure not in scored.columns:
            raise ValueError(f"`measured` must have the column {measure}, which scheme {scheme!r} asks for")
        return scored[measure].ifelse(1, 0).cast("int64")
    return _level(scored, measure, scheme, cuts)


def _shares_of(sizes: pd.DataFrame) -> dict[str, pd.Series]:
    """Each segment's share of all customers and of all revenue."""

    def share(column: str) -> pd.Series:
        parts = sizes[column].astype(float)
        return parts / parts.sum() if parts.sum() else parts * math.nan

    return {"customer_share": share("customer_count"), "revenue_share": share("revenue_amount")}
