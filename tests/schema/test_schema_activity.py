"""The tables of what customers do besides buying: consistent in themselves, and holding what the contract promises."""

from __future__ import annotations

import pytest

from helpers.schema import MUST_BE
from helpers.schema.engagement import ACTIVITY

SCHEMAS = {schema.name: schema for schema in ACTIVITY}
PROMISED = {
    "events": "customer_id at kind session_id channel product_id",
    "memberships": "customer_id tier valid_from valid_to",
    "points": "entry_id at kind points order_id",
    "tickets": "ticket_id customer_id opened_at first_response_at resolved_at reopened_count category priority satisfaction",
    "subscriptions": "customer_id plan started_on ended_on monthly_amount end_reason",
    "quota_pools": "pool_id customer_id period quota",
    "usage": "at amount",
    "consents": "customer_id purpose granted_at withdrawn_at",
    "erasures": "customer_id",
}
NAMED_BY_CUSTOM = {"at": "instant", "valid_from": "day", "valid_to": "day"}
"""Names of the contract that carry no unit in their ending, and the kind they have."""


def test_every_promised_table_is_there():
    assert set(SCHEMAS) == set(PROMISED)
    assert all(name == schema.name for name, schema in SCHEMAS.items())


@pytest.mark.parametrize("table", PROMISED)
def test_every_promised_column_is_there(table):
    assert set(PROMISED[table].split()) <= set(SCHEMAS[table].names)


@pytest.mark.parametrize("table", PROMISED)
def test_columns_are_named_once_and_have_a_known_kind(table):
    schema = SCHEMAS[table]
    assert len(set(schema.names)) == len(schema.names)
    assert {column.kind for column in schema.columns} <= set(MUST_BE)
    assert schema.key is None or (schema.column(schema.key).kind == "id" and schema.column(schema.key).required)


@pytest.mark.parametrize("table", PROMISED)
def test_names_carry_their_unit(table):
    for column in SCHEMAS[table].columns:
        kind = NAMED_BY_CUSTOM.get(column.name)
        assert (column.name.endswith("_on") or kind == "day") == (column.kind == "day")
        assert (column.name.endswith("_at") or kind == "instant") == (column.kind == "instant")
        assert column.kind != "money" or column.unit == "currency of the report"


@pytest.mark.parametrize("table", PROMISED)
def test_every_row_is_of_a_customer(table):
    assert SCHEMAS[table].column("customer_id").required


@pytest.mark.parametrize("table", PROMISED)
def test_descriptions_fit_a_table_in_markdown(table):
    schema = SCHEMAS[table]
    assert not [column.name for column in schema.columns if "|" in column.description or not column.description]
    assert schema.row.startswith("one ")
