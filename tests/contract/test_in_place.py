"""Tables that stay on PostgreSQL: the same canonical tables and ledger as from a file, and nothing fetched on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import ibis
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from helpers.connectors import warehouses
from helpers.contract import counting, coverage, scaffolding, sharing
from helpers.contract.canonical import Tables
from helpers.contract.loading import load
from helpers.errors import ContractError, ParamsError, RegularsError
from helpers.features import purchases
from helpers.features.frames import fetch
from helpers.params import CommonParams
from helpers.schema.sources import TableSource

AS_OF = date(2025, 1, 31)
MONEY = pa.decimal128(12, 2)
ORDERS = {
    "order_id": ["o1", "o2", "o3", "o4", "o5", "o6", "o7", "o8", "o9"],
    "customer_id": ["ann", "Bob", "ann", "Cyd", "Bob", None, "ann", "ann", "dan"],
    "ordered_at": [
        datetime(2025, 1, 2, 9),
        datetime(2025, 1, 2, 10),
        datetime(2025, 1, 2, 11),
        datetime(2025, 1, 3),
        datetime(2025, 1, 4),
        datetime(2025, 1, 5),
        datetime(2025, 1, 6),
        datetime(2025, 1, 7),
        datetime(2025, 2, 1),
    ],
    "amount": [*map(Decimal, ("10.00", "20.50", "5.25", "0.00", "-20.50", "7.00", "3.00", "-1.00", "9.00"))],
    "channel": ["web", "shop", " web", "", "shop", "web", "test", None, "web"],
}
RULES = [
    {"rule": "nobody's", "column": "customer_id", "missing": True},
    {"rule": "test order", "column": "channel", "matches": "^te.t$"},
    {"rule": "small", "column": "amount", "at_most": 5.25, "do": "note"},
]
LINES = {
    "order_id": ["1", "1", "2", "3", "3", "4"],
    "customer_id": [7, 7, 8, 7, 7, 9],
    "ordered_at": [date(2025, 1, day) for day in (2, 2, 3, 4, 4, 5)],
    "product_id": ["p1", "p2", "p1", "p3", "p3", "p2"],
    "quantity": [1, 2, 3, 1, 1, -2],
    "unit_price": [*map(Decimal, ("1.50", "2.25", "1.50", "4.00", "4.00", "2.25"))],
}
PRODUCTS = {"product_id": ["p1", "p2"], "category": ["toys", "books"], "cost": [0.5, 1.0]}
CUSTOMERS = {"customer_id": [7, 9], "region": ["north", None], "first_seen_on": [date(2024, 5, 1), None]}
CONSENTS = {
    "customer_id": ["Bob", "ann", "Cyd", "Cyd"],
    "purpose": ["analytics", "Analytics ", "analytics", "email"],
    "granted_at": [datetime(2024, 1, day) for day in (1, 2, 3, 4)],
    "withdrawn_at": [datetime(2025, 1, 20), None, datetime(2025, 2, 3), datetime(2024, 6, 1)],
}
ERASURES = {
    "customer_id": ["dan", "Cyd", "eve"],
    "requested_at": [datetime(2025, 2, 2), datetime(2025, 1, 8), datetime(2025, 1, 9)],
    "erased_at": [None, datetime(2025, 1, 12), datetime(2025, 1, 13)],
}
Deliver = Callable[..., tuple[Tables, Tables]]


def types_of(table: pa.Table) -> str:
    names = {"string": "text", "int64": "bigint", "double": "double precision", "date32[day]": "date"}
    return ", ".join(f'"{field.name}" {_sql(field.type, names)}' for field in table.schema)


def _sql(kind: pa.DataType, names: dict[str, str]) -> str:
    if pa.types.is_decimal(kind):
        return f"numeric({kind.precision}, {kind.scale})"
    if pa.types.is_timestamp(kind):
        return "timestamptz" if kind.tz else "timestamp"
    return names[str(kind)]


def arrow(columns: dict[str, list[Any]]) -> pa.Table:
    table = pa.table(columns)
    if "amount" in columns and isinstance(columns["amount"][0], Decimal):
        at = table.schema.get_field_index("amount")
        table = table.set_column(at, "amount", table["amount"].cast(MONEY))
    return table


@pytest.fixture
def put(postgres: str) -> Iterator[Callable[[str, pa.Table], str]]:
    """Puts a table into the database; gives its source."""
    import psycopg

    with psycopg.connect(postgres, autocommit=True) as connection:

        def written(name: str, table: pa.Table) -> str:
            connection.execute(f"DROP TABLE IF EXISTS {name}")
            connection.execute(f"CREATE TABLE {name} ({types_of(table)})")
            with connection.cursor().copy(f"COPY {name} FROM STDIN") as copy:
                for row in table.to_pylist():
                    copy.write_row(list(row.values()))
            return f"{postgres}?table={name}"

        yield written


@pytest.fixture
def both(put: Callable[[str, pa.Table], str], tmp_path: Path) -> Deliver:
    """The same rows checked on PostgreSQL, and read from Parquet files into DuckDB."""

    def loaded(
        tables: dict[str, dict[str, list[Any]]], *, time_zone: str | None = None, **of_orders: Any
    ) -> tuple[Tables, Tables]:
        there, here = {}, {}
        for name, columns in tables.items():
            table = arrow(columns)
            pq.write_table(table, tmp_path / f"{name}.parquet")
            stated = of_orders if name == "orders" else {}
            there[name] = {"source": put(name, table), **stated}
            here[name] = {"source": str(tmp_path / f"{name}.parquet"), **stated}
        return loaded_from(there, time_zone), loaded_from(here, time_zone)

    return loaded


def loaded_from(sources: dict[str, Any], time_zone: str | None = None) -> Tables:
    others = {name: sources[name] for name in sources if name not in ("orders", "products", "customers")}
    named = {name: source for name, source in sources.items() if name not in others}
    given = {"title": "Test", "as_of": AS_OF, "currency": "EUR", "time_zone": time_zone, "other_tables": others}
    return load(**CommonParams.model_validate(given | named).delivery)


def assert_same(there: Tables, here: Tables) -> None:
    assert there.backend.name == "postgres"
    for name in ("orders", "refunds", "order_items", "products", "customers", "reversed_orders"):
        ours, theirs = getattr(there, name), getattr(here, name)
        assert (ours is None) == (theirs is None), name
        if ours is not None:
            assert ours.columns == theirs.columns
            keys = [column for column in ("order_id", "product_id", "customer_id") if column in ours.columns]
            frames = [fetch(table.order_by(*keys)) for table in (ours, theirs)]
            pd.testing.assert_frame_equal(*frames, check_dtype=False, rtol=1e-12)
    pd.testing.assert_frame_equal(there.ledger, here.ledger)
    assert there.observed == here.observed
    assert there.rows_after == here.rows_after


def test_orders_and_their_ledger_are_those_of_a_file(both: Deliver) -> None:
    there, here = both({"orders": ORDERS}, rules=RULES)
    assert_same(there, here)
    told = dict(zip(there.ledger["rule"], there.ledger["row_count"], strict=True))
    assert told["rows read"] == 8  # the order of February is not seen
    assert (told["nobody's"], told["test order"], told["small"]) == (1, 1, 3)
    assert told["order undone by a refund of its whole amount"] == 2
    assert there.rows_after == {"orders": 1}


def test_lines_products_and_customers_are_those_of_files(both: Deliver) -> None:
    there, here = both({"orders": LINES, "products": PRODUCTS, "customers": CUSTOMERS}, grain="line")
    assert_same(there, here)
    assert there.orders.count().execute() == 3
    assert there.order_items is not None


def test_items_may_lie_beside_their_orders(both: Deliver) -> None:
    orders = {name: ORDERS[name][:4] + ORDERS[name][8:] for name in ("order_id", "customer_id", "ordered_at", "amount")}
    items = {
        "order_id": ["o0", "o1", "o2", "o9"],
        "product_id": ["p2", "p1", "p2", "p1"],
        "quantity": [1, 1, 2, 1],
        "amount": [*map(Decimal, ("1.00", "10.00", "20.50", "9.00"))],
    }
    there, here = both({"orders": orders, "order_items": items})
    assert_same(there, here)
    assert there.order_items.count().execute() == 2


@pytest.mark.parametrize("beside", [(), ("consents", "erasures")], ids=["in the warehouse", "in files"])
def test_consents_and_erasures_do_what_they_do_to_files(
    put: Callable[[str, pa.Table], str], tmp_path: Path, beside: tuple[str, ...]
) -> None:
    there, here = {}, {}
    more = {"customer_id": ["Bob", "eva"], "order_id": ["p1", "p2"], "amount": [Decimal("4.00")] * 2}
    more |= {"ordered_at": [datetime(2025, 1, 9)] * 2, "channel": ["web", "web"]}
    orders = {name: values + more[name] for name, values in ORDERS.items()}
    for name, columns in {"orders": orders, "consents": CONSENTS, "erasures": ERASURES}.items():
        here[name] = {"source": str(tmp_path / f"{name}.parquet")}
        pq.write_table(arrow(columns), tmp_path / f"{name}.parquet")
        there[name] = here[name] if name in beside else {"source": put(name, arrow(columns))}
    rules = [RULES[0]]
    for sources in (there, here):
        sources["orders"] = {**sources["orders"], "rules": rules}
    ours, theirs = loaded_from(there), loaded_from(here)
    assert_same(ours, theirs)
    assert ours.withdrawn is not None
    assert ours.withdrawn.execute()["customer_id"].tolist() == ["Bob"]
    assert set(ours.with_consent().orders.execute()["customer_id"]) == {"ann", "eva"}
    for name in ("consents", "erasures"):  # what comes after as_of is for lists of contacts
        frames = [fetch(tables.others[name].order_by("customer_id", *columns_of(name))) for tables in (ours, theirs)]
        pd.testing.assert_frame_equal(*frames, check_dtype=False)
    assert "dan" in set(ours.others["erasures"].execute()["customer_id"])


def columns_of(name: str) -> list[str]:
    return ["purpose"] if name == "consents" else ["requested_at"]


def test_the_notebooks_of_a_report_check_once_and_are_told_one_fault(
    put: Callable[[str, pa.Table], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(sharing.SHARE_VARIABLE, str(tmp_path))
    counted: list[str] = []
    count = counting.count
    monkeypatch.setattr(counting, "count", lambda one, **how: counted.append(one.stated.name) or count(one, **how))
    sources = {"orders": {"source": put("shared", arrow(ORDERS)), "rules": RULES}}
    first = loaded_from(sources)
    checks = len(counted)
    assert_same(loaded_from(sources), first)
    assert first.reversed_orders is not None
    assert len(counted) == checks > 0
    assert not list(tmp_path.rglob("*.parquet"))  # rows stay where they are
    nobody = {"orders": {"source": put("nobody", arrow(ORDERS))}}
    said = [refused(nobody), refused(nobody)]
    assert said[0] == said[1]
    assert len(counted) == 2 * checks


def test_instants_are_read_on_the_wall_clock_of_the_report(both: Deliver) -> None:
    at = [datetime(2025, 1, day, 17, tzinfo=UTC) for day in (2, 3, 30)]
    orders = {"order_id": ["a", "b", "c"], "customer_id": ["x", "y", "x"], "ordered_at": at, "amount": [1.5, 2.5, 1e-5]}
    there, here = both({"orders": orders}, time_zone="Asia/Shanghai")
    assert_same(there, here)
    assert there.observed.first_on == date(2025, 1, 3)
    assert both({"orders": orders})[0].observed.first_on == date(2025, 1, 2)


def test_customers_are_in_the_order_of_bytes_whatever_the_language_of_the_database(
    both: Deliver, postgres: str
) -> None:
    there, _ = both({"orders": ORDERS}, rules=RULES)
    ids = there.orders.select("customer_id").distinct().order_by("customer_id")
    assert list(fetch(ids)["customer_id"]) == ["Cyd", "ann"]
    plain = ibis.connect(postgres).table("orders").select("customer_id").distinct().order_by("customer_id")
    assert list(plain.execute()["customer_id"].dropna()) == ["ann", "Bob", "Cyd", "dan"]  # what English would do


def test_a_row_per_customer_is_the_most_that_is_fetched(
    put: Callable[[str, pa.Table], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from psycopg import ServerCursor

    count, customers, portion = 3000, 25, 10
    days = [date(2024, 1, 1 + number % 28) for number in range(count)]
    table = pa.table(
        {
            "order_id": [f"{number:05d}" for number in range(count)],
            "customer_id": [f"c{number % customers}" for number in range(count)],
            "ordered_at": days,
            "amount": [1.0] * count,
        }
    )
    source, fetched, answers = put("many", table), [], set()
    fetchmany = ServerCursor.fetchmany

    def counted(self: Any, size: int) -> Any:
        rows = fetchmany(self, size)
        fetched.append(len(rows))
        answers.add(self.name)
        return rows

    monkeypatch.setattr(ServerCursor, "fetchmany", counted)
    monkeypatch.setattr(warehouses, "PORTION", portion)
    tables = loaded_from({"orders": {"source": source}})
    bought = purchases.purchase_days(tables.orders, as_of=AS_OF).cache()
    people = fetch(purchases.per_customer(bought, as_of=AS_OF, unit="weeks"))
    coverage.measure(tables, bought)
    assert people["order_count"].sum() == count
    assert len(people) == customers
    assert max(fetched) == portion  # no more rows are held as objects at a time
    assert sum(fetched) <= 28 * len(answers)  # days with an order
    assert len(answers) > 5


def test_a_first_params_file_is_proposed_from_some_rows_and_the_days_of_all(
    put: Callable[[str, pa.Table], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(warehouses, "SAMPLE_ROWS", 4)
    source = put("first_look", arrow(ORDERS).slice(0, 8))
    text = scaffolding.propose("shop", source, root=Path()).text
    assert "8 rows lie there; the proposals are made from 4 of them" in text
    assert "as_of: 2025-01-07" in text  # of the eighth row
    assert source in text


def test_an_answer_in_portions_is_the_answer_in_one(
    put: Callable[[str, pa.Table], str], postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    missing, day = [None, None], datetime(2025, 1, 2, 3)
    rows = {"k": list(range(6)), "n": [1, 2, *missing, 3, 4], "f": [1.5, 2.5, *missing, 3.5, 4.5]}
    rows |= {"a": ["x", "y", *missing, "u", "v"], "at": [day, day, *missing, day, day]}
    put("portions", pa.table(rows))
    ordered = ibis.connect(postgres).table("portions").order_by("k")
    monkeypatch.setattr(warehouses, "PORTION", 2)
    place = warehouses.address({"orders": TableSource(source=f"{postgres}?table=portions")})
    assert place is not None
    ours = warehouses.reach(place).table("portions").order_by("k")
    pd.testing.assert_frame_equal(ours.to_pandas(), ordered.to_pandas())


# ----------------------------------------------------------------------------------------------------- refusals


def refused(sources: dict[str, Any], kind: type[RegularsError] = ContractError) -> str:
    with pytest.raises(kind) as raised:
        loaded_from(sources)
    return str(raised.value)


def test_columns_that_are_not_typed_are_refused_together(put: Callable[[str, pa.Table], str]) -> None:
    table = pa.table({"customer_id": [1.5], "ordered_at": ["2025-01-02"], "amount": ["1,50"]})
    said = refused({"orders": {"source": put("texts", table)}})
    assert "column `amount` must be a number in the database, found string" in said
    assert "column `ordered_at` must be a date or a timestamp in the database, found string" in said
    assert "column `customer_id` must be text or a whole number in the database, found float64" in said
    assert "column `order_id` is missing" in said
    assert "make a view that casts it, or state `copied: true`, which fetches all rows" in said


def test_ids_that_a_file_would_have_mended_are_refused(put: Callable[[str, pa.Table], str]) -> None:
    orders = {name: ORDERS[name][:2] for name in ORDERS} | {"customer_id": ["Ann@Shop.example", " bob"]}
    said = refused({"orders": {"source": put("untidy", arrow(orders))}})
    assert "`customer_id` must be written as it is meant: 2 rows" in said
    assert "mend them in a view" in said


def test_what_is_for_files_is_refused_before_anything_is_asked(postgres: str) -> None:
    source = f"{postgres}?table=nothing"
    rules = [
        {"rule": "later", "column": "order_id", "keep": "latest"},
        {"rule": "word", "column": "order_id", "matches": r"\bC"},
    ]
    said = refused({"orders": {"source": source, "decimal": ",", "rules": rules}}, ParamsError)
    assert "`orders.decimal` is for files; make it a column of a view" in said
    assert "rows of a database have no order of their own; state `by`" in said
    assert "engines read this regular expression differently" in said
    said = refused({"orders": {"source": source}, "points": {"source": source}}, ParamsError)
    assert (
        "`points` cannot be read where it lies; only orders, order_items, products, customers, consents, erasures can"
        in said
    )


def test_tables_on_two_engines_are_refused(postgres: str, tmp_path: Path) -> None:
    (tmp_path / "customers.csv").write_text("customer_id,region\nann,north\n", encoding="utf-8")
    sources = {
        "orders": {"source": f"{postgres}?table=orders"},
        "customers": {"source": str(tmp_path / "customers.csv")},
    }
    said = refused(sources, ParamsError)
    assert "the tables of a report must lie where the orders do" in said
    assert "`customers`: is in files, or copied" in said


def test_no_password_is_shown(postgres: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_PASSWORD", "hush")
    secret = postgres.replace("@", ":${SHOP_PASSWORD}@")
    said = refused({"orders": {"source": f"{secret}?table=nowhere"}}, ParamsError)
    assert "${SHOP_PASSWORD}" in said
    assert "hush" not in said
    said = refused({"orders": {"source": secret.replace("127.0.0.1", "127.0.0.2") + "?table=orders"}}, ParamsError)
    assert "must be a database that can be reached" in said
    assert "hush" not in said


def test_a_table_may_be_fetched_whole_where_that_is_stated(put: Callable[[str, pa.Table], str]) -> None:
    rules = [{"rule": "nobody's", "column": "customer_id", "missing": True}]
    source = put("copied_orders", arrow(ORDERS))
    tables = loaded_from({"orders": {"source": source, "copied": True, "rules": rules}})
    assert tables.backend.name == "duckdb"
    assert tables.orders.count().execute() > 0
