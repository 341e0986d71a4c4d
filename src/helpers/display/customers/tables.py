"""The tables of the exploration notebook, in a reader's words."""

from __future__ import annotations

import pandas as pd

from helpers.display import language as say
from helpers.display import tables
from helpers.display.tables import Table


def changes(frame: pd.DataFrame, *, days: int, currency: str) -> Table:
    """What changed: one row a measure, with both periods and the interval of the change."""
    shown = frame[["measure", "current", "previous", "change", "low", "high"]].set_axis(
        ["measure", f"latest {days} days", f"{days} days before", "change", "from", "to"], axis="columns"
    )
    shown = shown.assign(measure=[f"{name}, {currency}" if "revenue" in name else name for name in shown["measure"]])
    sized: dict[str, tables.Format] = dict.fromkeys(shown.columns[1:3], _sized)
    signed: dict[str, tables.Format] = dict.fromkeys(shown.columns[3:], say.signed_share)
    return tables.table(
        shown, caption="Customers × orders per customer × revenue per order = revenue", formats=sized | signed
    )


def steps(frame: pd.DataFrame, *, days: int, currency: str) -> Table:
    """What small steps would be worth, against doing nothing."""
    shown = frame[["step", "pool_count", "customer_count", "amount", "low", "high"]].set_axis(
        ["step", "customers in the group", "who would move", f"{currency} in {days} days", "from", "to"], axis="columns"
    )
    return tables.table(
        shown,
        caption="What a small step would bring, against nobody moving",
        formats=dict.fromkeys(shown.columns[1:], say.number) | {"who would move": _few},
    )


def _sized(value: float) -> str:
    """Counts and large sums without decimals, small sums and ratios with two."""
    return say.number(value, digits=0 if abs(value) >= 1000 or value == round(value, 0) else 2)


def _few(value: float) -> str:
    return "less than 1" if 0 < value < 1 else say.number(value)
