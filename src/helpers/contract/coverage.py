"""What the orders of a report cover and what they hang on: days, money, and the largest customers and orders."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import ibis.expr.types as ir
import pandas as pd

from helpers.contract.canonical import Tables
from helpers.watching import Readable

DAYS_VARIABLE = "REGULARS_DAYS_FILE"
PURCHASES_VARIABLE = "REGULARS_PURCHASES_FILE"
"""Names the file in which a run wants to know who bought when; it is in the folder that goes with the run."""
LARGEST_COUNT = 5
NO_DAYS = pd.DataFrame({"day": [], "order_count": []})


@dataclass(frozen=True, eq=False)
class Coverage(Readable):
    """What the orders of a report cover, in figures small enough to read.

    Attributes
    ----------
    daily
        A row per day with an order, in order: day (date), order_count, purchase_count (customers who ordered
        that day), amount (float, currency of the report).
    customer_count
        How many customers ordered.
    refund_amount
        What was given back, refunds that undid an order left out.
    largest_customers, largest_orders
        The five with the largest amount, the largest first: customer_id (and order_id, day), amount, share (0 to 1, of
        all revenue).
    reversed_amount, reversed_count
        The largest amount of an order that a refund undid (0 where there is none), and how many such orders there are.
    other_currency_count
        Rows in another currency than the report's, which a rule dropped.
    far_days
        The days whose orders lie far from all others: day (date), order_count.
    """

    daily: pd.DataFrame
    customer_count: int
    refund_amount: float
    largest_customers: pd.DataFrame
    largest_orders: pd.DataFrame
    reversed_amount: float
    reversed_count: int
    other_currency_count: int
    far_days: pd.DataFrame

    @property
    def revenue(self) -> float:
        return float(self.daily["amount"].sum())

    @property
    def order_count(self) -> int:
        return int(self.daily["order_count"].sum())

    @property
    def day_count(self) -> int:
        """Days from the first order to the last, both included."""
        return (self.daily["day"].iloc[-1] - self.daily["day"].iloc[0]).days + 1

    @property
    def empty_count(self) -> int:
        """Days between them without any order."""
        return self.day_count - len(self.daily)

    @property
    def empty_share(self) -> float:
        """The same as a share of all days, 0 to 1."""
        return self.empty_count / self.day_count

    @property
    def monthly(self) -> pd.DataFrame:
        """A row per calendar month from the first to the last, none left out: month (Period), order_count, amount."""
        months = pd.PeriodIndex(pd.to_datetime(self.daily["day"]), freq="M")
        sums = self.daily[["order_count", "amount"]].groupby(months).sum()
        every = pd.period_range(months.min(), months.max(), freq="M", name="month")
        return sums.reindex(every, fill_value=0).reset_index()


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
    days = _with_dates(daily.order_by("day").to_pandas())
    _hand_on(days)
    _hand_on_purchases(tables.rows_with_consent(bought))
    revenue = float(days["amount"].sum())
    spent = bought.group_by("customer_id").aggregate(amount=bought.amount.sum().cast("float64"))
    single = orders.select(
        "order_id", "customer_id", day=orders.ordered_at.date(), amount=orders.amount.cast("float64")
    )
    return Coverage(
        daily=days,
        customer_count=int(spent.count().to_pyarrow().as_py()),
        refund_amount=_total(tables.refunds),
        largest_customers=_largest(spent, ["customer_id"], revenue),
        largest_orders=_largest(single, ["order_id", "customer_id", "day"], revenue),
        reversed_amount=_maximum(tables.reversed_orders),
        reversed_count=0 if tables.reversed_orders is None else tables.reversed_orders.count().to_pyarrow().as_py(),
        other_currency_count=tables.other_currency_count,
        far_days=NO_DAYS if tables.far_days is None else tables.far_days,
    )


def _hand_on(days: pd.DataFrame) -> None:
    """Write what came by day where a run asks for it, to judge what earlier reports forecast."""
    path = os.environ.get(DAYS_VARIABLE)
    if path:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        days.to_parquet(path, index=False)


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


def _largest(table: ir.Table, keys: list[str], revenue: float) -> pd.DataFrame:
    top = table.order_by(table.amount.desc(), *keys).limit(LARGEST_COUNT).select(*keys, "amount").to_pandas()
    top = top.assign(share=top["amount"] / revenue if revenue else 0.0)
    return _with_dates(top) if "day" in keys else top


def _with_dates(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(day=pd.to_datetime(frame["day"]).dt.date)


def _total(table: ir.Table) -> float:
    return float(table.amount.sum().to_pyarrow().as_py() or 0)


def _maximum(table: ir.Table | None) -> float:
    return 0.0 if table is None else float(table.amount.max().to_pyarrow().as_py() or 0)
