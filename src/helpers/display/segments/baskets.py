"""What goes together and what to recommend: the sentences, the rules, the test against simple rivals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from helpers.display import language as say
from helpers.display import tables
from helpers.display.figures import SHARE_AXIS, Drawing, canvas, empty
from helpers.display.findings import Finding, estimated
from helpers.display.tables import Table
from helpers.display.theme import BLUE, GREEN, INK, ORANGE, themed
from helpers.models.segments.baskets import Pairs
from helpers.models.segments.recommendations import NEIGHBOURS, OWN, POPULARITY, Comparison
from helpers.models.statistics.intervals import Estimate

RULES_SHOWN = 10
HOW = {NEIGHBOURS: "by what each bought before", POPULARITY: "the most popular items", OWN: "what each bought most"}
NO_LINES = "What goes together is unknown."


def no_lines(column: str) -> Finding:
    """That there are no baskets to look into, for want of order lines or of the column that is the item."""
    return Finding("goes_together", NO_LINES, n=0, evidence=f"No order lines with {column} were delivered.")


def together(
    pairs: pd.DataFrame, tested: Pairs, *, names: Mapping[str, str], false_discovery_share: float, level: float
) -> Finding:
    """How many pairs are bought together more often than chance explains, and the strongest of them.

    A row of `found` is a pair, the strongest first.
    """
    key, baskets = "goes_together", say.counted(tested.order_count, "basket")
    if tested.tested_count == 0:
        return Finding(key, f"Too few items are bought often enough to test what goes together, in {baskets}.", n=0)
    scope = (
        f"of {say.counted(tested.tested_count, 'pair')} of the {say.number(tested.item_count)} most frequent items, "
        f"tested in {baskets}"
    )
    if not len(pairs):
        return Finding(
            key, f"No pair of items goes together more often than chance explains, {scope}.", n=tested.order_count
        )
    best = pairs.to_dict("records")[0]
    one, other = (say.quoted(names.get(best[side], best[side])) for side in ("first", "second"))
    digits = 1 if best["excess_low"] >= 1.1 else 3
    excess, low, high = (say.number(best[name], digits=digits) for name in ("excess", "excess_low", "excess_high"))
    most = say.exact_share(false_discovery_share)
    sentence = (
        f"{one} and {other} stand out most: {say.counted(best['count'], 'basket')} hold both, "
        f"{excess} times the {say.number(best['expected_count'], digits=1)} expected by chance, large baskets allowed "
        f"for ({say.interval(low, high, level=level)}); {_how_many(len(pairs))} more often than chance explains, "
        f"{scope}; of such finds {most} at most should be chance."
    )
    return Finding(key, sentence, best["excess"], best["excess_low"], best["excess_high"], tested.order_count, "ratio")


def _how_many(count: int) -> str:
    return "this is the only pair bought together" if count == 1 else f"{say.number(count)} pairs are bought together"


def rules(rules: pd.DataFrame, *, names: Mapping[str, str], level: float) -> Table:
    """The strongest rules, one of each pair: a row of `rules` is a rule, both directions of a pair in a row."""
    best = rules.drop_duplicates("pair").head(RULES_SHOWN)
    bounds = [
        "{} ({} to {})".format(*(say.number(value, digits=1) for value in values))
        for values in best[["lift", "low", "high"]].itertuples(index=False)
    ]
    frame = pd.DataFrame(
        {
            "who buys": [names.get(item, item) for item in best["antecedent"]],
            "also buys": [names.get(item, item) for item in best["consequent"]],
            "baskets with both": best["count"].to_numpy(),
            "expected": best["expected_count"].to_numpy(),
            "confidence": best["confidence"].to_numpy(),
            "times expected": best["excess"].to_numpy(),
            f"plain lift ({say.exact_share(level)} interval)": bounds,
        }
    )
    shown = f"the {say.number(len(best))} strongest of {say.counted(rules['pair'].nunique(), 'pair')}"
    formats: dict[str, tables.Format] = {
        "baskets with both": say.number,
        "expected": lambda value: say.number(value, digits=1),
        "confidence": say.share,
        "times expected": lambda value: say.number(value, digits=1),
    }
    meaning = (
        "expected: by chance, large baskets allowed for; plain lift: share with it over share of all baskets, in which "
        "large baskets lift every pair"
    )
    return tables.table(frame, caption=f"Bought together, {shown}; {meaning}", formats=formats)


def recommended(comparison: Comparison, *, count: int, days: int, recommend_owned: bool, level: float) -> Finding:
    """Whether recommendations from earlier purchases beat what is simpler; said plainly where they do not.

    Its number is the smaller lead: over the most popular items, or over what each customer bought most.
    """
    methods, difference, own = comparison.methods, comparison.difference, comparison.own_difference
    key, span = "recommendations", f"the last {say.counted(days, 'day')}"
    if not difference.n:
        return Finding(
            key, f"Nobody with a history bought in {span}, so recommendations cannot be tested on what followed.", n=0
        )
    hits = methods.set_index("method")["hit_share"]
    goods = "" if recommend_owned else " that they had not bought before"
    sentence = (
        f"{_verdict(comparison)}: of {say.counted(difference.n, 'customer')} with a history who bought in {span}, "
        f"{say.share(hits['neighbours'])} bought one or more of {say.counted(count, 'item')}{goods}, chosen by what "
        f"each bought before, and {say.share(hits[POPULARITY])} one or more of the {count} most popular ones: "
        f"{_lead(difference, level)}"
    )
    if own is None:
        return estimated(key, f"{sentence}.", difference, "share")
    sentence += (
        f"; {say.share(hits[OWN])} bought one or more of the {count} that they themselves had bought most: "
        f"{_lead(own, level)}."
    )
    return estimated(key, sentence, min(own, difference, key=lambda one: one.value), "share")


def _lead(difference: Estimate, level: float) -> str:
    bounds = say.interval(_points(difference.low), _points(difference.high), level=level)
    return f"a difference of {_points(difference.value)} points ({bounds})"


def _verdict(comparison: Comparison) -> str:
    """What won, and what the lists hold where that is not ours."""
    difference, own = comparison.difference, comparison.own_difference
    rivals = "popularity" if own is None else "both popularity and what each bought most"
    hold = f"the lists hold {'what each bought most' if comparison.best == OWN else 'the popular items'}"
    if say.is_missing(difference.low):
        return f"Too few customers to test recommendations from earlier purchases, and {hold}"
    if comparison.best == NEIGHBOURS:
        return f"Recommendations from earlier purchases beat {rivals}"
    if comparison.best == POPULARITY and difference.high < 0:
        return f"Popularity wins, and {hold}"
    if comparison.best == OWN and own is not None and own.high < 0:
        return f"What each bought most wins, and {hold}"
    return f"Recommendations from earlier purchases do not surely beat {rivals}, and {hold}"


def _points(value: float) -> str:
    text = say.number(100 * value, digits=1)
    return text if text.startswith(("−", "–")) else f"+{text}"


@themed
def hit_rates(methods: pd.DataFrame, *, count: int) -> Drawing:
    """Who bought what was recommended, by each way of recommending; a row of `methods` is a way."""
    title = f"Customers who bought one or more of {say.counted(count, 'recommended item')}"
    rows: list[dict[Any, Any]] = methods.to_dict("records")
    if not rows or not rows[0]["n"]:
        return empty(title, "Nobody with a history bought in the held-out days.")
    figure, (axes,) = canvas(height=0.9 + 0.5 * len(rows))
    for place, (row, color, marker) in enumerate(zip(rows, (BLUE, ORANGE, GREEN), "osD", strict=False)):
        if not say.is_missing(row["low"]):
            axes.plot([row["low"], row["high"]], [-place, -place], color=color, linewidth=2)
        axes.plot(row["hit_share"], -place, color=color, marker=marker, markersize=8)
        axes.annotate(
            say.share(row["hit_share"]), (row["hit_share"], -place), (0, 8), textcoords="offset points", ha="center",
            color=INK,
        )  # fmt: skip
    axes.set_yticks(-np.arange(len(rows)), [HOW.get(row["method"], row["method"]) for row in rows])
    highest = max(max(row["hit_share"], row["high"] if row["high"] == row["high"] else 0) for row in rows)
    axes.set(xlim=(0, min(1.05, max(1.15 * highest, 0.05))), ylim=(-len(rows) + 0.4, 0.7))
    axes.set(title=f"{title} (n = {say.number(rows[0]['n'])})", xlabel="share of customers (line: interval)")
    axes.xaxis.set_major_formatter(SHARE_AXIS)
    axes.grid(visible=False, axis="y")
    parts = [f"{HOW.get(row['method'], row['method'])} {say.share(row['hit_share'])}" for row in rows]
    return Drawing(figure, f"{title}: {', '.join(parts)}, of {say.counted(rows[0]['n'], 'customer')}.")
