"""Whether delivered data can carry a report: one light, by rules that the params state."""

from __future__ import annotations

from typing import Literal

import pandas as pd

Light = Literal["green", "amber", "red"]


def light(ledger: pd.DataFrame, *, idle_days: int, stale_days: float, warn_share: float, alarm_share: float) -> Light:
    """The worst of what the ledger and the age of the data say.

    Parameters
    ----------
    ledger
        One row per table, rule and outcome, as `contract.loading.load` gives it.
    idle_days
        Days between the last order and the day the report speaks from.
    stale_days
        Idle days from which the data count as stale: red.
    warn_share, alarm_share
        Share of the rows of a table, between 0 and 1, that one rule may drop before the light is amber, or red.
    """
    worst = worst_dropped_share(ledger)
    if idle_days >= stale_days or worst > alarm_share:
        return "red"
    return "amber" if worst > warn_share else "green"


def worst_dropped_share(ledger: pd.DataFrame) -> float:
    """The largest share of a table's rows that a single rule dropped; 0 where nothing was dropped."""
    shares = dropped_shares(ledger)
    return float(shares["share"].iloc[0]) if len(shares) else 0.0


def dropped_shares(ledger: pd.DataFrame) -> pd.DataFrame:
    """The rules that dropped rows, the worst first: table, rule, row_count, share (0 to 1, of the table's rows)."""
    shares = with_shares(ledger)
    shares = shares.loc[shares["outcome"] == "dropped", ["table", "rule", "row_count", "share"]]
    return shares.sort_values("share", ascending=False, kind="stable", ignore_index=True)


def with_shares(ledger: pd.DataFrame) -> pd.DataFrame:
    """The ledger with the share of the table's rows that each of its rows stands for: share, 0 to 1."""
    read = ledger[ledger["outcome"] == "read"].groupby("table")["row_count"].sum()
    return ledger.assign(share=ledger["row_count"] / ledger["table"].map(read).astype(float))


def left_out(ledger: pd.DataFrame) -> pd.DataFrame:
    """How many rows of each table were left out by all rules together.

    Returns
    -------
    pandas.DataFrame
        One row per table, by name: table, read_count, dropped_count, dropped_share (0 to 1, of the rows read).
    """
    counts = ledger.pivot_table(index="table", columns="outcome", values="row_count", aggfunc="sum", fill_value=0)
    counts = counts.reindex(columns=["read", "dropped"], fill_value=0).astype("int64").rename_axis(columns=None)
    counts = counts.rename(columns={"read": "read_count", "dropped": "dropped_count"})
    return counts.assign(dropped_share=counts["dropped_count"] / counts["read_count"]).reset_index()
