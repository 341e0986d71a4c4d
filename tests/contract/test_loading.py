"""From delivered files to canonical tables: the mapping, the rules, the ledger, and one clear error for all faults."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import pandas as pd
import pytest

from helpers.contract.canonical import Tables
from helpers.contract.ledger import Entry, to_cents
from helpers.contract.loading import load
from helpers.errors import ContractError, ParamsError
from helpers.params import CommonParams, ExplorationParams, read_report

AS_OF = date(2025, 1, 31)
DATED = "order_id,customer_id,ordered_at,amount\n"
GOOD = DATED + "1,ann,2025-01-02,10.00\n2,bob,2025-01-03,20.50\n3,ann,2025-01-05,5.25\n"
Load = Callable[..., Tables]


@pytest.fixture
def read(tmp_path: Path) -> Load:
    """Loads orders (and products, customers) given as the text of a CSV file, or as a frame for a Parquet file."""

    def write(name: str, content: str | pd.DataFrame) -> str:
        if isinstance(content, str):
            (tmp_path / f"{name}.csv").write_text(content, encoding="utf-8")
            return f"{name}.csv"
        content.to_parquet(tmp_path / f"{name}.parquet")
        return f"{name}.parquet"

    def loaded(
        orders: str | pd.DataFrame,
        *,
        products: str | pd.DataFrame | None = None,
        customers: str | pd.DataFrame | None = None,
        as_of: date = AS_OF,
        currency: str = "EUR",
        time_zone: str | None = None,
        stated: Mapping[str, Mapping[str, Any]] | None = None,
        **of_orders: Any,
    ) -> Tables:
        tables = {"orders": orders, "products": products, "customers": customers}
        sources = {
            name: {"source": write(name, content), **(stated or {}).get(name, {})}
            for name, content in tables.items()
            if content is not None
        }
        sources["orders"] |= of_orders
        given = {"title": "Test", "as_of": as_of, "currency": currency, "time_zone": time_zone}
        params = CommonParams.model_validate(given | sources)
        return load(**params.delivery, root=tmp_path)

    return loaded


def rows(table: Any, *columns: str) -> list[tuple[Any, ...]]:
    """The rows of a table, in the order of their values."""
    names = columns or tuple(table.columns)
    return sorted(
        (tuple(row[name] for name in names) for row in table.to_pyarrow().to_pylist()),
        key=lambda row: tuple(map(str, row)),
    )


def entry(tables: Tables, rule: str, table: str = "orders") -> tuple[str, int, Decimal | None]:
    """Outcome, rows and amount of one line of the ledger."""
    ledger = tables.ledger
    found = ledger[(ledger["table"] == table) & (ledger["rule"] == rule)]
    assert len(found) == 1, ledger.to_string()
    line = found.iloc[0]
    return line["outcome"], line["row_count"], line["amount"]


def balance(tables: Tables) -> None:
    """Rows and amounts read are those kept, dropped and given back."""
    for _, ledger in tables.ledger.groupby("table"):
        if "read" not in set(ledger["outcome"]):
            continue
        read = ledger[ledger["outcome"] == "read"]
        parts = ledger[ledger["outcome"].isin(["kept", "refund", "dropped", "reversed", "erased"])]
        assert read["row_count"].sum() == parts["row_count"].sum()
        amounts = [sum((a for a in frame["amount"] if a is not None), Decimal(0)) for frame in (read, parts)]
        assert amounts[0] == amounts[1], ledger.to_string()


def complaint(read: Load, *args: Any, **kwargs: Any) -> str:
    with pytest.raises(ContractError) as caught:
        read(*args, **kwargs)
    return str(caught.value)


# ------------------------------------------------------------------------------------------------------ good orders


def test_orders_come_out_in_canonical_types(read: Load) -> None:
    tables = read(GOOD)
    assert {name: str(kind) for name, kind in tables.orders.schema().items()} == {
        "order_id": "string",
        "customer_id": "string",
        "ordered_at": "timestamp(6)",
        "amount": "decimal(18, 4)",
    }
    assert rows(tables.orders)[0] == ("1", "ann", datetime(2025, 1, 2), Decimal("10.0000"))
    assert tables.order_items is tables.products is tables.customers is None
    assert tables.refunds.count().execute() == 0


def test_columns_are_mapped_and_two_may_come_from_one(read: Load) -> None:
    text = "No,Kunde,Tag,Summe,Laden\n1,ann,2025-01-02,10,N\n2,bob,2025-01-03,20,S\n"
    columns = {"order_id": "No", "customer_id": "Kunde", "ordered_at": "Tag", "amount": "Summe"}
    tables = read(text, columns=columns | {"store": "Laden", "region": "Laden"})
    assert rows(tables.orders, "order_id", "store", "region") == [("1", "N", "N"), ("2", "S", "S")]


def test_a_row_without_an_order_id_is_an_order_of_its_own(read: Load) -> None:
    tables = read("customer_id,ordered_at,amount\nann,2025-01-02,10\nbob,2025-01-02,20\n")
    assert rows(tables.orders, "order_id", "customer_id") == [("2", "ann"), ("3", "bob")]


def test_amount_is_made_of_quantity_and_price_and_keeps_the_sign(read: Load) -> None:
    lines = (
        "order_id,customer_id,ordered_at,quantity,unit_price\n"
        "1,ann,2025-01-02,3,1.333\n2,bob,2025-01-03,-2,4.5\n3,bob,2025-01-03,1,1\n"
    )
    tables = read(lines)
    assert rows(tables.orders, "order_id", "amount") == [("1", Decimal("3.9990")), ("3", Decimal("1.0000"))]
    assert rows(tables.refunds, "order_id", "amount") == [("2", Decimal("9.0000"))]


def test_lines_are_summed_into_orders_and_items(read: Load) -> None:
    lines = (
        "order_id,customer_id,ordered_at,product_id,quantity,amount,discount_amount,store\n"
        "1,ann,2025-01-02 10:01,p1,1,10,1,N\n1,ann,2025-01-02 10:00,p2,2,5,0.5,N\n2,bob,2025-01-03 09:00,p1,1,7,0,S\n"
    )
    products = "product_id,category\np1,toys\np2,books\n"
    tables = read(lines, products=products, grain="line")
    assert rows(tables.orders, "order_id", "ordered_at", "amount", "discount_amount", "store") == [
        ("1", datetime(2025, 1, 2, 10, 0), Decimal("15.0000"), Decimal("1.5000"), "N"),
        ("2", datetime(2025, 1, 3, 9, 0), Decimal("7.0000"), Decimal("0.0000"), "S"),
    ]
    assert rows(tables.order_items, "order_id", "ordered_at", "product_id", "quantity", "category") == [
        ("1", datetime(2025, 1, 2, 10, 0), "p1", Decimal("1.0000"), "toys"),
        ("1", datetime(2025, 1, 2, 10, 0), "p2", Decimal("2.0000"), "books"),
        ("2", datetime(2025, 1, 3, 9, 0), "p1", Decimal("1.0000"), "toys"),
    ]
    balance(tables)


def test_lines_may_bring_their_category_and_products_overrule_it(read: Load) -> None:
    lines = DATED.replace("\n", ",product_id,category\n") + "1,ann,2025-01-02,1,p1,own\n2,bob,2025-01-02,1,p2,own\n"
    assert rows(read(lines, grain="line").order_items, "category") == [("own",), ("own",)]
    tables = read(lines, grain="line", products="product_id,category\np1,list\n")
    assert rows(tables.order_items, "product_id", "category") == [("p1", "list"), ("p2", None)]
    assert entry(tables, "product_id not in products", "order_items") == ("noted", 1, Decimal("1.00"))


def test_customers_and_products_keep_their_columns(read: Load) -> None:
    customers = "id,region,birth_year,first_seen_on,income_band\nann,N,1980,2024-12-01,low\nbob,,1990,2024-12-02,\n"
    tables = read(GOOD, customers=customers, stated={"customers": {"columns": {"customer_id": "id"}}})
    assert rows(tables.customers) == [
        ("ann", date(2024, 12, 1), "N", 1980, "low"),
        ("bob", date(2024, 12, 2), None, 1990, None),
    ]


def test_ids_are_text_without_a_decimal_point(read: Load) -> None:
    frame = pd.DataFrame(
        {
            "order_id": [1, 2],
            "customer_id": [17850.0, 13047.0],
            "ordered_at": pd.to_datetime(["2025-01-02", "2025-01-03"]),
            "amount": [1.5, 2.5],
        }
    )
    assert rows(read(frame).orders, "order_id", "customer_id") == [("1", "17850"), ("2", "13047")]


def test_inputs_and_notes_tell_what_was_read(read: Load) -> None:
    tables = read(GOOD, customers="customer_id\nann\nbob\n")
    assert [(one.name, one.row_count) for one in tables.inputs] == [("orders.csv", 3), ("customers.csv", 2)]
    assert "orders.csv: utf-8, delimiter ','" in " ".join(tables.notes)


# ------------------------------------------------------------------------------------------------ rules and refunds


def test_the_first_rule_that_catches_a_row_has_it(read: Load) -> None:
    text = GOOD + "4,,2025-01-06,7\nX5,,2025-01-06,8\nX6,bob,2025-01-06,9\n"
    rules = [
        {"rule": "no customer", "column": "customer_id", "missing": True},
        {"rule": "tests", "column": "order_id", "matches": "^X"},
        {"rule": "nothing", "column": "order_id", "one_of": ["nobody"]},
    ]
    tables = read(text, rules=rules)
    assert entry(tables, "no customer") == ("dropped", 2, Decimal("15.00"))
    assert entry(tables, "tests") == ("dropped", 1, Decimal("9.00"))
    assert entry(tables, "nothing") == ("dropped", 0, Decimal("0.00"))
    assert entry(tables, "rows kept") == ("kept", 3, Decimal("35.75"))
    first = tables.ledger.set_index("rule")["first_example"]
    assert first["no customer"] == "row 5"
    assert first["tests"] == "row 7"
    balance(tables)


def test_a_rule_may_read_a_delivered_column_and_numbers(read: Load) -> None:
    text = (
        DATED.replace("\n", ",Status,Weight\n") + "1,ann,2025-01-02,10.00,ok,1.5\n2,bob,2025-01-03,20.50,void,2\n"
        "3,ann,2025-01-05,5.25,ok,900\n4,bob,2025-01-07,3.00,ok,1\n5,ann,2025-01-07,1.00,ok,1\n6,bob,2025-01-07,4,ok,1\n"
    )
    rules = [
        {"rule": "void", "column": "Status", "one_of": ["void"]},
        {"rule": "heavy", "column": "Weight", "at_least": 100, "do": "note"},
        {"rule": "cheap", "column": "amount", "at_most": 3},
    ]
    tables = read(text, rules=rules)
    assert entry(tables, "void") == ("dropped", 1, Decimal("20.50"))
    assert entry(tables, "heavy") == ("noted", 1, Decimal("5.25"))
    assert entry(tables, "cheap") == ("dropped", 2, Decimal("4.00"))
    balance(tables)


def test_duplicates_are_rows_that_repeat_an_earlier_one_in_every_column(read: Load) -> None:
    lines = (
        DATED.replace("\n", ",note\n")
        + "1,ann,2025-01-02,1,a\n1,ann,2025-01-02,1,\n1,ann,2025-01-02,1,\n1,ann,2025-01-02,1,a\n"
    )
    lines += "2,bob,2025-01-02,1,a\n"
    tables = read(lines, grain="line", rules=[{"rule": "twice", "duplicates": True}])
    assert entry(tables, "twice") == ("dropped", 2, Decimal("2.00"))
    assert rows(tables.orders, "order_id", "amount") == [("1", Decimal("2.0000")), ("2", Decimal("1.0000"))]


def test_refunds_by_rule_and_by_sign_are_given_back_above_zero(read: Load) -> None:
    text = GOOD + "C1,ann,2025-01-07,-10\n9,bob,2025-01-08,-0.5\n"
    tables = read(text, rules=[{"rule": "cancelled", "column": "order_id", "matches": "^C", "do": "refund"}])
    assert rows(tables.refunds, "order_id", "amount") == [("9", Decimal("0.5000")), ("C1", Decimal("10.0000"))]
    assert entry(tables, "cancelled") == ("refund", 1, Decimal("-10.00"))
    assert entry(tables, "amount below zero") == ("refund", 1, Decimal("-0.50"))
    balance(tables)


def test_refunds_delivered_above_zero_are_refunds_by_their_rule(read: Load) -> None:
    text = GOOD.replace("amount\n", "amount,status\n").replace("0\n", "0,paid\n").replace("5\n", "5,refunded\n")
    tables = read(text, rules=[{"rule": "refunded", "column": "status", "one_of": ["refunded"], "do": "refund"}])
    assert rows(tables.refunds, "order_id", "amount") == [("3", Decimal("5.2500"))]
    assert entry(tables, "refunded") == ("refund", 1, Decimal("5.25"))
    balance(tables)


LINES = (
    DATED + "1,ann,2025-01-02,10\n1,ann,2025-01-02,-4\n2,bob,2025-01-03,3\n2,bob,2025-01-03,-5\n3,bob,2025-01-04,8\n"
)


def test_a_negative_line_is_a_refund_of_its_order(read: Load) -> None:
    tables = read(LINES, grain="line")
    assert rows(tables.orders, "order_id", "amount") == [("1", Decimal(10)), ("2", Decimal(3)), ("3", Decimal(8))]
    assert rows(tables.refunds, "order_id", "amount") == [("1", Decimal(4)), ("2", Decimal(5))]
    balance(tables)


def test_a_negative_line_can_be_dropped(read: Load) -> None:
    tables = read(LINES, grain="line", negative_amount="drop")
    assert tables.refunds.count().execute() == 0
    assert entry(tables, "amount below zero") == ("dropped", 2, Decimal("-9.00"))
    balance(tables)


def test_a_negative_line_can_be_netted_and_an_order_below_zero_is_a_refund(read: Load) -> None:
    tables = read(LINES, grain="line", negative_amount="net")
    assert rows(tables.orders, "order_id", "amount") == [("1", Decimal(6)), ("3", Decimal(8))]
    assert rows(tables.refunds, "order_id", "amount") == [("2", Decimal(2))]
    assert entry(tables, "amount below zero, netted into its order") == ("changed", 2, Decimal("-9.00"))
    assert entry(tables, "order below zero after netting") == ("refund", 2, Decimal("-2.00"))
    balance(tables)


def test_what_has_no_order_to_be_netted_into_is_a_refund(read: Load) -> None:
    tables = read(GOOD + "4,ann,2025-01-09,-2\n", negative_amount="net")
    assert rows(tables.refunds, "order_id") == [("4",)]
    balance(tables)


def test_zero_amounts_second_orders_on_a_day_and_orphans_are_noted(read: Load) -> None:
    text = GOOD + "4,ann,2025-01-05,4\n5,bob,2025-01-20,0\n"
    tables = read(text, customers="customer_id\nann\n")
    assert entry(tables, "zero amount") == ("noted", 1, Decimal("0.00"))
    assert entry(tables, "second order on a day") == ("noted", 1, Decimal("4.00"))
    assert entry(tables, "customer_id not in customers") == ("noted", 2, Decimal("20.50"))
    assert entry(tables, "rows kept", "customers") == ("kept", 1, None)


def test_an_amount_that_loses_digits_is_told_as_changed(read: Load) -> None:
    frame = pd.DataFrame(
        {"customer_id": ["ann", "bob", "eve"], "ordered_at": ["2025-01-02"] * 3, "amount": [0.1 + 0.2, 1e-16, 0.0]}
    )
    tables = read(frame)
    assert entry(tables, "amount rounded to four decimals") == ("changed", 2, Decimal("0.30"))
    assert entry(tables, "zero amount")[1] == 1


def test_cents_add_up_where_rounding_would_lose_one() -> None:
    parts = [("read", "0.020"), ("dropped", "0.005"), ("refund", "0.005"), ("dropped", "0.005"), ("kept", "0.005")]
    entries = to_cents([Entry("orders", str(i), o, 1, Decimal(a)) for i, (o, a) in enumerate(parts)])  # type: ignore[arg-type]
    amounts = [entry.amount for entry in entries]
    assert amounts[0] == sum(amount or 0 for amount in amounts[1:]) == Decimal("0.02")
    assert amounts[4] == Decimal("0.01")


# ---------------------------------------------------------------------------------------------------------- as_of


def test_rows_after_as_of_are_counted_apart_and_seen_nowhere(read: Load) -> None:
    tables = read(GOOD + "4,eve,2025-01-31,1\n5,eve,2025-02-01,1\n")
    assert tables.orders.count().execute() == 4
    assert tables.rows_after == {"orders": 1}
    assert entry(tables, "rows read")[1] == 4


def test_the_last_second_of_as_of_counts_and_the_next_does_not(read: Load) -> None:
    text = DATED + "1,ann,2025-01-31 23:59:59,1\n2,bob,2025-01-01 12:00:00,1\n3,ann,2025-02-01 00:00:00,1\n"
    assert rows(read(text).orders, "order_id") == [("1",), ("2",)]


def test_faults_after_as_of_are_no_faults(read: Load) -> None:
    tables = read(GOOD + "3,,2025-02-05,twelve\n")
    assert entry(tables, "rows kept") == ("kept", 3, Decimal("35.75"))


def test_customers_first_seen_after_as_of_are_invisible(read: Load) -> None:
    customers = "customer_id,first_seen_on\nann,2024-01-01\nbob,\neve,2025-03-01\n"
    tables = read(GOOD, customers=customers)
    assert rows(tables.customers, "customer_id") == [("ann",), ("bob",)]
    assert tables.rows_after == {"orders": 0, "customers": 1}


# --------------------------------------------------------------------------------------- the whole, on planted defects


def _planted(random: Random) -> tuple[str, list[str]]:
    """Lines with every defect that a rule of RULES deals with, and lines of the future."""
    lines, future = [], []
    for number in range(200):
        order, customer = f"{random.randint(1, 60)}", random.choice(["ann", "bob", "eve", "", "NA"])
        order = f"C{order}" if random.random() < 0.1 else order
        price = random.choice(["0", "-1.5", f"{random.uniform(0, 50):.4f}", f"{random.uniform(0, 5):.3f}"])
        product = random.choice(["p1", "p2", "POST", "p3"])
        day = f"2025-01-{random.randint(1, 31):02d}"
        lines.append(f"{order}-{customer or 'x'},{customer},{day},{product},{random.randint(-3, 9)},{price}")
        if number % 7 == 0:
            lines.append(lines[-1])
        future.append(f"{order},{customer},2025-02-{random.randint(1, 28):02d},{product},?,{price}")
    random.shuffle(lines)
    return "order_id,customer_id,ordered_at,product_id,quantity,unit_price\n" + "\n".join(lines) + "\n", future


RULES = [
    {"rule": "duplicates", "duplicates": True},
    {"rule": "no customer", "column": "customer_id", "missing": True},
    {"rule": "no product", "column": "product_id", "one_of": ["POST"]},
    {"rule": "cancelled", "column": "order_id", "matches": "^C", "do": "refund"},
    {"rule": "no price", "column": "unit_price", "at_most": 0},
    {"rule": "large", "column": "quantity", "at_least": 9, "do": "note"},
]


@pytest.mark.parametrize(("seed", "negative"), [(0, "refund"), (1, "drop"), (2, "net")])
def test_nothing_is_lost_and_the_future_changes_nothing(read: Load, seed: int, negative: str) -> None:
    text, future = _planted(Random(seed))
    stated = {"grain": "line", "negative_amount": negative, "rules": RULES}
    tables = read(text, **stated)
    balance(tables)
    kept = tables.orders.aggregate(amount=tables.orders.amount.sum()).to_pyarrow()["amount"][0].as_py()
    assert entry(tables, "rows kept")[2] == kept.quantize(Decimal("0.01"), rounding="ROUND_HALF_UP")
    assert min(row[0] for row in rows(tables.orders, "amount")) >= 0
    assert sum(row[0] for row in rows(tables.order_items, "amount")) == kept
    later = read(text + "\n".join(future) + "\n", **stated)
    pd.testing.assert_frame_equal(later.ledger, tables.ledger)
    for name in ("orders", "refunds", "order_items"):
        assert rows(getattr(later, name)) == rows(getattr(tables, name))
    assert later.rows_after == {"orders": len(future)}


def test_the_order_of_rows_changes_no_number(read: Load) -> None:
    text, _ = _planted(Random(9))
    head, *lines = text.splitlines()
    stated = {"grain": "line", "rules": RULES}
    one, other = read(text, **stated), read("\n".join([head, *sorted(lines)]) + "\n", **stated)
    numbers = ["table", "rule", "outcome", "row_count", "amount"]
    pd.testing.assert_frame_equal(one.ledger[numbers], other.ledger[numbers])
    assert rows(one.orders) == rows(other.orders)


# ---------------------------------------------------------------------------------------------------------- messages


def test_all_that_is_wrong_is_said_at_once(read: Load) -> None:
    text = DATED + "1,ann,2025-01-02,1\n1,,2025-01-03,2\n2,bob,2025-01-04,twelve\n3,bob,,4\n"
    assert complaint(read, text) == (
        "`orders` must meet its contract; 4 problems.\n"
        '- orders: column `amount` must be a number: 1 row, first at row 4 ("twelve")\n'
        "- orders: column `customer_id` must not be empty: 1 row, first at row 3; ask for it, or drop such rows by a "
        "rule: {rule: customer_id is empty, column: customer_id, missing: true}\n"
        "- orders: column `ordered_at` must not be empty: 1 row, first at row 5; ask for it, or drop such rows by a "
        "rule: {rule: ordered_at is empty, column: ordered_at, missing: true}\n"
        '- orders: column `order_id` must be there once: 1 id in 2 rows, first at row 2 ("1", 2 times); state '
        "`grain: line` if a row is a line of an order, else a rule {rule: repeated rows, duplicates: true}"
    )


def test_a_missing_column_names_what_was_delivered(read: Load) -> None:
    text = GOOD.replace("customer_id", "Customer").replace("amount", "Total")
    assert complaint(read, text, columns={"amount": "Totl"}) == (
        "`orders` must meet its contract; 2 problems.\n"
        "- orders: column `amount` is mapped to `Totl`, which is not there. Did you mean `Total`? Delivered: order_id, "
        "Customer, ordered_at, Total\n"
        "- orders: column `customer_id` is missing; map it in `columns`. Delivered: order_id, Customer, ordered_at, "
        "Total"
    )


def test_an_amount_may_be_mapped_or_made(read: Load) -> None:
    assert "map it in `columns`, or map both `quantity` and `unit_price`." in complaint(
        read, GOOD.replace("amount", "x")
    )


def test_lines_need_the_id_of_their_order(read: Load) -> None:
    text = "customer_id,ordered_at,amount\nann,2025-01-02,10\n"
    assert "orders: column `order_id` is missing; map it" in complaint(read, text, grain="line")


def test_an_order_has_one_customer(read: Load) -> None:
    text = DATED + "1,ann,2025-01-02,1\n1,bob,2025-01-02,1\n2,bob,2025-01-02,1\n"
    assert complaint(read, text, grain="line") == (
        "`orders` must meet its contract; 1 problem.\n"
        '- orders: column `customer_id` must be one per order: 1 order with several, first at row 2 (order "1"); is '
        "`order_id` the id of the order?"
    )


def test_a_comma_in_a_number_asks_for_the_decimal_mark(read: Load) -> None:
    text = 'order_id,customer_id,ordered_at,amount\n1,ann,2025-01-02,"12,50"\n2,bob,2025-01-03,8.25\n'
    said = complaint(read, text)
    assert "orders: column `amount` must have one decimal mark: 1 row only with a point" in said
    assert 'first at row 2 ("12,50"); state `decimal: "."` or `decimal: ","`' in said


def test_dates_in_two_formats_are_told(read: Load) -> None:
    text = DATED + "1,ann,2025-01-02,1\n2,bob,31/01/2025,1\n"
    said = complaint(read, text, columns={})
    assert "orders: column `ordered_at` must have its dates in one format" in said
    assert "state `date_format`" in said


def test_a_closing_line_can_be_dropped_by_a_rule(read: Load) -> None:
    rules = [{"rule": "closing line", "column": "order_id", "matches": "^Total"}]
    tables = read(GOOD + "Total,,all of it,35.75 in sum\n", rules=rules)
    assert entry(tables, "closing line") == ("dropped", 1, Decimal("0.00"))
    assert entry(tables, "rows kept") == ("kept", 3, Decimal("35.75"))
    balance(tables)


def test_a_long_id_as_a_number_has_lost_digits(read: Load) -> None:
    frame = pd.DataFrame(
        {"customer_id": [1234567890123456789.0, 2.0], "ordered_at": ["2025-01-02"] * 2, "amount": [1.0, 2.0]}
    )
    said = complaint(read, frame)
    assert "orders: column `customer_id` must hold whole ids: 1 row lost digits" in said


def test_a_number_too_large_is_no_number(read: Load) -> None:
    frame = pd.DataFrame({"customer_id": ["a", "b"], "ordered_at": ["2025-01-02"] * 2, "amount": [1e300, 2.0]})
    said = complaint(read, frame)
    assert "orders: column `amount` must be a number: 1 row, first at row 1 (1e+300)" in said


def test_a_year_of_birth_is_whole(read: Load) -> None:
    said = complaint(read, GOOD, customers="customer_id,birth_year\nann,1980.5\nbob,1970\n")
    assert 'customers: column `birth_year` must be a whole number: 1 row, first at row 2 ("1980.5")' in said


def test_another_currency_is_told(read: Load) -> None:
    text = (
        GOOD.replace("amount\n", "amount,currency\n")
        .replace("00\n", "00,eur\n")
        .replace("0\n", "0,EUR\n")
        .replace("5\n", "5,USD\n")
    )
    assert complaint(read, text) == (
        "`orders` must meet its contract; 1 problem.\n"
        '- orders: column `currency` must be EUR, the currency of the report: 1 row, first at row 4 ("USD"); one '
        "report speaks in one currency"
    )


def test_keys_of_products_and_customers_are_there_once(read: Load) -> None:
    said = complaint(read, GOOD, customers="customer_id,region\nann,N\nann,S\n,S\n", products="product_id\np\np\n")
    assert said.startswith("`orders`, `products` and `customers` must meet their contracts; 3 problems.\n")
    assert 'products: column `product_id` must be there once: 1 id in 2 rows, first at row 2 ("p", 2 times)' in said
    assert "customers: column `customer_id` must not be empty: 1 row, first at row 4" in said
    assert 'customers: column `customer_id` must be there once: 1 id in 2 rows, first at row 2 ("ann", 2 times)' in said


def test_every_order_after_as_of(read: Load) -> None:
    assert complaint(read, GOOD, as_of=date(2024, 12, 31)) == (
        "`orders` must have rows at or before `as_of` 2024-12-31, found none: the first of 3 is of 2025-01-02; is "
        "`as_of` right, and `ordered_at` the date of the order?"
    )


def test_only_refunds(read: Load) -> None:
    assert complaint(read, DATED + "1,ann,2025-01-02,-1\n2,bob,2025-01-02,-3\n") == (
        "`orders` must hold purchases, found none among 2 rows: 2 are refunds (below zero, or by a rule), 0 were "
        "dropped by a rule; is the sign of the amount turned, or a rule too wide?"
    )


def test_rules_that_leave_nothing(read: Load) -> None:
    rules = [{"rule": "all", "column": "amount", "at_least": 0}]
    assert "found none among 3 rows: 0 are refunds (below zero, or by a rule), 3 were dropped" in complaint(
        read, GOOD, rules=rules
    )


def test_one_customer(read: Load) -> None:
    assert complaint(read, DATED + "1,ann,2025-01-02,1\n2,ann,2025-01-03,3\n") == (
        '`orders` must be of several customers, found one ("ann") for all 2 orders; is `customer_id` the id of '
        "the customer?"
    )


def test_an_empty_table(read: Load) -> None:
    assert "orders.csv must hold rows" in complaint(read, DATED)


def test_a_rule_on_a_column_that_is_not_there(read: Load) -> None:
    said = complaint(read, GOOD, rules=[{"rule": "odd", "column": "amuont", "at_most": 0}])
    assert "orders: rule 'odd' reads column `amuont`, which is not there. Did you mean `amount`?" in said


def test_what_the_params_state_wrongly_is_said_before_data_are_read(read: Load) -> None:
    with pytest.raises(ParamsError) as caught:
        read(
            GOOD,
            columns={"amuont": "amount", "product_id": "x"},
            rules=[{"rule": "odd", "column": "order_id", "matches": "(C"}],
            customers="customer_id\nann\n",
            stated={"customers": {"rules": [{"rule": "no", "column": "customer_id", "missing": True, "do": "refund"}]}},
        )
    said = str(caught.value)
    assert said.startswith("the tables of the params must be stated in canonical names; 4 problems.\n")
    assert "`orders.columns`: 'amuont' is not a column of orders. Did you mean `amount`? Known: order_id" in said
    assert "`orders.columns`: 'product_id' belongs to a line of an order; state `grain: line`" in said
    assert "`orders.rules.0` (odd): `matches` must be a regular expression" in said
    assert "`customers.rules.0` (no): only orders have refunds" in said


# --------------------------------------------------------------------------------------------------- published figures


def reported(name: str, as_of: date | None = None, *, only: tuple[str, ...] = ()) -> CommonParams:
    """The params of a report of the project, of certain tables, perhaps as of another day."""
    path = Path(__file__).parents[2] / "params" / f"{name}.yml"
    params = next(iter(read_report(path, as_of=as_of).params.values()))
    return params.model_copy(update=dict.fromkeys(only))


def test_cdnow_has_its_published_figures() -> None:
    """Fader and Hardie's CDNOW master file, as the lifetimes package has it."""
    tables = load(**reported("cdnow").delivery)
    assert entry(tables, "rows read") == ("read", 69_659, Decimal("2500315.63"))
    assert entry(tables, "rows kept")[1:] == (69_659, Decimal("2500315.63"))
    assert entry(tables, "zero amount") == ("noted", 80, Decimal("0.00"))
    assert entry(tables, "second order on a day")[1] == 2_068
    assert tables.orders.customer_id.nunique().execute() == 23_570


@pytest.mark.usefixtures("complete_journey")
def test_the_complete_journey_has_its_published_figures() -> None:
    tables = load(**reported("grocery", date(2018, 1, 31)).delivery)
    assert entry(tables, "rows read") == ("read", 1_469_307, Decimal("4596039.58"))
    assert entry(tables, "zero amount")[1] == 11_226
    assert tables.orders.count().execute() == 155_848
    assert tables.orders.customer_id.nunique().execute() == 2_469
    assert tables.customers is not None
    assert tables.customers.count().execute() == 801
    assert tables.order_items is not None
    assert "category" in tables.order_items.columns
    balance(tables)


@pytest.mark.usefixtures("complete_journey")
def test_the_complete_journey_ends_at_midnight() -> None:
    tables = load(**reported("grocery", only=("products", "customers")).delivery)
    assert {name: count for name, count in tables.rows_after.items() if count} == {"orders": 534}
    assert entry(tables, "rows kept")[1] == 1_469_307 - 534
    assert tables.orders.ordered_at.max().execute() < pd.Timestamp("2018-01-01")


@pytest.mark.data
@pytest.mark.slow
def test_online_retail_has_its_published_figures(online_retail: Path) -> None:
    """UCI 502; lines, duplicates and customers as counted in its two sheets."""
    params = reported("online_retail")
    chosen = ("exact duplicates", "no customer", "cancelled invoice")
    rules = [rule for rule in params.orders.rules if rule.rule in chosen]
    orders = params.orders.model_copy(update={"rules": rules})
    tables = load(**params.model_copy(update={"orders": orders, "reversal_days": 0}).delivery)
    assert [one.row_count for one in tables.inputs] == [525_461, 541_909]
    assert entry(tables, "rows read")[1] == 525_461 + 541_909
    assert entry(tables, "exact duplicates")[1] == 34_228
    lines = sum(entry(tables, rule)[1] for rule in ("rows kept", "cancelled invoice"))
    assert lines == 797_884
    customers = tables.orders.select("customer_id").union(tables.refunds.select("customer_id"))
    assert customers.customer_id.nunique().execute() == 5_942
    balance(tables)


@pytest.mark.data
@pytest.mark.slow
def test_the_rules_of_online_retail_leave_products_with_a_price(online_retail: Path) -> None:
    tables = load(**reported("online_retail").delivery)
    assert tables.order_items is not None
    codes = tables.order_items.product_id
    assert (
        tables.order_items.filter(~codes.re_search(r"^\d{5}") & ~codes.re_search("^(SP|DCGS)")).count().execute() == 0
    )
    assert tables.orders.filter(tables.orders.amount <= 0).count().execute() == 0
    balance(tables)
    assert tables.reversed_orders is not None
    undone = tables.reversed_orders.to_pandas().set_index("order_id")["amount"].astype(float)
    assert (undone["541431"], undone["581483"]) == (77_183.6, 168_469.6), "of customers 12346 and 16446"
    spent = tables.orders.filter(tables.orders.customer_id.isin(["12346", "16446"])).to_pandas()
    assert spent["amount"].max() < 150
    assert "23843" not in set(tables.order_items.select("product_id").distinct().to_pandas()["product_id"])


def test_an_unknown_table_is_named_with_its_nearest(tmp_path: Path) -> None:
    params = ExplorationParams.model_validate({"other_tables": {"evnts": "a.csv"}})
    with pytest.raises(ParamsError, match=r"'evnts' is not a canonical table\. Did you mean `events`"):
        load(**params.delivery, root=tmp_path)


def test_items_in_a_file_of_their_own_take_customer_and_instant_from_the_order(tmp_path: Path) -> None:
    (tmp_path / "o.csv").write_text(
        "order_id,customer_id,ordered_at,amount\n1,a,2025-01-01,5\n2,b,2025-01-02,7\n3,b,2025-02-02,7\n",
        encoding="utf-8",
    )
    (tmp_path / "i.csv").write_text(
        "order_id,product_id,amount\n1,tea,5\n2,pot,4\n2,tea,3\n3,tea,7\n9,pot,1\n", encoding="utf-8"
    )
    given = {"as_of": "2025-01-31", "orders": "o.csv", "other_tables": {"order_items": "i.csv"}}
    tables = load(**ExplorationParams.model_validate(given).delivery, root=tmp_path)
    assert tables.order_items is not None
    items = tables.order_items.order_by("order_id", "product_id").to_pyarrow().to_pylist()
    assert [(row["order_id"], row["customer_id"], row["product_id"]) for row in items] == [
        ("1", "a", "tea"), ("2", "b", "pot"), ("2", "b", "tea")
    ]  # fmt: skip
    assert tables.rows_after["order_items"] == 1
    read = tables.ledger.query("table == 'order_items' and rule == 'rows read'")["row_count"]
    assert read.tolist() == [4], "the item of a later order is not seen"
    assert entry(tables, "order_id not in orders", "order_items")[:2] == ("noted", 1), (
        "that of an order nobody delivered is noted"
    )


def test_items_are_not_taken_twice(tmp_path: Path) -> None:
    given = {"orders": {"source": "o.csv", "grain": "line"}, "other_tables": {"order_items": "i.csv"}}
    with pytest.raises(ParamsError, match="leave them away"):
        load(**ExplorationParams.model_validate(given).delivery, root=tmp_path)


# --------------------------------------------------------------------------------------------- values as people have them


def total(tables: Tables) -> Decimal:
    found = tables.orders.amount.sum().to_pyarrow().as_py()
    assert isinstance(found, Decimal)
    return found


def test_a_unit_in_the_name_of_a_column_multiplies_and_is_said(read: Load) -> None:
    text = GOOD.replace("amount", "金额（万元）")
    tables = read(text, columns={"amount": "金额（万元）"}, currency="CNY")
    assert total(tables) == Decimal(357500)
    said = "orders: column `amount` (`金额（万元）`) is in ten thousand yuan, as its name tells: multiplied by 10,000."
    assert said in tables.remarks
    assert said in tables.notes
    for unit, factor in (("元", 1), ("千元", 1000), ("分", Decimal("0.01"))):
        stated = read(text, columns={"amount": "金额（万元）"}, units={"amount": unit}, currency="CNY")
        assert total(stated) == Decimal("35.75") * factor


def test_a_unit_multiplies_numbers_that_are_typed_already(read: Load) -> None:
    frame = pd.DataFrame(
        {
            "customer_id": ["a", "b"],
            "ordered_at": [datetime(2025, 1, 2)] * 2,
            "Total (k)": [2.967, 1.199],
            "price_cents": [5, 7],
        }
    )
    assert total(read(frame, columns={"amount": "Total (k)"})) == Decimal(4166)
    assert total(read(frame, columns={"amount": "price_cents"})) == Decimal("0.12")


def test_units_in_cells_multiply_and_are_a_line_of_the_ledger(read: Load) -> None:
    tables = read(
        DATED + "1,a,2025-01-02,1.2万\n2,b,2025-01-03,3k\n3,b,2025-01-04,35.5元\n4,c,2025-01-05,50 cents\n",
        currency="CNY",
    )
    assert total(tables) == Decimal(15036)
    assert entry(tables, "amount multiplied by the unit in its cell") == ("changed", 3, Decimal("15000.50"))
    assert any("has units in its cells, such as" in said for said in tables.remarks)


def test_two_units_of_one_column_are_asked_for(read: Load) -> None:
    text = GOOD.replace("amount", "amount_k").replace("10.00", "10万")
    told = complaint(read, text, columns={"amount": "amount_k"})
    assert "must have one unit: its name says that numbers are multiplied by 1,000, and 1 row tell their own" in told
    assert total(read(text, columns={"amount": "amount_k"}, units={"amount": "k"})) == Decimal(125750)


def test_ids_and_counts_have_no_unit(read: Load) -> None:
    text = "订单（万）,customer_id,ordered_at,quantity,unit_price\n1,ann,2025-01-02,2,10\n2,bob,2025-01-03,1,20.50\n"
    tables = read(text, columns={"order_id": "订单（万）"})
    assert rows(tables.orders, "order_id", "amount") == [("1", Decimal(20)), ("2", Decimal("20.5"))]


def test_units_are_checked_before_any_data_are_read(read: Load) -> None:
    with pytest.raises(ParamsError) as caught:
        read(GOOD, units={"amont": "k", "amount": "parcels"})
    assert "`orders.units`: 'amont' is not a column of money or numbers. Did you mean `amount`?" in str(caught.value)
    assert "`orders.units.amount` must be a unit such as 元, 万元, k, cents" in str(caught.value)


def test_the_currency_of_the_amounts_is_the_reports(read: Load) -> None:
    signed = GOOD.replace("10.00", "$10.00")
    assert 'must be in EUR, the currency of the report: 1 row with "$", first at row 2 ("$10.00")' in complaint(
        read, signed
    )
    assert total(read(signed, currency="CAD")) == Decimal("35.75")
    named = GOOD.replace("amount", "Total (USD)")
    told = complaint(read, named, columns={"amount": "Total (USD)"})
    assert "must be in EUR, the currency of the report: its name says USD" in told
    assert total(read(named, columns={"amount": "Total (USD)"}, units={"amount": "EUR"})) == Decimal("35.75")


def test_a_product_too_large_for_money_is_told(read: Load) -> None:
    text = (
        "customer_id,ordered_at,quantity,unit_price\nann,2025-01-02,99999999999999,99999999999999\nbob,2025-01-03,1,1\n"
    )
    assert complaint(read, text).endswith(
        "must be below 100,000,000,000,000, as quantity times price: 1 row, first at row 2 "
        '("99999999999999" x "99999999999999")'
    )


def test_guards_are_taken_off_in_every_table(read: Load) -> None:
    orders = DATED + '"=""01""","=""0009""","=""2025-01-02""","=""29.67"""\n"=""02""","=""0010""",2025-01-03,1\n'
    tables = read(orders, customers="customer_id,region\n0009,\u200bNorth\n'0010,South\n")
    assert rows(tables.orders, "order_id", "customer_id", "amount") == [
        ("01", "0009", Decimal("29.67")),
        ("02", "0010", Decimal(1)),
    ]
    assert "customer_id not in customers" not in set(tables.ledger["rule"])
    assert rows(tables.customers, "customer_id", "region") == [("0009", "North"), ("0010", "South")]
    said = [remark for remark in tables.remarks if "Guards" in remark]
    assert [remark.partition("taken off ")[2] for remark in said] == [
        "`order_id`, `customer_id`, `ordered_at` and `amount` of orders: 2 rows.",
        "`customer_id` of customers: 1 row.",
    ]


def test_addresses_are_folded_in_every_table_as_in_the_orders(read: Load) -> None:
    orders = DATED + "1,Ann@X.com,2025-01-02,10\n2,ann@x.com ,2025-01-03,20\n3,bob@x.com,2025-01-05,5\n"
    tables = read(orders, customers="customer_id,region\nANN@x.com,North\nbob@x.com,South\n")
    assert {name for _, name in rows(tables.orders, "order_id", "customer_id")} == {"ann@x.com", "bob@x.com"}
    assert {name for (name,) in rows(tables.customers, "customer_id")} == {"ann@x.com", "bob@x.com"}
    assert (
        "Customer ids of orders, letter case and blanks folded: 3 rows of e-mail addresses; 3 spellings are 2 ids."
        in tables.remarks
    )


def test_ids_that_are_no_addresses_keep_their_letters(read: Load) -> None:
    tables = read(GOOD.replace("3,ann", "3,Ann"))
    assert {name for _, name in rows(tables.orders, "order_id", "customer_id")} == {"ann", "Ann", "bob"}
    assert not any("folded" in said for said in tables.remarks)


def test_the_zone_of_the_report_decides_the_day_and_is_said(read: Load) -> None:
    text = DATED + "1,ann,1735776000,10\n2,bob,1735862400,20\n"  # 2 and 3 January 2025 at midnight, UTC
    assert read(text).remarks[0] == "Days and hours are as delivered; no time zone is stated."
    tables = read(text, time_zone="America/New_York")
    assert [at for _, at in rows(tables.orders, "order_id", "ordered_at")] == [
        datetime(2025, 1, 1, 19),
        datetime(2025, 1, 2, 19),
    ]
    assert tables.observed.first_on == date(2025, 1, 1)
    assert tables.remarks[0] == (
        "Days and hours are those of America/New_York, as stated; instants without a zone are taken as they stand."
    )


def test_a_zone_decides_what_as_of_sees(read: Load) -> None:
    text = (
        DATED
        + "1,ann,2025-01-31T23:30:00-05:00,10\n2,bob,2025-02-01T00:30:00-05:00,20\n3,bob,2025-01-30T00:30:00-05:00,5\n4,ann,2025-01-30T00:30:00-05:00,2\n"
    )
    assert total(read(text, time_zone="America/New_York")) == Decimal(17)
    assert total(read(text, time_zone="UTC")) == Decimal(7)


def test_a_parquet_file_that_names_a_zone_is_read_in_it(read: Load) -> None:
    at = pd.to_datetime(["2025-01-02 00:30", "2025-01-03 23:30"]).tz_localize("Asia/Kolkata")
    frame = pd.DataFrame({"order_id": ["1", "2"], "customer_id": ["a", "b"], "ordered_at": at, "amount": [1.0, 2.0]})
    events = pd.DataFrame({"customer_id": ["a"], "first_seen_on": at[:1].tz_convert("UTC")})
    tables = read(frame, customers=events)
    assert [when for _, when in rows(tables.orders, "order_id", "ordered_at")] == [
        datetime(2025, 1, 2, 0, 30),
        datetime(2025, 1, 3, 23, 30),
    ]
    assert rows(tables.customers, "first_seen_on") == [(date(2025, 1, 2),)]
    assert tables.remarks[0] == (
        "Days and hours are those of Asia/Kolkata, the zone of the orders' own column; no time zone is stated."
    )
    utc = read(frame, time_zone="UTC")
    assert utc.observed.first_on == date(2025, 1, 1)


def test_remarks_do_not_change_by_rows_after_as_of(read: Load) -> None:
    later = '="9",ANN@X.com,2025-03-01 10:00:00 +0530,3k\n'
    seen = DATED + "1,ann@x.com,2025-01-02 10:00:00 -0500,10\n2,bob@x.com,2025-01-03 10:00:00 -0500,20\n"
    before = read(seen, time_zone="America/New_York").remarks
    assert read(seen + later, time_zone="America/New_York").remarks == before


CASES = Path(os.environ.get("REGULARS_DATA", "")) / ".." / "cases"
CHINESE = {"order_id": "订单号", "customer_id": "客户号", "ordered_at": "下单时间", "amount": "金额"}


@pytest.mark.skipif(not (CASES / "README.md").exists(), reason="the cases are not here")
@pytest.mark.parametrize(
    ("file", "columns", "expected"),
    [
        ("01-wan-yuan/orders.csv", {"order_id": "订单编号", "customer_id": "客户编号", "ordered_at": "下单日期", "amount": "订单金额（万元）"}, "26076290"),
        ("02-excel-guarded-ids/orders.csv", {"ordered_at": "date"}, "26076.29"),
        ("04-chinese-am-pm/orders.csv", CHINESE, "26076.29"),
        ("05-shopify-offsets/orders.csv", {"order_id": "Name", "customer_id": "Email", "ordered_at": "Created at", "amount": "Subtotal"}, "26076.29"),
        ("06-zoned-parquet-and-epoch/orders.parquet", {}, "26076.29"),
        ("23-scientific-notation-sign/orders.csv", {"ordered_at": "date"}, "17852.004"),
        ("30-email-letter-case/orders.csv", {"customer_id": "email", "ordered_at": "date"}, "26076.29"),
    ],
)  # fmt: skip
def test_cases_as_people_have_them(file: str, columns: dict[str, str], expected: str) -> None:
    given = {"title": "Test", "as_of": date(2024, 6, 30), "currency": "CNY" if "01" in file else "USD"}
    source = {"source": str((CASES / file).resolve()), "columns": columns}
    orders = load(**CommonParams.model_validate(given | {"orders": source}).delivery).orders
    assert orders.amount.sum().to_pyarrow().as_py() == Decimal(expected)
    assert orders.customer_id.nunique().to_pyarrow().as_py() == 120
    days = orders.group_by("customer_id", day=orders.ordered_at.date()).aggregate(order_count=orders.count())
    assert days.order_count.max().to_pyarrow().as_py() == 1
    assert orders.ordered_at.date().min().to_pyarrow().as_py() == date(2023, 1, 3)
