"""What a person must see of their data to notice a mistake, for a terminal: `regulars check`."""

from __future__ import annotations

from collections.abc import Sequence

from helpers.contract.coverage import Coverage, LargeCustomer, LargeOrder, Month
from helpers.display import language as say
from helpers.schema.sources import OrdersSource

BARS = "▁▂▃▄▅▆▇█"
NOTHING_BAR = "·"


def facts(coverage: Coverage, *, orders: OrdersSource, currency: str) -> list[tuple[str, str]]:
    """Name and value of what the orders come to, a line each."""
    first, last = coverage.first_on, coverage.last_on
    months = coverage.months
    return [
        ("customers", say.number(coverage.customer_count)),
        ("orders", say.number(coverage.order_count)),
        ("revenue", f"{currency} {say.number(coverage.revenue, digits=2)}"),
        ("refunds", f"{currency} {say.number(coverage.refund_amount, digits=2)}"),
        ("first and last day", f"{first} to {last} ({say.counted(coverage.day_count, 'day')})"),
        ("days without orders", f"{say.number(coverage.empty_count)} ({say.share(coverage.empty_share)})"),
        ("a row is", _grain(orders)),
        ("orders by month", _monthly(months, [one.order_count for one in months])),
        ("revenue by month", _monthly(months, [one.amount for one in months])),
    ]


def _grain(orders: OrdersSource) -> str:
    if orders.grain == "order":
        return "an order"
    whose = "its order's, told on each line" if orders.amount_of == "order" else "its own"
    return f"a line of an order; the amount is {whose}"


def _monthly(months: Sequence[Month], values: Sequence[float]) -> str:
    span = f"{months[0].month} to {months[-1].month}"
    return f"{sparkline(values)}  {span}, {say.number(min(values))} to {say.number(max(values))}"


def sparkline(values: Sequence[float]) -> str:
    """A bar per value, from nothing (·) to the largest (█), so that a month without orders is seen."""
    largest = max(values, default=0)
    steps = len(BARS) - 1
    return "".join(NOTHING_BAR if value <= 0 else BARS[round(value / largest * steps)] for value in values)


def largest(rows: Sequence[LargeCustomer | LargeOrder], *, currency: str) -> list[list[str]]:
    """The largest customers or orders: what names them, their amount, and their share of revenue, all as text."""
    return [
        [*map(str, row[:-2]), f"{currency} {say.number(row.amount, digits=2)}", say.share(row.share)] for row in rows
    ]
