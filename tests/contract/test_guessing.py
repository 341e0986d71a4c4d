"""Guessing columns from names and values, in English and Chinese."""

from __future__ import annotations

from typing import Any

import ibis
import pytest

from helpers.contract.column_names import name_score, plain_name
from helpers.contract.guessing import Guess, guess

DAYS = ["2025-01-01", "2025-01-02", "2025-01-02", "2025-01-05"]
PLAIN: dict[str, Any] = {"order_id": ["o1", "o2", "o3", "o4"], "date": DAYS, "amount": [5.5, 3.2, 9.0, 1.1]}


def found(columns: dict[str, Any]) -> dict[str, str]:
    return guess(ibis.memtable(columns)).names


def one(columns: dict[str, Any], canonical: str) -> Guess:
    return guess(ibis.memtable(columns)).columns[canonical]


def test_chinese_names_are_known_with_their_units_in_brackets() -> None:
    table = ibis.memtable(
        {"订单编号": ["1", "2"], "客户ID": ["a", "b"], "下单时间": DAYS[:2], "实付金额（元）": ["1.5", "2"]}
    )
    guesses = guess(table)
    assert guesses.names == {
        "order_id": "订单编号",
        "customer_id": "客户ID",
        "ordered_at": "下单时间",
        "amount": "实付金额（元）",
    }
    assert all(each.is_sure for each in guesses.columns.values())


def test_a_name_whose_values_do_not_fit_is_not_taken() -> None:
    guesses = guess(ibis.memtable({"customer": ["a", "b"], "amount": ["red", "blue"], "when": DAYS[:2]}))
    assert "amount" not in guesses.names
    assert guesses.columns["ordered_at"] == Guess("when", False)


def test_plain_names() -> None:
    assert plain_name("Order_ID ") == plain_name("orderId") == "orderid"
    assert plain_name("Email (Billing)") == "emailbilling"


# the columns that shops and market places write in their exports
HEADERS = {
    "shopify": ("Name", "Email", "Created at", "Total"),
    "woocommerce": ("Order Number", "Email (Billing)", "Order Date", "Order Total Amount"),
    "magento": ("ID", "Customer Email", "Purchase Date", "Grand Total (Purchased)"),
    "amazon": ("amazon-order-id", "buyer-email", "purchase-date", "item-price"),
    "square": ("Transaction ID", "Customer ID", "Date", "Total Collected"),
    "stripe": ("id", "Customer ID", "Created date (UTC)", "Amount"),
    "odoo": ("Order Reference", "Customer", "Creation Date", "Total"),
    "jd": ("订单号", "下单帐号", "下单时间", "订单金额"),
    "taobao": ("订单编号", "买家会员名", "订单创建时间", "买家实际支付金额"),
    "douyin": ("主订单编号", "收件人手机号", "订单成交时间", "用户实付金额(元)"),
    "excel": ("单号", "会员卡号", "日期", "实收金额"),
    "english": ("Invoice No.", "Client ID", "Invoice Date", "Amount Paid"),
}


@pytest.mark.parametrize("names", HEADERS.values(), ids=list(HEADERS))
def test_headers_of_shops_and_market_places(names: tuple[str, str, str, str]) -> None:
    values = (["#1001", "#1002", "#1003", "#1004"], ["x1", "x2", "x1", "x3"], DAYS, ["5.50", "3.20", "9.00", "1.10"])
    decoys = {
        "Subtotal": ["5.00", "3.00", "8.00", "1.00"],
        "Shipping": ["0.50", "0.20", "1.00", "0.10"],
        "Taxes": ["0.10", "0.20", "0.30", "0.40"],
        "Updated at": DAYS[::-1],
        "收货人姓名": ["张三", "李四", "张三", "王五"],
        "Billing Name": ["A B", "C D", "A B", "E F"],
        "运费": ["0.50", "0.20", "1.00", "0.10"],
        "优惠金额": ["1.50", "0.20", "1.00", "0.10"],
    }
    if "item-price" in names:
        decoys.pop("Subtotal")  # which that market place does not tell
    guesses = found(dict(zip(names, values, strict=True)) | decoys)
    wanted = dict(zip(("order_id", "customer_id", "ordered_at", "amount"), names, strict=True))
    assert {canonical: guesses[canonical] for canonical in wanted} == wanted
    assert guesses["discount_amount"] == "优惠金额"


def test_a_rate_is_no_money() -> None:
    rates = {"Sales": [14.84, 14.84, 6.0, 99.5], "Discount": [0.0, 0.4, 0.1, 0.8]}
    assert "discount_amount" not in found(PLAIN | rates)
    assert "discount_amount" not in found(PLAIN | {"Discount": ["10%", "20%", "0%", "15%"]})
    assert found(PLAIN | {"Discount": [0.0, 12.5, 1.5, 3.0]})["discount_amount"] == "Discount"


def test_a_column_with_fractions_is_no_id() -> None:
    table = PLAIN | {"customer": [10.5, 3.25, 4.0, 8.1], "email": ["a@x.org", "b@x.org", "a@x.org", "c@x.org"]}
    assert found(table)["customer_id"] == "email"


def test_a_column_of_few_values_is_no_order_id() -> None:
    many = {"Order": ["web", "shop"] * 100, "Receipt No": [f"r{n}" for n in range(200)], "date": DAYS * 50}
    assert found(many | {"customer": [f"c{n % 40}" for n in range(200)]})["order_id"] == "Receipt No"


def test_a_column_that_counts_the_rows_is_no_id() -> None:
    rows = {"序号": [1, 2, 3, 4], "订单号": ["A9", "A8", "A7", "A6"], "id": [0, 1, 2, 3]}
    assert found(rows | {"日期": DAYS, "金额": [1.5, 2.5, 3.5, 4.5]})["order_id"] == "订单号"


def test_paid_amounts_come_before_list_amounts_and_the_others_are_rivals() -> None:
    amount = one({"总金额": [9.5, 8.0], "应付金额": [9.0, 7.5], "实付金额": [8.5, 7.0], "下单时间": DAYS[:2]}, "amount")
    assert amount.column == "实付金额"
    assert set(amount.rivals) == {"总金额", "应付金额"}


def test_creation_comes_before_payment_and_payment_is_a_rival() -> None:
    at = one({"订单付款时间": DAYS, "订单创建时间": ["2024-12-31", *DAYS[1:]], "发货时间": DAYS}, "ordered_at")
    assert (at.column, at.is_sure, at.rivals) == ("订单创建时间", False, ("订单付款时间",))


def test_customer_ids_come_before_addresses_and_phones_and_names_are_none() -> None:
    contacts: dict[str, Any] = {
        "收货人姓名": ["张三", "李四", "张三", "王五"],
        "手机": ["13800000001", "13800000002", "13800000001", "13800000003"],
        "Email": ["a@x.org", "b@x.org", "a@x.org", "c@x.org"],
        "会员号": ["m1", "m2", "m1", "m1"],
    }
    for best in ("会员号", "Email", "手机"):
        assert found(PLAIN | contacts)["customer_id"] == best
        contacts.pop(best)
    assert "customer_id" not in found(PLAIN | contacts)


def test_a_rival_that_tells_the_same_is_none() -> None:
    ids = {"Name": ["#1", "#2", "#3", "#4"], "Id": [501, 502, 503, 504], "Created at": DAYS, "Paid at": DAYS}
    table = ids | {"Email": ["a@x.org"] * 2 + ["b@x.org"] * 2, "Total": [1.5, 2.5, 3.5, 4.5]}
    assert one(table, "order_id") == Guess("Name", True)
    assert one(table, "ordered_at") == Guess("Created at", True)


def test_points_and_postage_are_no_amount() -> None:
    for name in ("买家实际支付积分", "买家应付邮费", "Shipping Total", "Total Tax", "Profit", "Tip", "Lineitem price"):
        assert name_score("amount", name) == 0, name


def test_what_is_stated_is_not_guessed() -> None:
    guesses = guess(ibis.memtable(PLAIN | {"who": ["a", "b", "a", "b"]}), stated={"customer_id": "who"})
    assert guesses.columns["customer_id"] == Guess("who", True)
