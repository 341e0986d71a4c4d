"""Lines that tell the amount of their order, exports that overlap, and refunds that an order tells of itself."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from helpers.contract.canonical import Tables
from helpers.contract.loading import load
from helpers.errors import ContractError, ParamsError
from helpers.params import CommonParams

HEAD = "order_id,customer_id,ordered_at,product_id,quantity,unit_price,amount\n"
LINES = (
    HEAD
    + "1,ann,2025-01-02,cup,1,10,30.01\n1,ann,2025-01-02,pot,2,20,30.01\n"
    + "2,bob,2025-01-03,cup,1,5,5\n3,bob,2025-01-04,cup,1,,10\n3,bob,2025-01-04,pot,3,10,10\n"
)
OF_ORDER: dict[str, Any] = {"grain": "line", "amount_of": "order"}


def loaded(folder: Path, files: dict[str, str], **orders: Any) -> Tables:
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    stated = {"source": "*.csv" if len(files) > 1 else next(iter(files)), **orders}
    params = CommonParams.model_validate(
        {"title": "Test", "as_of": date(2025, 1, 31), "currency": "EUR", "orders": stated}
    )
    return load(**params.delivery, root=folder)


def amounts(table: Any, *keys: str) -> dict[Any, Decimal]:
    rows = table.to_pyarrow().to_pylist()
    return {tuple(row[key] for key in keys) if len(keys) > 1 else row[keys[0]]: row["amount"] for row in rows}


def entry(tables: Tables, rule: str) -> tuple[str, int, Decimal]:
    line = tables.ledger[tables.ledger["rule"] == rule].iloc[0]
    return line["outcome"], line["row_count"], line["amount"]


def balances(tables: Tables) -> bool:
    sums = tables.ledger.groupby("outcome")[["row_count", "amount"]].sum()
    parts = sums.loc[[name for name in ("kept", "dropped", "refund") if name in sums.index]].sum()
    return bool((parts == sums.loc["read"]).all())


def test_the_amount_of_an_order_is_taken_once(tmp_path: Path) -> None:
    tables = loaded(tmp_path, {"orders.csv": LINES}, **OF_ORDER)
    assert amounts(tables.orders, "order_id") == {"1": Decimal("30.01"), "2": 5, "3": 10}
    # order 1 by quantity times price (10 to 40), order 3 by quantity (1 to 3), since one of its lines has no price
    assert amounts(tables.order_items, "order_id", "product_id") == {
        ("1", "cup"): Decimal("6.0020"),
        ("1", "pot"): Decimal("24.0080"),
        ("2", "cup"): 5,
        ("3", "cup"): Decimal("2.5"),
        ("3", "pot"): Decimal("7.5"),
    }
    assert entry(tables, "rows read") == ("read", 5, Decimal("45.01"))
    assert balances(tables)
    assert (
        "orders: column `amount`: the amount of an order, taken once for all of its lines: 45.01; "
        "the lines added up would be 85.02"
    ) in tables.notes


def test_an_order_that_tells_its_amount_on_one_line_only(tmp_path: Path) -> None:
    text = HEAD + "1,ann,2025-01-02,cup,1,10,30\n1,ann,2025-01-02,pot,1,10,\n2,bob,2025-01-03,cup,1,5,5\n"
    assert amounts(loaded(tmp_path, {"orders.csv": text}, **OF_ORDER).orders, "order_id") == {"1": 30, "2": 5}


def test_a_dropped_line_takes_no_money_away_and_a_dropped_order_all_of_it(tmp_path: Path) -> None:
    rule = {"rule": "no cups", "column": "product_id", "one_of": ["cup"]}
    tables = loaded(tmp_path, {"orders.csv": LINES + "4,ann,2025-01-05,pot,1,1,1\n"}, **OF_ORDER, rules=[rule])
    assert amounts(tables.orders, "order_id") == {"1": Decimal("30.01"), "3": 10, "4": 1}
    assert entry(tables, "no cups") == ("dropped", 3, Decimal("5.00"))
    assert balances(tables)


def test_lines_that_tell_different_amounts_are_a_problem_that_names_the_order(tmp_path: Path) -> None:
    text = LINES.replace("1,ann,2025-01-02,pot,2,20,30.01", "1,ann,2025-01-02,pot,2,20,31")
    with pytest.raises(ContractError) as caught:
        loaded(tmp_path, {"orders.csv": text}, **OF_ORDER)
    assert (
        "orders: column `amount` must be one per order, as `amount_of: order` says: the lines of 1 order tell "
        'different ones, first at row 2 (order "1"); is it the line\'s own (`amount_of: row`)?'
    ) in str(caught.value)


def test_the_amount_of_an_order_needs_lines(tmp_path: Path) -> None:
    with pytest.raises(ParamsError, match="state `grain: line`, or neither"):
        loaded(tmp_path, {"orders.csv": LINES}, amount_of="order")
    text = "order_id,customer_id,ordered_at,quantity,unit_price\n1,ann,2025-01-02,1,2\n2,bob,2025-01-02,1,2\n"
    with pytest.raises(ContractError, match="`amount_of: order` needs the column `amount`"):
        loaded(tmp_path, {"orders.csv": text}, **OF_ORDER)


# ---------------------------------------------------------------------------------------------------- keep: latest

ORDER_HEAD = "order_id,customer_id,ordered_at,amount,status,changed\n"
OLD = ORDER_HEAD + "1,ann,2025-01-02,10,open,2025-01-02\n2,bob,2025-01-03,20,open,2025-01-09\n"
NEW = ORDER_HEAD + "2,bob,2025-01-03,25,shipped,2025-01-08\n3,cid,2025-01-05,5,open,2025-01-06\n"
LATEST = {"rule": "told again", "column": "order_id", "keep": "latest"}


def test_of_exports_that_overlap_the_latest_row_of_an_order_is_kept(tmp_path: Path) -> None:
    tables = loaded(tmp_path, {"part_2.csv": OLD, "part_10.csv": NEW}, rules=[LATEST])
    assert amounts(tables.orders, "order_id") == {"1": 10, "2": 25, "3": 5}
    assert entry(tables, "told again") == ("dropped", 1, Decimal("20.00"))
    assert balances(tables)


def test_a_column_may_say_which_row_is_latest(tmp_path: Path) -> None:
    tables = loaded(tmp_path, {"part_2.csv": OLD, "part_10.csv": NEW}, rules=[LATEST | {"by": "changed"}])
    assert amounts(tables.orders, "order_id") == {"1": 10, "2": 20, "3": 5}


def test_rows_alike_in_that_column_are_told_apart_by_their_place(tmp_path: Path) -> None:
    text = OLD + "2,bob,2025-01-03,21,closed,2025-01-09\n2,bob,2025-01-03,22,closed,\n"
    tables = loaded(tmp_path, {"orders.csv": text}, rules=[LATEST | {"by": "changed"}])
    assert amounts(tables.orders, "order_id") == {"1": 10, "2": 21}


def test_all_lines_of_an_order_come_from_its_latest_file(tmp_path: Path) -> None:
    old = HEAD + "1,ann,2025-01-02,cup,1,1,1\n1,ann,2025-01-02,pot,1,2,2\n1,ann,2025-01-02,mug,1,4,4\n"
    new = HEAD + "1,ann,2025-01-02,cup,1,1,1\n1,ann,2025-01-02,pot,1,2,2\n2,bob,2025-01-03,cup,1,1,1\n"
    tables = loaded(tmp_path, {"a.csv": old, "b.csv": new}, grain="line", rules=[LATEST])
    assert amounts(tables.orders, "order_id") == {"1": 3, "2": 1}
    assert entry(tables, "told again") == ("dropped", 3, Decimal("7.00"))


def test_a_rule_that_drops_the_latest_row_brings_no_earlier_one_back(tmp_path: Path) -> None:
    closed = {"rule": "shipped", "column": "status", "one_of": ["shipped"]}
    for order in ([LATEST, closed], [closed, LATEST]):
        tables = loaded(tmp_path, {"part_2.csv": OLD, "part_10.csv": NEW}, rules=order)
        assert amounts(tables.orders, "order_id") == {"1": 10, "3": 5}


def test_the_column_that_says_so_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match="rule 'told again' reads column `chaged`, which is not there"):
        loaded(tmp_path, {"orders.csv": OLD}, rules=[LATEST | {"by": "chaged"}])


# ---------------------------------------------------------------------------------------- refunds that an order tells


@pytest.mark.parametrize("sign", ["", "-"])
def test_what_an_order_gave_back_becomes_a_refund(tmp_path: Path, sign: str) -> None:
    text = (
        "order_id,customer_id,ordered_at,amount,refund_amount\n"
        f"1,ann,2025-01-02,10,\n2,bob,2025-01-03,20,{sign}7.50\n3,ann,2025-01-05,5,0\n"
    )
    tables = loaded(tmp_path, {"orders.csv": text})
    assert amounts(tables.orders, "order_id") == {"1": 10, "2": 20, "3": 5}
    assert amounts(tables.refunds, "order_id", "customer_id") == {("2", "bob"): Decimal("7.5")}
    assert entry(tables, "refund that an order tells") == ("noted", 1, Decimal("-7.50"))
    assert balances(tables)


def test_it_is_taken_once_where_lines_tell_it_of_their_order(tmp_path: Path) -> None:
    text = (
        "order_id,customer_id,ordered_at,product_id,amount,refund_amount\n"
        "1,ann,2025-01-02,cup,10,4\n1,ann,2025-01-02,pot,10,4\n2,bob,2025-01-03,cup,20,0\n"
    )
    tables = loaded(tmp_path, {"orders.csv": text}, **OF_ORDER)
    assert amounts(tables.refunds, "order_id") == {"1": 4}
    assert tables.orders.amount.sum().execute() == 30
