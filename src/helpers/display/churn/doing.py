"""What to do this week on the page: how many to act on, how many of them are new, and the list with its reasons."""

from __future__ import annotations

from datetime import date

import pandas as pd

from helpers.display import language as say
from helpers.display import tables
from helpers.display.churn.churn_words import reason
from helpers.display.findings import Finding
from helpers.display.tables import Table
from helpers.display.wording import named, worded
from helpers.models.churn.action_list import Counts

KEY = "churn_actions"


def summary(counts: Counts, told: pd.DataFrame, *, since: date) -> Finding:
    """How many are to be acted on, and how many of them were not at risk at the time of the last report.

    A row of `told` is an action: action, customer_count, which is missing where few are not told of.
    """
    if not counts.listed_count:
        return Finding(KEY, worded("Nobody needs to be acted on this week."), 0, n=0, unit="count")
    count, new = counts.listed_count, say.number(counts.new_count)
    claim = worded(
        "Act on {customers} this week; {new} were not at risk on {day}.",
        customers=say.counted(count, "customer"),
        new=new,
        day=say.day(since),
    )
    parts = [_acted(named(row["action"]), row["customer_count"]) for row in told.to_dict("records")]
    held = worded("{count} are left alone by chance, to measure what it brings", count=say.number(counts.holdout_count))
    parts.append(held)
    if counts.unreached_count:
        left_out = say.number(counts.unreached_count)
        parts.append(worded("{count} more may be reached by no channel and are left out", count=left_out))
    evidence = worded("{parts}.", parts=say.lined_up(parts))
    return Finding(KEY, claim, count, n=count, unit="count", evidence=evidence)


def _acted(action: str, count: float) -> str:
    if say.is_missing(count):
        return worded("few: {action}", action=action)
    return worded("{count}: {action}", count=say.number(count), action=action)


def table(listed: pd.DataFrame, *, count: int, currency: str) -> Table:
    """The customers to act on with whom most is at risk: what to do, and why."""
    top = listed.head(count)
    chance, at_risk = worded("chance to be gone"), worded("at risk, {currency}", currency=named(currency))
    shown = pd.DataFrame(
        {
            worded("customer"): top["customer_id"],
            worded("what to do"): [named(action) for action in top["action"]],
            worded("why"): [reason(text) for text in top["reason"]],
            chance: top["p_gone"],
            at_risk: top["value_at_risk_amount"],
            worded("group"): [named(arm) for arm in top["arm"]],
            worded("may be reached by"): [_channels(text) for text in top["channels"]],
        }
    )
    formats: dict[str, tables.Format] = {chance: say.share, at_risk: say.number}
    caption = worded(
        "To act on this week: the {customers} with most at risk; holdout: leave alone",
        customers=say.counted(len(top), "customer"),
    )
    return tables.table(shown, caption=caption, formats=formats, is_folded=True)


def _channels(text: object) -> str:
    return say.listed([named(one) for one in text.split(", ")]) if isinstance(text, str) else worded("not known")
