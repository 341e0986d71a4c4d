"""What to do this week on the page: how many to act on, how many of them are new, and the list with its reasons."""

from __future__ import annotations

from datetime import date

import pandas as pd

from helpers.display import language as say
from helpers.display import tables
from helpers.display.findings import Finding
from helpers.display.tables import Table
from helpers.models.churn.action_list import Counts

KEY = "churn_actions"


def summary(counts: Counts, told: pd.DataFrame, *, since: date) -> Finding:
    """How many are to be acted on, and how many of them were not at risk at the time of the last report.

    A row of `told` is an action: action, customer_count, which is missing where few are not told of.
    """
    if not counts.listed_count:
        return Finding(KEY, "Nobody needs to be acted on this week.", 0, n=0, unit="count")
    count, new = counts.listed_count, say.number(counts.new_count)
    claim = f"Act on {say.counted(count, 'customer')} this week; {new} were not at risk on {say.day(since)}."
    parts = [f"{say.number(row['customer_count'])}: {row['action']}" for row in told.to_dict("records")]
    held = say.number(counts.holdout_count)
    evidence = f"{'; '.join(parts)}; {held} are left alone by chance, to measure what it brings."
    return Finding(KEY, claim, count, n=count, unit="count", evidence=evidence)


def table(listed: pd.DataFrame, *, count: int, currency: str) -> Table:
    """The customers to act on with whom most is at risk: what to do, and why."""
    top = listed.head(count)
    shown = pd.DataFrame(
        {
            "customer": top["customer_id"],
            "do": top["action"],
            "why": top["reason"],
            "chance to be gone": top["p_gone"],
            f"at risk, {currency}": top["value_at_risk_amount"],
            "group": top["arm"],
        }
    )
    formats: dict[str, tables.Format] = {"chance to be gone": say.share, f"at risk, {currency}": say.number}
    caption = f"To act on this week: the {say.counted(len(top), 'customer')} with most at risk; holdout: leave alone"
    return tables.table(shown, caption=caption, formats=formats, is_folded=True)
