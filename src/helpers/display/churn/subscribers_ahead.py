"""How many subscribers will be left: the projection of each plan beside what was seen, or that there is none yet."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import pandas as pd

from helpers.display import language as say
from helpers.display import tables
from helpers.display.figures import SHARE_AXIS, Drawing, canvas
from helpers.display.findings import Finding
from helpers.display.tables import Table
from helpers.display.theme import BLUE, INK, themed
from helpers.display.wording import recast, vocabulary, worded
from helpers.models.churn.projections import Projections

KEY = "churn_projection"
MOST_PANELS = 3
PROBLEMS = vocabulary(
    "{seen} renewals were seen by enough subscriptions, {need} are needed",
    "too few have left, or all leave alike",
    "renewals held out were missed",
)


def summary(made: Projections, *, level: float) -> Finding:
    """What share of the subscribers of a plan will be left; which plans cannot be projected yet, and why."""
    rows = made.summary
    unknown = rows[rows["problem"] != ""]
    why = [
        worded(
            "{plan} cannot be projected yet: {problem}",
            plan=say.quoted(row["stratum"]),
            problem=recast(row["problem"], PROBLEMS),
        )
        for row in unknown.to_dict("records")
    ]
    known = rows[rows["problem"] == ""].sort_values(["projected_share", "stratum"], kind="stable").to_dict("records")
    if not known:
        claim = worded("How many subscribers will be left further on cannot be projected yet.")
        return Finding(KEY, claim, evidence=worded("{parts}.", parts=say.lined_up(why)) if why else "")
    least, most = known[0], known[-1]
    claim = worded("Of plan {plan} {left}.", plan=say.quoted(least["stratum"]), left=_left(least))
    if len(known) > 1:
        claim = worded(
            "Of plan {least} {least_left}, of {most} {most_left}.",
            least=say.quoted(least["stratum"]),
            least_left=_left(least),
            most=say.quoted(most["stratum"]),
            most_left=_left(most),
        )
    interval = say.interval(say.share(least["low"]), say.share(least["high"]), level=level, is_start=True)
    parts = [
        worded("{interval} for {plan}", interval=interval, plan=say.quoted(least["stratum"])),
        worded("shifted beta-geometric"),
        _off(least),
        *why,
    ]
    bounds, evidence = (least["projected_share"], least["low"], least["high"]), say.lined_up(parts)
    return Finding(KEY, claim, *bounds, int(least["seen_count"]), "share", worded("{parts}.", parts=evidence))


def _left(row: dict[Hashable, Any]) -> str:
    return worded(
        "{share} will be left after {months}",
        share=say.share(row["projected_share"], digits=0),
        months=say.counted(row["last_period"], "month"),
    )


def _off(row: dict[Hashable, Any]) -> str:
    """How far the projection was off at the last renewal that was seen, as a share of all who began."""
    told = {
        "fitted": say.number(row["fitted_count"]),
        "share": say.share(abs(row["off_share"])),
        "seen": say.number(row["seen_count"]),
    }
    if row["off_share"] > 0:
        return worded("fitted to {fitted} renewals it was {share} of all high at renewal {seen}", **told)
    return worded("fitted to {fitted} renewals it was {share} of all low at renewal {seen}", **told)


def table(made: Projections) -> Table:
    """Plan by plan: how many renewals were seen, how right a projection of them was, and what it says further on."""
    rows, off = made.summary, worded("off at the last one seen")
    counts = [worded("renewals seen"), worded("learned from"), worded("at renewal")]
    shares = [worded("still subscribed"), worded("from"), worded("to")]
    shown = pd.DataFrame(
        {
            worded("plan"): rows["stratum"],
            counts[0]: rows["seen_count"],
            counts[1]: rows["fitted_count"],
            off: rows["off_share"],
            counts[2]: rows["last_period"].where(rows["problem"] == ""),
            shares[0]: rows["projected_share"],
            shares[1]: rows["low"],
            shares[2]: rows["high"],
            worded("why not"): [recast(one, PROBLEMS) if one else "" for one in rows["problem"]],
        }
    )
    formats: dict[str, tables.Format] = dict.fromkeys(counts, say.number)
    formats |= dict.fromkeys(shares, say.share)
    caption = worded("Subscribers left further on, of those who begin; a renewal a month")
    return tables.table(shown, caption=caption, formats=formats | {off: _signed})


def _signed(value: float) -> str:
    return "–" if say.is_missing(value) else f"{'+' if value > 0 else '−'}{say.share(abs(value))}"


@themed
def figure(made: Projections, *, level: float) -> Drawing:
    """For each plan what was seen, and the projected curve with its band."""
    plans = list(made.summary["stratum"])[:MOST_PANELS]
    drawn, panels = canvas(columns=len(plans), height=3.2, share_y=True)
    texts = []
    for axes, plan in zip(panels, plans, strict=True):
        rows = made.table[made.table["stratum"] == plan]
        axes.fill_between(rows["period"], rows["low"], rows["high"], color=BLUE, alpha=0.2, linewidth=0)
        axes.plot(rows["period"], rows["projected_share"], color=BLUE, linestyle="--", label=worded("projected"))
        axes.plot(rows["period"], rows["survival_share"], color=INK, marker="o", markersize=3, label=worded("seen"))
        axes.set_title(worded("{plan}, n = {n}", plan=plan, n=say.number(rows["at_risk_count"].max())))
        axes.set(xlabel=worded("renewals"), ylim=(0, 1.02))
        axes.yaxis.set_major_formatter(SHARE_AXIS)
        texts.append(_read(plan, rows.iloc[-1]))
    panels[0].set_ylabel(worded("share left (band: {level} interval)", level=say.exact_share(level)))
    panels[0].legend()
    alt = worded("Subscribers left by renewal, seen and projected: {plans}.", plans=say.lined_up(texts))
    return Drawing(drawn, alt)


def _read(plan: str, last: pd.Series) -> str:
    if say.is_missing(last["projected_share"]):
        return worded("{plan} cannot be projected yet", plan=plan)
    return worded(
        "{plan} {share} left at renewal {period}",
        plan=plan,
        share=say.share(last["projected_share"]),
        period=say.number(last["period"]),
    )
