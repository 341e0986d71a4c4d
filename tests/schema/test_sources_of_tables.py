"""What params say of a delivered table: a source as a word, or in full."""

from __future__ import annotations

from helpers.params import CommonParams
from helpers.schema.sources import OrdersSource, TableSource


def test_a_source_may_be_a_word() -> None:
    params = CommonParams.model_validate({"orders": "a.csv", "products": "b.csv", "other_tables": {"events": "c.csv"}})
    assert params.orders == OrdersSource(source="a.csv")
    assert params.products == TableSource(source="b.csv")
    assert params.other_tables == {"events": TableSource(source="c.csv")}
