"""The customers as they stood on a day: what is measured of them, and their scores, segments, stage and tier."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

import ibis
import pandas as pd

from helpers.days import as_day, watched_until
from helpers.features import lifecycle, rfm, windows
from helpers.features.frames import fetch
from helpers.schemes.scheme import Scheme

EVIDENCE = ("days_since_last", "order_count", "due_on", "comeback_share")
STAGE_COLUMNS = (
    "stage",
    "is_dormant",
    "purchase_count",
    "usual_gap_days",
    "comeback_share",
    "slipping_days",
    "limit_days",
    "due_on",
)


@dataclass(frozen=True, eq=False)
class Measured:
    """What is known of the customers of one day, before any threshold.

    Attributes
    ----------
    as_of, watched_until
        The day, later rows being invisible; and the last day up to it on which customers were watched.
    buyers
        One row per customer with an order, kept where the orders live: customer_id; days_since_last, order_count,
        value_amount, first_on, last_on as in `rfm.measures`; stage, is_dormant, purchase_count, usual_gap_days,
        comeback_share, slipping_days, limit_days, due_on as in `lifecycle.stages`.
    prospects
        One row per known customer without an order: customer_id, stage, is_dormant.
    """

    as_of: date
    watched_until: date
    buyers: ibis.Table
    prospects: ibis.Table


@dataclass(frozen=True, eq=False)
class Snapshot:
    """The customers of one day, scored.

    Attributes
    ----------
    as_of, watched_until
        As in `Measured`.
    scored
        `Measured.buyers` with r_score, f_score, m_score and a column per scheme, kept where the orders live.
    people
        The same in pandas, one row per customer, ordered by customer_id, prospects too, with the column `tier`. What a
        prospect does not have is missing.
    """

    as_of: date
    watched_until: date
    scored: ibis.Table
    people: pd.DataFrame

    @property
    def buyers(self) -> pd.DataFrame:
        """The customers with an order."""
        return self.people[self.people["stage"] != "prospect"]


def measure(
    days: ibis.Table,
    customers: ibis.Table | None,
    *,
    dates: Iterable[date],
    rule: lifecycle.Rule,
    window_days: int | None,
    stale_days: int,
) -> dict[date, Measured]:
    """Recency, frequency, value and stage of the customers at the end of each of several days.

    Parameters
    ----------
    days
        One row per customer and day with an order, as `purchases.purchase_days` gives them.
    customers
        One row per customer: customer_id and, where delivered, first_seen_on; None where not delivered.
    dates
        The days: that of the report, and earlier ones; on a day before all orders there is nobody.
    rule
        What decides a stage.
    window_days
        Window of frequency and value; None: all that the data hold.
    stale_days
        Days without any order before a day after which customers count as watched up to the last order only. Stages
        are judged on that day, since nobody stays away in months of which nothing was delivered; days_since_last
        counts to the day itself all the same.
    """
    watched = {as_of: _watched_until(days, as_of, stale_days) for as_of in dates}
    # what pauses are like does not depend on the day: stages of all days come of one pass
    staged = lifecycle.staged(days, moments=[(until, rule) for until in watched.values()]).cache()
    found = {}
    for place, (as_of, until) in enumerate(watched.items()):
        own = staged.filter(staged[lifecycle.PLACE] == place).drop(lifecycle.PLACE)
        measures = rfm.measures(days, as_of=as_of, window_days=window_days)
        buyers = measures.inner_join(own.select("customer_id", *STAGE_COLUMNS), "customer_id").cache()
        prospects = lifecycle.prospects(customers, own, as_of=until).select("customer_id", "stage", "is_dormant")
        found[as_of] = Measured(as_of, until, buyers, prospects)
    return found


def _watched_until(days: ibis.Table, as_of: date, stale_days: int) -> date:
    last_on = windows.visible_days(days, as_of=as_of).purchased_on.max().to_pandas()
    last_on = as_of if pd.isna(last_on) else as_day(pd.Timestamp(last_on))
    return watched_until(last_on, as_of=as_of, stale_days=stale_days)


def score(
    measured: Measured, *, schemes: Mapping[str, Scheme], cuts: pd.DataFrame, held: ibis.Table | None = None
) -> Snapshot:
    """The customers with their scores, segments and tier.

    Parameters
    ----------
    measured
        The customers of a day, as `measure` gives them.
    schemes
        Schemes by name: each becomes a column of segments.
    cuts
        Thresholds as `rfm.thresholds` gives them: of this day, or of another, so that nobody moves because a threshold
        did.
    held
        Who holds which tier on that day: customer_id, tier; None where there are no tiers.
    """
    scored = rfm.scored(measured.buyers, schemes=schemes, cuts=cuts).cache()
    people = pd.concat([fetch(scored), fetch(measured.prospects)], ignore_index=True)
    tier_of = {} if held is None else fetch(held).set_index("customer_id")["tier"].to_dict()
    people = people.assign(tier=people["customer_id"].map(tier_of).astype("str"))
    names = dict.fromkeys(schemes, "category")  # a few names, of each of so many customers
    people = people.astype(dict.fromkeys(rfm.SCORE_COLUMNS.values(), "Int64") | names)
    people = people.sort_values("customer_id", ignore_index=True)
    return Snapshot(measured.as_of, measured.watched_until, scored, people)


def table(people: pd.DataFrame, *, schemes: Iterable[str]) -> pd.DataFrame:
    """The file of customers: scores, segments, stage, tier and value, what they rest on, and the chance to come back.

    Parameters
    ----------
    people
        One row per customer, as `Snapshot.people` has them.
    schemes
        Names of the schemes whose segments are wanted.
    """
    scores = list(rfm.SCORE_COLUMNS.values())
    wanted = people[["customer_id", *scores, *schemes, "stage", "tier", "value_amount", *EVIDENCE]]
    return wanted.astype({"days_since_last": "Int64", "order_count": "Int64"})
