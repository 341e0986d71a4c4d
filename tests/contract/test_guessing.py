"""Guessing columns from names and values, in English and Chinese."""

from __future__ import annotations

import ibis

from helpers.contract.guessing import guess, plain_name


def test_chinese_names_are_known_with_their_units_in_brackets() -> None:
    table = ibis.memtable(
        {
            "订单编号": ["1", "2"],
            "客户ID": ["a", "b"],
            "下单时间": ["2025-01-01", "2025-01-02"],
            "实付金额（元）": ["1.5", "2"],
        }
    )
    found = guess(table)
    assert {name: each.column for name, each in found.items()} == {
        "order_id": "订单编号", "customer_id": "客户ID", "ordered_at": "下单时间", "amount": "实付金额（元）"
    }  # fmt: skip
    assert all(each.is_sure for each in found.values())


def test_a_name_whose_values_do_not_fit_is_not_taken() -> None:
    table = ibis.memtable({"customer": ["a", "b"], "amount": ["red", "blue"], "when": ["2025-01-01", "2025-01-02"]})
    found = guess(table)
    assert "amount" not in found
    assert (found["ordered_at"].column, found["ordered_at"].is_sure) == ("when", False)


def test_plain_names() -> None:
    assert plain_name("Order_ID ") == plain_name("orderId") == "orderid"
