"""The track record of a model: what it expected on earlier days, beside what came."""

from __future__ import annotations

import pandas as pd

from helpers.display import language as say
from helpers.display import tables
from helpers.display.findings import Finding, estimated, of_enough
from helpers.display.tables import Table
from helpers.display.wording import named, sentences, vocabulary, worded, worded_n
from helpers.models.evaluation import purchase_groups
from helpers.models.evaluation.coming_orders import Comeback, ComingOrders
from helpers.models.evaluation.next_order_days import NextOrderDays
from helpers.models.evaluation.rolling_origins import Misses, PastError
from helpers.models.forecast import season_clock
from helpers.models.forecast.season_clock import SeasonClock
from helpers.models.statistics.intervals import Estimate

PASTS = dict(
    zip(
        purchase_groups.PASTS,
        vocabulary("customers who have bought once", "customers who have come back before"),
        strict=True,
    )
)
LEAST_CORRECTED = 0.005
"""Share of a total from which on a correction is said."""


def summary(found: Misses | None, *, error: PastError, title: str) -> Finding:
    """How far off earlier totals were; `found` of `rolling_origins.misses`, none where there was no origin."""
    key = "clv_origins"
    if found is None:
        claim = worded(
            "The data are too short to make a total on an earlier day: the intervals below assume that the model is "
            "right."
        )
        return Finding(key, claim)
    count = len(error.origins.days)
    least, most = (say.share(value, digits=0) for value in (found.least_share, found.most_share))
    between = most if least == most else worded("{low} to {high}", low=least, high=most)
    claim = worded_n(
        count,
        "Totals made on {count} earlier day were off by {between}.",
        "Totals made on {count} earlier days were off by {between}.",
        count=say.number(count),
        between=between,
    )
    evidence = worded(
        "Of {model}, for the {weeks} that followed; {low} too low, {high} too high; the intervals of totals below "
        "include that.",
        model=title,
        weeks=say.counted(error.origins.weeks, "week"),
        low=found.low_count,
        high=found.high_count,
    )
    return Finding(key, claim, found.most_share, n=count, unit="share", evidence=evidence)


def next_orders(days: NextOrderDays, *, level: float) -> Finding:
    """How many customers will have bought by the day named for their next order, as earlier days showed."""
    key, count = "clv_next_orders", days.origin_count
    if not count:
        claim = worded("How many buy by the day named for their next order is unknown.")
        why = worded("On no earlier day was one named for customers enough; half buy by it if the model is right.")
        return Finding(key, claim, evidence=why)
    claim = worded(
        "Between {low} and {high} of customers will have bought by the day named for their next order.",
        low=say.share(days.low, digits=0),
        high=say.share(days.high, digits=0),
    )
    past = worded_n(
        count,
        "Half should. By days named on {count} earlier day {between} did.",
        "Half should. By days named on {count} earlier days {between} did.",
        count=say.number(count),
        between=_between(pd.Series([days.least_share, days.most_share])),
    )
    terms = worded(
        "{level} interval; only whoever is likelier than not to buy has a day, that they may have left counted in.",
        level=say.share(level, digits=0),
    )
    evidence = sentences(terms, past, _moved(days))
    return Finding(key, claim, 0.5, days.low, days.high, count, "share", evidence)


def orders_ahead(orders: ComingOrders, *, title: str, months: int, level: float, smallest_cell: int) -> list[Finding]:
    """How many customers are expected to buy at all, those who bought once first, and how many by their day."""
    weeks = orders.days.origins.weeks
    found = [comeback(one, title=title, months=months, weeks=weeks, level=level) for one in orders.comebacks]
    return [*of_enough(*found, smallest_cell=smallest_cell), next_orders(orders.days, level=level)]


def comeback(found: Comeback, *, title: str, months: int, weeks: int, level: float) -> Finding:
    """How many customers of one past are expected to buy at all, and how such expectations came out."""
    share, key = found.share, f"clv_comeback_{found.past}"
    claim = worded(
        "Of {past}, {share} are expected to buy within {months}.",
        past=named(PASTS[found.past]),
        share=say.share(share.value),
        months=say.counted(months, "month"),
    )
    customers = say.counted(share.n, "customer")
    if found.record.empty:
        evidence = worded("Of {customers}, if {model} is right.", customers=customers, model=title)
        return estimated(key, claim, share, "share", evidence=evidence)
    base = worded(
        "{interval}; of {customers}; {model} alone expects {own}.",
        interval=say.interval(say.share(share.low), say.share(share.high), level=level, is_start=True),
        customers=customers,
        model=title,
        own=say.share(found.own_share),
    )
    past = worded_n(
        len(found.record),
        "On {count} earlier day it expected {expected} within {weeks}, and {actual} came.",
        "On {count} earlier days it expected {expected} within {weeks}, and {actual} came.",
        count=say.number(len(found.record)),
        weeks=say.counted(weeks, "week"),
        expected=_between(found.record["expected_share"]),
        actual=_between(found.record["actual_share"]),
    )
    return estimated(key, claim, share, "share", evidence=sentences(base, past))


def _between(shares: pd.Series) -> str:
    least, most = say.share(shares.min()), say.share(shares.max())
    return least if least == most else worded("{low} to {high}", low=least, high=most)


def _moved(days: NextOrderDays) -> str:
    """That the days are not quite the model's own, where they are not."""
    if abs(days.chance - 0.5) < LEAST_CORRECTED:
        return ""
    return worded(
        "Each day is that on which the model gives {chance}, for what earlier days showed.",
        chance=say.share(days.chance),
    )


def season(clock: SeasonClock) -> Finding:
    """What the clock of the models does with the season."""
    key, (slow, fast) = "clv_season", clock.extremes
    terms = {"slow": say.number(slow, digits=2), "fast": say.number(fast, digits=2)}
    if clock.source == season_clock.NONE:
        none = worded(
            "The models know no season: there are fewer than two years of data, or none that is sure in them."
        )
        return Finding(key, none)
    if clock.source == season_clock.LEARNED:
        sentence = worded(
            "The models' clock runs with the season that the data show: a week counts as {slow} to {fast} weeks.",
            **terms,
        )
    else:
        sentence = worded(
            "The models' clock runs with the season that is stated: a week counts as {slow} to {fast} weeks.", **terms
        )
    return Finding(key, sentence, fast, unit="ratio")


def purchases_ahead(total: Estimate, *, error: PastError, months: int, weeks: float, level: float) -> Finding:
    """The expected purchases of all customers, and the corrected number where there is a correction."""
    claim = worded(
        "Over the next {months} {count} purchases are to be expected.",
        months=say.counted(months, "month"),
        count=say.number(total.value),
    )
    base = worded(
        "{interval}; of {customers}.",
        interval=say.interval(say.number(total.low), say.number(total.high), level=level, is_start=True),
        customers=say.counted(total.n, "customer"),
    )
    evidence = sentences(base, _corrected(total, error, weeks))
    return estimated("clv_purchases", claim, total, "count", evidence=evidence)


def _corrected(total: Estimate, error: PastError, weeks: float) -> str:
    share = error.correction(weeks) - 1
    if abs(share) < LEAST_CORRECTED:
        return ""
    terms = {"count": say.number(total.value * (1 + share)), "size": say.signed_share(share)}
    if abs(error.drift) >= LEAST_CORRECTED:
        return worded("{count} after a correction of {size} for what was missing each time and of late.", **terms)
    return worded("{count} after a correction of {size} for what was missing each time.", **terms)


def tables_of(record: pd.DataFrame) -> list[Table]:
    """The track record as a table; nothing where there was no earlier day."""
    return [table(record)] if len(record) else []


def table(record: pd.DataFrame) -> Table:
    """The track record: one row per earlier day."""
    came, expected, customers = worded("came"), worded("purchases expected"), worded("customers")
    off, revenue_off = worded("off"), worded("revenue off")
    shown = pd.DataFrame(
        {
            worded("made on"): [say.day(day.date()) for day in record["made_on"]],
            customers: record["n"],
            expected: record["expected_purchase_count"],
            came: record["actual_purchase_count"],
            off: record["purchase_off_share"],
            revenue_off: record["amount_off_share"],
        }
    )
    formats: dict[str, tables.Format] = dict.fromkeys([customers, expected, came], say.number)
    formats |= dict.fromkeys([off, revenue_off], say.signed_share)
    weeks = say.counted(int(record["weeks"].iloc[0]), "week")
    caption = worded("Totals of {weeks} made on earlier days, beside what came", weeks=weeks)
    return tables.table(shown, caption=caption, formats=formats)
