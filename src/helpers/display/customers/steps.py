"""What a small step would bring."""

from __future__ import annotations

import pandas as pd

from helpers.display import language as say
from helpers.display import tables
from helpers.display.findings import Finding, untold
from helpers.display.tables import Table
from helpers.display.wording import named, vocabulary, worded

STEPS = vocabulary(
    "one more order each from customers who bought once",
    "winning back customers of the period before who did not return",
    "more new customers like those of the latest period",
)
"""As the model calls them."""


def finding(
    frame: pd.DataFrame, *, days: int, step_share: float, has_margin: bool, currency: str, level: float
) -> Finding:
    """The small step that would bring most.

    A row of `frame` is a step, as `levers.steps` gives it: step, customer_count, pool_count, amount, low, high (in
    `currency`, in a period of `days` days).
    """
    known = frame[frame["amount"].notna()]
    if "is_hidden" in frame and frame["is_hidden"].any():
        return untold("best_step", worded("What small steps would bring is"))
    best = known.nlargest(1, "amount").iloc[0]
    worth = say.money(best["amount"], currency=currency)
    low, high = (say.money(best[bound], currency=currency) for bound in ("low", "high"))
    moved = round(best["customer_count"])
    claim = worded(
        "Of small steps, {step} would bring most: {amount} in {value}.",
        step=named(best["step"]),
        amount=worth,
        value=say.value_in(has_margin),
    )
    evidence = worded(
        "{interval}; in {days}, if {share} of them moved, {moved} of {customers}.",
        interval=say.interval(low, high, level=level, is_start=True),
        days=say.counted(days, "day"),
        share=say.exact_share(step_share),
        moved=say.number(moved) if moved else worded("less than one"),
        customers=say.counted(int(best["pool_count"]), "customer"),
    )
    bounds = (best["amount"], best["low"], best["high"])
    return Finding("best_step", claim, *bounds, int(best["pool_count"]), currency, evidence)


def table(frame: pd.DataFrame, *, days: int, has_margin: bool, currency: str) -> Table:
    """What small steps would be worth, against doing nothing.

    A row of `frame` is a step, as `levers.steps` gives it: step, pool_count, customer_count, amount, low, high.
    """
    shown = frame[["step", "pool_count", "customer_count", "amount", "low", "high"]].set_axis(
        [
            worded("step"),
            worded("customers in the group"),
            moving := worded("who would move"),
            worded(
                "{value} in {days} days, {currency}",
                value=say.value_in(has_margin),
                days=days,
                currency=named(currency),
            ),
            worded("from"),
            worded("to"),
        ],
        axis="columns",
    )
    shown = shown.assign(**{worded("step"): [named(step) for step in frame["step"]]})
    return tables.table(
        shown,
        caption=worded("What a small step would bring, against nobody moving"),
        formats=dict.fromkeys(shown.columns[1:], say.number) | {moving: _few},
    )


def _few(value: float) -> str:
    return worded("less than 1") if 0 < value < 1 else say.number(value)
