"""What is sold: products in categories, and baskets with planted affinities, bundles and independent controls.

A basket is one main product and any of the extras. Extras enter by chance, independently of the main product, of the
customer and of the order's amount: so two extras that no pair or bundle joins have a lift of exactly one.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from helpers.randomness import stream
from helpers.schema import ORDER_ITEMS, PRODUCTS, deliverable
from helpers.simulation.arrow import coded, ids, money, table
from helpers.simulation.buying_process import OrdersBlock, order_columns
from helpers.simulation.clock import Floats
from helpers.simulation.population import Population
from helpers.simulation.sales_settings import Catalogue, Category, Pair
from helpers.simulation.settings import Company

EXTRAS_AT_MOST = 0.8
"""Share of an order's amount that extras may take; where their list prices are more, they are scaled down."""
Rows = NDArray[np.int64]


def products(catalogue: Catalogue) -> pd.DataFrame:
    """A row per product: main products by price, then extras.

    `product_id`, `name`, `name_zh`, `category`, `category_zh`, `price_amount`, `margin_share`, `is_extra`.
    """
    main = [row for category in catalogue.categories for row in _main_products(category, catalogue.variants)]
    extras = [(one.name, one.name_zh, one.category, one.price_amount, one.margin_share) for one in catalogue.extras]
    names = ["name", "name_zh", "category", "price_amount", "margin_share"]
    frame = pd.concat(
        [
            pd.DataFrame(main, columns=names).sort_values(["price_amount", "name"], ignore_index=True),
            pd.DataFrame(extras, columns=names),
        ],
        ignore_index=True,
    )
    chinese = {category.name: category.name_zh for category in catalogue.categories}
    chinese |= {"accessories": "配件", "snacks": "零食"}
    return frame.assign(
        product_id=ids("p", np.arange(1, len(frame) + 1), 4),
        category_zh=frame["category"].map(chinese),
        is_extra=np.arange(len(frame)) >= len(main),
    )


def _main_products(
    category: Category, variants: tuple[tuple[str, str], ...]
) -> list[tuple[str, str, str, float, float]]:
    """Variants rise in price by the same factor, nouns lie between them: no two prices are alike."""
    named = list(product(variants, category.nouns))
    prices = np.round(np.geomspace(*category.price_amounts, len(named)))
    return [
        (f"{variant[0]} {noun[0]}", f"{variant[1]}{noun[1]}", category.name, float(price), category.margin_share)
        for (variant, noun), price in zip(named, prices, strict=True)
    ]


def affinities(catalogue: Catalogue) -> pd.DataFrame:
    """The truth of what is bought together: a row per planted pair, control, and pair of a bundle.

    `first_id`, `second_id`, `first_share`, `second_share`, `joint_share` (of all orders), `lift`, and `kind`: affinity,
    control or bundle.
    """
    goods = products(catalogue).query("is_extra").set_index("name")["product_id"]
    share = {extra.name: extra.share for extra in catalogue.extras}
    rows = [
        (
            pair.first,
            pair.second,
            share[pair.first],
            share[pair.second],
            pair.lift * share[pair.first] * share[pair.second],
        )
        + ("control" if pair.lift == 1 else "affinity",)
        for pair in catalogue.pairs
    ]
    for bundle in catalogue.bundles:
        inside = {name: bundle.share + (1 - bundle.share) * share[name] for name in bundle.extras}
        for index, first in enumerate(bundle.extras):
            for second in bundle.extras[index + 1 :]:
                joint = bundle.share + (1 - bundle.share) * share[first] * share[second]
                rows.append((first, second, inside[first], inside[second], joint, "bundle"))
    names = ["first", "second", "first_share", "second_share", "joint_share", "kind"]
    frame = pd.DataFrame(rows, columns=names)
    return frame.assign(
        lift=frame["joint_share"] / (frame["first_share"] * frame["second_share"]),
        first_id=frame["first"].map(goods),
        second_id=frame["second"].map(goods),
    )


@dataclass(frozen=True, eq=False)
class _Lines:
    """Lines of a block's orders, in their order: order and product as indices, cents of one, and how many."""

    order_row: Rows
    product: Rows
    unit_cents: Rows
    quantity: Rows


def _lines(company: Company, orders: OrdersBlock, block: int) -> _Lines:
    rng, goods = stream(company.seed, "catalogue.baskets", block), products(company.catalogue)
    cents = np.rint(orders.amount * 100).astype(np.int64)
    main_count = int((~goods["is_extra"]).sum())
    list_cents = np.rint(goods["price_amount"].to_numpy() * 100).astype(np.int64)
    order_row, extra = _extras(company.catalogue, rng, len(orders))
    quantity = 1 + (rng.random(len(extra)) < company.catalogue.two_share).astype(np.int64)
    unit_cents = _affordable(list_cents[main_count + extra], quantity, order_row, cents)
    taken = np.bincount(order_row, weights=unit_cents * quantity, minlength=len(orders)).astype(np.int64)
    left = cents - taken
    chosen = _nearest(left, list_cents[:main_count], rng.normal(0.0, company.catalogue.price_noise, len(orders)))
    every = np.arange(len(orders))
    rows = np.concatenate([every, order_row])
    order = np.argsort(rows, kind="stable")
    return _Lines(
        order_row=rows[order],
        product=np.concatenate([chosen, main_count + extra])[order],
        unit_cents=np.concatenate([left, unit_cents])[order],
        quantity=np.concatenate([np.ones_like(every), quantity])[order],
    )


def _extras(catalogue: Catalogue, rng: np.random.Generator, order_count: int) -> tuple[Rows, Rows]:
    """Order and index of each extra that is in a basket."""
    place = {extra.name: index for index, extra in enumerate(catalogue.extras)}
    share = {extra.name: extra.share for extra in catalogue.extras}
    seconds = {pair.second: pair for pair in catalogue.pairs}
    inside: dict[str, NDArray[np.bool_]] = {}
    for name in [*(name for name in place if name not in seconds), *seconds]:
        inside[name] = rng.random(order_count, dtype=np.float32) < _chance(name, share, seconds, inside)
    for bundle in catalogue.bundles:
        together = rng.random(order_count, dtype=np.float32) < bundle.share
        for name in bundle.extras:
            inside[name] |= together
    rows = [np.flatnonzero(inside[name]) for name in place]
    return np.concatenate(rows), np.repeat(np.arange(len(rows)), [len(extras) for extras in rows])


def _chance(
    name: str, share: dict[str, float], seconds: dict[str, Pair], inside: dict[str, NDArray[np.bool_]]
) -> float | Floats:
    """Probability of an extra: of a pair's second one given the first, such that its own share stays what it is."""
    if name not in seconds:
        return share[name]
    pair = seconds[name]
    first, second = share[pair.first], share[pair.second]
    return np.where(inside[pair.first], pair.lift * second, second * (1 - pair.lift * first) / (1 - first))


def _affordable(list_cents: Rows, quantity: Rows, order_row: Rows, order_cents: Rows) -> Rows:
    """Unit prices of the extras: list prices, scaled down where they would take too much of the order."""
    total = np.bincount(order_row, weights=list_cents * quantity, minlength=len(order_cents))
    scale = np.minimum(EXTRAS_AT_MOST * order_cents / np.maximum(total, 1), 1.0)
    return np.maximum(np.floor(list_cents * scale[order_row]).astype(np.int64), 1)


def _nearest(left: Rows, prices: Rows, noise: Floats) -> Rows:
    """The main product whose list price is nearest to what is left to pay, on the log scale and with some noise."""
    bounds = (np.log(prices[1:]) + np.log(prices[:-1])) / 2
    return np.searchsorted(bounds, np.log(left) + noise)


def generate(
    company: Company, people: Population, orders: OrdersBlock, *, block: int
) -> tuple[dict[str, pa.Table], dict[str, pd.DataFrame]]:
    """The tables `products` (with block 0), `order_items` and `order_lines` of a block, and the truth.

    The lines of an order sum to its amount to the cent: extras at list price, or below it where the order is small;
    the main line is what is left. `order_lines` are orders as a shop delivers them by line, with the columns of the
    order repeated and its discount on the main line. Truth: `products` and `affinities`.
    """
    goods = products(company.catalogue)
    lines = _lines(company, orders, block)
    columns = order_columns(company, people, orders, block=block)
    of_line = {name: _take(columns[name], lines.order_row) for name in columns if name != "margin_amount"}
    is_main = np.diff(lines.order_row, prepend=-1) > 0
    nothing = pa.scalar(0, pa.decimal128(18, 4))
    of_line["discount_amount"] = pc.if_else(pa.array(is_main), of_line["discount_amount"], nothing)
    of_line |= {
        "product_id": coded(lines.product, tuple(goods["product_id"])),
        "category": coded(lines.product, tuple(goods["category"])),
        "quantity": lines.quantity,
        "unit_price": money(lines.unit_cents),
        "amount": money(lines.unit_cents * lines.quantity),
    }
    tables = {"order_items": table(ORDER_ITEMS, of_line), "order_lines": table(deliverable("orders"), of_line)}
    if block > 0:
        return tables, {}
    return {"products": _products_table(goods)} | tables, {
        "products": goods,
        "affinities": affinities(company.catalogue),
    }


def _take(values: pa.Array | NDArray[np.datetime64], rows: Rows) -> pa.Array | NDArray[np.datetime64]:
    return values.take(pa.array(rows)) if isinstance(values, pa.Array) else values[rows]


def _products_table(goods: pd.DataFrame) -> pa.Table:
    price = goods["price_amount"].to_numpy()
    columns = {"price": price, "margin": price * goods["margin_share"].to_numpy()}
    return table(PRODUCTS, columns | {name: pa.array(goods[name], pa.string()) for name in TEXTS})


TEXTS = ("product_id", "name", "category")
