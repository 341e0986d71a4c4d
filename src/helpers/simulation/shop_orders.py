"""Orders of a shop as its till knows them: lines, postage, what became of each order, and what that comes to."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from helpers.randomness import stream
from helpers.simulation.company import simulate
from helpers.simulation.settings import Company

FATES = {"paid": 0.90, "cancelled": 0.03, "unpaid": 0.02, "refunded": 0.02, "partly refunded": 0.03}
"""What becomes of an order, and of which share of them."""
SOLD = ("paid", "refunded", "partly refunded")
"""The fates of orders that were paid."""
POSTAGE_CENTS, FREE_FROM_CENTS = 500, 10_000
FIRST_NUMBER = 1001


@dataclass(frozen=True, eq=False)
class ShopOrders:
    """What a shop sold; money in whole cents.

    A row of `orders` is an order, in the order of time: number, customer (its number), at, goods_cents, postage_cents,
    total_cents, paid_cents (zero where it was never paid), refund_cents, fate (one of FATES). A row of `lines` is a
    line of one: number, product_id, name, quantity, price_cents; the lines of an order add up to its goods.
    """

    orders: pd.DataFrame
    lines: pd.DataFrame

    def truth(self, *, counted: Collection[str] = SOLD) -> dict[str, Any]:
        """What a report on these orders must come to, where orders of these fates are counted."""
        kept = self.orders[self.orders["fate"].isin(counted)]
        days = pd.to_datetime(kept["at"])
        return {
            "order_count": len(kept),
            "customer_count": int(kept["customer"].nunique()),
            "amount": money(int(kept["paid_cents"].sum())),
            "refund_count": int((kept["refund_cents"] > 0).sum()),
            "refund_amount": money(int(kept["refund_cents"].sum())),
            "first_on": days.min().date().isoformat(),
            "last_on": days.max().date().isoformat(),
        }


def money(cents: int) -> str:
    """A sum as exports write it: 1234.50."""
    return f"{cents // 100}.{cents % 100:02d}"


def shop_orders(*, customer_count: int, seed: int) -> ShopOrders:
    """The orders of a simulated company of two years, with postage and fates; the same for the same seed."""
    company = Company(seed=seed, customer_count=customer_count, start=date(2023, 1, 1), end=date(2024, 12, 31))
    tables = simulate(company, tables=("orders", "order_items", "products")).tables
    orders = tables["orders"].to_pandas().sort_values(["ordered_at", "order_id"], ignore_index=True)
    orders["number"] = np.arange(len(orders)) + FIRST_NUMBER
    lines = _lines(tables["order_items"].to_pandas(), tables["products"].to_pandas(), orders)
    goods = lines.assign(cents=lines["quantity"] * lines["price_cents"]).groupby("number")["cents"].sum()
    draw = stream(seed, "shop_orders.fates")
    made = pd.DataFrame(
        {
            "number": orders["number"],
            "customer": orders["customer_id"].str.removeprefix("c").astype(int),
            "at": pd.to_datetime(orders["ordered_at"]).dt.floor("s"),
            "goods_cents": goods.reindex(orders["number"]).to_numpy(),
            "fate": draw.choice(list(FATES), p=list(FATES.values()), size=len(orders)),
        }
    )
    made["postage_cents"] = np.where(made["goods_cents"] < FREE_FROM_CENTS, POSTAGE_CENTS, 0)
    made["total_cents"] = made["goods_cents"] + made["postage_cents"]
    made["paid_cents"] = np.where(made["fate"].isin(SOLD), made["total_cents"], 0)
    part = (made["goods_cents"] * draw.uniform(0.2, 0.8, len(made))).astype(int)
    whole = made["fate"] == "refunded"
    made["refund_cents"] = np.where(whole, made["total_cents"], np.where(made["fate"] == "partly refunded", part, 0))
    return ShopOrders(made, lines)


def _lines(items: pd.DataFrame, products: pd.DataFrame, orders: pd.DataFrame) -> pd.DataFrame:
    """The lines of all orders, each with a price in cents that its amount is a multiple of."""
    cents = (items["amount"].astype(float) * 100).round().astype(int)
    quantity = items["quantity"].astype(float).round().astype(int).clip(lower=1)
    quantity = quantity.where(cents % quantity == 0, 1)
    numbers = orders.set_index("order_id")["number"]
    made = pd.DataFrame(
        {
            "number": items["order_id"].map(numbers),
            "product_id": items["product_id"],
            "name": items["product_id"].map(products.set_index("product_id")["name"]),
            "quantity": quantity,
            "price_cents": cents // quantity,
        }
    )
    return made.sort_values(["number", "product_id"], kind="stable", ignore_index=True)
