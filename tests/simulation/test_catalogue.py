"""Baskets: they sum to the cent, and what is bought together is bought together as often as planted."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from scipy.stats import binom

from helpers.schema import ORDER_ITEMS, PRODUCTS, deliverable
from helpers.simulation import buying_process, catalogue
from helpers.simulation.buying_process import orders_block
from helpers.simulation.catalogue import affinities, products
from helpers.simulation.population import population
from helpers.simulation.sales_settings import Bundle, Catalogue, Extra, Pair, Spend
from helpers.simulation.settings import Company
from tests.simulation.companies import plain

LEVEL = 0.9


def made(company: Company) -> tuple[dict[str, pa.Table], pd.DataFrame]:
    """The tables of the catalogue, and the orders."""
    people = population(company, block=0)
    orders = orders_block(company, people)
    tables = catalogue.generate(company, people, orders, block=0)[0]
    return tables, buying_process.generate(company, people, orders, block=0)[0]["orders"].to_pandas()


def joint_counts(items: pd.DataFrame, pairs: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Orders with the first, the second and both of each pair."""
    baskets = items.groupby("product_id")["order_id"].agg(set)
    first, second = [baskets[name] for name in pairs["first_id"]], [baskets[name] for name in pairs["second_id"]]
    both = [len(one & other) for one, other in zip(first, second, strict=True)]
    return np.array([len(one) for one in first]), np.array([len(one) for one in second]), np.array(both)


@pytest.mark.parametrize("spend", [Spend(), Spend(gamma_amount=4.0)], ids=["usual", "amounts below the extras"])
def test_lines_sum_to_their_order_to_the_cent(spend: Spend) -> None:
    tables, orders = made(Company(customer_count=3_000, spend=spend))
    items = tables["order_items"].to_pandas()
    totals = items.groupby("order_id")["amount"].sum()
    assert (totals[orders["order_id"]].to_numpy() == orders["amount"].to_numpy()).all()
    assert (items["quantity"] * items["unit_price"] == items["amount"]).all()
    assert (items["amount"] >= Decimal("0.01")).all()
    assert not items.duplicated(["order_id", "product_id"]).any()
    assert (items["amount"] % Decimal("0.01") == 0).all()


def test_lines_carry_their_order() -> None:
    tables, orders = made(Company(customer_count=1_000))
    joined = tables["order_items"].to_pandas().merge(orders, on="order_id", suffixes=("", "_of_order"))
    assert len(joined) == len(tables["order_items"])
    assert (joined["customer_id"] == joined["customer_id_of_order"]).all()
    assert (joined["ordered_at"] == joined["ordered_at_of_order"]).all()
    goods = products(Catalogue()).set_index("product_id")
    assert (joined["category"] == goods["category"].loc[joined["product_id"]].to_numpy()).all()
    assert (~goods["is_extra"].loc[joined["product_id"]]).groupby(joined["order_id"].to_numpy()).sum().eq(1).all()


def test_delivered_lines_sum_to_the_orders() -> None:
    tables, orders = made(Company(customer_count=1_000))
    lines = tables["order_lines"].to_pandas()
    sums = lines.groupby("order_id")[["amount", "discount_amount"]].sum().loc[orders["order_id"]].reset_index(drop=True)
    assert (sums == orders[["amount", "discount_amount"]]).all(axis=None)
    texts = ["channel", "store", "region", "coupon"]
    firsts = lines.groupby("order_id")[texts].first().loc[orders["order_id"]].reset_index(drop=True)
    pd.testing.assert_frame_equal(firsts, orders[texts], check_dtype=False)
    assert set(lines) <= set(deliverable("orders").names)


def test_tables_follow_the_schema() -> None:
    tables, _ = made(Company(customer_count=100))
    for schema in (ORDER_ITEMS, PRODUCTS):
        names = tables[schema.name].column_names
        assert names == [name for name in schema.names if name in names]
        assert {column.name for column in schema.columns if column.required} <= set(names)


def test_extras_are_in_as_many_orders_as_they_say() -> None:
    """Nine in ten of the 90 % intervals of the shares hold them, over extras and seeds."""
    inside = []
    for seed in range(6):
        tables, orders = made(plain(seed, 4_000))
        counts = tables["order_items"].to_pandas()["product_id"].value_counts()
        apart = pd.Series({extra.name: extra.share for extra in Catalogue().extras})
        bundled = affinities(Catalogue()).query("kind == 'bundle'")
        together = dict(zip(bundled["first"], bundled["first_share"], strict=True))
        together |= dict(zip(bundled["second"], bundled["second_share"], strict=True))
        shares = pd.Series(apart.to_dict() | together)
        ids = products(Catalogue()).set_index("name")["product_id"]
        low, high = binom.interval(LEVEL, len(orders), shares)
        found = counts[ids[shares.index]].to_numpy()
        inside.append((low <= found) & (found <= high))
    assert 0.82 < np.mean(inside) < 0.98


def test_planted_pairs_and_controls_are_bought_together_as_often_as_planted() -> None:
    pairs, inside, lifts = affinities(Catalogue()), [], []
    found, expected = np.zeros(len(pairs)), np.zeros(len(pairs))
    for seed in range(12):
        tables, orders = made(plain(seed, 4_000))
        first, second, both = joint_counts(tables["order_items"].to_pandas(), pairs)
        low, high = binom.interval(LEVEL, len(orders), pairs["joint_share"])
        inside.append((low <= both) & (both <= high))
        lifts.append(both * len(orders) / (first * second))
        found += both
        expected += len(orders) * pairs["joint_share"].to_numpy()
    assert 0.82 < np.mean(inside) < 0.98
    np.testing.assert_allclose(np.mean(lifts, axis=0), pairs["lift"], rtol=0.15)
    assert (np.abs(found - expected) < 3 * np.sqrt(expected)).all()
    controls = pairs["kind"] == "control"
    np.testing.assert_allclose(np.mean(lifts, axis=0)[controls], 1.0, atol=0.08)


def test_unplanted_extras_are_independent_even_of_the_amount() -> None:
    """A control is independent among large orders and among small ones alike: size does not join them."""
    pairs = affinities(Catalogue()).query("kind == 'control'")
    tables, orders = made(plain(1, 40_000))
    items = tables["order_items"].to_pandas()
    large = orders.loc[orders["amount"] > orders["amount"].median(), "order_id"]
    first, second, both = joint_counts(items[items["order_id"].isin(large)], pairs)
    expected = first * second / len(large)
    assert (np.abs(both - expected) < 3 * np.sqrt(expected)).all()


def test_the_main_product_costs_about_what_is_paid() -> None:
    tables, _ = made(Company(customer_count=3_000))
    goods = products(Catalogue()).set_index("product_id")
    items = tables["order_items"].to_pandas()
    lists = goods["price_amount"].loc[items["product_id"]].to_numpy()
    ratios = items["unit_price"].astype(float).to_numpy() / lists
    is_extra = goods["is_extra"].loc[items["product_id"]].to_numpy()
    assert (ratios[is_extra] <= 1).all()
    assert (ratios[is_extra] == 1).mean() > 0.9
    assert 0.95 < np.median(ratios[~is_extra]) < 1.05
    assert (np.abs(np.log(ratios[~is_extra])) < 0.5).mean() > 0.9


def test_products_have_two_names_and_prices_that_leave_a_margin() -> None:
    goods = products(Catalogue())
    assert goods["product_id"].is_unique
    assert goods["name"].is_unique
    assert goods["name_zh"].is_unique
    assert goods.notna().all(axis=None)
    assert goods["margin_share"].between(0, 1, inclusive="neither").all()
    table = made(Company(customer_count=10))[0]["products"].to_pandas()
    assert (table["margin"] < table["price"]).all()


def test_an_impossible_catalogue_is_refused() -> None:
    extras = (Extra("a", "甲", "snacks", 5.0, 0.4), Extra("b", "乙", "snacks", 5.0, 0.4))
    wrong = {"pairs": (Pair("a", "b", 3.0), Pair("a", "c", 1.0)), "bundles": (Bundle("x", ("b",), 0.1),)}
    with pytest.raises(ValueError, match="`catalogue` must be possible") as error:
        replace(Catalogue(), extras=extras, **wrong)
    assert "'c' is no extra; 'a' is in two pairs or bundles; 'b' is in two pairs or bundles" in str(error.value)
    assert "a lift of 3.0 of 'a' and 'b' is outside what shares allow" in str(error.value)
