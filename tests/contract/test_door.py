"""Values at the door that look like data and are not: days that stand for none, swallowed rows, other currencies."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import ibis
import pandas as pd
import pyarrow as pa
import pytest
from ibis.backends.duckdb import Backend

from helpers.connectors.delivery import connect
from helpers.contract import checking
from helpers.contract.amounts import Money, parse_number
from helpers.contract.dates import parse_instant
from helpers.contract.evidence import line_break
from helpers.contract.loading import load
from helpers.contract.parsing import parse_id
from helpers.errors import ContractError
from helpers.params import CommonParams


@pytest.fixture(scope="module")
def connection() -> Backend:
    return connect()


def column(connection: Backend, values: list[object], kind: pa.DataType | None = None) -> ibis.Table:
    """A delivered table of one column `x`, with its rows numbered from 2."""
    rows = pa.array(range(2, len(values) + 2), pa.int64())
    files = pa.array(["a.csv"] * len(values))
    table = pa.table({"x": pa.array(values, kind), "_file": files, "_row": rows})
    return connection.create_table(ibis.util.guid(), table, temp=True)


@pytest.mark.parametrize(
    ("given", "date_format"),
    [
        (["2025-01-02", "0001-01-01", "1900-01-01", "9999-12-31"], None),
        (["02.01.2025", "01.01.1753", "30.12.1899", "31.12.1899"], None),
        (["20250102", "99991231", "19000101"], None),
        (["2025-01-02 00:00:00", "9999-12-31 23:59:59", "1900-01-01 00:00:00"], None),
        (["2025-01-02T00:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"], None),
        (["02/01/2025", "01/01/1900"], "%d/%m/%Y"),
        ([date(2025, 1, 2), date(1, 1, 1), date(9999, 12, 31)], None),
        ([datetime(2025, 1, 2), datetime(1900, 1, 1), datetime(9999, 12, 31, 23, 59, 59)], None),
    ],
)
def test_days_that_stand_for_none_count_as_missing(
    connection: Backend, given: list[object], date_format: str | None
) -> None:
    table = column(connection, given)
    parsed = parse_instant(table, "x", date_format=date_format, time_zone="America/New_York")
    assert parsed.problem is None
    read = table.order_by("_row").select(value=parsed.value, absent=parsed.absent).to_pyarrow()
    assert [value is None for value in read["value"].to_pylist()] == [False] + [True] * (len(given) - 1)
    assert read["absent"].to_pylist() == [False] + [True] * (len(given) - 1)
    assert f"{len(given) - 1} row{'s' * (len(given) > 2)} count as missing" in (parsed.remark or "")


def test_a_typed_instant_with_a_zone_may_stand_for_none(connection: Backend) -> None:
    given = [pd.Timestamp("2025-01-02", tz="UTC"), pd.Timestamp("9999-12-31 23:59:59", tz="UTC").as_unit("us")]
    parsed = parse_instant(
        column(connection, given, pa.timestamp("us", "UTC")), "x", date_format=None, time_zone="Asia/Tokyo"
    )
    assert parsed.problem is None
    assert "1 row count as missing" in (parsed.remark or "")


def test_epochs_and_days_beside_them_are_days(connection: Backend) -> None:
    table = column(connection, ["1970-01-01", "1900-01-02", "9999-12-30", "0001-01-02"])
    parsed = parse_instant(table, "x", date_format=None)
    assert table.select(x=parsed.value).x.count().execute() == 4
    assert parsed.absent is parsed.remark is None


def test_a_rule_drops_days_that_stand_for_none_and_an_open_end_stays_open(tmp_path: Path) -> None:
    orders = "customer_id,ordered_at,amount\nann,2025-01-02,10\nbob,9999-12-31,20\nbob,2025-01-03,40\n"
    (tmp_path / "orders.csv").write_text(orders, encoding="utf-8")
    tiers = "customer_id,tier,valid_from,valid_to\nann,gold,2025-01-01,9999-12-31\nbob,gold,2024-01-01,2024-12-31\n"
    (tmp_path / "tiers.csv").write_text(tiers, encoding="utf-8")
    rule = {"rule": "no day", "column": "ordered_at", "missing": True}
    given = {"as_of": "2025-01-31", "orders": {"source": "orders.csv"}, "other_tables": {"memberships": "tiers.csv"}}
    with pytest.raises(ContractError, match=r'must not be empty: 1 row, first at row 3 \("9999-12-31", a day that'):
        load(**CommonParams.model_validate(given).delivery, root=tmp_path)
    given["orders"] |= {"rules": [rule]}
    tables = load(**CommonParams.model_validate(given).delivery, root=tmp_path)
    assert tables.orders.amount.sum().execute() == 50
    ends = tables.others["memberships"].order_by("customer_id").valid_to.to_pyarrow().to_pylist()
    assert ends == [None, date(2024, 12, 31)]


@pytest.mark.parametrize("value", ["c1\nc2", "c1\r\nc2", "5\n€", "2025-01-02\n10:00", "a\x85b", "a\u2028b"])
def test_line_breaks_inside_a_value_are_told(connection: Backend, value: str) -> None:
    told = line_break(column(connection, ["fine", value]), "x")
    assert told is not None
    assert told.startswith("must hold no line break: 1 row, first at row 3")
    assert "\n" not in told


def test_line_breaks_around_a_value_are_space(connection: Backend) -> None:
    assert line_break(column(connection, ["c1\n", "\r\nc2", "c 3", None]), "x") is None


@pytest.mark.parametrize(("value", "has_ends"), [(" b ", False), ("\nb", True)], ids=["blanks", "line ends"])
def test_rules_are_asked_for_line_breaks_only_where_a_column_has_line_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str, has_ends: bool
) -> None:
    asked = []
    monkeypatch.setattr(checking, "line_break", lambda table, column: asked.append(column))
    frame = pd.DataFrame(
        {"order_id": ["1", "2"], "customer_id": ["a", value], "ordered_at": "2025-01-02", "amount": [5, 6]}
    )
    frame.to_parquet(tmp_path / "a.parquet")
    orders = CommonParams.model_validate({"orders": "a.parquet"}).orders
    load({"orders": orders}, as_of=date(2025, 1, 31), currency="EUR", stale_days=31, root=tmp_path)
    assert asked == (["customer_id"] if has_ends else [])


def test_no_id_amount_or_date_of_an_order_holds_a_line_break(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {"order_id": ["1", "2\n3"], "customer_id": ["a", "b\nc"], "ordered_at": "2025-01-02", "amount": ["5\n€", "6"]}
    )
    frame.to_parquet(tmp_path / "a.parquet")
    with pytest.raises(ContractError) as caught:
        load(
            {"orders": CommonParams.model_validate({"orders": "a.parquet"}).orders},
            as_of=date(2025, 1, 31),
            currency="EUR",
            stale_days=31,
            root=tmp_path,
        )
    for name in ("order_id", "customer_id", "amount"):
        assert f"orders: column `{name}` must hold no line break: 1 row" in str(caught.value)


@pytest.mark.parametrize(
    "value", ["(5", "5)", "--5", "5--", "-(5)", "(-5)", "((5))", "+-5", "-5-", "1e", "e5", "Infinity"]
)
def test_signs_and_brackets_that_make_no_number(connection: Backend, value: str) -> None:
    parsed = parse_number(column(connection, ["1", value]), "x", decimal=None)
    assert (parsed.problem or "").startswith("must be a number: 1 row, first at row 3")


@pytest.mark.parametrize(
    ("value", "currency", "is_read"),
    [
        ("Rp 10.000.000.000", "IDR", True),
        ("10.000.000.000 ₫", "VND", True),
        ("10.000.000.000 VND", "VND", True),
        ("₪5", "ILS", True),
        ("A$5", "AUD", True),
        ("€5", "UAH", False),
        ("5 USD", "PEN", False),
        ("C$5", "AUD", False),
        ("₫5", "EUR", False),
        ("Rp5", "VND", False),
        ("5 XAF", "EUR", False),
        ("€5", "XXX", True),
    ],
)
def test_amounts_are_in_the_currency_of_the_report(
    connection: Backend, value: str, currency: str, is_read: bool
) -> None:
    parsed = parse_number(column(connection, [value, value]), "x", decimal=None, money=Money(currency))
    assert (parsed.problem is None) == is_read, parsed.problem


@pytest.mark.parametrize(("kind", "beyond"), [(pa.float32(), 2**24), (pa.float64(), 2**53)])
def test_ids_that_their_type_does_not_keep_apart(connection: Backend, kind: pa.DataType, beyond: int) -> None:
    values = pa.array([float(beyond - 1), float(beyond)], pa.float64()).cast(kind)
    parsed = parse_id(column(connection, values.to_pylist(), kind), "x")
    assert parsed.problem is not None
    assert f"1 row lost digits as numbers with a fraction part, or beyond the {beyond:,}" in parsed.problem


@pytest.mark.parametrize(
    ("price", "total"), [(15_000_000_000, 40 * 15_000_000_000), (99_999_999_999_999, None), (-99_999_999_999_999, None)]
)
def test_large_lines_are_summed_or_refused_in_words(tmp_path: Path, price: int, total: int | None) -> None:
    lines = [f"{n // 2},c{n % 40 // 2 % 3},2025-01-02,{price}" for n in range(40)] + ["77,c9,2025-01-02,0"]
    (tmp_path / "a.csv").write_text(
        "order_id,customer_id,ordered_at,amount\n" + "\n".join(lines) + "\n", encoding="utf-8"
    )
    orders = CommonParams.model_validate({"orders": {"source": "a.csv", "grain": "line"}}).orders
    terms: dict[str, Any] = {"as_of": date(2025, 1, 31), "currency": "VND", "stale_days": 31, "root": tmp_path}
    if total is not None:
        assert load({"orders": orders}, **terms).orders.amount.sum().execute() == total
        return
    with pytest.raises(
        ContractError, match="must come to less than 100,000,000,000,000 an order: the lines of 20 orders"
    ):
        load({"orders": orders}, **terms)
