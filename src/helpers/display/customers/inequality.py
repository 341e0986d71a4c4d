"""How unequal customers are in revenue: Lorenz curve, Gini coefficient, top share, ABC classes."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from helpers.display import language as say
from helpers.display.figures import SHARE_AXIS, Drawing, canvas
from helpers.display.findings import Finding, estimated
from helpers.display.theme import BLUE, FAINT, INK, SOFT, themed
from helpers.display.wording import worded
from helpers.models.statistics.intervals import Estimate


def finding(top: Estimate, gini: Estimate, *, top_share: float, as_of: date, level: float) -> Finding:
    """The share of revenue that the best `top_share` of customers bring, and the Gini coefficient."""
    if say.is_missing(top.value):
        none = worded("Nothing was earned yet, so how much hangs on how few is unknown.")
        return Finding("top_share", none, n=top.n)
    value, low, high = (say.number(number, digits=3) for number in (gini.value, gini.low, gini.high))
    interval = say.interval(say.share(top.low), say.share(top.high), level=level, is_start=True)
    claim = worded(
        "The best {top_share} of customers bring {share} of all revenue.",
        top_share=say.exact_share(top_share),
        share=say.share(top.value),
    )
    evidence = worded(
        "{interval}; to {day}; the Gini coefficient is {gini} ({gini_interval}).",
        interval=interval,
        day=say.day(as_of),
        gini=value,
        gini_interval=say.interval(low, high, level=level),
    )
    return estimated("top_share", claim, top, "share", evidence=evidence)


@themed
def figure(curve: pd.DataFrame, abc: pd.DataFrame, *, gini: float) -> Drawing:
    """The Lorenz curve of revenue and the ABC classes.

    `curve` as `concentration.lorenz_curve` gives it: customer_share, amount_share (0 to 1). `abc` as
    `concentration.abc` gives it: abc_class, customer_count, customer_share, amount_share.
    """
    drawn, (lorenz, classes) = canvas(columns=2)
    lorenz.plot([0, 1], [0, 1], color=FAINT, linestyle="--")
    lorenz.plot(curve["customer_share"], curve["amount_share"], color=BLUE)
    lorenz.fill_between(curve["customer_share"], curve["amount_share"], curve["customer_share"], color=BLUE, alpha=0.12)
    lorenz.text(0.04, 0.93, worded("revenue (Gini {gini})", gini=f"{gini:.3f}"), color=INK)
    lorenz.text(0.44, 0.47, worded("all customers equal"), color=SOFT, rotation=38, ha="center", va="bottom")
    lorenz.set(xlim=(0, 1), ylim=(0, 1))
    lorenz.set(xlabel=worded("customers, smallest first"), ylabel=worded("share of revenue"))
    lorenz.set_title(worded("How unequal revenue is"))
    lorenz.xaxis.set_major_formatter(SHARE_AXIS)
    lorenz.yaxis.set_major_formatter(SHARE_AXIS)
    place = np.arange(len(abc))
    customers = abc["customer_share"].astype(float)
    amounts = abc["amount_share"].astype(float)
    for shift, color, shares in ((-0.2, FAINT, customers), (0.2, BLUE, amounts)):
        bars = classes.bar(place + shift, shares, 0.38, color=color)
        classes.bar_label(bars, [say.share(share, digits=0) for share in shares], padding=3, color=SOFT)
    if len(abc):
        for side, name, share in ((-1, worded("customers"), customers[0]), (1, worded("revenue"), amounts[0])):
            classes.annotate(
                name, (0.02 * side, share), (0, 17), textcoords="offset points", ha="right" if side < 0 else "left",
                color=INK,
            )  # fmt: skip
    classes.set_xticks(place, [worded("class {name}", name=name) for name in abc["abc_class"]])
    classes.set(
        title=worded("ABC classes"),
        ylabel=worded("share"),
        ylim=(0, 1.2 * max([1 / max(len(abc), 1), *customers, *abc["amount_share"]])),
    )
    classes.yaxis.set_major_formatter(SHARE_AXIS)
    classes.grid(visible=False, axis="x")
    parts = [
        worded(
            "class {name}: {customers}, {share} of revenue",
            name=row["abc_class"],
            customers=say.counted(row["customer_count"], "customer"),
            share=say.share(row["amount_share"]),
        )
        for row in abc.to_dict("records")
    ]
    gini_of = worded("Gini of revenue {gini}", gini=f"{gini:.3f}")
    return Drawing(drawn, worded("{parts}.", parts=say.lined_up([gini_of, *parts])))
