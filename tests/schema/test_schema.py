"""The canonical tables: consistent in themselves, and told to users in data/README.md as they are."""

from __future__ import annotations

import re
from typing import cast

import pytest

from helpers.project import project_root
from helpers.schema import MUST_BE, SCHEMAS, Column, Kind, deliverable
from helpers.schema.sources import TABLES
from helpers.simulation import company, manifests

README = (project_root() / "data" / "README.md").read_text(encoding="utf-8")


def told(table: str) -> list[Column]:
    """The columns of a table as data/README.md tells them."""
    section = README.split(f"### {table}\n")[1].split("\n### ")[0].split("\n\n")
    lines = next(part for part in section if part.startswith("| column")).splitlines()[2:]
    cells = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]
    return [Column(name, cast(Kind, kind), what, unit, required == "yes") for name, kind, required, what, unit in cells]


@pytest.mark.parametrize("table", SCHEMAS)
def test_the_readme_tells_the_columns_of_every_table(table: str) -> None:
    assert told(table) == list(SCHEMAS[table].columns)


@pytest.mark.parametrize("table", SCHEMAS)
def test_the_readme_says_what_a_row_is(table: str) -> None:
    assert f"### {table}\n\nA row is {SCHEMAS[table].row}." in README


def test_every_table_of_the_params_can_be_delivered() -> None:
    for table in TABLES:
        assert set(SCHEMAS[table].names) <= set(deliverable(table).names)


def test_the_file_of_the_orders_may_deliver_lines_and_the_currency() -> None:
    assert {"product_id", "quantity", "unit_price", "category", "currency"} <= set(deliverable("orders").names)


def test_no_line_column_has_to_be_delivered() -> None:
    required = {column.name for column in deliverable("orders").columns if column.required}
    assert required == {"customer_id", "ordered_at", "amount"}


@pytest.mark.parametrize("table", SCHEMAS)
def test_columns_are_named_once_and_have_a_known_kind(table: str) -> None:
    schema = SCHEMAS[table]
    assert len(set(schema.names)) == len(schema.names)
    assert {column.kind for column in schema.columns} <= set(MUST_BE)
    assert schema.key is None or schema.column(schema.key).kind == "id"


@pytest.mark.parametrize("table", SCHEMAS)
def test_names_carry_their_unit(table: str) -> None:
    for column in SCHEMAS[table].columns:
        if column.name not in ("valid_from", "valid_to"):
            assert column.name.endswith("_on") == (column.kind == "day")
        assert (column.name == "at" or column.name.endswith("_at")) == (column.kind == "instant")
        assert column.kind != "money" or column.unit == "currency of the report"


def test_the_readme_tells_the_mechanism_of_every_simulated_table() -> None:
    section = README.split("## The demo company\n")[1]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines() if line[:2] == "| "][
        1:
    ]
    modules = {name for row in rows for name in row[0].split(", ")}
    assert {name for row in rows for name in row[1].split(", ")} - {"any"} == set(manifests.TABLES)
    folder = project_root() / "src" / "helpers" / "simulation"
    assert all((folder / f"{name}.py").is_file() for name in modules)
    assert {family.generate.__module__.rsplit(".", 1)[1] for family in company.FAMILIES.values()} <= modules


@pytest.mark.parametrize("table", SCHEMAS)
def test_what_dates_a_table_is_a_date_of_it(table: str) -> None:
    schema = SCHEMAS[table]
    for name in (*schema.ends, *([schema.dated] if schema.dated else [])):
        assert schema.column(name).kind in ("day", "instant")
    for name, end in schema.with_end:
        assert name in schema.names
        assert end in schema.ends


def test_an_unknown_column_is_no_column() -> None:
    with pytest.raises(KeyError):
        SCHEMAS["orders"].column("amuont")
