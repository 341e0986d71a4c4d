"""Erasures and withdrawn consent: who is left out of which tables, and that the ledger still balances."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from helpers.contract.canonical import Tables
from helpers.contract.loading import load
from helpers.features import contacts
from helpers.params import CommonParams

TABLES = {
    "orders": (
        "order_id,customer_id,ordered_at,amount\n1,ann,2025-01-02,10\n2,gone,2025-01-03,20\n3,asked,2025-01-04,40\n"
        "4,shy,2025-01-05,80\n5,gone,2025-01-06,-5\n"
    ),
    "customers": "customer_id,region\nann,North\ngone,North\nasked,South\nshy,South\n",
    "order_items": "order_id,product_id,amount\n1,tea,10\n2,pot,20\n3,tea,40\n4,tea,80\n",
    "points": "entry_id,customer_id,at,kind,points\np1,gone,2025-01-03,earn,5\np2,ann,2025-01-03,earn,5\n",
    "consents": (
        "customer_id,purpose,granted_at,withdrawn_at\nshy,Analytics,2024-01-01,2025-01-20\nann,analytics,2024-01-01,\n"
        "asked,email,2024-01-01,2025-01-02\n"
    ),
    "erasures": "customer_id,requested_at,erased_at\ngone,2025-01-07,2025-01-20\nasked,2025-01-30,2025-02-03\n",
}

CONSENTS_ALONE: dict[str, Any] = {"customers": None, "other_tables": {"consents": "consents.csv"}}
"""Where no other table has a say: reading six takes three times as long as reading two."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in TABLES.items():
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
    return tmp_path


def read(folder: Path, **stated: Any) -> Tables:
    others = {name: f"{name}.csv" for name in TABLES if name not in ("orders", "customers")}
    given = {"as_of": "2025-01-31", "currency": "EUR", "orders": "orders.csv", "customers": "customers.csv"}
    return load(**CommonParams.model_validate(given | {"other_tables": others} | stated).delivery, root=folder)


def people(tables: Tables) -> set[str]:
    """Every customer of whom any table has a row."""
    named = [tables.orders, tables.refunds, tables.order_items, tables.customers, *tables.others.values()]
    ids = [table.to_pandas()["customer_id"] for table in named if table is not None and "customer_id" in table.columns]
    return set(pd.concat(ids))


def line(tables: Tables, table: str, outcome: str) -> tuple[int, Decimal | None]:
    found = tables.ledger[(tables.ledger["table"] == table) & (tables.ledger["outcome"] == outcome)].iloc[0]
    return int(found["row_count"]), found["amount"]


def test_no_table_has_a_row_of_an_erased_customer_and_their_money_is_told(folder: Path) -> None:
    tables = read(folder)
    assert people(tables) == {"ann", "asked", "shy"}
    assert line(tables, "orders", "erased") == (2, Decimal("15.00"))
    assert line(tables, "orders", "kept") == (3, Decimal("130.00"))
    assert line(tables, "orders", "read") == (5, Decimal("145.00"))
    for name in ("customers", "order_items", "points"):
        assert line(tables, name, "erased")[0] == 1
    assert tables.order_items is not None
    assert set(tables.order_items.to_pandas()["product_id"]) == {"tea"}


def test_who_asked_is_left_out_where_the_params_say_so(folder: Path) -> None:
    assert people(read(folder, erases_on_request=True)) == {"ann", "shy"}


def test_an_erasure_counts_from_the_day_it_was_done(folder: Path) -> None:
    assert "gone" in people(read(folder, as_of="2025-01-19"))
    assert "gone" not in people(read(folder, as_of="2025-01-20"))


def test_who_withdrew_consent_counts_in_totals_and_has_no_row(folder: Path) -> None:
    tables = read(folder)
    assert tables.withdrawn is not None
    assert tables.withdrawn.to_pandas()["customer_id"].tolist() == ["shy"]
    assert float(tables.orders.amount.sum().to_pyarrow().as_py()) == 130
    assert "shy" not in people(tables.with_consent())
    assert set(tables.rows_with_consent(tables.orders).to_pandas()["customer_id"]) == {"ann", "asked"}


@pytest.mark.parametrize(
    ("as_of", "purpose", "withdrawn"),
    [("2025-01-19", "analytics", None), ("2025-01-31", " EMAIL", ["asked"]), ("2025-01-31", "sms", None)],
)
def test_consent_goes_by_purpose_and_day(folder: Path, as_of: str, purpose: str, withdrawn: list[str] | None) -> None:
    found = read(folder, as_of=as_of, analysis_purpose=purpose, **CONSENTS_ALONE).withdrawn
    assert (None if found is None else found.to_pandas()["customer_id"].tolist()) == withdrawn


def test_a_consent_given_again_stands(folder: Path) -> None:
    again = TABLES["consents"] + "shy,analytics,2025-01-25,\n"
    (folder / "consents.csv").write_text(again, encoding="utf-8")
    assert read(folder, **CONSENTS_ALONE).withdrawn is None


def test_the_ledger_names_places_and_nobody(folder: Path) -> None:
    (folder / "customers.csv").write_text("customer_id,region\nann,North\n", encoding="utf-8")
    tables = read(folder)
    examples = " ".join(tables.ledger["first_example"])
    assert "row 4" in examples
    assert not any(name in examples for name in ("ann", "gone", "asked", "shy"))
    assert tables.observed.as_of == date(2025, 1, 31)


@pytest.mark.parametrize(
    ("orders", "erasures", "left"),
    [
        (["1001", "1002"], ["1001.0", "c5"], {"1002"}),
        (["1001.0", "1002.0"], ["1001", "7"], {"1002.0"}),
        (["Ann@X.de", "bob@x.de"], [" ann@x.de ", "gone"], {"bob@x.de"}),
        (["Ann@X.de", "1002", "1003"], ["ANN@x.de", "gone"], {"1002", "1003"}),
        (["c1", "c2"], ["'c1", "gone"], {"c2"}),
    ],
)
def test_erasures_match_ids_as_they_are_read_and_who_is_nobody_is_said(
    tmp_path: Path, orders: list[str], erasures: list[str], left: set[str]
) -> None:
    rows = [f"{n},{who},2025-01-0{n % 9 + 1},10" for n, who in enumerate([*orders, "zed", *orders])]
    text = "order_id,customer_id,ordered_at,amount\n" + "\n".join(rows) + "\n"
    (tmp_path / "orders.csv").write_text(text, encoding="utf-8")
    asked = "customer_id,requested_at,erased_at\n" + "".join(f"{who},2025-01-07,2025-01-20\n" for who in erasures)
    (tmp_path / "erasures.csv").write_text(asked, encoding="utf-8")
    given = {"as_of": "2025-01-31", "orders": "orders.csv", "other_tables": {"erasures": "erasures.csv"}}
    tables = load(**CommonParams.model_validate(given).delivery, root=tmp_path)
    assert people(tables) == left | {"zed"}
    said = "Of 2 customers to be erased, 1 is in no table, as ids are read; is `customer_id` the id of the customer?"
    assert said in tables.remarks
    assert said in tables.notes


def test_a_request_after_as_of_counts_for_lists_of_contacts_alone(folder: Path) -> None:
    late = TABLES["erasures"] + "ann,2025-02-10,\n"
    (folder / "erasures.csv").write_text(late, encoding="utf-8")
    tables = read(folder)
    before = tables.ledger
    assert "ann" in people(read(folder, erases_on_request=True))
    asked = tables.orders.select("customer_id").distinct()
    known: dict[str, Any] = {
        "channels": ["email"],
        "customers": None,
        "others": tables.others,
        "cap_count": 9,
        "cap_days": 9,
    }
    reach = contacts.reachable(asked, as_of=date(2025, 1, 31), **known).to_pandas().set_index("customer_id")
    assert reach.loc[["ann", "asked"], "blocked_by"].tolist() == ["erasure", "erasure"]
    past = contacts.reachable(asked, as_of=date(2025, 1, 15), **known).to_pandas().set_index("customer_id")
    assert past.loc["ann", "blocked_by"] != "erasure"
    (folder / "erasures.csv").write_text(TABLES["erasures"], encoding="utf-8")
    pd.testing.assert_frame_equal(read(folder).ledger, before)


@pytest.mark.parametrize(
    ("words", "consent"),
    [
        ("2024-01-01,\n2025-02-05,2025-02-10", "withdrawn"),
        ("2025-02-05,2025-02-10\n2024-01-01,", "withdrawn"),
        ("2024-01-01,2025-02-10\n2025-02-20,", "given"),
        ("2024-01-01,2025-02-10\n2025-02-20,2025-03-01", "withdrawn"),
        ("2024-01-01,2024-06-01\n2025-02-05,", "withdrawn"),
        ("2025-02-05,2025-02-10", "not given"),
        ("2025-02-05,", "not given"),
        ("2024-01-01,\n2025-02-05,", "given"),
    ],
    ids=[
        "given again and withdrawn, both after as_of",
        "in whatever order",
        "withdrawn and given again, both after as_of",
        "and withdrawn in the end",
        "a new consent alone is not seen before its day",
        "known after as_of alone, and out again",
        "known after as_of alone",
        "given twice",
    ],
)
def test_lists_of_contacts_obey_the_latest_word_that_was_delivered(folder: Path, words: str, consent: str) -> None:
    rows = "".join(f"ann, E-mail ,{word}\n" for word in words.split("\n"))
    own = "shy,e-mail,2024-01-01,2024-02-01\nshy,analytics,2024-01-01,2025-01-20\n"
    (folder / "consents.csv").write_text(f"customer_id,purpose,granted_at,withdrawn_at\n{own}{rows}", encoding="utf-8")
    tables = read(folder, **CONSENTS_ALONE)
    asked = tables.orders.select("customer_id").distinct()
    known: dict[str, Any] = {"channels": ["e-mail"], "customers": None, "cap_count": 9, "cap_days": 9}
    reach = contacts.reachable(asked, as_of=date(2025, 1, 31), others=tables.others, **known).to_pandas()
    reach = reach.set_index("customer_id")
    assert reach.loc["ann", "consent"] == consent
    assert (reach.loc["ann", "blocked_by"] == "consent") == (consent != "given")
    assert tables.withdrawn is not None
    assert tables.withdrawn.to_pandas()["customer_id"].tolist() == ["shy"], "analysis speaks from as_of"


def test_a_withdrawal_after_as_of_counts_for_lists_of_contacts_alone(folder: Path) -> None:
    given = TABLES["consents"].replace("ann,analytics,2024-01-01,", "ann,analytics,2024-01-01,2025-02-10")
    emails = "ann,email,2025-01-31 09:00,2025-02-10\nshy,email,2024-01-01,\n"
    (folder / "consents.csv").write_text(given + emails, encoding="utf-8")
    tables = read(folder, **CONSENTS_ALONE)
    assert tables.withdrawn is not None
    assert tables.withdrawn.to_pandas()["customer_id"].tolist() == ["shy"], "analysis speaks from as_of"
    asked = tables.orders.select("customer_id").distinct()
    known: dict[str, Any] = {"channels": ["email"], "customers": None, "cap_count": 9, "cap_days": 9}
    known["others"] = tables.others
    reach = contacts.reachable(asked, as_of=date(2025, 1, 31), **known).to_pandas().set_index("customer_id")
    assert reach.loc["ann", ["consent", "blocked_by"]].tolist() == ["withdrawn", "consent"]
    assert reach.loc["shy", "consent"] == "given"
    past = contacts.reachable(asked, as_of=date(2025, 1, 30), **known).to_pandas().set_index("customer_id")
    assert past.loc["ann", "consent"] == "not given"
