"""How each customer behaves: how often, how much, on what, when, and what they do besides buying."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

import ibis

from helpers.features import joins, windows

WATCHED_DAYS = 91
"""Rates are for the time since the first order, but for these many days at least: one order in two days is no habit."""
SATURDAY, EVENING_HOUR = 6, 18
KIND_COUNT = 8
EXACT = "decimal(18, 4)"
WIDE = "decimal(38, 4)"


def per_customer(
    orders: ibis.Table, order_items: ibis.Table | None, events: ibis.Table | None, *, as_of: date
) -> ibis.Table:
    """What each customer does, in a line: the columns by which customers can be grouped.

    Parameters
    ----------
    orders
        One row per order: customer_id, ordered_at, amount; discount_amount where it was delivered.
    order_items
        One row per line of an order: customer_id, order_id, ordered_at, product_id; category where it was delivered.
        None: not delivered.
    events
        One row per event: customer_id, at, kind. None: not delivered. Its kinds are asked for at once, since each
        becomes a column.
    as_of
        The day the report speaks from; later rows are invisible, and so are customers who came later.

    Returns
    -------
    ibis.Table
        One row per customer with an order, in no order. customer_id; order_count (how much the rest rests on);
        purchases_per_month (days with an order, per month of 30.4 days since the first order, which counts for 91 days
        at least); days_between (mean pause between days with an order; missing with one); mean_amount (currency, of an
        order); amount_variation (standard deviation of the orders' amounts over their mean, 0 or more; missing with
        one order or without revenue); weekend_share (of orders, Saturday and Sunday, 0 to 1). Where the orders have a
        time of day: evening_share (of orders, from 18:00 on). Where they have a discount_amount: discount_share (of
        the price before discount; missing where that is 0). Where there are lines: items_per_order (different products
        of an order); where these have a category: category_count, top_category_share (of the customer's items, in the
        category they buy most). For each kind of event: <kind>_per_month (since the first order, as above; 0 where
        nothing happened; other_<kind>_per_month where that name is taken). Rates count from the first order to `as_of`:
        they fall for customers who have left.
    """
    seen = windows.visible(orders, as_of=as_of)
    day = windows.day_of(seen.ordered_at)
    # as in `purchases`: a day counts where the order before was on another; to count different days takes more memory
    seen = seen.mutate(earlier_on=day.lag().over(group_by=seen.customer_id, order_by=day))
    base = seen.group_by("customer_id").aggregate(**_sums(seen))
    days = windows.days_between(base.first_on, ibis.literal(as_of)).cast("int64") + 1
    base = base.mutate(months=windows.in_unit(ibis.greatest(days, WATCHED_DAYS), "months"))
    habits = base.select("customer_id", "order_count", "first_on", "months", **_habits(base))
    if order_items is not None:
        habits = joins.beside(habits, _baskets(windows.visible(order_items, as_of=as_of)), "customer_id")
    if events is not None:
        habits = _with_rates(habits, events, as_of=as_of)
    return habits.drop("first_on", "months")


def event_kinds(events: ibis.Table, *, as_of: date) -> list[str]:
    """The kinds of events up to `as_of`, the most frequent first, eight at most; asked of the engine at once."""
    seen = windows.visible(events.filter(events.kind.notnull()), as_of=as_of, column="at")
    counted = seen.group_by("kind").aggregate(event_count=seen.count())
    first = counted.order_by(counted.event_count.desc(), counted.kind).limit(KIND_COUNT)
    return [str(row["kind"]) for row in first.to_pyarrow().to_pylist()]


def _sums(seen: ibis.Table) -> dict[str, Any]:
    """All that is summed over a customer's orders: whole numbers and decimals, whose sum no order can change."""
    day, exact = windows.day_of(seen.ordered_at), seen.amount.cast(EXACT)
    sums = {
        "order_count": seen.count(),
        "first_on": day.min(),
        "_last_on": day.max(),
        "_day_count": _count(seen.earlier_on.isnull() | (seen.earlier_on != day)),
        "_amount": exact.sum(),
        # a product of two decimals of 18 digits is too narrow for large orders; equal floats round to equal decimals
        "_squares": (_double(exact) * _double(exact)).cast(WIDE).sum(),
        "_is_even": exact.min() == exact.max(),
        "_weekend_count": _count(windows.weekday_of(seen.ordered_at) >= SATURDAY),
    }
    if not seen.ordered_at.type().is_date():
        sums["_evening_count"] = _count(windows.hour_of(seen.ordered_at) >= EVENING_HOUR)
    if "discount_amount" in seen.columns:
        sums["_discount"] = seen.discount_amount.cast(EXACT).fill_null(ibis.literal(0).cast(EXACT)).sum()
    return sums


def _habits(sums: ibis.Table) -> dict[str, Any]:
    """The columns made from the sums over a customer's orders."""
    orders, pauses = _double(sums.order_count), _double(sums._day_count - 1)
    span = _double(windows.days_between(sums.first_on, sums._last_on))
    habits = {
        "purchases_per_month": _double(sums._day_count) / sums.months,
        "days_between": span / pauses.nullif(0.0),
        "mean_amount": _double(sums._amount) / orders,
        "amount_variation": _variation(sums),
        "weekend_share": _double(sums._weekend_count) / orders,
    }
    if "_evening_count" in sums.columns:
        habits["evening_share"] = _double(sums._evening_count) / orders
    if "_discount" in sums.columns:
        price = _double(sums._amount) + _double(sums._discount)
        habits["discount_share"] = _double(sums._discount) / price.nullif(0.0)
    return habits


def _variation(sums: ibis.Table) -> Any:
    orders, amount = _double(sums.order_count), _double(sums._amount)
    squares = ibis.greatest(_double(sums._squares) - amount * amount / orders, 0.0)
    deviation = (squares / (orders - 1.0).nullif(0.0)).sqrt()
    # equal amounts: the difference of two large sums is not quite 0
    even = ibis.ifelse(sums._is_even & (sums.order_count > 1), 0.0, deviation)
    return even / (amount / orders).nullif(0.0)


def _baskets(items: ibis.Table) -> ibis.Table:
    """One row per customer: how many different products an order has, and how they spread over the categories."""
    keys = ["customer_id", "order_id", "product_id"]
    has_category = "category" in items.columns
    products = items.group_by(keys).aggregate(category=items.category.min() if has_category else items.count())
    counts = products.group_by("customer_id").aggregate(items=products.count(), orders=products.order_id.nunique())
    baskets = counts.select("customer_id", items_per_order=_double(counts["items"]) / _double(counts.orders))
    if not has_category:
        return baskets
    named = products.filter(products.category.notnull())
    parts = named.group_by(["customer_id", "category"]).aggregate(part=named.count())
    spread = parts.group_by("customer_id").aggregate(
        category_count=parts.count(), top_category_share=_double(parts.part.max()) / _double(parts.part.sum())
    )
    return joins.beside(baskets, spread, "customer_id")


def _with_rates(habits: ibis.Table, events: ibis.Table, *, as_of: date) -> ibis.Table:
    kinds = event_kinds(events, as_of=as_of)
    if not kinds:
        return habits
    seen = windows.visible(events, as_of=as_of, column="at")
    seen = seen.inner_join(habits.select("customer_id", "first_on"), "customer_id")
    seen = seen.filter(windows.day_of(seen["at"]) >= seen.first_on)
    names = _rate_names(kinds, taken=habits.columns)
    counts = seen.group_by("customer_id").aggregate(**{names[kind]: _count(seen.kind == kind) for kind in kinds})
    joined = joins.beside(habits, counts, "customer_id")
    rates = {name: _double(joined[name].fill_null(0)) / joined.months for name in names.values()}
    return joined.mutate(**rates)


def _rate_names(kinds: list[str], *, taken: Iterable[str]) -> dict[str, str]:
    """The column of each kind; engines read `Visit` and `visit` as one name, so the rarer of two gets another."""
    names: dict[str, str] = {}
    used = {name.casefold() for name in taken}
    for kind in kinds:
        name = f"{kind}_per_month"
        while name.casefold() in used:
            name = f"other_{name}"
        names[kind] = name
        used.add(name.casefold())
    return names


def _count(condition: Any) -> Any:
    return condition.ifelse(1, 0).cast("int64").sum()


def _double(number: Any) -> Any:
    return number.cast("float64")
