"""Groups of customers who behave alike: whether there are any, what sets them apart, what they are worth."""

from __future__ import annotations

import math
import re
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
from helpers.display.lines import cut
from helpers.display.tables import Table
from helpers.display.theme import BLUE, FAINT, GREEN, INK, ORANGE, themed
from helpers.display.wording import named, recast, sentences, spoken, vocabulary, worded
from helpers.models.segments.groups import Groups

__all__ = ["contrasts", "features", "scores", "summary", "worth"]

KEY, NAMED_GROUPS = "groups", 4
"""The key of the finding, and how many groups a sentence names one by one."""
LONGEST = 34
FARTHEST = 1.5
"""Spreads at which the colour of a contrast is full."""
LABELS = dict(
    zip(
        (
            "purchases_per_month",
            "days_between",
            "mean_amount",
            "amount_variation",
            "weekend_share",
            "evening_share",
            "discount_share",
            "items_per_order",
            "category_count",
            "top_category_share",
        ),
        vocabulary(
            "purchases a month",
            "days between purchases",
            "amount of an order",
            "variation of amounts",
            "orders at weekends",
            "orders from 18:00",
            "discount on the price",
            "products in an order",
            "categories",
            "in the top category",
        ),
        strict=True,
    )
)
EVENTS = vocabulary(
    "view events",
    "visit events",
    "search events",
    "add to cart events",
    "cart events",
    "checkout events",
    "open events",
    "click events",
    "share events",
    "follow events",
    "unfollow events",
)
"""Kinds of events that are often delivered."""
FEW_OR_MANY = re.compile(r"(few|many) (.+) events", re.DOTALL)
WORDS = vocabulary(
    "seldom",
    "often",
    "short pauses",
    "long pauses",
    "small orders",
    "large orders",
    "even amounts",
    "uneven amounts",
    "weekdays",
    "weekends",
    "daytime",
    "evenings",
    "full price",
    "discounts",
    "small baskets",
    "large baskets",
    "few categories",
    "many categories",
    "mixed categories",
    "one category",
    "close to the average",
    "(no group: too few orders, or something missing)",
    "low {feature}",
    "high {feature}",
)
"""Of which the model makes the names of groups."""
NUMBERED = re.compile(r"(.*?)( \(\d+\))?", re.DOTALL)
REASONS = vocabulary(
    "fewer than two of the features tell customers apart",
    "{count} of {all} customers have nothing missing, and it takes {least} to look for groups",
    "{count} of {all} customers have {orders} orders or more and nothing missing, and it takes {least} to look for "
    "groups",
    "there are fewer kinds of customers than groups to try",
    "customers differ by degree and not by kind: however many groups are tried, they lie hardly further apart than "
    "made-up customers without groups",
    "what could be cut into groups are not heaps of their own: neighbouring groups run into one another",
    "where groups lie apart (tried with {counts}), those found in one half of the customers are not those found in the "
    "other, with an agreement of {best} at best where {needed} is needed",
)
TREATMENTS = vocabulary(
    "as it is",
    "logarithm",
    "left out: the same for everybody",
    "left out: missing for {count} of {all} customers",
    "left out: moves as {feature} does",
)
"""What was done to a feature."""


def summary(search: Groups, profile: pd.DataFrame, *, currency: str, level: float) -> Finding:
    """Which groups there are and what each is worth, or why there are none.

    A row of `profile` is a group, and one without a number the customers outside of all groups.
    """
    if not search.is_stable:
        reason = recast(search.reason, REASONS)
        why = worded("{parts}.", parts=f"{reason[0].upper()}{reason[1:]}")
        claim = worded("There are no stable groups of customers.")
        evidence = sentences(why, *_searched(search))
        return Finding(KEY, claim, 0, n=search.searched_count, unit="count", evidence=evidence)
    groups = profile[profile["group"].notna()]
    size = int(groups["customer_count"].sum())
    known = groups[groups["customer_count"].notna()]
    described = [_described(row, currency, level) for row in known.head(NAMED_GROUPS).to_dict("records")]
    if not len(known):
        return untold(KEY, worded("Which groups of customers there are is"))
    if len(groups) > NAMED_GROUPS:
        described.append(say.counted(len(groups) - NAMED_GROUPS, "smaller one"))
    whole = worded(
        "{customers} fall into {count} stable groups.", customers=say.counted(size, "customer"), count=len(groups)
    )
    part = worded("Customers fall into {count} stable groups.", count=len(groups))
    evidence = sentences(worded("{parts}.", parts=say.lined_up(described)), *_searched(search))
    claim = whole if len(known) == len(groups) else part
    return Finding(KEY, claim, len(groups), n=size, unit="count", evidence=evidence)


def _searched(search: Groups) -> list[str]:
    """Among whom groups were looked for, where that is not everybody, in sentences."""
    if not search.judged_count:
        return []
    told = []
    if search.searched_count < search.customer_count:
        among = worded(
            "They were looked for among {count} of {customers}, those with orders enough and nothing missing.",
            count=say.number(search.searched_count),
            customers=say.counted(search.customer_count, "customer"),
        )
        told.append(among)
    if search.judged_count < search.searched_count:
        judged = say.number(search.judged_count)
        told.append(worded("How many there are was judged on a sample of {count}.", count=judged))
    if search.is_stable and search.fitted_count < search.searched_count:
        fitted = say.number(search.fitted_count)
        told.append(worded("They were fitted to a sample of {count}, and the others assigned.", count=fitted))
    return told


def _described(row: dict[Any, Any], currency: str, level: float) -> str:
    low, high = (say.money(row[name], currency=currency) for name in ("low", "high"))
    said = {
        "name": say.quoted(_name(row["name"])),
        "customers": say.counted(row["customer_count"], "customer"),
        "money": say.money(row["mean_amount"], currency=currency),
        "interval": say.interval(low, high, level=level),
    }
    if say.is_missing(row["value_share"]):
        return worded("{name} ({customers}, {money} each, {interval})", **said)
    share = say.share(row["value_share"])
    return worded("{name} ({customers} with {share} of revenue, {money} each, {interval})", **said, share=share)


def _name(name: str) -> str:
    """The name of a group in the language that is spoken, from the words that the model puts together."""
    if spoken() == "en":
        return name
    words, number = NUMBERED.fullmatch(name).groups()  # type: ignore[union-attr]
    whole = named(words)
    return (whole if whole != words else say.itemised([_word(word) for word in words.split(", ")])) + (number or "")


def _word(word: str) -> str:
    if not (of_events := FEW_OR_MANY.fullmatch(word)):
        return recast(word, WORDS)
    events = _events(of_events[2])
    few, many = worded("few {events}", events=events), worded("many {events}", events=events)
    return few if of_events[1] == "few" else many


def _events(kind: str) -> str:
    """Events of a kind; of one that has no name in the language that is spoken, as it is delivered."""
    events = f"{kind} events"
    return kind if spoken() != "en" and named(events) == events else named(events)


@themed
def scores(frame: pd.DataFrame, *, n: int) -> Drawing:
    """How well customers fall into two groups, three and so on: separation against no groups, and stability.

    A row of `frame` is a number of groups tried; `n` customers were judged.
    """
    if not len(frame):
        return empty(worded("How many groups?"), worded("No number of groups could be tried."))
    figure, (separation, stability) = canvas(columns=2, height=3.2)
    _separation(separation, frame, n)
    _stability(stability, frame)
    for axes in (separation, stability):
        _count_axis(axes, frame)
    return Drawing(figure, _scores_alt(frame))


def _separation(axes: Axes, frame: pd.DataFrame, n: int) -> None:
    counts, to_beat = frame["group_count"], worded("without groups (to beat)")
    axes.fill_between(counts, frame["reference"], frame["reference_high"], color=FAINT, alpha=0.4, label=to_beat)
    axes.plot(counts, frame["silhouette"], color=BLUE, marker="o", label=worded("these customers"))
    axes.set(title=worded("Separation (n = {n})", n=say.number(n)), ylabel=worded("silhouette, −1 to 1"))


def _stability(axes: Axes, frame: pd.DataFrame) -> None:
    counts, needed = frame["group_count"], float(frame["needed"].iloc[0])
    axes.plot(counts, frame["agreement"], color=GREEN, marker="s", label=worded("all groups"))
    axes.plot(counts, frame["weakest"], color=ORANGE, marker="^", linestyle=":", label=worded("weakest group"))
    label = worded("needed: {needed}", needed=f"{needed:g}")
    axes.axhline(needed, color=INK, linestyle="--", linewidth=1, label=label)
    lowest = min(0.0, *frame["agreement"])
    axes.set(title=worded("Stability"), ylabel=worded("agreement of two halves, 0 to 1"), ylim=(lowest - 0.03, 1.03))
    axes.set_yticks([0, 0.2, 0.4, 0.6, 0.8, 1])


def _count_axis(axes: Axes, frame: pd.DataFrame) -> None:
    marks = ["*" if is_chosen else "" for is_chosen in frame["is_chosen"]]
    axes.set_xticks(frame["group_count"], [f"{at}{mark}" for at, mark in zip(frame["group_count"], marks, strict=True)])
    chosen, none_chosen = worded("groups tried (*: chosen)"), worded("groups tried (none chosen)")
    axes.set_xlabel(chosen if any(marks) else none_chosen)
    key_on_top(axes)


def _scores_alt(frame: pd.DataFrame) -> str:
    parts = [
        worded(
            "{count} groups: silhouette {silhouette} against {to_beat} to beat, agreement {agreement}, weakest group "
            "{weakest}",
            count=row["group_count"],
            silhouette=say.number(row["silhouette"], digits=2),
            to_beat=say.number(row["reference_high"], digits=2),
            agreement=say.number(row["agreement"], digits=2),
            weakest=say.number(row["weakest"], digits=2),
        )
        for row in frame.to_dict("records")
    ]
    return worded(
        "Separation, and agreement of two halves ({needed} needed), by number of groups: {parts}.",
        needed=f"{frame['needed'].iloc[0]:g}",
        parts=say.lined_up(parts),
    )


@themed
def contrasts(frame: pd.DataFrame, profile: pd.DataFrame) -> Drawing:
    """What sets each group apart: its median of each feature, coloured by its distance from all grouped customers.

    A row of `frame` is a group and a feature; a row of `profile` a group, with its customer_count.
    """
    title = worded("What sets the groups apart")
    if not len(frame):
        return empty(title, worded("There are no stable groups to compare."))
    names = list(dict.fromkeys(frame["feature"]))
    frame = frame[frame["group"].isin(profile["group"].dropna())]
    grid = frame.pivot(index="feature", columns="group", values="difference").loc[names]
    figure, (axes,) = canvas(height=1.5 + 0.3 * len(names))
    rows = {(row["feature"], row["group"]): row for row in frame.to_dict("records")}
    texts = [[_cell(rows.get((name, group))) for group in grid.columns] for name in names]
    mesh = cells(
        axes, grid.to_numpy(dtype=float), texts=texts, limits=(-FARTHEST, FARTHEST), is_two_sided=True, size="small"
    )
    figure.colorbar(mesh, ax=axes, label=worded("difference from all, in spreads"), extend="both")
    sizes = profile.dropna(subset=["group"]).set_index("group")["customer_count"]
    heads = [worded("group {group}\nn = {n}", group=group, n=say.number(sizes[group])) for group in grid.columns]
    axes.set_xticks(np.arange(len(heads)) + 0.5, heads)
    axes.set_yticks(np.arange(len(names)) + 0.5, [_label(name) for name in names])
    axes.xaxis.tick_top()
    axes.tick_params(length=0)
    heading = worded("{title}: median in the feature's own unit", title=title)
    axes.set_title(heading, pad=30)  # above the two lines of the heads
    alt = worded("{title}: {parts}.", title=title, parts=_contrasts_alt(frame))
    return Drawing(figure, alt, is_dense=True)


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
        said = worded(
            "group {group}, {name}: most by {feature}, {value} against {base} of all",
            group=group,
            name=say.quoted(_name(best["name"])),
            feature=_label(feature),
            value=_sized(feature, best["median"]),
            base=_sized(feature, best["base_median"]),
        )
        parts.append(said)
    return say.lined_up(parts)


def worth(profile: pd.DataFrame, *, currency: str) -> Table:
    """The groups: one row each with its name, size and value; nothing where there are none."""
    unit = named(currency)
    customers, revenue = worded("customers"), worded("revenue, {currency}", currency=unit)
    shares = {
        worded("share of customers"): profile["customer_share"],
        worded("share of revenue"): profile["value_share"].astype(float),
    }
    money = {
        worded("{currency} per customer", currency=unit): profile["mean_amount"],
        worded("from"): profile["low"],
        worded("to"): profile["high"],
    }
    of_customers, of_revenue = shares
    columns = {
        worded("group"): ["–" if pd.isna(group) else str(group) for group in profile["group"]],
        worded("name"): [_name(name) for name in profile["name"]],
        customers: profile["customer_count"],
        of_customers: shares[of_customers],
        revenue: profile["value_amount"],
        of_revenue: shares[of_revenue],
        **money,
    }
    formats: dict[str, tables.Format] = {customers: say.number, revenue: say.number, **dict.fromkeys(shares, say.share)}
    return tables.table(
        pd.DataFrame(columns),
        caption=worded("Groups of customers who behave alike, the largest first"),
        formats=formats | dict.fromkeys(money, lambda value: say.number(value, digits=2)),
    )


def features(scaling: pd.DataFrame) -> Table:
    """What was compared: one row per feature with its quartiles, and how it was brought to the common scale."""
    quartiles = {
        "quartile_low": worded("lower quartile"),
        "median": worded("median"),
        "quartile_high": worded("upper quartile"),
    }
    written = {
        heading: [_sized(name, value) for name, value in zip(scaling["feature"], scaling[column], strict=True)]
        for column, heading in quartiles.items()
    }
    held = worded("held at three spreads")
    columns = {
        worded("feature"): [_label(name) for name in scaling["feature"]],
        **written,
        worded("taken"): [_treatment(text) for text in scaling["treatment"]],
        held: scaling["clipped_share"],
    }
    formats: dict[str, tables.Format] = dict.fromkeys(written, str)
    caption = worded(
        "What groups are looked for in; shares of orders are drawn towards the average where orders are few"
    )
    return tables.table(pd.DataFrame(columns), caption=caption, formats=formats | {held: say.share})


def _treatment(text: str) -> str:
    """What was done to a feature; the one that it moves with is called as in the table."""
    before, moves, rest = text.partition("moves as ")
    return recast(f"{before}{moves}{_label(rest.removesuffix(' does'))} does" if moves else text, TREATMENTS)


def _label(feature: str) -> str:
    if feature in LABELS:
        return named(LABELS[feature])
    kind = feature.removesuffix("_per_month").replace("_", " ")
    of_events = worded("{events} a month", events=_events(kind))
    text = of_events if feature.endswith("_per_month") else named(kind)
    return cut(text, letters=LONGEST)


def _sized(feature: str, value: float) -> str:
    """A share as a percentage; anything else with two or three digits that count."""
    if feature.endswith("_share"):
        return say.share(value)
    if say.is_missing(value) or value == 0:
        return say.number(value)
    return say.number(value, digits=max(0, 2 - math.floor(math.log10(abs(value)))) if abs(value) < 100 else 0)
