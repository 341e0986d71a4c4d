"""Planted defects: exactly as many as asked for, listed row by row, in copies; and the contract finds them all."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from helpers.contract.loading import load
from helpers.errors import ContractError
from helpers.params import CommonParams
from helpers.schema import SCHEMAS
from helpers.simulation import buying_process, customer_records, surveys, tickets
from helpers.simulation.buying_process import orders_block
from helpers.simulation.defect_settings import ADDED, WRITTEN, Defects
from helpers.simulation.defects import CHECK_DIGITS, CHECK_WEIGHTS, TRUTH, plant
from helpers.simulation.population import population
from helpers.simulation.settings import Company

COUNTS = {"duplicate_count": 17, "orphan_count": 11, "negative_count": 13, "future_count": 7, "wrong_currency_count": 5}
PERSONAL = {"phone_count": 9, "email_count": 8, "id_number_count": 6}
COMPANY = Company(seed=3, customer_count=600, defects=Defects(**COUNTS, **PERSONAL))


@pytest.fixture(scope="module")
def clean() -> dict[str, pa.Table]:
    people = population(COMPANY, block=0)
    orders = orders_block(COMPANY, people)
    found: dict[str, pa.Table] = {}
    for family in (customer_records, buying_process, surveys, tickets):
        found |= family.generate(COMPANY, people, orders, block=0)[0]
    return found


@pytest.fixture(scope="module")
def planted(clean) -> tuple[dict[str, pa.Table], pd.DataFrame]:
    return plant(clean, company=COMPANY)


def of_kind(planted: tuple[dict[str, pa.Table], pd.DataFrame], defect: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The truth of one kind of defect, and the rows it names."""
    tables, truth = planted
    listed = truth[truth["defect"] == defect].reset_index(drop=True)
    rows = tables[listed["table"][0]].take(pa.array(listed["row"])).to_pandas()
    return listed, rows


def test_counts_are_exact(clean, planted):
    tables, truth = planted
    asked = dict(zip((*ADDED, *WRITTEN), (*COUNTS.values(), *PERSONAL.values()), strict=True))
    assert truth["defect"].value_counts().to_dict() == asked
    assert list(truth.columns) == list(TRUTH)
    assert len(tables["orders"]) == len(clean["orders"]) + sum(COUNTS.values())
    assert len(tables["survey_responses"]) == len(clean["survey_responses"])
    assert not truth.duplicated(["table", "row"]).any(), "no row has two defects"


def test_inputs_stay_as_they_were_and_other_tables_are_passed_on(clean):
    before = {name: table.slice(0) for name, table in clean.items()}
    copies = {name: pa.ipc.open_stream(_stream(table)).read_all() for name, table in clean.items()}
    tables, _ = plant(clean, company=COMPANY)
    assert all(clean[name].equals(copies[name]) for name in before)
    assert tables["customers"] is clean["customers"]
    assert set(tables) == set(clean)


def _stream(table: pa.Table) -> pa.Buffer:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue()


def test_the_same_seed_plants_the_same(clean, planted):
    tables, truth = plant(clean, company=COMPANY)
    assert tables["orders"].equals(planted[0]["orders"])
    assert tables["survey_responses"].equals(planted[0]["survey_responses"])
    pd.testing.assert_frame_equal(truth, planted[1])
    other, _ = plant(clean, company=replace(COMPANY, seed=4))
    assert not other["orders"].equals(tables["orders"])


def test_without_the_listed_rows_the_table_is_what_it_was(clean, planted):
    tables, truth = planted
    rows = truth.loc[truth["table"] == "orders", "row"]
    kept = pa.array(~pd.Series(range(len(tables["orders"]))).isin(rows))
    assert tables["orders"].filter(kept).drop_columns("currency").equals(clean["orders"].combine_chunks())


def test_duplicates_repeat_an_earlier_row(planted):
    listed, rows = of_kind(planted, "duplicate")
    source = planted[0]["orders"].take(pa.array(listed["value"].astype(int))).to_pandas()
    pd.testing.assert_frame_equal(rows, source)
    assert (listed["value"].astype(int) < listed["row"]).all()
    assert list(listed["key"]) == list(rows["order_id"])


def test_orphans_are_of_nobody(planted):
    listed, rows = of_kind(planted, "orphan")
    known = set(planted[0]["customers"]["customer_id"].to_pylist())
    assert not set(rows["customer_id"]) & known
    assert list(listed["value"]) == list(rows["customer_id"])


def test_negative_future_and_foreign_rows_are_so_and_no_others(planted):
    orders = planted[0]["orders"].to_pandas()
    after = orders["ordered_at"] >= pd.Timestamp(COMPANY.end) + pd.Timedelta(days=1)
    for defect, found in (
        ("negative", orders["amount"] < 0),
        ("future", after),
        ("wrong currency", orders["currency"] == "USD"),
    ):
        assert sorted(of_kind(planted, defect)[0]["row"]) == list(orders.index[found])
    assert set(orders["currency"]) == {"CNY", "USD"}


def test_new_rows_have_ids_of_their_own(planted):
    orders, truth = planted[0]["orders"].to_pandas(), planted[1]
    assert orders["order_id"].duplicated().sum() == COUNTS["duplicate_count"]
    listed = truth[truth["table"] == "orders"]
    assert list(orders.loc[listed["row"], "order_id"]) == list(listed["key"])


@pytest.mark.parametrize(
    ("defect", "pattern"),
    [("phone", r"\d{4}"), ("email", r"\S+@\S*example\.(com|org|net)"), ("id number", r"110101190\d{8}[\dX]")],
)
def test_personal_data_stand_in_comments_as_listed(clean, planted, defect, pattern):
    listed, rows = of_kind(planted, defect)
    assert set(rows["question_id"]) == {"comment"}
    for text, value in zip(rows["answer"], listed["value"], strict=True):
        assert text.endswith(f" {value}")
        assert re.search(pattern, value)
    before = clean["survey_responses"].take(pa.array(listed["row"])).to_pandas()["answer"]
    assert [
        text.removesuffix(f" {value}") for text, value in zip(rows["answer"], listed["value"], strict=True)
    ] == list(before)


def test_comments_without_a_defect_are_untouched(clean, planted):
    listed = planted[1].query("table == 'survey_responses'")["row"]
    before, after = (tables["survey_responses"].to_pandas()["answer"] for tables in (clean, planted[0]))
    assert (before != after).sum() == len(listed) == sum(PERSONAL.values())
    assert set(before.index[before != after]) == set(listed)


def test_id_numbers_have_the_right_check_digit(planted):
    for value in of_kind(planted, "id number")[0]["value"]:
        digits = value.split()[-1]
        total = sum(weight * int(digit) for weight, digit in zip(CHECK_WEIGHTS, digits[:17], strict=True))
        assert digits[17] == CHECK_DIGITS[total % 11]


def test_the_published_example_of_a_check_digit():
    # GB 11643-1999, the standard's own example: 11010519491231002X
    total = sum(weight * int(digit) for weight, digit in zip(CHECK_WEIGHTS, "11010519491231002", strict=True))
    assert CHECK_DIGITS[total % 11] == "X"


def test_no_defects_by_default(clean):
    tables, truth = plant(clean, company=Company(customer_count=600))
    assert tables == clean
    assert truth.empty
    assert list(truth.columns) == list(TRUTH)


def test_another_table_can_be_spoilt(clean):
    asked = Defects(table="tickets", duplicate_count=4, orphan_count=3, future_count=2)
    tables, truth = plant(clean, company=replace(COMPANY, defects=asked))
    assert tables["tickets"].schema == clean["tickets"].schema
    assert tables["tickets"].column_names == list(SCHEMAS["tickets"].names)
    late = pc.sum(pc.greater_equal(tables["tickets"]["opened_at"], pa.scalar(pd.Timestamp("2025-01-01")))).as_py()
    assert late == 2
    assert len(truth) == 9


def test_what_cannot_be_planted_is_refused(clean):
    with pytest.raises(ValueError, match=r"999999 defects need as many rows in `orders`, found \d+"):
        plant(clean, company=replace(COMPANY, defects=Defects(orphan_count=999_999)))
    with pytest.raises(ValueError, match="rows of the kind 'negative' need a column 'amount', and `tickets` has none"):
        plant(clean, company=replace(COMPANY, defects=Defects(table="tickets", negative_count=1)))
    with pytest.raises(ValueError, match="defects are to be put into `orders`, found only customers"):
        plant({"customers": clean["customers"]}, company=COMPANY)


def read(tables: dict[str, pa.Table], folder: Path, **of_orders: Any) -> Any:
    """The orders and customers through the contract, as of the company's last day."""
    sources = {}
    for name in ("orders", "customers"):
        pq.write_table(tables[name], folder / f"{name}.parquet")
        sources[name] = {"source": f"{name}.parquet"}
    sources["orders"] |= of_orders
    params = {"title": "Test", "as_of": date(2024, 12, 31), "currency": "CNY", **sources}
    return load(**CommonParams.model_validate(params | {"reversal_days": 0}).delivery, root=folder)


RULES = [
    {"rule": "exact duplicates", "duplicates": True},
    {"rule": "other currency", "column": "currency", "one_of": ["USD"]},
]


def test_the_contract_refuses_them_and_names_each(planted, tmp_path):
    with pytest.raises(ContractError) as raised:
        read(planted[0], tmp_path)
    text = str(raised.value)
    assert "orders: column `currency` must be CNY, the currency of the report: 5 rows" in text
    assert "orders: column `order_id` must be there once: 17 ids in 34 rows" in text


def test_with_rules_the_ledger_counts_each_of_them(clean, planted, tmp_path):
    tables = read(planted[0], tmp_path, rules=RULES)
    ledger = tables.ledger[tables.ledger["table"] == "orders"]
    counts = dict(zip(zip(ledger["rule"], ledger["outcome"], strict=True), ledger["row_count"], strict=True))
    assert counts["exact duplicates", "dropped"] == COUNTS["duplicate_count"]
    assert counts["other currency", "dropped"] == COUNTS["wrong_currency_count"]
    assert tables.refunds.count().execute() == COUNTS["negative_count"]
    assert tables.rows_after["orders"] == COUNTS["future_count"]
    assert tables.orders.count().execute() == len(clean["orders"]) + COUNTS["orphan_count"]
    assert counts["customer_id not in customers", "noted"] == COUNTS["orphan_count"]
