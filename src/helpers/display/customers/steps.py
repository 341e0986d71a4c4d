"""What a small step would bring."""

from __future__ import annotations

import pandas as pd

from helpers.display import language as say
from helpers.display import tables
from helpers.display.findings import Finding, untold
from helpers.display.tables import Table


def finding(
    frame: pd.DataFrame, *, days: int, step_share: float, has_margin: bool, currency: str, level: float
) -> Finding:
    """The small step that would bring most.

    A row of `frame` is a step, as `levers.steps` gives it: step, customer_count, pool_count, amount, low, high (in
    `currency`, in a period of `days` days).
    """
    known = frame[frame["amount"].notna()]
    if "is_hidden" in frame and frame["is_hidden"].any():
        return untold("best_step", "What small steps would bring is")
    best = known.nlargest(1, "amount").iloc[0]
    worth = say.money(best["amount"], currency=currency)
    low, high = (say.money(best[bound], currency=currency) for bound in ("low", "high"))
    moved = round(best["customer_count"])
    who = say.number(moved) if moved else "less than one"
    pool = say.counted(int(best["pool_count"]), "customer")
    claim = f"Of small steps, {best['step']} would bring most: {worth} in {say.value_in(has_margin)}."
    evidence = (
        f"{say.interval(low, high, level=level, is_start=True)}; in {say.counted(days, 'day')}, if "
        f"{say.exact_share(step_share)} of them moved, {who} of {pool}."
    )
    bounds = (best["amount"], best["low"], best["high"])
    return Finding("best_step", claim, *bounds, int(best["pool_count"]), currency, evidence)


def table(frame: pd.DataFrame, *, days: int, has_margin: bool, currency: str) -> Table:
    """What small steps would be worth, against doing nothing.

    A row of `frame` is a step, as `levers.steps` gives it: step, pool_count, customer_count, amount, low, high.
    """
    shown = frame[["step", "pool_count", "customer_count", "amount", "low", "high"]].set_axis(
        [
            "step",
            "customers in the group",
            "who would move",
            f"{say.value_in(has_margin)} in {days} days, {currency}",
            "from",
            "to",
        ],
        axis="columns",
    )
    return tables.table(
        shown,
        caption="What a small step would bring, against nobody moving",
        formats=dict.fromkeys(shown.columns[1:], say.number) | {"who would move": _few},
    )


def _few(value: float) -> str:
    return "less than 1" if 0 < value < 1 else say.number(value)
