"""What is in the baskets: items, pairs of items and who bought them, counted in integers where the order lines live.

A *basket* is an order of a customer; an *item* is a product or a category, and counts once however many of it are in
the basket. Everything here is an integer, so that no engine and no number of threads can change a digit.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date

import ibis
import pandas as pd

from helpers.days import latest_days
from helpers.features import windows

ITEM_LIMIT = 300
"""Most items whose pairs are counted, the most frequent ones: the work grows with their square."""
CANDIDATE_LIMIT = 2000
"""Most items that are recommended, those of most customers."""
SMALLEST_COUNT = 10
"""Fewest baskets of an item whose pairs are counted."""


def lines(order_items: ibis.Table, *, as_of: date, by: str) -> ibis.Table:
    """The items of each basket, each once. Cache it: everything else here starts from it.

    Parameters
    ----------
    order_items
        One row per order line: order_id, customer_id, ordered_at and the column `by`. Lines without an item are left
        out.
    as_of
        The day the report speaks from; later lines are invisible.
    by
        The column that is the item: product_id or category.

    Returns
    -------
    ibis.Table
        One row per basket and item, in no order: customer_id, order_id, item, item_count (distinct items of the
        basket, 1 or more, the rare ones too).
    """
    seen = windows.visible(order_items, as_of=as_of)
    held = seen.select("customer_id", "order_id", item=seen[by].cast("string"))
    held = held.filter(held.item.notnull()).distinct()
    return held.mutate(item_count=held.count().over(group_by=["customer_id", "order_id"]))


def frequent(lines: ibis.Table, *, item_limit: int = ITEM_LIMIT, smallest_count: int = SMALLEST_COUNT) -> ibis.Table:
    """The lines of the most frequent items: those of at least `smallest_count` baskets, `item_limit` at most.

    Which items stay depends on how often each is bought and on nothing else, so the pairs among them can be tested as
    if nothing had been chosen. Ties at the limit go to the item that comes first in the alphabet.
    """
    counted = lines.group_by("item").aggregate(order_count=lines.count())
    counted = counted.filter(counted.order_count >= smallest_count)
    ranked = counted.mutate(place=ibis.row_number().over(order_by=[counted.order_count.desc(), counted.item]))
    return lines.semi_join(ranked.filter(ranked.place < item_limit), "item")


def counts(
    lines: ibis.Table, *, item_limit: int = ITEM_LIMIT, smallest_count: int = SMALLEST_COUNT
) -> dict[str, ibis.Table]:
    """All counts that `models.segments.baskets.pairs` needs, by the name it gives them: fetch each, and hand them over.

    Returns
    -------
    dict
        sizes, item_sizes, pair_sizes, repeats, weights: see the functions of these names.
    """
    kept = frequent(lines, item_limit=item_limit, smallest_count=smallest_count)
    return {
        "sizes": sizes(lines),
        "item_sizes": item_sizes(kept),
        "pair_sizes": pair_sizes(kept),
        "repeats": repeats(kept),
        "weights": weights(kept),
    }


def sizes(lines: ibis.Table) -> ibis.Table:
    """How many baskets hold one item, two, three ...: item_count, order_count; ascending."""
    grouped = lines.group_by("item_count").aggregate(line_count=lines.count())
    # a basket of four items is four lines
    order_count = (grouped.line_count // grouped.item_count).cast("int64")
    return grouped.select("item_count", order_count=order_count).order_by("item_count")


def item_sizes(lines: ibis.Table) -> ibis.Table:
    """How many baskets of each size hold an item: item, item_count, order_count; ascending."""
    return lines.group_by("item", "item_count").aggregate(order_count=lines.count()).order_by("item", "item_count")


def pair_sizes(lines: ibis.Table) -> ibis.Table:
    """How many baskets of each size hold two items: first, second (later in the alphabet), item_count, order_count.

    Pairs that were never bought together have no row. Give it the lines of `frequent` items: a basket of n of them
    takes n (n - 1) / 2 rows of work.
    """
    both = _together(lines)
    counted = both.group_by("first", "second", "item_count").aggregate(order_count=both.count())
    return counted.order_by("first", "second", "item_count")


def repeats(lines: ibis.Table) -> ibis.Table:
    """How much of a pair's count is the same customers again.

    Returns
    -------
    ibis.Table
        One row per pair that was bought together, ascending: first, second; order_count; customer_count; square_sum
        (sum over customers of their squared number of baskets with the pair); weight_sum (sum over customers of that
        number times the customer's weight, see `weights`).
    """
    both = _together(lines)
    of_each = both.group_by("first", "second", "customer_id").aggregate(order_count=both.count())
    of_each = of_each.inner_join(_weights(lines), "customer_id")
    return (
        of_each.group_by("first", "second")
        .aggregate(
            order_count=of_each.order_count.sum().cast("int64"),
            customer_count=of_each.count(),
            square_sum=(of_each.order_count * of_each.order_count).sum().cast("int64"),
            weight_sum=(of_each.order_count * of_each.weight).sum().cast("int64"),
        )
        .select("first", "second", "order_count", "customer_count", "square_sum", "weight_sum")
        .order_by("first", "second")
    )


def weights(lines: ibis.Table) -> ibis.Table:
    """One row: the sum of the customers' weights and of their squares.

    The weight of a customer is the number of pairs of items in all their baskets: the part of any pair's count that
    one would expect of them. Columns: weight_total, weight_square_total.
    """
    of_each = _weights(lines)
    return of_each.aggregate(
        weight_total=of_each.weight.sum().cast("int64"),
        weight_square_total=(of_each.weight * of_each.weight).sum().cast("int64"),
    )


def bought(
    order_items: ibis.Table,
    *,
    as_of: date,
    by: str,
    days: int | None = None,
    customers: pd.DataFrame | None = None,
    item_limit: int | None = CANDIDATE_LIMIT,
) -> ibis.Table:
    """What each customer has bought, for recommendations.

    Parameters
    ----------
    order_items
        One row per order line: order_id, customer_id, ordered_at and the column `by`.
    as_of
        The last day that is looked at; later lines are invisible.
    by
        The column that is the item: product_id or category.
    days
        How many days up to `as_of` are looked at; all history where None.
    customers
        The customers to look at, in a column customer_id (`models.segments.recommendations.sample`); all where None.
    item_limit
        Most items, those of most customers; ties go by the alphabet. None, all of them, for held-out days: a customer
        who then bought other things only must not be missing.

    Returns
    -------
    ibis.Table
        One row per customer and item, ascending: customer_id, item, order_count (baskets with the item).
    """
    seen = order_items if days is None else windows.within(order_items, latest_days(as_of, days))
    held = lines(seen, as_of=as_of, by=by)
    if customers is not None:
        held = held.semi_join(ibis.memtable(customers[["customer_id"]]), "customer_id")
    counted = held.group_by("customer_id", "item").aggregate(order_count=held.count())
    if item_limit is None:
        return counted.order_by("customer_id", "item")
    reach = counted.group_by("item").aggregate(customer_count=counted.count())
    ranked = reach.mutate(place=ibis.row_number().over(order_by=[reach.customer_count.desc(), reach.item]))
    kept = counted.semi_join(ranked.filter(ranked.place < item_limit), "item")
    return kept.order_by("customer_id", "item")


def names(products: ibis.Table | None, *, items: Sequence[str], by: str) -> dict[str, str]:
    """What people call the items: their name where products have one, else their category and id, else their id.

    Parameters
    ----------
    products
        One row per product, or None: product_id, and name or category where delivered.
    items
        The items to name.
    by
        The column that is the item; categories are their own names.

    Returns
    -------
    dict
        The name by item; items of one name carry their ids too.
    """
    plain = {item: item for item in items}
    column = next(
        (column for column in ("name", "category") if products is not None and column in products.columns), None
    )
    if products is None or column is None or by != "product_id":
        return plain
    asked = products.filter(products.product_id.isin(list(plain)))
    rows = asked.select("product_id", text=asked[column]).to_pandas().dropna()
    name_of = dict(zip(rows["product_id"], rows["text"], strict=True))
    uses = Counter(name_of.values())
    is_own = {item: column == "name" and uses[text] == 1 for item, text in name_of.items()}
    return plain | {item: text if is_own[item] else f"{text} {item}" for item, text in name_of.items()}


def _together(lines: ibis.Table) -> ibis.Table:
    """One row per basket and pair of its items, in alphabetical order."""
    other = lines.view()
    same = [lines.customer_id == other.customer_id, lines.order_id == other.order_id, lines.item < other.item]
    joined = lines.inner_join(other, same)
    return joined.select(
        first=lines.item, second=other.item, item_count=lines.item_count, customer_id=lines.customer_id
    )


def _weights(lines: ibis.Table) -> ibis.Table:
    of_basket = lines.group_by("customer_id", "order_id").aggregate(held=lines.count())
    pairs = of_basket.mutate(pairs=of_basket.held * (of_basket.held - 1))
    return pairs.group_by("customer_id").aggregate(weight=pairs.pairs.sum().cast("int64"))
