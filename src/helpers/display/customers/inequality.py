"""How unequal customers are in revenue: Lorenz curve, Gini coefficient, top share, ABC classes."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from helpers.display import language as say
from helpers.display.figures import SHARE_AXIS, Drawing, canvas
from helpers.display.findings import Finding, estimated
from helpers.display.theme import BLUE, FAINT, SKY, themed
from helpers.models.statistics.intervals import Estimate


def finding(top: Estimate, gini: Estimate, *, top_share: float, as_of: date, level: float) -> Finding:
    """The share of revenue that the best `top_share` of customers bring, and the Gini coefficient."""
    if say.is_missing(top.value):
        return Finding("top_share", "Nothing was earned yet, so how much hangs on how few is unknown.", n=top.n)
    value, low, high = (say.number(number, digits=3) for number in (gini.value, gini.low, gini.high))
    interval = say.interval(say.share(top.low), say.share(top.high), level=level, is_start=True)
    claim = f"The best {say.exact_share(top_share)} of customers bring {say.share(top.value)} of all revenue."
    evidence = (
        f"{interval}; to {say.day(as_of)}; the Gini coefficient is {value} ({say.interval(low, high, level=level)})."
    )
    return estimated("top_share", claim, top, "share", evidence=evidence)


@themed
def figure(curve: pd.DataFrame, abc: pd.DataFrame, *, gini: float) -> Drawing:
    """The Lorenz curve of revenue and the ABC classes.

    `curve` as `concentration.lorenz_curve` gives it: customer_share, amount_share (0 to 1). `abc` as
    `concentration.abc` gives it: abc_class, customer_count, customer_share, amount_share.
    """
    drawn, (lorenz, classes) = canvas(columns=2)
    lorenz.plot([0, 1], [0, 1], color=FAINT, linestyle="--", label="all customers equal")
    lorenz.plot(curve["customer_share"], curve["amount_share"], color=BLUE, label=f"revenue (Gini {gini:.3f})")
    lorenz.set(xlabel="customers, smallest first", ylabel="share of revenue", xlim=(0, 1), ylim=(0, 1))
    lorenz.set_title("How unequal revenue is")
    lorenz.xaxis.set_major_formatter(SHARE_AXIS)
    lorenz.yaxis.set_major_formatter(SHARE_AXIS)
    lorenz.legend(fontsize=8, loc="upper left")
    place = np.arange(len(abc))
    customers = abc["customer_share"].astype(float)
    classes.bar(place - 0.2, customers, 0.4, color=SKY, label="customers")
    classes.bar(place + 0.2, abc["amount_share"].astype(float), 0.4, color=BLUE, hatch="...", label="revenue")
    classes.set_xticks(place, [f"class {name}" for name in abc["abc_class"]])
    classes.set(
        title="ABC classes",
        ylabel="share",
        ylim=(0, 1.2 * max([1 / max(len(abc), 1), *customers, *abc["amount_share"]])),
    )
    classes.yaxis.set_major_formatter(SHARE_AXIS)
    classes.grid(visible=False, axis="x")
    classes.legend(fontsize=8)
    parts = [
        f"class {row['abc_class']}: {say.counted(row['customer_count'], 'customer')}, "
        f"{say.share(row['amount_share'])} of revenue"
        for row in abc.to_dict("records")
    ]
    return Drawing(drawn, f"{'; '.join([f'Gini of revenue {gini:.3f}', *parts])}.")
