"""Where the tables of a report stay: at one place or nowhere, and no message shows a password."""

from __future__ import annotations

import pytest

from helpers.connectors import warehouses
from helpers.errors import ParamsError
from helpers.schema.sources import TableSource

SHOP = "postgresql://reader:${SHOP_PASSWORD}@127.0.0.1:1/shop"


@pytest.fixture(autouse=True)
def password(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("SHOP_PASSWORD", "s3cret-of-the-shop")
    return "s3cret-of-the-shop"


def source(text: str, **stated: object) -> TableSource:
    return TableSource.model_validate({"source": text, **stated})


def test_files_and_copied_tables_stay_nowhere() -> None:
    assert warehouses.address({"orders": source("orders.csv")}) is None
    assert warehouses.address({"orders": source(f"{SHOP}?table=orders", copied=True)}) is None


def test_all_tables_of_one_database_stay_there() -> None:
    tables = {"orders": source(f"{SHOP}?table=orders"), "customers": source(SHOP, table="customers")}
    place = warehouses.address(tables)
    assert place is not None
    assert place.kind.schemes[0] == "postgres"
    assert "table=" not in place.location.text


def test_tables_in_two_places_are_refused_with_what_to_do(password: str) -> None:
    tables = {"orders": source(f"{SHOP}?table=orders"), "customers": source("customers.csv")}
    with pytest.raises(ParamsError, match="`customers`: is in files") as caught:
        warehouses.address(tables)
    assert "copied: true" in str(caught.value)
    assert password not in str(caught.value)


def test_a_database_that_does_not_answer_is_named_without_its_password(password: str) -> None:
    place = warehouses.address({"orders": source(f"{SHOP}?table=orders")})
    assert place is not None
    with pytest.raises(ParamsError, match=r"127\.0\.0\.1") as caught:
        warehouses.reach(place)
    assert password not in str(caught.value)
