"""On how many days customers bought, and how long they paused between purchases."""

from __future__ import annotations

import pandas as pd
import seaborn as sns

from helpers.display import language as say
from helpers.display.figures import AMOUNT_AXIS, SHARE_AXIS, Drawing, canvas
from helpers.display.findings import Finding, estimated
from helpers.display.theme import BLUE, themed
from helpers.display.wording import worded
from helpers.models.statistics.intervals import Estimate


def finding(median: Estimate, long: Estimate, *, level: float) -> Finding:
    """How long customers pause between two purchases: half of the pauses, and nine in ten of them.

    `median` and `long` are in days, as `rhythm.median_gap` and `rhythm.gap_quantile` give them; the `n` of `long` is
    the number of pauses, that of `median` the number of customers who paused.
    """
    if not long.n:
        return Finding("gap_median", worded("Nobody has bought on two days yet, so there are no pauses to measure."))
    if long.n == 1:
        single = worded("Only one pause between two purchases has been seen, too few to speak of.")
        return Finding("gap_median", single, n=1)
    interval = say.interval(say.number(median.low), say.number(median.high), level=level, is_start=True)
    half = say.counted(int(median.value), "day")
    claim = worded("Half of all pauses between purchases last {days} or less.", days=half)
    evidence = worded(
        "{interval}; nine in ten last {days} or less; {pauses}.",
        interval=interval,
        days=say.counted(int(long.value), "day"),
        pauses=say.counted(long.n, "pause"),
    )
    return estimated("gap_median", claim, median, "days", evidence=evidence)


@themed
def figure(counts: pd.DataFrame, gaps: pd.DataFrame, *, customer_count: int) -> Drawing:
    """How many customers bought how often, and how long they paused.

    A row of `counts` is a number of purchase days, the last one gathering more (`rhythm.gathered_counts`):
    purchase_count, customer_count (missing where few), of `customer_count` in all. A row of `gaps` is a length
    (`purchases.gap_counts`): gap_days, gap_count.
    """
    drawn, (often, pause) = canvas(columns=2)
    people, last = counts["customer_count"].astype(float), int(counts["purchase_count"].max())
    n = say.number(customer_count)
    often.bar(counts["purchase_count"], people, color=BLUE)
    often.set_xticks(counts["purchase_count"], [*map(str, range(1, last)), f"{last}+"])
    often.set(
        title=worded("Customers by days with a purchase (n = {n})", n=n),
        xlabel=worded("purchase days"),
    )
    often.set_ylabel(worded("customers"))
    often.yaxis.set_major_formatter(AMOUNT_AXIS)
    often.grid(visible=False, axis="x")
    total = int(gaps["gap_count"].sum())
    if total:
        sns.ecdfplot(gaps, x="gap_days", weights="gap_count", ax=pause, color=BLUE)
        pause.set(ylim=(0, 1.02), xlim=(0, None))
        pause.set(xlabel=worded("days between purchases"), ylabel=worded("gaps at most this long"))
        pause.yaxis.set_major_formatter(SHARE_AXIS)
    else:
        pause.text(0.5, 0.5, worded("nobody bought on two days"), ha="center", transform=pause.transAxes)
        pause.set_axis_off()
    pause.set_title(worded("Pauses between purchases (n = {n})", n=say.number(total)))
    return Drawing(drawn, _alt(people, n=n, days=last, gaps=say.counted(total, "gap")))


def _alt(people: pd.Series, *, n: str, days: int, gaps: str) -> str:
    """How many bought once and how many most often; nothing of either where they are too few to be told of."""
    once, often = people.iloc[0], people.iloc[-1]
    said = {"once": say.number(once), "often": say.number(often), "n": n, "days": days, "gaps": gaps}
    if once != once and often != often:
        return worded("{n} customers by days with a purchase; {gaps} between purchases.", **said)
    if once != once:
        return worded("{often} of {n} customers bought on {days} days or more; {gaps} between purchases.", **said)
    if often != often:
        return worded("{once} of {n} customers bought on one day only; {gaps} between purchases.", **said)
    if not often:
        return worded(
            "{once} of {n} customers bought on one day only, none on {days} days or more; {gaps} between purchases.",
            **said,
        )
    return worded(
        "{once} of {n} customers bought on one day only, {often} on {days} days or more; {gaps} between purchases.",
        **said,
    )
