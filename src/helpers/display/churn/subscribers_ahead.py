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
from helpers.models.churn.projections import Projections

KEY = "churn_projection"
MOST_PANELS = 3
NOT_YET = "cannot be projected yet"


def summary(made: Projections, *, level: float) -> Finding:
    """What share of the subscribers of a plan will be left; which plans cannot be projected yet, and why."""
    rows = made.summary
    unknown = rows[rows["problem"] != ""]
    why = "; ".join(f"{say.quoted(row['stratum'])} {NOT_YET}: {row['problem']}" for row in unknown.to_dict("records"))
    known = rows[rows["problem"] == ""].sort_values(["projected_share", "stratum"], kind="stable").to_dict("records")
    if not known:
        claim = "How many subscribers will be left further on cannot be projected yet."
        return Finding(KEY, claim, evidence=f"{why}." if why else "")
    least, most = known[0], known[-1]
    claim = f"Of plan {say.quoted(least['stratum'])} {_left(least)}"
    claim += f", of {say.quoted(most['stratum'])} {_left(most)}." if len(known) > 1 else "."
    interval = say.interval(say.share(least["low"]), say.share(least["high"]), level=level, is_start=True)
    learned = f"fitted to {say.number(least['fitted_count'])} renewals it was {_off(least['off_share'])}"
    parts = [
        f"{interval} for {say.quoted(least['stratum'])}",
        "shifted beta-geometric",
        f"{learned} at renewal {say.number(least['seen_count'])}",
        why,
    ]
    bounds = (least["projected_share"], least["low"], least["high"])
    return Finding(KEY, claim, *bounds, int(least["seen_count"]), "share", f"{'; '.join(filter(None, parts))}.")


def _left(row: dict[Hashable, Any]) -> str:
    return (
        f"{say.share(row['projected_share'], digits=0)} will be left after {say.counted(row['last_period'], 'month')}"
    )


def _off(share: float) -> str:
    return f"{say.share(abs(share))} of all {'high' if share > 0 else 'low'}"


def table(made: Projections) -> Table:
    """Plan by plan: how many renewals were seen, how right a projection of them was, and what it says further on."""
    rows = made.summary
    shown = pd.DataFrame(
        {
            "plan": rows["stratum"],
            "renewals seen": rows["seen_count"],
            "learned from": rows["fitted_count"],
            "off at the last one seen": rows["off_share"],
            "at renewal": rows["last_period"].where(rows["problem"] == ""),
            "left": rows["projected_share"],
            "from": rows["low"],
            "to": rows["high"],
            "": [f"{NOT_YET}: {one}" if one else "" for one in rows["problem"]],
        }
    )
    formats: dict[str, tables.Format] = dict.fromkeys(["renewals seen", "learned from", "at renewal"], say.number)
    formats |= dict.fromkeys(["left", "from", "to"], say.share) | {"off at the last one seen": _signed}
    return tables.table(
        shown, caption="Subscribers left further on, of those who begin; a renewal a month", formats=formats
    )


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
        axes.plot(rows["period"], rows["projected_share"], color=BLUE, linestyle="--", label="projected")
        axes.plot(rows["period"], rows["survival_share"], color=INK, marker="o", markersize=3, label="seen")
        axes.set(title=f"{plan}, n = {say.number(rows['at_risk_count'].max())}", xlabel="renewals", ylim=(0, 1.02))
        axes.yaxis.set_major_formatter(SHARE_AXIS)
        last = rows.iloc[-1]
        left = f"{say.share(last['projected_share'])} left at renewal {say.number(last['period'])}"
        texts.append(f"{plan} {NOT_YET if say.is_missing(last['projected_share']) else left}")
    panels[0].set_ylabel(f"share left (band: {say.exact_share(level)} interval)")
    panels[0].legend(fontsize=8)
    return Drawing(drawn, f"Subscribers left by renewal, seen and projected: {'; '.join(texts)}.")
