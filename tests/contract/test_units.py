"""Units of money in names of columns: what multiplies, and what only looks as if it did."""

from __future__ import annotations

from decimal import Decimal

import pytest

from helpers.contract.units import allows, currencies_of, unit, unit_of_header


@pytest.mark.parametrize(
    ("name", "factor", "words"),
    [
        ("订单金额（万元）", "10000", "ten thousand yuan"),
        ("订单金额（单位：万元）", "10000", "ten thousand yuan"),
        ("金额（含税，万元）", "10000", "ten thousand yuan"),
        ("金额/千元", "1000", "thousand yuan"),
        ("金额万元", "10000", "ten thousand yuan"),
        ("销售额（百万）", "1000000", "million"),
        ("销售额（亿元）", "100000000", "hundred million yuan"),
        ("金额（百万美元）", "1000000", "million USD"),
        ("金额(元)", "1", "yuan"),
        ("实付金额（角）", "0.1", "tenths of a yuan"),
        ("支付金额_分", "0.01", "hundredths of a yuan"),
        ("amount_cents", "0.01", "cents"),
        ("unitAmountCents", "0.01", "cents"),
        ("Price in pence", "0.01", "pence"),
        ("Amount (k)", "1000", "thousand"),
        ("Amount_k", "1000", "thousand"),
        ("Revenue in thousands", "1000", "thousand"),
        ("Sales (USD thousands)", "1000", "thousand USD"),
        ("Sales (000)", "1000", "thousand"),
        ("Sales ('000)", "1000", "thousand"),
        ("Sales $000s", "1000", "thousand $"),
        ("Umsatz TEUR", "1000", "thousand EUR"),
        ("Umsatz (T€)", "1000", "thousand EUR"),
        ("Umsatz Mio. EUR", "1000000", "million EUR"),
        ("Revenue (m)", "1000000", "million"),
        ("Revenue $m", "1000000", "million $"),
        ("Sales (lakhs)", "100000", "hundred thousand"),
    ],
)
def test_names_that_tell_a_unit(name: str, factor: str, words: str) -> None:
    found = unit_of_header(name)
    assert found is not None
    assert (found.factor, found.words) == (Decimal(factor), words)


@pytest.mark.parametrize(
    "name",
    [
        "amount",
        "积分",
        "总分",
        "得分",
        "订单金额",
        "数量",
        "Sales (kg)",
        "kg",
        "Market (UK)",
        "Order total",
        "Cents",
        "万元",
    ]
    + [
        "Total (incl. VAT)",
        "Price (each)",
        "Revenue m",
        "price_per_kg",
        "Weight (t)",
        "Amount per 1000",
        "stock",
        "Item",
    ],
)
def test_names_that_tell_none(name: str) -> None:
    assert unit_of_header(name) is None


def test_a_phrase_is_a_unit_only_as_a_whole() -> None:
    assert unit("万元") is not None
    assert unit("in thousands") is not None
    assert unit("thousands of parcels") is None
    assert unit("") is None


def test_a_sign_allows_every_currency_that_is_written_with_it() -> None:
    assert allows(currencies_of("$"), "CAD")
    assert allows(currencies_of("￥"), "RMB")
    assert not allows(currencies_of("€"), "USD")
    assert allows(currencies_of("€"), "XXX")  # a currency that nobody has stated yet
    assert allows(frozenset(), "USD")
