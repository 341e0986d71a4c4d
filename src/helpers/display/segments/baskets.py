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
from helpers.display.wording import column_named, named, vocabulary, worded, worded_n
from helpers.models.segments.baskets import Pairs
from helpers.models.segments.recommendations import NEIGHBOURS, OWN, POPULARITY, Comparison
from helpers.models.statistics.intervals import Estimate

RULES_SHOWN = 10
HOW = dict(
    zip(
        (NEIGHBOURS, POPULARITY, OWN),
        vocabulary("by what each bought before", "the most popular items", "what each bought most"),
        strict=True,
    )
)


def no_lines(column: str) -> Finding:
    """That there are no baskets to look into, for want of order lines or of the column that is the item."""
    claim = worded("What goes together is unknown.")
    why = worded("No order lines with {column} were delivered.", column=column_named(column))
    return Finding("goes_together", claim, n=0, evidence=why)


def together(
    pairs: pd.DataFrame, tested: Pairs, *, names: Mapping[str, str], false_discovery_share: float, level: float
) -> Finding:
    """How many pairs are bought together more often than chance explains, and the strongest of them.

    A row of `found` is a pair, the strongest first.
    """
    key, baskets = "goes_together", say.counted(tested.order_count, "basket")
    if tested.tested_count == 0:
        few = worded("Too few items are bought often enough to test what goes together, in {baskets}.", baskets=baskets)
        return Finding(key, few, n=0)
    scope = worded(
        "of {pairs} of the {items} most frequent items, tested in {baskets}",
        pairs=say.counted(tested.tested_count, "pair"),
        items=say.number(tested.item_count),
        baskets=baskets,
    )
    if not len(pairs):
        none = worded("No pair of items goes together more often than chance explains.")
        return Finding(key, none, n=tested.order_count, evidence=worded("None {scope}.", scope=scope))
    best = pairs.to_dict("records")[0]
    one, other = (say.quoted(names.get(best[side], best[side])) for side in ("first", "second"))
    digits = 1 if best["excess_low"] >= 1.1 else 3
    excess, low, high = (say.number(best[name], digits=digits) for name in ("excess", "excess_low", "excess_high"))
    claim = worded(
        "{one} and {other} stand out most: bought together {excess} times as often as chance explains.",
        one=one,
        other=other,
        excess=excess,
    )
    evidence = worded(
        "{baskets} hold both, {expected} expected by chance, large baskets allowed for ({interval}); {count} {scope}; "
        "of such finds {most} at most should be chance.",
        baskets=say.counted(best["count"], "basket"),
        expected=say.number(best["expected_count"], digits=1),
        interval=say.interval(low, high, level=level),
        count=_how_many(len(pairs)),
        scope=scope,
        most=say.exact_share(false_discovery_share),
    )
    bounds = (best["excess"], best["excess_low"], best["excess_high"])
    return Finding(key, claim, *bounds, tested.order_count, "ratio", evidence)


def _how_many(count: int) -> str:
    return worded_n(
        count,
        "{count} pair is bought together more often than chance explains,",
        "{count} pairs are bought together more often than chance explains,",
        count=say.number(count),
    )


def rules(rules: pd.DataFrame, *, names: Mapping[str, str], level: float) -> Table:
    """The strongest rules, one of each pair: a row of `rules` is a rule, both directions of a pair in a row."""
    best = rules.drop_duplicates("pair").head(RULES_SHOWN)
    baskets, expected, times = worded("baskets with both"), worded("expected"), worded("times expected")
    confidence = worded("confidence")
    frame = pd.DataFrame(
        {
            worded("who buys"): [names.get(item, item) for item in best["antecedent"]],
            worded("also buys"): [names.get(item, item) for item in best["consequent"]],
            baskets: best["count"].to_numpy(),
            expected: best["expected_count"].to_numpy(),
            confidence: best["confidence"].to_numpy(),
            times: best["excess"].to_numpy(),
            worded("plain lift ({level} interval)", level=say.exact_share(level)): [
                _with_bounds(*values) for values in best[["lift", "low", "high"]].itertuples(index=False)
            ],
        }
    )
    caption = worded(
        "Bought together, the {count} strongest of {pairs}; expected: by chance, large baskets allowed for; plain "
        "lift: share with it over share of all baskets, in which large baskets lift every pair",
        count=say.number(len(best)),
        pairs=say.counted(rules["pair"].nunique(), "pair"),
    )
    formats: dict[str, tables.Format] = {baskets: say.number, confidence: say.share}
    return tables.table(frame, caption=caption, formats=formats | {expected: _tenths, times: _tenths})


def _with_bounds(value: float, low: float, high: float) -> str:
    return worded("{value} ({low} to {high})", value=_tenths(value), low=_tenths(low), high=_tenths(high))


def _tenths(value: float) -> str:
    return say.number(value, digits=1)


def recommended(comparison: Comparison, *, count: int, days: int, recommend_owned: bool, level: float) -> Finding:
    """Whether recommendations from earlier purchases beat what is simpler; said plainly where they do not.

    Its number is the smaller lead: over the most popular items, or over what each customer bought most.
    """
    methods, difference, own = comparison.methods, comparison.difference, comparison.own_difference
    key, span = "recommendations", say.counted(days, "day")
    if not difference.n:
        nobody = worded(
            "Nobody with a history bought in the last {days}, so recommendations cannot be tested on what followed.",
            days=span,
        )
        return Finding(key, nobody, n=0)
    hits = methods.set_index("method")["hit_share"]
    said = {"customers": say.counted(difference.n, "customer"), "days": span, "share": say.share(hits["neighbours"])}
    said |= {
        "items": say.counted(count, "item"),
        "popular": say.share(hits[POPULARITY]),
        "lead": _lead(difference, level),
    }
    any_goods = worded(
        "Of {customers} with a history who bought in the last {days}, {share} bought one or more of {items}, chosen by "
        "what each bought before, and {popular} one or more of as many most popular ones: {lead}",
        **said,
    )
    new_goods = worded(
        "Of {customers} with a history who bought in the last {days}, {share} bought one or more of {items} that they "
        "had not bought before, chosen by what each bought before, and {popular} one or more of as many most popular "
        "ones: {lead}",
        **said,
    )
    parts = [any_goods if recommend_owned else new_goods]
    if own is not None:
        of_own = worded(
            "{share} bought one or more of the {count} that they themselves had bought most: {lead}",
            share=say.share(hits[OWN]),
            count=count,
            lead=_lead(own, level),
        )
        parts.append(of_own)
    smaller = difference if own is None else min(own, difference, key=lambda one: one.value)
    evidence = worded("{parts}.", parts=say.lined_up(parts))
    return estimated(key, _verdict(comparison), smaller, "share", evidence=evidence)


def _lead(difference: Estimate, level: float) -> str:
    return worded(
        "a difference of {points} points ({interval})",
        points=_points(difference.value),
        interval=say.interval(_points(difference.low), _points(difference.high), level=level),
    )


def _verdict(comparison: Comparison) -> str:
    """What won, and what the lists hold where that is not ours."""
    difference, own = comparison.difference, comparison.own_difference
    popular, both = worded("popularity"), worded("both popularity and what each bought most")
    rivals = popular if own is None else both
    of_own, of_popular = worded("what each bought most"), worded("the popular items")
    held = of_own if comparison.best == OWN else of_popular
    if say.is_missing(difference.low):
        return worded(
            "Too few customers to test recommendations from earlier purchases; the lists hold {items}.", items=held
        )
    if comparison.best == NEIGHBOURS:
        return worded("Recommendations from earlier purchases beat {rivals}.", rivals=rivals)
    if comparison.best == POPULARITY and difference.high < 0:
        return worded("Popularity wins; the lists hold {items}.", items=held)
    if comparison.best == OWN and own is not None and own.high < 0:
        return worded("What each bought most wins; the lists hold it.")
    return worded(
        "Recommendations from earlier purchases do not surely beat {rivals}; the lists hold {items}.",
        rivals=rivals,
        items=held,
    )


def _points(value: float) -> str:
    text = say.number(100 * value, digits=1)
    return text if text.startswith(("−", "–")) else f"+{text}"


@themed
def hit_rates(methods: pd.DataFrame, *, count: int) -> Drawing:
    """Who bought what was recommended, by each way of recommending; a row of `methods` is a way."""
    title = worded("Customers who bought one or more of {items}", items=say.counted(count, "recommended item"))
    rows: list[dict[Any, Any]] = methods.to_dict("records")
    if not rows or not rows[0]["n"]:
        return empty(title, worded("Nobody with a history bought in the held-out days."))
    figure, (axes,) = canvas(height=0.9 + 0.5 * len(rows))
    for place, (row, color, marker) in enumerate(zip(rows, (BLUE, ORANGE, GREEN), "osD", strict=False)):
        if not say.is_missing(row["low"]):
            axes.plot([row["low"], row["high"]], [-place, -place], color=color, linewidth=2)
        axes.plot(row["hit_share"], -place, color=color, marker=marker, markersize=8)
        axes.annotate(
            say.share(row["hit_share"]), (row["hit_share"], -place), (0, 8), textcoords="offset points", ha="center",
            color=INK,
        )  # fmt: skip
    axes.set_yticks(-np.arange(len(rows)), [_how(row["method"]) for row in rows])
    highest = max(max(row["hit_share"], row["high"] if row["high"] == row["high"] else 0) for row in rows)
    axes.set(xlim=(0, min(1.05, max(1.15 * highest, 0.05))), ylim=(-len(rows) + 0.4, 0.7))
    axes.set_title(worded("{title} (n = {n})", title=title, n=say.number(rows[0]["n"])))
    axes.set_xlabel(worded("share of customers (line: interval)"))
    axes.xaxis.set_major_formatter(SHARE_AXIS)
    axes.grid(visible=False, axis="y")
    parts = [worded("{name} {share}", name=_how(row["method"]), share=say.share(row["hit_share"])) for row in rows]
    alt = worded(
        "{title}: {parts}, of {customers}.",
        title=title,
        parts=say.itemised(parts),
        customers=say.counted(rows[0]["n"], "customer"),
    )
    return Drawing(figure, alt)


def _how(method: str) -> str:
    """A way of recommending in words."""
    return named(HOW.get(method, method))
