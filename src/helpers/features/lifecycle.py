"""Lifecycle stages: where each customer stands on a day, judged by their own rhythm of buying.

Nobody is judged by one window for all. A customer has lapsed when they have stayed away longer than nearly all of the
pauses that they themselves make; how long these are is learned from their own pauses, shrunk towards everybody's as far
as their own are few. A purchase is a day with an order, a pause the days between two of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from math import log, pi, sqrt
from typing import Any

import ibis

from helpers.features import windows

PRIOR_COUNT = 10
"""How many pauses, and customers, the two spreads below weigh: enough to steady a handful of data, nothing beside more.
"""
PRIOR_WITHIN, PRIOR_BETWEEN = pi**2 / 6, 1.0
"""Variance of the logarithm of a customer's pauses (purchases at random), and of customers' means, before any data."""
EULER = 0.5772156649015329
STAGES = ("prospect", "new", "repeat", "loyal", "returned", "slipping", "lapsed")
"""In the order of a customer's life."""
SCALE = 1000
"""Logarithms are summed as whole thousandths: integers, whose sums no order of rows and no engine can change."""


@dataclass(frozen=True)
class Rule:
    """What decides a stage.

    Parameters
    ----------
    slipping_share
        A customer is slipping who stays away longer than this share of their own pauses last (0 to 1).
    dormancy_share
        ... and has lapsed beyond this share, the larger of the two.
    loyal_purchase_count
        Purchase days from which an active customer is loyal: 3 or more.
    """

    slipping_share: float
    dormancy_share: float
    loyal_purchase_count: int

    def __post_init__(self) -> None:
        if not 0 < self.slipping_share < self.dormancy_share < 1:
            raise ValueError(
                "slipping_share and dormancy_share must rise between 0 and 1, "
                f"found {self.slipping_share} and {self.dormancy_share}"
            )
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
        The shares of pauses at which a customer is slipping and lapsed, and what loyal means.

    Returns
    -------
    ibis.Table
        One row per customer, in no order: customer_id; stage; is_dormant (lapsed); purchase_count (days with an order;
        0 for prospects); days_since_last; usual_gap_days (what their pauses are typically: e to the mean logarithm);
        slipping_days and limit_days (whole days: the last on which they are not yet slipping, and not yet lapsed);
        due_on (last purchase plus limit_days: the last day on which they are not lapsed); was_dormant (their latest
        pause was longer than the limit they had in it). The days are missing for prospects, the limits for everybody
        where no customer has bought on two days; then nobody is slipping or lapsed.

    Notes
    -----
    The stages, the first that holds:

    - prospect: no order by the end of `as_of`.
    - lapsed: days_since_last > limit_days.
    - slipping: days_since_last > slipping_days.
    - returned: the latest pause was longer than limit_days was during it, by the pauses before that one (spreads and
      typical pause of all customers as of today). The next purchase within the limit ends it.
    - new: bought on one day.
    - loyal: bought on `loyal_purchase_count` days or more.
    - repeat: bought on fewer.

    The limit: logarithms of pauses vary around a customer's mean with variance s2, customers' means around everybody's
    with variance t2, both estimated from the data by moments. A customer with k pauses of mean m is given the mean
    (s2 everybody + k t2 m) / (s2 + k t2), one without a pause that of everybody; the limit is the quantile of the
    Weibull distribution of that mean and of variance s2 of its logarithm. It is the quantile of an exponential
    distribution where purchases come at random (s2 = 1.64), and lies closer to the typical pause where they are
    regular.

    The limit is an estimate, and a strict one: it leaves out the doubt about a customer's own mean, and long pauses
    had less time to close. Of customers simulated to buy at random and never leave, 4 to 6 in 100 pauses outlasted the
    limit of a dormancy_share of 0.975, more where customers differ much. The share is that of pauses which end. How
    many of the lapsed are gone for good depends on how many customers leave;
    lapsed is no probability.

    References
    ----------
    Morris (1983), Parametric empirical Bayes inference, JASA 78(381), 47-55 (shrinkage); Johnson, Kotz and Balakrishnan
    (1994), Continuous Univariate Distributions 1, chapter 21 (the logarithm of a Weibull variable: its mean is the log
    of the scale minus Euler's constant over the shape, its standard deviation pi over the shape times the root of 6).
    """
    own = _with_limits(days, as_of=as_of, rule=rule)
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
        "slipping_days",
        "limit_days",
        "due_on",
        stage=stage,
        is_dormant=is_dormant,
        was_dormant=was_dormant,
    ).relocate("stage", "is_dormant", after="customer_id")
    return buyers if customers is None else buyers.union(_prospects(customers, buyers, as_of=as_of))


def _with_limits(days: ibis.Table, *, as_of: date, rule: Rule) -> ibis.Table:
    """One row per customer with an order: their history, and how long they may stay away."""
    histories = _histories(days, as_of=as_of)
    own = histories.cross_join(_rhythm(histories).drop("customer_count", "pause_count", "usual_gap_days"))
    mean = _shrunk(own, own.pause_count, own.log_sum)
    # during the latest pause they had one pause less
    mean_then = _shrunk(own, own.pause_count - 1, own.log_sum - _logarithm(own.latest_gap_days))
    limit_days = _quantile(mean, own.within_variance, rule.dormancy_share)
    return own.mutate(
        days_since_last=windows.days_between(own.last_on, ibis.literal(as_of)),
        usual_gap_days=mean.exp(),
        slipping_days=_quantile(mean, own.within_variance, rule.slipping_share),
        limit_days=limit_days,
        limit_then=_quantile(mean_then, own.within_variance, rule.dormancy_share),
        due_on=(own.last_on + limit_days.as_interval("D")).cast("date"),
    )


def _histories(days: ibis.Table, *, as_of: date) -> ibis.Table:
    """One row per customer with an order: purchases, pauses, and the sums of logarithms and of their squares."""
    seen = windows.visible_days(days, as_of=as_of).select("customer_id", "purchased_on")
    earlier_on = seen.purchased_on.lag().over(group_by=seen.customer_id, order_by=seen.purchased_on)
    gaps = seen.mutate(gap_days=windows.days_between(earlier_on, seen.purchased_on))
    gaps = gaps.mutate(logarithm=_logarithm(gaps.gap_days))
    histories = gaps.group_by("customer_id").aggregate(
        pause_count=gaps.gap_days.count(),
        log_sum=gaps.logarithm.sum().fill_null(0),
        square_sum=(gaps.logarithm * gaps.logarithm).sum().fill_null(0),
        latest_gap_days=gaps.gap_days.argmax(gaps.purchased_on, where=gaps.gap_days.notnull()),
        last_on=gaps.purchased_on.max(),
    )
    return histories.mutate(purchase_count=histories.pause_count + 1)


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


def _shrunk(own: ibis.Table, pause_count: Any, log_sum: Any) -> Any:
    """The mean logarithm of a customer's pauses, shrunk towards everybody's."""
    within, between = own.within_variance, own.between_variance
    known = between * _double(log_sum) / float(SCALE)
    return (within * own.mean_logarithm + known) / (within + _double(pause_count) * between)


def _quantile(mean: Any, variance: Any, share: float) -> Any:
    """The day by which this share of pauses has ended: whole days, one at least."""
    from_mean = sqrt(6) / pi * (log(-log(1 - share)) + EULER)
    days = _rounded((mean + variance.sqrt() * ibis.literal(from_mean, type="float64")).exp())
    # not `greatest`, which would make a 1 of a missing limit
    return (days < 1).ifelse(1, days)


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
    return number.round().cast("int64")


def _double(number: Any) -> Any:
    return number.cast("float64")
