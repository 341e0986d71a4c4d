"""Groups of customers who behave alike: whether there are any, what sets them apart, what they are worth."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from helpers.display import language as say
from helpers.display import tables
from helpers.display.charts import cells, key_on_top
from helpers.display.figures import Drawing, canvas, empty
from helpers.display.findings import Finding, untold
from helpers.display.tables import Table
from helpers.display.theme import BLUE, FAINT, GREEN, INK, ORANGE, themed
from helpers.models.segments.groups import Groups

__all__ = ["contrasts", "features", "scores", "summary", "worth"]

KEY, NAMED_GROUPS = "groups", 4
"""The key of the finding, and how many groups a sentence names one by one."""
LONGEST = 34
FARTHEST = 1.5
"""Spreads at which the colour of a contrast is full."""
LABELS = {
    "purchases_per_month": "purchases a month",
    "days_between": "days between purchases",
    "mean_amount": "amount of an order",
    "amount_variation": "variation of amounts",
    "weekend_share": "orders at weekends",
    "evening_share": "orders from 18:00",
    "discount_share": "discount on the price",
    "items_per_order": "products in an order",
    "category_count": "categories",
    "top_category_share": "in the top category",
}


def summary(search: Groups, profile: pd.DataFrame, *, currency: str, level: float) -> Finding:
    """Which groups there are and what each is worth, or why there are none.

    A row of `profile` is a group, and one without a number the customers outside of all groups.
    """
    if not search.is_stable:
        reason = f"{search.reason[0].upper()}{search.reason[1:]}.{_searched(search)}"
        claim = "There are no stable groups of customers."
        return Finding(KEY, claim, 0, n=search.searched_count, unit="count", evidence=reason)
    groups = profile[profile["group"].notna()]
    size = int(groups["customer_count"].sum())
    known = groups[groups["customer_count"].notna()]
    named = [_described(row, currency, level) for row in known.head(NAMED_GROUPS).to_dict("records")]
    if not len(known):
        return untold(KEY, "Which groups of customers there are is")
    if len(groups) > NAMED_GROUPS:
        named.append(say.counted(len(groups) - NAMED_GROUPS, "smaller one"))
    who = say.counted(size, "customer") if len(known) == len(groups) else "Customers"
    claim = f"{who} fall into {len(groups)} stable groups."
    evidence = f"{say.listed(named)}.{_searched(search)}"
    return Finding(KEY, claim, len(groups), n=size, unit="count", evidence=evidence)


def _searched(search: Groups) -> str:
    """Among whom groups were looked for, where that is not everybody."""
    if not search.judged_count:
        return ""
    parts = []
    if search.searched_count < search.customer_count:
        which = f"{say.number(search.searched_count)} of {say.counted(search.customer_count, 'customer')}"
        parts.append(f"they were looked for among {which}, those with orders enough and nothing missing")
    if search.judged_count < search.searched_count:
        parts.append(f"how many there are was judged on a sample of {say.number(search.judged_count)}")
    if search.is_stable and search.fitted_count < search.searched_count:
        parts.append(f"they were fitted to a sample of {say.number(search.fitted_count)}, and the others assigned")
    text = "; ".join(parts)
    return f" {text[0].upper()}{text[1:]}." if text else ""


def _described(row: dict[Any, Any], currency: str, level: float) -> str:
    low, high = (say.money(row[name], currency=currency) for name in ("low", "high"))
    share = "" if say.is_missing(row["value_share"]) else f" with {say.share(row['value_share'])} of revenue"
    each = f"{say.money(row['mean_amount'], currency=currency)} each, {say.interval(low, high, level=level)}"
    return f"{say.quoted(row['name'])} ({say.counted(row['customer_count'], 'customer')}{share}, {each})"


@themed
def scores(frame: pd.DataFrame, *, n: int) -> Drawing:
    """How well customers fall into two groups, three and so on: separation against no groups, and stability.

    A row of `frame` is a number of groups tried; `n` customers were judged.
    """
    if not len(frame):
        return empty("How many groups?", "No number of groups could be tried.")
    figure, (separation, stability) = canvas(columns=2, height=3.2)
    counts = frame["group_count"]
    separation.fill_between(
        counts, frame["reference"], frame["reference_high"], color=FAINT, alpha=0.4, label="without groups (to beat)"
    )
    separation.plot(counts, frame["silhouette"], color=BLUE, marker="o", label="these customers")
    separation.set(title=f"Separation (n = {say.number(n)})", ylabel="silhouette, −1 to 1")
    stability.plot(counts, frame["agreement"], color=GREEN, marker="s", label="all groups")
    stability.plot(counts, frame["weakest"], color=ORANGE, marker="^", linestyle=":", label="weakest group")
    needed = float(frame["needed"].iloc[0])
    stability.axhline(needed, color=INK, linestyle="--", linewidth=1, label=f"needed: {needed:g}")
    lowest = min(0.0, *frame["agreement"])
    stability.set(title="Stability", ylabel="agreement of two halves, 0 to 1", ylim=(lowest - 0.03, 1.03))
    stability.set_yticks([0, 0.2, 0.4, 0.6, 0.8, 1])
    for axes in (separation, stability):
        _count_axis(axes, frame)
    return Drawing(figure, _scores_alt(frame))


def _count_axis(axes: Axes, frame: pd.DataFrame) -> None:
    marks = ["*" if is_chosen else "" for is_chosen in frame["is_chosen"]]
    axes.set_xticks(frame["group_count"], [f"{at}{mark}" for at, mark in zip(frame["group_count"], marks, strict=True)])
    axes.set_xlabel("groups tried (*: chosen)" if any(marks) else "groups tried (none chosen)")
    key_on_top(axes)


def _scores_alt(frame: pd.DataFrame) -> str:
    parts = [
        f"{row['group_count']} groups: silhouette {row['silhouette']:.2f} against {row['reference_high']:.2f} to beat, "
        f"agreement {row['agreement']:.2f}, weakest group {row['weakest']:.2f}"
        for row in frame.to_dict("records")
    ]
    return (
        f"Separation, and agreement of two halves ({frame['needed'].iloc[0]:g} needed), by number of groups. "
        f"{'; '.join(parts)}."
    )


@themed
def contrasts(frame: pd.DataFrame, profile: pd.DataFrame) -> Drawing:
    """What sets each group apart: its median of each feature, coloured by its distance from all grouped customers.

    A row of `frame` is a group and a feature; a row of `profile` a group, with its customer_count.
    """
    title = "What sets the groups apart"
    if not len(frame):
        return empty(title, "There are no stable groups to compare.")
    names = list(dict.fromkeys(frame["feature"]))
    frame = frame[frame["group"].isin(profile["group"].dropna())]
    grid = frame.pivot(index="feature", columns="group", values="difference").loc[names]
    figure, (axes,) = canvas(height=1.5 + 0.3 * len(names))
    rows = {(row["feature"], row["group"]): row for row in frame.to_dict("records")}
    texts = [[_cell(rows.get((name, group))) for group in grid.columns] for name in names]
    mesh = cells(
        axes, grid.to_numpy(dtype=float), texts=texts, limits=(-FARTHEST, FARTHEST), is_two_sided=True, size="small"
    )
    figure.colorbar(mesh, ax=axes, label="difference from all, in spreads", extend="both")
    sizes = profile.dropna(subset=["group"]).set_index("group")["customer_count"]
    heads = [f"group {group}\nn = {say.number(sizes[group])}" for group in grid.columns]
    axes.set_xticks(np.arange(len(heads)) + 0.5, heads)
    axes.set_yticks(np.arange(len(names)) + 0.5, [_label(name) for name in names])
    axes.xaxis.tick_top()
    axes.tick_params(length=0)
    axes.set_title(f"{title}: median in the feature's own unit", pad=30)  # above the two lines of the heads
    return Drawing(figure, f"{title}. {_contrasts_alt(frame)}", is_dense=True)


def _cell(row: Mapping[Hashable, Any] | None) -> str:
    """The median of a group, with an arrow where it is clearly above or below that of all."""
    if row is None:
        return ""
    is_level = _sized(row["feature"], row["median"]) == _sized(row["feature"], row["base_median"])
    sign = "" if is_level or abs(row["difference"]) < 0.5 else ("▲ " if row["difference"] > 0 else "▼ ")
    return f"{sign}{_sized(row['feature'], row['median'])}"


def _contrasts_alt(frame: pd.DataFrame) -> str:
    parts = []
    for group in frame["group"].unique():
        rows = frame[frame["group"] == group]
        best = max(rows.to_dict("records"), key=lambda row: abs(row["difference"]))
        feature = str(best["feature"])
        values = f"{_sized(feature, best['median'])} against {_sized(feature, best['base_median'])} of all"
        parts.append(f"Group {group}, {say.quoted(best['name'])}: most by {_label(feature)}, {values}")
    return f"{'; '.join(parts)}."


def worth(profile: pd.DataFrame, *, currency: str) -> Table:
    """The groups: one row each with its name, size and value; nothing where there are none."""
    shown = pd.DataFrame(
        {
            "group": ["–" if pd.isna(group) else str(group) for group in profile["group"]],
            "name": profile["name"],
            "customers": profile["customer_count"],
            "share of customers": profile["customer_share"],
            f"revenue, {currency}": profile["value_amount"],
            "share of revenue": profile["value_share"].astype(float),
            f"{currency} per customer": profile["mean_amount"],
            "from": profile["low"],
            "to": profile["high"],
        }
    )
    money: dict[str, tables.Format] = dict.fromkeys([*shown.columns[6:]], lambda value: say.number(value, digits=2))
    shares: dict[str, tables.Format] = dict.fromkeys(["share of customers", "share of revenue"], say.share)
    return tables.table(
        shown,
        caption="Groups of customers who behave alike, the largest first",
        formats={"customers": say.number, f"revenue, {currency}": say.number} | shares | money,
    )


def features(scaling: pd.DataFrame) -> Table:
    """What was compared: one row per feature with its quartiles, and how it was brought to the common scale."""
    quartiles = {"quartile_low": "lower quartile", "median": "median", "quartile_high": "upper quartile"}
    written = {
        heading: [_sized(name, value) for name, value in zip(scaling["feature"], scaling[column], strict=True)]
        for column, heading in quartiles.items()
    }
    shown = pd.DataFrame(
        {
            "feature": [_label(name) for name in scaling["feature"]],
            **written,
            "taken": scaling["treatment"],
            "held at three spreads": scaling["clipped_share"],
        }
    )
    formats: dict[str, tables.Format] = dict.fromkeys(written, str)
    return tables.table(
        shown,
        caption="What groups are looked for in; shares of orders are drawn towards the average where orders are few",
        formats=formats | {"held at three spreads": say.share},
    )


def _label(feature: str) -> str:
    if feature in LABELS:
        return LABELS[feature]
    kind = feature.removesuffix("_per_month")
    text = feature.replace("_", " ") if kind == feature else f"{kind} events a month"
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _sized(feature: str, value: float) -> str:
    """A share as a percentage; anything else with two or three digits that count."""
    if feature.endswith("_share"):
        return say.share(value)
    if say.is_missing(value) or value == 0:
        return say.number(value)
    return say.number(value, digits=max(0, 2 - math.floor(math.log10(abs(value)))) if abs(value) < 100 else 0)
