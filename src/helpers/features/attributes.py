"""Who the customers of a segment are: counts by region, age band, channel and category, as Ibis expressions.

What is known of the customer, such as a region, is one level each. What is known of orders or lines, such as a
category, can be several levels, and each customer is divided over theirs: who buys often has bought of everything, so
that counting who ever did would tell who buys often, and nothing of taste.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import ibis

from helpers.features import windows
from helpers.features.dimensions import OTHERS

EXACT = "decimal(38, 4)"
WHOLE = 100_000
"""Parts of a customer: whole numbers, whose sums no engine and no number of threads changes."""
AGE_BAND, BIRTH_YEAR = "age_band", "birth_year"
AGE_STARTS = (25, 35, 45, 55, 65)
OLDEST = 110
COUNTS = {
    "attribute": "string",
    "segment": "string",
    "level": "string",
    "segment_count": "int64",
    "known_count": "int64",
    "customer_count": "int64",
    "part_sum": "int64",
    "part_square_sum": "int64",
    "value_amount": EXACT,
}


def levels(
    orders: ibis.Table,
    order_items: ibis.Table | None,
    customers: ibis.Table | None,
    *,
    as_of: date,
    columns: Iterable[str],
) -> dict[str, ibis.Table]:
    """For each attribute that was delivered, the levels of each customer.

    Parameters
    ----------
    orders
        One row per order: customer_id, ordered_at, and columns such as channel.
    order_items
        One row per line of an order, with category, or None.
    customers
        One row per customer, with columns such as region, or None. It is asked before the orders: where customers live
        and where they order may both be called region.
    as_of
        The day the report speaks from; later orders are invisible.
    columns
        Names to look for. `age_band` is made of `birth_year` where only that was delivered.

    Returns
    -------
    dict
        Column name to a table, in the order of `columns`; what nobody delivered is left out. A row of a table is a
        customer and a level of theirs, in no order: customer_id, level (text), part (1 to 100,000: how much of the
        customer; all of it for what is known of the customer). Who has no row is not known.
    """
    people = None if customers is None else _with_age_band(customers, as_of=as_of)
    by_column: dict[str, ibis.Table] = {}
    for column in columns:
        if people is not None and column in people.columns:
            stated = people.select("customer_id", level=people[column].cast("string"))
            by_column[column] = stated.filter(stated.level.notnull()).mutate(part=ibis.literal(WHOLE, type="int64"))
            continue
        if column in orders.columns:
            by_column[column] = divided_orders(orders, as_of=as_of, by=column)
        elif order_items is not None and column in order_items.columns:
            by_column[column] = divided(order_items, as_of=as_of, by=column)
    return by_column


def divided(lines: ibis.Table, *, as_of: date, by: str) -> ibis.Table:
    """Each customer divided over the levels of a column: evenly over their orders, and each order over its rows.

    Parameters
    ----------
    lines
        One row per order or line: customer_id, order_id, ordered_at, and the column `by`.
    as_of
        The day the report speaks from; later rows are invisible.
    by
        The column, such as category or channel. Rows that name no level are left out.

    Returns
    -------
    ibis.Table
        One row per customer and level, in no order: customer_id, level (text), part (parts of 100,000, rounded down;
        what the rounding left out is less than two parts a level).

    Notes
    -----
    Where orders are alike whoever places them, the mean part of the frequent buyers is that of the others. Neither
    counting who ever had a level, nor its share of all lines of a customer, is so.
    """
    seen = windows.visible(lines, as_of=as_of)
    seen = seen.select("customer_id", "order_id", level=seen[by].cast("string"))
    seen = seen.filter(seen.level.notnull())
    rows = seen.group_by("customer_id", "order_id", "level").aggregate(row_count=seen.count())
    order_rows = rows.row_count.sum().over(group_by=[rows.customer_id, rows.order_id])
    rows = rows.mutate(order_part=(rows.row_count * WHOLE) // order_rows)
    by_level = rows.group_by("customer_id", "level").aggregate(order_parts=rows.order_part.sum())
    orders = seen.group_by("customer_id").aggregate(order_count=seen.order_id.nunique())
    joined = by_level.inner_join(orders, "customer_id")
    return joined.select("customer_id", "level", part=joined.order_parts // joined.order_count)


def divided_orders(orders: ibis.Table, *, as_of: date, by: str) -> ibis.Table:
    """Each customer divided evenly over their orders, where a row is an order: what `divided` gives, in one pass.

    Parameters
    ----------
    orders
        One row per order: customer_id, ordered_at, and the column `by`.
    as_of
        The day the report speaks from; later orders are invisible.
    by
        The column, such as channel. Orders that name no level are left out.

    Returns
    -------
    ibis.Table
        As that of `divided`.
    """
    seen = windows.visible(orders, as_of=as_of)
    seen = seen.select("customer_id", level=seen[by].cast("string"))
    seen = seen.filter(seen.level.notnull())
    by_level = seen.group_by("customer_id", "level").aggregate(level_count=seen.count())
    customers = by_level.group_by("customer_id").aggregate(order_count=by_level.level_count.sum())
    joined = by_level.inner_join(customers, "customer_id")
    return joined.select("customer_id", "level", part=(joined.level_count * WHOLE) // joined.order_count)


def age_band(birth_year: Any, *, as_of: date) -> Any:
    """The age that is reached in the year of `as_of`, in bands of ten years; missing where nobody is so old.

    Under 25, 25–34, 35–44, 45–54, 55–64, 65 and over. A year of birth tells an age to a year only: of those at the
    lower edge of a band, some have their birthday still before them.
    """
    age = ibis.literal(as_of.year, type="int64") - birth_year.cast("int64")
    names = ["under 25", *(f"{start}–{start + 9}" for start in AGE_STARTS[:-1])]
    bands = [(age < end, name) for end, name in zip(AGE_STARTS, names, strict=True)]
    nobody = age.isnull() | (age < 0) | (age > OLDEST)
    return ibis.cases((nobody, ibis.null("string")), *bands, else_=f"{AGE_STARTS[-1]} and over")


def counts(
    members: ibis.Table, *, levels: Mapping[str, ibis.Table], level_count: int = 12, smallest_cell: int = 10
) -> ibis.Table:
    """How many customers of each segment have each level of each attribute, and what they are worth.

    Parameters
    ----------
    members
        One row per customer: customer_id, segment (text), value_amount. Customers without a segment are left out.
    levels
        Attribute to a table of customer_id, level and part, as `levels` gives it.
    level_count
        Levels of an attribute that keep their name: those with most customers (ties by name).
    smallest_cell
        Levels with fewer customers lose their name too. Both are gathered as "all others", if there are any.

    Returns
    -------
    ibis.Table
        One row per attribute, segment and level that occurs, in that order: attribute; segment; level; segment_count
        (customers of the segment); known_count (of these, the ones with a level of this attribute); customer_count
        (who have this level: over the levels they sum to known_count, or to more where customers have several);
        part_sum (the same with each customer divided, in parts of 100,000 customers); part_square_sum (sum of the
        squares of the customers' parts); value_amount (of the customers counted, a decimal).
    """
    known = members.filter(members.segment.notnull())
    # through 18 digits: money that came by way of pandas is the float nearest to its decimal
    known = known.select("customer_id", "segment", value_amount=known.value_amount.cast("decimal(18, 4)").cast(EXACT))
    sizes = known.group_by("segment").aggregate(segment_count=known.count())
    parts = [_counted(_gathered(known, each, level_count, smallest_cell), sizes, name) for name, each in levels.items()]
    if not parts:
        return known.filter(ibis.literal(False)).select(**{name: ibis.null(kind) for name, kind in COUNTS.items()})
    table = parts[0] if len(parts) == 1 else ibis.union(*parts, distinct=False)
    return table.order_by("attribute", "segment", "level")


def _gathered(members: ibis.Table, levels: ibis.Table, level_count: int, smallest_cell: int) -> ibis.Table:
    """Members by level, a row per customer and level, small levels gathered; who has no level is left out."""
    joined = members.inner_join(levels, "customer_id")
    joined = joined.select("customer_id", "segment", "value_amount", "level", "part")
    sizes = joined.group_by("level").aggregate(level_size=joined.count())
    by_size = ibis.window(order_by=[sizes.level_size.desc(), sizes.level])
    ranked = sizes.mutate(place=ibis.row_number().over(by_size))
    is_kept = (ranked.place < level_count) & (ranked.level_size >= smallest_cell)
    names = ranked.select(level="level", name=ibis.ifelse(is_kept, ranked.level, OTHERS))
    named = joined.inner_join(names, "level").drop("level").rename(level="name")
    keys = ["customer_id", "segment", "level", "value_amount"]
    return named.group_by(keys).aggregate(part=named.part.sum())


def _counted(by_level: ibis.Table, sizes: ibis.Table, attribute: str) -> ibis.Table:
    grouped = by_level.group_by("segment", "level").aggregate(
        customer_count=by_level.count(),
        part_sum=by_level.part.sum(),
        part_square_sum=(by_level.part * by_level.part).sum(),
        value_amount=by_level.value_amount.sum().cast(EXACT),
    )
    known = by_level.group_by("segment").aggregate(known_count=by_level.customer_id.nunique())
    known_counts = grouped.inner_join(sizes, "segment").inner_join(known, "segment")
    return known_counts.mutate(attribute=ibis.literal(attribute)).select(*COUNTS)


def _with_age_band(customers: ibis.Table, *, as_of: date) -> ibis.Table:
    if AGE_BAND in customers.columns or BIRTH_YEAR not in customers.columns:
        return customers
    return customers.mutate(**{AGE_BAND: age_band(customers[BIRTH_YEAR], as_of=as_of)})
