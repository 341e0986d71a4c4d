"""What the orders of a report cover and what they hang on: days, money, and the largest customers and orders."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from math import fsum
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import ibis.expr.types as ir
import numpy as np

from helpers.contract.canonical import Tables
from helpers.contract.evidence import records
from helpers.contract.spans import DayCount
from helpers.days import as_day
from helpers.watching import Readable

if TYPE_CHECKING:
    import pandas as pd

DAYS_VARIABLE = "REGULARS_DAYS_FILE"
PURCHASES_VARIABLE = "REGULARS_PURCHASES_FILE"
"""Names the file in which a run wants to know who bought when; it is in the folder that goes with the run."""
LARGEST_COUNT = 5


class Day(NamedTuple):
    """A day with an order: its orders, the customers who ordered, and what they paid, in the report's currency."""

    day: date
    order_count: int
    purchase_count: int
    amount: float


class Month(NamedTuple):
    """A calendar month, such as 2024-11: its orders, and what was paid."""

    month: str
    order_count: int
    amount: float


class LargeCustomer(NamedTuple):
    """A customer, what they paid, and which share of all revenue that is (0 to 1)."""

    customer_id: str
    amount: float
    share: float


class LargeOrder(NamedTuple):
    """An order, its amount, and which share of all revenue that is (0 to 1)."""

    order_id: str
    customer_id: str
    day: date
    amount: float
    share: float


@dataclass(frozen=True, eq=False)
class Coverage(Readable):
    """What the orders of a report cover, in figures small enough to read.

    Attributes
    ----------
    days
        The days with an order, in order; as a frame, `daily`.
    customer_count
        How many customers ordered.
    refund_amount
        What was given back, refunds that undid an order left out.
    top_customers, top_orders
        The five with the largest amount, the largest first; as frames, `largest_customers` and `largest_orders`.
    reversed_amount, reversed_count
        The largest amount of an order that a refund undid (0 where there is none), and how many such orders there are.
    other_currency_count
        Rows in another currency than the report's, which a rule dropped.
    far_days
        The days whose orders lie far from all others.
    """

    days: tuple[Day, ...] = field(repr=False)
    customer_count: int
    refund_amount: float
    top_customers: tuple[LargeCustomer, ...] = field(repr=False)
    top_orders: tuple[LargeOrder, ...] = field(repr=False)
    reversed_amount: float = 0.0
    reversed_count: int = 0
    other_currency_count: int = 0
    far_days: tuple[DayCount, ...] = ()

    @cached_property
    def daily(self) -> pd.DataFrame:
        """A row per day with an order, in order: day (date), order_count, purchase_count, amount."""
        return _frame(Day, self.days)

    @cached_property
    def largest_customers(self) -> pd.DataFrame:
        """The five with the largest amount, the largest first: customer_id, amount, share."""
        return _frame(LargeCustomer, self.top_customers)

    @cached_property
    def largest_orders(self) -> pd.DataFrame:
        """The five with the largest amount, the largest first: order_id, customer_id, day, amount, share."""
        return _frame(LargeOrder, self.top_orders)

    @property
    def first_on(self) -> date:
        return self.days[0].day

    @property
    def last_on(self) -> date:
        return self.days[-1].day

    @property
    def revenue(self) -> float:
        return _revenue(self.days)

    @property
    def order_count(self) -> int:
        return sum(one.order_count for one in self.days)

    @property
    def day_count(self) -> int:
        """Days from the first order to the last, both included."""
        return (self.last_on - self.first_on).days + 1

    @property
    def empty_count(self) -> int:
        """Days between them without any order."""
        return self.day_count - len(self.days)

    @property
    def empty_share(self) -> float:
        """The same as a share of all days, 0 to 1."""
        return self.empty_count / self.day_count

    @property
    def months(self) -> list[Month]:
        """The calendar months from the first to the last, none left out."""
        numbers = [12 * one.day.year + one.day.month - 1 for one in self.days]
        by_month: dict[int, list[Day]] = {number: [] for number in range(numbers[0], numbers[-1] + 1)}
        for number, one in zip(numbers, self.days, strict=True):
            by_month[number].append(one)
        return [
            Month(
                f"{number // 12}-{number % 12 + 1:02}",
                sum(one.order_count for one in of),
                fsum(one.amount for one in of),
            )
            for number, of in by_month.items()
        ]


def _frame(kind: type[NamedTuple], rows: tuple[Any, ...]) -> pd.DataFrame:
    import pandas as pd  # for notebooks: whoever checks a report in a terminal does without

    return pd.DataFrame(list(rows), columns=list(kind._fields))


def measure(tables: Tables, bought: ir.Table) -> Coverage:
    """What the orders of a report cover.

    Parameters
    ----------
    tables
        The tables of the report.
    bought
        Its purchase days, of `features.purchases.purchase_days`: a row per customer and day with an order.
    """
    orders = tables.orders
    by_day = bought.group_by(day="purchased_on")
    daily = by_day.aggregate(
        order_count=bought.order_count.sum(), purchase_count=bought.count(), amount=bought.amount.sum().cast("float64")
    )
    days = tuple(Day(**row | {"day": as_day(row["day"])}) for row in records(daily.order_by("day")))
    _hand_on(days)
    _hand_on_purchases(tables.rows_with_consent(bought))
    revenue = _revenue(days)
    spent = bought.group_by("customer_id").aggregate(amount=bought.amount.sum().cast("float64"))
    single = orders.select(
        "order_id", "customer_id", day=orders.ordered_at.date(), amount=orders.amount.cast("float64")
    )
    customers = _largest(spent, ["customer_id"], revenue)
    largest = [
        row | {"day": as_day(row["day"])} for row in _largest(single, ["order_id", "customer_id", "day"], revenue)
    ]
    return Coverage(
        days=days,
        customer_count=int(spent.count().to_pyarrow().as_py()),
        refund_amount=_total(tables.refunds),
        top_customers=tuple(LargeCustomer(**row) for row in customers),
        top_orders=tuple(LargeOrder(**row) for row in largest),
        reversed_amount=_maximum(tables.reversed_orders),
        reversed_count=0 if tables.reversed_orders is None else tables.reversed_orders.count().to_pyarrow().as_py(),
        other_currency_count=tables.other_currency_count,
        far_days=tables.far_days,
    )


def _revenue(days: tuple[Day, ...]) -> float:
    return float(np.array([one.amount for one in days], dtype=float).sum())


def _hand_on(days: tuple[Day, ...]) -> None:
    """Write what came by day where a run asks for it, to judge what earlier reports forecast."""
    path = os.environ.get(DAYS_VARIABLE)
    if path:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        _frame(Day, days).to_parquet(path, index=False)


def _hand_on_purchases(bought: ir.Table) -> None:
    """Write who bought when where a run asks for it, to judge what earlier reports predicted of single customers.

    One file serves all notebooks of a run: the first writes it, whole.
    """
    path = Path(os.environ.get(PURCHASES_VARIABLE) or ".")
    if path.name and not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name(f"{path.name}.{os.getpid()}")
        bought.select("customer_id", "purchased_on", "amount").to_parquet(unfinished)
        unfinished.replace(path)


def _largest(table: ir.Table, keys: list[str], revenue: float) -> list[dict[str, Any]]:
    top = table.order_by(table.amount.desc(), *keys).limit(LARGEST_COUNT).select(*keys, "amount")
    return [row | {"share": row["amount"] / revenue if revenue else 0.0} for row in records(top)]


def _total(table: ir.Table) -> float:
    return float(table.amount.sum().to_pyarrow().as_py() or 0)


def _maximum(table: ir.Table | None) -> float:
    return 0.0 if table is None else float(table.amount.max().to_pyarrow().as_py() or 0)
