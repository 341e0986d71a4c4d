"""Exports in the layouts of shops: from `new` to the tables, and to a page, with totals equal to their truth."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from helpers.contract.loading import load
from helpers.contract.scaffolding import Answers, propose
from helpers.errors import RunError
from helpers.params import read_report
from helpers.simulation import shop_exports
from helpers.simulation.shop_exports import Layout
from helpers.simulation.shop_orders import shop_orders
from tests import commands

LAYOUTS: list[Layout] = ["shopify", "taobao", "woocommerce", "workbook"]
TAKEN = ("closed orders", "unpaid orders")


@pytest.mark.parametrize("layout", LAYOUTS)
def test_from_new_to_tables_that_equal_the_truth(layout: Layout, tmp_path: Path) -> None:
    path = shop_exports.write(layout, tmp_path / "export", customer_count=150, seed=3)
    truth = json.loads((tmp_path / "export" / "truth.json").read_text())
    asked = propose("shop", path, root=tmp_path)
    # only what it asked is answered
    answers: dict[str, Any] = {"rules": TAKEN}
    assert all(any(f"--take '{rule}'" in sentence for sentence in asked.unsure) for rule in TAKEN)
    if any("--currency" in sentence for sentence in asked.unsure):
        answers["currency"] = truth["currency"]
    if any("--time-zone" in sentence for sentence in asked.unsure):
        answers["time_zone"] = truth["time_zone"]
    (tmp_path / "shop.yml").write_text(propose("shop", path, root=tmp_path, answers=Answers(**answers)).text)
    params = read_report(tmp_path / "shop.yml").params["exploration"]
    assert params.currency == truth["currency"]
    tables = load(**params.delivery, root=tmp_path)
    orders, refunds = tables.orders.to_pandas(), tables.refunds.to_pandas()
    assert len(orders) == truth["order_count"]
    assert orders["customer_id"].nunique() == truth["customer_count"]
    assert sum(orders["amount"]) == Decimal(truth["amount"])
    assert sum(refunds["amount"], Decimal(0)) == Decimal(truth["refund_amount"])
    assert len(refunds) == truth["refund_count"]
    assert orders["ordered_at"].min().date().isoformat() == truth["first_on"]
    assert orders["ordered_at"].max().date().isoformat() == truth["last_on"]
    if tables.order_items is not None:
        assert sum(tables.order_items.to_pandas()["amount"]) == Decimal(truth["amount"])


def test_the_shop_adds_up() -> None:
    shop = shop_orders(customer_count=60, seed=3)
    goods = (shop.lines["quantity"] * shop.lines["price_cents"]).groupby(shop.lines["number"]).sum()
    assert goods.to_list() == shop.orders["goods_cents"].to_list()
    assert set(shop.orders["fate"]) <= {"paid", "cancelled", "unpaid", "refunded", "partly refunded"}
    refunded = shop.orders["fate"] == "refunded"
    assert refunded.any()
    assert (shop.orders["refund_cents"][refunded] == shop.orders["paid_cents"][refunded]).all()
    assert (shop.orders["refund_cents"] <= shop.orders["paid_cents"]).all()


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_same_seed_gives_the_same_bytes(layout: Layout, tmp_path: Path) -> None:
    first, second = (shop_exports.write(layout, tmp_path / name, customer_count=20, seed=1) for name in ("a", "b"))
    assert first.read_bytes() == second.read_bytes()
    with pytest.raises(RunError, match="must be an empty folder"):
        shop_exports.write(layout, tmp_path / "a", customer_count=20, seed=1)


@pytest.mark.slow
@pytest.mark.parametrize("layout", LAYOUTS)
def test_from_new_to_a_published_page(layout: Layout, tmp_path: Path) -> None:
    commands.succeeding("demo", "--as", layout, "--customers", 300, "--out", tmp_path / "export")
    truth = json.loads((tmp_path / "export" / "truth.json").read_text())
    answers = [part for rule in TAKEN for part in ("--take", rule)]
    answers += ["--currency", truth["currency"], *(["--time-zone", truth["time_zone"]] if truth["time_zone"] else [])]
    export = tmp_path / "export" / shop_exports.FILES[layout]
    commands.succeeding("new", "shop", "--orders", export, "--out", tmp_path / "params", *answers)
    made = tmp_path / "params" / "shop.yml"
    commands.succeeding("run", made, "--only", "exploration", "--out", tmp_path / "reports")
    manifest = json.loads(next((tmp_path / "reports").rglob("manifest.json")).read_text())
    page = next((tmp_path / "reports").rglob("exploration.html")).read_text(encoding="utf-8")
    unit = "位客户" if '<html lang="zh-Hans">' in page else "customers"
    assert f"{truth['customer_count']:,} {unit}" in page
    assert f"{truth['order_count']:,}" in page
    assert manifest
