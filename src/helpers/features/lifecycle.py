"""Lifecycle stages: where each customer stands on a day, by the chance that they come back, given their own rhythm.

Nobody is judged by one window for all. How a customer's pauses usually are, shrunk towards everybody's as far as their
own are few, and how often they bought make their class of rhythm; how pauses of that class end, those that are still
open among them, makes the chance that this one ends within a stated horizon (`comeback`). Slipping and lapsed are cuts
of that chance. A purchase is a day with an order, a pause the days between two of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from math import isfinite, log, pi
from typing import Any

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa

from helpers.days import Window
from helpers.features import comeback, windows
from helpers.features.frames import fetch

PRIOR_COUNT = 10
"""How many pauses, and customers, the two spreads below weigh: enough to steady a handful of data, nothing beside more.
"""
PRIOR_WITHIN, PRIOR_BETWEEN = pi**2 / 6, 1.0
"""Variance of the logarithm of a customer's pauses (purchases at random), and of customers' means, before any data."""
STAGES = ("prospect", "new", "repeat", "loyal", "returned", "slipping", "lapsed")
"""In the order of a customer's life."""
SCALE = 1000
"""Logarithms are summed as whole thousandths: integers, whose sums no order of rows and no engine can change."""
PAUSE_COUNTS = (1, 2, 4, 8, 16)
"""Past pauses from which on a customer is in the next class of past purchases."""
MILLION = 10**6
"""Chances are summed as whole millionths, for the same reason."""


@dataclass(frozen=True)
class Rule:
    """What decides a stage.

    Parameters
    ----------
    comeback_days
        The horizon: a customer comes back who buys within so many days from the day that is spoken of, 1 or more.
    slipping_share
        A customer is slipping whose chance to come back is, and stays, at most this part of what it is at its highest
        after a purchase of a customer of their rhythm (0 to 1).
    lapsed_share
        ... and has lapsed if it is also at most this (0 to 1).
    loyal_purchase_count
        Purchase days from which an active customer is loyal: 3 or more.
    """

    comeback_days: int
    slipping_share: float
    lapsed_share: float
    loyal_purchase_count: int

    def __post_init__(self) -> None:
        if not (0 < self.slipping_share < 1 and 0 < self.lapsed_share < 1):
            raise ValueError(
                "slipping_share and lapsed_share must lie between 0 and 1, "
                f"found {self.slipping_share} and {self.lapsed_share}"
            )
        if self.comeback_days < 1:
            raise ValueError(f"comeback_days must be 1 or more, found {self.comeback_days}")
        if self.loyal_purchase_count < 3:
            raise ValueError(f"loyal_purchase_count must be 3 or more, found {self.loyal_purchase_count}")


def stages(days: ibis.Table, customers: ibis.Table | None = None, *, as_of: date, rule: Rule) -> ibis.Table:
    """The stage of every customer at the end of `as_of`.

    Parameters
    ----------
    days
        One row per customer and day with an order, as `purchases.purchase_days` gives them: customer_id, purchased_on.
        All of them, not those of a window: rhythm needs the whole past.
    customers
        One row per customer: customer_id and, where delivered, first_seen_on. Those without an order are prospects;
        None where no such table was delivered, and then there are none.
    as_of
        The day the report speaks from; later days, and customers first seen later, are invisible. Where the data end
        long before it, take `helpers.days.watched_until`: days of which nothing was delivered are no absence.
    rule
        The horizon, the cuts of the chance at which a customer is slipping and lapsed, and what loyal means.

    Returns
    -------
    ibis.Table
        One row per customer, in no order: customer_id; stage; is_dormant (lapsed); purchase_count (days with an order;
        0 for prospects); days_since_last; usual_gap_days (what their pauses are typically: e to the mean logarithm);
        comeback_share (the chance to buy within `comeback_days` from `as_of`, 0 to 1); slipping_days and limit_days
        (whole days: the last on which they are not yet slipping, and not yet lapsed; missing where that is ten years
        away or more); due_on (last purchase plus limit_days: the last day on which they have not lapsed); was_dormant
        (their latest pause was longer than the limit they had in it). The days are missing for prospects, the chance
        and the limits for everybody where no customer has bought on two days; then nobody is slipping or lapsed.

    Notes
    -----
    The stages, the first that holds:

    - prospect: no order by the end of `as_of`.
    - lapsed: days_since_last > limit_days.
    - slipping: days_since_last > slipping_days.
    - returned: the latest pause was longer than limit_days of the class they were in during it, by the pauses before
      that one (curves of all customers as of today). The next purchase within the limit ends it.
    - new: bought on one day.
    - loyal: bought on `loyal_purchase_count` days or more.
    - repeat: bought on fewer.

    The class of rhythm: past purchases in six classes (those who bought once are one of them, and the only one of
    theirs) by the usual gap in half doublings of days. The usual gap: logarithms of pauses vary around a customer's
    mean with variance s2, customers' means around everybody's with variance t2, both estimated from the data by
    moments. A customer with k pauses of mean m is given the mean (s2 everybody + k t2 m) / (s2 + k t2).

    Chances are estimates from the past of all customers; they know nothing of a season or of a change of all. What
    those who were called lapsed did next, `comebacks` tells.

    References
    ----------
    Morris (1983), Parametric empirical Bayes inference, JASA 78(381), 47-55 (shrinkage); the curves are those of
    `comeback.learn`.
    """
    rhythm, every = _known_pauses(days, as_of=as_of)
    curves = comeback.learn(fetch(_counted(every)))
    own = _with_limits(every.filter(every.is_open), curves, rhythm=rhythm, rule=rule)
    away = own.days_since_last
    is_dormant = (away > own.limit_days).fill_null(False)
    was_dormant = (own.latest_gap_days > own.limit_then).fill_null(False)
    stage = ibis.cases(
        (is_dormant, "lapsed"),
        (away > own.slipping_days, "slipping"),
        (was_dormant, "returned"),
        (own.purchase_count == 1, "new"),
        (own.purchase_count >= rule.loyal_purchase_count, "loyal"),
        else_="repeat",
    )
    buyers = own.select(
        "customer_id",
        "purchase_count",
        "days_since_last",
        "usual_gap_days",
        "comeback_share",
        "slipping_days",
        "limit_days",
        "due_on",
        stage=stage,
        is_dormant=is_dormant,
        was_dormant=was_dormant,
    ).relocate("stage", "is_dormant", after="customer_id")
    return buyers if customers is None else buyers.union(_prospects(customers, buyers, as_of=as_of))


def comebacks(days: ibis.Table, *, as_of: date, rule: Rule) -> ibis.Table:
    """What the customers of each stage of an earlier day did next: how many came back within the horizon.

    Parameters
    ----------
    days
        One row per customer and day with an order, as `purchases.purchase_days` gives them, to the end of the horizon.
    as_of
        The earlier day: stages are those that it would have told, without any later day.
    rule
        What decides a stage.

    Returns
    -------
    ibis.Table
        One row per stage, and whether its customers had bought once, in no order: stage; is_once; customer_count;
        back_count (bought on one of the `comeback_days` days after `as_of`); expected_count (the sum of their chances;
        missing where there are none).
    """
    then = stages(days, as_of=as_of, rule=rule)
    ahead = Window(as_of + timedelta(days=1), as_of + timedelta(days=rule.comeback_days))
    later = windows.within(days, ahead, column="purchased_on").select("customer_id").distinct()
    known = then.left_join(later.mutate(is_back=ibis.literal(1)), "customer_id")
    chance = _rounded(known.comeback_share * float(MILLION))
    by_stage = known.group_by(known.stage, is_once=known.purchase_count == 1)
    counted = by_stage.aggregate(
        customer_count=known.count(), back_count=known.is_back.sum().fill_null(0), millionths=chance.sum()
    )
    return counted.mutate(expected_count=_double(counted.millionths) / float(MILLION)).drop("millionths")


def _known_pauses(days: ibis.Table, *, as_of: date) -> tuple[_Rhythm, ibis.Table]:
    """Everybody's rhythm, and one row per purchase day: the pause that it begins, with the class it has that day."""
    every = _pauses(days, as_of=as_of).cache()
    row = fetch(_rhythm(every.filter(every.is_open))).iloc[0]
    known = [float(row[name]) for name in ("mean_logarithm", "within_variance", "between_variance")]
    rhythm = _Rhythm(*(value if isfinite(value) else 0.0 for value in known))
    return rhythm, every.mutate(rhythm_class=_class(every.pause_count, every.log_sum, rhythm))


@dataclass(frozen=True)
class _Rhythm:
    """Everybody's mean logarithm of pauses, and its two variances; zeros where nobody has paused."""

    mean_logarithm: float
    within_variance: float
    between_variance: float


def _counted(every: ibis.Table) -> ibis.Table:
    """One row per class of rhythm, length and end of a pause that occur: what the curves are learned from.

    Every purchase begins a pause: the counts sum to the purchase days of all, those of open pauses to the customers.
    """
    grouped = every.group_by("rhythm_class", "pause_days", "is_open")
    return grouped.aggregate(pause_count=every.count())


def _with_limits(last: ibis.Table, curves: comeback.Curves, *, rhythm: _Rhythm, rule: Rule) -> ibis.Table:
    """One row per customer with an order: their history, their chance, and how long they may stay away."""
    # during the latest pause they had one pause less
    then = _class(last.pause_count - 1, last.log_sum - last.logarithm, rhythm)
    own = last.select(
        "customer_id",
        "rhythm_class",
        purchase_count=last.pause_count + 1,
        days_since_last=last.pause_days,
        latest_gap_days=last.gap_days,
        last_on=last.purchased_on,
        usual_gap_days=_shrunk(last.pause_count, last.log_sum, rhythm).exp(),
        class_then=(last.pause_count > 0).ifelse(then, ibis.null("int64")),
    ).cache()  # read twice below: a row per customer
    cuts = {"slipping_share": rule.slipping_share, "lapsed_share": rule.lapsed_share}
    limits = comeback.limits(curves, horizon_days=rule.comeback_days, **cuts)
    own = own.left_join(_table(limits, ("slipping_days", "limit_days")), "rhythm_class").drop("rhythm_class_right")
    limits_then = limits.rename(columns={"rhythm_class": "class_then", "limit_days": "limit_then"})
    own = own.left_join(_table(limits_then, ("limit_then",)), "class_then").drop("class_then_right")
    keys = ["rhythm_class", "days_since_last"]
    occurring = fetch(own.select(keys).distinct())
    chance = comeback.chances(curves, *(occurring[key] for key in keys), horizon_days=rule.comeback_days)
    own = own.left_join(_table(occurring.assign(comeback_share=chance), ("comeback_share",)), keys)
    # a null number of days cannot be turned into an interval on every engine
    due_on = (own.last_on + own.limit_days.fill_null(0).as_interval("D")).cast("date")
    due_on = own.limit_days.isnull().ifelse(ibis.null("date"), due_on)
    usual = own.comeback_share.isnull().ifelse(ibis.null("float64"), own.usual_gap_days)
    return own.mutate(due_on=due_on, usual_gap_days=usual)


def _table(frame: pd.DataFrame, values: tuple[str, ...]) -> ibis.Table:
    """A small frame where the orders live, keyed by the whole numbers that are in it; what is missing is null."""
    keys = [name for name in ("rhythm_class", "class_then", "days_since_last") if name in frame.columns]
    columns = {name: pa.array(frame[name].to_numpy(dtype=np.int64)) for name in keys}
    for name in values:
        kind = pa.float64() if name.endswith("_share") else pa.int64()
        columns[name] = pa.array(frame[name].astype(float), from_pandas=True).cast(kind)
    return ibis.memtable(pa.table(columns))


def _pauses(days: ibis.Table, *, as_of: date) -> ibis.Table:
    """One row per purchase day: the pause that it begins, and the sums of the customer's pauses before it."""
    seen = windows.visible_days(days, as_of=as_of).select("customer_id", "purchased_on")
    own = {"group_by": seen.customer_id, "order_by": seen.purchased_on}
    ends = seen.mutate(earlier_on=seen.purchased_on.lag().over(**own), later_on=seen.purchased_on.lead().over(**own))
    gap_days = windows.days_between(ends.earlier_on, ends.purchased_on)
    gaps = ends.mutate(gap_days=gap_days, logarithm=_logarithm(gap_days).fill_null(0))
    upto = ibis.cumulative_window(group_by=gaps.customer_id, order_by=gaps.purchased_on)
    end = gaps.later_on.fill_null(ibis.literal(as_of))
    return gaps.mutate(
        pause_count=ibis.row_number().over(group_by=gaps.customer_id, order_by=gaps.purchased_on).cast("int64"),
        log_sum=gaps.logarithm.sum().over(upto).cast("int64"),
        square_sum=(gaps.logarithm * gaps.logarithm).sum().over(upto).cast("int64"),
        pause_days=windows.days_between(gaps.purchased_on, end).cast("int64"),
        is_open=gaps.later_on.isnull(),
    )


def _rhythm(histories: ibis.Table) -> ibis.Table:
    paused = histories.filter(histories.pause_count > 0)
    mean = _rounded(_double(paused.log_sum) / _double(paused.pause_count))
    around = paused.square_sum - _rounded(
        _double(paused.log_sum) * _double(paused.log_sum) / _double(paused.pause_count)
    )
    sums = paused.aggregate(
        customer_count=paused.count(),
        pause_count=paused.pause_count.sum().fill_null(0),
        within=around.sum(),
        means=mean.sum(),
        squared_means=(mean * mean).sum(),
        inverses=_rounded(SCALE**2 / _double(paused.pause_count)).sum(),
    )
    count = _double(sums.customer_count)
    within, squared_means, inverses = (
        _double(each) / float(SCALE**2) for each in (sums.within, sums.squared_means, sums.inverses)
    )
    means = _double(sums.means) / float(SCALE)
    freedom = _double(sums.pause_count) - count
    within_variance = (within + PRIOR_COUNT * PRIOR_WITHIN) / (freedom + float(PRIOR_COUNT))
    between = squared_means - means * means / count.nullif(0.0)
    noise = within_variance * inverses * (count - 1.0) / count.nullif(0.0)
    between_variance = (between - noise + PRIOR_COUNT * PRIOR_BETWEEN) / (count - 1.0 + float(PRIOR_COUNT))
    return sums.select(
        "customer_count",
        "pause_count",
        usual_gap_days=(means / count.nullif(0.0)).exp(),
        mean_logarithm=means / count.nullif(0.0),
        within_variance=within_variance,
        between_variance=(between_variance < 0.0).ifelse(0.0, between_variance),
    )


def _class(pause_count: Any, log_sum: Any, rhythm: _Rhythm) -> Any:
    """The class of rhythm of a customer with so many pauses, of this sum of logarithms; 0 with none."""
    purchases = ibis.cases(
        *((pause_count < start, place) for place, start in enumerate(PAUSE_COUNTS)), else_=len(PAUSE_COUNTS)
    )
    gap = _rounded(_shrunk(pause_count, log_sum, rhythm) * _literal(comeback.GAP_CLASSES_PER_DOUBLING / log(2)))
    highest = comeback.HIGHEST_GAP_CLASS
    gap = ibis.cases((gap < 0, 0), (gap > highest, highest), else_=gap)
    return (pause_count < 1).ifelse(0, purchases * comeback.PURCHASE_CLASS + gap).cast("int64")


def _shrunk(pause_count: Any, log_sum: Any, rhythm: _Rhythm) -> Any:
    """The mean logarithm of a customer's pauses, shrunk towards everybody's."""
    within, between = rhythm.within_variance or 1.0, rhythm.between_variance
    # not below none: one pause less than none would divide by nothing somewhere
    count = _double((pause_count < 0).ifelse(0, pause_count))
    known = _double(log_sum) * _literal(between / SCALE)
    return (known + _literal(within * rhythm.mean_logarithm)) / (count * _literal(between) + _literal(within))


def _literal(number: float) -> Any:
    # Spark reads a bare literal as a decimal
    return ibis.literal(number, type="float64")


def _logarithm(days: Any) -> Any:
    return _rounded(_double(days).ln() * float(SCALE))


def _prospects(customers: ibis.Table, buyers: ibis.Table, *, as_of: date) -> ibis.Table:
    known = customers
    if "first_seen_on" in known.columns:
        known = known.filter(known.first_seen_on.isnull() | (known.first_seen_on <= ibis.literal(as_of)))
    others = known.select("customer_id").distinct().anti_join(buyers, "customer_id")
    known_of_prospects = {"stage": "prospect", "is_dormant": False, "purchase_count": 0, "was_dormant": False}
    return others.select(
        "customer_id",
        **{
            name: ibis.literal(known_of_prospects.get(name), type=kind)
            for name, kind in buyers.schema().items()
            if name != "customer_id"
        },
    )


def _rounded(number: Any) -> Any:
    """The nearest whole number, of two the one further from zero: engines round a half each in its own way."""
    size = (number.abs() + 0.5).floor().cast("int64")
    return (number < 0).ifelse(-size, size)


def _double(number: Any) -> Any:
    return number.cast("float64")
