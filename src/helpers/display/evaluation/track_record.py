"""The track record of a model: what it expected on earlier days, beside what came."""

from __future__ import annotations

import pandas as pd

from helpers.display import language as say
from helpers.display import tables
from helpers.display.findings import Finding, estimated
from helpers.display.tables import Table
from helpers.models.evaluation.rolling_origins import Misses, PastError
from helpers.models.forecast import season_clock
from helpers.models.forecast.season_clock import SeasonClock
from helpers.models.statistics.intervals import Estimate

UNKNOWN = (
    "The data are too short to make a total on an earlier day: the intervals below assume that the model is right."
)
NO_SEASON = "The models know no season: there are fewer than two years of data, or none that is sure in them."
LEAST_CORRECTED = 0.005
"""Share of a total from which on a correction is said."""


def summary(found: Misses | None, *, error: PastError, title: str) -> Finding:
    """How far off earlier totals were; `found` of `rolling_origins.misses`, none where there was no origin."""
    key = "clv_origins"
    if found is None:
        return Finding(key, UNKNOWN)
    count = len(error.origins.days)
    least, most = (say.share(value, digits=0) for value in (found.least_share, found.most_share))
    days = "one earlier day" if count == 1 else f"{count} earlier days"
    between = most if least == most else f"{least} to {most}"
    weeks = say.counted(error.origins.weeks, "week")
    claim = f"Totals made on {days} were off by {between}."
    evidence = (
        f"Of {title}, for the {weeks} that followed; {found.low_count} too low, {found.high_count} too high; the "
        "intervals of totals below include that."
    )
    return Finding(key, claim, found.most_share, n=count, unit="share", evidence=evidence)


def season(clock: SeasonClock) -> Finding:
    """What the clock of the models does with the season."""
    key, (slow, fast) = "clv_season", clock.extremes
    if clock.source == season_clock.NONE:
        return Finding(key, NO_SEASON)
    source = {season_clock.LEARNED: "that the data show", season_clock.STATED: "that is stated"}[clock.source]
    weeks = f"{say.number(slow, digits=2)} to {say.number(fast, digits=2)} weeks"
    sentence = f"The models' clock runs with the season {source}: a week counts as {weeks}."
    return Finding(key, sentence, fast, unit="ratio")


def purchases_ahead(total: Estimate, *, error: PastError, months: int, weeks: float, level: float) -> Finding:
    """The expected purchases of all customers, and the corrected number where there is a correction."""
    low, high = (say.number(bound) for bound in (total.low, total.high))
    period = say.counted(months, "month")
    claim = f"Over the next {period} {say.number(total.value)} purchases are to be expected."
    evidence = f"{say.interval(low, high, level=level, is_start=True)}; of {say.counted(total.n, 'customer')}"
    share = error.correction(weeks) - 1
    if abs(share) >= LEAST_CORRECTED:
        corrected = say.number(total.value * (1 + share))
        why = "for what was missing each time" if not error.drift else "for what was missing each time and of late"
        evidence += f"; {corrected} after a correction of {say.signed_share(share)} {why}"
    return estimated("clv_purchases", claim, total, "count", evidence=f"{evidence}.")


def table(record: pd.DataFrame) -> Table:
    """The track record: one row per earlier day."""
    shown = pd.DataFrame(
        {
            "made on": [say.day(day.date()) for day in record["made_on"]],
            "customers": record["n"],
            "purchases expected": record["expected_purchase_count"],
            "came": record["actual_purchase_count"],
            "off": record["purchase_off_share"],
            "revenue off": record["amount_off_share"],
        }
    )
    formats: dict[str, tables.Format] = dict.fromkeys(["customers", "purchases expected", "came"], say.number)
    formats |= dict.fromkeys(["off", "revenue off"], say.signed_share)
    weeks = say.counted(int(record["weeks"].iloc[0]), "week")
    return tables.table(shown, caption=f"Totals of {weeks} made on earlier days, beside what came", formats=formats)
