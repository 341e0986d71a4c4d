"""Lifecycle stages: where each customer stands on a day, by the chance that they come back, given their own rhythm.

Nobody is judged by one window for all. How a customer's pauses usually are, shrunk towards everybody's as far as their
own are few, and how often they bought make their class of rhythm; how pauses of that class end, those that are still
open among them, makes the chance that this one ends within a stated horizon (`comeback`). Slipping and lapsed are cuts
of that chance. A purchase is a day with an order, a pause the days between two of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import log, pi
from typing import Any

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa

from helpers.days import Window
from helpers.features import comeback, joins, windows
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
PLACE = "place"
"""Of a day among several that are told of at once."""
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
    buyers = _staged(_classed(_known_pauses(days, as_of=as_of), [], count=1), [rule], by=[])
    return buyers if customers is None else buyers.union(prospects(customers, buyers, as_of=as_of))


def prospects(customers: ibis.Table | None, buyers: ibis.Table, *, as_of: date) -> ibis.Table:
    """Customers without an order by the end of a day, as `stages` gives them; nobody where no customers are known.

    Parameters
    ----------
    customers
        As in `stages`.
    buyers
        One row per customer with an order, with the columns of `stages`.
    as_of
        The day; customers first seen later are invisible.

    Returns
    -------
    ibis.Table
        One row per prospect, in no order, with the columns of `stages`.
    """
    if customers is None:
        return buyers.limit(0)
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


def stages_of_days(days: ibis.Table, *, moments: Sequence[tuple[date, Rule]]) -> list[pd.DataFrame]:
    """What `stages` tells on each of several days by a rule each, in one go: a frame for each, by customer_id.

    Parameters
    ----------
    days
        As in `stages`.
    moments
        The days, which may come several times, and what decides a stage on each.
    """
    told = fetch(staged(days, moments=moments).order_by(PLACE, "customer_id"))
    return [told[told[PLACE] == place].drop(columns=PLACE).reset_index(drop=True) for place in range(len(moments))]


def staged(days: ibis.Table, *, moments: Sequence[tuple[date, Rule]]) -> ibis.Table:
    """The rows of `stages` on each of several days, with `place`: that of the day among the moments, from 0.

    What a pause was like does not depend on the day that is spoken of, so pauses are made once for all days.
    """
    days_of = [day for day, _ in moments]
    pauses = _pauses(days, as_of=max(days_of)).cache()
    on = ibis.memtable(pa.table({PLACE: pa.array(range(len(moments)), pa.int64()), "on": pa.array(days_of)}))
    every = _seen(pauses.join(on, pauses.purchased_on <= on.on), None)
    rules = [rule for _, rule in moments]
    return _staged(_classed(every, [PLACE], count=len(rules)), rules, by=[PLACE])


def _known_pauses(days: ibis.Table, *, as_of: date) -> ibis.Table:
    return _seen(_pauses(days, as_of=as_of), as_of).cache()


def _staged(every: ibis.Table, rules: Sequence[Rule], *, by: list[str]) -> ibis.Table:
    """One row per customer with an order, of each place where several are told apart `by` it."""
    counts = fetch(_counted(every, by))
    places = counts[PLACE] if by else pd.Series(0, counts.index)
    curves = {int(place): comeback.learn(own) for place, own in counts.groupby(places)}
    own = _with_limits(every.filter(every.is_open), curves, rules=rules, by=by)
    away = own.days_since_last
    is_dormant = (away > own.limit_days).fill_null(False)
    was_dormant = (own.latest_gap_days > own.limit_then).fill_null(False)
    stage = ibis.cases(
        (is_dormant, "lapsed"),
        (away > own.slipping_days, "slipping"),
        (was_dormant, "returned"),
        (own.purchase_count == 1, "new"),
        (own.purchase_count >= own.loyal_purchase_count, "loyal"),
        else_="repeat",
    )
    told = own.select(
        *by,
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
    )
    return told.relocate("stage", "is_dormant", after="customer_id")


def comebacks(days: ibis.Table, *, made_on: Sequence[date], rule: Rule) -> ibis.Table:
    """What the customers of each stage of earlier days did next: how many came back within the horizon.

    Parameters
    ----------
    days
        One row per customer and day with an order, as `purchases.purchase_days` gives them, to the end of the horizon.
    made_on
        The earlier days: stages are those that each would have told, without any later day.
    rule
        What decides a stage.

    Returns
    -------
    ibis.Table
        One row per day, stage, and whether its customers had bought once, in no order: on (the day); stage; is_once;
        customer_count; back_count (bought on one of the `comeback_days` days after it); expected_count (the sum of
        their chances; missing where there are none).
    """
    horizon = timedelta(days=rule.comeback_days)
    ahead = [Window(on + timedelta(days=1), on + horizon) for on in made_on]
    later = windows.within_each(days, ahead, column="purchased_on").select(PLACE, "customer_id").distinct()
    then = staged(days, moments=[(on, rule) for on in made_on])
    known = joins.beside(then, later.mutate(is_back=ibis.literal(1)), PLACE, "customer_id")
    chance = _rounded(known.comeback_share * float(MILLION))
    by_stage = known.group_by(known[PLACE], known.stage, is_once=known.purchase_count == 1)
    counted = by_stage.aggregate(
        customer_count=known.count(), back_count=known.is_back.sum().fill_null(0), millionths=chance.sum()
    )
    on = ibis.cases(*((counted[PLACE] == place, ibis.literal(on)) for place, on in enumerate(made_on)))
    expected = _double(counted.millionths) / float(MILLION)
    return counted.mutate(on=on, expected_count=expected).drop(PLACE, "millionths").relocate("on")


def _classed(every: ibis.Table, by: list[str], *, count: int) -> ibis.Table:
    """With everybody's rhythm of the place, and the class of rhythm that each pause has on its first day."""
    rhythms = fetch(_rhythm(every.filter(every.is_open), by))
    known = rhythms.set_index(rhythms[PLACE].astype(int) if by else rhythms.index).reindex(range(count))
    known = known[["mean_logarithm", "within_variance", "between_variance"]].astype(float)
    # where nobody has paused nothing is known
    mean, within, between = known.where(np.isfinite(known), 0.0).to_numpy().T
    within = np.where(within == 0, 1.0, within)
    terms = {"known_weight": between / SCALE, "prior": within * mean, "between": between, "within": within}
    if by:
        every = every.join(ibis.memtable(pa.table({PLACE: np.arange(count)} | terms)), PLACE)
    else:
        every = every.mutate(**{name: _literal(float(one[0])) for name, one in terms.items()})
    return every.mutate(rhythm_class=_class(every, every.pause_count, every.log_sum))


def _counted(every: ibis.Table, by: list[str]) -> ibis.Table:
    """One row per class of rhythm, length and end of a pause that occur: what the curves are learned from.

    Every purchase begins a pause: the counts sum to the purchase days of all, those of open pauses to the customers.
    """
    grouped = every.group_by(*by, "rhythm_class", "pause_days", "is_open")
    return grouped.aggregate(pause_count=every.count())


def _with_limits(
    last: ibis.Table, curves: dict[int, comeback.Curves], *, rules: Sequence[Rule], by: list[str]
) -> ibis.Table:
    """One row per customer with an order: their history, their chance, and how long they may stay away."""
    # during the latest pause they had one pause less
    then = _class(last, last.pause_count - 1, last.log_sum - last.logarithm)
    own = last.select(
        *by,
        "customer_id",
        "rhythm_class",
        purchase_count=last.pause_count + 1,
        days_since_last=last.pause_days,
        latest_gap_days=last.gap_days,
        last_on=last.purchased_on,
        usual_gap_days=_shrunk(last, last.pause_count, last.log_sum).exp(),
        class_then=(last.pause_count > 0).ifelse(then, ibis.null("int64")),
    ).cache()  # read twice below: a row per customer
    limits = pd.concat([_limits(curves[place], place, rules[place]) for place in curves] or [_NO_LIMITS])
    values = ("slipping_days", "limit_days", "loyal_purchase_count")
    own = joins.beside(own, _table(limits, values, keys=[*by, "rhythm_class"]), *by, "rhythm_class")
    limits_then = limits.rename(columns={"rhythm_class": "class_then", "limit_days": "limit_then"})
    own = joins.beside(own, _table(limits_then, ("limit_then",), keys=[*by, "class_then"]), *by, "class_then")
    keys = [*by, "rhythm_class", "days_since_last"]
    occurring = fetch(own.select(keys).distinct())
    chance = _chances(occurring, curves, rules)
    own = joins.beside(own, _table(occurring.assign(comeback_share=chance), ("comeback_share",), keys=keys), *keys)
    # a null number of days cannot be turned into an interval on every engine
    due_on = (own.last_on + own.limit_days.fill_null(0).as_interval("D")).cast("date")
    due_on = own.limit_days.isnull().ifelse(ibis.null("date"), due_on)
    usual = own.comeback_share.isnull().ifelse(ibis.null("float64"), own.usual_gap_days)
    return own.mutate(due_on=due_on, usual_gap_days=usual)


_NO_LIMITS = pd.DataFrame(columns=[PLACE, "rhythm_class", "slipping_days", "limit_days", "loyal_purchase_count"])


def _limits(curves: comeback.Curves, place: int, rule: Rule) -> pd.DataFrame:
    cuts = {"slipping_share": rule.slipping_share, "lapsed_share": rule.lapsed_share}
    limits = comeback.limits(curves, horizon_days=rule.comeback_days, **cuts)
    return limits.assign(**{PLACE: place}, loyal_purchase_count=rule.loyal_purchase_count)


def _chances(occurring: pd.DataFrame, curves: dict[int, comeback.Curves], rules: Sequence[Rule]) -> pd.Series:
    """The chance of each class and days away that occur, each place by its own curves."""
    places = occurring[PLACE] if PLACE in occurring else pd.Series(0, occurring.index)
    chance = pd.Series(np.nan, occurring.index)
    for place, own in occurring.groupby(places):
        ahead = {"horizon_days": rules[place].comeback_days}
        chance[own.index] = comeback.chances(curves[place], own["rhythm_class"], own["days_since_last"], **ahead)
    return chance


def _table(frame: pd.DataFrame, values: tuple[str, ...], *, keys: list[str]) -> ibis.Table:
    """A small frame where the orders live, keyed by whole numbers; what is missing is null."""
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
    return gaps.mutate(
        pause_count=ibis.row_number().over(group_by=gaps.customer_id, order_by=gaps.purchased_on).cast("int64"),
        log_sum=gaps.logarithm.sum().over(upto).cast("int64"),
        square_sum=(gaps.logarithm * gaps.logarithm).sum().over(upto).cast("int64"),
    )


def _seen(pauses: ibis.Table, as_of: date | None) -> ibis.Table:
    """Pauses as they stand on a day, or each on its own `on`: how long they have lasted, and whether they are open."""
    on = pauses.on if as_of is None else ibis.literal(as_of)
    is_open = pauses.later_on.isnull() | (pauses.later_on > on)
    end = is_open.ifelse(on, pauses.later_on)
    return pauses.mutate(pause_days=windows.days_between(pauses.purchased_on, end).cast("int64"), is_open=is_open)


def _rhythm(histories: ibis.Table, by: list[str]) -> ibis.Table:
    paused = histories.filter(histories.pause_count > 0)
    mean = _rounded(_double(paused.log_sum) / _double(paused.pause_count))
    around = paused.square_sum - _rounded(
        _double(paused.log_sum) * _double(paused.log_sum) / _double(paused.pause_count)
    )
    sums = paused.aggregate(
        by=by,
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
        *by,
        "customer_count",
        "pause_count",
        usual_gap_days=(means / count.nullif(0.0)).exp(),
        mean_logarithm=means / count.nullif(0.0),
        within_variance=within_variance,
        between_variance=(between_variance < 0.0).ifelse(0.0, between_variance),
    )


def _class(rows: ibis.Table, pause_count: Any, log_sum: Any) -> Any:
    """The class of rhythm of a customer with so many pauses, of this sum of logarithms; 0 with none.

    A row of `rows` holds everybody's rhythm of its place, as `_classed` adds it.
    """
    purchases = ibis.cases(
        *((pause_count < start, place) for place, start in enumerate(PAUSE_COUNTS)), else_=len(PAUSE_COUNTS)
    )
    gap = _rounded(_shrunk(rows, pause_count, log_sum) * _literal(comeback.GAP_CLASSES_PER_DOUBLING / log(2)))
    highest = comeback.HIGHEST_GAP_CLASS
    gap = ibis.cases((gap < 0, 0), (gap > highest, highest), else_=gap)
    return (pause_count < 1).ifelse(0, purchases * comeback.PURCHASE_CLASS + gap).cast("int64")


def _shrunk(rows: ibis.Table, pause_count: Any, log_sum: Any) -> Any:
    """The mean logarithm of a customer's pauses, shrunk towards everybody's."""
    # not below none: one pause less than none would divide by nothing somewhere
    count = _double((pause_count < 0).ifelse(0, pause_count))
    return (_double(log_sum) * rows.known_weight + rows.prior) / (count * rows.between + rows.within)


def _literal(number: float) -> Any:
    # Spark reads a bare literal as a decimal
    return ibis.literal(number, type="float64")


def _logarithm(days: Any) -> Any:
    return _rounded(_double(days).ln() * float(SCALE))


def _rounded(number: Any) -> Any:
    """The nearest whole number, of two the one further from zero: engines round a half each in its own way."""
    size = (number.abs() + 0.5).floor().cast("int64")
    return (number < 0).ifelse(-size, size)


def _double(number: Any) -> Any:
    return number.cast("float64")
